package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
)

// troubleshooting opens troubleshooting. The flags say where it begins; whoever sits at a
// terminal is asked, unless a flag has said it or there is a fault to look for.
func (s *session) troubleshooting(ctx context.Context) (engine.Open, plan.Given, error) {
	text, err := s.errorText(ctx)
	if err != nil {
		return nil, nil, err
	}
	somebody := s.ask && (s.quiet || s.sits())
	askHow := somebody && !s.Yes && s.ErrorFile == "" && !s.Run && s.Break == ""
	open := func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		e := &troubleshoot.HealthCheck{Text: text, OnlyText: s.NoChecks, Terraform: s.Run}
		// A text says something where there is nothing to check, and whoever is not asked
		// gets findings.
		meets := somebody && s.lab == nil && text == "" && !s.NoChecks
		if meets && (!askHow || !given.Asked(troubleshoot.PathBegin)) {
			if err := s.someProject(askHow); err != nil {
				return engine.Opened{}, err
			}
		}
		if askHow {
			if questions := troubleshoot.Questions(given, s.canRun(ctx)); len(questions) > 0 {
				return engine.Opened{Questions: questions}, nil
			}
			if err := e.Begin(given); err != nil {
				return engine.Opened{}, err
			}
		}
		flow, err := s.healthCheck(ctx, e, asks)
		if err == nil && meets && e.Text == "" {
			err = s.someCredentials(ctx, flow, given)
		}
		if err != nil {
			return engine.Opened{}, err
		}
		return engine.Opened{Flow: flow}, nil
	}
	return open, plan.Given{}, nil
}

// someProject refuses a folder in which there is nothing to check; asks says that the
// person is asked what to begin with.
func (s *session) someProject(asks bool) error {
	a, err := s.answersKnown()
	if err != nil || len(a.Projects) > 0 {
		return err
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		dir = s.Dir
	}
	return troubleshoot.WithoutProject(dir, a, s.command(), asks)
}

// someCredentials refuses checks of AWS by nobody, and says how files are checked alone.
func (s *session) someCredentials(ctx context.Context, flow *engine.Flow, given plan.Given) error {
	err := s.withRemedy(troubleshoot.Credentials(ctx, flow.Env, flow.Answers, given))
	var refusal *plan.Refusal
	if errors.As(err, &refusal) {
		refusal.Anyway = troubleshoot.WithoutAWS()
	}
	return err
}

// canRun tells whether there are an engine and a project to run it in. What is wrong with
// either is told once it is looked at.
func (s *session) canRun(ctx context.Context) bool {
	_, noEngine := s.terraform(ctx)
	a, err := s.answersKnown()
	return noEngine == nil && (err != nil || len(a.Projects) > 0)
}

// healthCheck opens AWS and the files for a health check; in the sandbox it
// makes the set-up first, and breaks it as asked.
func (s *session) healthCheck(ctx context.Context, e *troubleshoot.HealthCheck, asks plan.Asks) (*engine.Flow, error) {
	env := &engine.Env{}
	e.Answers = &blueprint.Answers{Blueprint: blueprint.New(), WithoutBlueprint: true}
	if !e.OnlyText {
		err := s.prepareLab(ctx, s.Break)
		if err == nil && s.lab != nil {
			err = s.lab.WriteTerminal()
		}
		if err == nil {
			e.Answers, err = s.answersKnown()
		}
		if err == nil {
			env, err = s.operator(ctx, e.Answers, asks)
		}
		if err != nil {
			return nil, err
		}
	}
	return &engine.Flow{Env: env, Answers: e.Answers, Steps: steps.Order(), Look: e.Look}, nil
}

// answersKnown are the answers as far as they are written down: the blueprint's, or
// without one what the project in the current folder says.
func (s *session) answersKnown() (*blueprint.Answers, error) {
	a, isNew, err := s.begin()
	if err != nil || !isNew {
		return a, err
	}
	dir := s.Dir
	if dir == "" {
		dir = "."
	}
	from, err := engine.FromProject(dir, s.environ().Get)
	if err != nil {
		return nil, UsageError{err}
	}
	from.Me, from.Adopt = s.Me, s.Adopt
	return from, nil
}

// What is read of a text, whose ends are kept, how long nothing may come of it,
// for a terraform plan that is piped in says nothing while it refreshes, and how
// long all of it may take: an apply can take hours.
const (
	maxErrorText   = 256 << 20
	errorTextWait  = 10 * time.Minute
	errorTextWhole = 12 * time.Hour
)

// errorText reads what Terraform printed. A text that says nothing is told, and
// the checks go on without it.
func (s *session) errorText(ctx context.Context) (string, error) {
	if s.ErrorFile == "" {
		return "", nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit, name := files.Limit{Bytes: maxErrorText, Wait: errorTextWait, Whole: errorTextWhole, Pipe: true}, s.ErrorFile
	var in io.Reader
	if name != "-" {
		in = files.Open(ctx, name, limit)
	} else {
		name = "standard input"
		if s.sys.Terminal {
			s.say("Paste what Terraform printed, then press Ctrl-D on a line of its own.")
		}
		if s.sys.Terminal || isTerminal(s.sys.In) {
			limit.Wait = -1 // somebody sits there, who can press Ctrl-C
		}
		in = files.Stream(ctx, s.sys.In, name, limit)
	}
	text, err := diagnosis.Read(in)
	var unread *files.Error
	switch {
	case err == nil:
		return text, nil
	case errors.As(err, &unread):
		return "", Usagef("--error: %w", unread)
	case s.NoChecks || !saysNothing(err):
		return "", Usagef("--error %s: %w", name, err)
	}
	s.say(fmt.Sprintf("%s: %v. The checks go on without it.", name, err))
	return "", nil
}

// isTerminal tells whether somebody types what is read, or sees what is written.
func isTerminal(end any) bool {
	file, ok := end.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// saysNothing tells a text that says nothing from one that could not be read.
func saysNothing(err error) bool {
	return errors.Is(err, diagnosis.ErrEmpty) || errors.Is(err, diagnosis.ErrBinary) || errors.Is(err, diagnosis.ErrOnlyLog)
}
