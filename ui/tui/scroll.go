package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// scroll is the window on a list of lines: which line has the cursor and which
// is the first that is shown. The lines themselves are drawn by their owner, and
// only those in the window, so that ten thousand cost what forty cost.
type scroll struct {
	count, height int
	top, cursor   int
	// stops tells the lines that the cursor may rest on; nil means all.
	stops func(i int) bool
	// headed says that the list begins with a headline, which stays in sight until
	// it is scrolled away, and be the cursor below the window.
	headed bool
}

// resize sets the number of lines and the window's height, and keeps the cursor
// where it can be.
func (s *scroll) resize(count, height int) {
	s.count, s.height = count, max(1, height)
	s.cursor = min(max(0, s.cursor), max(0, count-1))
	if s.stops != nil && count > 0 && !s.stops(s.cursor) {
		if !s.step(1) {
			s.step(-1)
		}
	}
	s.follow()
}

// follow brings the cursor into the window. Above the first stop there may be
// text that is worth seeing, so there the window goes to the top.
func (s *scroll) follow() {
	if s.headed && s.top == 0 && s.cursor == s.first() {
		return
	}
	if s.cursor < s.top {
		s.top = s.cursor
	}
	if s.cursor >= s.top+s.height {
		s.top = s.cursor - s.height + 1
	}
	if s.first() >= s.cursor && s.cursor < s.height {
		s.top = 0
	}
	s.top = max(0, min(s.top, s.count-s.height))
}

// first is the first line that the cursor may rest on.
func (s *scroll) first() int {
	for i := 0; i < s.count && s.stops != nil; i++ {
		if s.stops(i) {
			return i
		}
	}
	return 0
}

// step moves the cursor to the next stop in a direction.
func (s *scroll) step(by int) bool {
	for i := s.cursor + by; i >= 0 && i < s.count; i += by {
		if s.stops == nil || s.stops(i) {
			s.cursor = i
			return true
		}
	}
	return false
}

// reveal brings a line below the cursor into the window, as far as the cursor
// stays in it.
func (s *scroll) reveal(line int) {
	if line >= s.top+s.height {
		s.top = max(s.top, min(s.cursor, line-s.height+1))
	}
}

// walk moves the cursor, or only the window, by a line, while there is text
// before the next stop that has not been in sight yet.
func (s *scroll) walk(by int) {
	if s.ahead(by) {
		s.shift(by)
		return
	}
	before := s.cursor
	stepped := s.step(by)
	away := max(s.top-s.cursor, s.cursor-(s.top+s.height-1))
	kept := before >= s.top+max(0, by) && before < s.top+s.height+min(0, by)
	if stepped && (away <= 1 || !kept) {
		s.follow()
		return
	}
	s.cursor = before
	s.shift(by)
}

// ahead tells whether the cursor is out of sight in a direction.
func (s *scroll) ahead(by int) bool {
	return by > 0 && s.cursor >= s.top+s.height || by < 0 && s.cursor < s.top
}

// shift moves the window alone.
func (s *scroll) shift(by int) { s.top = max(0, min(s.top+by, s.count-s.height)) }

// key moves by a key; any other changes nothing. It tells whether it was one.
func (s *scroll) key(msg tea.KeyMsg) bool {
	switch {
	case key.Matches(msg, keys.Up):
		s.walk(-1)
	case key.Matches(msg, keys.Down):
		s.walk(1)
	case key.Matches(msg, keys.PageUp):
		s.page(-1, s.height-1)
	case key.Matches(msg, keys.PageDown):
		s.page(1, s.height-1)
	case key.Matches(msg, keys.Top):
		s.page(-1, s.count)
	case key.Matches(msg, keys.Bottom):
		s.page(1, s.count)
	default:
		return false
	}
	return true
}

// page moves the window by so many lines, and the cursor with it to the nearest stop in
// sight; where there is none it stays, out of sight. At the end of the list, where the
// window cannot go on, the cursor goes to the last stop.
func (s *scroll) page(by, lines int) {
	before := s.top
	s.shift(by * max(1, lines))
	goal := s.cursor + s.top - before
	if s.top == before || lines == s.count {
		goal = by * s.count
	}
	from, to := s.window()
	goal = max(from, min(goal, to-1))
	for away := range s.height {
		for _, at := range []int{goal - by*away, goal + by*away} {
			if at >= from && at < to && (s.stops == nil || s.stops(at)) {
				s.cursor = at
				return
			}
		}
	}
}

// window is the range of lines to draw.
func (s *scroll) window() (from, to int) {
	return s.top, min(s.count, s.top+s.height)
}

// more tells how many lines are hidden above and below.
func (s *scroll) more() (above, below int) {
	from, to := s.window()
	return from, s.count - to
}

// position says in words how much is hidden; it is empty when nothing is.
func (s *scroll) position(t *theme.Theme) string {
	above, below := s.more()
	if above+below == 0 {
		return ""
	}
	from, to := s.window()
	return fmt.Sprintf("%d-%d of %d %s%s", from+1, to, s.count, arrow(above, t.Glyphs.Up), arrow(below, t.Glyphs.Down))
}

func arrow(hidden int, glyph string) string {
	if hidden == 0 {
		return " "
	}
	return glyph
}
