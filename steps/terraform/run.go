package terraform

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// interruptWait is how long a cancelled child may take to end by itself after
// the interrupt (Terraform then finishes the running operation, saves the state
// and releases its lock) before it is killed.
const interruptWait = 30 * time.Second

// Command is one command of the engine in a project.
type Command struct {
	Project
	// Args begins with the subcommand: init, or workspace new NAME. Flags that
	// every unattended run needs (-input=false, -no-color, -json) are added.
	Args []string
	// Stdout, if set, gets standard output as it is, and then neither Lines nor
	// Result see it: a state holds secrets.
	Stdout io.Writer
}

// Result is what a command left behind.
type Result struct {
	// Args are the arguments as they were run, added flags included.
	Args []string
	// Output is what people would have seen, ANSI codes stripped; of a long one
	// the beginning and the end.
	Output string
	// Diagnostics are the errors and warnings, unwrapped. A failed command has
	// at least one error.
	Diagnostics []Diagnostic
	// ProvidersUnreachable says of an init ([InitProject]) that the back end was
	// configured and only the providers could not be had afterwards: a matter of the
	// network or of a mirror, not of the back end, and so a piece of information, no
	// failure.
	ProvidersUnreachable bool
}

// Run runs one command to its end. A cancelled context interrupts the child's
// process group, and kills it if it has not ended within half a minute; a [Guard]
// in the context kills it at once. The
// error is an *Error for an exit code other than 0, with the first diagnostic in
// it; the Result is filled in either case.
func (e *Engine) Run(ctx context.Context, c Command) (Result, error) {
	result := Result{Args: e.arguments(c.Args)}
	cmd := exec.CommandContext(ctx, e.Path, result.Args...) //nolint:gosec // the engine is the operator's choice
	cmd.Dir = c.Dir
	cmd.Env = environment(c.Project)
	cmd.WaitDelay = interruptWait
	ownGroup(cmd)
	collect := newCollector(c.Lines)
	stdout, stderr := collect.stream(), collect.stream()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	err := runGuarded(ctx, cmd)
	if ctx.Err() != nil {
		killGroup(cmd)
	}
	stdout.close()
	stderr.close()
	result.Output = collect.output.String()
	result.Diagnostics = slices.Concat(stdout.diagnostics.list, stderr.diagnostics.list)
	if err == nil {
		return result, nil
	}
	return result, e.failed(ctx, c, &result, stderr, err)
}

// errKilled is why a child ended that was killed by its [Guard], or never began.
var errKilled = errors.New("it was killed by the second interrupt")

// runGuarded runs a child until it ends or its guard kills it.
func runGuarded(ctx context.Context, cmd *exec.Cmd) error {
	guard := guardOf(ctx)
	if guard.killed() {
		return errKilled
	}
	if err := cmd.Start(); err != nil {
		return err //nolint:wrapcheck // failed says what could not be run
	}
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-guard.kill:
			killGroup(cmd)
		case <-ended:
		}
	}()
	err := cmd.Wait()
	close(ended)
	<-watched
	if err != nil && guard.killed() {
		return errKilled
	}
	return err
}

// failed makes the error of a command that did not end well, and sees to it that
// the result has an error diagnostic.
func (e *Engine) failed(ctx context.Context, c Command, result *Result, stderr *stream, err error) error {
	failure := &Error{Action: "run " + e.binary() + " " + strings.Join(c.Args, " "), Resource: cmp.Or(c.Dir, "the working directory"), Reason: "failed"}
	if ctx.Err() != nil {
		failure.Reason, failure.Err = "was interrupted", context.Cause(ctx)
		return failure
	}
	if errors.Is(err, errKilled) {
		failure.Reason, failure.Err = "was interrupted", err
		return failure
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		failure.Reason, failure.Err = "could not be run", err
		return failure
	}
	if errorsOf(result.Diagnostics) == "" {
		said := Fold(stderr.last())
		if said == "" {
			said = Fold(result.Output)
		}
		result.Diagnostics = append(result.Diagnostics, Diagnostic{Severity: SeverityError, Summary: said})
	}
	failure.Reason = "failed: " + errorsOf(result.Diagnostics)
	return failure
}

// binary is the name that people type.
func (e *Engine) binary() string {
	if e.Name == EngineOpenTofu {
		return "tofu"
	}
	return "terraform"
}

// arguments adds the flags of an unattended run after the subcommand. Flags of
// ours go before the caller's, since a positional argument ends them.
func (e *Engine) arguments(args []string) []string {
	if len(args) == 0 || args[0] == "version" {
		return slices.Clone(args)
	}
	words := 1
	if args[0] == "workspace" || args[0] == "state" {
		words = min(2, len(args))
	}
	flags := []string{"-no-color"}
	switch args[0] {
	case "init", "plan", "apply", "destroy":
		flags = append(flags, "-input=false")
		if e.speaksJSON(args) {
			flags = append(flags, "-json")
		}
	}
	return slices.Concat(args[:words], flags, args[words:])
}

// speaksJSON reports whether -json is safe: plan, apply and destroy have it in
// every version we take; init has it from Terraform 1.9, and it conflicts with
// -migrate-state. OpenTofu's init is read as people read it.
func (e *Engine) speaksJSON(args []string) bool {
	if args[0] != "init" {
		return true
	}
	return e.Name == EngineTerraform && semver.Compare("v"+e.Version, "v1.9.0") >= 0 && !slices.Contains(args, "-migrate-state")
}
