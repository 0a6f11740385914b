package session

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
)

// onboarding is the opener of onboarding. In the sandbox it begins at the laptop
// of somebody who was handed a sealed file.
func (s *session) onboarding(ctx context.Context) (engine.Open, plan.Given, error) {
	given := answered(map[string]string{onboard.PathHandover: s.HandoverFile, onboard.PathIdentity: s.Identity})
	if s.PassphraseFile != "" {
		passphrase, err := onboard.PassphraseFrom(ctx, s.PassphraseFile)
		if err != nil {
			return nil, nil, Usagef("--passphrase-file: %w", err)
		}
		given[onboard.PathPassphrase] = passphrase
	}
	brought, err := s.bring(ctx)
	if err != nil {
		return nil, nil, err
	}
	open := func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		start, err := s.known(ctx, given)
		if err != nil {
			return engine.Opened{}, err
		}
		start.Brought = brought
		questions, err := start.Questions(given)
		if err != nil || len(questions) > 0 {
			return engine.Opened{Questions: questions}, err
		}
		o, pair, err := start.Begin(given)
		if err != nil {
			return engine.Opened{}, err
		}
		o.Answers.Adopt = s.Adopt
		env, err := s.openAsAdmin(ctx, o.Answers, pair, asks)
		if err != nil {
			return engine.Opened{}, err
		}
		return engine.Opened{Flow: o.Flow(env)}, nil
	}
	return open, given, nil
}

// bring reads the files that the command line names, once each: they may be
// pipes.
func (s *session) bring(ctx context.Context) (map[string][]byte, error) {
	brought := map[string][]byte{}
	for _, named := range []struct{ flag, path string }{{"--handover", s.HandoverFile}, {"--identity", s.Identity}} {
		if named.path == "" {
			continue
		}
		text, err := onboard.Bring(ctx, named.path)
		if err != nil {
			return nil, Usagef("%s: %w", named.flag, err)
		}
		brought[named.path] = text
	}
	return brought, nil
}

// openAsAdmin opens the world as one of the admins has it: AWS with the key that was
// brought, or with none but the profile's.
func (s *session) openAsAdmin(ctx context.Context, a *blueprint.Answers, pair awsops.KeyPair, asks plan.Asks) (*engine.Env, error) {
	config := s.operating(asks.Code)
	config.Profile, config.Key = "", &pair
	sessions, err := s.openAWS(ctx, config)
	if err != nil {
		return nil, err
	}
	env, err := s.world(ctx, sessions, a)
	if err != nil {
		return nil, err
	}
	env.Asks = asks
	return env, nil
}

// known is what is known before anything is asked.
func (s *session) known(ctx context.Context, given plan.Given) (*onboard.Start, error) {
	e := &onboard.Start{Me: s.Me, Rotate: s.Rotate, Identity: defaultIdentity(), Now: time.Now}
	if s.lab != nil {
		if err := s.newAdmin(ctx, given); err != nil {
			return nil, err
		}
	}
	a, isNew, err := s.begin()
	if err != nil {
		return nil, err
	}
	if !isNew {
		e.Repository = a.Blueprint
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(s.Blueprint), "handover", "*.age")) // the pattern is good
	if len(found) == 1 {
		e.Found = found[0]
	}
	e.Returning = s.holdsKey(a)
	return e, nil
}

// holdsKey tells whether a key of an admin's lies on this laptop already.
func (s *session) holdsKey(a *blueprint.Answers) bool {
	path, err := profiles.CredentialsPath(s.environ().Get)
	if err != nil {
		return false
	}
	credentials, err := files.Read(path)
	if err != nil {
		return false // the flow tells
	}
	for _, name := range []string{a.AdminProfile, a.LongTermProfile()} {
		if profile, _ := profiles.Read(profiles.Credentials, credentials, name); profile.Get("aws_access_key_id") != "" {
			return true
		}
	}
	return false
}

// newAdmin moves a rehearsal to the second admin's laptop, whose file and key
// answer what is asked for first.
func (s *session) newAdmin(ctx context.Context, given plan.Given) error {
	if s.asAdmin {
		return nil
	}
	if err := s.prepareLab(ctx, ""); err != nil {
		return err
	}
	n, err := s.lab.NewAdmin()
	if err != nil {
		return err
	}
	s.asAdmin, s.Blueprint = true, filepath.Join(n.Dir, BlueprintFile)
	s.say(strings.Join([]string{
		"You are " + n.User + ", new on the team, at a laptop of your own:",
		"  a clone of the team's repository   " + n.Dir,
		"  the file that the operator sent    " + n.Handover,
		"  your private key                   " + n.Identity,
	}, "\n"))
	if !given.Asked(onboard.PathHandover) {
		for path, value := range answered(map[string]string{onboard.PathHandover: n.Handover, onboard.PathIdentity: n.Identity}) {
			given[path] = value
		}
	}
	return nil
}

// loggingIn opens a session with a second factor for Terraform's profile.
func (s *session) loggingIn(context.Context) (engine.Open, plan.Given, error) {
	return s.ofTeam(func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Flow, error) {
		env, err := s.openAsAdmin(ctx, a, awsops.KeyPair{}, asks)
		if err != nil {
			return nil, err
		}
		return (&onboard.Login{Answers: a, Now: time.Now}).Flow(env), nil
	})
}

// handingOver makes or remakes the sealed key file of one admin.
func (s *session) handingOver(context.Context) (engine.Open, plan.Given, error) {
	return s.ofTeam(func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Flow, error) {
		env, err := s.operator(ctx, a, asks.Code)
		if err != nil {
			return nil, err
		}
		return (&onboard.Handover{Answers: a, User: s.User}).Flow(env), nil
	})
}

// offboarding takes one admin's access away.
func (s *session) offboarding(context.Context) (engine.Open, plan.Given, error) {
	return s.ofTeam(func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Flow, error) {
		env, err := s.operator(ctx, a, asks.Code)
		if err != nil {
			return nil, err
		}
		return (&onboard.Offboard{Answers: a, User: s.User, Now: time.Now}).Flow(env), nil
	})
}

// ofTeam opens a flow over the team's blueprint, of which nothing is asked.
func (s *session) ofTeam(flow func(context.Context, *blueprint.Answers, plan.Asks) (*engine.Flow, error)) (engine.Open, plan.Given, error) {
	open := func(ctx context.Context, _ plan.Given, asks plan.Asks) (engine.Opened, error) {
		a, err := s.team(ctx)
		if err != nil {
			return engine.Opened{}, err
		}
		opened, err := flow(ctx, a, asks)
		return engine.Opened{Flow: opened}, err
	}
	return open, plan.Given{}, nil
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
