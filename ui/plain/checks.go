package plain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"stateroom/steps"
)

// NewFlowLines returns a presenter for a run that is not the nine steps: its
// checks as they end, what they found, and then the changes that mend it.
func NewFlowLines(out io.Writer) *Lines {
	l := NewLines(out)
	l.flow = true
	return l
}

// verdictWord is how a verdict begins its line; all are of one width.
func verdictWord(v steps.Verdict) string {
	switch v {
	case steps.Passed:
		return "ok   "
	case steps.Broken:
		return "FAIL "
	case steps.Undecided:
	}
	return "?    "
}

// check shows one check; what was asked is told where it did not pass.
func (l *Lines) check(c steps.Check) {
	if slices.Contains(l.checked, c) {
		return // looked at again after the changes, with the same answer
	}
	l.checked = append(l.checked, c)
	what := c.Name
	if c.Subject != "" {
		what += ", " + c.Subject
	}
	text := wrapped(what+": "+c.Answer, 7)
	l.print("  %s%s", verdictWord(c.Verdict), strings.TrimLeft(text, " "))
	if c.Verdict != steps.Passed && c.Asked != "" {
		l.print("%s", wrapped("asked: "+c.Asked, 9))
	}
}

// flowPlan shows the changes of a flow, which belong to no step.
func (l *Lines) flowPlan() {
	if len(l.planned) == 0 {
		return
	}
	v := planView{Lines: l, alike: countAlike(l.planned), seen: map[string]int{}, documents: map[string]bool{}}
	l.print("\n")
	for i := range l.planned {
		v.orFold(&l.planned[i])
	}
	l.print("\n%s\n", steps.PlanLine(l.planned))
}

// table shows the last checks, one line a subject and one column a check. Each
// failure's remedy stands with its finding.
func (l *Lines) table(checks []steps.Check) {
	var subjects, names []string
	cells := map[[2]string]steps.Verdict{}
	for _, c := range checks {
		if c.Subject == "" {
			continue
		}
		if !slices.Contains(subjects, c.Subject) {
			subjects = append(subjects, c.Subject)
		}
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
		cell := [2]string{c.Subject, c.Name}
		if before, there := cells[cell]; !there || before == steps.Passed {
			cells[cell] = c.Verdict
		}
	}
	if len(subjects) == 0 {
		return
	}
	width := 0
	for _, s := range subjects {
		width = max(width, len([]rune(s)))
	}
	l.print("\n")
	for i, name := range names {
		l.print("  %s  %s\n", column(i), name)
	}
	l.print("\n  %s", strings.Repeat(" ", width))
	for i := range names {
		l.print(" %-4s", column(i))
	}
	for _, s := range subjects {
		l.print("\n  %s%s", s, strings.Repeat(" ", width-len([]rune(s))))
		for _, name := range names {
			word := "-"
			if v, there := cells[[2]string{s, name}]; there {
				word = strings.TrimSpace(verdictWord(v))
			}
			l.print(" %-4s", word)
		}
	}
	l.print("\n")
}

// column is the short name of a table's column: A to Z, then A1.
func column(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprintf("%c%d", 'A'+i%26, i/26)
}
