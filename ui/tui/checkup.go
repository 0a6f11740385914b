package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
)

// checkup is a run that is a engine.Flow: troubleshooting, onboarding and their
// like. It asks, looks, shows what it has found with what mends it, makes the
// changes that were confirmed, and looks again.
type checkup struct {
	visit
	// pages are the questions so far, of which page is the one shown; given are
	// the answers to those before it.
	pages []page
	page  int
	given plan.Given

	flow   *engine.Flow
	checks *checklist
	// recheck are the checks of the look that follows the changes.
	recheck tallied
	// settled is the summary of a look that found nothing to change.
	settled *plan.Summary
	found   findings
	// briefs are the beginnings of the findings, as far as they were drawn.
	briefs []briefing
	// mended are the findings that were there before the changes and are gone.
	mended []plan.Finding
	// lines are those of the tables that stand among the rows; newest is the row
	// of the check that ended last.
	lines  []place
	newest int
	// follows keeps the newest check in sight, until the operator scrolls.
	follows bool
	// rehearses says that a finished set-up is made to practise on before anything
	// is asked or looked at.
	rehearses bool
}

// page is one form of questions.
type page struct {
	questions []plan.Question
	form      *form.Form
}

func newCheckup(t *theme.Theme, e *runner, mode Mode, dryRun, sandbox bool) *checkup {
	c := &checkup{visit: newVisit(t, e, mode, dryRun), given: plan.Given{}, rehearses: sandbox}
	c.checks = newChecklist(c.words.table)
	c.pane, c.counted = newPane(&c.visit, c.rows), c.sort
	c.pane.draw, c.pane.list.headed = c.draw, true
	return c
}

func (c *checkup) common() *visit { return &c.visit }

// update dispatches.
func (c *checkup) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return c.key(msg)
	case begunMsg:
		return c.begun(msg)
	case openedMsg:
		return c.opened(msg)
	case form.DoneMsg:
		return c.answered(msg)
	case form.LeftMsg:
		return c.leftForm(msg)
	case reviewedMsg:
		c.reviewed(msg)
	case eventMsg:
		if msg.op == c.engine.op {
			return c.reported(msg.event)
		}
	case adoptedMsg:
		c.adopted(msg.target)
	case applyMsg:
		return c.apply()
	case madeMsg:
		c.made(msg)
	default:
		return c.message(msg)
	}
	return nil
}

// begun has the way to begin; what is asked comes from there.
func (c *checkup) begun(msg begunMsg) tea.Cmd {
	if msg.op != c.engine.op {
		return nil
	}
	if msg.err != nil {
		c.fail(msg.err)
		return nil
	}
	c.engine.start = msg.start
	return c.open()
}

// open asks what follows from the answers so far.
func (c *checkup) open() tea.Cmd {
	c.phase, c.err, c.notice, c.counting = opening, nil, "", ""
	c.pane.rebuild()
	return tea.Batch(c.engine.open(c.given), c.spin())
}

// look lets the flow look, from nothing.
func (c *checkup) look() tea.Cmd {
	c.phase, c.err, c.notice, c.counting = inspecting, nil, "", ""
	c.checks, c.follows, c.settled, c.result = newChecklist(c.words.table), true, nil, nil
	c.pane.rewind()
	c.pane.rebuild()
	return tea.Batch(c.engine.review(c.flow), c.spin())
}

// reported is something that the engine tells while it looks or applies.
func (c *checkup) reported(e plan.Event) tea.Cmd {
	switch {
	case e.Kind == plan.EventCheck && c.phase == inspecting:
		c.checks.add(*e.Check)
		c.stale = true
	case e.Kind == plan.EventCheck && c.phase == applying:
		c.recheck.add(e.Check.Verdict)
		c.counting = c.recheck.String()
	case e.Kind == plan.EventCheck: // the outcome was faster, and has it
	default:
		return c.event(e)
	}
	return nil
}

// reviewed has what was found and what would change.
func (c *checkup) reviewed(msg reviewedMsg) {
	if msg.op != c.engine.op {
		return
	}
	if msg.err != nil {
		c.fail(msg.err)
		return
	}
	c.flow, c.settled = msg.flow, msg.settled
	if c.engine.made != nil && len(msg.review.Changes) == 0 { // nothing is left of what was stopped or failed
		c.engine.book(cmp.Or(c.settled, &plan.Summary{Foreign: msg.review.Foreign, Findings: msg.review.Findings, Checks: msg.review.Checks}))
	}
	c.phase, c.counting, c.stale = reviewing, "", false
	c.take(msg.review)
}

// take shows a review from its first line.
func (c *checkup) take(r plan.Review) {
	c.checks = newChecklist(c.words.table)
	for _, check := range r.Checks {
		c.checks.add(check)
	}
	c.setReview(r)
	c.pane.rewind()
	c.pane.rebuild()
}

// sort puts findings, changes and checks together.
func (c *checkup) sort() {
	c.found = sorted(c.review, c.checks)
	c.briefs = make([]briefing, len(c.found.list))
}

// resize tells of another width, or that the colours have changed.
func (c *checkup) resize(width, height int) {
	clear(c.briefs)
	c.visit.resize(width, height)
}

// adopted lets something be changed that takes a consent of its own.
func (c *checkup) adopted(target string) {
	c.flow.Answers.Adopt = append(c.flow.Answers.Adopt, target)
	c.setReview(c.flow.Permit(c.review))
	c.say("Agreed: " + target + " will be changed as shown.")
}

// apply begins to make the changes.
func (c *checkup) apply() tea.Cmd {
	c.recheck = tallied{}
	c.begin(c.kept())
	return tea.Batch(c.engine.carryOut(c.flow, c.review, c.left), c.spin())
}

// made has the outcome, and what is still to do.
func (c *checkup) made(msg madeMsg) {
	if msg.op != c.engine.op {
		return
	}
	before := c.review.Findings
	if !c.ended(msg) {
		return
	}
	c.mended = nil
	if !msg.summary.Stopped {
		c.mended = gone(before, msg.review.Findings)
	}
	c.take(c.review)
	if msg.summary.Stopped {
		c.say(stopped(msg.summary))
	}
}

// gone are the findings of before that now is without.
func gone(before, now []plan.Finding) []plan.Finding {
	there := map[string]bool{}
	for _, f := range now {
		there[f.Key()] = true
	}
	var gone []plan.Finding
	for _, f := range before {
		if f.Severity != plan.Info && !there[f.Key()] {
			gone = append(gone, f)
		}
	}
	return gone
}

// whereabouts are the mode, the account and the region.
func (c *checkup) whereabouts() string {
	parts := []string{c.words.title}
	if c.flow != nil && c.flow.Answers != nil && c.flow.Answers.Blueprint != nil {
		parts = append(parts, c.flow.Answers.AdminAccount, c.flow.Answers.StateRegion)
	}
	return strings.Join(parts, "  ")
}

// unapplied is what was looked at, where nothing was made of it.
func (c *checkup) unapplied() *plan.Summary {
	switch {
	case c.flow == nil || c.phase != reviewing || c.mustLook():
		return nil
	case c.settled != nil:
		return c.settled
	case c.dryRun:
		return c.preview()
	}
	s := c.preview()
	s.DryRun, s.Declined = false, len(c.review.Changes) > 0
	return s
}

// preview is the summary of the plan without what was left out.
func (c *checkup) preview() *plan.Summary {
	s := &plan.Summary{DryRun: true, Foreign: c.review.Foreign, Findings: c.review.Findings, Checks: c.review.Checks}
	s.Add, s.Change, s.Destroy = plan.Counts(c.kept())
	return s
}

// view puts rail, content and notice together.
func (c *checkup) view() []string {
	var lines []string
	switch c.phase {
	case asking:
		lines = c.formView()
	case opening:
		lines = c.waitingView(c.opens())
	case inspecting:
		lines = c.waitingView(c.words.looking)
	case reviewing, applying:
		lines = c.pane.view()
	}
	return c.framed(c.stops(), lines)
}

// opens says what is done until there is anything to show.
func (c *checkup) opens() string {
	if c.rehearses {
		return "Making a finished set-up to practise on"
	}
	return c.words.opening
}

// stops are the stations of the run.
func (c *checkup) stops() []stop {
	var stops []stop
	if len(c.pages) > 0 {
		s := stop{name: "Questions", state: stateRight, current: c.phase == asking || c.phase == opening}
		if c.phase == asking {
			s.state = stateToChange
		}
		stops = append(stops, s)
	}
	return append(stops, c.lookStop(), c.reviewStop(), c.applyStop(), c.resultStop())
}

func (c *checkup) lookStop() stop {
	s := stop{name: "Checks", current: c.phase == inspecting || c.phase == opening && len(c.pages) == 0}
	switch {
	case c.phase == inspecting || c.phase == opening && len(c.pages) == 0:
		s.state = stateChecking
	case c.checks.failed > 0:
		s.state, s.word = stateAttention, fmt.Sprintf("%d failed", c.checks.failed)
		return s
	case c.err != nil:
		s.state, s.word, s.current = stateFailed, "failed", true
		return s
	case c.flow != nil:
		s.state = stateRight
	}
	if n := c.checks.total(); n > 0 {
		s.word = fmt.Sprint(n)
	}
	return s
}

func (c *checkup) reviewStop() stop {
	s := stop{name: "Review", current: c.phase == reviewing && c.result == nil && c.err == nil}
	wrong, changes := c.found.pressing(), len(c.review.Changes)-len(c.left)
	switch {
	case c.flow == nil || c.phase == inspecting || c.phase == opening || c.phase == asking:
		return s
	case c.phase == applying || c.result != nil:
		s.state = stateRight
	case changes > 0:
		s.state, s.word = stateToChange, fmt.Sprintf("%d to do", changes)
	case wrong > 0:
		s.state, s.word = stateAttention, "look"
	default:
		s.state, s.word = stateRight, "right"
	}
	return s
}

func (c *checkup) applyStop() stop {
	s := stop{name: "Changes", current: c.phase == applying}
	switch {
	case c.phase == applying && c.progress.failed > 0:
		s.state, s.word = stateFailed, fmt.Sprintf("%d failed", c.progress.failed)
	case c.phase == applying:
		s.state, s.word = stateChecking, fmt.Sprintf("%d/%d", c.progress.ended, c.progress.total)
	case c.result != nil && c.bad():
		s.state, s.word = stateFailed, "not all"
	case c.result != nil:
		s.state, s.word = stateDone, fmt.Sprintf("%d made", c.result.Applied)
	}
	return s
}

func (c *checkup) resultStop() stop {
	s := stop{name: "Result", current: c.result != nil && c.phase == reviewing}
	switch {
	case !s.current:
	case c.bad():
		s.state, s.word = stateFailed, "failed"
	case c.found.pressing() > 0:
		s.state, s.word = stateAttention, "look"
	default:
		s.state, s.word = stateDone, "done"
	}
	return s
}

// about is the help: what the run is, and its signs.
func (c *checkup) about() []string {
	text := []string{c.words.title, c.words.why}
	if c.phase == asking {
		for _, q := range c.pages[c.page].questions {
			text = append(text, strings.TrimSpace(q.Prompt+"\n"+q.Help))
		}
	}
	g := c.theme.Glyphs
	return append(text,
		fmt.Sprintf("Signs: %s passed, %s failed, %s undecided: a right is missing, or another answer is needed first. %s needs attention, %s to change, %s left out.",
			g.Right, g.Failed, g.Unknown, g.Attention, g.ToChange, g.Out),
		"Findings stand in the order of causes: mend the first one first. Below each is what mends it; without such a change, it says what to do by hand.")
}

// keys are those that work now.
func (c *checkup) keys() []key.Binding {
	switch c.phase {
	case opening:
		return []key.Binding{keys.Quit}
	case asking:
		return c.form.Keys()
	case inspecting:
		return []key.Binding{keys.Down, keys.Quit}
	case applying:
		return c.applyingKeys()
	case reviewing:
		return c.reviewKeys()
	}
	return nil
}
