package session

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
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
	dir, file := s.Dir, s.Blueprint
	chooses := s.lab != nil && file == "" && s.ask && !s.yes && !s.Rotate && len(given) == 0
	open := func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		switch {
		case chooses && !given.Asked(pathDay):
			return engine.Opened{Questions: []plan.Question{practicedDay}}, nil
		case chooses:
			if err := s.rehearseDay(ctx, given); err != nil {
				return engine.Opened{}, err
			}
		case s.lab == nil:
			s.Dir, s.Blueprint = dir, file
			if folder := given.Text(onboard.PathFolder); folder != "" {
				s.Dir, s.Blueprint = folder, filepath.Join(folder, BlueprintFile)
			}
		}
		start, err := s.known(ctx, given)
		if err != nil {
			return engine.Opened{}, err
		}
		start.Brought = brought
		questions, err := start.Questions(given)
		if err != nil || len(questions) > 0 {
			return engine.Opened{Questions: questions, Stage: start.Stage()}, err
		}
		if given.Asked(onboard.PathPassphrase) {
			s.say("Opening the handover with the passphrase. This takes a few seconds.")
		}
		o, pair, err := start.Begin(given)
		if err != nil {
			return engine.Opened{}, err
		}
		o.Answers.Adopt = s.Adopt
		env, err := s.adminWith(ctx, o.Answers, asks, pair)
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
	} else if found, untold := s.fromProjects(a); untold != nil {
		e.Untold, e.Tells = untold.Error(), s.enough
	} else {
		a, e.Projects = found, found.Blueprint
	}
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(s.Blueprint), "handover", "*.age")) // the pattern is good
	if len(found) == 1 {
		e.Found = found[0]
	}
	e.Returning = onboard.HoldsKey(s.environ().Get, a)
	e.Member, e.Portal = onboard.PortalHere(s.environ().Get, a)
	return e, nil
}

// fromProjects are the answers that the Terraform files of the folder give, with what the
// flags say of signing in. The error says what they do not tell.
func (s *session) fromProjects(flags *blueprint.Answers) (*blueprint.Answers, error) {
	a, err := engine.FromProjects(cmp.Or(s.Dir, "."), s.environ().Get)
	if err != nil {
		return nil, err
	}
	a.IdentityCenter = flags.IdentityCenter
	return a, nil
}

// enough says why somebody cannot work with what a folder has: neither a blueprint nor
// Terraform files that say enough.
func (s *session) enough(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, BlueprintFile)); err == nil {
		return nil
	}
	_, err := engine.FromProjects(folder, s.environ().Get)
	return err
}

// answered puts the flags that answer a question into given.
func answered(flags map[string]string) plan.Given {
	given := plan.Given{}
	for path, value := range flags {
		if value != "" {
			given[path] = secret.New(value)
		}
	}
	return given
}

// defaultIdentity is the private key that ssh makes by default, if it is there.
func defaultIdentity() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(home, ".ssh", "id_ed25519")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
