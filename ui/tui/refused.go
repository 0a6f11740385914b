package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// refused is the screen of what keeps a run from going on: what is so, the one thing to
// do with the commands for it, and what was tried. It lies on its run, which keeps the
// answers so far.
type refused struct {
	scroll
	theme *theme.Theme
	run   *runScreen
	plan.Refusal
	// practice leads to what the sandbox offers instead; nil in the sandbox.
	practice action
	width    int
	lines    []refusedLine
	// notice is what happened last, and still what trying again has come to.
	notice noticeMsg
	still  string
}

// refusedLine is a line of it, which may be that on which one of its commands begins.
type refusedLine struct {
	text    string
	command string
}

// newRefused is the screen of an error.
func newRefused(t *theme.Theme, run *runScreen, err error, practice action) *refused {
	r := &refused{theme: t, run: run, Refusal: words.Refused(err), practice: practice}
	r.stops = func(i int) bool { return r.lines[i].command != "" }
	r.headed = true
	return r
}

func (r *refused) resize(width, height int) {
	r.width = width
	r.fill()
	r.scroll.resize(len(r.lines), height-1) // the last line is for what happened, and how much is hidden
}

// fill writes down all that there is to say.
func (r *refused) fill() {
	t, width := r.theme, dialogWidth(r.width)
	r.lines = r.lines[:0]
	add := func(text string) { r.lines = append(r.lines, refusedLine{text: text}) }
	wrap := func(text string, indent int, render func(...string) string) {
		for _, line := range words.Fit(text, width-indent) {
			add(strings.Repeat(" ", indent) + render(line))
		}
	}
	add("")
	mark := " " + t.Bad.Render(t.Glyphs.Failed) + " "
	for _, line := range words.Fit(r.Title, width-3) {
		add(mark + t.Title.Render(line))
		mark = "   "
	}
	wrap(r.What, 3, t.Plain.Render)
	wrap(r.unchanged(), 3, t.Faint.Render)
	if r.Remedy != "" {
		add("")
		wrap(r.Remedy, 3, t.Bold.Render)
	}
	for _, c := range r.Commands {
		wrap(c.Does, 5, t.Faint.Render)
		parts := words.Fit(c.Line, r.width-8)
		r.lines = append(r.lines, refusedLine{parts[0], c.Line})
		for _, part := range parts[1:] {
			add("         " + t.Key.Render(part))
		}
	}
	if len(r.Tried) > 0 {
		add("")
		add("   " + t.Bold.Render("Tried"))
	}
	column := 0
	for _, f := range r.Tried {
		column = max(column, min(24, len(f.Name)))
	}
	for _, f := range r.Tried {
		name := t.Pad(f.Name, column)
		for _, line := range words.Fit(f.Value, width-column-7) {
			add("     " + t.Faint.Render(name) + "  " + line)
			name = strings.Repeat(" ", column)
		}
	}
}

// unchanged is what became of the team's setup, and of what was answered.
func (r *refused) unchanged() string {
	applied := 0
	if made := r.run.engine.made; made != nil {
		applied = made.Applied
	}
	return words.AfterRefusal(applied, r.run.hasDraft())
}

func (r *refused) update(msg tea.Msg) (nav, tea.Cmd) {
	if told, ok := msg.(noticeMsg); ok {
		r.notice = told
	}
	return r.hotkeys().update(msg, r.key)
}

func (r *refused) keys() []key.Binding { return r.hotkeys().bindings() }

func (r *refused) hotkeys() hotkeys {
	again := func() (nav, tea.Cmd) {
		return nav{pop: true, then: func() (nav, tea.Cmd) { return nav{}, r.run.again() }}, nil
	}
	list := hotkeys{
		{bind("r", "try again", "r", "enter"), again},
		hotkey{keys.Practice, r.practice}.when(r.practice != nil),
	}
	if r.Anyway != nil {
		list = append(list, hotkey{bind("c", r.Anyway.Text, "c"), r.anyway})
	}
	return append(list,
		r.clip().hotkey(),
		hotkey{Binding: keys.Down}.shown(len(r.Commands) > 1),
		hotkey{keys.Edit, r.edit}.when(r.run.asks()),
		hotkey{keys.Undo, goTo(nav{pop: true, then: r.run.undo})}.when(r.run.asked.undone != nil),
		hotkey{keys.Back, r.back},
		hotkey{keys.Quit, goTo(nav{quit: true})},
	)
}

// clip is the command under the cursor.
func (r *refused) clip() clip {
	if r.cursor >= len(r.lines) {
		return clip{}
	}
	return clip{"the command", r.lines[r.cursor].command}
}

// anyway goes on as things are.
func (r *refused) anyway() (nav, tea.Cmd) {
	r.run.asked.given[r.Anyway.Path] = secret.New(r.Anyway.Value)
	return nav{pop: true, then: func() (nav, tea.Cmd) { return nav{}, r.run.again() }}, nil
}

// edit goes back to the answers.
func (r *refused) edit() (nav, tea.Cmd) { return nav{pop: true, then: r.run.edit}, nil }

// back goes to the answers, or to where the run was begun from. From the first screen of
// the program it asks.
func (r *refused) back() (nav, tea.Cmd) {
	switch {
	case r.run.asks():
		return r.edit()
	case r.run.held: // the lesson lies between
		return nav{pop: true, then: r.run.lesson.back}, nil
	case r.run.lesson != nil:
		return nav{pop: true, push: r.run.lesson}, nil
	case r.run.first:
		return nav{push: r.run.leaving(nav{quit: true})}, nil
	}
	return nav{pop: true, then: goTo(nav{pop: true})}, nil
}

func (r *refused) view() []string {
	t := r.theme
	from, to := r.window()
	var lines []string
	for i, line := range r.lines[from:to] {
		switch {
		case line.command == "":
			lines = append(lines, line.text)
		case from+i == r.cursor:
			lines = append(lines, "     "+t.Accent.Render(t.Glyphs.Cursor)+" "+t.Selected.Render(line.text))
		default:
			lines = append(lines, "       "+t.Key.Render(line.text))
		}
	}
	for len(lines) < r.height {
		lines = append(lines, "")
	}
	last := ""
	if above, below := r.more(); above+below > 0 {
		last = t.Faint.Render(" " + hidden(t, above, below))
	}
	if r.still != "" {
		last = " " + t.Warn.Render(t.Glyphs.Attention) + " " + r.still + last
	}
	if r.notice.text != "" {
		last = " " + r.notice.mark(t) + " " + r.notice.text
	}
	return append(lines, last)
}

func (r *refused) wheel(by int) { r.shift(by) }

// click puts the cursor on a command, and copies the one that has it.
func (r *refused) click(_, y int) (nav, tea.Cmd) {
	at := r.top + y
	switch {
	case at >= len(r.lines) || r.lines[at].command == "":
	case at == r.cursor:
		return r.clip().hotkey().do()
	default:
		r.cursor = at
	}
	return nav{}, nil
}

func (r *refused) typing() bool { return false }

func (r *refused) about() []string {
	return []string{r.Title, r.What, "Commands are for another window: y copies the one under the cursor. Then r tries again from here, with the answers that you have given."}
}

// dialogWidth is how wide prose may be: as wide as the screen, but no line longer than
// what is easy to read.
func dialogWidth(width int) int { return min(width-2, 100) }

// again begins anew where nothing was begun, and else asks what follows from the answers.
func (v *runScreen) again() tea.Cmd {
	if v.engine.start != nil {
		return v.open()
	}
	v.phase, v.err, v.notice, v.counting = opening, nil, noticeMsg{}, ""
	v.rebuild()
	return tea.Batch(v.engine.beginRun(v.engine.request), v.spin())
}

// undo takes back what was answered last, and goes on with the answers before.
func (v *runScreen) undo() (nav, tea.Cmd) {
	v.asked.undo()
	return nav{}, v.open()
}

// fail shows an error that keeps everything from being looked at.
func (v *runScreen) fail(err error) nav {
	r := newRefused(v.theme, v, err, v.practice)
	if v.tries++; v.refused != r.Title {
		v.tries = 1
	}
	v.phase, v.err, v.refused = reviewing, err, r.Title
	if v.tries > 1 {
		r.still = fmt.Sprintf("Tried %d times: this is still so.", v.tries)
	}
	v.rebuild()
	return nav{push: r}
}
