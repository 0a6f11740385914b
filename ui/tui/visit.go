package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
)

// phase is where a run is; every screen of it is drawn from it.
type phase int

const (
	opening phase = iota
	asking
	inspecting
	reviewing
	applying
)

// visit is what the wizard and a checkup have in common: where the run is, what
// it would change, and what became of that.
type visit struct {
	theme  *theme.Theme
	engine *runner
	// words are how the run calls itself.
	words         words
	dryRun        bool
	width, height int
	spinner       spinner.Model
	phase         phase
	form          *form.Form

	review plan.Review
	users  users
	// ofStep are the review's changes by step, and stepOf their steps by id.
	ofStep [stepCount + 1][]*plan.Change
	stepOf map[string]int
	// widening are the changes that give access; gives says by step, and givesAll
	// of the whole plan, what access they give, without what is left out.
	widening []*plan.Change
	gives    [stepCount + 1][]string
	givesAll []string
	// out are the changes that the operator left out; left are those and all
	// that need one of them.
	out, left map[string]bool
	// counted is told when the plan has changed, or what is left out of it.
	counted func()
	pane    *pane
	// progress is of the application under way or the last one; result is how
	// that ended; err is what keeps anything from being looked at.
	progress *progress
	result   *plan.Summary
	err      error
	notice   string
	// counting is how far a long inspection is; stale says that reports came
	// that the pane does not show yet.
	counting string
	stale    bool
}

func newVisit(t *theme.Theme, e *runner, mode Mode, dryRun bool) visit {
	s := spinner.New(spinner.WithSpinner(spinner.Spinner{Frames: t.Glyphs.Spinner, FPS: time.Second / 10}))
	return visit{
		theme: t, engine: e, words: wordsOf[mode], dryRun: dryRun, spinner: s, width: 80, height: 20,
		out: map[string]bool{}, counted: func() {},
	}
}

// spin starts the spinner; it stops by itself when nothing is under way.
func (v *visit) spin() tea.Cmd { return async(v.spinner.Tick) }

func (v *visit) busy() bool {
	return v.phase == opening || v.phase == inspecting || v.phase == applying
}

func (v *visit) tick(msg spinner.TickMsg) tea.Cmd {
	if !v.busy() {
		return nil
	}
	var cmd tea.Cmd
	v.spinner, cmd = v.spinner.Update(msg)
	v.refresh()
	return async(cmd)
}

// refresh rebuilds what changed since the last batch of reports; the spinner's
// tick calls it, so that ten thousand reports cost ten redraws a second.
func (v *visit) refresh() {
	if v.phase == applying || v.stale {
		v.stale = false
		v.pane.rebuild()
	}
}

func (v *visit) resize(width, height int) {
	v.width, v.height = width, height
	if v.form != nil {
		v.form.Resize(v.contentWidth()-2, v.height)
	}
	v.pane.rebuild()
}

func (v *visit) typing() bool { return v.phase == asking }

// message handles what every run is told alike.
func (v *visit) message(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case spinner.TickMsg:
		return v.tick(msg)
	case leaveMsg:
		return quit
	case noticeMsg:
		v.say(string(msg))
	}
	return nil
}

// leaveMsg ends the visit; noticeMsg is a line above the footer.
type (
	leaveMsg  struct{}
	noticeMsg string
)

// leaving asks before it throws away a plan that was never applied.
func (v *visit) leaving(then string) tea.Cmd {
	return push(&chooser{
		theme: v.theme, title: "Leave without changing anything?",
		text: []string{fmt.Sprintf("%s Nothing of it has been made.", plan.Line(v.review.Changes))},
		items: []way{
			{"Stay", "", nil},
			{"Leave", "Nothing is changed. " + then, func() tea.Msg { return leaveMsg{} }},
		},
	})
}

// showOutput is all that Terraform has said so far.
func (v *visit) showOutput() tea.Cmd {
	return push(newViewer(v.theme, "Terraform's output", strings.Join(v.progress.output, "\n"), paintOutput))
}

// applyingKeys are those that work while changes are made.
func (v *visit) applyingKeys() []key.Binding {
	if len(v.progress.output) > 0 {
		return []key.Binding{keys.Down, keys.Output}
	}
	return []key.Binding{keys.Down}
}

// say shows a line above the footer until something else happens.
func (v *visit) say(text string) {
	v.notice = text
	v.pane.rebuild()
}

// fail shows an error that keeps everything from being looked at.
func (v *visit) fail(err error) {
	v.phase, v.err = reviewing, err
	v.pane.rebuild()
}

// halt stops between changes, and the second time cancels the calls. It says
// which of the two.
func (v *visit) halt() (first bool, text string) {
	if v.engine.halt() {
		return true, "Stopping: the changes under way are finished first, no other is begun. Ctrl-C again cancels them and ends."
	}
	v.engine.cancel()
	return false, "Cancelling the calls under way."
}

// setReview takes a new plan.
func (v *visit) setReview(r plan.Review) {
	v.review, v.users = r, usersOf(r.Changes)
	v.widening = nil
	v.ofStep, v.stepOf = [stepCount + 1][]*plan.Change{}, make(map[string]int, len(r.Changes))
	for i := range r.Changes {
		c := &r.Changes[i]
		v.ofStep[c.Step] = append(v.ofStep[c.Step], c)
		v.stepOf[c.ID] = c.Step
		if len(c.Widens()) > 0 {
			v.widening = append(v.widening, c)
		}
	}
	v.recount()
}

// recount finds what is left out, for the owner to count. A plan may have ten
// thousands of changes, so this is done when something changes and not for every
// view.
func (v *visit) recount() {
	v.left = v.users.leftWith(v.out)
	v.judge()
	v.counted()
}

// judge finds what access the plan gives without what is left out.
func (v *visit) judge() {
	var ofStep [stepCount + 1][]*plan.Change
	var all []*plan.Change
	for _, c := range v.widening {
		if !v.left[c.ID] {
			all, ofStep[c.Step] = append(all, c), append(ofStep[c.Step], c)
		}
	}
	for n := range ofStep {
		v.gives[n] = plan.Access(ofStep[n]...)
	}
	v.givesAll = plan.Access(all...)
}

// showAccess says who gets in, before anything else of a plan.
func (v *visit) showAccess(sentences []string) {
	if len(sentences) == 0 {
		return
	}
	t := v.theme
	v.pane.text(" " + t.Warn.Render(t.Glyphs.Attention+" This gives access:"))
	for _, sentence := range sentences {
		v.pane.wrapped(sentence, 3, t.Plain.Render)
	}
	v.pane.text("")
}

// accessText is who gets in, in about so many lines of a dialog, and whether that
// is all of it.
func (v *visit) accessText(most, width int) (text []string, all bool) {
	if len(v.givesAll) == 0 {
		return nil, true
	}
	text = []string{"This gives access:"}
	for i, sentence := range v.givesAll {
		if most -= len(theme.Wrap(sentence, width)); most < 0 && i > 0 {
			return append(text, fmt.Sprintf("and %d more: the last choice below shows all.", len(v.givesAll)-i)), false
		}
		text = append(text, sentence)
	}
	return text, true
}

// event is something that the engine reports of the newest operation.
func (v *visit) event(e plan.Event) tea.Cmd {
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
	return nil
}

// passphrase shows a generated passphrase until the operator has noted it.
func (v *visit) passphrase(e plan.Event) tea.Cmd {
	return push(&chooser{
		theme: v.theme, title: "Passphrase of " + e.Text + "'s handover",
		text: []string{
			e.Passphrase.Reveal(),
			"It is shown this once and stored nowhere. Tell it to " + e.Text + " by another way than the one that the file takes.",
		},
		items: []way{{"I have noted it", "", nil}},
	})
}

// begin starts to make changes.
func (v *visit) begin(changes []plan.Change) {
	v.phase, v.notice = applying, ""
	v.progress = newProgress(changes, v.progress)
	v.pane.rewind()
	v.pane.rebuild()
}

// ended books how making them ended, and takes what is still to do. It tells
// whether there is anything to show but an error.
func (v *visit) ended(msg madeMsg) bool {
	v.engine.book(msg.summary)
	v.phase, v.counting, v.stale, v.notice = reviewing, "", false, ""
	v.result = msg.summary
	if msg.err != nil {
		v.setReview(plan.Review{})
		v.fail(msg.err)
		return false
	}
	msg.review.Changes = append(msg.review.Changes, msg.review.Left...)
	msg.review.Left = nil
	v.setReview(msg.review)
	v.pane.rewind()
	return true
}

// mustLook tells whether a look is all that can come next: after a stop, a failure
// or a lost answer, what is on the screen must not be applied.
func (v *visit) mustLook() bool { return v.phase == reviewing && !v.review.Fresh() }

// lookFirst tells so to whoever asks for the changes.
func (v *visit) lookFirst() {
	v.say("Look again first: enter. What is there is no longer what was seen.")
}

// bad tells whether the result is one that must not be cheered.
func (v *visit) bad() bool {
	return v.result != nil && (v.result.Failed+v.result.Unknown > 0 || v.result.Stopped)
}

// noticeLines are what just happened, above the footer.
func (v *visit) noticeLines() []string {
	if v.notice == "" {
		return nil
	}
	var lines []string
	mark := v.theme.Warn.Render(v.theme.Glyphs.Attention)
	for _, line := range wrapMost(v.notice, v.width-4, 3, v.theme) {
		lines = append(lines, " "+mark+" "+line)
		mark = " "
	}
	return lines
}

// wrapMost wraps a text into at most most lines, and marks where it ends early.
func wrapMost(text string, width, most int, t *theme.Theme) []string {
	lines := theme.Wrap(text, width)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = t.Cut(lines[most-1]+" "+t.Glyphs.Ellipsis, width)
	}
	return lines
}

// formView is the questions under their heading, scrolled so that the field with
// the focus is in sight.
func (v *visit) formView() []string {
	fields, at := v.form.View()
	lines := append([]string{}, v.pane.view()...)
	at += len(lines)
	for _, line := range fields {
		lines = append(lines, " "+line)
	}
	room := v.height - len(v.noticeLines())
	if !v.wide() {
		room -= 2
	}
	if over := at + 6 - room; over > 0 {
		lines = lines[min(over, len(lines)):]
	}
	return lines
}

// waitingView is the pane with what is under way below it.
func (v *visit) waitingView(text string) []string {
	if v.counting != "" {
		text += ": " + v.counting
	}
	lines := append([]string{}, v.pane.view()...)
	return append(lines, " "+v.theme.Accent.Render(v.spinner.View())+" "+text)
}
