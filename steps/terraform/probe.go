package terraform

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// ProbeInput is what a probe needs.
type ProbeInput struct {
	// Project is how the commands run. Its Dir is where the scratch directory is
	// made; empty means the system's.
	Project
	// Backend is the text of a terraform block with the back end, and nothing else in
	// it that needs a provider. Its key is one at which no state lies: init would
	// fetch the providers of that state.
	Backend []byte
	// Workspace is a name that nobody else uses: NewProbeWorkspace makes one.
	Workspace string
	// Inspect, if set, is called between apply and destroy, while the state
	// object of the workspace exists. Its error fails the probe.
	Inspect func(context.Context) error
}

// cleanupWait bounds the tidying up after a failed or cancelled probe: nobody
// waits longer for an endpoint that has died.
const cleanupWait = 30 * time.Second

// probeResource is built into both engines (Terraform 1.4, OpenTofu 1.6): no
// provider is downloaded for it.
const probeResource = `
resource "terraform_data" "stateroom_probe" {
  input = "stateroom"
}
`

// ProbePrefix begins the name of every probe's workspace.
const ProbePrefix = "stateroom-probe-"

// NewProbeWorkspace makes a name for a probe's workspace that no other run has.
func NewProbeWorkspace() string {
	suffix := make([]byte, 4)
	_, _ = rand.Read(suffix) // never fails (crypto/rand, Go 1.24)
	return ProbePrefix + hex.EncodeToString(suffix)
}

// Probe proves a back end without touching any state of its own: in a scratch
// directory with the back end's block and one built-in resource it runs init,
// workspace new, apply, destroy, workspace select default and workspace delete,
// so that listing, encryption, bucket policy and lock are all used as in real
// work. The error is the first failed command's.
// Whatever happens, cancelling included, it tries to destroy and delete the
// workspace, and removes the scratch directory.
func Probe(ctx context.Context, e *Engine, in ProbeInput) (err error) {
	p, err := newProbe(e, in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.project.Dir)) }()
	if err := p.sequence(ctx, in); err != nil {
		p.cleanup(ctx)
		if p.started && !p.gone {
			err = fmt.Errorf("%w; left behind: %s", err, p.leftover())
		}
		return err
	}
	return nil
}

// leftover names what stays in the back end until the workspace is deleted.
func (p *probe) leftover() string {
	return "the workspace " + p.workspace + " (env:/" + p.workspace + "/ in the bucket) and, if it was held, its lock"
}

// probe is one run of Probe.
type probe struct {
	engine    *Engine
	project   Project
	workspace string
	// started is set once the workspace may exist and is ours, made once it
	// certainly does.
	started, made bool
	// gone is set once the workspace is deleted; tidied tells the guard.
	gone   bool
	tidied func()
}

func newProbe(e *Engine, in ProbeInput) (*probe, error) {
	dir, err := os.MkdirTemp(in.Dir, "stateroom-probe-")
	if err != nil {
		return nil, fmt.Errorf("make the probe's directory: %w", err)
	}
	project := in.pin("TF_DATA_DIR", filepath.Join(dir, ".terraform")) // not the user's, if one is set
	project.Dir = dir
	text := append([]byte(strings.TrimRight(string(in.Backend), "\n")+"\n"), probeResource...)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write the probe: %w", err), os.RemoveAll(dir))
	}
	return &probe{engine: e, workspace: in.Workspace, project: project}, nil
}

func (p *probe) sequence(ctx context.Context, in ProbeInput) error {
	if err := p.run(ctx, "init"); err != nil {
		return err
	}
	p.started, p.tidied = true, guardOf(ctx).leaves(p.leftover())
	if err := p.run(ctx, "workspace", "new", p.workspace); err != nil {
		if p.started = !strings.Contains(err.Error(), "already exists"); !p.started {
			p.tidied()
		}
		return err
	}
	p.made = true
	if err := p.run(ctx, "apply", "-auto-approve"); err != nil {
		return err
	}
	if in.Inspect != nil {
		if err := in.Inspect(ctx); err != nil {
			return fmt.Errorf("inspect what the probe stored: %w", err)
		}
	}
	for _, args := range p.tidy() {
		if err := p.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// tidy is how the workspace goes away.
func (p *probe) tidy() [][]string {
	return [][]string{
		{"destroy", "-auto-approve"},
		{"workspace", "select", "default"},
		{"workspace", "delete", p.workspace},
	}
}

// cleanup does what tidy does after a failure, with a time of its own, since the
// context may be cancelled. A failed step does not stop the next. Without the
// workspace there is nothing to destroy. A lock that a killed command left is
// released: nobody else knows this workspace.
func (p *probe) cleanup(ctx context.Context) {
	if !p.started {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupWait)
	defer cancel()
	commands := p.tidy()
	commands[2] = []string{"workspace", "delete", "-force", p.workspace} // it holds nothing real
	if !p.made {
		commands = commands[1:]
	}
	for _, args := range commands {
		if id := lockID(p.run(ctx, args...)); id != "" {
			if p.run(ctx, "force-unlock", "-force", id) == nil {
				_ = p.run(ctx, args...) // what stays after it is named
			}
		}
	}
}

// heldLock is the lock's id in the folded text of a refused lock.
var heldLock = regexp.MustCompile(`Error acquiring the state lock.*\bID: (\S+)`)

func lockID(err error) string {
	if err == nil {
		return ""
	}
	if found := heldLock.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return ""
}

// run runs one command. What reads or writes a state is pinned to
// the probe's workspace by TF_WORKSPACE, over whatever is selected: a destroy in
// the default workspace would be one of the project's own resources. (workspace
// select and delete refuse to run with it.)
func (p *probe) run(ctx context.Context, args ...string) error {
	project := p.project
	if args[0] != "init" && args[0] != "workspace" {
		project = project.inWorkspace(p.workspace)
	}
	_, err := p.engine.Run(ctx, project.command(args...))
	if err == nil && len(args) > 1 && args[1] == "delete" {
		p.gone = true
		p.tidied()
	}
	return err
}
