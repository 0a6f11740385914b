package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// itemState is how an item is known among those that are open, and whether it is.
func (v *runScreen) itemState(r *row) (name itemName, open bool) {
	switch r.kind {
	case rowFinding:
		name, open = findingName(&v.found.list[r.item]), v.opensItself(r.item)
	case rowGroup:
		g := &v.checks.groups[r.item]
		name, open = groupName(g.subject), v.groupOpens(g)
	case rowCheck:
		name = checkName(&v.checks.all[r.item])
	case rowSubject:
		at := v.lines[r.item]
		name = subjectName(v.checks.tables[at.table].lines[at.line].subject)
	case rowChange:
		name = changeName(v.pane.items[r.item])
	case rowText, rowDetail:
	}
	return name, v.pane.isOpen(name, open)
}

func findingName(f *plan.Finding) itemName { return itemName{rowFinding, f.Subject, f.ID} }
func checkName(c *plan.Check) itemName     { return itemName{rowCheck, c.Subject, c.Name} }
func groupName(subject string) itemName    { return itemName{kind: rowGroup, subject: subject} }
func subjectName(subject string) itemName  { return itemName{kind: rowSubject, subject: subject} }

func (v *runScreen) tableOf(r *row) *table { return v.checks.tables[v.lines[r.item].table] }

// draw is the line of an item.
func (v *runScreen) draw(r *row, selected bool) string {
	_, open := v.itemState(r)
	head := v.pane.mark(selected) + strings.Repeat(" ", r.indent) + v.pane.fold(open)
	switch r.kind {
	case rowFinding:
		return head + v.drawFinding(r.item, selected)
	case rowGroup:
		return head + v.drawGroup(r.item, selected)
	case rowCheck:
		return head + v.drawCheck(r.item, selected)
	case rowSubject:
		at := v.lines[r.item]
		return head + v.checks.tables[at.table].draw(v.theme, at.line, v.pane.width, v.checks.all, selected)
	case rowText, rowChange, rowDetail:
	}
	return r.text
}

func (v *runScreen) drawFinding(i int, selected bool) string {
	t, f := v.theme, v.found.list[i]
	glyph, word, style := t.Glyphs.Dot, "to know", t.Faint
	switch f.Severity {
	case plan.Failure:
		glyph, word, style = t.Glyphs.Failed, "error", t.Bad
	case plan.Warning:
		glyph, word, style = t.Glyphs.Attention, "warning", t.Warn
	case plan.Info:
	}
	name := t.Bold.Render(named(f))
	if selected {
		name = t.Selected.Render(named(f))
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

func (v *runScreen) drawGroup(i int, selected bool) string {
	t, g := v.theme, &v.checks.groups[i]
	glyph, _, style := verdict(t, g.worst())
	text := t.Pad(g.name(), min(34, v.checks.widest))
	if selected {
		text = t.Selected.Render(text)
	}
	return style.Render(glyph) + " " + text + "  " + t.Faint.Render(g.String())
}

func (v *runScreen) drawCheck(i int, selected bool) string {
	t, check := v.theme, v.checks.all[i]
	glyph, word, style := verdict(t, check.Verdict)
	name := t.Pad(check.Name, min(38, v.pane.width*3/7+1))
	if selected {
		name = t.Selected.Render(name)
	}
	answer := strings.ReplaceAll(check.Answer, "\n", " ")
	return style.Render(t.Pad(glyph+" "+word, 13)) + name + "  " + t.Faint.Render(answer)
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// readFinding is all there is to a finding, as a text.
func (v *runScreen) readFinding(i int) string {
	f := v.found.list[i]
	parts := []string{f.Told(), "What to do: " + f.Remedy}
	for _, check := range v.checks.of(f) {
		parts = append(parts, readCheck(check))
	}
	if f.Details != "" {
		parts = append(parts, "To hand on:\n\n"+f.Details)
	}
	return strings.Join(parts, "\n\n")
}

func readCheck(c plan.Check) string {
	text := fmt.Sprintf("Check: %s\nAsked: %s\nAnswer: %s\nVerdict: %s", c.Name, c.Asked, c.Answer, c.Verdict)
	if c.Finding != "" {
		text += "\nFinding: " + c.Finding
	}
	return text
}
