package session

import (
	"context"
	"errors"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
	"stateroom/ui/practice"
	"stateroom/ui/tui"
)

// Screens shows the full-screen program: one mode at once, or with several the
// menu. It returns the exit code, or the error that kept it from running.
func Screens(ctx context.Context, o Options, sys System, modes ...tui.Mode) (code int, err error) {
	menu, begun := len(modes) > 1, modes[0]
	summary, err := tui.Run(ctx, tui.Options{
		In: sys.In, Out: sys.Out, Menu: menu, Modes: modes, Faults: faults(o), Sandbox: o.Sandbox, DryRun: o.DryRun,
		Stop: sys.Stop, Applying: sys.Applying, Interrupt: sys.Interrupt,
		Begin: func(ctx context.Context, r tui.Request) (*tui.Start, error) {
			o := o
			begun = r.Mode
			o.Sandbox = r.Sandbox
			if r.Fault != "" {
				o.Break = r.Fault
			}
			if menu && r.Sandbox {
				o.Blueprint = "" // practice brings its own answers
			}
			return start(ctx, o, sys, r.Mode)
		},
	})
	if err != nil || summary == nil {
		return plan.ExitDone, err
	}
	return courses[begun].exitCode(summary, o.Detailed), nil
}

// faults are those to choose from, unless one was named.
func faults(o Options) []tui.Fault {
	if o.Break != "" {
		return nil
	}
	var all []tui.Fault
	for _, f := range practice.Faults() {
		all = append(all, tui.Fault{Name: f.Name(), Text: f.About})
	}
	return all
}

// start opens one run of the screens, in the sandbox or for real. No call to AWS
// is made.
func start(ctx context.Context, o Options, sys System, mode tui.Mode) (*tui.Start, error) {
	s := newSession(o, sys, courses[mode])
	s.ask, s.quiet = true, true
	if err := s.rehearse(ctx); err != nil {
		return nil, err
	}
	begun := &tui.Start{Close: s.leave}
	if s.stage != nil {
		begun.Note = s.stage.Note()
	}
	var err error
	begun.Open, err = s.opens(ctx, mode)
	if err != nil {
		// Who gets no run has nothing to close: the stage goes with it.
		return nil, errors.Join(err, s.leave(false))
	}
	return begun, nil
}

// opens gives the flow of a mode. What the flags answer is not asked.
func (s *session) opens(ctx context.Context, mode tui.Mode) (engine.Open, error) {
	opens := s.open
	if mode == tui.Troubleshoot {
		opens = (*session).asking
	}
	open, flags, err := opens(s, ctx)
	return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		for path, value := range flags {
			if !given.Asked(path) {
				given[path] = value
			}
		}
		return open(ctx, given, asks)
	}, err
}

// asking is troubleshooting with the question where to begin, unless a flag has
// said it or there is a fault to look for.
func (s *session) asking(ctx context.Context) (engine.Open, plan.Given, error) {
	open, given, err := s.troubleshooting(ctx)
	if err != nil || s.ErrorFile != "" || s.Run || s.Break != "" {
		return open, given, err
	}
	return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		_, noEngine := s.terraform(ctx)
		if questions := troubleshoot.Questions(given, noEngine == nil); len(questions) > 0 {
			return engine.Opened{Questions: questions}, nil
		}
		e := &troubleshoot.Examination{}
		if err := e.Take(given); err != nil {
			return engine.Opened{}, err
		}
		flow, err := s.examination(ctx, e, asks)
		return engine.Opened{Flow: flow}, err
	}, given, nil
}
