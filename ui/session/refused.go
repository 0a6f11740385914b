package session

import (
	"context"
	"errors"
	"io"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/words"
)

// ShownError is one that people were told already, with all that belongs to it.
type ShownError struct{ Err error }

// Error is what was told.
func (e ShownError) Error() string { return e.Err.Error() }

// Unwrap gives the error its own type.
func (e ShownError) Unwrap() error { return e.Err }

// showRefusal shows a refusal that says in a few words what is so, has commands to copy or
// tells what was tried, which is then a [ShownError]; any other error is left to whoever
// gets it. draft says that the
// answers are on the disk for the next run.
func showRefusal(out io.Writer, err error, applied int, draft bool) error {
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) || refusal.Title == "" && len(refusal.Commands)+len(refusal.Tried) == 0 {
		return err
	}
	plain.Refused(out, words.Refused(err), words.AfterRefusal(applied, draft))
	return ShownError{err}
}

// refused tells what keeps the run from going on, and asks what to do about it where
// somebody can be asked. Again tells that it is to be tried again; otherwise the error is
// what the run ends with.
func (r *lineRun) refused(ctx context.Context, err error, s *plan.Summary, answers *plain.Inquiry, d *drafts) (again bool, _ error) {
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) {
		return false, err
	}
	if r.JSON {
		plain.NewJSON(r.sys.Out, r.sys.Err).Refused(words.Refused(err))
	}
	applied, out := 0, r.sys.Err
	if s != nil {
		applied = s.Applied
	}
	if r.ask {
		out = r.talk()
	}
	err = showRefusal(out, err, applied, d.isKept())
	for r.ask && !r.Yes { // whoever said yes beforehand need not be there
		way, asking := r.prompt.Onward(ctx, *refusal, r.lab == nil, r.prompt.Menu)
		switch {
		case errors.Is(asking, plain.ErrNoAnswer), errors.Is(asking, plain.ErrLeft), way == plain.Leave && asking == nil:
			return false, err // whoever leaves now has not been served
		case asking != nil:
			return false, asking
		case way == plain.ToMenu:
			return false, plain.ErrBack
		case way == plain.GoOn:
			answers.GoOn(*refusal.Anyway)
			return true, nil
		case way == plain.Again:
			return true, nil
		}
		switch practiced := r.practice(ctx); {
		case errors.Is(practiced, plain.ErrNoAnswer):
			return false, err
		case practiced != nil:
			return false, practiced
		}
	}
	return false, err
}

// practice goes through the mode in the sandbox, from which one can go back.
func (r *lineRun) practice(ctx context.Context) error {
	p := newLineRun(newSession(practicing(r.Options), r.sys, r.Mode))
	p.prompt.Continue(r.prompt)
	p.prompt.Menu = true
	run := p.run
	if p.teaches() {
		run = newLessons(p.session, p.prompt, true).run
	}
	code, err := run(ctx)
	switch {
	case errors.Is(err, plain.ErrBack):
		return nil
	case err == nil && code == plan.ExitInterrupted: // and with it what gave way to it
		return context.Canceled
	}
	return err
}
