package onboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Login opens a session with a second factor and writes it to the profile that
// Terraform uses, for an admin of an environment that asks for one. The access key
// lies in a profile of its own; where it is still in Terraform's, it moves. The
// code is asked for by the Asks of the flow's Env when the change is made.
//
// The flow's sessions have to be opened with an empty [awsops.Config].Key: it acts
// as named profiles only. It is not safe for concurrent use.
type Login struct {
	Answers *blueprint.Answers
	// Now is the clock.
	Now func() time.Time

	// note tells how the newest look found things.
	note []string
}

// Flow is the login as a flow over env. The caller adds Emit, Confirm and what
// else a presenter decides.
func (l *Login) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: l.Answers, Steps: steps.Order(), Look: l.Look, Close: l.Close}
}

// Look finds the key and the device, sees whether there is a session that lasts,
// and plans to open one. It is the Look of a [engine.Flow].
func (l *Login) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	l.note = nil
	in := newInputs(env, l.Answers, l.Now)
	if err := in.read(); err != nil {
		return in.review, err
	}
	if in.misencoded(); in.review.Blocked() {
		return in.review, nil
	}
	if g, is := in.signsIn(); is {
		return l.lookMember(ctx, in, g)
	}
	who, err := identify(ctx, in)
	if err != nil || in.review.Blocked() {
		return in.review, err
	}
	factor := placeKey(in, &who, false)
	p := &factorPlan{inputs: in, secondFactor: &factor, who: &who}
	if err := p.login(ctx); err != nil {
		return in.review, err
	}
	if !in.review.Blocked() {
		in.twoIdentities()
	}
	in.review.Actor = steps.Acting(who.Identity)
	in.review.Outcome = plan.SignedIn{User: who.user, Profile: l.Answers.AdminProfile, Wanted: factor.wanted, Open: factor.session != nil, Until: factor.until}
	if factor.wanted && !in.review.Blocked() {
		l.note = factor.note(l.Answers.AdminProfile)
	}
	return in.review, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// lookMember is the look at the sign-in of a member of a group of Identity Center.
func (l *Login) lookMember(ctx context.Context, in *inputs, g blueprint.Group) (plan.Review, error) {
	m, who := newMember(ctx, in, g), identity{}
	err := m.login(ctx, &who)
	in.review.Actor = in.acting(who)
	out := plan.SignedIn{User: who.user, Profile: l.Answers.AdminProfile, Wanted: true, Open: who.status == owned}
	if out.Open && !in.review.Blocked() {
		l.note = append(in.tokenNote(), fmt.Sprintf("Sign-in: holds %s.", m.holds()))
		if !m.token.Renewable(in.now()) {
			out.Until = m.token.Expires
		}
	}
	in.review.Outcome = out
	return in.review, errors.Join(err, ctx.Err())
}

// login plans a session where one is wanted. It enrols no device, which is
// onboarding's.
func (p *factorPlan) login(ctx context.Context) error {
	if !p.wanted {
		p.passed(plan.Check{Name: checkFactor, Asked: p.env.BlueprintPath},
			fmt.Sprintf("no environment of %s asks for one", plan.Whose(p.who.user)))
		return nil
	}
	seen, err := p.findDevice(ctx)
	if err != nil || !seen {
		return err
	}
	if p.device == "" {
		p.broken(p.deviceCheck(), plan.Finding{
			ID: "login.no-device", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("User %s has no MFA device that shows codes, so no session can be opened.", p.who.user),
			Remedy:   "Run stateroom onboard: it enrols one.",
		})
		return nil
	}
	if err := p.findSession(ctx); err != nil {
		return err
	}
	if base, needs, ok := p.keyInPlace(); ok {
		p.planSession(base, needs)
	}
	return nil
}

// Close tells until when the session holds.
func (l *Login) Close(*plan.Summary) (notes []string, then string) { return l.note, "" }
