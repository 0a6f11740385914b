package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// finder is a list with a filter. The filter looks at texts prepared once, and
// only the rows in sight are drawn, so that ten thousand are as fluent as ten.
type finder struct {
	// texts are what the filter looks at, in lower case; shown are the indices
	// of those that match.
	texts     []string
	shown     []int
	filter    textinput.Model
	filtering bool
	list      scroll
}

func newFinder(texts []string) finder {
	f := finder{filter: textinput.New(), texts: texts}
	f.filter.Prompt = "/ "
	f.filter.Cursor.SetMode(cursor.CursorStatic)
	f.filter.KeyMap.Paste.SetEnabled(false)
	for i := range f.texts {
		f.texts[i] = strings.ToLower(f.texts[i])
	}
	f.match()
	return f
}

// match finds what the filter's words are all in.
func (f *finder) match() {
	words := strings.Fields(strings.ToLower(f.filter.Value()))
	f.shown = f.shown[:0]
	for i, text := range f.texts {
		matches := true
		for _, word := range words {
			matches = matches && strings.Contains(text, word)
		}
		if matches {
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

// update handles the keys of filter and list; any other is its owner's.
func (f *finder) update(msg tea.Msg) (pressed tea.KeyMsg, n nav, done bool) {
	pressed, ok := msg.(tea.KeyMsg)
	if !ok || f.key(pressed) {
		return pressed, nav{}, true
	}
	back := key.Matches(pressed, keys.Back)
	return pressed, nav{pop: back}, back
}

// key handles the keys of filter and list; it tells whether this was one.
func (f *finder) key(pressed tea.KeyMsg) bool {
	switch {
	case key.Matches(pressed, keys.Back) && (f.filtering || f.filter.Value() != ""):
		f.filter.SetValue("")
		f.stopFiltering()
		f.match()
	case key.Matches(pressed, keys.Accept) && f.filtering:
		f.stopFiltering()
	case f.filtering && pressed.Type != tea.KeyUp && pressed.Type != tea.KeyDown:
		f.write(pressed)
	case key.Matches(pressed, keys.Filter):
		f.filtering = true
		f.filter.Focus() // its command would only blink
	default:
		return f.list.key(pressed)
	}
	return true
}

func (f *finder) write(pressed tea.KeyMsg) {
	before := f.filter.Value()
	f.filter, _ = f.filter.Update(pressed) // its command would only blink
	if f.filter.Value() != before {
		f.match()
	}
}

func (f *finder) stopFiltering() {
	f.filtering = false
	f.filter.Blur()
}

// head is the filter as it stands, or what it would look at.
func (f *finder) head(faint string) string {
	if f.filtering || f.filter.Value() != "" {
		return f.filter.View()
	}
	return faint
}

// typing says that letters are the filter's.
func (f *finder) typing() bool { return f.filtering }

// keysAnd are those that work now: while a filter is typed its own, else the owner's,
// of which accept takes what is under the cursor.
func (f *finder) keysAnd(accept string, own ...key.Binding) []key.Binding {
	if f.filtering {
		return []key.Binding{bind("enter", "keep the filter", "enter"), bind("esc", "clear it", "esc")}
	}
	return slices.Concat([]key.Binding{bind("enter", accept, "enter")}, own, []key.Binding{keys.Down, keys.PageDown, keys.Back})
}

// rows are the lines in sight, each drawn from the index of its text.
func (f *finder) rows(draw func(i int, selected bool) string) []string {
	from, to := f.list.window()
	lines := make([]string, 0, to-from)
	for at := from; at < to; at++ {
		lines = append(lines, draw(f.shown[at], at == f.list.cursor))
	}
	return lines
}
