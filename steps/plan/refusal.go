package plan

import (
	"fmt"
)

// Refusal keeps a run from starting: one clear sentence of what is wrong and
// where, one thing to do. Nothing has been changed when it is returned.
type Refusal struct {
	// Finding is the finding's id, "account.root".
	Finding string
	// Title is what is so in a few words; empty where the finding's own say it.
	Title string
	// What is wrong, naming the thing.
	What string
	// Remedy is the one thing to do.
	Remedy string
	// Tried are what was asked or looked at, in that order, and what came of each.
	Tried []Fact
	// Commands are to be copied; each may be the one that helps.
	Commands []ShellCommand
	// Anyway is how the run goes on as things are; nil where it cannot.
	Anyway *Anyway
	Err    error
}

// ShellCommand is one to copy: what it does, as a label, and how it is typed.
type ShellCommand struct {
	Does string `json:"does"`
	Line string `json:"line"`
}

// Anyway is the answer with which a run goes on in spite of a refusal.
type Anyway struct {
	Path, Value string
	// Text says what going on means, as a label.
	Text string
}

// Error is the whole message.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s Nothing was changed.", r.What, r.Remedy)
}

// Unwrap gives the error behind the refusal, if there is one.
func (r *Refusal) Unwrap() error { return r.Err }
