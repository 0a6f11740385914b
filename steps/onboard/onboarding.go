package onboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
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
	last  *look
	// leaving is the key that this run moves away from to a sign-in; nil without one.
	leaving *formerKey
}

// look is what one look found, part by part: each is made of those before it.
type look struct {
	*inputs
	who  identity
	keys userKeys
	// newKeyPlanned says that a new key is to be made.
	newKeyPlanned bool
	factor        secondFactor
	// stateKey is the key of the state, nil where it is not known.
	stateKey *awsops.Key
	// written are the projects' files, and signedIn is the member of a group of Identity
	// Center, nil for a user with a key.
	written  []projectFiles
	signedIn *member
	// leaving is the key in Terraform's profile from which the person moves to a sign-in; nil
	// without one.
	leaving *formerKey
	// worker works as Terraform does, and could read the states of the projects
	// that are readable.
	worker   worker
	readable map[string]bool
	// obstacles are what keeps the changes that were not made.
	obstacles map[string]plan.Obstacle
}

// settled tells whether the profile holds the user's own key, for good.
func (l *look) settled() bool { return l.who.status == owned && !l.newKeyPlanned }

// Flow is the onboarding as a flow over env. The caller adds Emit, Confirm and
// what else a presenter decides.
func (o *Onboarding) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: o.Answers, Steps: steps.Order(), Look: o.Look, Preflight: o.preflight, Prove: o.Prove, Close: o.Close}
}

// Look finds out whose key this is and what this laptop and AWS hold already,
// and plans what is missing. What can be read is checked at once: every
// environment's role, every project's state.
func (o *Onboarding) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	in := newInputs(env, o.Answers, o.Now)
	in.handover, in.given, in.rotate = o.Handover, o.KeyID, o.Rotate
	l := &look{inputs: in}
	o.last = l
	err := o.look(ctx, l)
	if awsops.IsUnknownKey(err) { // it was taken since it answered
		in.findRefused(&l.who, err, l.who.key())
		err = nil
	}
	if err != nil {
		return in.review, err
	}
	in.review.Outcome, in.review.Actor, in.review.Proof = l.outcome(), in.acting(l.who), plan.Unproved(plan.NotTried)
	if in.review.Blocked() {
		in.review.Changes = nil // nothing is made of a plan that has no ground
	}
	l.order()
	return in.review, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// look fills in the parts of l. It ends early where a finding stands against making
// any change.
func (o *Onboarding) look(ctx context.Context, l *look) (err error) {
	in := l.inputs
	if err := in.read(); err != nil {
		return err
	}
	if in.misencoded(); in.review.Blocked() {
		return nil
	}
	if in.elsewhere(); in.review.Blocked() {
		return nil
	}
	in.openToOthers()
	in.overridden()
	if g, is := in.signsIn(); is && o.KeyID == "" {
		return o.lookMember(ctx, l, g)
	}
	if l.who, err = identify(ctx, in); err != nil || in.review.Blocked() {
		return err
	}
	if l.keys, err = readKeys(ctx, in, &l.who); err != nil || in.review.Blocked() {
		return err
	}
	if l.stateKey, err = readStateKey(ctx, in, &l.who); err != nil {
		return err
	}
	in.readRegions(ctx, &l.who)
	l.newKeyPlanned = o.renews(&l.who, l.keys)
	l.factor = placeKey(in, &l.who, l.newKeyPlanned)
	if err := planKeys(ctx, in, &l.who, l.keys, l.newKeyPlanned); err != nil || in.review.Blocked() {
		return err
	}
	if in.twoIdentities(); in.review.Blocked() {
		return nil
	}
	f := &factorPlan{inputs: in, secondFactor: &l.factor, who: &l.who, keys: l.keys, newKeyPlanned: l.newKeyPlanned}
	if err := f.plan(ctx); err != nil {
		return err
	}
	l.worker = worker{inputs: in, who: &l.who, factor: l.factor, Session: l.who.caller}
	if l.factor.session != nil {
		l.worker.Session = l.factor.session
	}
	l.readable = l.worker.checkReads(ctx) // what cannot work is not written
	planProfiles(in, &l.who)
	l.written, err = planProjects(ctx, l)
	return err
}

// renews tells whether a new key has to be made. A renewal is due once in a
// run, and finishing one that was cut short is one.
func (o *Onboarding) renews(who *identity, keys userKeys) bool {
	const nothing = "nothing" // no key has this id
	switch {
	case who.status != owned, who.held == who.given:
		o.began = nothing // the key that is made is new
		return true
	case !o.Rotate:
		return false
	case o.began == "" && keys.oldKeyLeft != "":
		o.began = nothing
	case o.began == "":
		o.began = who.held
	}
	return o.began == who.held
}

// Prove adds what only writing and Terraform can tell: the lock taken and
// released, the key used, and a plan in every project. It has nothing to prove
// before the key is the admin's own.
func (o *Onboarding) Prove(ctx context.Context, _ *engine.Env, r plan.Review, made *plan.Summary) plan.Review {
	l := o.last
	if l == nil || r.Blocked() || !l.settled() {
		return r
	}
	l.review = r
	for i, f := range r.Findings {
		if f.ID == diagnosis.ProviderUnavailable.ID {
			l.review.Findings[i] = onceMore(f)
		}
	}
	l.obstacles = r.Obstacles(made.Failures)
	l.prove(ctx)
	l.order()
	reached := l.outcome()
	l.review.Outcome, l.review.Proof = reached, l.proof(reached)
	return l.review
}

// order puts checks and findings into the order of the table: the key's own, then
// every environment's and every project's, in the blueprint's order. What is found
// of several is told once.
func (l *look) order() {
	rank := map[string]int{}
	for _, e := range l.answers.Environments {
		rank[e.Name] = len(rank) + 1
	}
	for _, p := range l.answers.Projects {
		rank[p.Name] = max(rank[p.Name], len(rank)+1)
	}
	findings, checks := l.review.Findings, l.review.Checks
	sort.SliceStable(findings, func(i, j int) bool { return rank[findings[i].Subject] < rank[findings[j].Subject] })
	l.review.Findings = plan.Together(findings)
	sort.SliceStable(checks, func(i, j int) bool {
		a, b := checks[i], checks[j]
		return cmp.Or(rank[a.Subject]-rank[b.Subject], slices.Index(columns, a.Name)-slices.Index(columns, b.Name)) < 0
	})
}

// columns are the checks in the order of the table.
var columns = []string{
	checkKey, checkSignIn, checkAccount, checkUser, checkAge, checkClock, checkFactor, checkSession,
	checkRole, checkWhere, checkRead,
	checkFiles, checkInit, checkState, checkUse, checkLock, checkPlan,
}

// Close tells what was written where and what to do next.
func (o *Onboarding) Close(summary *plan.Summary) (notes []string, then string) {
	l := o.last
	if l == nil || !summary.CarriedOut() || summary.Failed+summary.Unknown > 0 || !l.settled() {
		return nil, ""
	}
	if l.member != "" && summary.Applied > 0 {
		return append(l.memberNotes(), o.movedNote(l)...), l.next()
	}
	if summary.Applied > 0 {
		ofKeys, inConfig := " of "+l.credentials.Path, ", in "+l.config.Path
		if l.env.Scratch {
			ofKeys, inConfig = "", ""
		}
		notes = append(notes,
			fmt.Sprintf("Key: %s, in profile %s%s.%s", l.who.held, l.who.profile, ofKeys, l.alone()),
			fmt.Sprintf("Profiles: %s%s.", plan.Listed(l.profileNames()), inConfig))
		notes = append(notes, l.factor.note(l.answers.AdminProfile)...)
	}
	return notes, l.next()
}

// alone says that nobody else has the key, once that is so.
func (l *look) alone() string {
	if l.keys.oldKeyLeft != "" || l.env.Journal.Value(keyChange(l.who.user), "id") != l.who.held {
		return ""
	}
	return " It was made on this laptop, and nobody else ever had it."
}

func (l *look) profileNames() []string {
	var names []string
	for _, e := range l.environments(l.who.user) {
		names = append(names, l.answers.ProfileFor(e.Name))
	}
	return names
}

// next is the one command to go on with.
func (l *look) next() string {
	for _, at := range l.written {
		if at.Problem == nil && at.Initialised && at.Providers && l.env.Engine != nil {
			return "terraform plan in " + at.Dir
		}
	}
	if names := l.profileNames(); len(names) > 0 {
		return "aws sts get-caller-identity --profile " + names[0]
	}
	return "ask the operator for an environment to work on"
}
