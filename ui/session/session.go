// Package session puts a run together for the command line: the answers from the
// blueprint, the flags and the questions, the way to AWS or into the sandbox, and
// the presenter that shows it.
//
// What does not live here: the flags themselves, which signals there are and exit
// codes (main),
// how things look (ui/plain, ui/tui) and what is done (steps).
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/steps/terraform"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
	"stateroom/ui/tui/theme"
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
	// ErrorFile is the text that troubleshooting begins with, "-" for standard
	// input; NoChecks looks at nothing else; Run lets Terraform say it itself.
	ErrorFile     string
	NoChecks, Run bool
	// Break is the fault to practise on.
	Break string
	// HandoverFile, PassphraseFile and Identity are what somebody comes on board
	// with; Rotate renews a key.
	HandoverFile, PassphraseFile, Identity string
	Rotate                                 bool
	// User is whom the operator hands a key to, or sees off.
	User string
}

// System is what the process has around it. A test brings its own.
type System struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal says that both ends are terminals, so that questions can be asked.
	Terminal bool
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

// given tells whether a flag answered the question of this path, or of a part
// of it.
func (o *Options) given(path string) bool {
	return slices.ContainsFunc(o.Set, func(pair string) bool {
		return strings.HasPrefix(pair, path+"=") || strings.HasPrefix(pair, path+".")
	})
}

// session is one run on this system.
type session struct {
	Options
	*Mode
	sys System
	// process is the environment that this run began with.
	process engine.Environment

	ask    bool // questions can be asked
	yes    bool // the plan is applied without asking
	show   func(plan.Event)
	lines  *plain.Lines
	prompt *plain.Prompt
	lab    *practice.Lab
	engine *terraform.Engine // once it was found
	// ready says that the lab's set-up is finished, asAdmin that the process
	// sits at the new admin's laptop, quiet that screens speak instead, greeted that
	// the first line was said.
	ready, asAdmin, quiet, greeted bool
}

func newSession(o Options, sys System, mode *Mode) *session {
	return &session{
		Options: o, Mode: mode, sys: sys, process: engine.ProcessEnvironment(),
		ask: (sys.Terminal || o.Plain && mode.piped) && !o.JSON, yes: o.Yes || (o.Sandbox && !sys.Terminal),
	}
}

// startLab starts the sandbox where one is wanted; closeLab ends it.
func (s *session) startLab(ctx context.Context) (err error) {
	if s.Sandbox {
		s.lab, err = practice.Start(ctx, practice.Options{Dir: s.Dir, Accounts: s.Accounts, Latency: s.Latency, Environ: s.process})
	}
	return err
}

func (s *session) closeLab(keep bool) error {
	if s.lab == nil {
		return nil
	}
	return s.lab.Close(keep)
}

// present takes the presenter, unless JSON is wanted.
func (s *session) present(lines *plain.Lines) {
	talk := s.talk()
	if s.JSON {
		events := plain.NewJSON(s.sys.Out, s.sys.Err)
		events.Detailed = s.Detailed
		s.show = events.Emit
	} else {
		s.lines = lines
		s.show = s.lines.Emit
	}
	s.prompt = plain.NewPrompt(s.sys.In, talk)
	s.prompt.Conceal, s.prompt.Blocks = s.concealer(), theme.UTF8(s.process.Get)
}

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

// begin puts together what is answered before any question is asked: the
// blueprint and --set. It tells whether there was no blueprint.
func (s *session) begin() (a *blueprint.Answers, isNew bool, err error) {
	team, isNew, err := s.readBlueprint()
	if err != nil {
		return nil, false, err
	}
	a = &blueprint.Answers{Blueprint: team, Me: s.Me, Adopt: s.Adopt, Passphrases: s.ask}
	for _, pair := range s.Set {
		path, value, _ := strings.Cut(pair, "=")
		if err := a.Set(path, value); err != nil {
			return nil, false, Usagef("--set %w", err)
		}
	}
	a.FillDefaults()
	if err := a.Check(); err != nil {
		return nil, false, UsageError{err}
	}
	if s.lab != nil && a.Me == "" && len(a.AllUsers()) > 0 {
		a.Me = a.AllUsers()[0]
	}
	return a, isNew, nil
}

// usable refuses what the command line and the blueprint say wrong, before anything
// is said, asked or rehearsed. A text needs neither.
func (s *session) usable(ctx context.Context) error {
	if s.NoChecks {
		return nil
	}
	if _, _, err := s.begin(); err != nil || s.Engine == "" {
		return err
	}
	if _, err := s.terraform(ctx); err != nil {
		return UsageError{err}
	}
	return nil
}

// terraform finds the engine, once.
func (s *session) terraform(ctx context.Context) (_ *terraform.Engine, err error) {
	if s.engine == nil {
		s.engine, err = terraform.Find(ctx, s.Engine, s.environ())
	}
	return s.engine, err
}

// complete refuses a run that would have to ask where nothing can be asked.
func (s *session) complete(a *blueprint.Answers, isNew bool) error {
	var lacking []string
	nothing := "nothing can be asked here"
	if missing := a.Missing(); len(missing) > 0 {
		lacking = append(lacking, "the missing answers with --set "+strings.Join(missing, "=… --set ")+"=…")
		if isNew {
			nothing = "there is no " + s.Blueprint + ", and " + nothing
		}
	}
	if s.unasked() {
		lacking = append(lacking, "--yes to apply or --dry-run to preview")
	}
	if len(lacking) > 0 {
		return Usagef("%s: give %s", nothing, strings.Join(lacking, ", and "))
	}
	return nil
}

// readBlueprint reads the team's answers. Without a file everything is still to
// be asked, except in the sandbox, which brings its own answers.
func (s *session) readBlueprint() (b *blueprint.Blueprint, isNew bool, err error) {
	if s.lab != nil && s.Blueprint == "" {
		return s.lab.Blueprint(), false, nil
	}
	b, err = blueprint.Read(s.Blueprint)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return blueprint.New(), true, nil
	case err != nil:
		return nil, false, UsageError{err}
	}
	return b, false, nil
}

// config says with which credentials and where to reach AWS.
func (s *session) config() awsops.Config {
	config := awsops.Config{Region: s.Region, Endpoint: s.Endpoint}
	if s.lab != nil {
		config = s.lab.Config()
	}
	config.Profile, config.Parallel = s.Profile, s.Parallel
	return config
}

// environ is the environment that the steps and Terraform go by.
func (s *session) environ() engine.Environment {
	if s.lab != nil {
		return s.lab.Environ
	}
	return s.process
}

// world opens the journal and finds the engine. No call to AWS is made.
func (s *session) world(ctx context.Context, sessions *awsops.Sessions, a *blueprint.Answers) (*engine.Env, error) {
	dir, path := s.Dir, s.Blueprint
	if s.lab != nil {
		// A blueprint that was named is rehearsed, not written.
		dir, path = s.lab.WorkDir, filepath.Join(s.lab.WorkDir, BlueprintFile)
	}
	dir, dirErr := filepath.Abs(dir)
	path, pathErr := filepath.Abs(path)
	if err := errors.Join(dirErr, pathErr); err != nil {
		return nil, fmt.Errorf("the current folder: %w", err)
	}
	env, err := engine.NewEnv(sessions, s.environ(), dir, path)
	if err != nil {
		return nil, err
	}
	env.Profile, env.Endpoint, env.Parallel = s.Profile, s.config().Endpoint, s.Parallel
	if err := s.fit(env); err != nil {
		return nil, err
	}
	_, scope := a.Tag()
	if env.Journal, err = engine.OpenJournal(env.StateDir, scope); err != nil {
		return nil, err
	}
	env.Engine, env.EngineErr = s.terraform(ctx)
	if s.Engine != "" && env.EngineErr != nil {
		return nil, UsageError{env.EngineErr}
	}
	return env, nil
}

// fit refuses a state directory that cannot be relied on. The sandbox's lies in
// its scratch home, beside a scratch blueprint that nobody else writes to; where
// nothing will be applied nothing is kept.
func (s *session) fit(env *engine.Env) error {
	if s.lab != nil {
		return nil
	}
	if err := files.KeepOutside(env.StateDir, env.Root(), env.Dir); err != nil {
		return err
	}
	if s.DryRun || (!s.ask && !s.yes) {
		return nil
	}
	return files.Keepable(env.StateDir)
}

// emit shows an event; the summary says where a rehearsal's files are.
func (s *session) emit(e plan.Event) {
	if e.Kind == plan.EventSummary && s.lab != nil && !s.DryRun {
		e.Summary.Notes = append(e.Summary.Notes, s.lab.Note())
	}
	s.show(e)
}

// confirm asks before the first change. From a yes on, an interrupt lets the
// changes under way finish.
func (s *session) confirm(ctx context.Context, r plan.Review) (plan.Decision, error) {
	decision := plan.Decision{Yes: true}
	if !s.yes {
		s.lines.Review(r)
		var err error
		if decision, err = s.prompt.Confirm(ctx, r); err != nil {
			return decision, err
		}
	}
	s.sys.Applying(decision.Yes)
	return decision, nil
}
