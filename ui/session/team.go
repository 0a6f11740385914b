package session

import (
	"context"
	"time"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
)

// What is done over the team's blueprint, of which nothing is asked.
var (
	// loggingIn opens a session with a second factor for Terraform's profile.
	loggingIn = ofTeam((*session).admin, func(_ *session, a *blueprint.Answers, env *engine.Env) *engine.Flow {
		return (&onboard.Login{Answers: a, Now: time.Now}).Flow(env)
	})
	// handingOver makes or remakes the sealed key file of one admin.
	handingOver = ofTeam((*session).operator, func(s *session, a *blueprint.Answers, env *engine.Env) *engine.Flow {
		return (&onboard.Handover{Answers: a, User: s.User}).Flow(env)
	})
	// offboarding takes one admin's access away.
	offboarding = ofTeam((*session).operator, func(s *session, a *blueprint.Answers, env *engine.Env) *engine.Flow {
		return (&onboard.Offboard{Answers: a, User: s.User, Now: time.Now}).Flow(env)
	})
)

// ofTeam is the opener of a flow in the world that somebody has.
func ofTeam(
	world func(*session, context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error),
	flow func(*session, *blueprint.Answers, *engine.Env) *engine.Flow,
) opener {
	return func(s *session, _ context.Context) (engine.Open, plan.Given, error) {
		return func(ctx context.Context, _ plan.Given, asks plan.Asks) (engine.Opened, error) {
			a, err := s.team(ctx)
			if err != nil {
				return engine.Opened{}, err
			}
			env, err := world(s, ctx, a, asks)
			if err != nil {
				return engine.Opened{}, err
			}
			return engine.Opened{Flow: flow(s, a, env)}, nil
		}, plan.Given{}, nil
	}
}

// team is the blueprint that is there, in a rehearsal with all that it asks for.
func (s *session) team(ctx context.Context) (*blueprint.Answers, error) {
	if err := s.prepareLab(ctx, ""); err != nil {
		return nil, err
	}
	a, isNew, err := s.begin()
	if isNew {
		return nil, Usagef("there is no %s, which names the team's users: run it in the team's repository, or give --blueprint FILE", s.Blueprint)
	}
	return a, err
}
