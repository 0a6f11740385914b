package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// proseWidth is how wide a text is at most: longer lines are hard to read, however wide
// the terminal is.
const proseWidth = 100

// prose is the width of a text on a screen that has so much room for it.
func prose(room int) int { return min(proseWidth, room) }

// asideFrom is the room from which on the details of what is under the cursor stand beside
// the list, and asideGap what is between them.
const (
	asideFrom = 140
	asideGap  = " | "
)

// withAside are the widths of a list and of the details beside it, which are none where
// there is no room for them.
func withAside(room int) (list, aside int) {
	if room < asideFrom {
		return room, 0
	}
	room -= len(asideGap)
	list = prose(room * 11 / 20)
	return list, prose(room - list)
}

// sideBySide puts details to the right of a list of a width, down to so many lines.
func sideBySide(t *theme.Theme, list, aside []string, width, height int) []string {
	lines := make([]string, height)
	for i := range lines {
		left, right := "", ""
		if i < len(list) {
			left = list[i]
		}
		if i < len(aside) {
			right = aside[i]
		}
		lines[i] = t.Pad(left, width) + " " + t.Rule.Render(t.Glyphs.Side) + " " + right
	}
	return lines
}

// holds tells the items that hold others, and are opened to show these. Where details
// stand beside the list no other item is opened.
func (n itemName) holds() bool { return n.kind == aGroup || n.kind == aSubject }

// details are the lines of all that there is to an item, in a width.
func (l *list) details(it item, width int) []string {
	title, note, _ := it.title()
	if title == "" {
		title = it.clip().text // a table's subject, which the table draws itself
	}
	var lines []string
	for _, line := range words.Fit(title, width) {
		lines = append(lines, l.theme.Bold.Render(line))
	}
	if note != "" {
		lines = append(lines, l.theme.Faint.Render(note))
	}
	all := &list{theme: l.theme, width: width + below + 1, whole: true}
	it.detail(all)
	lines = append(lines, "")
	for _, r := range all.rows { // they are indented as below an item
		lines = append(lines, strings.TrimPrefix(r.text, strings.Repeat(" ", below)))
	}
	return lines
}

// asideView is the details of the item with the cursor, as far as there is room.
func (l *list) asideView() []string {
	lines := append([]string{""}, l.details(l.under(), l.aside)...) // as the list begins
	if over := len(lines) - l.height; over > 0 {
		more := l.theme.Faint.Render(l.theme.Glyphs.Down + " " + words.Plural(over+1, "line") + " below: space reads all")
		lines = append(lines[:l.height-1:l.height-1], more)
	}
	return lines
}

// readAll shows the details of an item on a screen of their own.
func (l *list) readAll(it item) action {
	return func() (nav, tea.Cmd) {
		lines := l.details(it, proseWidth)
		return nav{push: newViewer(l.theme, ansi.Strip(lines[0]), ansi.Strip(strings.Join(lines[1:], "\n")), nil)}, nil
	}
}
