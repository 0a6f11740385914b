package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// findingItem is a finding with the changes that mend it.
type findingItem struct {
	plan.Finding
	mends []changeItem
	// shared says that a change shown with an earlier finding mends it, inTable that
	// it stands below a line of a table.
	shared, inTable bool
	// brief is its beginning as lines of a width, once it was drawn.
	brief struct {
		width int
		lines []string
	}
}

func (f *findingItem) name() itemName { return itemName{aFinding, f.Subject, f.ID} }

// opens tells of the first finding, which causes the others, that it is open
// unless it was closed; in little room the others would be out of sight.
func (f *findingItem) opens(v *runScreen) bool {
	const roomy = 24
	return f == &v.found.list[0] && f.pressing() && !f.inTable && v.listHeight() >= roomy
}

// pressing tells whether it keeps a run from being healthy.
func (f *findingItem) pressing() bool { return f.Severity != plan.Info }

// mendable tells whether a change says that it mends the finding.
func (f *findingItem) mendable() bool { return len(f.mends) > 0 || f.shared }

func (f *findingItem) line(v *runScreen, selected bool) string {
	t := v.theme
	glyph, word, style := t.Glyphs.Dot, "to know", t.Faint
	switch f.Severity {
	case plan.Failure:
		glyph, word, style = t.Glyphs.Failed, "error", t.Bad
	case plan.Warning:
		glyph, word, style = t.Glyphs.Attention, "warning", t.Warn
	case plan.Info:
	}
	name := t.Bold.Render(named(f.Finding))
	if selected {
		name = t.Selected.Render(named(f.Finding))
	}
	return style.Render(t.Pad(glyph+" "+word, 11)) + name
}

// named is a finding's id with what it is about.
func named(f plan.Finding) string {
	if f.Subject == "" {
		return f.ID
	}
	return f.ID + " in " + f.Subject
}

func (f *findingItem) keys(*runScreen) []key.Binding {
	if f.Details != "" {
		return []key.Binding{keys.Expand, bind("r", "report", "r")}
	}
	return []key.Binding{keys.Expand, keys.Read}
}

// key reads all there is to the finding. What is to be handed on can be saved from
// there.
func (f *findingItem) key(v *runScreen, msg tea.KeyMsg) (nav, bool) {
	if !key.Matches(msg, keys.Read) {
		return nav{}, false
	}
	if f.Details != "" {
		report := newViewer(v.theme, "Report: "+named(f.Finding), f.Details, nil)
		report.save = reportOf(f.Finding).ask(v.theme)
		return nav{push: report}, true
	}
	parts := []string{f.Told(), "What to do: " + f.Remedy}
	for _, check := range v.checks.of(f.Finding) {
		parts = append(parts, readCheck(check))
	}
	return nav{push: newViewer(v.theme, named(f.Finding), strings.Join(parts, "\n\n"), nil)}, true
}

// showFindings shows those that do not stand beside a check in a table: the
// pressing ones, or those that are only to know.
func (v *runScreen) showFindings(toKnow bool) {
	for i := range v.found.list {
		f := &v.found.list[i]
		if !f.inTable && toKnow != f.pressing() && (!v.staged() || f.Step == v.current) {
			v.showFinding(f, 0)
			v.list.text("")
		}
	}
}

// showFinding is one finding with what is below it and what mends it.
func (v *runScreen) showFinding(f *findingItem, indent int) {
	from := len(v.list.rows)
	v.list.width -= indent
	v.list.add(f, 0)
	if v.isOpen(f) {
		v.findingDetail(f)
	} else {
		for _, line := range v.briefly(f) {
			v.list.below(line)
		}
	}
	for i := range f.mends {
		v.showChange(&f.mends[i], 4)
	}
	v.list.width += indent
	for i := from; i < len(v.list.rows) && indent > 0; i++ {
		r := &v.list.rows[i]
		r.indent += indent
		r.text = strings.Repeat(" ", indent) + r.text
	}
}

// briefly is the beginning of a finding. There may be a thousand, so each is
// made once.
func (v *runScreen) briefly(f *findingItem) []string {
	if f.brief.width == v.list.width {
		return f.brief.lines
	}
	f.brief.width, f.brief.lines = v.list.width, v.beginning(f.Told(), v.theme.Plain)
	if f.pressing() && !f.mendable() {
		_, style := v.remedy(f)
		f.brief.lines = append(f.brief.lines, v.beginning(f.Remedy, style)...)
	}
	return f.brief.lines
}

// remedy is how the remedy of a finding is shown.
func (v *runScreen) remedy(f *findingItem) (label string, style lipgloss.Style) {
	if f.pressing() && v.found.byHandOnly(f) {
		return "By hand", v.theme.Accent
	}
	return "Remedy", v.theme.Plain
}

// beginning is the first lines of a text.
func (v *runScreen) beginning(text string, style lipgloss.Style) []string {
	lines := wrapMost(strings.ReplaceAll(text, "\n", " "), v.list.width-below-1, briefMost, v.theme)
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", below) + style.Render(line)
	}
	return lines
}

// findingDetail is all that there is to a finding.
func (v *runScreen) findingDetail(f *findingItem) {
	t := v.theme
	v.list.quoted(f.Evidence, below, t.Plain)
	if f.Quote != "" {
		v.list.below(strings.Repeat(" ", below) + t.Faint.Render("Terraform said"))
		v.list.quoted(f.Quote, below+2, t.Plain)
	}
	label, style := v.remedy(f)
	v.list.labelled(label, f.Remedy, style)
	for _, check := range v.checks.of(f.Finding) {
		v.list.labelled("Asked", check.Asked, t.Faint)
		v.list.labelled("Answer", check.Answer, t.Faint)
	}
	if f.shared && len(f.mends) == 0 {
		v.list.labelled("Mended", "by a change above", t.Faint)
	}
	if f.Details != "" {
		lines := strings.Count(f.Details, "\n") + 1
		v.list.labelled("Report", fmt.Sprintf("%s to hand on: r opens it, s saves it", words.Plural(lines, "line")), t.Faint)
	}
}
