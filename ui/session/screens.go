package session

import (
	"context"
	"errors"
	"maps"
	"slices"

	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/ui/practice"
	"stateroom/ui/tui"
)

// Screens shows the full-screen program: one mode at once, or with several the
// menu. It returns the exit code, or the error that kept it from running.
func Screens(ctx context.Context, o Options, sys System, modes ...*Mode) (code int, err error) {
	menu, begun := len(modes) > 1, modes[0]
	shown := make([]*tui.Mode, len(modes))
	for i, mode := range modes {
		shown[i] = mode.Mode
	}
	learned, learn := progress(ctx, o)
	summary, err := tui.Run(ctx, tui.Options{
		Getenv: engine.ProcessEnvironment().Get,
		In:     sys.In, Out: sys.Out, Menu: menu, Modes: shown, Course: course(o), Sandbox: o.Sandbox, DryRun: o.DryRun,
		Progress: told(learned), Learned: learn,
		Stop: sys.Stop, Applying: sys.Applying, Interrupt: sys.Interrupt,
		Begin: func(ctx context.Context, r tui.Request) (*tui.Start, error) {
			o := o
			begun = modes[slices.Index(shown, r.Mode)]
			if r.Sandbox && !o.Sandbox {
				o = practicing(o)
			}
			if r.Fault != "" {
				o.Break = r.Fault
			}
			return start(ctx, o, sys, begun)
		},
	})
	if err != nil || summary == nil {
		return plan.ExitDone, tell(sys.Err, err, 0, false)
	}
	return begun.exitCode(summary, o.Detailed), nil
}

// course are the faults to choose from, by chapters, unless one was named.
func course(o Options) []tui.Chapter {
	if o.Break != "" {
		return nil
	}
	var all []tui.Chapter
	for _, c := range practice.Chapters() {
		chapter := tui.Chapter{Title: c.Title, About: c.About}
		for _, f := range c.Faults {
			l := f.Lesson()
			chapter.Faults = append(chapter.Faults, tui.Fault{
				Name: f.Name(), Text: f.About, Goal: l.Goal, Find: l.Find, Says: l.Says, Short: l.Short, Hints: l.Hints, Fix: l.Fix,
			})
		}
		all = append(all, chapter)
	}
	return all
}

// progress is what was learned before, and what keeps what is learned now: in the user's
// own state directory, but for a dry run, which writes nothing.
func progress(ctx context.Context, o Options) (*practice.Progress, func(string, int, bool) (tui.Progress, error)) {
	dir, err := files.StateDir(engine.ProcessEnvironment().Get)
	kept := err == nil && !o.DryRun
	p := &practice.Progress{Points: map[string]int{}}
	if err == nil {
		*p = practice.LoadProgress(ctx, dir)
	}
	return p, func(fault string, points int, surprise bool) (tui.Progress, error) {
		p.Learn(fault, points, surprise)
		if !kept {
			return told(p), nil
		}
		return told(p), p.Save(dir)
	}
}

// told is the progress as the screens show it.
func told(p *practice.Progress) tui.Progress {
	return tui.Progress{Points: maps.Clone(p.Points), Surprises: p.Surprises, Won: p.Won}
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
	var err error
	if begun.Open, begun.Given, err = s.begins(ctx); err != nil {
		// Who gets no run has nothing to close: the lab goes with it.
		return nil, errors.Join(err, s.closeLab(nil))
	}
	return begun, nil
}
