package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// table is checks as a line a subject and a column a question. What does not fit
// beside the subjects is scrolled to, and counted.
type table struct {
	of     *checklist
	names  []string
	column map[string]int
	lines  []line
	// first is the first column in sight; subjects is the width of the column
	// before them, and cell that of each with its gap, so that no name is broken
	// within a word.
	first, subjects, cell int
}

// line is the checks of one subject by column: the index of the check plus one,
// and 0 where it was not asked. Its findings are those that the checks lead to.
type line struct {
	table           *table
	subject         string
	cells, findings []int
}

// set puts a check into its cell; of two the worse one stays.
func (t *table) set(at int, name string, check int) {
	column, there := t.column[name]
	if !there {
		column = len(t.names)
		t.column[name] = column
		t.names = append(t.names, name)
		for _, word := range strings.Fields(name) {
			t.cell = min(maxCell, max(minCell, t.cell, ansi.StringWidth(word)+1))
		}
	}
	l := &t.lines[at]
	for len(l.cells) <= column {
		l.cells = append(l.cells, 0)
	}
	if before := l.cells[column]; before == 0 || t.of.all[before-1].Verdict == plan.Passed {
		l.cells[column] = check + 1
	}
}

// The widths of a table: of a cell with its gap, and of the subjects.
const (
	minCell, maxCell        = 11, 16
	minSubject, maxSubject  = 12, 26
	tableIndent, headerMost = 5, 3
)

// add gives a subject its line.
func (t *table) add(subject string) (at int) {
	t.lines = append(t.lines, line{table: t, subject: subject})
	t.subjects = min(maxSubject, max(minSubject, t.subjects, ansi.StringWidth(subject)+2))
	return len(t.lines) - 1
}

// title is what the subjects of a table are.
func (t *table) title(a *blueprint.Answers) string {
	first := t.lines[0].subject
	switch {
	case a == nil || a.Blueprint == nil:
	case slices.ContainsFunc(a.Environments, func(e blueprint.Environment) bool { return e.Name == first }):
		return "Environments"
	case slices.ContainsFunc(a.Projects, func(p blueprint.Project) bool { return p.Name == first }):
		return "Projects"
	}
	return "Checks"
}

// fit is how many columns there is room for.
func (t *table) fit(width int) int {
	return max(1, (width-tableIndent-t.subjects)/t.cell)
}

// move scrolls sideways.
func (t *table) move(by, width int) {
	t.first = min(max(0, t.first+by), max(0, len(t.names)-t.fit(width)))
}

// head is the names of the columns in sight, over as many lines as they take.
func (t *table) head(th *theme.Theme, width int) []string {
	t.move(0, width)
	shown := t.names[t.first:min(len(t.names), t.first+t.fit(width))]
	names := make([][]string, len(shown))
	height := 0
	for i, name := range shown {
		names[i] = words.Fit(name, t.cell-1)
		if len(names[i]) > headerMost {
			names[i] = names[i][:headerMost]
			names[i][headerMost-1] = th.Cut(names[i][headerMost-1]+" "+th.Glyphs.Ellipsis, t.cell-1)
		}
		height = max(height, len(names[i]))
	}
	lines := make([]string, height)
	for row := range lines {
		var out strings.Builder
		out.WriteString(strings.Repeat(" ", tableIndent) + th.Pad("", t.subjects))
		for _, name := range names {
			text := ""
			if i := row - (height - len(name)); i >= 0 {
				text = name[i]
			}
			out.WriteString(th.Faint.Render(th.Pad(text, t.cell)))
		}
		lines[row] = out.String()
	}
	return lines
}

// hidden says how many columns are out of sight on each side.
func (t *table) hidden(th *theme.Theme, width int) string {
	after := max(0, len(t.names)-t.first-t.fit(width))
	switch {
	case t.first > 0 && after > 0:
		return fmt.Sprintf("%s %d, %d %s more columns", th.Glyphs.Left, t.first, after, th.Glyphs.Forward)
	case t.first > 0:
		return fmt.Sprintf("%s %d more to the left", th.Glyphs.Left, t.first)
	case after > 0:
		return fmt.Sprintf("%d more to the right %s", after, th.Glyphs.Forward)
	}
	return ""
}

// short are the verdicts in words that fit a cell.
var short = map[plan.Verdict]string{plan.Passed: "ok", plan.Failed: "failed", plan.Undecided: "open"}

// draw is one subject's line without its mark.
func (t *table) draw(th *theme.Theme, l *line, width int, selected bool) string {
	name := th.Pad(th.Cut(l.subject, t.subjects-2), t.subjects)
	if selected {
		name = th.Selected.Render(name)
	}
	var out strings.Builder
	out.WriteString(name)
	cells := map[plan.Verdict]string{}
	for i := t.first; i < min(len(t.names), t.first+t.fit(width)); i++ {
		var v plan.Verdict
		if i < len(l.cells) && l.cells[i] > 0 {
			v = t.of.all[l.cells[i]-1].Verdict
		}
		if cells[v] == "" {
			cells[v] = th.Pad(verdictCell(th, v), t.cell)
		}
		out.WriteString(cells[v])
	}
	return out.String()
}

// verdictCell is a verdict as a table shows it, or that nothing was asked.
func verdictCell(th *theme.Theme, v plan.Verdict) string {
	if v == "" {
		return th.Faint.Render(th.Glyphs.Dot)
	}
	glyph, _, style := verdict(th, v)
	return style.Render(glyph + " " + short[v])
}
