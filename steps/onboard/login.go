package onboard

import (
	"context"
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

	last *scene
}

// Flow is the login as a flow over env. The caller adds Emit, Confirm and what
// else a presenter decides.
func (l *Login) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: l.Answers, Steps: steps.Order(), Look: l.Look, Close: l.Close}
}

// Look finds the key and the device, sees whether there is a session that lasts,
// and plans to open one. It is the Look of a [engine.Flow].
func (l *Login) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	s := &scene{o: &Onboarding{Answers: l.Answers, Now: l.Now}, env: env, a: l.Answers, region: l.Answers.StateRegion}
	l.last = s
	for _, part := range []func(context.Context) error{s.snapshots, s.identify, s.placeKey, s.planLogin} {
		if err := part(ctx); err != nil {
			return s.review, err
		}
		if s.review.Blocked() {
			break
		}
	}
	return s.review, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// planLogin plans a session where one is wanted. It enrols no device, which is
// onboarding's.
func (s *scene) planLogin(ctx context.Context) error {
	if !s.factor.wanted {
		s.check(plan.Check{
			Name: checkFactor, Asked: s.env.BlueprintPath, Verdict: plan.Passed,
			Answer: fmt.Sprintf("no environment of %s asks for one", whose(s.user)),
		})
		return nil
	}
	seen, err := s.findDevice(ctx)
	if err != nil || !seen {
		return err
	}
	if s.factor.device == "" {
		s.broken(plan.Check{Name: checkFactor, Asked: s.askedForDevices()}, plan.Finding{
			ID: "login.no-device", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("User %s has no MFA device that shows codes, so no session can be opened.", s.user),
			Remedy:   "Run stateroom onboard: it enrols one.",
		})
		return nil
	}
	if err := s.findSession(ctx); err != nil {
		return err
	}
	if base, needs, ok := s.keyInPlace(); ok {
		s.planSession(base, needs)
	}
	return nil
}

// Close tells until when the session holds, or that none is needed.
func (l *Login) Close(*plan.Summary) []string {
	s := l.last
	if s == nil || s.review.Blocked() || s.standing != own {
		return nil
	}
	if !s.factor.wanted {
		return []string{fmt.Sprintf("No environment of %s asks for a second factor, so there is nothing to log in to: profile %s works as it is.",
			whose(s.user), s.a.AdminProfile)}
	}
	return s.sessionNote()
}
