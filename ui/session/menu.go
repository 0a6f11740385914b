package session

import (
	"context"
	"errors"
	"math/rand/v2"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
	"stateroom/ui/tui"
)

// Modes are all of them, in the menu's order.
var Modes = []*Mode{SetUp, Onboard, Troubleshoot, Handover, Offboard, Login}

// Menu asks in lines which mode is wanted, as the screens' menu does, and goes through
// it. It returns the exit code, or the error that kept it from running.
func Menu(ctx context.Context, o Options, sys System) (int, error) {
	s := newSession(o, sys, Troubleshoot)
	prompt := plain.NewPrompt(s.answers(), s.talk())
	for {
		chosen, mode, err := pick(ctx, prompt, o)
		switch {
		case errors.Is(err, plain.ErrLeft):
			return plan.ExitDone, nil
		case err != nil:
			return 0, err
		}
		r := newLineRun(newSession(chosen, sys, mode))
		r.prompt.Continue(prompt)
		r.menu = true
		code, err := r.run(ctx)
		if !errors.Is(err, plain.ErrBack) {
			return code, err
		}
	}
}

// pick asks for a mode, and for what to practice.
func pick(ctx context.Context, prompt *plain.Prompt, o Options) (Options, *Mode, error) {
	for {
		options := entries(o.Sandbox)
		if !o.Sandbox {
			options = append(options, plain.Option{Name: tui.Practice, Text: tui.PracticeText})
		}
		at, err := prompt.Choose(ctx, tui.MenuTitle, options, false)
		if err != nil {
			return o, nil, err
		}
		if at < len(Modes) && !o.Sandbox {
			return o, Modes[at], nil
		}
		chosen := o
		if !o.Sandbox {
			if at, err = prompt.Choose(ctx, tui.PracticeTitle, entries(true), true); err != nil {
				return o, nil, err
			}
			chosen = practicing(o)
		}
		if at >= 0 && Modes[at].Faults() && o.Break == "" {
			if chosen.Break, err = pickFault(ctx, prompt); err != nil {
				return o, nil, err
			}
			if chosen.Break == "" {
				continue
			}
		}
		if at >= 0 {
			return chosen, Modes[at], nil
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

// pickFault asks which fault to practice on; empty goes back.
func pickFault(ctx context.Context, prompt *plain.Prompt) (string, error) {
	all := practice.Faults()
	options := []plain.Option{{Name: tui.Surprise, Text: tui.SurpriseText}}
	for _, f := range all {
		options = append(options, plain.Option{Name: f.Name(), Text: f.About})
	}
	at, err := prompt.Choose(ctx, tui.FaultTitle, options, true)
	switch {
	case err != nil || at < 0:
		return "", err
	case at == 0:
		at = 1 + rand.IntN(len(all)) //nolint:gosec // a game, no secret
	}
	return all[at-1].Name(), nil
}

// practicing are the options of a rehearsal that was chosen on the way: it brings its
// own answers, files and AWS.
func practicing(o Options) Options {
	return Options{
		Sandbox: true, KeepFiles: o.KeepFiles, DryRun: o.DryRun, Detailed: o.Detailed, Plain: o.Plain, Parallel: o.Parallel,
		Accounts: o.Accounts, Latency: o.Latency, Engine: o.Engine, Verbose: o.Verbose,
	}
}
