package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
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

// runScreen goes through a whole run. It asks, looks, shows what it has found and
// what it would change, makes the changes that were confirmed, and looks again. A
// run that has stages shows them one by one.
type runScreen struct {
	theme         *theme.Theme
	engine        *runner
	mode          *Mode
	dryRun        bool
	width, height int
	spinner       spinner.Model
	phase         phase
	form          *form.Form
	pane          *pane

	// pages are the questions so far, of which page is the one shown; given are
	// the answers to those before it. edited is a page that was gone back to from
	// the review, by its stage's number, before are the answers until then, and
	// drafts are the pages that were left.
	pages  []page
	page   int
	given  plan.Given
	edited int
	before plan.Given
	drafts map[int]page

	flow *engine.Flow
	// outline is what there is to show beside the review; who is who the operator
	// is, as far as that is known before.
	outline plan.Outline
	who     string
	// current is the stage that is shown, from 1 on; moved says that the operator
	// chose it, so that the screen does not jump.
	current int
	moved   bool
	// looking is how far each stage's inspection is, tallies what the review says
	// of it.
	looking map[int]lookState
	tallies map[int]*tally

	review plan.Review
	users  users
	// stepOf are the changes' steps by id, planned how many each step has.
	stepOf  map[string]int
	planned map[int]int
	// widening are the changes that give access; gives says by step, and givesAll
	// of the whole plan, what access they give, without what is left out.
	widening []*plan.Change
	gives    map[int][]string
	givesAll []string
	// out are the changes that the operator left out; left are those and all
	// that need one of them.
	out, left map[string]bool

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

func newRunScreen(t *theme.Theme, e *runner, mode *Mode, dryRun, sandbox bool) *runScreen {
	v := &runScreen{
		theme: t, engine: e, mode: mode, dryRun: dryRun, width: 80, height: 20,
		spinner: spinner.New(spinner.WithSpinner(spinner.Spinner{Frames: t.Glyphs.Spinner, FPS: time.Second / 10})),
		given:   plan.Given{}, drafts: map[int]page{}, current: 1, looking: map[int]lookState{}, out: map[string]bool{},
	}
	v.rehearses = sandbox && mode.rehearses()
	v.outline.Stages = mode.Stages
	v.checks = newChecklist(mode.Table)
	v.pane = newPane(v)
	return v
}

// update dispatches.
func (v *runScreen) update(msg tea.Msg) (nav, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return v.key(msg)
	case begunMsg:
		return nav{}, v.begun(msg)
	case openedMsg:
		return nav{}, v.opened(msg)
	case reviewedMsg:
		v.reviewed(msg)
	case eventMsg:
		if msg.op == v.engine.op {
			return v.reported(msg.event), nil
		}
	case madeMsg:
		v.made(msg)
	case spinner.TickMsg:
		return nav{}, v.tick(msg)
	case noticeMsg:
		v.say(string(msg))
	}
	return nav{}, nil
}

// whereabouts are the mode, the account with who the operator is in it, and the
// region.
func (v *runScreen) whereabouts() string {
	who, region := cmp.Or(v.outline.Who, v.who), ""
	if v.flow != nil && v.flow.Answers != nil && v.flow.Answers.Blueprint != nil {
		who, region = cmp.Or(v.outline.Who, v.who, v.flow.Answers.AdminAccount), v.flow.Answers.StateRegion
	}
	if v.staged() && who == "" {
		return "looking who you are"
	}
	parts := slices.DeleteFunc([]string{v.mode.title, who, region}, func(s string) bool { return s == "" })
	return strings.Join(parts, "  ")
}

// view puts rail, content and notice together.
func (v *runScreen) view() []string {
	var lines []string
	switch v.phase {
	case asking:
		lines = v.formView()
	case opening:
		lines = v.waitingView(v.opens())
	case inspecting:
		lines = v.waitingView(v.mode.looking)
	case reviewing, applying:
		lines = v.pane.view()
	}
	return v.framed(v.stops(), lines)
}

// opens says what is done until there is anything to show.
func (v *runScreen) opens() string {
	if v.rehearses {
		return "Making a finished set-up to practise on"
	}
	return v.mode.opening
}

// about is the help: what the run or its stage is, and its signs.
func (v *runScreen) about() []string {
	text := []string{v.mode.title, v.mode.why}
	var questions []plan.Question
	if v.staged() {
		s := v.stage()
		text, questions = []string{fmt.Sprintf("%d %s", s.Number, v.title()), s.Why, s.Cost}, s.Questions
	} else if v.phase == asking {
		questions = v.shownPage().questions
	}
	for _, q := range questions {
		if q.Flag != "" {
			q.Prompt += " (" + strings.ReplaceAll(q.Flag, "…", v.theme.Glyphs.Ellipsis) + ")"
		}
		text = append(text, strings.TrimSpace(q.Prompt+"\n"+q.Help))
	}
	return append(text, v.signs()...)
}

// keys are those that work now.
func (v *runScreen) keys() []key.Binding {
	switch v.phase {
	case opening:
		return []key.Binding{keys.Quit}
	case asking:
		return v.form.Keys()
	case inspecting:
		if v.staged() {
			return v.withStages([]key.Binding{keys.Quit})
		}
		return []key.Binding{keys.Down, keys.Quit}
	case applying:
		return v.withStages(v.applyingKeys())
	case reviewing:
		return v.reviewKeys()
	}
	return nil
}
