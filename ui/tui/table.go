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
	// widths are those of the columns, so that neither a word of a name nor a verdict is
	// broken; subjects is that of the column before them, with its gap.
	widths   []int
	subjects int
	// first is the first column in sight once somebody has scrolled sideways. Until
	// then the last ones are, which rest on those before them.
	first    int
	scrolled bool
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
		t.widths = append(t.widths, headed(name))
	}
	t.widths[column] = max(t.widths[column], len(short[t.of.all[check].Verdict])+2)
	l := &t.lines[at]
	for len(l.cells) <= column {
		l.cells = append(l.cells, 0)
	}
	if before := l.cells[column]; before == 0 || t.of.all[before-1].Verdict == plan.Passed {
		l.cells[column] = check + 1
	}
}

// The measures of a table: what is before a subject, the narrowest column of subjects,
// and how many lines a column's name takes at most.
const (
	tableIndent, minSubject, headerMost = 5, 12, 3
)

// headed is the narrowest column whose name fits above it, unbroken within a word.
func headed(name string) int {
	width := longest(name)
	for len(words.Fit(name, width)) > headerMost {
		width++
	}
	return width
}

// add gives a subject its line.
func (t *table) add(subject string) (at int) {
	t.lines = append(t.lines, line{table: t, subject: subject})
	t.subjects = max(minSubject, t.subjects, ansi.StringWidth(subject)+2)
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

// subject is the width of the subjects' column on a screen.
func (t *table) subject(width int) int { return min(t.subjects, max(minSubject, width/2)) }

// shown are the columns in sight, up to to, and what is between them: as little as one
// cell, so that more of them fit.
func (t *table) shown(width int) (from, to, gap int) {
	room := width - tableIndent - t.subject(width)
	if gap = 2; t.total(gap) > room {
		gap = 1
	}
	last := len(t.names)
	for used := 0; last > 0 && (used == 0 || used+t.widths[last-1] <= room); last-- {
		used += t.widths[last-1] + gap
	}
	if from = last; t.scrolled {
		from = min(t.first, last)
	}
	for used := 0; from+to < len(t.names) && (used == 0 || used+t.widths[from+to] <= room); to++ {
		used += t.widths[from+to] + gap
	}
	return from, from + to, gap
}

// total is the width of all columns with their gaps.
func (t *table) total(gap int) int {
	total := -gap
	for _, width := range t.widths {
		total += width + gap
	}
	return total
}

// move scrolls sideways.
func (t *table) move(by, width int) {
	from, to, _ := t.shown(width)
	t.scrolled = true
	if t.first = max(0, from+by); to == len(t.names) {
		t.first = min(t.first, from)
	}
}

// head is the names of the columns in sight, over as many lines as they take.
func (t *table) head(th *theme.Theme, width int) []string {
	from, to, gap := t.shown(width)
	names := make([][]string, to-from)
	height := 0
	for i := range names {
		names[i] = words.Fit(t.names[from+i], t.widths[from+i])
		height = max(height, len(names[i]))
	}
	lines := make([]string, height)
	for row := range lines {
		var out strings.Builder
		out.WriteString(strings.Repeat(" ", tableIndent+t.subject(width)))
		for at, name := range names {
			text := ""
			if i := row - (height - len(name)); i >= 0 {
				text = name[i]
			}
			out.WriteString(strings.Repeat(" ", gap*min(at, 1)) + th.Faint.Render(th.Pad(text, t.widths[from+at])))
		}
		lines[row] = out.String()
	}
	return lines
}

// hidden says how many columns are out of sight on each side.
func (t *table) hidden(th *theme.Theme, width int) string {
	before, to, _ := t.shown(width)
	after := len(t.names) - to
	switch {
	case before > 0 && after > 0:
		return fmt.Sprintf("%s %d, %d %s more columns", th.Glyphs.Left, before, after, th.Glyphs.Forward)
	case before > 0:
		return fmt.Sprintf("%s %d more to the left", th.Glyphs.Left, before)
	case after > 0:
		return fmt.Sprintf("%d more to the right %s", after, th.Glyphs.Forward)
	}
	return ""
}

// short are the verdicts in words that fit a cell.
var short = map[plan.Verdict]string{plan.Passed: "ok", plan.Failed: "failed", plan.Undecided: "unknown"}

// draw is one subject's line without its mark.
func (t *table) draw(th *theme.Theme, l *line, width int, selected bool) string {
	name := th.Pad(words.Middle(l.subject, t.subject(width)-2, th.Glyphs.Ellipsis), t.subject(width))
	if selected {
		name = th.Selected.Render(name)
	}
	var out strings.Builder
	out.WriteString(name)
	from, to, gap := t.shown(width)
	cells := map[plan.Verdict]string{}
	for i := from; i < to; i++ {
		var v plan.Verdict
		if i < len(l.cells) && l.cells[i] > 0 {
			v = t.of.all[l.cells[i]-1].Verdict
		}
		if cells[v] == "" {
			cells[v] = verdictCell(th, v)
		}
		out.WriteString(strings.Repeat(" ", gap*min(i-from, 1)) + th.Pad(cells[v], t.widths[i]))
	}
	return out.String()
}

// verdictCell is a verdict as a table shows it, or that nothing was asked.
func verdictCell(th *theme.Theme, v plan.Verdict) string {
	if v == "" {
		return th.Faint.Render(th.Glyphs.Dot)
	}
	glyph, style := verdict(th, v)
	return style.Render(glyph + " " + short[v])
}
