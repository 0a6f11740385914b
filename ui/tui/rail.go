package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// stepState is what the rail says of a step.
type stepState int

const (
	stateNotYet stepState = iota
	stateChecking
	stateRight
	stateToChange
	stateDone
	stateFailed
	stateAttention
)

// sign is a state's glyph and style.
func (v *runScreen) sign(s stepState) (string, lipgloss.Style) {
	t := v.theme
	switch s {
	case stateChecking:
		return v.spinner.View(), t.Accent
	case stateRight:
		return t.Glyphs.Right, t.Good
	case stateToChange:
		return t.Glyphs.ToChange, t.Change
	case stateDone:
		return t.Glyphs.Done, t.Good
	case stateFailed:
		return t.Glyphs.Failed, t.Bad
	case stateAttention:
		return t.Glyphs.Attention, t.Warn
	case stateNotYet:
	}
	return t.Glyphs.NotYet, t.Faint
}

// stop is one entry of the rail.
type stop struct {
	name  string
	state stepState
	// word is what else there is to say of it.
	word    string
	current bool
}

// The width of the rail and of the gap beside it.
const (
	railColumns = 26
	railGap     = 2
)

func (v *runScreen) wide() bool { return v.width >= railWidth }

func (v *runScreen) contentWidth() int {
	if v.wide() {
		return v.width - railColumns - railGap
	}
	return v.width
}

// rail is the stops, one a line.
func (v *runScreen) rail(stops []stop) []string {
	lines := []string{""}
	for i, s := range stops {
		glyph, style := v.sign(s.state)
		name, mark := v.theme.Plain.Render(s.name), "  "
		if s.current {
			name, mark = v.theme.Selected.Render(s.name), " "+v.theme.Accent.Render(v.theme.Glyphs.Cursor)
		}
		left := fmt.Sprintf("%s %s %d %s", mark, style.Render(glyph), i+1, name)
		lines = append(lines, v.theme.Pad(left, railColumns-len(s.word)-1)+v.theme.Faint.Render(s.word))
	}
	return lines
}

// foldedRail is the stops on one line: all with their names where that fits,
// else only the current one.
func (v *runScreen) foldedRail(stops []stop) string {
	if line := v.folded(stops, true); ansi.StringWidth(line) <= v.width {
		return line
	}
	return v.folded(stops, false)
}

func (v *runScreen) folded(stops []stop, named bool) string {
	parts := make([]string, 0, len(stops))
	for i, s := range stops {
		glyph, style := v.sign(s.state)
		part := style.Render(glyph) + fmt.Sprint(i+1)
		name := fmt.Sprintf("%d %s", i+1, s.name)
		switch {
		case s.current:
			part = style.Render(glyph) + " " + v.theme.Selected.Render(name)
			if s.word != "" {
				part += v.theme.Faint.Render(" (" + s.word + ")")
			}
		case named:
			part = style.Render(glyph) + " " + v.theme.Faint.Render(name)
		}
		parts = append(parts, part)
	}
	return " " + strings.Join(parts, "  ")
}

// framed puts rail, content and notice together.
func (v *runScreen) framed(stops []stop, content []string) []string {
	height := v.height - len(v.noticeLines())
	lines := content
	if v.wide() {
		lines = v.beside(v.rail(stops), content, height)
	} else {
		lines = append([]string{v.foldedRail(stops), ""}, lines...)
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return append(lines[:height], v.noticeLines()...)
}

// beside puts the rail to the left of the content.
func (v *runScreen) beside(rail, content []string, height int) []string {
	lines := make([]string, 0, height)
	side := v.theme.Rule.Render(v.theme.Glyphs.Side)
	for i := range height {
		left, right := "", ""
		if i < len(rail) {
			left = rail[i]
		}
		if i < len(content) {
			right = content[i]
		}
		lines = append(lines, v.theme.Pad(left, railColumns)+side+" "+right)
	}
	return lines
}
