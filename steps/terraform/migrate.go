package terraform

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// Migration is what a moved state looks like beside the one before.
type Migration struct {
	Result Result
	// Before and After are the states of all workspaces.
	Before, After []StateSummary
	// ProvidersUnreachable is as in InitOutcome.
	ProvidersUnreachable bool
	// Differences has one sentence for each thing that does not agree; a
	// migration that lost nothing has none.
	Differences []string
}

// Migrate moves the states of all workspaces of a project into the back end that
// its files name now: init -migrate-state -force-copy. Before is what BackUp
// answered (or ReadBackup reads) from the old place. Afterwards every state is
// pulled from the new place and compared by lineage, serial, number of resources
// and content; what differs is an *Error, and the backup is the remedy. Called
// again after a kill, it moves what is left to move and compares all of it.
//
// -force-copy overwrites what lies at the destination, without asking: the
// caller must have seen that there is nothing. An exit code of 0 does not prove
// that the lock is gone either (s3:DeleteObject denied): the caller checks.
func Migrate(ctx context.Context, e *Engine, p Project, before []StateSummary) (Migration, error) {
	m := Migration{Before: before}
	var err error
	if m.Result, err = e.Run(ctx, p.command("init", "-migrate-state", "-force-copy")); err != nil {
		if !onlyProviderTrouble(m.Result) || !backendConfigured(p, m.Result) {
			return m, err
		}
		m.ProvidersUnreachable = true
	}
	names, err := workspaces(ctx, e, p)
	if err != nil {
		return m, err
	}
	for _, name := range names {
		state, err := moved(ctx, e, p, name, before)
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

// moved reads one workspace's state in its new place. Terraform 1.11.4 moves a
// state into an empty S3 key under a new lineage and with serial 1 (it reads the
// key once more before it writes, which forgets both): where that happened, and
// only where the content is the backup's to the last byte, the backup is pushed
// over it, which brings the lineage back and the serial above the old one.
func moved(ctx context.Context, e *Engine, p Project, workspace string, before []StateSummary) (StateSummary, error) {
	state, err := summarisePulled(ctx, e, p, workspace)
	if err != nil {
		return state, err
	}
	i := slices.IndexFunc(before, func(s StateSummary) bool { return s.Workspace == workspace })
	if i < 0 || before[i].File == "" || state.Content != before[i].Content || state.Lineage == before[i].Lineage {
		return state, nil
	}
	backup, err := filepath.Abs(before[i].File)
	if err != nil {
		return state, fmt.Errorf("find the backup of workspace %s: %w", workspace, err)
	}
	if _, err := e.Run(ctx, p.inWorkspace(workspace).command("state", "push", "-force", backup)); err != nil {
		return state, err
	}
	return summarisePulled(ctx, e, p, workspace)
}

func summarisePulled(ctx context.Context, e *Engine, p Project, workspace string) (StateSummary, error) {
	var text bytes.Buffer
	if err := pull(ctx, e, p, workspace, &text); err != nil {
		return StateSummary{}, err
	}
	state, err := summarise(text.Bytes())
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

// differs tells what does not agree. A serial that rose does: Terraform counts
// the move itself as a write.
func (s StateSummary) differs(now StateSummary) []string {
	var found []string
	say := func(what string, was, is any, agree bool) {
		if !agree {
			found = append(found, fmt.Sprintf("workspace %s had %s %v and now has %v", s.Workspace, what, was, is))
		}
	}
	say("lineage", s.Lineage, now.Lineage, s.Lineage == now.Lineage)
	say("serial", s.Serial, now.Serial, s.Serial <= now.Serial)
	say("resources", s.Resources, now.Resources, s.Resources == now.Resources)
	say("resource instances", s.Instances, now.Instances, s.Instances == now.Instances)
	if len(found) == 0 && s.Content != now.Content {
		found = append(found, fmt.Sprintf("workspace %s has other resources or outputs than before", s.Workspace))
	}
	return found
}
