package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// chooser asks for one of a few ways on: the menu, the confirmation before
// changes, how a plan is saved.
type chooser struct {
	theme *theme.Theme
	title string
	text  []string
	items []way
	// main says that leaving it means leaving the program.
	main   bool
	list   scroll
	width  int
	helped []string
}

// way is one of the ways on.
type way struct {
	name, text string
	choose     tea.Cmd
}

// choiceMsg is what was chosen in the menu.
type choiceMsg struct{ sandbox bool }

func newMenu(t *theme.Theme, sandbox bool) *chooser {
	items := []way{
		{
			"Set up", "Make the whole set-up, or what is missing of it. It looks first and asks before it changes anything.",
			func() tea.Msg { return choiceMsg{} },
		},
		{
			"Practise in the sandbox", "The same, with an AWS inside this program and a scratch home. Nothing real is touched.",
			func() tea.Msg { return choiceMsg{sandbox: true} },
		},
		{"Quit", "", quit},
	}
	if sandbox {
		items = items[1:]
	}
	return &chooser{
		theme: t, title: "From an AWS organization to encrypted, locked Terraform state", items: items, main: true,
		helped: []string{
			"What stateroom does",
			"It looks at what is there, shows what it would change, asks, changes it and proves the result. It changes nothing that is right already, so it can be run again at any time.",
			"Practise in the sandbox first: every screen is the same, and no AWS account is needed.",
		},
	}
}

func (c *chooser) resize(width, height int) {
	c.width = width
	c.list.resize(len(c.items), height)
}

func (c *chooser) update(msg tea.Msg) tea.Cmd {
	pressed, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case key.Matches(pressed, keys.Accept):
		if c.main {
			return c.items[c.list.cursor].choose
		}
		return popThen(c.items[c.list.cursor].choose)
	case key.Matches(pressed, keys.Quit) && c.main:
		return quit
	case key.Matches(pressed, keys.Back) && !c.main:
		return pop
	default:
		c.list.key(pressed)
	}
	return nil
}

func (c *chooser) view() []string {
	lines := []string{"", "  " + c.theme.Title.Render(c.title), ""}
	room := min(76, c.width-8)
	for _, text := range c.text {
		for _, line := range theme.Wrap(text, room) {
			lines = append(lines, "  "+line)
		}
	}
	if len(c.text) > 0 {
		lines = append(lines, "")
	}
	for i, item := range c.items {
		mark, name := "    ", c.theme.Plain.Render(item.name)
		if i == c.list.cursor {
			mark, name = "  "+c.theme.Accent.Render(c.theme.Glyphs.Cursor)+" ", c.theme.Selected.Render(item.name)
		}
		lines = append(lines, mark+name)
		if item.text != "" {
			for _, line := range theme.Wrap(item.text, room) {
				lines = append(lines, "      "+c.theme.Faint.Render(line))
			}
			lines = append(lines, "")
		}
	}
	return lines
}

func (c *chooser) keys() []key.Binding {
	if c.main {
		return []key.Binding{keys.Accept, keys.Down, keys.Quit}
	}
	return []key.Binding{bind("enter", "choose", "enter"), keys.Down, keys.Back}
}

func (c *chooser) typing() bool { return false }

func (c *chooser) about() []string {
	if c.helped != nil {
		return c.helped
	}
	return append([]string{c.title}, c.text...)
}
