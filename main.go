// Command stateroom takes an AWS organization from nothing to a multi-account
// Terraform set-up with encrypted, locked remote state in S3.
//
// Start here: this file is the command line, the question whether there is a
// terminal, the signals and the exit codes. What is shown lives in ui, what is
// done in steps, and AWS in awsops.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/complete"
	"stateroom/ui/help"
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
	commands := sys.runners(i)
	root := newCommand(commands) //nolint:contextcheck // cobra hands the context on
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
func (s system) runners(i *session.Shutdown) runners {
	r := runners{
		run: func(ctx context.Context, o session.Options, mode *session.Mode) error {
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
		serve: func(ctx context.Context, o session.Options) error {
			environ := engine.ProcessEnvironment()
			return practice.Serve(ctx, o.Listen, practice.Options{Accounts: o.Accounts, Latency: o.Latency, Region: practice.Configured(o.Region, environ), Environ: environ}, s.out)
		},
	}
	r.policy = func(ctx context.Context, o session.Options, p steps.Policy, part string) error {
		if err := s.rehearsed(&o); err != nil {
			return err
		}
		return session.PrintPolicy(ctx, o, s.around(i), p, part)
	}
	r.terminal = s.terminal
	r.menu = func(ctx context.Context, o session.Options) error {
		if err := s.rehearsed(&o); err != nil {
			return err
		}
		if s.screen && !o.Plain {
			i.Screens()
			return ended(session.Screens(ctx, o, s.around(i), session.Modes...))
		}
		return ended(session.Menu(ctx, o, s.around(i)))
	}
	return r
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

// runners are what the commands run with their flags; a test of the flags brings
// its own. The menu is a choice of modes, which takes a terminal or --plain.
type runners struct {
	terminal    bool
	run         func(context.Context, session.Options, *session.Mode) error
	menu, serve func(context.Context, session.Options) error
	policy      func(context.Context, session.Options, steps.Policy, string) error
}

// newCommand is the command tree.
func newCommand(r runners) *cobra.Command {
	var o session.Options
	version := false
	root := &cobra.Command{
		Use:   "stateroom",
		Short: "Encrypted, locked Terraform state for every account of an AWS organization",
		Example: "  stateroom                            open the menu: every task, and practice\n" +
			"  stateroom setup --sandbox            rehearse it; nothing real is touched\n" +
			"  stateroom setup --dry-run            see what would be made\n" +
			"  stateroom setup                      make it, after you have confirmed",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return help.NoCommand(c, args[0])
			}
			if version {
				info, _ := debug.ReadBuildInfo()
				_, err := fmt.Fprint(c.OutOrStdout(), help.Version(info))
				return err //nolint:wrapcheck // it is the writer's
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			if (r.terminal || o.Plain) && !o.JSON && !o.Yes {
				return r.menu(c.Context(), o)
			}
			c.SetOut(c.ErrOrStderr())
			_ = c.Usage() // written to where the message below goes
			return session.Usagef("name a command: setup makes the setup, onboard gets an admin going, troubleshoot finds what is wrong")
		},
		SilenceErrors: true, SilenceUsage: true,
	}
	help.AddFlags(root, help.Common, func(f *pflag.FlagSet) { commonFlags(f, &o) })
	help.AddFlags(root, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o); keepFlag(f, &o); stageFlags(f, &o) })
	// The menu takes them all; the help of the commands lists them.
	root.Flags().VisitAll(func(f *pflag.Flag) {
		f.Hidden = !slices.Contains([]string{"sandbox", "dry-run", "plain", "profile"}, f.Name)
	})
	help.AddFlags(root, help.Common, func(f *pflag.FlagSet) {
		f.BoolVar(&version, "version", false, "print version, commit, date and Go")
	})
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return session.Usagef("%w%s: see %s --help", err, help.UnknownFlag(c, err), c.CommandPath())
	})
	root.AddGroup(&cobra.Group{ID: forTeam, Title: "Set up"}, &cobra.Group{ID: forAdmin, Title: "Work as an admin"}, &cobra.Group{ID: forPractice, Title: "Practice"})
	for _, one := range commands {
		root.AddCommand(one.cobra(r))
	}
	root.AddCommand(policyCommand(r), schemaCommand(), sandboxCommand(r))
	help.Install(root)
	complete.Install(root)
	return root
}

// The groups of commands in the program's own help.
const (
	forTeam     = "team"
	forAdmin    = "admin"
	forPractice = "practice"
)

// command is a command that runs a mode over a blueprint.
type command struct {
	mode                       *session.Mode
	name, short, long, example string
	group                      string
	// user says that it is about one user, who is its argument.
	user bool
	// flags are its own, before those that all have; check refuses what those
	// cannot mean. Both may be nil.
	flags func(*pflag.FlagSet, *session.Options)
	check func(*session.Options) error
}

var commands = []command{
	{
		mode: session.SetUp, name: "setup", group: forTeam,
		short: "Create the whole setup, or what is missing from it",
		long: "Looks at what is there, shows what it would change, asks, makes the changes and\n" +
			"proves the result. Run the command again at any time: it changes what differs.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 usage or a missing answer, 3 findings remain,\n" +
			"4 a dry run with --detailed-exitcode has changes, 130 interrupted.\n\n" +
			"Where others can write to the repository, run it unattended with --yes\n" +
			"--no-widening: a plan that gives anybody more access than AWS gives now is\n" +
			"refused as a whole (3), with a finding for each such change.",
		example: "  stateroom setup --sandbox            rehearse it; nothing real is touched\n" +
			"  stateroom setup --dry-run            see what would be made\n" +
			"  stateroom setup --me alice           your own key goes into your profile\n" +
			"  stateroom setup --set bucket.name=acme-terraform-state\n" +
			"  stateroom setup --yes --json         without a terminal",
	},
	{
		mode: session.Onboard, name: "onboard", group: forAdmin,
		short: "Make this laptop ready for terraform plan, as one of the admins",
		long: "Opens your handover (or takes an access key that you paste), asks AWS whose it\n" +
			"is before anything is written, renews the key so that nobody else has ever had\n" +
			"it, writes your profiles, and tests every environment and project that you may\n" +
			"touch. Run again, it shows the table and changes nothing.\n\n" +
			"Exit codes: 0 ready, 1 failed, 2 usage or a missing answer, 3 findings\n" +
			"remain, 130 interrupted.",
		example: "  stateroom onboard --sandbox          practice a first day or a move from keys\n" +
			"  stateroom onboard --handover alice.age\n" +
			"  stateroom onboard --rotate           renew your key",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			f.StringVar(&o.HandoverFile, "handover", "", "open the sealed `FILE` that the operator sent")
			f.StringVar(&o.PassphraseFile, "passphrase-file", "", "read the handover's passphrase from the first line of `FILE`")
			f.StringVar(&o.Identity, "identity", "", "open it with the private key in `FILE`: an age identity or ssh-ed25519")
			f.BoolVar(&o.Rotate, "rotate", false, "renew the access key that this laptop holds")
			deviceFlag(f, o)
			verboseFlag(f, o)
		},
	},
	{
		mode: session.Troubleshoot, name: "troubleshoot", group: forAdmin,
		short: "Find what is behind an error of Terraform, and fix it",
		long: "Checks files, identity, bucket, key, lock, roles and state, says which check\n" +
			"fails and on what evidence, shows what would fix it, asks, fixes it and checks\n" +
			"again. On a healthy setup it only reads.\n\n" +
			"Exit codes: 0 healthy or fixed, 1 failed, 2 usage, 3 findings remain,\n" +
			"130 interrupted.",
		example: "  stateroom troubleshoot               check everything\n" +
			"  terraform plan 2>&1 | stateroom troubleshoot --error -\n" +
			"  stateroom troubleshoot --error plan.log --no-checks\n" +
			"  stateroom troubleshoot --sandbox --break kms-disabled",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			f.StringVar(&o.ErrorFile, "error", "", "begin with what Terraform printed, in `FILE` (- for standard input)")
			f.BoolVar(&o.NoChecks, "no-checks", false, "with --error: name the diagnosis of the text and touch nothing else")
			f.BoolVar(&o.Run, "run", false, "let terraform init and plan run in every project, and read what they say")
			verboseFlag(f, o)
			f.StringVar(&o.Break, "break", "", "with --sandbox: practice on `FAULT` (--break list lists them)")
		},
		check: checkTroubleshoot,
	},
	{
		mode: session.Handover, name: "handover", user: true, group: forTeam,
		short: "Seal an admin's access key into one file",
		long: "Makes the user's access key and seals it to the recipient in the blueprint, or\n" +
			"in a terminal to a passphrase that is shown once. A handover that waits to be\n" +
			"collected is left alone; one that was lost, has expired or cannot be opened by\n" +
			"its reader is made again.\n\n" +
			"Exit codes: 0 the file waits, 1 failed, 2 usage or a missing answer,\n" +
			"3 findings remain, 130 interrupted.",
		example: "  stateroom handover alice             make alice's sealed file\n" +
			"  stateroom handover bob --sandbox     rehearse it",
		flags: verboseFlag,
	},
	{
		mode: session.Offboard, name: "offboard", user: true, group: forTeam,
		short: "Take an admin's access away",
		long: "Denies the user everything, open sessions included; deactivates keys and other\n" +
			"credentials, takes memberships and password away and the user out of the key's\n" +
			"policy, the roles' trusts and the blueprint.\n\n" +
			"With the user's name typed (or --adopt USER) the keys and the user are deleted;\n" +
			"with USER/sessions typed the sessions of everybody in the environments' roles\n" +
			"end. The state and everybody else's access stay.\n\n" +
			"Exit codes: 0 the access is gone, 1 failed, 2 usage or a missing answer,\n" +
			"3 findings remain, 130 interrupted.",
		example: "  stateroom offboard alice --dry-run   see what alice has and would lose\n" +
			"  stateroom offboard alice             take it away, after you have confirmed\n" +
			"  stateroom offboard bob --sandbox     rehearse it",
		flags: verboseFlag,
	},
	{
		mode: session.Login, name: "login", group: forAdmin,
		short: "Sign in with Identity Center, or with MFA, for Terraform",
		long: "A member of a group of Identity Center signs in by the browser, or on another\n" +
			"device with a code; AWS's tools and Terraform find the token. Run again it is\n" +
			"renewed before it runs out, without a browser.\n\n" +
			"Where an environment requires MFA, Terraform works with a session, since it\n" +
			"cannot ask for a code. This asks you for one and writes the session to your\n" +
			"profile. Where MFA is not required, or the session is still valid, it changes\n" +
			"nothing.\n\n" +
			"Exit codes: 0 logged in, 1 failed, 2 usage or a missing answer, 3 findings\n" +
			"remain, 130 interrupted.",
		example: "  stateroom login                      when Terraform asks to sign in again\n" +
			"  stateroom login --device             sign in on a phone, such as over SSH\n" +
			"  stateroom login --sandbox            practice it: a code, or the browser",
		flags: func(f *pflag.FlagSet, o *session.Options) {
			deviceFlag(f, o)
			verboseFlag(f, o)
		},
	},
}

// cobra is the command as the command line knows it.
func (one command) cobra(r runners) *cobra.Command {
	var o session.Options
	c := &cobra.Command{
		Use: one.name, GroupID: one.group, Short: one.short, Long: one.long, Example: one.example, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if one.check != nil {
				if err := one.check(&o); err != nil {
					return err
				}
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			return r.run(c.Context(), o, one.mode)
		},
	}
	if one.user {
		c.Use += " USER"
		c.Args = func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return session.Usagef("%s takes one user's name: run %s USER", c.Name(), c.CommandPath())
			}
			o.User = args[0]
			return nil
		}
		c.ValidArgsFunction = complete.User
	}
	if one.flags != nil {
		help.AddFlags(c, help.Own, func(f *pflag.FlagSet) { one.flags(f, &o) })
	}
	help.AddFlags(c, help.Common, func(f *pflag.FlagSet) { commonFlags(f, &o) })
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o); keepFlag(f, &o); stageFlags(f, &o) })
	return c
}

// deviceFlag is of those who may have to sign in.
func deviceFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Device, "device", false, "sign in with Identity Center on another device, with a code")
}

// verboseFlag is of those whose checks are told.
func verboseFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Verbose, "verbose", false, "show every check with what was asked and answered, not only a count")
}

// commonFlags are what every run over a blueprint takes.
func commonFlags(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.DryRun, "dry-run", false, "preview only")
	f.BoolVar(&o.Detailed, "detailed-exitcode", false, "with --dry-run: exit with 4 when there are changes")
	answerFlags(f, o)
	f.StringVar(&o.Me, "me", "", "you are the admin `USER`, whose key goes into your own profile, or in that group of Identity Center")
	f.StringArrayVar(&o.Adopt, "adopt", nil, "allow changes to `ARN`, a folder or a name that is there already, or allow an address that a project's files name (repeatable)")
	f.BoolVar(&o.Yes, "yes", false, "apply without asking (needed without a terminal)")
	f.BoolVar(&o.Yes, "auto-approve", false, "the same as --yes")
	f.BoolVar(&o.NoWidening, "no-widening", false, "with --yes: refuse a plan that gives anybody more access, by name")
	f.StringVar(&o.Engine, "engine", "", "run the terraform or tofu in `FILE` (default: the first of the two on PATH)")
	f.BoolVar(&o.Plain, "plain", false, "numbered lines (the default without a terminal)")
	f.BoolVar(&o.JSON, "json", false, "one JSON event a line; all else goes to standard error")
	f.IntVar(&o.Parallel, "parallel", engine.DefaultParallel, "make up to `N` changes at once")
	awsFlags(f, o)
	f.StringVar(&o.Dir, "dir", "", "look for the projects' folders in `DIR` (default: the current one)")
}

// answerFlags say where the team's answers are.
func answerFlags(f *pflag.FlagSet, o *session.Options) {
	f.StringVar(&o.Blueprint, "blueprint", "", "read the team's answers from `FILE` (default ./"+session.BlueprintFile+")")
	f.StringArrayVar(&o.Set, "set", nil, "give one answer as `PATH=VALUE`, such as bucket.name=acme-state (repeatable)")
}

// awsFlags say which AWS is meant, and who asks it.
func awsFlags(f *pflag.FlagSet, o *session.Options) {
	f.StringVar(&o.Profile, "profile", "", "sign in to AWS with `PROFILE`")
	f.StringVar(&o.Region, "region", "", "sign in to AWS in `REGION`; with --sandbox: the region that it is in")
	f.StringVar(&o.Endpoint, "endpoint-url", "", "ask `URL` in place of AWS's own endpoints")
}

func sandboxFlags(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.Sandbox, "sandbox", false, "use the AWS inside the process and a scratch home: nothing real is touched")
}

func keepFlag(f *pflag.FlagSet, o *session.Options) {
	f.BoolVar(&o.KeepFiles, "keep-files", false, "keep what the rehearsal writes (default: only if something fails)")
}

// stageFlags are the knobs of the sandbox.
func stageFlags(f *pflag.FlagSet, o *session.Options) {
	f.IntVar(&o.Accounts, "accounts", 3, "an organization of `N` sub-accounts")
	f.DurationVar(&o.Latency, "latency", 0, "let every call take `DURATION`, such as 50ms")
}

func sandboxCommand(r runners) *cobra.Command {
	var o session.Options
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the sandbox by itself, for aws, terraform and tests",
		Long: "Serves an AWS organization in memory and prints the environment that points the\n" +
			"AWS CLI and Terraform to it. It ends, and is gone, when it is interrupted.",
		Example: "  stateroom sandbox                    serve it on 127.0.0.1:4570\n" +
			"  stateroom sandbox --accounts 200 --latency 50ms",
		GroupID: forPractice, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := atLeastOne("accounts", o.Accounts); err != nil {
				return err
			}
			if err := checkLabRegion(&o); err != nil {
				return err
			}
			return r.serve(c.Context(), o)
		},
	}
	help.AddFlags(c, help.Own, func(f *pflag.FlagSet) {
		f.StringVar(&o.Listen, "listen", "127.0.0.1:4570", "serve on the loopback `ADDRESS`")
		f.StringVar(&o.Region, "region", "", "be in the AWS `REGION` (default: AWS_REGION, else eu-west-1)")
	})
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { stageFlags(f, &o) })
	return c
}

// policyCommand prints the policies of a blueprint. It runs no mode.
func policyCommand(r runners) *cobra.Command {
	o := session.Options{Accounts: 3, Parallel: engine.DefaultParallel}
	var account string
	policies := steps.Policies()
	names, list := make([]string, len(policies)), ""
	for i, p := range policies {
		names[i] = p.Name
		list += fmt.Sprintf("  %-12s %s\n", p.Name, p.About)
	}
	c := &cobra.Command{
		Use:   "policy NAME [GROUP|ENVIRONMENT]",
		Short: "Print a policy of this blueprint as JSON",
		Long: "Prints exactly the policy that setup makes, or that the operator needs, for\n" +
			"this blueprint. Nothing is changed, and AWS is asked only for what the\n" +
			"blueprint and the command line do not say.\n\nPolicies:\n" + list +
			"\nWhere groups or environments have policies of their own, add the name of one.\n\n" +
			"Exit codes: 0 printed, 1 failed, 2 usage or a missing answer, 130 interrupted.",
		Example: "  stateroom policy operator > policy.json\n" +
			"  aws iam create-policy --policy-name stateroom-operator --policy-document \\\n" +
			"    file://policy.json\n" +
			"  stateroom policy operator --account 111111111111 --set bucket.name=acme-state\n" +
			"  stateroom policy trust production",
		GroupID: forTeam, ValidArgsFunction: complete.Policy,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return session.Usagef("name one policy, of %s: see %s --help", strings.Join(names, ", "), c.CommandPath())
			}
			if !slices.Contains(names, args[0]) {
				return session.Usagef("there is no policy %q%s: they are %s", args[0], blueprint.DidYouMean(args[0], names), strings.Join(names, ", "))
			}
			if p := policies[slices.Index(names, args[0])]; p.Of == steps.OfBlueprint && len(args) > 1 {
				return session.Usagef("%s %s takes no name after it: a blueprint has one such policy", c.CommandPath(), p.Name)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if account != "" {
				o.Set = append([]string{"admin_account=" + account}, o.Set...)
			}
			if err := check(&o, c.Flags()); err != nil {
				return err
			}
			return r.policy(c.Context(), o, policies[slices.Index(names, args[0])], append(args, "")[1])
		},
	}
	help.AddFlags(c, help.Own, func(f *pflag.FlagSet) {
		f.StringVar(&account, "account", "", "print it for the admin account `ID` (default: the blueprint's, else that of your credentials)")
	})
	help.AddFlags(c, help.Common, func(f *pflag.FlagSet) { answerFlags(f, &o); awsFlags(f, &o) })
	help.AddFlags(c, help.Sandbox, func(f *pflag.FlagSet) { sandboxFlags(f, &o) })
	return c
}

// schemaCommand prints what holds for every release.
func schemaCommand() *cobra.Command {
	schemas := map[string]func() ([]byte, error){
		"blueprint": blueprint.Schema,
		"events":    func() ([]byte, error) { return plain.EventSchema, nil },
	}
	return &cobra.Command{
		Use:   "schema blueprint|events",
		Short: "Print the JSON Schema of the blueprint, or of --json's events",
		Long: "Prints a JSON Schema (2020-12): of stateroom.hcl, in the form that HCL has in\n" +
			"JSON, or of the lines that --json writes. Both grow, and do not change.",
		Example: "  stateroom schema events > events.schema.json\n" +
			"  stateroom schema blueprint",
		GroupID: forTeam, ValidArgsFunction: cobra.FixedCompletions(slices.Sorted(maps.Keys(schemas)), cobra.ShellCompDirectiveNoFileComp),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || schemas[args[0]] == nil {
				return session.Usagef("%s takes one of two names, blueprint or events: see %s --help", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := schemas[args[0]]()
			if err == nil {
				_, err = c.OutOrStdout().Write(text)
			}
			return err //nolint:wrapcheck // the writer's, or the blueprint's own
		},
	}
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return session.Usagef("%s takes no argument, and %q is one: see %s --help", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

// check refuses flags that say nothing or contradict each other.
func check(o *session.Options, f *pflag.FlagSet) error {
	for _, name := range []string{"accounts", "latency", "keep-files"} {
		if f.Changed(name) && !o.Sandbox {
			return session.Usagef("--%s belongs to --sandbox: add it, or leave --%s out", name, name)
		}
	}
	for _, name := range []string{"profile", "endpoint-url"} {
		if f.Changed(name) && o.Sandbox {
			return session.Usagef("--%s points to a real AWS, and --sandbox touches nothing real: leave one of the two out", name)
		}
	}
	if err := checkLabRegion(o); o.Sandbox && err != nil {
		return err
	}
	if u, err := url.Parse(o.Endpoint); o.Endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return session.Usagef("--endpoint-url %s is not an address such as https://HOST: correct it, or leave it out for AWS itself", secret.Address(o.Endpoint))
	}
	if o.NoWidening && !o.Yes {
		return session.Usagef("--no-widening belongs to --yes, where nobody reads who gains access: add --yes, or leave --no-widening out")
	}
	if o.Detailed && !o.DryRun {
		return session.Usagef("--detailed-exitcode belongs to --dry-run: add it, or leave --detailed-exitcode out")
	}
	for _, pair := range o.Set {
		if path, _, ok := strings.Cut(pair, "="); !ok || path == "" {
			return session.Usagef("--set %q is not of the form PATH=VALUE, such as bucket.name=acme-state", pair)
		}
	}
	if o.Blueprint == "" && !o.Sandbox {
		o.Blueprint = session.BlueprintFile
	}
	if err := atLeastOne("parallel", o.Parallel); err != nil {
		return err
	}
	return atLeastOne("accounts", o.Accounts)
}

// checkLabRegion refuses a region in which no sandbox is.
func checkLabRegion(o *session.Options) error {
	if o.Region != "" && practice.RegionOf(o.Region) == "" {
		return session.Usagef("--region %s is not a region that every account of the sandbox has: choose one such as us-east-1, us-gov-west-1 or cn-north-1", o.Region)
	}
	return nil
}

// checkTroubleshoot refuses what troubleshooting's own flags cannot mean.
func checkTroubleshoot(o *session.Options) error {
	switch {
	case o.NoChecks && o.ErrorFile == "":
		return session.Usagef("--no-checks belongs to --error FILE: without an error text and without checks there is nothing to do")
	case o.NoChecks && o.Run:
		return session.Usagef("--run is a check, and --no-checks leaves the checks out: leave one of the two out")
	case o.Break != "" && o.Break != "list" && !o.Sandbox:
		return session.Usagef("--break %s breaks a rehearsal only: add --sandbox", o.Break)
	case o.Break != "" && o.Break != "list":
		var names []string
		for _, f := range practice.Faults() {
			names = append(names, f.Name())
		}
		if !slices.Contains(names, o.Break) {
			return session.Usagef("there is no fault %q%s: stateroom troubleshoot --break list lists them", o.Break, blueprint.DidYouMean(o.Break, names))
		}
	}
	return nil
}

func atLeastOne(flag string, n int) error {
	if n < 1 {
		return session.Usagef("--%s %d is too few: give 1 or more", flag, n)
	}
	return nil
}
