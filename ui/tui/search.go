package tui

import (
	"fmt"
	"sort"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
)

// search finds the lines of a list or of a text that have the words of a query, and
// goes from one to the next.
type search struct {
	query
	// found are the indices of the lines that have the words; at is which of them was
	// gone to last, and from the line from which the search began.
	found    []int
	at, from int
	// where is said where nothing is found, of lines that are not all there is.
	where string
	of    searched
}

// searched is what is searched: its lines without styles, with what belongs to them and
// is not in sight; the line that the reader is at; and the way to another.
type searched struct {
	count func() int
	text  func(i int) string
	here  func() int
	show  func(i int)
}

func newSearch(of searched) search { return search{query: newQuery(), of: of} }

// update handles a key of the search; it tells whether this was one. Every letter goes
// to the first line that has the words.
func (s *search) update(pressed tea.KeyMsg) bool {
	before, open := s.input.Value(), s.open
	switch {
	case s.open && pressed.Type == tea.KeyUp:
		s.step(-1)
	case s.open && pressed.Type == tea.KeyDown:
		s.step(1)
	case !s.key(pressed):
		return false
	}
	if s.open && !open {
		s.from = s.of.here()
	}
	if s.input.Value() != before {
		s.look()
		if s.at = sort.SearchInts(s.found, s.from); s.at == len(s.found) {
			s.at = 0
		}
		s.step(0)
	}
	return true
}

// look finds the lines anew, as after they have changed.
func (s *search) look() {
	words := s.words()
	s.found = s.found[:0]
	for i := 0; i < s.of.count() && len(words) > 0; i++ {
		if hasAll(strings.ToLower(s.of.text(i)), words) {
			s.found = append(s.found, i)
		}
	}
	s.at = min(s.at, max(0, len(s.found)-1))
}

// step goes to the next line that has the words, or the one before, and round at the
// ends.
func (s *search) step(by int) {
	if n := len(s.found); n > 0 {
		s.at = (s.at + by + n) % n
		s.of.show(s.found[s.at])
	}
}

// is tells whether a line is the one that was gone to.
func (s *search) is(line int) bool { return len(s.found) > 0 && s.found[s.at] == line }

// keys are those of a search; while it is typed, all other letters are its.
func (s *search) keys() hotkeys {
	stepping := func(by int) action {
		return func() (nav, tea.Cmd) { s.step(by); return nav{}, nil }
	}
	switch {
	case s.open:
		return hotkeys{{Binding: bind("enter", "keep", "enter")}, {Binding: bind("up/down", "others", "down")}, {Binding: bind("esc", "clear", "esc")}}
	case s.asked():
		return hotkeys{
			{bind("n", "next", "n"), stepping(1)},
			{bind("N", "previous", "N"), stepping(-1)},
			{bind("esc", "end the search", "esc"), func() (nav, tea.Cmd) { s.clear(); return nav{}, nil }},
			hotkey{Binding: keys.Search}.shown(false),
		}
	}
	return nil
}

// line is the search as it stands.
func (s *search) line(t *theme.Theme) string {
	count := "nothing found" + s.where
	switch {
	case len(s.words()) == 0:
		count = "type what to look for"
	case len(s.found) > 0:
		count = fmt.Sprintf("%d of %d", s.at+1, len(s.found))
	}
	return " " + s.input.View() + t.Faint.Render("  "+count)
}

// marked is a line with the words of the query in it made visible, by colour, and by a
// sign at its beginning where it is the one gone to and has no sign already.
func (s *search) marked(t *theme.Theme, line string, is bool) string {
	if is && strings.HasPrefix(line, " ") {
		line = t.Accent.Render(t.Glyphs.Cursor) + line[1:]
	}
	for _, word := range s.words() {
		line = highlighted(line, word, t.Accent.Reverse(true))
	}
	return line
}

// highlighted draws a word in a line that may be styled, wherever it is.
func highlighted(line, word string, style lipgloss.Style) string {
	plain := ansi.Strip(line)
	lower := strings.ToLower(plain)
	if len(lower) != len(plain) { // letters whose other case is of another size
		return line
	}
	for end := len(lower); ; {
		at := strings.LastIndex(lower[:end], word)
		if at < 0 {
			return line
		}
		left := ansi.StringWidth(plain[:at])
		right := left + ansi.StringWidth(plain[at:at+len(word)])
		line = ansi.Truncate(line, left, "") + style.Render(plain[at:at+len(word)]) + ansi.TruncateLeft(line, right, "")
		end = at
	}
}
