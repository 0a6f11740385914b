package words

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// Stakes are what somebody should know before changes are made: where and as whom, how long
// it takes where that is long, for which environments, what it costs, what nobody can undo, how many changes there are
// and what is left out with the reason. Byhand are how many the operator has left out.
func Stakes(r plan.Review, kept []plan.Change, byHand int) []plan.Fact {
	var facts []plan.Fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, plan.Fact{Name: name, Value: value})
		}
	}
	account := r.Actor.Account
	if r.Actor.Name != "" {
		account += " (" + r.Actor.Name + ")"
	}
	add("Account", account)
	add("You are", r.Actor.Identity)
	add("Changes", strings.TrimPrefix(plan.Line(kept), "Plan: "))
	if r.Pace.Long() {
		add("Time", r.Pace.String())
	}
	if names := touched(r.Outcome, kept); len(names) > 0 {
		add("Environments", plan.Enumerated(names))
	}
	add("Cost", Monthly(plan.Cents(kept)))
	add("Cannot be undone", final(kept))
	add("Left out", leftOut(r, kept, byHand))
	return facts
}

// touched are the environments that the changes touch or, where they are about an admin's
// laptop, that the admin works in.
func touched(o plan.Outcome, kept []plan.Change) []string {
	names := plan.Places(kept)
	if aboard, is := o.(plan.Aboard); is && len(names) == 0 {
		for _, at := range aboard.Places {
			names = append(names, at.Environment)
		}
	}
	return names
}

// Monthly is what a number of US cents a month is called.
func Monthly(cents int) string {
	const few = 50
	switch {
	case cents == 0:
		return "nothing"
	case cents < few:
		return "a few cents a month"
	case cents%100 < few/5:
		return fmt.Sprintf("about %d USD a month", cents/100)
	}
	return fmt.Sprintf("about %d.%02d USD a month", cents/100, cents%100)
}

// final are the changes that nobody can undo.
func final(kept []plan.Change) string {
	const most = 2
	var titles []string
	more := 0
	for i := range kept {
		switch {
		case !kept[i].Final():
		case len(titles) == most:
			more++
		default:
			titles = append(titles, kept[i].Title)
		}
	}
	if len(titles) == 0 {
		return "nothing"
	}
	text := strings.Join(titles, "; ")
	if more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// leftOut is what is not made, and why; empty where that is nothing.
func leftOut(r plan.Review, kept []plan.Change, byHand int) string {
	made := map[string]bool{}
	for i := range kept {
		made[kept[i].ID] = true
	}
	unconfirmed := 0
	for i := range r.NotOurs {
		if !made[r.NotOurs[i].ID] {
			unconfirmed++
		}
	}
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{
		{byHand + len(r.Excluded), "by you"}, {unconfirmed, "not confirmed"}, {len(r.Stopped), "stopped by a finding"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	return strings.Join(parts, ", ")
}
