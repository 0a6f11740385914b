package tui

import (
	"cmp"
	"maps"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// leave is the key that ends the program. It asks before it throws away a plan that was
// never applied.
func (v *runScreen) leave() (nav, tea.Cmd) {
	if !v.unmade() {
		return nav{quit: true}, nil
	}
	return nav{push: v.leaving(nav{quit: true})}, nil
}

// back goes to the screen before this one, and never out: from a look to the questions
// that led to it, else to the screen from which the run was begun. The first screen there
// is asks (see [root.follow]).
func (v *runScreen) back() (nav, tea.Cmd) {
	waits := v.phase == opening || v.phase == inspecting
	switch {
	case v.phase == applying && v.progress.proving:
		v.say("The result is being proven. Ctrl-C stops the proof: what was made stays.")
	case v.phase == applying:
		v.say("Changes are being made. Ctrl-C stops after those under way: what is made stays.")
	case waits && v.asked.edited > 0:
		v.engine.abandon()
		v.ask()
	case waits && len(v.asked.pages) > 0:
		v.engine.abandon()
		v.asked.back(len(v.asked.pages) - 1)
		v.ask()
	case !v.first && v.unmade():
		return nav{push: v.leaving(nav{pop: true})}, nil
	default:
		return nav{pop: true}, nil
	}
	return nav{}, nil
}

// unmade tells whether there is a plan of which nothing was made.
func (v *runScreen) unmade() bool {
	return v.phase == reviewing && v.err == nil && v.engine.made == nil && !v.dryRun && len(v.review.Changes) > 0
}

// leaving asks whether to go where out leads, and says what that means: what was made and
// what was not, and what becomes of the answers.
func (v *runScreen) leaving(out nav) *chooser {
	c := &chooser{theme: v.theme, title: "Leave stateroom?", text: v.stands()}
	word := "Leave"
	if v.unmade() {
		c.title = "Leave without changing anything?"
	}
	if out.pop {
		word = "Go back"
	}
	c.items = []choice{{"Stay", "", nil}, {word, v.promise(), func() (nav, tea.Cmd) { return out, nil }}}
	if out.pop { // the question goes first, and then what it lies on
		c.items[1].choose = goTo(nav{pop: true})
	}
	return c
}

// stands says what is so when the run is left now.
func (v *runScreen) stands() []string {
	switch made := v.engine.made; {
	case made != nil:
		return ending(made, v.mode)
	case v.phase == opening || v.phase == inspecting:
		return []string{"Nothing was changed: it has not finished looking."}
	case v.phase != reviewing || v.err != nil:
		return []string{"Nothing was changed."}
	case v.unmade():
		return append(v.review.ended().Lead, plan.Line(v.review.kept())+" Nothing of it has been made.")
	}
	return append(v.review.ended().Lead, "Nothing was changed.")
}

// hasDraft tells whether the answers are on the disk, for the next run.
func (v *runScreen) hasDraft() bool {
	return v.engine.start != nil && v.engine.start.Kept != nil && v.engine.start.Kept()
}

// promise is what becomes of the run that is left.
func (v *runScreen) promise() string {
	made := v.engine.made
	switch {
	case v.rehearsal:
		return strings.TrimSpace("The rehearsal ends. " + v.engine.note(cmp.Or(made, &plan.Summary{})))
	case v.dryRun:
		return "A dry run keeps nothing, your answers neither."
	case made != nil && made.Finished():
		return v.mode.Command(v.review.Outcome) + " can be run again at any time: it changes only what differs."
	case v.hasDraft():
		return words.AnswersKept
	}
	return v.mode.Command(v.review.Outcome) + " looks again, and asks before it changes anything."
}

// answers are those that were given, and what is typed on the page that is shown.
func (v *runScreen) answers() (given plan.Given, typed map[string]string) {
	typed = map[string]string{}
	if v.phase == asking {
		p := v.asked.shown()
		values := p.form.Values()
		for _, q := range p.questions {
			if value := values[q.Path]; q.Kind != plan.Secret && value != q.Default {
				typed[q.Path] = value
			}
		}
	}
	return maps.Clone(v.asked.given), typed
}

// Visit is a run that was begun, and how it ended.
type Visit struct {
	Mode *Mode
	// Summary is nil where nothing was made or looked at to the end.
	Summary *plan.Summary
	// Practice says that it was a rehearsal which was chosen on the way.
	Practice bool
}

// leaving asks on the first screen whether to leave the program.
func (m *root) leaving() *chooser {
	if m.run != nil && m.top() == screen(m.run) {
		return m.run.leaving(nav{quit: true})
	}
	text := []string{"Nothing was changed."}
	if len(m.visits) > 0 {
		text = nil
	}
	for _, v := range m.visits {
		text = append(text, ending(v.Summary, v.Mode)...)
	}
	return &chooser{theme: m.theme, title: "Leave stateroom?", text: text, items: []choice{{"Stay", "", nil}, {"Leave", "", goTo(nav{quit: true})}}}
}

// leaveRun ends a run that is left for the screen from which it was begun, and goes back
// to the one that waits for that. What was made for real is told at the end of the program.
func (m *root) leaveRun() tea.Cmd {
	given, typed := m.run.answers()
	made := m.engine.made
	if made != nil && !m.request.Sandbox {
		m.visits = append(m.visits, Visit{Mode: m.request.Mode, Summary: made})
	}
	m.run, m.request.Sandbox = nil, m.o.Sandbox
	cmd := m.engine.end(given, typed)
	if p := m.parked; p != nil {
		m.run, m.request, m.parked = p.run, p.request, nil
		m.engine.start, m.engine.made, m.engine.request = p.start, p.made, p.request
	}
	return cmd
}

// parked is a run that waits while its mode is practised.
type parked struct {
	run     *runScreen
	request Request
	start   *Start
	made    *plan.Summary
}

// keep keeps the answers of the run under way, or of the one that waits for practice, as
// the program ends.
func (m *root) keep(s *plan.Summary) bool {
	if p := m.parked; p != nil && p.start != nil && p.start.Keep != nil {
		given, typed := p.run.answers()
		return p.start.Keep(given, typed, p.made)
	}
	if m.run == nil || m.engine.start == nil || m.engine.start.Keep == nil {
		return false
	}
	given, typed := m.run.answers()
	return m.engine.start.Keep(given, typed, s)
}
