package tui

import (
	"cmp"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// findingItem is a finding of a review with the changes that mend it.
type findingItem struct {
	plan.Finding
	of    *review
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
func (f *findingItem) opens(l *list) bool {
	const roomy = 24
	return f == &f.of.found.list[0] && f.pressing() && !f.inTable && l.height >= roomy
}

// pressing tells whether it keeps a run from being healthy.
func (f *findingItem) pressing() bool { return f.Severity != plan.Info }

// mendable tells whether a change says that it mends the finding.
func (f *findingItem) mendable() bool { return len(f.mends) > 0 || f.shared }

// verdictWidth is that of a verdict with its sign, before a name.
const verdictWidth = 11

func (f *findingItem) title() (text, note string, indent int) {
	return words.Finding(f.Finding), "", verdictWidth
}

func (f *findingItem) line(l *list, name string, _ int, selected bool) string {
	t := l.theme
	glyph, word, style := t.Glyphs.Dot, "note", t.Faint
	switch f.Severity {
	case plan.Failure:
		glyph, word, style = t.Glyphs.Failed, "error", t.Bad
	case plan.Warning:
		glyph, word, style = t.Glyphs.Attention, "warning", t.Warn
	case plan.Info:
	}
	if selected {
		name = t.Selected.Render(name)
	} else {
		name = t.Bold.Render(name)
	}
	return style.Render(t.Pad(glyph+" "+word, verdictWidth)) + name
}

// keys read all there is to the finding. What is to be handed on can be saved from
// there.
func (f *findingItem) keys(l *list) hotkeys {
	if f.Details != "" {
		return hotkeys{{bind("r", "report", "r"), func() (nav, tea.Cmd) {
			report := newViewer(l.theme, "Report: "+words.Finding(f.Finding), f.Details, nil)
			report.save = reportOf(f.Finding).ask(l.theme)
			return nav{push: report}, nil
		}}}
	}
	return hotkeys{{keys.Read, func() (nav, tea.Cmd) {
		parts := []string{f.Told(), f.toDo()}
		if f.Lead != "" {
			seen := f.Finding
			seen.Evidence = f.Seen()
			parts = []string{f.Lead, f.toDo(), strings.TrimSpace(seen.Told())}
		}
		for _, check := range f.of.checks.of(f.Finding) {
			parts = append(parts, readCheck(check))
		}
		return nav{push: newViewer(l.theme, words.Finding(f.Finding), strings.Join(parts, "\n\n"), nil)}, nil
	}}}
}

// clip is what is sent to somebody else: what is so, and what to do.
func (f *findingItem) clip() clip {
	if f.Details != "" {
		return clip{"the report", f.Details}
	}
	return clip{"the finding", strings.Join(append([]string{f.Told(), f.Remedy}, f.commands()...), "\n")}
}

// show adds the finding with what is below it and what mends it.
func (f *findingItem) show(l *list, indent int) {
	from := len(l.rows)
	l.width -= indent
	if l.add(f, 0, f.opens(l)) {
		f.detail(l)
	} else {
		for _, line := range f.briefly(l) {
			l.below(line)
		}
	}
	for i := range f.mends {
		f.mends[i].show(l, 4)
	}
	l.width += indent
	for i := from; i < len(l.rows) && indent > 0; i++ {
		r := &l.rows[i]
		r.indent += indent
		r.text = strings.Repeat(" ", indent) + r.text
	}
}

// briefly is the beginning of a finding. There may be a thousand, so each is
// made once.
func (f *findingItem) briefly(l *list) []string {
	if f.brief.width == l.width {
		return f.brief.lines
	}
	f.brief.width, f.brief.lines = l.width, l.beginning(l.short(cmp.Or(f.Lead, f.Told())), l.theme.Plain)
	if f.pressing() && (!f.mendable() || f.Lead != "") {
		_, style := f.remedy(l.theme)
		f.brief.lines = append(f.brief.lines, l.beginning(l.brief(f.Remedy), style)...)
	}
	return f.brief.lines
}

// remedy is how the remedy of a finding is shown.
func (f *findingItem) remedy(t *theme.Theme) (label string, style lipgloss.Style) {
	if f.pressing() && f.of.found.byHandOnly(f) {
		return "By hand", t.Accent
	}
	return "Remedy", t.Plain
}

// commands are those to be copied. What x allows here needs none.
func (f *findingItem) commands() (lines []string) {
	for _, c := range f.Commands {
		if c.Adopt == "" {
			lines = append(lines, c.Line)
		}
	}
	return lines
}

// toDo is the remedy with its commands, each on a line of its own.
func (f *findingItem) toDo() string {
	return strings.Join(append([]string{"What to do: " + f.Remedy}, f.commands()...), "\n")
}

// showRemedy adds the remedy, and its commands below it.
func (f *findingItem) showRemedy(l *list, label string, style lipgloss.Style) {
	l.labelled(label, f.Remedy, style)
	for _, line := range f.commands() {
		l.quoted(line, below+2, l.theme.Key)
	}
}

// detail is all that there is to a finding.
func (f *findingItem) detail(l *list) {
	t := l.theme
	label, style := f.remedy(t)
	if f.Lead != "" {
		l.quoted(f.Lead, below, t.Plain)
		f.showRemedy(l, label, style)
	}
	if seen := f.Seen(); seen != "" {
		l.quoted(seen, below, t.Plain)
	}
	if f.Quote != "" {
		l.below(strings.Repeat(" ", below) + t.Faint.Render("Terraform said"))
		l.quoted(f.Quote, below+2, t.Plain)
	}
	if f.Lead == "" {
		f.showRemedy(l, label, style)
	}
	for _, check := range f.of.checks.of(f.Finding) {
		l.labelled("Asked", check.Asked, t.Faint)
		if check.Answer != f.Told() { // which stands above
			l.labelled("Answer", check.Answer, t.Faint)
		}
	}
	if f.shared && len(f.mends) == 0 {
		l.labelled("Fixed", "by a change above", t.Faint)
	}
	if f.Details != "" {
		lines := strings.Count(f.Details, "\n") + 1
		l.labelled("Report", fmt.Sprintf("%s to hand on: r opens it, s saves it", words.Plural(lines, "line")), t.Faint)
	}
}
