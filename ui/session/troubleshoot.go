package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"stateroom/steps"
	"stateroom/steps/troubleshoot"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
)

// Troubleshoot finds out what is wrong with a set-up, in lines. It returns the
// exit code, or the error that kept it from running.
func Troubleshoot(ctx context.Context, o Options, sys System) (code int, err error) {
	if o.Break == "list" {
		return steps.ExitDone, listFaults(sys.Out)
	}
	s := newSession(o, sys, "troubleshoot")
	s.present(plain.NewFlowLines(sys.Out))
	text, err := s.errorText()
	if err != nil {
		return 0, err
	}
	examination := &troubleshoot.Examination{Text: text, OnlyText: o.NoChecks, Terraform: o.Run}
	if o.NoChecks {
		examination.Answers = &steps.Answers{Blueprint: steps.NewBlueprint()}
		summary, err := s.flow(ctx, &steps.Flow{Env: &steps.Env{}, Answers: examination.Answers, Look: examination.Look})
		if err != nil {
			return 0, err
		}
		return summary.ExitCode(false), nil
	}
	var summary *steps.Summary
	if err := s.rehearse(ctx); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.leave(summary != nil && !s.DryRun)) }()
	flow, err := s.examine(ctx, examination)
	if err != nil {
		return 0, err
	}
	if summary, err = s.flow(ctx, flow); err != nil {
		return 0, err
	}
	return summary.ExitCode(o.Detailed), nil
}

// examine opens AWS and the files for an examination; in the sandbox it makes
// the set-up first, and breaks it as asked.
func (s *session) examine(ctx context.Context, e *troubleshoot.Examination) (*steps.Flow, error) {
	sessions, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if e.Answers, err = s.known(); err != nil {
		return nil, err
	}
	env, err := s.world(ctx, sessions, e.Answers)
	if err != nil {
		return nil, err
	}
	if s.stage != nil {
		if err := s.finished(ctx, env, e.Answers); err != nil {
			return nil, err
		}
	}
	return &steps.Flow{Env: env, Answers: e.Answers, Look: e.Look}, nil
}

// finished makes the rehearsal's set-up without telling its events, and lets it
// meet the fault to practise on.
func (s *session) finished(ctx context.Context, env *steps.Env, a *steps.Answers) error {
	s.say("Making a finished set-up to practise on: a few seconds.")
	if err := s.stage.Finish(ctx, env, a, func(steps.Event) {}); err != nil {
		return err //nolint:wrapcheck // it says what could not be made
	}
	if s.Break == "" {
		return nil
	}
	return s.stage.Break(ctx, s.Break) //nolint:wrapcheck // it names the fault
}

// known are the answers as far as they are written down: the blueprint's, or
// without one what the project in the current folder says.
func (s *session) known() (*steps.Answers, error) {
	a, isNew, err := s.begin()
	if err != nil || !isNew {
		return a, err
	}
	dir := s.Dir
	if dir == "" {
		dir = "."
	}
	from, err := troubleshoot.FromProject(dir, os.Getenv)
	if err != nil {
		return nil, UsageError{err}
	}
	from.Me, from.Adopt = s.Me, s.Adopt
	return from, nil
}

// errorText reads what Terraform printed. A text that says nothing is told, and
// the checks go on without it.
func (s *session) errorText() (string, error) {
	if s.ErrorFile == "" {
		return "", nil
	}
	in, name := s.sys.In, "standard input"
	if s.ErrorFile != "-" {
		file, err := os.Open(s.ErrorFile)
		if err != nil {
			return "", Usagef("--error: %w", err)
		}
		defer func() { _ = file.Close() }() // it was only read
		in, name = file, s.ErrorFile
	}
	text, err := troubleshoot.Read(in)
	switch {
	case err == nil:
		return text, nil
	case s.NoChecks || !said(err):
		return "", Usagef("--error %s: %w", name, err)
	}
	s.say(fmt.Sprintf("%s: %v. The checks go on without it.", name, err))
	return "", nil
}

// said tells a text that says nothing from one that could not be read.
func said(err error) bool {
	return errors.Is(err, troubleshoot.ErrEmpty) || errors.Is(err, troubleshoot.ErrBinary) || errors.Is(err, troubleshoot.ErrOnlyLog)
}

// listFaults prints the faults to practise on, one a line.
func listFaults(out io.Writer) error {
	width := 0
	for _, f := range practice.Faults() {
		width = max(width, len(f.Name))
	}
	for _, f := range practice.Faults() {
		if _, err := fmt.Fprintf(out, "%s%s  %s\n", f.Name, strings.Repeat(" ", width-len(f.Name)), f.About); err != nil {
			return fmt.Errorf("the list of faults: %w", err)
		}
	}
	return nil
}
