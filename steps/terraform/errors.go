package terraform

import "errors"

// ErrNotFound is returned by Find when the engine named, or both terraform and tofu, are not there.
var ErrNotFound = errors.New("no engine was found")

// Error says what failed, on what, what it means and what to do about it.
type Error struct {
	// Action is what was attempted, in the imperative: "run terraform init".
	Action string
	// Resource is the engine, directory or file concerned.
	Resource string
	// Reason completes the sentence that Resource begins.
	Reason string
	// Remedy is the one thing to do; it may be empty.
	Remedy string
	// Err is the cause, if there is one beneath.
	Err error
}

// Error is one sentence and the remedy.
func (e *Error) Error() string {
	text := e.Action + ": " + e.Resource + " " + e.Reason
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
