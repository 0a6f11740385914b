package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// errSourceChanged says that a state was written where it was before, after it
// had been backed up and moved.
var errSourceChanged = errors.New("it was written there since it was backed up")

// Unchanged reads the states once more where they were and compares them with
// what BackUp answered: [errSourceChanged] when somebody has written there since.
// The copies lie in a directory that the caller removes.
func Unchanged(ctx context.Context, e *Engine, p Project, before []tf.State, dir string) error {
	now, err := BackUp(ctx, e, p, filepath.Join(dir, "now"))
	if err != nil {
		return err
	}
	for _, state := range now {
		i := slices.IndexFunc(before, func(s tf.State) bool { return s.Workspace == state.Workspace })
		if !state.Empty() && (i < 0 || !before[i].Same(state)) {
			return &Error{
				Action: "compare the state", Resource: "workspace " + state.Workspace + " of " + p.Dir, Reason: "is not as it was moved", Err: errSourceChanged,
				Remedy: "run stateroom setup again, which backs it up and moves it again; the project still works where it was",
			}
		}
	}
	return nil
}

// InitMoved initialises a project whose states were moved to where its files name
// their place now: init -reconfigure, in the workspace that was selected. Local
// states in the directory, from which init would ask to copy, are renamed first
// (terraform.tfstate.moved). Then every state is read in its new place and
// compared; what differs is an *Error, and the backup is the remedy. p runs in
// the new place alone. The result is init's.
func InitMoved(ctx context.Context, e *Engine, p Project, before []tf.State) (Result, error) {
	if err := p.stashLocal(); err != nil {
		return Result{}, err
	}
	workspace, _ := tf.SelectedWorkspace(p.dataDir()) // one that cannot be read is the default one to Terraform, too
	missing := workspace != tf.DefaultWorkspace && !slices.ContainsFunc(before, func(s tf.State) bool { return s.Workspace == workspace && !s.Empty() })
	first := p
	if missing {
		first = p.inWorkspace(tf.DefaultWorkspace) // init fails in a workspace that is not there
	}
	result, err := InitProject(ctx, e, first, "-reconfigure")
	if err != nil {
		return result, err
	}
	if missing { // it held nothing, so that nothing of it was moved
		if _, err := e.Run(ctx, p.command("workspace", "new", workspace)); err != nil {
			return result, err
		}
	}
	for _, was := range before {
		if was.Empty() {
			continue
		}
		now, err := pulled(ctx, e, p, was.Workspace)
		if err != nil {
			return result, err
		}
		if differs := difference(was, now); differs != "" {
			return result, &Error{
				Action: "compare the moved state", Resource: p.Dir, Reason: "differs: workspace " + was.Workspace + " " + differs,
				Remedy: "do not apply; the earlier state is in the backup",
			}
		}
	}
	return result, nil
}

// stashLocal renames the local states of the directory: Terraform takes what it
// finds there for one that is still to be moved, whatever it was configured for.
func (p Project) stashLocal() error {
	paths, err := tf.LocalPlaceOf(p.Dir, nil).Files()
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		if err == nil {
			err = os.Rename(path, files.FreeName(path+movedSuffix))
		}
		if err != nil {
			return fmt.Errorf("move the local state %s aside: %w", path, err)
		}
	}
	return nil
}

// movedSuffix ends the name of a local state that lies elsewhere now.
const movedSuffix = ".moved"

// pulled is a workspace's state as the engine reads it.
func pulled(ctx context.Context, e *Engine, p Project, workspace string) (tf.State, error) {
	var text bytes.Buffer
	if err := pull(ctx, e, p, workspace, &text); err != nil {
		return tf.State{}, err
	}
	state, err := tf.ParseState(text.Bytes())
	if err != nil {
		return state, fmt.Errorf("read the state of workspace %s in its new place: %w", workspace, err)
	}
	return state, nil
}

// difference tells what of a moved state does not agree with what it was. A later
// serial of the same lineage is what a colleague has applied meanwhile.
func difference(was, now tf.State) string {
	switch {
	case now.Empty():
		return "has no state in the new place"
	case was.Lineage != now.Lineage:
		return fmt.Sprintf("had lineage %s and now has %s", was.Lineage, now.Lineage)
	case was.Serial > now.Serial:
		return fmt.Sprintf("had serial %d and now has %d", was.Serial, now.Serial)
	case was.Serial == now.Serial && was.Content != now.Content:
		return "has other resources or outputs than before"
	}
	return ""
}
