package session

import (
	"context"
	"errors"
	"fmt"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/tui"
)

// Modes are all of them, in the menu's order.
var Modes = []*Mode{SetUp, Onboard, Troubleshoot, Handover, Offboard, Login}

// Menu asks in lines which mode is wanted, as the screens' menu does, and goes through
// it. It returns the exit code, or the error that kept it from running.
func Menu(ctx context.Context, o Options, sys System) (int, error) {
	s := newSession(o, sys, Troubleshoot)
	prompt := plain.NewPrompt(s.answers(), s.talk())
	prompt.Sits = s.sits()
	code := plan.ExitDone
	for {
		chosen, mode, err := pick(ctx, prompt, o)
		switch {
		case errors.Is(err, plain.ErrLeft):
			if code == plan.ExitDone {
				fmt.Fprintln(s.talk(), nothingChanged)
			}
			return code, nil
		case err != nil:
			return 0, err
		}
		r := newLineRun(newSession(chosen, sys, mode))
		r.prompt.Continue(prompt)
		r.prompt.Menu = true
		run := r.run
		if r.teaches() {
			run = newLessons(r.session, prompt, true).run
		}
		ended, err := run(ctx)
		code = worst(code, counted(ended, chosen.Sandbox && !o.Sandbox))
		if !errors.Is(err, plain.ErrBack) {
			return code, err
		}
	}
}

// pick asks for a mode, for real or to practice.
func pick(ctx context.Context, prompt *plain.Prompt, o Options) (Options, *Mode, error) {
	for {
		options := entries(o.Sandbox)
		if !o.Sandbox {
			options = append(options, plain.Option{Name: tui.Practice, Text: tui.PracticeText})
		}
		at, err := prompt.Choose(ctx, plain.Menu{Title: tui.MenuTitle, Options: options})
		if err != nil {
			return o, nil, err
		}
		if at < len(Modes) {
			return o, Modes[at], nil
		}
		if at, err = prompt.Choose(ctx, plain.Menu{Title: tui.PracticeTitle, Options: entries(true), Back: true}); err != nil {
			return o, nil, err
		}
		if at >= 0 {
			return practicing(o), Modes[at], nil
		}
	}
}

// entries are the modes in a menu, or in that of practice.
func entries(practice bool) []plain.Option {
	var options []plain.Option
	for _, mode := range Modes {
		name, text := mode.Entry(practice)
		options = append(options, plain.Option{Name: name, Text: text})
	}
	return options
}

// practicing are the options of a rehearsal that was chosen on the way: it brings its
// own answers, files and AWS.
func practicing(o Options) Options {
	return Options{
		Sandbox: true, KeepFiles: o.KeepFiles, DryRun: o.DryRun, Detailed: o.Detailed, Plain: o.Plain, Parallel: o.Parallel,
		Accounts: o.Accounts, Latency: o.Latency, Engine: o.Engine, Verbose: o.Verbose,
	}
}
