package plan

import (
	"fmt"
)

// Refusal keeps a run from starting: one clear sentence of what is wrong and
// where, one thing to do. Nothing has been changed when it is returned.
type Refusal struct {
	// Finding is the finding's id, "account.root".
	Finding string
	// What is wrong, naming the thing.
	What string
	// Remedy is the one thing to do.
	Remedy string
	Err    error
}

// Error is the whole message.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s Nothing was changed.", r.What, r.Remedy)
}

// Unwrap gives the error behind the refusal, if there is one.
func (r *Refusal) Unwrap() error { return r.Err }
