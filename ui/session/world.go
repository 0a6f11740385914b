package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// operator opens the world with the caller's own credentials.
func (s *session) operator(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error) {
	sessions, err := s.openAWS(ctx, s.config(), asks)
	if err != nil {
		return nil, err
	}
	return s.world(ctx, sessions, a)
}

// admin opens the world as one of the admins has it, whose key is the profile's.
func (s *session) admin(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error) {
	return s.adminWith(ctx, a, asks, awsops.KeyPair{})
}

// adminWith opens it with the key that was brought.
func (s *session) adminWith(ctx context.Context, a *blueprint.Answers, asks plan.Asks, pair awsops.KeyPair) (*engine.Env, error) {
	config := s.config()
	config.Profile, config.Key, s.brought = "", &pair, true
	sessions, err := s.openAWS(ctx, config, asks)
	if err != nil {
		return nil, err
	}
	env, err := s.world(ctx, sessions, a)
	if err == nil {
		env.Asks = s.signingIn(asks)
	}
	return env, err
}

// openAWS reads the AWS configuration, once it is known that every file of it
// is one: the SDK opens what it is told to, and waits for a pipe's writer for
// ever. No call to AWS is made.
func (s *session) openAWS(ctx context.Context, config awsops.Config, asks plan.Asks) (*awsops.Sessions, error) {
	if err := profiles.CheckAWS(ctx, s.environ().Get); err != nil {
		return nil, err
	}
	config.MFAToken = s.codes(asks)
	if !s.quiet {
		config.Console = s.sys.Err
	}
	sessions, err := awsops.Open(ctx, config)
	if err == nil {
		sessions.OnWaiting(func(w awsops.Waiting) { s.say("  " + w.String()) }) // until a run reports it
	}
	return sessions, err
}

// codes asks for the MFA codes of the roles that a profile assumes; nil where nobody can
// be asked.
func (s *session) codes(asks plan.Asks) func(awsops.Assuming) (string, error) {
	if asks.Code == nil {
		return nil
	}
	return func(as awsops.Assuming) (string, error) {
		profile := cmp.Or(as.Profile, s.environ().Get("AWS_PROFILE"), s.environ().Get("AWS_DEFAULT_PROFILE"), "default")
		return asks.Code(plan.SignIn{
			Device: as.Device,
			Note:   "The profile " + profile + " assumes the role " + as.Role + " with an MFA code.",
		})
	}
}

// config is the way to AWS with the caller's own credentials.
func (s *session) config() awsops.Config {
	config := awsops.Config{Region: s.Region, Endpoint: s.Endpoint}
	if s.lab != nil {
		config = s.lab.Config()
	}
	config.Profile, config.Parallel = s.Profile, s.Parallel
	return config
}

// world opens the journal and finds the engine. No call to AWS is made.
func (s *session) world(ctx context.Context, sessions *awsops.Sessions, a *blueprint.Answers) (*engine.Env, error) {
	dir, path := s.Dir, s.Blueprint
	if s.lab != nil {
		// A blueprint that was named is rehearsed, not written.
		dir, path = s.lab.WorkDir, filepath.Join(s.lab.WorkDir, BlueprintFile)
	}
	dir, dirErr := filepath.Abs(dir)
	path, pathErr := filepath.Abs(path)
	if err := errors.Join(dirErr, pathErr); err != nil {
		return nil, fmt.Errorf("the current folder: %w", err)
	}
	env, err := engine.NewEnv(sessions, s.environ(), dir, path)
	if err != nil {
		return nil, err
	}
	if s.lab != nil { // HOME stays the caller's, and no token goes there
		env.TokenDir = s.lab.TokenDir()
		if err := errors.Join(s.lab.People(a.Blueprint), s.lab.Runners(a.Blueprint)); err != nil {
			return nil, err
		}
	}
	env.Profile, env.Endpoint, env.Parallel = s.Profile, s.config().Endpoint, s.Parallel
	env.Scratch = s.scratch()
	if s.lab != nil {
		env.Token = s.lab.Token
		env.Runner = func(role string) (*awsops.Session, error) { return s.lab.Runner(sessions, role) }
	}
	if err := s.fit(env); err != nil {
		return nil, err
	}
	_, scope := a.Tag()
	if env.Journal, err = engine.OpenJournal(env.StateDir, scope); err != nil {
		return nil, err
	}
	env.Engine, env.EngineErr = s.terraform(ctx)
	if s.Engine != "" && env.EngineErr != nil {
		return nil, UsageError{env.EngineErr}
	}
	return env, nil
}

// fit refuses a state directory that cannot be relied on. The sandbox's lies in
// its scratch home, beside a scratch blueprint that nobody else writes to; where
// nothing will be applied nothing is kept.
func (s *session) fit(env *engine.Env) error {
	if s.lab != nil {
		return nil
	}
	if err := files.KeepOutside(env.StateDir, env.Root(), env.Dir); err != nil {
		return err
	}
	if s.DryRun || (!s.ask && !s.yes) {
		return nil
	}
	return files.Keepable(env.StateDir)
}

// environ is the environment that the steps and Terraform go by.
func (s *session) environ() engine.Environment {
	if s.lab != nil {
		return s.lab.Environ
	}
	return s.process
}

// terraform finds the engine, once.
func (s *session) terraform(ctx context.Context) (_ *terraform.Engine, err error) {
	if s.engine == nil {
		s.engine, err = terraform.Find(ctx, s.Engine, s.environ())
	}
	return s.engine, err
}
