// Package session puts a run together for the command line: the answers from the
// blueprint, the flags and the questions, the way to AWS or into the sandbox, and
// the presenter that shows it.
//
// What does not live here: the flags themselves (ui/command), which signals there are and
// exit codes (main), how things look (ui/plain, ui/tui) and what is done (steps).
package session

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/steps/terraform"
	"stateroom/ui/practice"
)

// BlueprintFile is the blueprint's default name.
const BlueprintFile = "stateroom.hcl"

// Options are the command line. An empty Dir is the current folder, or in the
// sandbox a scratch one.
type Options struct {
	Blueprint, Dir, Me, Engine        string
	Profile, Region, Endpoint, Listen string
	Set, Adopt                        []string
	DryRun, Detailed, Yes             bool
	// NoWidening refuses what gives anybody more access.
	NoWidening           bool
	Plain, JSON, Sandbox bool
	Parallel, Accounts   int
	Latency              time.Duration
	// KeepFiles keeps what a rehearsal wrote.
	KeepFiles bool
	// ErrorFile is the text that troubleshooting begins with, "-" for standard
	// input; NoChecks looks at nothing else; Run lets Terraform say it itself.
	ErrorFile     string
	NoChecks, Run bool
	// Verbose shows every check, those that passed, too.
	Verbose bool
	// Break is the fault to practise on.
	Break string
	// HandoverFile, PassphraseFile and Identity are what somebody comes on board
	// with; Rotate renews a key.
	HandoverFile, PassphraseFile, Identity string
	Rotate                                 bool
	// Device lets people sign in with a code on another device.
	Device bool
	// User is whom the operator hands a key to, or sees off.
	User string
}

// System is what the process has around it. A test brings its own.
type System struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal says that both ends are terminals, so that questions can be asked.
	Terminal bool
	// Args is the command line after the program's name, to be told how it is to be
	// given next.
	Args []string
	// Stop, once closed, lets the changes under way finish and starts no other.
	Stop <-chan struct{}
	// Applying is told when changes begin and end.
	Applying func(bool)
	// Interrupt is told of a Ctrl-C that came as a key, see
	// [Shutdown.Interrupt]; it may be nil.
	Interrupt func(second bool)
}

// UsageError is a command line, a blueprint or an answer that cannot be used.
type UsageError struct{ Err error }

// Error is what is wrong.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong its own type.
func (e UsageError) Unwrap() error { return e.Err }

// Usagef makes a [UsageError].
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// session is one run on this system: what opens it, whichever way it is shown.
type session struct {
	Options
	*Mode
	sys System
	// keyboard is the terminal at which somebody sits whose text comes from elsewhere, by
	// a pipe; nil without one.
	keyboard *os.File
	// process is the environment that this run began with.
	process engine.Environment

	ask    bool // questions can be asked
	yes    bool // the plan is applied without asking
	lab    *practice.Lab
	engine *terraform.Engine // once it was found
	// ready says that the lab's set-up is finished, asAdmin that the process
	// sits at the new admin's laptop, quiet that screens speak instead, greeted that
	// the first line was said.
	ready, asAdmin, quiet, greeted bool
	// about is the user who was chosen where the command line names none.
	about string
	// brought says that AWS is asked with a key that the admin has brought.
	brought bool
}

func newSession(o Options, sys System, mode *Mode) *session {
	s := &session{Options: o, Mode: mode, sys: sys, process: engine.ProcessEnvironment()}
	if o.ErrorFile == "-" && !sys.Terminal && !o.JSON && isTerminal(sys.Out) {
		s.keyboard, _ = openTerminal() // without one nobody can be asked
	}
	s.ask, s.yes = (s.sits() || o.Plain && mode.piped) && !o.JSON, o.Yes || (o.Sandbox && !s.sits())
	return s
}

// sits tells whether somebody sits at a terminal, to be asked.
func (s *session) sits() bool { return s.sys.Terminal || s.keyboard != nil }

// greet says the first line, once: after whatever refuses the command line and the
// blueprint, and before anything that takes time.
func (s *session) greet() {
	if s.quiet || s.greeted {
		return
	}
	s.greeted = true
	where := "on AWS"
	if s.NoChecks {
		where = "without checks"
	}
	if s.Sandbox {
		where = "in the sandbox"
	}
	fmt.Fprintf(s.talk(), "stateroom %s %s: looking at what is there.\n", s.Name, where)
}

// talk is where people are spoken to: beside the events, if those are JSON.
func (s *session) talk() io.Writer {
	if s.JSON {
		return s.sys.Err
	}
	return s.sys.Out
}

// say tells people one line.
func (s *session) say(text string) {
	if !s.quiet {
		s.greet()
		fmt.Fprintln(s.talk(), printable.Text(text))
	}
}

// answers are read from here.
func (s *session) answers() io.Reader {
	if s.keyboard != nil {
		return s.keyboard
	}
	return s.sys.In
}

// nextCommand makes the changes that nobody could be asked about. What touches something
// that is not this blueprint's is agreed to in it only where there is nothing else to
// make, for then it is all that the command can be for.
func (s *session) nextCommand(sum *plan.Summary) string {
	args := slices.Concat([]string{"stateroom"}, s.args(), []string{"--yes"})
	if sum.Planned() == 0 {
		for _, target := range plan.Adoptable(sum.NotOurs) {
			args = append(args, "--adopt", target)
		}
	}
	return plan.Shell(args...)
}

// checksCommand looks at the setup as well, of which a text alone was looked at.
func (s *session) checksCommand() string {
	args := slices.DeleteFunc(s.args(), func(arg string) bool { return strings.HasPrefix(arg, "--no-checks") })
	return plan.Shell(append([]string{"stateroom"}, args...)...)
}

// nobody tells that nobody can consent to a change.
func (s *session) nobody() bool { return !s.ask && !s.yes && !s.DryRun }

// consent refuses a run whose only result are changes that nobody can consent to.
func (s *session) consent() error {
	if s.nobody() && !s.tells {
		return Usagef("nothing can be asked here: give --yes to apply or --dry-run to preview")
	}
	return nil
}
