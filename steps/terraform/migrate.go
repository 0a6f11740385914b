package terraform

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// Migration is what a moved state looks like beside the one before.
type Migration struct {
	Result Result
	// Before and After are the states of all workspaces.
	Before, After []StateSummary
	// Differences has one sentence for each thing that does not agree; a
	// migration that lost nothing has none.
	Differences []string
}

// Migrate moves the states of all workspaces of a project into the back end that
// its files name now: init -migrate-state -force-copy. Before is what BackUp
// answered (or ReadBackup reads) from the old place. Afterwards every state is
// pulled from the new place and compared by lineage, serial and number of
// resources; what differs is an *Error, and the backup is the remedy.
//
// -force-copy overwrites what lies at the destination, without asking: the
// caller must have seen that there is nothing. An exit code of 0 does not prove
// that the old lock is gone either (s3:DeleteObject denied): the caller checks.
func Migrate(ctx context.Context, e *Engine, p Project, before []StateSummary) (Migration, error) {
	m := Migration{Before: before}
	var err error
	if m.Result, err = e.Run(ctx, p.command("init", "-migrate-state", "-force-copy")); err != nil {
		if !onlyProviderTrouble(m.Result) || !backendConfigured(p, m.Result) {
			return m, err
		}
	}
	names, err := workspaces(ctx, e, p)
	if err != nil {
		return m, err
	}
	for _, name := range names {
		var text bytes.Buffer
		if err := pull(ctx, e, p, name, &text); err != nil {
			return m, err
		}
		state, err := summarise(text.Bytes())
		if err != nil {
			return m, fmt.Errorf("read the state of workspace %s in its new place: %w", name, err)
		}
		state.Workspace = name
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

func (s StateSummary) differs(now StateSummary) []string {
	var found []string
	say := func(what string, was, is any) {
		if was != is {
			found = append(found, fmt.Sprintf("workspace %s had %s %v and now has %v", s.Workspace, what, was, is))
		}
	}
	say("lineage", s.Lineage, now.Lineage)
	say("serial", s.Serial, now.Serial)
	say("resources", s.Resources, now.Resources)
	say("resource instances", s.Instances, now.Instances)
	return found
}
