package plan

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// Leading are the changes of a project that leads to these places. They wait for
// the consent to a single place; with more, or where something else has to be
// agreed to as well, they are left out until the command line agrees.
func Leading(places []string, changes ...Change) []Change {
	if len(places) == 0 {
		return changes
	}
	var waiting []Change
	for _, c := range changes {
		if len(places) > 1 || c.NotOurs != "" {
			return nil
		}
		c.NotOurs, c.Leads = places[0], true
		c.Risk = "The project's files lead Terraform to " + places[0] + "."
		waiting = append(waiting, c)
	}
	return waiting
}

// Permitted splits changes into those that may be applied without a further
// word and those that touch what is not this blueprint's and nobody adopted, together
// with everything that needs it.
func Permitted(changes []Change, a *blueprint.Answers) (allowed, notOurs []Change) {
	waiting := map[string]bool{}
	for _, c := range changes {
		if c.NotOurs != "" && !a.Adopted(c.NotOurs) {
			waiting[c.ID] = true
		}
	}
	return Exclude(changes, waiting)
}

// Review is what the operator is asked to confirm.
type Review struct {
	Changes  []Change
	NotOurs  []Change
	Findings []Finding
	// Excluded are the changes that the operator left out, and those that need one
	// of them.
	Excluded []Change
	// Stopped are the changes that a finding stops, and those that need one of them.
	Stopped []Change
	// Checks are what was looked at, where a flow tells it.
	Checks []Check
	// Outcome is what the look has found so; nil where the flow does not tell.
	Outcome Outcome
	// Proof is how far that was shown to work.
	Proof Proof
	// Actor is who makes the changes.
	Actor Actor
	// Pace is how long the changes take at least.
	Pace awsops.Pace
	// Looked is the look that all of this rests on.
	Looked Look

	// Against are those of the findings that are about what is permitted.
	Against []Finding
}

// Decision is the operator's answer to a review. Adopt are the ARNs and paths
// that may be changed although they are not this blueprint's.
type Decision struct {
	Yes   bool
	Adopt []string
}

// Adoptable are the ARNs and paths that have to be agreed to, each once.
func Adoptable(notOurs []Change) []string {
	var targets []string
	for _, c := range notOurs {
		if c.NotOurs != "" && !slices.Contains(targets, c.NotOurs) {
			targets = append(targets, c.NotOurs)
		}
	}
	return targets
}

// WouldChange lists what an adoption lets happen, in the plan's signs.
func WouldChange(notOurs []Change, target string) string {
	var lines []string
	for _, c := range notOurs {
		if c.NotOurs != target {
			continue
		}
		lines = append(lines, c.Action.Symbol()+" "+c.Title)
		for _, command := range c.runLines() {
			lines = append(lines, "    $ "+command)
		}
	}
	return strings.Join(lines, "\n")
}

// Blocking tells whether a finding stands against making any change at all.
func Blocking(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Blocks })
}

// Blocked tells whether a finding stands against making any change at all.
func (r Review) Blocked() bool { return Blocking(r.Findings) }

// Users are the changes that need a change, by its id.
type Users map[string][]string

// UsersOf finds which of the changes need which.
func UsersOf(changes []Change) Users {
	u := Users{}
	for i := range changes {
		for _, need := range changes[i].Needs {
			u[need] = append(u[need], changes[i].ID)
		}
	}
	return u
}

// LeftWith are the changes of these ids and all that need one of them.
func (u Users) LeftWith(out map[string]bool) map[string]bool { return reached(maps.Keys(out), u) }

// reached are these ids and all to which others lead from them.
func reached(from iter.Seq[string], lead map[string][]string) map[string]bool {
	all := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if all[id] {
			return
		}
		all[id] = true
		for _, next := range lead[id] {
			visit(next)
		}
	}
	for id := range from {
		visit(id)
	}
	return all
}

// Exclude splits changes into those that are made and those that are not: the
// ones in without, and all that need one of them.
func Exclude(changes []Change, without map[string]bool) (kept, left []Change) {
	if len(without) == 0 {
		return changes, nil
	}
	out := UsersOf(changes).LeftWith(without)
	return split(changes, func(c *Change) bool { return out[c.ID] })
}

// split parts changes into those that are kept and those that are left out.
func split(changes []Change, out func(*Change) bool) (kept, left []Change) {
	for i := range changes {
		if out(&changes[i]) {
			left = append(left, changes[i])
		} else {
			kept = append(kept, changes[i])
		}
	}
	return kept, left
}

// Unstopped are the changes that no finding stops, neither themselves nor by what they
// need ([Finding.Stops]).
func Unstopped(changes []Change, findings []Finding) []Change {
	kept, _ := Stopped(changes, findings)
	return kept
}

// Stopped splits changes into those that no finding stops and the others.
func Stopped(changes []Change, findings []Finding) (kept, left []Change) {
	by := StoppedBy(changes, findings)
	if len(by) == 0 {
		return changes, nil
	}
	return split(changes, func(c *Change) bool { return by[c.ID] != "" })
}

// StoppedBy says of all that findings stop by the id of which: what they stand in the
// place of, and the changes that need it.
func StoppedBy(changes []Change, findings []Finding) map[string]string {
	by := map[string]string{}
	if !slices.ContainsFunc(findings, func(f Finding) bool { return len(f.Stops) > 0 }) {
		return by
	}
	users := UsersOf(changes)
	for _, f := range findings {
		for id := range reached(slices.Values(f.Stops), users) {
			if by[id] == "" {
				by[id] = f.ID
			}
		}
	}
	return by
}

// Required are the changes of one step with all that they need, in the order of
// changes: what is made when that step alone is applied.
func Required(changes []Change, step int) []Change {
	needs, own := map[string][]string{}, map[string]bool{}
	for _, c := range changes {
		needs[c.ID] = c.Needs
		if c.Step == step {
			own[c.ID] = true
		}
	}
	wanted := reached(maps.Keys(own), needs)
	var required []Change
	for _, c := range changes {
		if wanted[c.ID] {
			required = append(required, c)
		}
	}
	return required
}
