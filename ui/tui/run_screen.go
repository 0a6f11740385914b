package tui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
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

// runScreen goes through a whole run. It asks, looks, shows what it has found and
// what it would change, makes the changes that were confirmed, and looks again. A
// run that has stages shows them one by one.
type runScreen struct {
	theme  *theme.Theme
	engine *runner
	mode   *Mode
	dryRun bool
	// first says that no screen lies below it.
	first bool
	// rehearsal says that it is the sandbox's.
	rehearsal     bool
	width, height int
	spinner       spinner.Model
	phase         phase
	// rehearses says that a finished set-up is made to practise on before anything
	// is asked or looked at.
	rehearses bool
	// practice leads to what the sandbox offers in its stead, nil in the sandbox.
	practice action

	asked questions

	// lesson is what is told of the fault that is practised, nil without one; held says
	// that nothing is looked at before the lesson asks for it.
	lesson *lesson
	held   bool

	flow *engine.Flow
	// outline is what there is to show beside the review; who is who the operator
	// is, as far as that is known before.
	outline plan.Outline
	who     string
	// current is the stage that is shown, from 1 on; moved says that the operator
	// chose it, so that the screen does not jump.
	current int
	moved   bool
	// looking is how far each stage's inspection is.
	looking map[int]lookState

	review review
	// recheck are the checks of the look that follows the changes.
	recheck tallied

	// list is all of this as lines; follows keeps the check that ended last in sight,
	// until the operator scrolls.
	list    *list
	follows bool

	// progress is of the application under way or the last one; err is what keeps
	// anything from being looked at.
	progress *progress
	err      error
	// refused is the title of what kept it from going on last, and tries how often in a
	// row that was so.
	refused string
	tries   int
	notice  noticeMsg
	// untold is a notice for the first screen that there is.
	untold noticeMsg
	// unread are the users whose passphrase nobody has said to have written down.
	unread []string
	// counting is how far a long inspection is; stale says that reports came
	// that the list does not show yet.
	counting string
	stale    bool
}

func newRunScreen(t *theme.Theme, e *runner, mode *Mode, dryRun, sandbox bool) *runScreen {
	v := &runScreen{
		theme: t, engine: e, mode: mode, dryRun: dryRun, rehearsal: sandbox, width: 80, height: 20,
		spinner:   spinner.New(spinner.WithSpinner(spinner.Spinner{Frames: t.Glyphs.Spinner, FPS: time.Second / 10})),
		rehearses: sandbox && mode.rehearses(), asked: questions{given: plan.Given{}, drafts: map[int]page{}},
		outline: plan.Outline{Stages: mode.Stages}, current: 1, looking: map[int]lookState{},
		review: review{offer: offer{out: map[string]bool{}}, checks: newChecklist(mode.Table)},
	}
	v.review.decide = v.decide
	v.list = newList(t, v.rows)
	return v
}

// update dispatches.
func (v *runScreen) update(msg tea.Msg) (nav, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return v.key(msg)
	case begunMsg:
		return v.begun(msg)
	case openedMsg:
		return v.opened(msg)
	case reviewedMsg:
		return v.reviewed(msg), v.learn()
	case plan.Event:
		return v.reported(msg), nil
	case madeMsg:
		return v.made(msg), v.learn()
	case spinner.TickMsg:
		return nav{}, v.tick(msg)
	case noticeMsg:
		v.tell(msg)
	}
	return nav{}, nil
}

// person is the user that the run is about; empty as long as nobody knows.
func (v *runScreen) person() string {
	o := v.review.Outcome
	if s := cmp.Or(v.review.result, v.review.settled); o == nil && s != nil {
		o = s.Outcome
	}
	if o == nil {
		return ""
	}
	return o.Person()
}

// whereabouts are the mode with whom it is about, the repository, the account with who
// the operator is in it, and the region. Where there is too little room
// for all, who the operator is gives way.
func (v *runScreen) whereabouts(room int) string {
	who, region := cmp.Or(v.outline.Who, v.who), ""
	if v.flow != nil && v.flow.Answers != nil && v.flow.Answers.Blueprint != nil {
		who, region = cmp.Or(v.outline.Who, v.who, v.flow.Answers.AdminAccount), v.flow.Answers.StateRegion
	}
	if v.staged() && who == "" {
		if v.err != nil {
			return v.mode.Name + " cannot begin yet"
		}
		return "checking your credentials"
	}
	parts := slices.DeleteFunc([]string{v.mode.headed(v.person()), v.repository(), who, region}, func(s string) bool { return s == "" })
	text := strings.Join(parts, "  ")
	const least = 10 // of who the operator is
	if most := longest(who) - (ansi.StringWidth(text) - room); most >= least && most < longest(who) {
		return strings.Replace(text, who, words.Short(who, most, v.theme.Glyphs.Ellipsis), 1)
	}
	return text
}

// repository is the name of the folder of the blueprint; a rehearsal's is nobody's.
func (v *runScreen) repository() string {
	if v.flow == nil || v.flow.Env == nil || v.flow.Env.BlueprintPath == "" || v.rehearsal {
		return ""
	}
	if path, err := filepath.Abs(v.flow.Env.Root()); err == nil {
		return filepath.Base(path)
	}
	return ""
}

// view puts stepper, content and notice together.
func (v *runScreen) view() []string {
	var lines []string
	switch v.phase {
	case asking:
		lines = v.formView()
	case opening, inspecting:
		lines = v.waitingView()
	case reviewing, applying:
		lines = v.list.view()
	}
	height := v.height - len(v.noticeLines())
	steps := stepper{v.theme, v.spinner.View(), v.steps()}
	if v.wide() {
		lines = steps.beside(lines, height)
	} else {
		lines = append([]string{steps.line(v.width), ""}, lines...)
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return append(lines[:height], v.noticeLines()...)
}

func (v *runScreen) wide() bool { return v.width >= stepperWidth }

func (v *runScreen) contentWidth() int {
	if v.wide() {
		return v.width - stepperColumns - stepperGap
	}
	return v.width
}

// listHeight is the room of the list: under the folded stepper and above the notice.
func (v *runScreen) listHeight() int {
	height := v.height - len(v.noticeLines())
	if !v.wide() {
		height -= foldedHeight
	}
	if v.waiting() != "" {
		height-- // what is under way has a line of its own
	}
	return height - 1 // the last line says how much is hidden
}

// rebuild draws anew what is shown.
func (v *runScreen) rebuild() {
	v.list.choosing = v.phase == reviewing
	if v.list.search.where = ""; v.staged() {
		v.list.search.where = fmt.Sprintf(" in step %d", v.current)
	}
	width := v.contentWidth() - 1
	if v.list.aside = 0; v.list.choosing {
		width, v.list.aside = withAside(width)
	}
	v.list.fill(width, v.listHeight())
}

// about is the help: what the run or its stage is, and its signs.
func (v *runScreen) about() []string {
	text := []string{v.mode.title, v.mode.why}
	var questions []plan.Question
	if v.staged() {
		s := v.stage()
		text, questions = []string{fmt.Sprintf("%d %s", s.Number, v.title()), s.Why, s.Cost}, s.Questions
	} else if v.phase == asking {
		questions = v.asked.shown().questions
	}
	for _, q := range questions {
		if q.Flag != "" {
			q.Prompt += " (" + strings.ReplaceAll(q.Flag, "…", v.theme.Glyphs.Ellipsis) + ")"
		}
		text = append(text, strings.TrimSpace(q.Prompt+"\n"+q.Help))
	}
	return append(text, v.signs()...)
}
