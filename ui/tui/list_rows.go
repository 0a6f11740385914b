package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// beside is a note behind a title, as far as there is room for it in a line of the
// width: the note gives way, not the title.
func (l *list) beside(title, note string, width int) string {
	const least = 8
	left := width - ansi.StringWidth(title) - len(gap)
	switch {
	case note == "" || left <= 0:
		return ""
	case left < min(least, ansi.StringWidth(note)):
		note = l.theme.Glyphs.Ellipsis
	}
	return l.theme.Faint.Render(gap + l.theme.Cut(note, left))
}

// short is a text for a line or two, with its ARNs and paths shortened in their middle.
// They are whole where the item is opened.
func (l *list) short(text string) string {
	const least = 36
	return words.Short(text, max(least, (l.width-below)/2), l.theme.Glyphs.Ellipsis)
}

// brief is a text as it is where it can be told whole, such as a command to be copied.
func (l *list) brief(text string) string {
	if len(words.Fit(text, l.width-below-1)) <= briefMost {
		return text
	}
	return l.short(text)
}

// padded is a name filled up to a column, and never cut.
func (l *list) padded(name string, column int) string {
	return name + strings.Repeat(" ", max(0, column-ansi.StringWidth(name)))
}

// name is the name of an item that needs no style of its own but the cursor's.
func (l *list) name(name string, selected bool) string {
	if selected {
		return l.theme.Selected.Render(name)
	}
	return name
}

// text adds lines that are drawn already. Of two empty ones after each other one is enough.
func (l *list) text(lines ...string) {
	for _, line := range lines {
		if last := len(l.rows) - 1; line == "" && last >= 0 && l.rows[last].item == nil && l.rows[last].text == "" {
			continue
		}
		l.rows = append(l.rows, row{text: line})
	}
}

// below adds a line that belongs to the item above it.
func (l *list) below(line string) { l.rows = append(l.rows, row{text: line, detail: true}) }

// wrapped adds sentences in a style, indented.
func (l *list) wrapped(text string, indent int, render func(...string) string) {
	for _, line := range words.Fit(text, prose(l.width-indent-1)) {
		l.text(strings.Repeat(" ", indent) + render(line))
	}
}

// failed adds a change that could not be made, with why.
func (l *list) failed(title string, why error) {
	l.marked(l.theme.Bad.Render(l.theme.Glyphs.Failed), title, l.theme.Bad, "")
	l.wrapped(why.Error(), 3, l.theme.Plain.Render)
}

// marked adds a title behind a sign, on as many lines as it takes, and beside its end
// what of a note there is room for.
func (l *list) marked(sign, title string, style lipgloss.Style, note string) {
	const indent = 3
	lines := words.Fit(title, l.width-indent)
	for i, line := range lines {
		drawn := l.theme.Pad(" "+sign, indent) + style.Render(line)
		if sign = ""; i == len(lines)-1 {
			drawn += l.beside(line, note, l.width-indent)
		}
		l.text(drawn)
	}
}

// access says who gets in, before anything else of a plan.
func (l *list) access(sentences []string) {
	if len(sentences) == 0 {
		return
	}
	l.text(" " + l.theme.Warn.Render(l.theme.Glyphs.Attention+" This gives access:"))
	for _, sentence := range sentences {
		l.wrapped(sentence, 3, l.theme.Plain.Render)
	}
	l.text("")
}

// most is how many lines of a text are shown.
func (l *list) most() int {
	const all = 1000
	if l.whole {
		return all
	}
	return longMost
}

// quoted adds the beginning of a text below an item.
func (l *list) quoted(text string, indent int, style lipgloss.Style) {
	for _, line := range wrapMost(text, prose(l.width-indent-1), l.most(), l.theme) {
		l.below(strings.Repeat(" ", indent) + style.Render(line))
	}
}

// beginning is the first lines of a text, as they stand below an item.
func (l *list) beginning(text string, style lipgloss.Style) []string {
	lines := wrapMost(strings.ReplaceAll(text, "\n", " "), prose(l.width-below-1), briefMost, l.theme)
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", below) + style.Render(line)
	}
	return lines
}

// labelled adds a text with a word before it below an item.
func (l *list) labelled(label, text string, style lipgloss.Style) {
	const column = 9
	if text == "" {
		return
	}
	label = l.theme.Faint.Render(l.theme.Pad(label, column))
	for _, line := range wrapMost(text, prose(l.width-below-1)-column, l.most(), l.theme) {
		l.below(strings.Repeat(" ", below) + label + style.Render(line))
		label = strings.Repeat(" ", column)
	}
}

// pairs shows names and values in two columns.
func (l *list) pairs(title string, facts []plan.Fact) {
	if len(facts) == 0 {
		return
	}
	t := l.theme
	l.text(" " + t.Bold.Render(title))
	column := 0
	for _, f := range facts {
		column = max(column, min(40, len(f.Name)))
		l.clips = append(l.clips, clip{f.Name, f.Value})
	}
	for _, f := range facts {
		name := t.Faint.Render(t.Pad(f.Name, column)) + "  "
		if own := l.width - 4; longest(f.Value) > l.width-column-6 && longest(f.Value) <= own {
			l.text("   " + t.Faint.Render(f.Name)) // an ARN is not broken where a line of its own has room
			for _, line := range words.Fit(f.Value, own) {
				l.text("    " + line)
			}
			continue
		}
		for i, line := range words.Fit(f.Value, prose(l.width-column-6)) {
			if i > 0 {
				name = strings.Repeat(" ", column+2)
			}
			l.text("   " + name + line)
		}
	}
	l.text("")
}

// longest is the width of the longest word.
func longest(text string) int {
	most := 0
	for word := range strings.FieldsSeq(text) {
		most = max(most, ansi.StringWidth(word))
	}
	return most
}
