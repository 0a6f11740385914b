package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/plain"
)

// Lines goes through a mode in lines or as JSON. It returns the exit code, or the
// error that kept it from running.
func Lines(ctx context.Context, o Options, sys System, mode *Mode) (int, error) {
	if o.Break == "list" {
		return plan.ExitDone, listFaults(sys.Out)
	}
	s := newSession(o, sys, mode)
	if o.NoChecks {
		s.Sandbox = false // a text needs no AWS, and no lab either
	}
	lines := plain.NewLines(sys.Out)
	lines.Table, lines.Stages = s.Table, s.Stages
	return s.run(ctx, lines)
}

// run asks, looks, shows, asks once and applies.
func (s *session) run(ctx context.Context, lines *plain.Lines) (code int, err error) {
	s.present(lines)
	var summary *plan.Summary
	if err := s.startLab(ctx); err != nil {
		return 0, err
	}
	// The files of a rehearsal that never began are of no use to anyone.
	defer func() { err = errors.Join(err, s.closeLab(summary != nil && !s.DryRun)) }()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	questions, given, err := s.open(s, ctx)
	if err != nil {
		return 0, err
	}
	flow, err := s.inquire(ctx, questions, given)
	if err != nil {
		return 0, err
	}
	if err := s.consent(); err != nil {
		return 0, err
	}
	s.greet()
	s.DryRun = s.DryRun || s.unasked()
	flow.Env.NoWidening = s.NoWidening
	flow.Emit, flow.Confirm, flow.DryRun, flow.Stop = s.emit, s.confirm, s.DryRun, s.sys.Stop
	if summary, err = flow.Run(ctx); err != nil {
		return 0, err
	}
	return s.exitCode(summary, s.Detailed), nil
}

// unasked tells that nobody can consent to a change.
func (s *session) unasked() bool { return !s.ask && !s.yes && !s.DryRun }

// consent refuses a run whose only result are changes that nobody can consent to.
func (s *session) consent() error {
	if s.unasked() && !s.tells {
		return Usagef("nothing can be asked here: give --yes to apply or --dry-run to preview")
	}
	return nil
}

// inquire asks what the flow has to know. Where nothing can be asked, a question
// that no flag has answered is an error that names the flag.
func (s *session) inquire(ctx context.Context, open engine.Open, given plan.Given) (*engine.Flow, error) {
	if s.ask {
		flow, err := s.prompt.Inquire(ctx, func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
			opened, err := open(ctx, given, asks)
			if err == nil {
				s.greet()
			}
			return opened, err
		}, given)
		return flow, badAnswer(err)
	}
	opened, err := open(ctx, given, plan.Asks{})
	if err != nil {
		return nil, badAnswer(err)
	}
	if len(opened.Questions) > 0 {
		q, instead := opened.Questions[0], "run it in a terminal, or with --plain and the answers on standard input"
		if q.Flag != "" {
			instead = "give " + q.Flag
		}
		return nil, Usagef("nothing can be asked here, and an answer is missing (%s): %s", q.Prompt, instead)
	}
	return opened.Flow, nil
}

// badAnswer makes a usage error of an answer that cannot be.
func badAnswer(err error) error {
	var problem *plan.Problem
	if errors.As(err, &problem) {
		return UsageError{err}
	}
	return err
}

// prepareLab makes the rehearsal's set-up without telling its events, and lets it
// meet the fault to practise on.
func (s *session) prepareLab(ctx context.Context, fault string) error {
	if s.lab == nil || s.ready {
		return nil
	}
	if err := s.consent(); err != nil {
		return err // nothing else can be missing in a rehearsal
	}
	s.say("Making a finished set-up to practise on: a few seconds.")
	a := &blueprint.Answers{Blueprint: s.lab.Blueprint(), Me: s.lab.Me}
	env, err := s.operator(ctx, a, nil)
	if err != nil {
		return err
	}
	if err := s.lab.Finish(ctx, env, a, func(plan.Event) {}); err != nil {
		return err
	}
	s.ready = true
	if fault == "" {
		return nil
	}
	return s.lab.Break(ctx, fault)
}

// operator opens the world with the caller's own credentials.
func (s *session) operator(ctx context.Context, a *blueprint.Answers, code func() (string, error)) (*engine.Env, error) {
	sessions, err := s.openAWS(ctx, s.operating(code))
	if err != nil {
		return nil, err
	}
	return s.world(ctx, sessions, a)
}

// operating is the way to AWS with the caller's own credentials.
func (s *session) operating(code func() (string, error)) awsops.Config {
	config := s.config()
	config.MFAToken = code
	return config
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

// concealer gives the prompt the means to hide what is typed, where the input is a
// terminal.
func (s *session) concealer() func() (func(), error) {
	file, ok := s.sys.In.(*os.File)
	if !ok || !s.sys.Terminal {
		return nil
	}
	return func() (func(), error) { return conceal(file) }
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
