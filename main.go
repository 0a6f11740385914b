// Command stateroom takes an AWS organization from nothing to a multi-account
// Terraform set-up with encrypted, locked remote state in S3.
//
// Start here: this file asks whether there is a terminal, chooses who presents a run,
// watches for signals and makes errors exit codes. The command line is ui/command; what is
// shown lives in ui, what is done in steps, and AWS in awsops.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/term"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/command"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
	"stateroom/ui/session"
)

// memory is how much of it the process takes before it collects its garbage more often
// than is usual: a set-up of ten thousand accounts, whose data weighs less than that, does
// not take twice as much.
const memory = 240 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	terminal := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, watched()...)
	// A reader that goes away ("| head") must not kill a run between two changes.
	signal.Ignore(syscall.SIGPIPE)
	screen := terminal && wantsScreen(os.Getenv)
	os.Exit(run(context.Background(), os.Args[1:], system{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, signals: signals,
		terminal: terminal, screen: screen, restore: restorer(terminal, screen), forget: practice.Forget,
	}))
}

// wantsScreen tells whether a terminal is to show the screens. CI runners may have one
// that nobody looks at, and ACCESSIBLE is how whoever has a screen read aloud asks for
// lines (Charm's programs and others know it, too).
func wantsScreen(getenv func(string) string) bool {
	return getenv("TERM") != "dumb" && getenv("CI") == "" && getenv("ACCESSIBLE") == ""
}

// watched are the signals that interrupt. One that was ignored when the process
// began stays so: that is how nohup works.
func watched() []os.Signal {
	signals := []os.Signal{os.Interrupt}
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signals = append(signals, s)
		}
	}
	return signals
}

// restorer gives the terminal back as it is now, whatever screens and prompts
// have made of it.
func restorer(terminal, screen bool) func() {
	if !terminal {
		return func() {}
	}
	before, err := term.GetState(int(os.Stdin.Fd()))
	return func() {
		if screen {
			_, _ = os.Stdout.WriteString("\x1b[?1049l\x1b[?2004l\x1b[?1002l\x1b[?1006l\x1b[?25h") // main screen, plain paste, no mouse, cursor
		}
		if err == nil {
			_ = term.Restore(int(os.Stdin.Fd()), before) // the process ends anyway
		}
	}
}

// system is what the process has around it. A test brings its own.
type system struct {
	args     []string // of the command line
	in       io.Reader
	out, err io.Writer
	// terminal says that both ends are terminals, so that questions can be asked;
	// screen that the terminal can show the wizard, too.
	terminal, screen bool
	signals          <-chan os.Signal
	// restore gives the terminal back when the process ends in the middle of
	// something; nil in a test is to do nothing.
	restore func()
	// forget takes somebody's own AWS out of a process that only rehearses; nil in a
	// test, whose process does more.
	forget func() error
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, sys system) int {
	ctx, i := session.Interruptible(ctx, session.Ending{Out: sys.err, Restore: sys.restore})
	defer i.Close()
	go i.Watch(sys.signals)
	sys.args = args
	written := &output{to: sys.out}
	if file, ok := sys.out.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) { // a terminal is asked what it can do
		sys.out = written
	}
	root := command.New(sys.runners(i)) //nolint:contextcheck // cobra hands the context on
	root.SetArgs(args)
	root.SetOut(sys.out)
	root.SetErr(sys.err)
	err := root.ExecuteContext(ctx)
	var shown session.ShownError
	if told := exitCode(0); err != nil && !errors.As(err, &told) && !errors.As(err, &shown) {
		message := "stateroom: " + err.Error()
		if i.Seen() && errors.Is(err, context.Canceled) {
			message, err = "Interrupted: nothing was changed.", exitCode(plan.ExitInterrupted)
			if i.Applying() {
				message = "Interrupted: what was changed so far stays. Run the command again to go on from here."
			}
		}
		fmt.Fprintln(sys.err, printable.Text(message)) // the code tells it, too, when nobody reads
	}
	if i.Seen() {
		i.NameLeft()
	}
	if lost := written.lost(); lost != nil && codeOf(err) == plan.ExitDone {
		err = exitCode(plan.ExitFailed)
		if !errors.Is(lost, syscall.EPIPE) { // whoever closed the pipe wanted no more
			fmt.Fprintf(sys.err, "stateroom: part of the output could not be written (%v); the run itself went on to its end\n", lost)
		}
	}
	return codeOf(err)
}

// output remembers the first error of what it writes to: a run goes on to its end when
// nobody can read of it any more, but does not say that all went well.
type output struct {
	to io.Writer
	mu sync.Mutex
	// err is the first error.
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
	return n, err //nolint:wrapcheck // the writer's own
}

func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// runners gives every command its run: the screens on a terminal that can show
// them, lines otherwise.
func (s system) runners(i *session.Shutdown) command.Runners {
	return command.Runners{
		Terminal: s.terminal,
		Run: func(ctx context.Context, o session.Options, mode *session.Mode) error {
			if err := s.rehearsed(&o); err != nil {
				return err
			}
			// A text on standard input and the keys of the screens cannot both be read.
			if s.screen && !o.Plain && !o.JSON && !o.Yes && !o.NoChecks && o.Break != "list" && o.ErrorFile != "-" {
				i.Screens()
				return ended(session.Screens(ctx, o, s.around(i), mode))
			}
			return ended(session.Lines(ctx, o, s.around(i), mode))
		},
		Menu: func(ctx context.Context, o session.Options) error {
			if err := s.rehearsed(&o); err != nil {
				return err
			}
			if s.screen && !o.Plain {
				i.Screens()
				return ended(session.Screens(ctx, o, s.around(i), session.Modes...))
			}
			return ended(session.Menu(ctx, o, s.around(i)))
		},
		Policy: func(ctx context.Context, o session.Options, p steps.Policy, part string) error {
			if err := s.rehearsed(&o); err != nil {
				return err
			}
			return session.PrintPolicy(ctx, o, s.around(i), p, part)
		},
		Serve: func(ctx context.Context, o session.Options) error {
			environ := engine.ProcessEnvironment()
			return practice.Serve(ctx, o.Listen, practice.Options{Accounts: o.Accounts, Latency: o.Latency, Region: practice.Configured(o.Region, environ), Environ: environ}, s.out)
		},
	}
}

// rehearsed takes somebody's own AWS out of a run that only rehearses.
func (s system) rehearsed(o *session.Options) error {
	if !o.Sandbox || s.forget == nil {
		return nil
	}
	o.Region = practice.Configured(o.Region, engine.ProcessEnvironment())
	return s.forget()
}

// exitCode ends a command that has told its outcome already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// codeOf is the one place where errors become exit codes.
func codeOf(err error) int {
	var code exitCode
	var usage session.UsageError
	var problem blueprint.Problem
	var problems blueprint.Problems
	switch {
	case err == nil:
		return plan.ExitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage), errors.As(err, &problem), errors.As(err, &problems), errors.Is(err, plain.ErrNoAnswer):
		return plan.ExitUsage
	}
	return plan.ExitFailed
}

// around is what a session gets of the system.
func (s system) around(i *session.Shutdown) session.System {
	return i.Around(session.System{In: s.in, Out: s.out, Err: s.err, Terminal: s.terminal, Args: s.args})
}

// ended makes an error of a session's exit code.
func ended(code int, err error) error {
	if err != nil {
		return err
	}
	return exitCode(code)
}
