package plan

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"stateroom/awsops"
)

// Confirmed splits what a new look plans, after an answer was lost, into what
// the operator has Confirmed already and what has to be shown first. A change is
// Confirmed when one of its id was shown that does all that it does: the same
// calls as the same identity, the same text into the same file, the same command.
// What was "known after apply" may have become known since. What needs a change
// that is not Confirmed is left as well. Known gives what this run has made: to
// undo that is part of the plan that announced it (Change.Undoes).
func Confirmed(changes, shown []Change, known func(awsops.Reference) (string, bool)) (kept, left []Change) {
	unknown := map[string]bool{}
	for _, c := range changes {
		covers := func(s Change) bool { return s.ID == c.ID && s.Covers(c) }
		made, ours := known(c.Undoes)
		if !slices.ContainsFunc(shown, covers) && !(ours && made == c.Target) {
			unknown[c.ID] = true
		}
	}
	return Exclude(changes, unknown)
}

// Covers tells whether a later change does nothing that this one, which was
// shown, did not announce.
func (c Change) Covers(later Change) bool {
	same := awsops.MayBecome
	if !same(c.Account, later.Account) || c.Region != later.Region || c.Role != later.Role || c.Profile != later.Profile {
		return false
	}
	for _, call := range later.Calls {
		announced := func(shown awsops.Call) bool {
			return shown.Service == call.Service && shown.Operation == call.Operation && same(inputText(shown), inputText(call))
		}
		if !slices.ContainsFunc(c.Calls, announced) {
			return false
		}
	}
	return c.Write.covers(later.Write) && c.Run.covers(later.Run)
}

func (w *Write) covers(later *Write) bool {
	switch {
	case later == nil:
		return true
	case w == nil || w.Remove != later.Remove || w.Edit.Before.Path != later.Edit.Before.Path:
		return false
	case (w.Seal == nil) != (later.Seal == nil) || w.Seal != nil && *w.Seal != *later.Seal:
		return false
	}
	return awsops.MayBecome(string(w.Edit.After), string(later.Edit.After))
}

func (r *Run) covers(later *Run) bool {
	return later == nil || r != nil && reflect.TypeOf(r.Command) == reflect.TypeOf(later.Command) && r.Project == later.Project && r.Dir == later.Dir
}

// inputText is a call's input as one text, its members in order.
func inputText(c awsops.Call) string {
	data, err := json.Marshal(c.InputMap())
	if err != nil {
		return fmt.Sprintf("%p", c.Input) // as no other: an input of the SDK's always marshals
	}
	return string(data)
}

// Unconfirmed tells of what was left since nobody has confirmed it. What only
// waits for another of these stands with that one.
func Unconfirmed(left []Change) []Finding {
	var findings []Finding
	for _, c := range left {
		if slices.ContainsFunc(left, func(other Change) bool { return slices.Contains(c.Needs, other.ID) }) {
			continue
		}
		if c.Unconfirmed != nil {
			findings = append(findings, *c.Unconfirmed)
			continue
		}
		findings = append(findings, Finding{
			ID: c.FindingID("not-confirmed"), Of: c.Of, Step: c.Step, Severity: Warning,
			Evidence: fmt.Sprintf("%s: this change came up only when AWS was asked again. You have not confirmed it, so it was not made.", c.Title),
			Remedy:   "Run the command again: it shows what is there now, and asks before it changes anything.",
			Details:  waiting(c, left),
		})
	}
	return findings
}

// waiting lists what needs the change, directly or through others.
func waiting(c Change, left []Change) string {
	_, wait := Exclude(left, map[string]bool{c.ID: true})
	var lines []string
	for _, w := range wait {
		if w.ID != c.ID {
			lines = append(lines, "waits for it: "+w.Title)
		}
	}
	return strings.Join(lines, "\n")
}
