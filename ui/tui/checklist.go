package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
)

// tallied counts checks by verdict.
type tallied struct{ passed, failed, undecided int }

func (t *tallied) add(v plan.Verdict) {
	switch v {
	case plan.Passed:
		t.passed++
	case plan.Failed:
		t.failed++
	case plan.Undecided:
		t.undecided++
	}
}

func (t tallied) total() int { return t.passed + t.failed + t.undecided }

// String is the numbers that are not zero, the pressing ones first.
func (t tallied) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{t.failed, "failed"}, {t.undecided, "undecided"}, {t.passed, "passed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	return strings.Join(parts, ", ")
}

// group is the checks of one subject, in the order in which they ended.
type group struct {
	of      *checklist
	subject string
	checks  []int
	tallied
}

// called is what the group is about, in words.
func (g *group) called() string {
	if g.subject == "" {
		return "the whole setup"
	}
	return g.subject
}

// checklist is the checks of one look. It grows by one check at a time, so that
// a thousand of them cost what one costs a thousand times.
type checklist struct {
	all    []plan.Check
	groups []group
	tallied
	// newest is the row of the check that ended last.
	newest int
	// widest is the width of the longest group's name.
	widest int
	// at is a subject's group, tables the same checks as tables, where they are
	// wanted; placed says in which of them a subject stands, and where.
	at     map[string]int
	tabled bool
	tables []*table
	placed map[string]place
	// leading are the checks by the id of the finding that they lead to.
	leading map[string][]int
}

type place struct{ table, line int }

func newChecklist(tabled bool) *checklist {
	return &checklist{at: map[string]int{}, tabled: tabled, placed: map[string]place{}, leading: map[string][]int{}}
}

// add books one check.
func (l *checklist) add(c plan.Check) {
	l.all = append(l.all, c)
	l.tallied.add(c.Verdict)
	i, there := l.at[c.Subject]
	if !there {
		i = len(l.groups)
		l.at[c.Subject] = i
		l.groups = append(l.groups, group{of: l, subject: c.Subject})
		l.widest = max(l.widest, ansi.StringWidth(l.groups[i].called()))
	}
	g := &l.groups[i]
	g.checks = append(g.checks, len(l.all)-1)
	g.add(c.Verdict)
	if c.Finding != "" {
		l.leading[c.Finding] = append(l.leading[c.Finding], len(l.all)-1)
	}
	if l.tabled && c.Subject != "" {
		l.place(c)
	}
}

// of are the first checks that lead to a finding.
func (l *checklist) of(f plan.Finding) []plan.Check {
	const most = 3
	var list []plan.Check
	for _, i := range l.leading[f.ID] {
		if check := l.all[i]; (f.Subject == "" || f.Subject == check.Subject) && len(list) < most {
			list = append(list, check)
		}
	}
	return list
}

// place puts a check into the table of its subject. A new subject joins the
// table that has its check as a column, so that environments and projects, which
// are asked different things, stand in tables of their own.
func (l *checklist) place(c plan.Check) {
	at, there := l.placed[c.Subject]
	if !there {
		at.table = len(l.tables)
		for i, t := range l.tables {
			if _, has := t.column[c.Name]; has {
				at.table = i
				break
			}
		}
		if at.table == len(l.tables) {
			l.tables = append(l.tables, &table{of: l, column: map[string]int{}})
		}
		at.line = l.tables[at.table].add(c.Subject)
		l.placed[c.Subject] = at
	}
	l.tables[at.table].set(at.line, c.Name, len(l.all)-1)
}

// lineOf is the line of a subject that stands in a table.
func (l *checklist) lineOf(subject string) *line {
	at := l.placed[subject]
	return &l.tables[at.table].lines[at.line]
}

// verdict is how a check is shown.
func verdict(t *theme.Theme, v plan.Verdict) (glyph string, style lipgloss.Style) {
	switch v {
	case plan.Passed:
		return t.Glyphs.Right, t.Good
	case plan.Failed:
		return t.Glyphs.Failed, t.Bad
	case plan.Undecided:
	}
	return t.Glyphs.Unknown, t.Warn
}

// worst is the state of a group.
func (t tallied) worst() plan.Verdict {
	switch {
	case t.failed > 0:
		return plan.Failed
	case t.undecided > 0:
		return plan.Undecided
	}
	return plan.Passed
}
