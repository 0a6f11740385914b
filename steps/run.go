package steps

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"stateroom/steps/terraform"
)

// run runs the Terraform command of a change.
func (x *Executor) run(ctx context.Context, c Change) error {
	i := slices.IndexFunc(x.answers.Projects, func(p Project) bool { return p.Name == c.Run.Project })
	if i < 0 {
		return fmt.Errorf("%s: the blueprint has no project %s", c.ID, c.Run.Project)
	}
	p := terraform.Project{Dir: c.Run.Dir, Lines: lineEmitter(x.emit, &c)}
	if c.Run.Command == "backup" {
		return backUp(ctx, x.env.Engine, p, c.Target)
	}
	if err := awaitAdmin(ctx, x.env, x.answers, x.answers.Projects[i]); err != nil {
		return err
	}
	if c.Run.Command == "migrate" {
		// The old place is read with whatever credentials it was reached with
		// so far; the new one's profile stands in the files.
		before, err := terraform.ReadBackup(backupDir(x.env, x.answers, c.Run.Project))
		if err != nil {
			return wrap(err)
		}
		_, err = terraform.Migrate(ctx, x.env.Engine, p, before)
		return wrap(err)
	}
	p.Env = adminEnv(x.env, x.answers)
	outcome, err := terraform.InitProject(ctx, x.env.Engine, p, c.Run.Command == "reconfigure")
	if err != nil {
		return wrap(err)
	}
	if outcome.ProvidersUnreachable {
		x.emit(Event{Kind: EventFinding, Change: &c, Finding: providersUnreachable(c)})
	}
	return nil
}

// providersUnreachable is worth knowing and no failure: the back end is there.
func providersUnreachable(c Change) *Finding {
	return &Finding{
		ID: "provider-unavailable", Step: 8, Severity: Info,
		Evidence: fmt.Sprintf("The back end of project %s is configured, but its providers could not be downloaded.", c.Run.Project),
		Remedy:   "Run terraform init in " + c.Run.Dir + " where the provider registry or a mirror can be reached.",
	}
}

// backUp writes the states into a directory that takes its name only when all
// of them are in it, so that a killed backup never counts as one.
func backUp(ctx context.Context, engine *terraform.Engine, p terraform.Project, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("back up the state of %s: %w", p.Dir, err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "part-")
	if err != nil {
		return fmt.Errorf("back up the state of %s: %w", p.Dir, err)
	}
	if _, err := terraform.BackUp(ctx, engine, p, part); err != nil {
		return errors.Join(wrap(err), os.RemoveAll(part))
	}
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("back up the state of %s: %w", p.Dir, err)
	}
	return nil
}

// lineEmitter streams Terraform's output as events of a change, or of the
// probe when c is nil.
func lineEmitter(emit Emit, c *Change) func(string) {
	return func(line string) { emit(Event{Kind: EventLine, Change: c, Text: line}) }
}
