package plan

import (
	"fmt"
	"slices"
)

// Obstacle is why a change is not made: a finding that stops it, or a change that it
// needs, or is, and that was not made.
type Obstacle struct {
	// Finding is the id of the finding; empty where it is a change.
	Finding string
	change  *Change
	why     whyNotMade
}

// whyNotMade is what became of a change that a proof rests on.
type whyNotMade int

const (
	stillDue whyNotMade = iota
	failed
	notAgreed
	leftOut
)

// Known tells whether there is one.
func (o Obstacle) Known() bool { return o.Finding != "" || o.change != nil }

// LeftOut tells whether it is a change that the operator left out.
func (o Obstacle) LeftOut() bool { return o.change != nil && o.why == leftOut }

// Because is the clause that names it: a finding by its id, a change by its title.
func (o Obstacle) Because() string {
	if o.change == nil {
		return "because of " + o.Finding
	}
	became := map[whyNotMade]string{stillDue: "is still to be made", failed: "failed", notAgreed: "was not confirmed", leftOut: "was left out"}
	return fmt.Sprintf("because \"%s\" %s", o.change.Title, became[o.why])
}

// Remedy is what takes it away, and lets a command such as "stateroom setup" prove the
// rest.
func (o Obstacle) Remedy(command string) string {
	then := ", then run " + command + " again: it proves the rest."
	if o.change == nil {
		return "Fix " + o.Finding + " first" + then
	}
	switch o.why {
	case failed:
		return fmt.Sprintf("Fix the reason why \"%s\" failed", o.change.Title) + then
	case notAgreed:
		return fmt.Sprintf("Allow \"%s\" with %s --adopt %s, which then proves the rest.", o.change.Title, command, Shell(o.change.NotOurs))
	case leftOut, stillDue:
	}
	return fmt.Sprintf("Run %s and confirm \"%s\": it then proves the rest.", command, o.change.Title)
}

// Obstacles say of every change of a review that is not made what stands in its way, by
// the change's id: what stops it, what failed of it, that nobody agreed to it, or that it
// is due. What was made and is due once more, as a finding tells, stands in no way: it may
// work all the same. Refused are the changes that failed when they were made.
func (r Review) Obstacles(refused []FailedChange) map[string]Obstacle {
	all := slices.Concat(r.Changes, r.NotOurs, r.Excluded, r.Stopped)
	obstacles, users := map[string]Obstacle{}, UsersOf(all)
	for id, by := range StoppedBy(all, r.Findings) {
		obstacles[id] = Obstacle{Finding: by}
	}
	due := func(changes []Change, why whyNotMade, root func(c *Change) bool) {
		for i := range changes {
			if !root(&changes[i]) {
				continue
			}
			for id := range reached(slices.Values([]string{changes[i].ID}), users) {
				if !obstacles[id].Known() {
					obstacles[id] = Obstacle{change: &changes[i], why: why}
				}
			}
		}
	}
	needsNone := func(of []Change) func(*Change) bool {
		among := map[string]bool{}
		for i := range of {
			among[of[i].ID] = true
		}
		return func(c *Change) bool { return !slices.ContainsFunc(c.Needs, func(id string) bool { return among[id] }) }
	}
	told, tried := map[string]bool{}, map[string]bool{}
	for _, f := range r.Findings {
		told[f.ID] = true
	}
	for _, f := range refused {
		tried[f.Change.ID] = true
	}
	due(r.Changes, failed, func(c *Change) bool { return tried[c.ID] })
	due(r.NotOurs, notAgreed, func(c *Change) bool { return c.NotOurs != "" })
	due(r.Excluded, leftOut, needsNone(r.Excluded))
	first := needsNone(r.Changes)
	due(r.Changes, stillDue, func(c *Change) bool { return first(c) && !told[c.NotHeldID()] })
	return obstacles
}

// NotHeldID is the id of the finding that the change was made and is due once more.
func (c *Change) NotHeldID() string { return c.ID + "-not-held" }
