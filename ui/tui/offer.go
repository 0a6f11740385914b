package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// offer is a review with what the operator has left out of it. A plan may have ten
// thousands of changes, so what follows from that is counted when something changes
// and not for every view.
type offer struct {
	plan.Review
	users plan.Users
	// out are the changes that the operator left out; left are those and all
	// that need one of them.
	out, left map[string]bool
	// widening are the changes that give access; gives says by step, and givesAll
	// of the whole plan, what access they give, without what is left out.
	widening []*plan.Change
	gives    map[int][]string
	givesAll []string
}

// take takes a new review. What was left out of the one before is left out of it.
func (o *offer) take(r plan.Review) {
	o.Review, o.users = r, plan.UsersOf(r.Changes)
	o.widening = nil
	for i := range r.Changes {
		if c := &r.Changes[i]; len(c.Widens()) > 0 {
			o.widening = append(o.widening, c)
		}
	}
	o.recount()
}

// recount finds what is left out, and what access the rest gives.
func (o *offer) recount() {
	o.left = o.users.LeftWith(o.out)
	ofStep := map[int][]*plan.Change{}
	var all []*plan.Change
	for _, c := range o.widening {
		if !o.left[c.ID] {
			all, ofStep[c.Step] = append(all, c), append(ofStep[c.Step], c)
		}
	}
	o.gives = map[int][]string{}
	for n, changes := range ofStep {
		o.gives[n] = plan.Access(changes...)
	}
	o.givesAll = plan.Access(all...)
}

// kept are the changes that are not left out, in the order of the plan.
func (o *offer) kept() []plan.Change {
	kept, _ := plan.Exclude(o.Changes, o.out)
	return kept
}

// toDo is how many those are.
func (o *offer) toDo() int { return len(o.Changes) - len(o.left) }

// any tells whether there is anything that could be changed.
func (o *offer) any() bool { return len(o.Changes)+len(o.NotOurs) > 0 }

// followsText is said of a change that cannot be included by itself.
const followsText = "It stays left out: it needs another change that is left out."

// toggle leaves a change out, or takes it in again, and says what that means.
func (o *offer) toggle(c *plan.Change) string {
	if o.out[c.ID] {
		delete(o.out, c.ID)
		o.recount()
		if o.left[c.ID] {
			return followsText
		}
		return "Included again: " + c.Title + "."
	}
	before := len(o.left)
	o.out[c.ID] = true
	o.recount()
	text := "Left out: " + c.Title + "."
	if along := len(o.left) - before - 1; along > 0 {
		text += fmt.Sprintf(" Left out with it, since they need it: %s.", o.alongNames(c, along))
	}
	return text
}

// alongNames are the first few changes that need the one left out.
func (o *offer) alongNames(c *plan.Change, along int) string {
	const most = 3
	var names []string
	for i := range o.Changes {
		if len(names) == min(most, along) {
			break
		}
		if d := &o.Changes[i]; d.ID != c.ID && o.left[d.ID] {
			names = append(names, d.Title)
		}
	}
	text := strings.Join(names, "; ")
	if along > len(names) {
		text += fmt.Sprintf("; and %d more", along-len(names))
	}
	return text
}

// without are the changes to leave out where one step is made, with what it needs;
// step 0 is all of them.
func (o *offer) without(step int) map[string]bool {
	if step == 0 {
		return o.left
	}
	without, kept := map[string]bool{}, o.kept()
	for id := range o.left {
		without[id] = true
	}
	for _, c := range kept {
		without[c.ID] = true
	}
	for _, c := range plan.Required(kept, step) {
		delete(without, c.ID)
	}
	return without
}

// preview is the summary of the plan without what was left out.
func (o *offer) preview() *plan.Summary {
	kept := o.kept()
	s := &plan.Summary{
		DryRun: true, NotOurs: o.NotOurs, Findings: o.Findings, Checks: o.Checks,
		Outcome: o.Outcome, Proof: o.Proof, Due: len(kept), Excluded: len(o.left) + len(o.Excluded), Barred: len(o.Stopped), Run: plan.Commands(kept),
	}
	s.Add, s.Change, s.Destroy = plan.Counts(kept)
	return s
}

// accessText is who gets in, in about so many lines of a dialog, and whether that
// is all of it.
func (o *offer) accessText(most, width int) (text []string, all bool) {
	const more = 2 // lines that say how many are not shown, and where they are
	lines := 0
	for _, sentence := range o.givesAll {
		lines += len(words.Fit(sentence, width))
	}
	text = []string{"", "This gives access:"}
	switch {
	case lines == 0:
		return nil, true
	case lines <= most:
		return append(text, o.givesAll...), true
	}
	shown := 0
	for room := most - more; room >= 0; shown++ { // it ends before the sentences do
		room -= len(words.Fit(o.givesAll[shown], width))
	}
	if shown--; shown <= 0 {
		return []string{"", fmt.Sprintf("This gives access in %s: choose %s.", words.Plural(len(o.givesAll), "way"), readAccess)}, false
	}
	text = append(text, o.givesAll[:shown]...)
	return append(text, fmt.Sprintf("and %d more: choose %s.", len(o.givesAll)-shown, readAccess)), false
}

// tally is what a review says of one stage.
type tally struct {
	changes, left       int
	attention, failures int
}

// tallies counts for all stages at once, with what failed of the changes made last.
func (o *offer) tallies(made *plan.Summary) map[int]*tally {
	of := map[int]*tally{}
	at := func(step int) *tally {
		if of[step] == nil {
			of[step] = &tally{}
		}
		return of[step]
	}
	for i := range o.Changes {
		t := at(o.Changes[i].Step)
		t.changes++
		if o.left[o.Changes[i].ID] {
			t.left++
		}
	}
	for _, f := range o.Findings {
		switch f.Severity {
		case plan.Failure:
			at(f.Step).failures++
		case plan.Warning:
			at(f.Step).attention++
		case plan.Info:
		}
	}
	if made != nil {
		for _, f := range made.Failures {
			at(f.Change.Step).failures++
		}
	}
	return of
}
