package tui

import (
	"cmp"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// palette lists what can be done on a screen: its keys, with their words, and what of
// it can be copied. It is filtered from the first letter on.
type palette struct {
	finder
	all []deed
	// column is the width of the keys.
	column int
}

// deed is one thing that can be done: its key, if it has one, and its words.
type deed struct {
	key, text string
	do        action
}

func newPalette(t *theme.Theme, all []deed) *palette {
	p := &palette{all: all}
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = d.text + " " + d.key
		p.column = max(p.column, len(d.key)+2)
	}
	p.finder = finder{theme: t, head: p.above, row: p.draw, accept: "do it", take: p.choose, helped: []string{"What can be done here"}}
	p.index(texts)
	p.filter.start()
	return p
}

// choose leaves the palette and does what is under the cursor.
func (p *palette) choose() (nav, tea.Cmd) {
	i := p.under()
	if i < 0 {
		return nav{}, nil
	}
	return nav{pop: true, then: p.all[i].do}, nil
}

func (p *palette) update(msg tea.Msg) (nav, tea.Cmd) {
	pressed, ok := msg.(tea.KeyMsg)
	switch {
	case ok && key.Matches(pressed, keys.Accept):
		return p.choose()
	case ok && (key.Matches(pressed, keys.Back) && p.filter.input.Value() == "" || pressed.Type == tea.KeyCtrlK):
		return nav{pop: true}, nil
	case ok && key.Matches(pressed, keys.Back):
		p.filter.input.SetValue("")
		p.match()
		return nav{}, nil
	}
	return p.finder.update(msg)
}

func (p *palette) keys() []key.Binding {
	return hotkeys{{Binding: bind("enter", "do it", "enter")}, {Binding: keys.Down}, p.list.pages(), {Binding: keys.Back}}.bindings()
}

func (p *palette) above() []string {
	t := p.theme
	return append(append([]string{""}, heading(t, "What can be done here", p.list.position(t), 2, p.width-2)...), "  "+p.filter.input.View(), "")
}

func (p *palette) draw(i int, selected bool) string {
	t, d := p.theme, p.all[i]
	mark, style := "    ", t.Plain
	if selected {
		mark, style = "  "+t.Accent.Render(t.Glyphs.Cursor)+" ", t.Selected
	}
	return mark + t.Key.Render(t.Pad(d.key, p.column)) + style.Render(t.Cut(d.text, p.width-p.column-6))
}

// globals are the keys of every screen.
func (m *root) globals() []deed {
	mouse := "mouse off, so that the terminal selects text"
	if !m.mouse {
		mouse = "mouse on, for wheel and clicks"
	}
	return []deed{
		{": or ctrl+k", "list what can be done here", nil},
		{"m", mouse, func() (nav, tea.Cmd) { return nav{}, m.toggleMouse() }},
		{"ctrl+c", "stop; while changes are made, finish those under way first", m.pressing("ctrl+c")},
		{"ctrl+z", "suspend; the shell's fg goes on from here", m.pressing("ctrl+z")},
	}
}

// pressing does what a key does on the screen that is then the topmost.
func (m *root) pressing(name string) action {
	return func() (nav, tea.Cmd) { return nav{}, m.key(pressed(name)) }
}

// openPalette lists what can be done on the topmost screen.
func (m *root) openPalette() tea.Cmd {
	top := m.top()
	var all []deed
	add := func(k key.Binding) {
		if text := k.Help(); k.Enabled() && text.Desc != "" {
			all = append(all, deed{cmp.Or(text.Key, k.Keys()[0]), text.Desc, m.pressing(k.Keys()[0])})
		}
	}
	if with, ok := top.(interface{ hotkeys() hotkeys }); ok && !top.typing() {
		for _, h := range with.hotkeys() {
			if h.Help() != keys.Jump.Help() { // every step has a line of its own
				add(h.Binding)
			}
		}
		add(keys.Help)
	} else {
		for _, k := range top.keys() {
			add(k)
		}
	}
	if m.run != nil && top == m.run {
		for _, c := range m.run.list.clips {
			all = append(all, deed{"", "copy " + c.what + ": " + abstract(c.text), goTo(nav{copied: &c})})
		}
	}
	return m.follow(nav{push: newPalette(m.theme, append(all, m.globals()[1:]...))}, nil)
}

// keyTypes are the keys that are no letters, by their names.
var keyTypes = func() map[string]tea.KeyType {
	types := map[string]tea.KeyType{}
	const first, last = -200, 127 // of Bubble Tea's numbers
	for k := tea.KeyType(first); k <= last; k++ {
		if name := k.String(); name != "" && k != tea.KeyRunes {
			types[name] = k
		}
	}
	return types
}()

// pressed is the press of a key by its name.
func pressed(name string) tea.KeyMsg {
	if kind, ok := keyTypes[name]; ok {
		msg := tea.KeyMsg{Type: kind}
		if kind == tea.KeySpace {
			msg.Runes = []rune{' '}
		}
		return msg
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}
