package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// checkItem is one check.
type checkItem plan.Check

func (c *checkItem) name() itemName        { return itemName{aCheck, c.Subject, c.Name} }
func (c *checkItem) opens(*runScreen) bool { return false }

func (c *checkItem) line(v *runScreen, selected bool) string {
	t := v.theme
	glyph, word, style := verdict(t, c.Verdict)
	name := t.Pad(c.Name, min(38, v.list.width*3/7+1))
	if selected {
		name = t.Selected.Render(name)
	}
	answer := strings.ReplaceAll(c.Answer, "\n", " ")
	return style.Render(t.Pad(glyph+" "+word, 13)) + name + "  " + t.Faint.Render(answer)
}

func (c *checkItem) keys(*runScreen) []key.Binding { return []key.Binding{keys.Expand, keys.Read} }

func (c *checkItem) key(v *runScreen, msg tea.KeyMsg) (nav, bool) {
	if !key.Matches(msg, keys.Read) {
		return nav{}, false
	}
	return nav{push: newViewer(v.theme, c.Name, readCheck(plan.Check(*c)), nil)}, true
}

// readCheck is all there is to a check, as a text.
func readCheck(c plan.Check) string {
	text := fmt.Sprintf("Check: %s\nAsked: %s\nAnswer: %s\nVerdict: %s", c.Name, c.Asked, c.Answer, c.Verdict)
	if c.Finding != "" {
		text += "\nFinding: " + c.Finding
	}
	return text
}

func (g *group) name() itemName { return itemName{kind: aGroup, subject: g.subject} }

// opens tells of a group that it is open by itself: where something in it did not
// pass, and while checks come in, unless there are too many to follow.
func (g *group) opens(v *runScreen) bool {
	const followed = 50
	return v.phase == inspecting && len(v.checks.groups) <= followed || g.worst() != plan.Passed
}

func (g *group) line(v *runScreen, selected bool) string {
	t := v.theme
	glyph, _, style := verdict(t, g.worst())
	text := t.Pad(g.title(), min(34, v.checks.widest))
	if selected {
		text = t.Selected.Render(text)
	}
	return style.Render(glyph) + " " + text + "  " + t.Faint.Render(g.String())
}

func (g *group) keys(*runScreen) []key.Binding          { return []key.Binding{keys.Expand} }
func (g *group) key(*runScreen, tea.KeyMsg) (nav, bool) { return nav{}, false }
func (l *line) name() itemName                          { return itemName{kind: aSubject, subject: l.subject} }
func (l *line) opens(*runScreen) bool                   { return false }
func (l *line) line(v *runScreen, selected bool) string {
	return l.table.draw(v.theme, l, v.list.width, v.checks.all, selected)
}

func (l *line) keys(v *runScreen) []key.Binding {
	if l.table.hidden(v.theme, v.list.width) == "" {
		return []key.Binding{keys.Expand}
	}
	return []key.Binding{keys.Expand, bind("left/right", "columns", "left", "right")}
}

// key scrolls the table sideways, where it is wider than the screen.
func (l *line) key(v *runScreen, msg tea.KeyMsg) (nav, bool) {
	by := map[tea.KeyType]int{tea.KeyLeft: -1, tea.KeyRight: 1}[msg.Type]
	if by == 0 || !l.table.move(by, v.list.width) {
		return nav{}, false
	}
	v.rebuild()
	return nav{}, true
}

// showTables shows the checks of every subject in one line, and what they led to
// below it.
func (v *runScreen) showTables() {
	t := v.theme
	told := map[int]bool{}
	for _, table := range v.checks.tables {
		title := " " + t.Bold.Render(v.tableName(table))
		if hidden := table.hidden(t, v.list.width); hidden != "" {
			title += "  " + t.Faint.Render(hidden)
		}
		v.list.text(title)
		v.list.text(table.head(t, v.list.width)...)
		for i := range table.lines {
			line := &table.lines[i]
			v.list.add(line, 0)
			if v.isOpen(line) {
				v.showGroup(&v.checks.groups[v.checks.at[line.subject]], 2)
			}
			v.besideSubject(line.findings, told)
		}
		v.list.text("")
	}
}

// besideSubject are the findings of a subject, each in full where it comes up first.
func (v *runScreen) besideSubject(list []int, told map[int]bool) {
	for _, i := range list {
		f := &v.found.list[i]
		if told[i] {
			v.list.below(strings.Repeat(" ", below) + v.theme.Faint.Render(named(f.Finding)+", as above"))
			continue
		}
		told[i] = true
		v.showFinding(f, 2)
	}
}

// tableName is what the subjects of a table are.
func (v *runScreen) tableName(t *table) string {
	first := t.lines[0].subject
	if v.flow == nil || v.flow.Answers == nil || v.flow.Answers.Blueprint == nil {
		return "Checks"
	}
	for _, e := range v.flow.Answers.Environments {
		if e.Name == first {
			return "Environments"
		}
	}
	for _, p := range v.flow.Answers.Projects {
		if p.Name == first {
			return "Projects"
		}
	}
	return "Checks"
}

// showChecks lists the checks, by subject where there are several.
func (v *runScreen) showChecks() {
	t := v.theme
	heads, indent := len(v.checks.groups) > 1, 0
	if heads {
		indent = 2
	}
	shown := false
	last := len(v.checks.all) - 1
	for i := range v.checks.groups {
		g := &v.checks.groups[i]
		if v.checks.tabled && g.subject != "" && v.phase == reviewing {
			continue
		}
		if !shown && v.phase == reviewing {
			v.list.text(" " + t.Bold.Render("Checks"))
		}
		shown = true
		if heads {
			v.list.add(g, 0)
		}
		if g.checks[len(g.checks)-1] == last {
			v.newest = len(v.list.rows) - 1
		}
		if !heads || v.isOpen(g) {
			v.showGroup(g, indent)
		}
	}
	if shown && v.phase == reviewing {
		v.list.text("")
	}
}

// inOrder are the checks of a group: as they end while looking, and in a review
// those first that did not pass.
func (v *runScreen) inOrder(checks []int) []int {
	if v.phase != reviewing {
		return checks
	}
	checks = slices.Clone(checks)
	slices.SortStableFunc(checks, func(a, b int) int {
		return urgency[v.checks.all[a].Verdict] - urgency[v.checks.all[b].Verdict]
	})
	return checks
}

var urgency = map[plan.Verdict]int{plan.Failed: 0, plan.Undecided: 1, plan.Passed: 2}

func (v *runScreen) showGroup(g *group, indent int) {
	for _, i := range v.inOrder(g.checks) {
		if i == len(v.checks.all)-1 {
			v.newest = len(v.list.rows)
		}
		check := (*checkItem)(&v.checks.all[i])
		v.list.add(check, indent)
		if v.isOpen(check) {
			v.list.labelled("Asked", check.Asked, v.theme.Plain)
			v.list.labelled("Answer", check.Answer, v.theme.Plain)
			v.list.labelled("Finding", check.Finding, v.theme.Plain)
		}
	}
}
