package terraform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// Push makes a file of the project's directory the state of its selected
// workspace. The engine refuses one of another lineage or with a lower serial.
func Push(ctx context.Context, e *Engine, p Project, file string) error {
	_, err := e.Run(ctx, p.command("state", "push", file))
	return err
}

// BackUp writes the state of every workspace of the project into dir, one file
// <workspace>.tfstate each (0600, for they hold secrets; dir 0700), with state
// pull. Where the project's back end was edited since init, the engine refuses
// to read there; the states are then read where init remembers them, or where
// they lie on the disk. A workspace without a state gets no file. A file that is
// there already is never overwritten: that is an error; so is a state that somebody
// holds the lock of.
func BackUp(ctx context.Context, e *Engine, p Project, dir string) ([]tf.State, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("back up the state of %s: %w", p.Dir, err)
	}
	names, err := workspaces(ctx, e, p)
	if needsInit(err) {
		old, forget, err := p.remembered(filepath.Dir(dir))
		if err != nil {
			return nil, err
		}
		defer forget()
		p = old
		if _, err := InitProject(ctx, e, p); err != nil {
			return nil, err
		}
		if names, err = workspaces(ctx, e, p); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	var states []tf.State
	for _, name := range names {
		state, err := backUpOne(ctx, e, p, name, filepath.Join(dir, name+stateSuffix))
		if err != nil {
			return states, err
		}
		states = append(states, state)
		if state.Empty() {
			continue
		}
		if err := unlocked(ctx, e, p, name); err != nil {
			return states, err
		}
	}
	return states, nil
}

// nobody is the address of a resource that no configuration has.
const nobody = "terraform_data.stateroom_looks_for_a_lock"

// heldBy finds the holder in what an engine says of a lock that it cannot have.
var heldBy = regexp.MustCompile(`Lock Info: ID: (\S*) .*?Operation: (\S*) Who: (\S*) .*?Created: (\S+ \S+)`)

// unlocked refuses a state that somebody is about to write: what a running apply
// does would be in no copy of it. The engine takes and releases the lock to mark
// a resource that is not there, which writes nothing, in every back end. Where the
// lock may not be taken nobody can tell, and that is no obstacle.
func unlocked(ctx context.Context, e *Engine, p Project, workspace string) error {
	c := p.inWorkspace(workspace).command("untaint", "-allow-missing", nobody)
	c.Lines = nil
	result, err := e.Run(ctx, c)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	held := heldBy.FindStringSubmatch(Fold(result.Output))
	if held == nil {
		return nil
	}
	return &Error{
		Action: "back up the state", Resource: "workspace " + workspace + " of " + p.Dir,
		Reason: fmt.Sprintf("is being written: %s has held its lock since %s (operation %s, lock %s)", held[3], held[4], held[2], held[1]),
		Remedy: "wait until that has ended, then run stateroom setup again; the state was left where it is",
	}
}

const stateSuffix = ".tfstate"

// needsInit recognises a project that was never initialised on this machine.
func needsInit(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Backend initialization required")
}

func backUpOne(ctx context.Context, e *Engine, p Project, workspace, path string) (tf.State, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return tf.State{}, fmt.Errorf("back up the state of workspace %s: %w", workspace, err)
	}
	if err = files.OwnerAlone(path); err == nil {
		err = pull(ctx, e, p, workspace, file)
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		_ = os.Remove(path) // a part of a state is no backup
		return tf.State{}, fmt.Errorf("back up the state of workspace %s: %w", workspace, err)
	}
	state, err := readState(ctx, path)
	if err == nil && state.Empty() {
		state.Path = ""
		err = os.Remove(path)
	}
	if err != nil {
		return tf.State{}, fmt.Errorf("back up the state of workspace %s: %w", workspace, err)
	}
	source := state
	source.Path = "" // the engine knows where it is
	if why, remedy := source.Unusable(); why != "" && !state.Empty() {
		_ = os.Remove(path) // it is to be another state before it is moved
		return tf.State{}, &Error{
			Action: "back up the state", Resource: "workspace " + workspace + " of " + p.Dir, Reason: why,
			Remedy: "the state was left where it is. " + remedy + " Then run stateroom setup again.",
		}
	}
	return state, nil
}

// pull writes a workspace's state, which holds secrets, to w and nowhere else.
// TF_WORKSPACE reads another workspace without selecting it.
func pull(ctx context.Context, e *Engine, p Project, workspace string, w io.Writer) error {
	c := p.inWorkspace(workspace).command("state", "pull")
	c.Stdout = w
	_, err := e.Run(ctx, c)
	return err
}

func (p Project) inWorkspace(workspace string) Project { return p.pin("TF_WORKSPACE", workspace) }

// workspaceless is what the engines say of a back end that keeps one state alone, as
// "http" does and "remote" with a name: it is that of the workspace default.
const workspaceless = "workspaces not supported"

// listedWorkspace is a line of workspace list: a star or nothing, and a name that stands
// alone. Every engine lists so, among texts that begin at the margin: the note that
// TF_WORKSPACE overrides the selection, and on standard output the warnings of
// Terraform from 1.15 on. One of those ended in a line "instead.", which was taken for
// a workspace: asking after its state made one.
var listedWorkspace = regexp.MustCompile(`^(?:\*| ) ([^\s/\\]+)$`)

// workspaces lists the project's workspaces; default is always among them.
func workspaces(ctx context.Context, e *Engine, p Project) ([]string, error) {
	c := p.command("workspace", "list")
	c.Lines = nil
	var out strings.Builder
	c.Stdout = &out
	if result, err := e.Run(ctx, c); err != nil {
		if ctx.Err() == nil && strings.Contains(Fold(result.Output), workspaceless) {
			return []string{tf.DefaultWorkspace}, nil
		}
		return nil, err
	}
	var names []string
	for line := range strings.Lines(stripANSI(out.String())) {
		if listed := listedWorkspace.FindStringSubmatch(strings.TrimRight(line, "\r\n")); listed != nil {
			names = append(names, listed[1])
		}
	}
	return names, nil
}

// What is read of a state: more than any that an engine can work with, in the time
// that a slow disk takes for it.
const (
	largestState = 1 << 30
	stateWait    = 2 * time.Minute
)

// Load reads a state file, or a backup of one, within these bounds.
func Load(ctx context.Context, path string) ([]byte, error) {
	return files.Load(ctx, path, files.Limit{Bytes: largestState, Wait: stateWait})
}

// readState reads a state file as [tf.ParseState] does. The workspace is the file's
// name without .tfstate.
func readState(ctx context.Context, path string) (tf.State, error) {
	text, err := Load(ctx, path)
	if err != nil {
		return tf.State{}, fmt.Errorf("read the state: %w", err)
	}
	state, err := tf.ParseState(text)
	if err != nil {
		return tf.State{}, fmt.Errorf("read the state %s: %w", path, err)
	}
	state.Workspace, state.Path = strings.TrimSuffix(filepath.Base(path), stateSuffix), path
	return state, nil
}

// ReadBackup lists the states that BackUp wrote into dir, so that a run after a
// kill can still compare.
func ReadBackup(ctx context.Context, dir string) ([]tf.State, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+stateSuffix))
	if err != nil {
		return nil, fmt.Errorf("read the backup %s: %w", dir, err)
	}
	var states []tf.State
	for _, path := range paths {
		state, err := readState(ctx, path)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	return states, nil
}
