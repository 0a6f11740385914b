package tui

import (
	"strings"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// noticeMsg is a line above the footer: something to look at, or with done something
// that was done as it was wanted.
type noticeMsg struct {
	text string
	done bool
	// key says that it is of the key just pressed alone, so that it goes with the next.
	key bool
}

// mark is the sign before a notice.
func (n noticeMsg) mark(t *theme.Theme) string {
	if n.done {
		return t.Good.Render(t.Glyphs.Right)
	}
	return t.Warn.Render(t.Glyphs.Attention)
}

// say shows a line above the footer until something else happens.
func (v *runScreen) say(text string) { v.tell(noticeMsg{text: text}) }

func (v *runScreen) tell(n noticeMsg) {
	v.notice = n
	v.rebuild()
}

// noticeLines are what just happened, above the footer.
func (v *runScreen) noticeLines() []string {
	if v.notice.text == "" {
		return nil
	}
	var lines []string
	mark := v.notice.mark(v.theme)
	for _, line := range wrapMost(v.notice.text, prose(v.width-2)-2, 3, v.theme) {
		lines = append(lines, " "+mark+" "+line)
		mark = " "
	}
	return lines
}

// wrapMost wraps a text into at most most lines, and marks where it ends early.
func wrapMost(text string, width, most int, t *theme.Theme) []string {
	lines := words.Fit(text, width)
	if len(lines) <= most {
		return lines
	}
	last, next := lines[most-1], " "+t.Glyphs.Ellipsis
	if strings.Contains(text, last+lines[most]) { // the middle of a long word
		next = lines[most]
	}
	return append(lines[:most-1], t.Cut(last+next, width))
}
