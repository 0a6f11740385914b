// Package account finds out what AWS says of a set-up and plans what mends it. All is
// read at once; [checks] are functions from what was read to results, in the
// article's order; and the findings with what mends them are made of the results.
//
// What does not live here: what lies on this laptop (package laptop), what the
// blueprint would have changed (package steps), the causes in words (package
// diagnosis), and carrying anything out (package engine).
package account

import (
	"context"
	"slices"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/troubleshoot/health"
)

// Look reads everything at once, checks it and plans what mends it. Without an answer
// in time, the report is empty.
func Look(ctx context.Context, env *engine.Env, a *blueprint.Answers, states []health.StateLocation) health.Report {
	f := read(ctx, env, a, states)
	if ctx.Err() != nil {
		return health.Report{}
	}
	f.plan = mending(f)
	if steps.ReadQuotas(ctx, env, a, f.observed, f.plan.Changes) {
		f.plan = mending(f)
	}
	var results, faults []health.Result
	for _, check := range checks {
		for _, r := range check(f) {
			results = append(results, r)
			if r.Finding != nil {
				faults = append(faults, r)
			}
		}
	}
	tellApart(results)
	all := withAgreement(unite(merge(faults)))
	var report health.Report
	for _, r := range results {
		if r.Finding != nil {
			r.Check.Finding = toldBy(all, r)
		}
		report.Add(env, health.Result{Check: r.Check})
	}
	report.Findings, report.Changes = settle(f, all, preflight(ctx, env, f, fixes(f, all)))
	report.Actor = steps.Acting(f.operator)
	return report
}

// inLine is the width of a check's name beside others.
const inLine = 34

// tellApart adds to checks of one name about one subject what each is about.
func tellApart(results []health.Result) {
	type called struct{ name, subject string }
	times := map[called]int{}
	for _, r := range results {
		times[called{r.Check.Name, r.Check.Subject}]++
	}
	for i := range results {
		if c := &results[i].Check; times[called{c.Name, c.Subject}] > 1 && results[i].Apart != "" {
			apart := results[i].Apart
			if room := max(8, inLine-len(c.Name)-len(" ()")); len(apart) > room {
				apart = "…" + apart[len(apart)-room+1:] // ids differ at their ends
			}
			c.Name += " (" + apart + ")"
		}
	}
}

// checks are what AWS is asked about, in the article's order. Each is pure: the same
// facts lead to the same results.
var checks = []func(*facts) []health.Result{
	of(identities, checkIdentity),
	checkAgreement,
	of(buckets, checkBucket),
	of(reached, checkKeys),
	of(roles, checkRole),
	of(reached, checkLocks),
	of(reached, checkStates),
	checkKeyAges,
	checkBlueprint,
}

// of makes a check of all things of a kind out of one of a single thing.
func of[T any](things func(*facts) []T, check func(*facts, T) []health.Result) func(*facts) []health.Result {
	return func(f *facts) (all []health.Result) {
		for _, x := range things(f) {
			all = append(all, check(f, x)...)
		}
		return all
	}
}

func identities(f *facts) []*identity { return f.identities }

func roles(f *facts) []*roleAccess { return f.roles }

// buckets are those in which an identity is meant to work.
func buckets(f *facts) (all []*bucketAccess) {
	for _, id := range f.identities {
		for _, b := range id.buckets {
			if len(b.states) > 0 {
				all = append(all, b)
			}
		}
	}
	return all
}

// reached are the buckets of which AWS answered somebody.
func reached(f *facts) []*bucketAccess {
	return slices.DeleteFunc(buckets(f), func(b *bucketAccess) bool { return b.asked == "" || b.unreachable() })
}

// The names of the checks, in the article's words.
const (
	nameIdentity   = "identity"
	nameKeyAges    = "age of access keys"
	nameExists     = "bucket exists"
	nameRegion     = "bucket region"
	nameList       = "bucket may be listed"
	nameRead       = "permission to read the state"
	nameWrite      = "permission to write the state"
	nameHeaders    = "bucket policy allows the write"
	nameKey        = "key permissions"
	nameAssumeRole = "permission to assume the role"
	nameInside     = "permissions inside the environment"
	nameKeyState   = "key state"
	nameTable      = "lock table"
	nameItems      = "permission for the lock table"
	nameLockFile   = "permission for the lock file"
	nameLock       = "lock holder"
	nameDigest     = "state digest"
)
