package tui

import (
	"cmp"
	"fmt"
	"maps"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// begun has the way to begin; what is asked comes from there.
func (v *runScreen) begun(msg begunMsg) (nav, tea.Cmd) {
	if msg.err != nil {
		return v.fail(msg.err), nil
	}
	v.engine.start, v.untold = msg.start, noticeMsg{text: msg.start.Notice}
	maps.Copy(v.asked.given, msg.start.Given)
	return nav{}, v.open()
}

// open asks what follows from the answers so far.
func (v *runScreen) open() tea.Cmd {
	v.phase, v.err, v.notice, v.counting = opening, nil, noticeMsg{}, ""
	v.rebuild()
	return tea.Batch(v.engine.open(v.asked.given), v.spin())
}

// look lets the flow look, from nothing.
func (v *runScreen) look() tea.Cmd {
	v.phase, v.err, v.notice, v.counting = inspecting, nil, noticeMsg{}, ""
	for _, stage := range v.outline.Stages {
		v.looking[stage.Number] = lookState{checking: true}
	}
	v.review.checks, v.review.settled, v.review.result, v.follows = newChecklist(v.mode.Table), nil, nil, true
	v.list.rewind()
	v.rebuild()
	return tea.Batch(v.engine.review(v.flow), v.spin())
}

// reported is something that the engine tells while it looks or applies.
func (v *runScreen) reported(e plan.Event) nav {
	switch {
	case e.Kind == plan.EventInspected && v.phase != applying:
		v.looking[e.Step] = lookState{checking: v.phase == inspecting, seen: true, err: e.Err}
	case e.Kind == plan.EventCheck && v.phase == inspecting:
		v.review.checks.add(*e.Check)
		v.stale = true
	case e.Kind == plan.EventCheck && v.phase == applying:
		v.recheck.add(e.Check.Verdict)
		v.counting = v.recheck.String()
	case e.Kind == plan.EventCheck, e.Kind == plan.EventInspected: // the outcome was faster, and has it
	default:
		return v.event(e)
	}
	return nav{}
}

// reviewed has what was found and what would change.
func (v *runScreen) reviewed(msg reviewedMsg) nav {
	v.outline = msg.outline
	for _, stage := range v.outline.Stages {
		look := v.looking[stage.Number]
		v.looking[stage.Number] = lookState{seen: look.seen || msg.err == nil, err: look.err}
	}
	if msg.err != nil {
		return v.fail(msg.err)
	}
	v.flow, v.review.settled = msg.flow, msg.settled
	v.notice, v.untold = v.untold, noticeMsg{}
	if v.engine.made != nil && len(msg.review.Changes) == 0 { // nothing is left of what was stopped or failed
		v.engine.book(cmp.Or(v.review.settled, nothingLeft(msg.review)))
	}
	v.phase, v.counting, v.stale = reviewing, "", false
	v.take(msg.review)
	if !v.moved && v.outline.Begun {
		v.current = v.firstToDo()
		v.rebuild()
	}
	return nav{}
}

// nothingLeft is how a run stands whose last look has nothing to change any more.
func nothingLeft(r plan.Review) *plan.Summary {
	s := (&offer{Review: r}).preview()
	s.DryRun, s.Ended = false, true
	return s
}

// take shows a review from its first line.
func (v *runScreen) take(r plan.Review) {
	v.review.checks = newChecklist(v.mode.Table)
	for _, check := range r.Checks {
		v.review.checks.add(check)
	}
	v.setReview(r)
	v.list.rewind()
	v.rebuild()
}

// resize tells of another width, or that the colours have changed.
func (v *runScreen) resize(width, height int) {
	for i := range v.review.found.list {
		v.review.found.list[i].brief.width = 0
	}
	v.width, v.height = width, height
	if v.phase == asking {
		v.asked.shown().form.Resize(prose(v.contentWidth()-2), v.height)
	}
	v.rebuild()
}

// apply begins to make the changes: everything, or one stage with what it needs.
func (v *runScreen) apply(step int) tea.Cmd {
	without := v.review.without(step)
	kept, _ := plan.Exclude(v.review.Changes, without)
	v.recheck = tallied{}
	v.begin(kept)
	return tea.Batch(v.engine.carryOut(v.flow, v.review.Review, without), v.spin())
}

// made has the outcome, and what is still to do.
func (v *runScreen) made(msg madeMsg) nav {
	before := v.review
	v.engine.book(msg.summary)
	v.phase, v.counting, v.stale, v.notice = reviewing, "", false, noticeMsg{}
	v.review.result, v.review.mended, v.outline = msg.summary, nil, msg.outline
	if msg.err != nil {
		clear(v.looking)
		v.setReview(plan.Review{})
		return v.fail(msg.err)
	}
	v.current = max(1, len(v.outline.Stages))
	msg.review.Changes = append(msg.review.Changes, msg.review.Excluded...)
	msg.review.Excluded = nil
	if !msg.summary.Stopped {
		v.review.mended = gone(&before, msg.review, v.progress.done)
	}
	v.take(msg.review)
	return nav{}
}

// unapplied is what was looked at, where nothing was made of it.
func (v *runScreen) unapplied() *plan.Summary {
	s := v.review.preview()
	switch {
	case v.flow == nil || v.phase != reviewing || v.mustLook():
		return nil
	case v.review.settled != nil:
		return v.review.settled
	case v.dryRun:
		return s
	case v.staged() && v.review.toDo() == 0:
		return nil // nobody has asked for the proof
	case v.staged():
		s.DryRun, s.Left = false, true
		return s
	}
	s.DryRun, s.Left = false, len(v.review.Changes) > 0
	return s
}

// event is something that the engine reports of the newest operation.
func (v *runScreen) event(e plan.Event) nav {
	switch {
	case e.Kind == plan.EventPassphrase:
		return v.passphrase(e)
	case e.Kind == plan.EventProgress && e.Of > 1 && v.busy():
		v.counting = fmt.Sprintf("%d of %d %s", e.Done, e.Of, e.Text)
	case e.Kind == plan.EventProgress && e.Of == 0:
		v.counting = e.Text
	case v.phase == applying:
		v.progress.event(e)
		v.stale = true
	}
	return nav{}
}

// setReview takes a new plan.
func (v *runScreen) setReview(r plan.Review) {
	v.review.staged = v.staged()
	v.review.take(r)
}

// mustLook tells whether a look is all that can come next: after a stop, a failure
// or a lost answer, what is on the screen must not be applied.
func (v *runScreen) mustLook() bool { return v.phase == reviewing && !v.review.Fresh() }
