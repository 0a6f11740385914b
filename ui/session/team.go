package session

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/ui/tui"
)

// What is done over the team's blueprint, of which nothing is asked.
var (
	// logging signs in for Terraform's profile.
	logging = ofTeam(nobodyElse, (*session).admin, func(a *blueprint.Answers, env *engine.Env, _ string) *engine.Flow {
		return (&onboard.Login{Answers: a, Now: time.Now}).Flow(env)
	})
	// handingOver makes or remakes the sealed key file of one admin.
	handingOver = ofTeam("Which admin gets the key?", (*session).operator, func(a *blueprint.Answers, env *engine.Env, user string) *engine.Flow {
		return (&onboard.Handover{Answers: a, User: user}).Flow(env)
	})
	// offboarding takes one admin's access away.
	offboarding = ofTeam("Which admin leaves?", (*session).operator, func(a *blueprint.Answers, env *engine.Env, user string) *engine.Flow {
		return (&onboard.Offboard{Answers: a, User: user, Now: time.Now}).Flow(env)
	})
)

// pathUser is the question which admin is meant, where the command line does not say.
const pathUser = "user"

// nobodyElse asks no such question.
const nobodyElse = ""

// ofTeam is the opener of a flow in the world that somebody has. Which is the question
// about whom it is.
func ofTeam(
	which string,
	world func(*session, context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error),
	flow func(a *blueprint.Answers, env *engine.Env, user string) *engine.Flow,
) opener {
	return func(s *session, _ context.Context) (engine.Open, plan.Given, error) {
		return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
			a, err := s.team(ctx)
			if err != nil {
				return engine.Opened{}, err
			}
			if which != nobodyElse && s.User == "" && !given.Asked(pathUser) {
				return engine.Opened{Questions: []plan.Question{{
					Path: pathUser, Prompt: which, Kind: plan.Choice, Options: a.AllUsers(), Required: true, Flag: "USER",
					Help: "These are the admins in " + BlueprintFile + ".",
				}}}, nil
			}
			s.about = given.Text(pathUser)
			user := cmp.Or(s.User, s.about)
			env, err := world(s, ctx, a, asks)
			if err != nil {
				return engine.Opened{}, err
			}
			return engine.Opened{Flow: flow(a, env, user)}, nil
		}, plan.Given{}, nil
	}
}

// team is the blueprint that is there, in a rehearsal with all that it asks for.
func (s *session) team(ctx context.Context) (*blueprint.Answers, error) {
	if err := s.prepareLab(ctx, ""); err != nil {
		return nil, err
	}
	a, isNew, err := s.begin()
	if !isNew {
		return a, err
	}
	if s.Mode.Mode == tui.Login { // whoever has come on board without a blueprint signs in without one
		if found, err := s.fromProjects(a); err == nil {
			onboard.PortalHere(s.environ().Get, found)
			return found, nil
		}
	}
	return nil, UsageError{s.noBlueprint()}
}

// noBlueprint keeps what is done over the team's blueprint from beginning elsewhere.
func (s *session) noBlueprint() *plan.Refusal {
	path, err := filepath.Abs(s.Blueprint)
	if err != nil {
		path = s.Blueprint
	}
	return onboard.WithoutBlueprint(path, s.command())
}
