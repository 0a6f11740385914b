package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
)

// stepState is what the stepper says of a step.
type stepState int

const (
	stateNotYet stepState = iota
	stateChecking
	stateRight
	stateToChange
	stateDone
	stateFailed
	stateAttention
	// stateOperator is what was proven with the operator's rights alone, stateUnproven
	// what was made and nothing has proven.
	stateOperator
	stateUnproven
)

// stepper shows how far a run is: its stages, or its phases, with their states.
type stepper struct {
	theme *theme.Theme
	// busy is the sign of what is under way.
	busy  string
	items []stepItem
}

// stepItem is one entry of the stepper.
type stepItem struct {
	name  string
	state stepState
	// word is what else there is to say of it.
	word    string
	current bool
}

// The width of the stepper and of the gap beside it.
const (
	stepperColumns = 26
	stepperGap     = 2
)

// foldedHeight is that of the stepper on one line, and of the gap below it.
const foldedHeight = 2

// sign is a state's glyph and style.
func (s *stepper) sign(state stepState) (string, lipgloss.Style) {
	t := s.theme
	switch state {
	case stateChecking:
		return s.busy, t.Accent
	case stateRight:
		return t.Glyphs.Right, t.Good
	case stateToChange:
		return t.Glyphs.ToChange, t.Change
	case stateDone:
		return t.Glyphs.Right, t.Good
	case stateFailed:
		return t.Glyphs.Failed, t.Bad
	case stateAttention:
		return t.Glyphs.Attention, t.Warn
	case stateOperator:
		return t.Glyphs.Operator, t.Accent
	case stateUnproven:
		return t.Glyphs.Unproven, t.Warn
	case stateNotYet:
	}
	return t.Glyphs.NotYet, t.Faint
}

// column is the items, one a line.
func (s *stepper) column() []string {
	t, lines := s.theme, []string{""}
	for i, item := range s.items {
		glyph, style := s.sign(item.state)
		name, mark := t.Plain.Render(item.name), "  "
		if item.current {
			name, mark = t.Selected.Render(item.name), " "+t.Accent.Render(t.Glyphs.Cursor)
		}
		left := fmt.Sprintf("%s %s %d %s", mark, style.Render(glyph), i+1, name)
		lines = append(lines, t.Pad(left, stepperColumns-len(item.word)-1)+t.Faint.Render(item.word))
	}
	return lines
}

// line is the items on one line: all with their names where that fits, else only
// the current one.
func (s *stepper) line(width int) string {
	if line := s.folded(true); ansi.StringWidth(line) <= width {
		return line
	}
	return s.folded(false)
}

func (s *stepper) folded(named bool) string {
	t, parts := s.theme, make([]string, 0, len(s.items))
	for i, item := range s.items {
		glyph, style := s.sign(item.state)
		part := style.Render(glyph) + fmt.Sprint(i+1)
		name := fmt.Sprintf("%d %s", i+1, item.name)
		switch {
		case item.current:
			part = style.Render(glyph) + " " + t.Selected.Render(name)
			if item.word != "" {
				part += t.Faint.Render(" (" + item.word + ")")
			}
		case named:
			part = style.Render(glyph) + " " + t.Faint.Render(name)
		}
		parts = append(parts, part)
	}
	return " " + strings.Join(parts, "  ")
}

// beside puts the stepper to the left of the content, on so many lines.
func (s *stepper) beside(content []string, height int) []string {
	return sideBySide(s.theme, s.column(), content, stepperColumns-1, height)
}
