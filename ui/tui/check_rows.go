package tui

import (
	"slices"
	"strings"

	"stateroom/steps/plan"
)

// showTables shows the checks of every subject in one line, and what they led to
// below it.
func (v *runScreen) showTables() {
	t := v.theme
	told := map[int]bool{}
	for n, table := range v.checks.tables {
		title := " " + t.Bold.Render(v.tableName(table))
		if hidden := table.hidden(t, v.pane.width); hidden != "" {
			title += "  " + t.Faint.Render(hidden)
		}
		v.pane.text(title)
		v.pane.text(table.head(t, v.pane.width)...)
		for i := range table.lines {
			line := &table.lines[i]
			v.lines = append(v.lines, place{n, i})
			v.pane.rows = append(v.pane.rows, row{kind: rowSubject, item: len(v.lines) - 1})
			if v.pane.isOpen(subjectName(line.subject), false) {
				v.showGroup(v.checks.at[line.subject], 2)
			}
			v.besideSubject(line.findings, told)
		}
		v.pane.text("")
	}
}

// besideSubject are the findings of a subject, each in full where it comes up first.
func (v *runScreen) besideSubject(list []int, told map[int]bool) {
	for _, i := range list {
		if told[i] {
			v.pane.below(strings.Repeat(" ", below) + v.theme.Faint.Render(named(v.found.list[i])+", as above"))
			continue
		}
		told[i] = true
		from := len(v.pane.rows)
		v.pane.width -= 2
		v.showFinding(i)
		v.pane.width += 2
		for i := range v.pane.rows[from:] {
			r := &v.pane.rows[from+i]
			r.indent += 2
			r.text = "  " + r.text
		}
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
			v.pane.text(" " + t.Bold.Render("Checks"))
		}
		shown = true
		if heads {
			v.pane.rows = append(v.pane.rows, row{kind: rowGroup, item: i})
		}
		if g.checks[len(g.checks)-1] == last {
			v.newest = len(v.pane.rows) - 1
		}
		if !heads || v.pane.isOpen(groupName(g.subject), v.groupOpens(g)) {
			v.showGroup(i, indent)
		}
	}
	if shown && v.phase == reviewing {
		v.pane.text("")
	}
}

// groupOpens tells of a group that it is open by itself: where something in it
// did not pass, and while checks come in, unless there are too many to follow.
func (v *runScreen) groupOpens(g *group) bool {
	return v.phase == inspecting && len(v.checks.groups) <= followed || g.worst() != plan.Passed
}

// followed is how many subjects can be followed check by check.
const followed = 50

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

var urgency = map[plan.Verdict]int{plan.Broken: 0, plan.Undecided: 1, plan.Passed: 2}

func (v *runScreen) showGroup(i, indent int) {
	for _, check := range v.inOrder(v.checks.groups[i].checks) {
		if check == len(v.checks.all)-1 {
			v.newest = len(v.pane.rows)
		}
		v.pane.rows = append(v.pane.rows, row{kind: rowCheck, item: check, indent: indent})
		if one := &v.checks.all[check]; v.pane.isOpen(checkName(one), false) {
			v.labelled("Asked", one.Asked, v.theme.Plain)
			v.labelled("Answer", one.Answer, v.theme.Plain)
			v.labelled("Finding", one.Finding, v.theme.Plain)
		}
	}
}
