// Package health is what the parts of a health check share: the projects that are
// looked at, where their states are, and the [Report] into which each part puts what
// its checks came to.
//
// What does not live here: the checks themselves (packages laptop and account), and
// the health check as a flow (package troubleshoot).
package health

import (
	"cmp"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// Result is what one check came to: what it was told, what is wrong, and what fixes
// that.
type Result struct {
	// Check is not told where its name is empty: a finding of another check's.
	Check plan.Check
	// Apart is what tells the check from others of its name and subject.
	Apart string
	*plan.Finding
	// Cause is why, where several results can have one: those of one id and one cause are
	// told once, with all their subjects.
	Cause string
	// Err is the failed call that the finding is about, nil without one.
	Err error
	// Fixes correct a project's files, and Changes anything else, the blueprint's own
	// first. Advice says that the remedy stands beside the changes, whose titles do not
	// say enough.
	Fixes   []Fix
	Changes []plan.Change
	Advice  bool
	// Needs are what somebody with more rights has to give to Who asked: policy
	// statements and commands; empty where that is nobody's rights' matter.
	Who   string
	Needs []string
	// Lacks is the action that no policy of Who's own or its groups' allows; empty where
	// something else is wrong.
	Lacks string
	// Init is what the directory of the project in question needs besides.
	Init Init
	// Alias is how AWS is likely to tell of the same thing.
	Alias *Alias
}

// Fix is a correction of a project's files. All of a project's become one edit of each
// file, so that no part of the health check overwrites another's.
type Fix struct {
	Project string
	// Finding is the key of the finding that it fixes; empty is that of its result.
	Finding  string
	Backend  func(*tf.Backend)
	Provider func(*tf.Provider)
}

// Init is what a project's directory needs, as far as the place of the state decides
// it.
type Init struct {
	Project string
	// Kind is what is to be run; InitNone leaves that to the arguments.
	Kind tf.InitKind
	// Moves are the changes that move a state.
	Moves []plan.Change
	// Stuck says that nothing may be run: a state could be lost, or nobody can tell.
	Stuck bool
	// Refused says that the engine does not take the configuration.
	Refused bool
	// Asks says that init -reconfigure takes consent: it may lose sight of a state.
	Asks bool
	// Push says that a state lies here which an apply could not save.
	Push bool
	// MoveAside is where what init left goes.
	MoveAside string
}

// and is what a directory needs by two results: the first that names a kind decides.
func (i Init) and(more Init) Init {
	i.Project = cmp.Or(i.Project, more.Project)
	i.Kind = cmp.Or(i.Kind, more.Kind)
	i.Moves = append(i.Moves, more.Moves...)
	i.Stuck, i.Refused = i.Stuck || more.Stuck, i.Refused || more.Refused
	i.Asks, i.Push = i.Asks || more.Asks, i.Push || more.Push
	i.MoveAside = cmp.Or(i.MoveAside, more.MoveAside)
	return i
}

// Alias says that AWS is likely to confirm a finding of the files under an id of its
// own, of the resource that they name: a mistyped bucket is missing. Or that another check
// of the files tells of the same thing.
type Alias struct {
	Resource string
	IDs      []string
}

// Report is what one part of the health check came to, or all of them.
type Report struct {
	Checks   []plan.Check
	Findings []plan.Finding
	Changes  []plan.Change
	Fixes    []Fix
	// Actor is who makes the changes that send calls; empty where nobody could sign in.
	Actor   plan.Actor
	inits   map[string]Init
	aliases map[string]Alias // by the key of their finding
}

// Add takes over the results of a check that has ended, and tells of it at once.
func (r *Report) Add(env *engine.Env, results ...Result) {
	for _, one := range results {
		if one.Check.Name != "" {
			r.Checks = append(r.Checks, one.Check)
			env.Emit(plan.Event{Kind: plan.EventCheck, Check: &one.Check})
		}
		key := ""
		if f := one.Finding; f != nil {
			f.RequestIDs = append(f.RequestIDs, awsops.RequestIDs(one.Err)...)
			r.Findings, key = append(r.Findings, *f), f.Key()
		}
		for _, fix := range one.Fixes {
			fix.Finding = cmp.Or(fix.Finding, key)
			r.Fixes = append(r.Fixes, fix)
		}
		r.Changes = append(r.Changes, one.Changes...)
		r.need(one.Init)
		if one.Alias != nil {
			r.alias(key, *one.Alias)
		}
	}
}

func (r *Report) need(init Init) {
	if r.inits == nil {
		r.inits = map[string]Init{}
	}
	r.inits[init.Project] = r.inits[init.Project].and(init)
}

func (r *Report) alias(finding string, a Alias) {
	if r.aliases == nil {
		r.aliases = map[string]Alias{}
	}
	r.aliases[finding] = a
}

// InitOf is what a project's directory needs.
func (r *Report) InitOf(project string) Init { return r.inits[project] }

// Merge is one report of all parts, in their order. What AWS says of a thing is joined
// to what the files say of it, which is found first and names the line to fix.
func Merge(parts ...Report) Report {
	var all Report
	for _, part := range parts {
		all.Checks = append(all.Checks, part.Checks...)
		all.Changes = append(all.Changes, part.Changes...)
		all.Fixes = append(all.Fixes, part.Fixes...)
		if part.Actor != (plan.Actor{}) {
			all.Actor = part.Actor
		}
		for _, init := range part.inits {
			all.need(init)
		}
		for key, a := range part.aliases {
			all.alias(key, a)
		}
		for _, f := range part.Findings {
			all.join(f)
		}
	}
	for _, f := range slices.Clone(all.Findings) {
		if a, has := all.aliases[f.Key()]; has {
			all.rename(f, a)
		}
	}
	return all
}

// join adds a finding, or its evidence to that of the same thing.
func (r *Report) join(f plan.Finding) {
	i := slices.IndexFunc(r.Findings, func(have plan.Finding) bool {
		return have.ID == f.ID && (have.Subject == f.Subject || have.Subject == "" || f.Subject == "")
	})
	if i < 0 {
		r.Findings = append(r.Findings, f)
		return
	}
	addEvidence(&r.Findings[i], f)
}

func addEvidence(to *plan.Finding, f plan.Finding) {
	to.Evidence += " " + f.Evidence
	to.RequestIDs = slices.Concat(to.RequestIDs, f.RequestIDs)
	to.Resource, to.Name = cmp.Or(to.Resource, f.Resource), cmp.Or(to.Name, f.Name)
	to.Details = cmp.Or(to.Details, f.Details)
	to.Stops = slices.Concat(to.Stops, f.Stops)
}

// rename makes one finding of a finding of the files and AWS's of the same thing. It
// bears AWS's id, which is one of the diagnoses, unless its own is.
func (r *Report) rename(own plan.Finding, a Alias) {
	f := own
	var kept []plan.Finding
	merged := []plan.Finding{own}
	at := -1
	for _, g := range r.Findings {
		switch {
		case g.Key() == own.Key():
			at, kept = len(kept), append(kept, g)
		case slices.Contains(a.IDs, g.ID) && g.Resource == a.Resource && (g.Subject == own.Subject || g.Subject == "" || own.Subject == ""):
			if !diagnosis.Known(f.ID) {
				f.ID, f.Severity = g.ID, g.Severity
			}
			if !f.Bears(g.ID) {
				f.Also = append(f.Also, g.ID)
			}
			addEvidence(&f, g)
			merged = append(merged, g)
		default:
			kept = append(kept, g)
		}
	}
	if at < 0 {
		return
	}
	kept[at], r.Findings = f, kept
	for _, g := range merged {
		for i := range r.Fixes {
			if fix := &r.Fixes[i]; fix.Finding == g.Key() {
				fix.Finding = f.Key()
			}
		}
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Finding == g.ID && c.Subject == g.Subject {
				c.Finding = f.ID
			}
		}
	}
}
