package tui

import (
	"context"
	"errors"
	"fmt"

	"stateroom/steps/plan"
)

// Questions that come up while the engine works; it waits for the reply.
type (
	mfaMsg struct {
		// signIn says more, where more is known.
		signIn plan.SignIn
		reply  chan string
	}
	enrolMsg struct {
		enrolment plan.Enrolment
		reply     chan []string
	}
)

// errNoCode ends a sign-in whose MFA question was not answered.
var errNoCode = errors.New("no MFA code was given")

// asks are the questions of a flow. A session may ask for a code long after it
// was opened, so they last as long as the program.
func (e *runner) asks() plan.Asks {
	code := func(s plan.SignIn) (string, error) { return e.signIn(e.ctx, s) }
	return plan.Asks{Code: code, SignIn: e.signIn, Enrol: e.enrol, Visit: e.visit}
}

// signIn asks the screen for a code of a device and waits for it.
func (e *runner) signIn(ctx context.Context, ask plan.SignIn) (string, error) {
	reply := make(chan string, 1)
	e.queue.push(mfaMsg{ask, reply})
	code, err := answerOf(ctx, e, reply, "an MFA code")
	if err == nil && code == "" {
		err = errNoCode
	}
	return code, err
}

// enrol shows a new MFA device and waits for two codes in a row.
func (e *runner) enrol(ctx context.Context, enrolment plan.Enrolment) (first, second string, err error) {
	reply := make(chan []string, 1)
	e.queue.push(enrolMsg{enrolment, reply})
	codes, err := answerOf(ctx, e, reply, "two MFA codes")
	switch {
	case err != nil:
		return "", "", err
	case len(codes) < 2:
		return "", "", errNoCode
	}
	return codes[0], codes[1], nil
}

// answerOf waits for a reply as long as the asker does, and the program lasts.
func answerOf[T any](ctx context.Context, e *runner, reply <-chan T, what string) (answer T, err error) {
	select {
	case answer = <-reply:
		return answer, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-e.ctx.Done():
		err = e.ctx.Err()
	}
	return answer, fmt.Errorf("waiting for %s: %w", what, err)
}
