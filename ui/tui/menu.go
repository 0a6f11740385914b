package tui

import (
	"math/rand/v2"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

func beginning(r Request) action { return goTo(nav{begin: &r}) }

// newMenu offers the modes, and to practise them in the sandbox. Where all is
// the sandbox anyway, the modes are practice by themselves.
func newMenu(t *theme.Theme, o *Options) *chooser {
	var items []choice
	for _, mode := range o.modes() {
		items = append(items, choice{mode.menu, mode.what, practising{t, o}.choose(mode, o.Sandbox)})
	}
	if !o.Sandbox {
		items = append(items, choice{
			"Practise in the sandbox", "The same, with an AWS inside this program and a scratch home. Nothing real is touched.",
			practising{t, o}.menu(),
		})
	}
	return &chooser{
		theme: t, title: "From an AWS organization to encrypted, locked Terraform state", items: append(items, choice{"Quit", "", goTo(nav{quit: true})}), main: true,
		helped: []string{
			"What stateroom does",
			"It looks at what is there, shows what it would change, asks, changes it and proves the result. It changes nothing that is right already, so it can be run again at any time.",
			"Practise in the sandbox first: every screen is the same, and no AWS account is needed.",
		},
	}
}

// practising is the choice of what to practise.
type practising struct {
	theme *theme.Theme
	o     *Options
}

// menu offers the modes that can be practised; one alone is begun at once.
func (r practising) menu() action {
	modes := r.o.modes()
	if len(modes) == 1 {
		return r.choose(modes[0], true)
	}
	c := &chooser{theme: r.theme, title: "What do you want to practise?", text: []string{"Nothing real is touched, and no AWS account is needed."}, stays: true}
	for _, mode := range modes {
		c.items = append(c.items, choice{mode.practice, mode.practiceText, r.choose(mode, true)})
	}
	return goTo(nav{push: c})
}

// choose begins a mode; troubleshooting practice asks for the fault first.
func (r practising) choose(mode *Mode, sandbox bool) action {
	if sandbox && mode.faults && len(r.o.Faults) > 0 {
		return func() (nav, tea.Cmd) { return nav{push: newFaults(r.theme, r.o.Faults)}, nil }
	}
	return beginning(Request{Mode: mode, Sandbox: sandbox})
}

// faults is the list of what to practise troubleshooting on.
type faults struct {
	finder
	theme *theme.Theme
	all   []Fault
	width int
	// column is the width of the names.
	column int
}

func newFaults(t *theme.Theme, all []Fault) *faults {
	f := &faults{theme: t, all: append([]Fault{{"surprise me", "One of them, and you are not told which."}}, all...)}
	var texts []string
	for _, fault := range f.all {
		texts = append(texts, fault.Name+" "+fault.Text)
		f.column = max(f.column, len(fault.Name)+2)
	}
	f.finder = newFinder(texts)
	return f
}

// The lines above and below the faults, and how many of these say what the one
// under the cursor is.
const (
	faultsHead, faultsFoot = 5, 3
	faultMost              = 2
)

func (f *faults) resize(width, height int) {
	f.width = width
	f.list.resize(len(f.shown), height-faultsHead-faultsFoot)
}

func (f *faults) update(msg tea.Msg) (nav, tea.Cmd) {
	pressed, n, done := f.finder.update(msg)
	i := f.under()
	switch {
	case done:
		return n, nil
	case key.Matches(pressed, keys.Accept) && i >= 0:
		if i == 0 {
			i = 1 + rand.IntN(len(f.all)-1) //nolint:gosec // a game, no secret
		}
		return nav{pop: true, then: beginning(Request{Mode: Troubleshoot, Sandbox: true, Fault: f.all[i].Name})}, nil
	}
	return nav{}, nil
}

func (f *faults) view() []string {
	t := f.theme
	lines := []string{
		"", "  " + t.Title.Render("Which fault do you want to find?") + t.Faint.Render(f.list.position(t)),
		"  " + t.Faint.Render(t.Cut("A set-up is made in the sandbox and then broken in this way.", f.width-4)),
		"  " + f.head(t.Faint.Render("/ filters by name and text")), "",
	}
	column := min(f.column, f.width/2)
	lines = append(lines, f.rows(func(i int, selected bool) string {
		mark, style := "    ", t.Plain
		if selected {
			mark, style = "  "+t.Accent.Render(t.Glyphs.Cursor)+" ", t.Selected
		}
		return mark + style.Render(t.Pad(f.all[i].Name, column)) + t.Faint.Render(t.Cut(f.all[i].Text, f.width-column-6))
	})...)
	for len(lines) < faultsHead+f.list.height+1 {
		lines = append(lines, "")
	}
	if i := f.under(); i >= 0 {
		for _, line := range wrapMost(f.all[i].Text, f.width-5, faultMost, t) {
			lines = append(lines, "    "+line)
		}
	}
	return lines
}

func (f *faults) keys() []key.Binding {
	return f.keysAnd("practise", keys.Filter)
}

func (f *faults) about() []string {
	return []string{
		"Practising a fault",
		"A finished set-up is made in the sandbox, and one thing in it is broken as it breaks in real life. You then troubleshoot it: the checks name what is wrong and on what evidence, and mend it when you say so.",
		"Surprise me takes one at random and does not tell which.",
	}
}
