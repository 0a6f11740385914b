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

// mfa asks the screen for a code and waits for it.
func (e *runner) mfa(ctx context.Context) func() (string, error) {
	return func() (string, error) { return e.signIn(ctx, plan.SignIn{}) }
}

// signIn asks the screen for a code of a device and waits for it.
func (e *runner) signIn(ctx context.Context, ask plan.SignIn) (string, error) {
	reply := make(chan string, 1)
	e.queue.push(mfaMsg{ask, reply})
	select {
	case code := <-reply:
		if code == "" {
			return "", errNoCode
		}
		return code, nil
	case <-ctx.Done():
		return "", fmt.Errorf("waiting for an MFA code: %w", ctx.Err())
	case <-e.ctx.Done():
		return "", fmt.Errorf("waiting for an MFA code: %w", e.ctx.Err())
	}
}

// asks are the questions of a flow. A session may ask for a code long after it
// was opened, so they last as long as the program.
func (e *runner) asks() plan.Asks {
	return plan.Asks{Code: e.mfa(e.ctx), SignIn: e.signIn, Enrol: e.enrol}
}

// enrol shows a new MFA device and waits for two codes in a row.
func (e *runner) enrol(ctx context.Context, enrolment plan.Enrolment) (first, second string, err error) {
	reply := make(chan []string, 1)
	e.queue.push(enrolMsg{enrolment, reply})
	select {
	case codes := <-reply:
		if len(codes) < 2 {
			return "", "", errNoCode
		}
		return codes[0], codes[1], nil
	case <-ctx.Done():
		return "", "", fmt.Errorf("waiting for two MFA codes: %w", ctx.Err())
	case <-e.ctx.Done():
		return "", "", fmt.Errorf("waiting for two MFA codes: %w", e.ctx.Err())
	}
}
