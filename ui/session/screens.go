package session

import (
	"context"
	"errors"
	"slices"

	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/ui/learn"
	"stateroom/ui/practice"
	"stateroom/ui/tui"
)

// Screens shows the full-screen program: one mode at once, or with several the
// menu. It returns the exit code, or the error that kept it from running.
func Screens(ctx context.Context, o Options, sys System, modes ...*Mode) (code int, err error) {
	menu := len(modes) > 1
	shown := make([]*tui.Mode, len(modes))
	for i, mode := range modes {
		shown[i] = mode.Mode
	}
	learned, learn := progress(ctx, o)
	visits, err := tui.Run(ctx, tui.Options{
		Getenv: engine.ProcessEnvironment().Get,
		In:     sys.In, Out: sys.Out, Menu: menu, Modes: shown, Course: course(o), Sandbox: o.Sandbox, DryRun: o.DryRun,
		Progress: learned, Learned: learn,
		Stop: sys.Stop, Applying: sys.Applying, Interrupt: sys.Interrupt,
		Begin: func(ctx context.Context, r tui.Request) (*tui.Start, error) {
			o := o
			if r.Sandbox && !o.Sandbox {
				o = practicing(o)
			}
			if r.Fault != "" {
				o.Break = r.Fault
			}
			return start(ctx, o, sys, modes[slices.Index(shown, r.Mode)])
		},
	})
	for _, visit := range visits {
		ended := modes[slices.Index(shown, visit.Mode)].exitCode(visit.Summary, o.Detailed)
		code = worst(code, counted(ended, visit.Practice))
	}
	return code, showRefusal(sys.Err, err, 0, false)
}

// course are the faults to choose from, by chapters, unless one was named.
func course(o Options) []learn.Chapter {
	if o.Break != "" {
		return nil
	}
	return practice.Course()
}

// progress is what was learned before, and what keeps what is learned now: in the user's
// own state directory, but for a dry run, which writes nothing.
func progress(ctx context.Context, o Options) (learn.Progress, func(string, int, bool) (learn.Progress, error)) {
	dir, err := files.StateDir(engine.ProcessEnvironment().Get)
	kept := err == nil && !o.DryRun
	var p learn.Progress
	if err == nil {
		p = practice.LoadProgress(ctx, dir)
	}
	return p, func(fault string, points int, surprise bool) (learn.Progress, error) {
		if p = p.With(fault, points, surprise); !kept {
			return p, nil
		}
		return p, practice.SaveProgress(ctx, dir, p)
	}
}

// start opens one run of the screens, in the sandbox or for real. No call to AWS
// is made.
func start(ctx context.Context, o Options, sys System, mode *Mode) (*tui.Start, error) {
	s := newSession(o, sys, mode)
	s.ask, s.quiet = true, true
	if err := s.startLab(ctx); err != nil {
		return nil, err
	}
	begun := &tui.Start{Note: s.labNote, Close: s.closeLab}
	if s.lab != nil {
		begun.Terminal = s.lab.Terminal()
	}
	open, given, err := s.opener(ctx)
	if err != nil {
		// Who gets no run has nothing to close: the lab goes with it.
		return nil, errors.Join(err, s.closeLab(nil))
	}
	begun.Open, begun.Given = open, given
	if d := s.drafts(ctx); d != nil {
		begun.Open, begun.Notice, begun.Kept = d.over(open), d.notice, d.isKept
		begun.Keep = func(given plan.Given, typed map[string]string, sum *plan.Summary) bool {
			return d.left(ctx, given, typed, sum)
		}
	}
	return begun, nil
}
