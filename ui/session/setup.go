package session

import (
	"context"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// settingUp is the opener of set-up. AWS is opened once for all answers, and anew
// where it could not be looked at: whoever tries again may have signed in since.
func (s *session) settingUp(context.Context) (engine.Open, plan.Given, error) {
	a, isNew, err := s.begin()
	if err == nil && !s.ask {
		err = s.complete(a, isNew)
	}
	if err == nil && len(a.Missing()) == 0 {
		err = one(a)
	}
	if err != nil {
		return nil, nil, err
	}
	var sessions *awsops.Sessions
	signIn := func(ctx context.Context, asks plan.Asks) (err error) {
		if sessions == nil {
			if sessions, err = s.openAWS(ctx, s.config(), asks); err == nil {
				s.greet()
			}
		}
		return err
	}
	opening := &steps.Opening{Answers: a, All: isNew, Answered: s.given}
	opening.World = func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error) {
		if err := signIn(ctx, asks); err != nil {
			return nil, err
		}
		return s.world(ctx, sessions, a)
	}
	open := func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		opened, err := opening.Open(ctx, given, asks)
		if err == nil && opened.Flow != nil {
			err = one(opened.Flow.Answers)
		}
		if err != nil {
			sessions = nil
			return engine.Opened{}, err
		}
		if flow := opened.Flow; flow != nil {
			look := flow.Look
			flow.Look = func(ctx context.Context, env *engine.Env) (review plan.Review, err error) {
				if err := signIn(ctx, asks); err != nil {
					return plan.Review{}, err
				}
				if env.Sessions != sessions {
					env.Sessions = sessions
					env.Report(env.Emit)
				}
				if review, err = look(ctx, env); err != nil {
					sessions = nil
				}
				return review, err
			}
		}
		return opened, nil
	}
	return open, plan.Given{}, nil
}
