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
	// Adopt says that it is the run's own command with these flags, which give a consent:
	// whoever knows that command makes the line of it ([Finding.In]).
	Adopt string `json:"-"`
}

// inLine are commands where there is one line for all.
func inLine(commands []ShellCommand) (text string) {
	for _, c := range commands {
		text += fmt.Sprintf(" %s: %s.", c.Does, c.Line)
	}
	return text
}

// Allow is the run's own command with consents.
func Allow(does string, targets ...string) []ShellCommand {
	c := ShellCommand{Does: does}
	for _, target := range targets {
		c.Adopt += " --adopt " + Shell(target)
	}
	return []ShellCommand{c}
}

// Copy is a command to copy.
func Copy(does, line string, args ...any) []ShellCommand {
	return []ShellCommand{{Does: does, Line: fmt.Sprintf(line, args...)}}
}

// Anyway is the answer with which a run goes on in spite of a refusal.
type Anyway struct {
	Path, Value string
	// Text says what going on means, as a label.
	Text string
}

// Error is the whole message.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s%s Nothing was changed.", r.What, r.Remedy, inLine(r.Commands))
}

// Unwrap gives the error behind the refusal, if there is one.
func (r *Refusal) Unwrap() error { return r.Err }
