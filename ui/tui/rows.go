package tui

import (
	"cmp"
	"fmt"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// rows are those of the phase.
func (v *runScreen) rows() {
	if v.wide() {
		v.list.text("")
	}
	switch {
	case v.phase == applying:
		v.list.text(heading(v.theme, "Making the changes", "", 1, v.list.width)...)
		proving := v.mode.proving
		if v.counting != "" {
			proving += ": " + v.counting
		}
		v.progress.show(v.list, v.spinner.View(), proving)
	case v.phase != reviewing:
		v.heading()
		if v.phase == inspecting {
			v.review.checks.show(v.list, false)
			v.watch()
		}
	case v.err != nil: // a screen of its own says it
	default:
		v.reviewing()
	}
}

// heading is what the run or its stage is called, and why it exists.
func (v *runScreen) heading() {
	t, title, why := v.theme, v.mode.title, v.mode.why
	if v.staged() {
		title, why = v.title(), v.stage().Why
	}
	if v.phase == asking && v.asked.shown().stage != nil {
		title, why = v.asked.shown().stage.Title, v.asked.shown().stage.Why
	}
	word := ""
	if v.staged() && !v.last() && v.phase == reviewing && v.err == nil {
		_, word = v.state(v.current)
	}
	v.list.text(heading(t, title, word, 1, v.list.width)...)
	if v.staged() && v.last() && v.phase == reviewing && v.err == nil {
		v.review.headline(v.list) // what is so now comes before why the stage exists
		return
	}
	v.list.wrapped(why, 1, t.Faint.Render)
	v.list.text("")
}

// watch keeps the newest check in sight.
func (v *runScreen) watch() {
	if v.follows {
		v.list.cursor = min(v.review.checks.newest+1, len(v.list.rows)-1)
	} else {
		v.list.cursor = v.list.top
	}
}

// reviewing shows what was found, the most pressing first: how it stands, the
// findings with what mends them, the other changes, and every check; of a run with
// stages what belongs to the one that is shown.
func (v *runScreen) reviewing() {
	l, r, t := v.list, &v.review, v.theme
	stage, gives := 0, r.givesAll
	if v.staged() {
		stage = v.current
		v.heading()
	} else {
		r.headline(l)
	}
	if !v.last() {
		gives = r.gives[stage]
	}
	if r.result != nil && v.last() {
		r.showResult(l)
	}
	if v.last() && r.found.pressing() == 0 {
		r.showMended(l)
	}
	if s := cmp.Or(r.result, r.settled); s != nil && v.last() && r.found.pressing() == 0 {
		v.then(s.Then)
	}
	if v.mustLook() {
		l.text(" "+t.Bold.Render("enter")+" looks again at what is there.", "")
	}
	first := v.staged() && !v.last() // what is wrong comes before what is there already
	if first {
		r.showFindings(l, stage, false)
	}
	l.access(gives)
	if v.staged() && (r.result == nil || !r.result.Stopped) {
		v.showStage()
	}
	if !first {
		r.showFindings(l, stage, false)
	}
	if v.last() && r.found.pressing() > 0 {
		r.showMended(l)
	}
	if !r.showOthers(l, stage) && !v.last() && !v.mustLook() {
		v.unchanged()
	}
	r.showTables(l, v.flow.Answers)
	if s := cmp.Or(r.result, r.settled); s != nil && v.last() {
		if r.found.pressing() > 0 {
			v.then(s.Then)
		}
		v.notes(s.Notes)
	}
	r.showFindings(l, stage, true)
	r.checks.show(l, true)
}

// showStage is what stands beside the changes and the findings of a stage: on the
// last one the sum of them all, and always its answers and what was found there.
func (v *runScreen) showStage() {
	if v.last() {
		v.sum()
	}
	s := v.stage()
	v.list.pairs("Answers", answers(s.Questions))
	v.list.pairs("At a glance", s.Facts)
}

// unchanged says of a stage without changes what that means: of the one that proves the
// result how far that is proven, or that nothing is yet.
func (v *runScreen) unchanged() {
	l, t := v.list, v.theme
	state, _ := v.state(v.current)
	switch {
	case !v.stage().Proves:
		l.text(" "+t.Good.Render(t.Glyphs.Right)+" Nothing to change: what is there matches the answers.", "")
		return
	case state == stateNotYet:
		l.text(" " + t.Faint.Render(t.Glyphs.NotYet) + " Nothing to make in this step: the result is tested once the others are made.")
	default:
		glyph, style := (&stepper{theme: t}).sign(state)
		l.marked(style.Render(glyph), cmp.Or(words.Proof(v.review.proof(), words.OnScreen), words.Proof(plan.Unproved(plan.NotTried), words.OnScreen)), t.Plain, "")
	}
	l.text("")
}

// answers are questions with their answers.
func answers(questions []plan.Question) []plan.Fact {
	var list []plan.Fact
	for _, q := range questions {
		list = append(list, plan.Fact{Name: q.Called(), Value: cmp.Or(words.Default(q), "(none)")})
	}
	return list
}

// sum is the plan in a line for each stage, and what the next key does.
func (v *runScreen) sum() {
	t, r := v.theme, &v.review
	kept, left := r.toDo(), len(r.left)
	for _, s := range v.outline.Stages {
		if tally := r.tallies[s.Number]; tally != nil && tally.changes > 0 && kept > 0 {
			_, word := v.inReview(s.Number)
			v.list.text("   " + t.Faint.Render(fmt.Sprintf("%d ", s.Number)) + t.Pad(s.Name, 12) + word)
		}
	}
	if kept > 0 || left > 0 {
		v.list.text("", " "+plan.Line(r.kept()))
	}
	if left > 0 {
		v.list.text(" " + words.Plural(left, "change") + " left out.")
	}
	enter := t.Bold.Render("enter")
	switch {
	case v.mustLook(): // said above
	case r.result != nil && kept == 0:
		v.list.text(" " + enter + " leaves. A summary stays on the terminal.")
	case kept == 0 && left == 0 && !v.dryRun:
		v.list.text(" " + enter + " proves it as its users would.")
	case v.dryRun:
		v.list.text(" " + enter + " ends the dry run.")
	default:
		v.list.text(" " + enter + " asks once more, then applies.")
	}
	v.list.text("")
}

// then is what to do now, which stands below what is so now, unless something is wrong.
func (v *runScreen) then(text string) {
	if text == "" {
		return
	}
	v.list.text(" " + v.theme.Bold.Render("Next"))
	v.list.wrapped(text, 3, v.theme.Plain.Render)
	v.list.text("")
}

// notes are what there is to know at the end: what exists, and where.
func (v *runScreen) notes(notes []string) {
	t := v.theme
	for _, note := range notes {
		v.list.marked(t.Faint.Render("-"), note, t.Plain, "")
	}
	if note := v.engine.note(cmp.Or(v.review.result, v.review.settled)); note != "" {
		v.list.wrapped(note, 1, t.Faint.Render)
	}
	v.list.text("")
}
