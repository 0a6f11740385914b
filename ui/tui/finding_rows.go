package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
)

// showFindings shows those that do not stand beside a check in a table: the
// pressing ones, or those that are only to know.
func (v *runScreen) showFindings(toKnow bool) {
	for i := range v.found.list {
		f := &v.found.list[i]
		if !v.found.inTable[i] && toKnow == (f.Severity == plan.Info) && (!v.staged() || f.Step == v.current) {
			v.showFinding(i)
			v.pane.text("")
		}
	}
}

// showFinding is one finding with what is below it and what mends it.
func (v *runScreen) showFinding(i int) {
	f := &v.found.list[i]
	v.pane.rows = append(v.pane.rows, row{kind: rowFinding, item: i})
	if v.pane.isOpen(findingName(f), v.opensItself(i)) {
		v.findingDetail(i)
	} else {
		for _, line := range v.briefly(i) {
			v.pane.below(line)
		}
	}
	for _, m := range v.found.mends[i] {
		v.pane.entry(m.change, m.foreign, 4)
	}
}

// opensItself tells of the first finding, which causes the others, that it is
// open unless it was closed.
func (v *runScreen) opensItself(i int) bool {
	return i == 0 && v.found.list[0].Severity != plan.Info && !v.found.inTable[0] && v.pane.height() >= roomy
}

// roomy is the height from which a finding is open by itself; below it the
// others would be out of sight.
const roomy = 24

// The indent of what is below a finding, and how much of it is shown there.
const (
	below     = 7
	briefMost = 2
	longMost  = 12
)

// briefing is the beginning of a finding, as lines of a width.
type briefing struct {
	width int
	lines []string
}

// briefly is the beginning of a finding. There may be a thousand, so each is
// made once.
func (v *runScreen) briefly(i int) []string {
	f, b := &v.found.list[i], &v.briefs[i]
	if b.width == v.pane.width {
		return b.lines
	}
	*b = briefing{width: v.pane.width, lines: v.beginning(f.Told(), v.theme.Plain)}
	if f.Severity != plan.Info && !v.found.mendable(i) {
		_, style := v.remedy(i)
		b.lines = append(b.lines, v.beginning(f.Remedy, style)...)
	}
	return b.lines
}

// remedy is how the remedy of a finding is shown.
func (v *runScreen) remedy(i int) (label string, style lipgloss.Style) {
	if v.found.list[i].Severity != plan.Info && v.found.byHandOnly(i) {
		return "By hand", v.theme.Accent
	}
	return "Remedy", v.theme.Plain
}

// beginning is the first lines of a text.
func (v *runScreen) beginning(text string, style lipgloss.Style) []string {
	lines := wrapMost(strings.ReplaceAll(text, "\n", " "), v.pane.width-below-1, briefMost, v.theme)
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", below) + style.Render(line)
	}
	return lines
}

// findingDetail is all that there is to a finding.
func (v *runScreen) findingDetail(i int) {
	t, f := v.theme, v.found.list[i]
	v.long(f.Evidence, t.Plain)
	if f.Quote != "" {
		v.pane.below(strings.Repeat(" ", below) + t.Faint.Render("Terraform said"))
		for _, line := range wrapMost(f.Quote, v.pane.width-below-3, longMost, t) {
			v.pane.below(strings.Repeat(" ", below+2) + line)
		}
	}
	label, style := v.remedy(i)
	v.labelled(label, f.Remedy, style)
	for _, check := range v.checks.of(f) {
		v.labelled("Asked", check.Asked, t.Faint)
		v.labelled("Answer", check.Answer, t.Faint)
	}
	if v.found.shared[i] && len(v.found.mends[i]) == 0 {
		v.labelled("Mended", "by a change above", t.Faint)
	}
	if f.Details != "" {
		lines := strings.Count(f.Details, "\n") + 1
		v.labelled("Report", fmt.Sprintf("%s to hand on: r opens it, s saves it", plain.Plural(lines, "line")), t.Faint)
	}
}

func (v *runScreen) long(text string, style lipgloss.Style) {
	for _, line := range wrapMost(text, v.pane.width-below-1, longMost, v.theme) {
		v.pane.below(strings.Repeat(" ", below) + style.Render(line))
	}
}

// labelled is a text with a word before it.
func (v *runScreen) labelled(label, text string, style lipgloss.Style) {
	const column = 9
	if text == "" {
		return
	}
	label = v.theme.Faint.Render(v.theme.Pad(label, column))
	for _, line := range wrapMost(text, v.pane.width-below-column-1, longMost, v.theme) {
		v.pane.below(strings.Repeat(" ", below) + label + style.Render(line))
		label = strings.Repeat(" ", column)
	}
}
