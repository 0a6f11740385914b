package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// The words of the menu, in screens and lines alike.
const (
	MenuTitle     = "From an AWS organization to encrypted, locked Terraform state"
	Practice      = "Practice in the sandbox"
	PracticeText  = "The same, with an AWS inside this program and a scratch home. Nothing real is touched."
	PracticeTitle = "What do you want to practice?"
)

func beginning(r Request) action { return goTo(nav{begin: &r}) }

// newMenu offers the modes, and to practise them in the sandbox. Where all is
// the sandbox anyway, the modes are practice by themselves.
func newMenu(t *theme.Theme, o *Options, of *course) *chooser {
	var items []choice
	var own hotkeys
	for _, mode := range o.modes() {
		items = append(items, choice{mode.menu, mode.what, practising{t, o, of}.choose(mode, o.Sandbox)})
	}
	if !o.Sandbox {
		items = append(items, choice{Practice, PracticeText, practising{t, o, of}.menu()})
		own = hotkeys{{keys.Practice, practising{t, o, of}.menu()}}
	}
	return &chooser{
		theme: t, title: MenuTitle, items: append(items, choice{"Quit", "", goTo(nav{quit: true})}), main: true, own: own,
		helped: []string{
			"What stateroom does",
			"It looks at what is there, shows what it would change, asks, changes it and proves the result. It changes nothing that is already correct, so it can be run again at any time.",
			"Practice in the sandbox first: every screen is the same, and no AWS account is needed.",
		},
	}
}

// practising is the choice of what to practise.
type practising struct {
	theme  *theme.Theme
	o      *Options
	course *course
}

// menu offers the modes that can be practised; one alone is begun at once.
func (r practising) menu() action {
	modes := r.o.modes()
	if len(modes) == 1 {
		return r.choose(modes[0], true)
	}
	c := &chooser{theme: r.theme, title: PracticeTitle, text: []string{"Nothing real is touched, and no AWS account is needed."}, stays: true}
	for _, mode := range modes {
		c.items = append(c.items, choice{mode.practice, mode.practiceText, r.choose(mode, true)})
	}
	return goTo(nav{push: c})
}

// choose begins a mode; troubleshooting practice asks for the fault first.
func (r practising) choose(mode *Mode, sandbox bool) action {
	if sandbox && mode.faults && len(r.course.chapters) > 0 {
		return func() (nav, tea.Cmd) { return nav{push: newChapters(r.theme, r.course)}, nil }
	}
	return beginning(Request{Mode: mode, Sandbox: sandbox})
}
