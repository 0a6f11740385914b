package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/ui/plain"
)

// opener gives the questions of a flow, and then the flow itself. It is made
// once the stage stands, where there is one.
type opener func(s *session, ctx context.Context) (engine.Open, plan.Given, error)

// runFlow asks, looks, shows, asks once and applies, in lines or as JSON. It
// returns the exit code, or the error that kept the flow from running.
func runFlow(ctx context.Context, s *session, lines *plain.Lines, open opener) (code int, err error) {
	// From a pipe the same questions are answered in the same words, where that
	// was asked for.
	s.ask = (s.sys.Terminal || s.Plain) && !s.JSON
	s.present(lines)
	var summary *plan.Summary
	if err := s.rehearse(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.leave(summary != nil && !s.DryRun)) }()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	unasked := !s.ask && !s.yes && !s.DryRun
	consent := Usagef("nothing can be asked here: give --yes to apply or --dry-run to preview")
	if unasked && s.stage != nil && s.command != looking {
		return 0, consent // nothing else can be missing in a rehearsal
	}
	questions, given, err := open(s, ctx)
	if err != nil {
		return 0, err
	}
	flow, err := s.inquire(ctx, questions, given)
	if err != nil {
		return 0, err
	}
	if unasked && s.command != looking {
		return 0, consent
	}
	s.greet()
	s.DryRun = s.DryRun || unasked
	flow.Env.NoWidening = s.NoWidening
	flow.Emit, flow.Confirm, flow.DryRun, flow.Stop = s.emit, s.confirm, s.DryRun, s.sys.Stop
	if summary, err = flow.Run(ctx); err != nil {
		return 0, err
	}
	return exitCode(summary, s.Detailed), nil
}

// exitCode is the summary's; findings that nobody wanted mended remain.
func exitCode(s *plan.Summary, detailed bool) int {
	if s.Declined && plan.NeedsAttention(s.Findings) {
		return plan.ExitFindings
	}
	return s.ExitCode(detailed)
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
		q := opened.Questions[0]
		return nil, Usagef("nothing can be asked here, and an answer is missing (%s): %s", q.Prompt, flagOf(q.Path))
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

// flagOf says how a question is answered without being asked.
func flagOf(path string) string {
	switch path {
	case onboard.PathWay, onboard.PathHandover:
		return "give --handover FILE"
	case onboard.PathPassphrase:
		return "give --passphrase-file FILE"
	case onboard.PathIdentity:
		return "give --identity FILE"
	}
	return "run it in a terminal, or with --plain and the answers on standard input"
}

// finished makes the rehearsal's set-up without telling its events, and lets it
// meet the fault to practise on.
func (s *session) finished(ctx context.Context, fault string) error {
	if s.stage == nil || s.ready {
		return nil
	}
	s.say("Making a finished set-up to practise on: a few seconds.")
	a := &blueprint.Answers{Blueprint: s.stage.Blueprint(), Me: s.stage.Me}
	env, err := s.operator(ctx, a, nil)
	if err != nil {
		return err
	}
	if err := s.stage.Finish(ctx, env, a, func(plan.Event) {}); err != nil {
		return err
	}
	s.ready = true
	if fault == "" {
		return nil
	}
	return s.stage.Break(ctx, fault)
}

// operator opens the world with the caller's own credentials.
func (s *session) operator(ctx context.Context, a *blueprint.Answers, code func() (string, error)) (*engine.Env, error) {
	config := s.config()
	config.MFAToken = code
	sessions, err := openAWS(ctx, config)
	if err != nil {
		return nil, err
	}
	return s.world(ctx, sessions, a)
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
