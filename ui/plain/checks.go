package plain

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// verdictWord is how a verdict begins its line; all are of one width.
func verdictWord(v plan.Verdict) string {
	switch v {
	case plan.Passed:
		return "ok   "
	case plan.Failed:
		return "FAIL "
	case plan.Undecided:
	}
	return "?    "
}

// check keeps a check until all have ended: what is alike is told together.
func (l *Lines) check(c plan.Check) {
	if !slices.Contains(l.checked, c) { // else looked at again, with the same answer
		l.checked = append(l.checked, c)
	}
}

// showChecks shows the checks that were not shown yet: those that passed under
// one heading for each name, the others for each name and answer.
func (l *Lines) showChecks() {
	fresh := l.checked[l.told:]
	l.told = len(l.checked)
	if l.Brief {
		l.counted("Checks", fresh)
		return
	}
	kin := map[plan.Check][]plan.Check{}
	for _, c := range fresh {
		kin[family(c)] = append(kin[family(c)], c)
	}
	for _, c := range fresh {
		if alike := kin[family(c)]; len(alike) > 0 {
			l.alike(alike)
			delete(kin, family(c))
		}
	}
}

// counted counts the checks that passed, and shows the others, those first that failed.
func (l *Lines) counted(title string, fresh []plan.Check) {
	if len(fresh) == 0 {
		return
	}
	counts := map[plan.Verdict]int{}
	kin := map[plan.Check][]plan.Check{}
	order := map[plan.Verdict][]plan.Check{}
	for _, c := range fresh {
		counts[c.Verdict]++
		of := family(c)
		if kin[of] == nil {
			order[c.Verdict] = append(order[c.Verdict], of)
		}
		kin[of] = append(kin[of], c)
	}
	l.print("\n%s: %d passed", title, counts[plan.Passed])
	if n := counts[plan.Failed]; n > 0 {
		l.print(", %d failed", n)
	}
	if n := counts[plan.Undecided]; n > 0 {
		l.print(", %d undecided", n)
	}
	l.print(" (--verbose shows them all).\n")
	for _, of := range slices.Concat(order[plan.Failed], order[plan.Undecided]) {
		l.checkLine(of, strings.Join(subjects(kin[of]), ", "))
		l.print("%s", wrapped(of.Answer, 9))
	}
}

// subjects are what checks are about, each once; of many the first ones with a number.
func subjects(checks []plan.Check) (list []string) {
	for _, c := range checks {
		if c.Subject != "" && !slices.Contains(list, c.Subject) {
			list = append(list, c.Subject)
		}
	}
	if n := len(list); n > alikeShown {
		list = append(list[:alikeShown:alikeShown], fmt.Sprintf("and %d more", n-alikeShown))
	}
	return list
}

// family is what checks that are shown together have in common.
func family(c plan.Check) plan.Check {
	common := plan.Check{Name: c.Name, Verdict: c.Verdict}
	if c.Verdict != plan.Passed {
		common.Answer = c.Answer
	}
	return common
}

// alike shows checks of one family, with what was asked for the first of each
// answer.
func (l *Lines) alike(alike []plan.Check) {
	var answers []string
	var evidence []plan.Check
	for _, c := range alike {
		if !slices.Contains(answers, c.Answer) {
			answers, evidence = append(answers, c.Answer), append(evidence, c)
		}
	}
	l.checkLine(alike[0], strings.Join(subjects(alike), ", "))
	shown := evidence[:min(alikeShown, len(evidence))]
	for _, c := range shown {
		if c.Verdict == plan.Passed {
			l.print("%s", wrapped(strings.TrimSuffix(c.Asked, ".")+": "+c.Answer, 9))
		} else {
			l.print("%s", wrapped(c.Answer, 9)+wrapped("asked: "+c.Asked, 9))
		}
	}
	if more := len(alike) - len(shown); more > 0 {
		l.print("         … and %s like it\n", words.Plural(more, "answer"))
	}
}

func (l *Lines) checkLine(c plan.Check, about string) {
	if about != "" {
		about = ": " + about
	}
	text := wrapped(c.Name+about, 7)
	l.print("  %s%s", verdictWord(c.Verdict), strings.TrimLeft(text, " "))
}

// table shows the last checks, one line a subject and one column a check. Each
// failure's remedy stands with its finding.
func (l *Lines) table(checks []plan.Check) {
	var subjects, names []string
	cells := map[[2]string]plan.Verdict{}
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
		if before, there := cells[cell]; !there || before == plan.Passed {
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
	row := func(subject string, cell func(i int, name string) string) {
		text := fmt.Sprintf("%-*s", width, subject)
		for i, name := range names {
			text += fmt.Sprintf(" %-4s", cell(i, name))
		}
		l.print("\n  %s", strings.TrimRight(text, " "))
	}
	row("", func(i int, _ string) string { return column(i) })
	for _, s := range subjects {
		row(s, func(_ int, name string) string {
			if v, there := cells[[2]string{s, name}]; there {
				return strings.TrimSpace(verdictWord(v))
			}
			return "-"
		})
	}
	l.print("\n")
}

// column is the short name of a table's column: A to Z, then A1.
func column(i int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letter := letters[i%len(letters) : i%len(letters)+1]
	if i < len(letters) {
		return letter
	}
	return fmt.Sprintf("%s%d", letter, i/len(letters))
}
