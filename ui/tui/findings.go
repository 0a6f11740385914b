package tui

import (
	"slices"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
)

// findings are those of a review, each with the changes that mend it.
type findings struct {
	// list has the pressing ones in the engine's order, causes first, and then
	// those that are only to know.
	list []plan.Finding
	// mends are the changes of the finding with the same index; others are those
	// that no finding asked for.
	mends  [][]mend
	others []mend
	// shared says of a finding that a change shown with an earlier one mends it.
	shared []bool
	// inTable says of a finding that it stands below a line of a table.
	inTable []bool
}

// mend is a change, and whether it waits for a consent.
type mend struct {
	change  *plan.Change
	foreign bool
}

// sorted puts the findings of a review together with its changes and checks. Where
// the run has stages, a change stands in its own, and below no finding.
func sorted(r plan.Review, checks *checklist, staged bool) findings {
	var f findings
	for _, severe := range []bool{true, false} {
		for _, one := range r.Findings {
			if (one.Severity != plan.Info) == severe {
				f.list = append(f.list, one)
			}
		}
	}
	f.mends, f.shared, f.inTable = make([][]mend, len(f.list)), make([]bool, len(f.list)), make([]bool, len(f.list))
	assign := f.assign
	if staged {
		assign = func(m mend) { f.others = append(f.others, m) }
	}
	for i := range r.Changes {
		assign(mend{&r.Changes[i], false})
	}
	for i := range r.Foreign {
		assign(mend{&r.Foreign[i], true})
	}
	if checks.tabled {
		f.place(checks)
	}
	return f
}

// assign puts a change below the first finding that it mends.
func (f *findings) assign(m mend) {
	first := -1
	for i := range f.list {
		switch {
		case !m.change.MendsFinding(f.list[i]):
		case first < 0:
			first = i
			f.mends[i] = append(f.mends[i], m)
		default:
			f.shared[i] = true
		}
	}
	if first < 0 {
		f.others = append(f.others, m)
	}
}

// place finds the table lines below which a finding is shown.
func (f *findings) place(checks *checklist) {
	for _, t := range checks.tables {
		for i := range t.lines {
			t.lines[i].findings = nil
		}
	}
	at := map[string]int{}
	for i := len(f.list) - 1; i >= 0; i-- {
		at[f.list[i].Key()] = i
	}
	for _, c := range checks.all {
		if c.Finding == "" || c.Subject == "" {
			continue
		}
		i, there := at[c.Finding+"@"+c.Subject]
		if !there {
			i, there = at[c.Finding]
		}
		if l := checks.lineOf(c.Subject); there && !slices.Contains(l.findings, i) {
			l.findings = append(l.findings, i)
			f.inTable[i] = true
		}
	}
}

// pressing counts the findings that keep a run from being healthy.
func (f *findings) pressing() int { return plain.Attention(f.list) }

// byHand counts the pressing ones that no change mends.
func (f *findings) byHand() int {
	n := 0
	for i := range f.list {
		if f.list[i].Severity != plan.Info && f.byHandOnly(i) {
			n++
		}
	}
	return n
}

// mendable tells whether a change says that it mends a finding.
func (f *findings) mendable(i int) bool { return len(f.mends[i]) > 0 || f.shared[i] }

// byHandOnly tells of a finding that no change can mend. A change that does not
// say what it mends may be meant for any, but for one with a report to hand on.
func (f *findings) byHandOnly(i int) bool {
	return !f.mendable(i) && (len(f.others) == 0 || f.list[i].Details != "")
}
