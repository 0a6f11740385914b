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
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/terraform"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	os.Exit(run(context.Background(), os.Args[1:], system{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, signals: signals,
		terminal: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())),
	}))
}

// system is what the process has around it. A test brings its own.
type system struct {
	in       io.Reader
	out, err io.Writer
	// terminal says that both ends are terminals, so that questions can be asked.
	terminal bool
	signals  <-chan os.Signal
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, sys system) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	i := &interruption{stop: make(chan struct{}), cancel: cancel, out: sys.err}
	go i.watch(ctx, sys.signals)
	root := newCommand(runners{ //nolint:contextcheck // cobra hands the context on
		setup: func(ctx context.Context, o options) error { return setup(ctx, o, sys, i) },
		serve: func(ctx context.Context, o options) error {
			return practice.Serve(ctx, o.listen, practice.Options{Accounts: o.accounts, Latency: o.latency}, sys.out)
		},
	})
	root.SetArgs(args)
	root.SetOut(sys.out)
	root.SetErr(sys.err)
	err := root.ExecuteContext(ctx)
	if told := exitCode(0); err != nil && !errors.As(err, &told) {
		message := "stateroom: " + err.Error()
		if i.seen.Load() && errors.Is(err, context.Canceled) {
			message, err = "Interrupted: nothing was changed.", exitCode(steps.ExitInterrupted)
			if i.applying.Load() {
				message = "Interrupted: what was changed so far stays. Run it again to go on from here."
			}
		}
		fmt.Fprintln(sys.err, message) // the code tells it, too, when nobody reads
	}
	return codeOf(err)
}

// exitCode ends a command that has told its outcome already.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError is a command line, a blueprint or an answer that cannot be used.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// codeOf is the one place where errors become exit codes.
func codeOf(err error) int {
	var code exitCode
	var usage usageError
	var problem steps.BlueprintProblem
	var problems steps.BlueprintProblems
	switch {
	case err == nil:
		return steps.ExitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage), errors.As(err, &problem), errors.As(err, &problems), errors.Is(err, plain.ErrNoAnswer):
		return steps.ExitUsage
	}
	return steps.ExitFailed
}

// interruption turns signals into an orderly end. The first lets the changes
// under way finish and starts no other; where none is under way, and at the
// second, everything is cancelled.
type interruption struct {
	stop     chan struct{}
	cancel   context.CancelFunc
	out      io.Writer
	applying atomic.Bool
	seen     atomic.Bool
}

func (i *interruption) watch(ctx context.Context, signals <-chan os.Signal) {
	select {
	case <-ctx.Done():
		return
	case <-signals:
	}
	i.seen.Store(true)
	close(i.stop)
	if i.applying.Load() {
		fmt.Fprintln(i.out, "Interrupted: the changes under way are finished first. Interrupt again to cancel them.")
		select {
		case <-ctx.Done():
		case <-signals:
		}
	}
	i.cancel()
}

// blueprintFile is the blueprint's default name.
const blueprintFile = "stateroom.hcl"

// options are the command line. An empty dir is the current folder, or in the
// sandbox a scratch one.
type options struct {
	blueprint, dir, me, engine        string
	profile, region, endpoint, listen string
	set, adopt                        []string
	dryRun, detailed, yes             bool
	plain, json, sandbox              bool
	parallel, accounts                int
	latency                           time.Duration
}

// runners are what the commands run; a test of the flags brings its own.
type runners struct {
	setup func(context.Context, options) error
	serve func(context.Context, options) error
}

// newCommand is the command tree.
func newCommand(r runners) *cobra.Command {
	root := &cobra.Command{
		Use:   "stateroom",
		Short: "From an AWS organization to encrypted, locked Terraform state for several accounts",
		Example: "  stateroom setup --sandbox            rehearse everything; nothing real is touched\n" +
			"  stateroom setup --dry-run            see what would be made, and change nothing\n" +
			"  stateroom setup                      make it, after you have confirmed",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command %q: the commands are setup and sandbox", args[0])
			}
			c.SetOut(c.ErrOrStderr())
			_ = c.Usage() // written to where the message below goes
			return usagef("name a command: stateroom setup makes the set-up")
		},
		SilenceErrors: true, SilenceUsage: true, DisableSuggestions: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w: see %s --help", err, c.CommandPath())
	})
	root.AddCommand(setupCommand(r), sandboxCommand(r))
	return root
}

func setupCommand(r runners) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "setup",
		Short: "Make the whole set-up, or what is missing of it",
		Long: "Looks at what is there, shows what it would change, asks, changes it and proves the result.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 usage or a missing answer, 3 findings remain,\n" +
			"4 a dry run with --detailed-exitcode has changes, 130 interrupted.",
		Example: "  stateroom setup --sandbox\n" +
			"  stateroom setup --dry-run --json\n" +
			"  stateroom setup --me alice --set bucket.name=acme-terraform-state\n" +
			"  stateroom setup --yes                (without a terminal)",
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c.Flags()); err != nil {
				return err
			}
			return r.setup(c.Context(), o)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVar(&o.sandbox, "sandbox", false, "use the AWS inside the process and a scratch home: nothing real is touched")
	f.BoolVar(&o.dryRun, "dry-run", false, "preview only")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "with --dry-run: exit with 4 when there are changes")
	f.StringVar(&o.blueprint, "blueprint", "", "the team's answers, `file` (default ./"+blueprintFile+")")
	f.StringArrayVar(&o.set, "set", nil, "override one answer, `PATH=VALUE`, such as bucket.name=acme-state (repeatable)")
	f.StringVar(&o.me, "me", "", "which of the admins you are, `USER`: that key goes into your own profile")
	f.StringArrayVar(&o.adopt, "adopt", nil, "`ARN` or folder that exists and may be changed although it is not ours (repeatable)")
	f.BoolVar(&o.yes, "yes", false, "apply without asking (needed without a terminal)")
	f.BoolVar(&o.yes, "auto-approve", false, "the same as --yes")
	f.StringVar(&o.engine, "engine", "", "terraform or tofu, `path` (default: the first of the two on PATH)")
	f.BoolVar(&o.plain, "plain", false, "numbered lines (the default without a terminal)")
	f.BoolVar(&o.json, "json", false, "one JSON event a line; all else goes to standard error")
	f.IntVar(&o.parallel, "parallel", steps.DefaultParallel, "how many changes are made at once, `N`")
	f.StringVar(&o.profile, "profile", "", "AWS profile of the operator, `name`")
	f.StringVar(&o.region, "region", "", "AWS region of the operator's configuration, `name`")
	f.StringVar(&o.endpoint, "endpoint-url", "", "AWS endpoint other than AWS's own, `URL`")
	f.StringVar(&o.dir, "dir", "", "the `folder` that the projects' folders are relative to (default: the current one)")
	stageFlags(f, &o)
	return c
}

// stageFlags are the knobs of the sandbox.
func stageFlags(f *pflag.FlagSet, o *options) {
	f.IntVar(&o.accounts, "accounts", 3, "with --sandbox: how many sub-accounts there are, `N`")
	f.DurationVar(&o.latency, "latency", 0, "with --sandbox: what every call takes, `D` such as 50ms")
}

func sandboxCommand(r runners) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the sandbox by itself, for aws, terraform and tests",
		Long: "Serves an AWS organization in memory and prints the environment that points the AWS CLI and\n" +
			"Terraform to it. It ends, and is gone, when it is interrupted.",
		Example: "  stateroom sandbox --listen 127.0.0.1:4570",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := atLeastOne("accounts", o.accounts); err != nil {
				return err
			}
			return r.serve(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:4570", "loopback `address` to serve on")
	stageFlags(c.Flags(), &o)
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument, and %q is one: see %s --help", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

// check refuses flags that say nothing or contradict each other.
func (o *options) check(f *pflag.FlagSet) error {
	for _, name := range []string{"accounts", "latency"} {
		if f.Changed(name) && !o.sandbox {
			return usagef("--%s belongs to --sandbox: add it, or leave --%s out", name, name)
		}
	}
	for _, name := range []string{"profile", "region", "endpoint-url"} {
		if f.Changed(name) && o.sandbox {
			return usagef("--%s points to a real AWS, and --sandbox touches nothing real: leave one of the two out", name)
		}
	}
	if o.detailed && !o.dryRun {
		return usagef("--detailed-exitcode belongs to --dry-run: add it, or leave --detailed-exitcode out")
	}
	for _, pair := range o.set {
		if path, _, ok := strings.Cut(pair, "="); !ok || path == "" {
			return usagef("--set %q is not of the form PATH=VALUE, such as bucket.name=acme-state", pair)
		}
	}
	if o.blueprint == "" && !o.sandbox {
		o.blueprint = blueprintFile
	}
	if err := atLeastOne("parallel", o.parallel); err != nil {
		return err
	}
	return atLeastOne("accounts", o.accounts)
}

func atLeastOne(flag string, n int) error {
	if n < 1 {
		return usagef("--%s %d is too few: give 1 or more", flag, n)
	}
	return nil
}

// given tells whether a flag answered the question of this path, or of a part
// of it.
func (o *options) given(path string) bool {
	return slices.ContainsFunc(o.set, func(pair string) bool {
		return strings.HasPrefix(pair, path+"=") || strings.HasPrefix(pair, path+".")
	})
}

// setup runs the nine steps. Its outcome is an exitCode, or the error that kept
// them from running.
func setup(ctx context.Context, o options, sys system, i *interruption) (err error) {
	s := &session{options: o, sys: sys, interrupt: i}
	s.ask = sys.terminal && !o.json
	s.yes = o.yes || (o.sandbox && !sys.terminal)
	s.present()
	var summary *steps.Summary
	if o.sandbox {
		s.stage, err = practice.Start(ctx, practice.Options{Dir: o.dir, Accounts: o.accounts, Latency: o.latency})
		if err != nil {
			return err
		}
		// The files of a rehearsal that never began are of no use to anyone.
		defer func() { err = errors.Join(err, s.stage.Close(summary != nil)) }()
	}
	sessions, err := awsops.Open(ctx, s.config(ctx))
	if err != nil {
		return err
	}
	answers, err := s.answers(ctx, sessions)
	if err != nil {
		return err
	}
	env, err := s.world(ctx, sessions, answers)
	if err != nil {
		return err
	}
	run := steps.Setup{
		Env: env, Answers: answers, Emit: s.emit, Confirm: s.confirm, DryRun: o.dryRun, Stop: i.stop,
	}
	if summary, err = run.Run(ctx); err != nil {
		return err
	}
	return exitCode(summary.ExitCode(o.detailed))
}

// session is one set-up on this system.
type session struct {
	options
	sys       system
	interrupt *interruption

	ask    bool // questions can be asked
	yes    bool // the plan is applied without asking
	show   func(steps.Event)
	lines  *plain.Lines
	prompt *plain.Prompt
	stage  *practice.Stage
}

// present chooses the presenter and says the first line, before anything that
// takes time.
func (s *session) present() {
	talk := s.sys.out
	if s.json {
		talk = s.sys.err
		events := plain.NewJSON(s.sys.out, s.sys.err)
		events.Detailed = s.detailed
		s.show = events.Emit
	} else {
		s.lines = plain.NewLines(s.sys.out)
		s.show = s.lines.Emit
	}
	s.prompt = plain.NewPrompt(s.sys.in, talk)
	where := "on AWS"
	if s.sandbox {
		where = "in the sandbox"
	}
	fmt.Fprintf(talk, "stateroom setup %s: looking at what is there.\n", where)
}

// answers puts the answers together: the blueprint, --set, and where a terminal
// allows it the questions.
func (s *session) answers(ctx context.Context, sessions *awsops.Sessions) (*steps.Answers, error) {
	blueprint, isNew, err := s.readBlueprint()
	if err != nil {
		return nil, err
	}
	a := &steps.Answers{Blueprint: blueprint, Me: s.me, Adopt: s.adopt, Passphrases: s.ask}
	for _, pair := range s.set {
		path, value, _ := strings.Cut(pair, "=")
		if err := a.Set(path, value); err != nil {
			return nil, usagef("--set %w", err)
		}
	}
	a.FillDefaults()
	if err := a.Check(); err != nil {
		return nil, usageError{err}
	}
	if s.ask && (isNew || len(a.Missing()) > 0) {
		if a.Discovered, err = steps.Discover(ctx, sessions, a.StateRegion); err != nil {
			return nil, err
		}
		if err := s.prompt.Ask(ctx, a, isNew, s.given); err != nil {
			return nil, err
		}
	}
	if err := s.complete(a); err != nil {
		return nil, err
	}
	if s.stage != nil && a.Me == "" {
		a.Me = a.AllUsers()[0]
	}
	if users := a.AllUsers(); a.Me != "" && !slices.Contains(users, a.Me) {
		return nil, usagef("--me %s is none of the blueprint's users: they are %s", a.Me, strings.Join(users, ", "))
	}
	return a, nil
}

// complete refuses a run that would have to ask where nothing can be asked.
func (s *session) complete(a *steps.Answers) error {
	var lacking []string
	if missing := a.Missing(); len(missing) > 0 {
		lacking = append(lacking, "the missing answers with --set "+strings.Join(missing, "=… --set ")+"=…")
	}
	if !s.ask && !s.yes && !s.dryRun {
		lacking = append(lacking, "--yes to apply or --dry-run to preview")
	}
	if len(lacking) > 0 {
		return usagef("nothing can be asked here: give %s", strings.Join(lacking, ", and "))
	}
	return nil
}

// readBlueprint reads the team's answers. Without a file everything is still to
// be asked, except in the sandbox, which brings its own answers.
func (s *session) readBlueprint() (b *steps.Blueprint, isNew bool, err error) {
	if s.stage != nil && s.blueprint == "" {
		return s.stage.Blueprint(), false, nil
	}
	b, err = steps.ReadBlueprint(s.blueprint)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return steps.NewBlueprint(), true, nil
	case err != nil:
		return nil, false, usageError{err}
	}
	return b, false, nil
}

// config says with which credentials and where to reach AWS.
func (s *session) config(ctx context.Context) awsops.Config {
	config := awsops.Config{Profile: s.profile, Region: s.region, Endpoint: s.endpoint, Parallel: s.parallel}
	if s.stage != nil {
		config.Endpoint = s.stage.Endpoint()
	}
	if s.ask {
		config.MFAToken = func() (string, error) { return s.prompt.Line(ctx, "  MFA code: ") }
	}
	return config
}

// world opens the journal and finds the engine. No call to AWS is made.
func (s *session) world(ctx context.Context, sessions *awsops.Sessions, a *steps.Answers) (*steps.Env, error) {
	dir, path := s.dir, s.blueprint
	if s.stage != nil {
		// A blueprint that was named is rehearsed, not written.
		dir, path = s.stage.Root, filepath.Join(s.stage.Root, blueprintFile)
	}
	dir, dirErr := filepath.Abs(dir)
	path, pathErr := filepath.Abs(path)
	if err := errors.Join(dirErr, pathErr); err != nil {
		return nil, fmt.Errorf("the current folder: %w", err)
	}
	env, err := steps.NewEnv(sessions, dir, path)
	if err != nil {
		return nil, err
	}
	env.Endpoint, env.Parallel = s.config(ctx).Endpoint, s.parallel
	_, scope := a.Tag()
	if env.Journal, err = steps.OpenJournal(env.Root(), scope); err != nil {
		return nil, err
	}
	env.Engine, env.EngineErr = terraform.Find(ctx, s.engine)
	if s.engine != "" && env.EngineErr != nil {
		return nil, usageError{env.EngineErr}
	}
	return env, nil
}

// emit shows an event; the summary says where a rehearsal's files are.
func (s *session) emit(e steps.Event) {
	if e.Kind == steps.EventSummary && s.stage != nil {
		e.Summary.Notes = append(e.Summary.Notes, s.stage.Note())
	}
	s.show(e)
}

// confirm asks before the first change. From a yes on, an interrupt lets the
// changes under way finish.
func (s *session) confirm(ctx context.Context, r steps.Review) (steps.Decision, error) {
	decision := steps.Decision{Yes: true}
	if !s.yes {
		s.lines.Review(r)
		var err error
		if decision, err = s.prompt.Confirm(ctx, r); err != nil {
			return decision, err
		}
	}
	s.interrupt.applying.Store(decision.Yes)
	return decision, nil
}
