package plan

import (
	"errors"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
)

// EventKind says what an event reports.
type EventKind string

// The kinds of event, in the order in which a run emits them.
const (
	// EventChange carries one change; all of them come before the first EventApplied.
	EventChange  EventKind = "change"
	EventStarted EventKind = "started"
	EventApplied EventKind = "applied"
	EventFailed  EventKind = "failed"
	// EventSkipped is a change left out because one that it needs failed.
	EventSkipped EventKind = "skipped"
	EventFinding EventKind = "finding"
	// EventCheck is one check that has ended.
	EventCheck EventKind = "check"
	// EventInspected says that one stage was looked at, or with Err that it could
	// not be.
	EventInspected EventKind = "inspected"
	// EventProgress counts long work, such as the accounts inspected so far, or
	// says what is waited for.
	EventProgress EventKind = "progress"
	// EventLine is one line of Terraform's output.
	EventLine EventKind = "line"
	// EventPassphrase shows a generated passphrase, once.
	EventPassphrase EventKind = "passphrase"
	// EventSignIn says how a sign-in in the browser goes, with Err where it did not come about.
	EventSignIn  EventKind = "sign-in"
	EventSummary EventKind = "summary"
)

// Event is one thing that happened in a run. Which members are set follows from
// the kind.
type Event struct {
	Kind    EventKind
	Change  *Change
	Finding *Finding
	Check   *Check
	// Step is the stage that was inspected.
	Step int
	Err  error
	// Text is what is still missing of an applied change, why one was skipped, or a line.
	Text       string
	Done, Of   int
	Took       time.Duration
	Passphrase secret.Secret
	SignIn     *SignInNews
	Summary    *Summary
}

// SignInState is how far a sign-in has come.
type SignInState string

// The states. Every sign-in ends in one of those after the first.
const (
	// SignInVisit shows a page at which somebody has to sign in.
	SignInVisit SignInState = "visit"
	// SignInDone says that somebody has signed in, and SignInRenewed that nobody had to.
	SignInDone    SignInState = "signed-in"
	SignInRenewed SignInState = "renewed"
	// SignInRefused is a no in the browser, SignInLate a time that ran out, and SignInFailed
	// everything else.
	SignInRefused SignInState = "refused"
	SignInLate    SignInState = "timed-out"
	SignInFailed  SignInState = "failed"
)

// SignInNews is how a sign-in goes.
type SignInNews struct {
	State SignInState
	// StartURL is where.
	StartURL string
	// Visit is the page of SignInVisit, nil with every other state.
	Visit *Visit
	// Until is when the token expires that came of it.
	Until time.Time
}

// FailedCall is which call to AWS failed, how, and what to do; empty where it was none.
type FailedCall struct{ Service, Operation, Code, Identity, RequestID, Remedy string }

// FailedCall is what is known of the call that the event's error comes from.
func (e Event) FailedCall() FailedCall {
	var call *awsops.Error
	if !errors.As(e.Err, &call) {
		return FailedCall{}
	}
	return FailedCall{call.Service, call.Operation, call.Code, call.Identity, call.RequestID, call.Remedy}
}

// Emit receives the events of a run, one at a time.
type Emit func(Event)
