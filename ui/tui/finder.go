package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// finder is a screen that lists what can be chosen, with a filter. The filter looks at
// texts prepared once, and only the rows in sight are drawn, so that ten thousand are
// as fluent as ten.
type finder struct {
	theme *theme.Theme
	// texts are what the filter looks at, in lower case; shown are the indices
	// of those that match.
	texts  []string
	shown  []int
	filter query
	list   scroll
	width  int
	height int
	// head are the lines above the list, row one of it by the index of its text, and
	// foot the lines below it; foot may be nil.
	head func() []string
	row  func(i int, selected bool) string
	foot func() []string
	// details are the lines about what is under the cursor, beside the list where there is
	// room for a width of them, and then in place of foot; they may be nil.
	details func(width int) []string
	aside   int
	// accept says what take does with what is under the cursor; own are the other
	// keys.
	accept string
	take   action
	own    hotkeys
	helped []string
}

// index lets the filter look at these texts.
func (f *finder) index(texts []string) {
	f.filter, f.texts = newQuery(), texts
	for i := range f.texts {
		f.texts[i] = strings.ToLower(f.texts[i])
	}
	f.match()
}

// match finds what the filter's words are all in.
func (f *finder) match() {
	words := f.filter.words()
	f.shown = f.shown[:0]
	for i, text := range f.texts {
		if hasAll(text, words) {
			f.shown = append(f.shown, i)
		}
	}
	f.list.cursor, f.list.top = 0, 0
	f.list.resize(len(f.shown), f.list.height)
}

// under is the index of the text under the cursor, or -1.
func (f *finder) under() int {
	if len(f.shown) == 0 {
		return -1
	}
	return f.shown[f.list.cursor]
}

func (f *finder) resize(width, height int) {
	f.width, f.aside, f.height = width, 0, height
	if f.details != nil {
		f.width, f.aside = withAside(width)
	}
	f.list.resize(len(f.shown), height-len(f.head())-len(f.below()))
}

func (f *finder) below() []string {
	if f.foot == nil || f.aside > 0 {
		return nil
	}
	return f.foot()
}

func (f *finder) update(msg tea.Msg) (nav, tea.Cmd) {
	if pressed, ok := msg.(tea.KeyMsg); ok && f.key(pressed) {
		return nav{}, nil
	}
	return f.hotkeys().update(msg, f.list.key)
}

// key handles the keys of the filter; it tells whether this was one.
func (f *finder) key(pressed tea.KeyMsg) bool {
	before := f.filter.input.Value()
	used := f.filter.key(pressed)
	if f.filter.input.Value() != before {
		f.match()
	}
	return used
}

// filterLine is the filter as it stands, or what it would look at.
func (f *finder) filterLine(what string) string {
	if f.filter.asked() {
		return "  " + f.filter.input.View()
	}
	return "  " + f.theme.Faint.Render("/ filters by "+what)
}

// typing says that letters are the filter's.
func (f *finder) typing() bool { return f.filter.open }

func (f *finder) keys() []key.Binding { return f.hotkeys().bindings() }

func (f *finder) hotkeys() hotkeys {
	if f.filter.open {
		return hotkeys{{Binding: bind("enter", "keep the filter", "enter")}, {Binding: bind("esc", "clear it", "esc")}}
	}
	return slices.Concat(hotkeys{{bind("enter", f.accept, "enter"), f.take}}, f.own,
		hotkeys{f.list.pages(), {Binding: keys.Down}, {keys.Back, goTo(nav{pop: true})}})
}

func (f *finder) view() []string {
	lines := f.head()
	from, to := f.list.window()
	for at := from; at < to; at++ {
		lines = append(lines, f.row(f.shown[at], at == f.list.cursor))
	}
	below := f.below()
	for i := to - from; i < f.list.height && len(below) > 0; i++ {
		lines = append(lines, "")
	}
	lines = append(lines, below...)
	if f.aside > 0 && f.under() >= 0 {
		return sideBySide(f.theme, lines, append([]string{""}, f.details(f.aside)...), f.width, f.height)
	}
	return lines
}

func (f *finder) about() []string { return f.helped }
