package onboard

import (
	"cmp"
	"context"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// Onboarding makes this laptop one admin's own: the key is renewed so that
// nobody else ever had it, the profiles and the projects' files are written, and
// every environment and project is proven. A finished one changes nothing and
// shows the table again.
//
// Its calls are sent by the operator of the flow's sessions, which have to be
// opened with [awsops.Config].Key: the key that was handed over, or an empty one
// where the key is in the profile already.
type Onboarding struct {
	Answers *blueprint.Answers
	// Handover is what was opened and checked; nil for a pasted key, and for who
	// comes back.
	Handover *handover.Handover
	// KeyID is the id of the key that was handed over or pasted; empty for who
	// comes back.
	KeyID string
	// Rotate renews the key in the profile.
	Rotate bool
	// Now is the clock.
	Now func() time.Time

	// began is the key that this run is to renew; no key's id where it has made or
	// finished a new one.
	began string
	last  *scene
}

// Flow is the onboarding as a flow over env. The caller adds Emit, Confirm and
// what else a presenter decides.
func (o *Onboarding) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: o.Answers, Steps: steps.Order(), Look: o.Look, Prove: o.Prove, Close: o.Close}
}

// Look finds out whose key this is and what this laptop and AWS hold already,
// and plans what is missing. What can be read is checked at once: every
// environment's role, every project's state.
func (o *Onboarding) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	s := &scene{o: o, env: env, a: o.Answers, region: o.Answers.StateRegion}
	o.last = s
	for _, part := range []func(context.Context) error{
		s.readFiles, s.identify, s.inspectKeys, s.placeKey, s.planKeys, s.planFactor, s.planProfiles, s.planProjects, s.checkReads,
	} {
		err := part(ctx)
		if awsops.IsUnknownKey(err) { // it was taken since it answered
			s.broken(s.keyCheck(s.key()), s.refused(err, s.key()))
			err = nil
		}
		if err != nil {
			return s.review, err
		}
		if s.review.Blocked() {
			s.review.Changes = nil // nothing is made of a plan that has no ground
			break
		}
	}
	s.order()
	return s.review, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// Prove adds what only writing and Terraform can tell: the lock taken and
// released, the key used, and a plan in every project. It has nothing to prove
// before the key is the admin's own.
func (o *Onboarding) Prove(ctx context.Context, _ *engine.Env, r plan.Review, _ *plan.Summary) plan.Review {
	s := o.last
	if s == nil || r.Blocked() || !s.owned() {
		return r
	}
	s.review = r
	for i, f := range r.Findings {
		if f.ID == diagnosis.ProviderUnavailable.ID {
			s.review.Findings[i] = onceMore(f)
		}
	}
	s.prove(ctx)
	s.order()
	return s.review
}

// order puts checks and findings into the order of the table: the key's own, then
// every environment's and every project's, in the blueprint's order. What is found
// of several is told once.
func (s *scene) order() {
	rank := map[string]int{}
	for _, e := range s.a.Environments {
		rank[e.Name] = len(rank) + 1
	}
	for _, p := range s.a.Projects {
		rank[p.Name] = max(rank[p.Name], len(rank)+1)
	}
	slices.SortStableFunc(s.review.Findings, func(a, b plan.Finding) int { return cmp.Compare(rank[a.Subject], rank[b.Subject]) })
	s.review.Findings = plan.Together(s.review.Findings)
	slices.SortStableFunc(s.review.Checks, func(a, b plan.Check) int {
		return cmp.Or(cmp.Compare(rank[a.Subject], rank[b.Subject]),
			cmp.Compare(slices.Index(columns, a.Name), slices.Index(columns, b.Name)))
	})
}

// columns are the checks in the order of the table.
var columns = []string{
	checkKey, checkAccount, checkUser, checkAge, checkClock, checkFactor, checkSession,
	checkRole, checkWhere, checkRead,
	checkFiles, checkInit, checkState, checkUse, checkLock, checkPlan,
}
