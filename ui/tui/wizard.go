package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
)

// stepCount is how many steps the article has.
const stepCount = 9

// wizard is the nine steps: the answers, what was observed, what would change,
// and one generic screen that shows the current step in the current phase.
type wizard struct {
	visit
	// current is the step that is shown, 1 to 9; moved says that the operator
	// chose it, so that the wizard does not jump.
	current int
	moved   bool

	answers *blueprint.Answers
	isNew   bool
	// drafts are what was typed into forms that were left, by path.
	drafts   map[string]string
	identity awsops.Identity
	flow     *engine.Flow
	observed *steps.Observed
	// observe gives what the newest look has found.
	observe func() *steps.Observed
	// looking holds how far each step's inspection is.
	looking [stepCount + 1]lookState
	tallies [stepCount + 1]tally
}

// lookState is how far one step's inspection is.
type lookState struct {
	checking, seen bool
	err            error
}

func newWizard(t *theme.Theme, e *runner, dryRun bool) *wizard {
	w := &wizard{visit: newVisit(t, e, SetUp, dryRun), current: 1, drafts: map[string]string{}}
	w.pane, w.counted = newPane(&w.visit, w.rows), w.count
	w.pane.list.headed = true // who gets in stands at the top
	return w
}

func (w *wizard) common() *visit { return &w.visit }

func (w *wizard) step() steps.Step { return steps.All()[w.current-1] }

// title is the step's heading. The last one's is a cheer, which would come too
// early while there is something to do.
func (w *wizard) title() string {
	if w.current == stepCount && (w.phase != reviewing || w.err != nil || w.toDo() > 0) {
		return "The whole plan"
	}
	if w.current == stepCount && w.bad() {
		return "Not done yet"
	}
	return w.step().Title
}

// toDo is how many changes are to be made, those left out not counted.
func (w *wizard) toDo() int {
	n := 0
	for _, t := range w.tallies {
		n += t.changes - t.left
	}
	return n
}

// update dispatches.
func (w *wizard) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return w.key(msg)
	case begunMsg:
		return w.begun(msg)
	case whoMsg:
		return w.who(msg)
	case inspectedMsg:
		w.inspected(msg)
	case lookedMsg:
		return w.looked(msg)
	case eventMsg:
		if msg.op == w.engine.op {
			return w.event(msg.event)
		}
	case madeMsg:
		return w.madeAll(msg)
	case form.DoneMsg:
		return w.answered(msg)
	case form.LeftMsg:
		return w.leftForm(msg)
	case form.PickMsg:
		return w.pick(msg)
	case adoptedMsg:
		w.adopted(msg.target)
	case pickedMsg:
		if w.form != nil {
			w.form.Set(msg.name, msg.value)
		}
	case applyMsg:
		return w.apply(msg)
	default:
		return w.message(msg)
	}
	return nil
}

// begun has the answers to begin with.
func (w *wizard) begun(msg begunMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	if msg.err != nil {
		w.fail(msg.err)
		return nil
	}
	w.engine.start = msg.start
	w.answers, w.isNew = msg.start.Answers, msg.start.New
	if len(w.answers.Missing()) > 0 || w.isNew {
		return w.engine.who(w.answers)
	}
	return w.look()
}

// who proposes the account that the operator is in.
func (w *wizard) who(msg whoMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	w.identity, w.answers.Discovered = msg.identity, msg.found
	w.ask(1)
	if msg.err != nil {
		w.say(msg.err.Error())
	}
	return nil
}

// look inspects everything again with the answers as they are.
func (w *wizard) look() tea.Cmd {
	w.phase, w.err, w.result, w.notice = inspecting, nil, nil, ""
	for i := range w.looking {
		w.looking[i] = lookState{checking: true}
	}
	w.pane.rebuild()
	return tea.Batch(w.engine.look(w.answers), w.spin())
}

func (w *wizard) inspected(msg inspectedMsg) {
	if msg.op == w.engine.op {
		w.looking[msg.step] = lookState{seen: true, err: msg.err}
	}
}

// looked has the plan.
func (w *wizard) looked(msg lookedMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	for i := range w.looking {
		w.looking[i].checking = false
	}
	if msg.err != nil {
		w.fail(msg.err)
		return nil
	}
	w.flow, w.observed, w.observe = msg.flow, msg.observed, msg.observe
	w.identity = msg.observed.Account.Identity
	w.phase = reviewing
	w.setReview(msg.review)
	if w.result == nil && !w.moved && w.observed.Key.Key != nil {
		w.current = w.firstToDo()
	}
	w.pane.rebuild()
	return nil
}

// firstToDo is the first step that differs, or the last one.
func (w *wizard) firstToDo() int {
	for n := 1; n <= stepCount; n++ {
		if state, _ := w.state(n); state != stateRight && state != stateDone {
			return n
		}
	}
	return stepCount
}

// goTo shows another step.
func (w *wizard) goTo(n int) {
	if n < 1 || n > stepCount || w.phase == asking || w.phase == opening {
		return
	}
	w.current, w.moved, w.notice = n, true, ""
	w.pane.rewind()
	w.pane.rebuild()
}

// key is a key press outside of forms.
func (w *wizard) key(msg tea.KeyMsg) tea.Cmd {
	if w.phase == asking {
		return w.form.Update(msg)
	}
	switch {
	case key.Matches(msg, keys.Next):
		w.goTo(w.current + 1)
	case key.Matches(msg, keys.Previous):
		w.goTo(w.current - 1)
	case key.Matches(msg, keys.Jump):
		w.goTo(int(msg.Runes[0] - '0'))
	case key.Matches(msg, keys.Output) && w.progress != nil && len(w.progress.output) > 0:
		return w.showOutput()
	case w.phase == applying:
		w.pane.key(msg)
	case key.Matches(msg, keys.Accept):
		return w.accept()
	case key.Matches(msg, keys.Quit):
		return w.leave()
	case w.phase == reviewing:
		return w.reviewKey(msg)
	}
	return nil
}

// accept goes on: to the next step, and from the last one to the changes.
func (w *wizard) accept() tea.Cmd {
	switch {
	case w.err != nil && w.answers != nil, w.err == nil && w.mustLook():
		return w.look()
	case w.phase != reviewing:
		return nil
	case w.current < stepCount:
		w.goTo(w.current + 1)
	case w.result != nil && len(w.review.Changes) == 0:
		return quit
	default:
		return w.confirm()
	}
	return nil
}

// leave asks before it throws away a plan that was never applied.
func (w *wizard) leave() tea.Cmd {
	if w.phase != reviewing || w.engine.made != nil || w.dryRun || len(w.review.Changes) == 0 {
		return quit
	}
	return w.leaving("stateroom setup begins where you are now.")
}

// keys are those that work now.
func (w *wizard) keys() []key.Binding {
	switch w.phase {
	case opening:
		return nil
	case asking:
		return w.form.Keys()
	case inspecting:
		return []key.Binding{keys.Next, keys.Previous, keys.Quit}
	case applying:
		return append([]key.Binding{keys.Next}, w.applyingKeys()...)
	case reviewing:
		return w.reviewKeys()
	}
	return nil
}

// about is the help of the current step.
func (w *wizard) about() []string {
	s := w.step()
	text := []string{fmt.Sprintf("%d %s", s.Number, w.title()), s.Why, priceOf(s.Number)}
	if w.answers != nil {
		for _, q := range w.questions(w.current) {
			flag := "--set " + q.Path + "=..."
			if q.Path == pathMe {
				flag = "--me USER"
			}
			text = append(text, q.Prompt+" ("+flag+")\n"+q.Help)
		}
	}
	return append(text, "Signs: "+w.legend())
}

// whereabouts are account, identity and region.
func (w *wizard) whereabouts() string {
	if w.identity.Account == "" {
		return "looking who you are"
	}
	parts := []string{w.identity.Account}
	if i := strings.LastIndex(w.identity.ARN, ":"); i >= 0 {
		parts = append(parts, w.identity.ARN[i+1:])
	}
	if w.answers != nil {
		parts = append(parts, w.answers.StateRegion)
	}
	return strings.Join(parts, "  ")
}

// view puts rail, step and notice together.
func (w *wizard) view() []string {
	var lines []string
	switch w.phase {
	case asking:
		lines = w.formView()
	case opening:
		lines = w.waitingView(w.words.opening)
	case inspecting:
		lines = w.waitingView(w.words.looking)
	case reviewing, applying:
		lines = w.pane.view()
	}
	return w.framed(w.stops(), lines)
}

// madeAll has the outcome, and what is still to do.
func (w *wizard) madeAll(msg madeMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	shown := w.ended(msg)
	if !shown || msg.summary.Stopped {
		w.looking = [stepCount + 1]lookState{}
	}
	if !shown {
		return nil
	}
	w.observed, w.current = w.observe(), stepCount
	w.pane.rebuild()
	if msg.summary.Stopped {
		w.say(stopped(msg.summary))
	}
	return nil
}

// unapplied is the plan, where it was looked at only.
func (w *wizard) unapplied() *plan.Summary {
	switch {
	case w.flow == nil:
		return nil
	case w.dryRun:
		return w.preview()
	case w.toDo() > 0:
		return &plan.Summary{Declined: true}
	}
	return nil
}
