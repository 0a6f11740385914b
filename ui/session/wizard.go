package session

import (
	"context"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/ui/practice"
	"stateroom/ui/tui"
)

// Wizard shows the full-screen wizard, from the menu or at set-up at once. It
// returns the exit code, or the error that kept it from running.
func Wizard(ctx context.Context, o Options, sys System, menu bool) (code int, err error) {
	summary, err := tui.Run(ctx, tui.Options{
		In: sys.In, Out: sys.Out, Menu: menu, Sandbox: o.Sandbox, DryRun: o.DryRun,
		Stop: sys.Stop, Applying: sys.Applying,
		Begin: func(ctx context.Context, r tui.Request) (*tui.Start, error) {
			o := o
			o.Sandbox = r.Sandbox
			if menu && r.Sandbox {
				o.Blueprint = "" // practice brings its own answers
			}
			return start(ctx, o, sys)
		},
	})
	if err != nil || summary == nil {
		return steps.ExitDone, err
	}
	return summary.ExitCode(o.Detailed), nil
}

// start opens one run of the wizard, in the sandbox or for real. No call to AWS
// is made.
func start(ctx context.Context, o Options, sys System) (*tui.Start, error) {
	s := &session{Options: o, sys: sys, ask: true}
	begun := &tui.Start{}
	if o.Sandbox {
		var err error
		s.stage, err = practice.Start(ctx, practice.Options{Dir: o.Dir, Accounts: o.Accounts, Latency: o.Latency})
		if err != nil {
			return nil, err
		}
		begun.Note, begun.Close = s.stage.Note(), s.stage.Close
	}
	var err error
	if begun.Answers, begun.New, err = s.begin(); err != nil {
		return nil, err
	}
	begun.World = func(ctx context.Context, a *steps.Answers, mfa func() (string, error)) (*steps.Env, error) {
		config := s.config()
		config.MFAToken = mfa
		sessions, err := awsops.Open(ctx, config)
		if err != nil {
			return nil, err
		}
		return s.world(ctx, sessions, a)
	}
	return begun, nil
}
