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
)

// Migration is what a moved state looks like beside the one before.
type Migration struct {
	// Before and After are the states of all workspaces that have one.
	Before, After []StateSummary
	// ProvidersUnreachable is as in InitOutcome.
	ProvidersUnreachable bool
	// Differences has one sentence for each thing that does not agree; a
	// migration that lost nothing has none.
	Differences []string
}

// ErrSourceChanged says that a state was written where it was before, after it
// had been backed up and moved.
var ErrSourceChanged = errors.New("it was written there since it was backed up")

// Unchanged reads the states once more where they were and compares them with
// what BackUp answered: [ErrSourceChanged] when somebody has written there since.
// The copies lie in a directory that the caller removes.
func Unchanged(ctx context.Context, e *Engine, p Project, before []StateSummary, dir string) error {
	now, err := BackUp(ctx, e, p, filepath.Join(dir, "now"))
	if err != nil {
		return err
	}
	for _, state := range now {
		i := slices.IndexFunc(before, func(s StateSummary) bool { return s.Workspace == state.Workspace })
		if !state.Empty() && (i < 0 || !before[i].Same(state)) {
			return &Error{
				Action: "compare the state", Resource: "workspace " + state.Workspace + " of " + p.Dir, Reason: "is not as it was moved", Err: ErrSourceChanged,
				Remedy: "run stateroom setup again, which backs it up and moves it once more; the project still works where it was",
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
// the new place alone.
func InitMoved(ctx context.Context, e *Engine, p Project, before []StateSummary) (Migration, error) {
	m := Migration{Before: before}
	if err := p.stashLocal(); err != nil {
		return m, err
	}
	workspace := p.workspace(ctx)
	missing := workspace != defaultWorkspace && !slices.ContainsFunc(before, func(s StateSummary) bool { return s.Workspace == workspace && !s.Empty() })
	first := p
	if missing {
		first = p.inWorkspace(defaultWorkspace) // init fails in a workspace that is not there
	}
	outcome, err := InitProject(ctx, e, first, "-reconfigure")
	if err != nil {
		return m, err
	}
	m.ProvidersUnreachable = outcome.ProvidersUnreachable
	if missing { // it held nothing, so that nothing of it was moved
		if _, err := e.Run(ctx, p.command("workspace", "new", workspace)); err != nil {
			return m, err
		}
	}
	for _, was := range before {
		if was.Empty() {
			continue
		}
		state, err := summarisePulled(ctx, e, p, was.Workspace)
		if err != nil {
			return m, err
		}
		m.After = append(m.After, state)
	}
	if m.Differences = differences(m.Before, m.After); len(m.Differences) > 0 {
		return m, &Error{
			Action: "compare the moved state", Resource: p.Dir, Reason: "differs: " + m.Differences[0],
			Remedy: "do not apply; the state as it was lies in the backup",
		}
	}
	return m, nil
}

const defaultWorkspace = "default"

// workspace is the selected one.
func (p Project) workspace(ctx context.Context) string {
	text, err := files.Load(ctx, filepath.Join(p.dataDir(), selected), files.Limit{Bytes: 1 << 10})
	if name := string(bytes.TrimSpace(text)); err == nil && name != "" {
		return name
	}
	return defaultWorkspace
}

// stashLocal renames the local states of the directory: Terraform takes what it
// finds there for one that is still to be moved, whatever it was configured for.
func (p Project) stashLocal() error {
	paths := []string{filepath.Join(p.Dir, "terraform.tfstate")}
	spaces, err := os.ReadDir(filepath.Join(p.Dir, "terraform.tfstate.d"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("move the local states of %s aside: %w", p.Dir, err)
	}
	for _, space := range spaces {
		paths = append(paths, filepath.Join(p.Dir, "terraform.tfstate.d", space.Name(), "terraform.tfstate"))
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			continue
		}
		if err == nil {
			err = os.Rename(path, freeName(path+movedSuffix))
		}
		if err != nil {
			return fmt.Errorf("move the local state %s aside: %w", path, err)
		}
	}
	return nil
}

// movedSuffix ends the name of a local state that lies elsewhere now.
const movedSuffix = ".moved"

// freeName is a path at which nothing is: the name, or with a number.
func freeName(name string) string {
	for n, path := 2, name; ; n++ {
		if _, err := os.Lstat(path); err != nil {
			return path
		}
		path = fmt.Sprintf("%s.%d", name, n)
	}
}

func summarisePulled(ctx context.Context, e *Engine, p Project, workspace string) (StateSummary, error) {
	var text bytes.Buffer
	if err := pull(ctx, e, p, workspace, &text); err != nil {
		return StateSummary{}, err
	}
	state, err := Summarise(text.Bytes())
	if err != nil {
		return state, fmt.Errorf("read the state of workspace %s in its new place: %w", workspace, err)
	}
	state.Workspace = workspace
	return state, nil
}

// differences compares by workspace. A workspace that had no state need not
// exist afterwards.
func differences(before, after []StateSummary) []string {
	var found []string
	for _, was := range before {
		i := slices.IndexFunc(after, func(s StateSummary) bool { return s.Workspace == was.Workspace })
		switch {
		case was.Empty():
		case i < 0 || after[i].Empty():
			found = append(found, fmt.Sprintf("workspace %s has no state in the new place", was.Workspace))
		default:
			found = append(found, was.differs(after[i])...)
		}
	}
	return found
}

// differs tells what does not agree. A later serial of the same lineage is what a
// colleague has applied meanwhile.
func (s StateSummary) differs(now StateSummary) []string {
	switch {
	case s.Lineage != now.Lineage:
		return []string{fmt.Sprintf("workspace %s had lineage %s and now has %s", s.Workspace, s.Lineage, now.Lineage)}
	case s.Serial > now.Serial:
		return []string{fmt.Sprintf("workspace %s had serial %d and now has %d", s.Workspace, s.Serial, now.Serial)}
	case s.Serial == now.Serial && s.Content != now.Content:
		return []string{fmt.Sprintf("workspace %s has other resources or outputs than before", s.Workspace)}
	}
	return nil
}
