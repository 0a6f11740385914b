package tui

import (
	"slices"

	"stateroom/steps/plan"
)

// findings are those of a review, each with the changes that mend it.
type findings struct {
	// list has the pressing ones in the engine's order, causes first, and then
	// those that are only to know.
	list []findingItem
	// others are the changes that no finding asked for.
	others []changeItem
}

// sorted puts the findings of a review together with its changes and checks.
func sorted(r *review) findings {
	var f findings
	for _, severe := range []bool{true, false} {
		for _, one := range r.Findings {
			if (one.Severity != plan.Info) == severe {
				f.list = append(f.list, findingItem{Finding: one, of: r})
			}
		}
	}
	assign := f.assign
	if r.staged {
		assign = func(c changeItem) { f.others = append(f.others, c) }
	}
	for i := range r.Changes {
		assign(changeItem{&r.Changes[i], false, r})
	}
	for i := range r.NotOurs {
		assign(changeItem{&r.NotOurs[i], true, r})
	}
	if r.checks.tabled {
		f.place(r.checks)
	}
	return f
}

// assign puts a change below the first finding that it mends.
func (f *findings) assign(c changeItem) {
	mends := false
	for i := range f.list {
		switch one := &f.list[i]; {
		case !c.FixesFinding(one.Finding):
		case mends:
			one.shared = true
		default:
			mends = true
			one.mends = append(one.mends, c)
		}
	}
	if !mends {
		f.others = append(f.others, c)
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
			f.list[i].inTable = true
		}
	}
}

// pressing counts the findings that keep a run from being healthy.
func (f *findings) pressing() int {
	n := 0
	for n < len(f.list) && f.list[n].pressing() {
		n++
	}
	return n
}

// byHand counts the pressing ones that no change mends.
func (f *findings) byHand() int {
	n := 0
	for i := range f.list[:f.pressing()] {
		if f.byHandOnly(&f.list[i]) {
			n++
		}
	}
	return n
}

// byHandOnly tells of a finding that no change can mend. A change that does not
// say what it mends may be meant for any, but for one with a report to hand on.
func (f *findings) byHandOnly(one *findingItem) bool {
	return !one.mendable() && (len(f.others) == 0 || one.Details != "")
}
