package tui

import (
	"strings"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// noticeMsg is a line above the footer.
type noticeMsg string

// say shows a line above the footer until something else happens.
func (v *runScreen) say(text string) {
	v.notice = text
	v.rebuild()
}

// noticeLines are what just happened, above the footer.
func (v *runScreen) noticeLines() []string {
	if v.notice == "" {
		return nil
	}
	var lines []string
	mark := v.theme.Warn.Render(v.theme.Glyphs.Attention)
	if v.lesson != nil && v.lesson.solved {
		mark = v.theme.Good.Render(v.theme.Glyphs.Done)
	}
	for _, line := range wrapMost(v.notice, v.width-4, 3, v.theme) {
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
