package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// heading is a heading on as many lines as it takes, indented, with a note behind its
// end. Where there is no room for the note, it stands on a line of its own.
func heading(t *theme.Theme, title, note string, indent, width int) []string {
	lines := words.Fit(title, width-indent)
	last := len(lines) - 1
	beside := ansi.StringWidth(lines[last])+ansi.StringWidth(note)+2 <= width-indent
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", indent) + t.Title.Render(line)
	}
	switch {
	case note == "":
	case beside:
		lines[last] += t.Faint.Render("  " + note)
	default:
		lines = append(lines, strings.Repeat(" ", indent)+t.Faint.Render(note))
	}
	return lines
}

// topAround is the first of so many lines that is shown about one of them, where there is
// room for fewer.
func topAround(count, at, room int) int {
	const ahead = 6 // what belongs to the line
	return max(0, min(at+ahead-room, count-room))
}

// around are the lines from one on that so many lines have room for, with how many are out
// of sight.
func around(t *theme.Theme, lines []string, top, room int) []string {
	if len(lines) <= room {
		return lines
	}
	shown := append([]string{}, lines[top:top+room]...)
	if top > 0 {
		shown[0] = t.Faint.Render(" " + hidden(t, top+1, 0))
	}
	if below := len(lines) - top - room; below > 0 {
		shown[room-1] = t.Faint.Render(" " + hidden(t, 0, below+1))
	}
	return shown
}

// tight takes empty lines out, the last ones first, as long as there are more lines than
// room.
func tight(lines []string, room int) []string {
	for i := len(lines) - 1; i > 0 && len(lines) > room; i-- {
		if strings.TrimSpace(lines[i]) == "" {
			lines = append(lines[:i:i], lines[i+1:]...)
		}
	}
	return lines
}
