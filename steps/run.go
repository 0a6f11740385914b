package steps

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"stateroom/steps/blueprint"
	"stateroom/steps/terraform"
)

// run runs the command of a change.
func (x *Executor) run(ctx context.Context, c Change) error {
	if c.Run.Command == runProve {
		return x.prove(ctx, c)
	}
	i := slices.IndexFunc(x.answers.Projects, func(p blueprint.Project) bool { return p.Name == c.Run.Project })
	if i < 0 {
		return fmt.Errorf("%s: the blueprint has no project %s", c.ID, c.Run.Project)
	}
	p := terraform.Project{Dir: c.Run.Dir, Lines: lineEmitter(x.emit, &c)}
	if c.Run.Command == runBackup {
		return backUp(ctx, x.env.Engine, p, c.Run.Backup)
	}
	if !c.Run.Settled {
		if err := awaitAdmin(ctx, x.env, x.answers, x.answers.Projects[i], x.env.Patience); err != nil {
			return err
		}
	}
	switch c.Run.Command {
	case runMove:
		return x.move(ctx, c, x.answers.Projects[i])
	case runMigrate:
		return x.arrive(ctx, c, p)
	}
	if c.Run.Command == runAside {
		if err := terraform.MoveAside(p, c.Run.Backup); err != nil {
			return wrap(err)
		}
	}
	p.Env = AdminEnv(x.env, x.answers)
	if c.Run.Command == runPush {
		return wrap(terraform.Push(ctx, x.env.Engine, p, ErroredState))
	}
	outcome, err := terraform.InitProject(ctx, x.env.Engine, p, initFlags[c.Run.Command]...)
	if err != nil {
		return wrap(err)
	}
	x.providers(c, outcome.ProvidersUnreachable)
	return nil
}

// initFlags are what a command adds to init.
var initFlags = map[string][]string{runReconfigure: {"-reconfigure"}, runUpgrade: {"-upgrade"}}

// move puts a backup's states into the state bucket, as this laptop's admin.
func (x *Executor) move(ctx context.Context, c Change, project blueprint.Project) error {
	s, err := adminSession(ctx, x.env, x.answers)
	if err != nil {
		return err
	}
	key, err := s.Key(ctx, x.answers.Key.Alias)
	if err != nil {
		return wrap(err)
	}
	if key == nil {
		return fmt.Errorf("there is no key %s in %s to encrypt the state of project %s with, so it was not moved", x.answers.Key.Alias, x.answers.StateRegion, project.Name)
	}
	if _, err := s.Identity(ctx); err != nil { // from here on only the admin account's own bucket is written
		return wrap(err)
	}
	return stateMove{
		session: s, bucket: x.answers.Bucket.Name, key: project.StateKey, table: x.answers.Lock.DynamoDBTable,
		lockfile: x.answers.Lock.UseLockfile, keyARN: key.ARN, lockID: c.Run.Lock, backup: c.Run.Backup, earlier: c.Run.Earlier,
	}.run(ctx)
}

// arrive initialises a project on its moved state, unless that was written in its
// old place meanwhile. The old place is read with whatever credentials it was
// reached with so far, the new one as the admin.
func (x *Executor) arrive(ctx context.Context, c Change, p terraform.Project) error {
	before, err := terraform.ReadBackup(ctx, c.Run.Backup)
	if err != nil {
		return wrap(err)
	}
	if err := terraform.Unchanged(ctx, x.env.Engine, p, before); err != nil {
		return wrap(err)
	}
	p.Env = AdminEnv(x.env, x.answers)
	outcome, err := terraform.InitMoved(ctx, x.env.Engine, p, before)
	if err != nil {
		return wrap(err)
	}
	x.providers(c, outcome.ProvidersUnreachable)
	return nil
}

// providers books that a project's providers could not be had.
func (x *Executor) providers(c Change, unreachable bool) {
	if !unreachable {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.findings = append(x.findings, ProvidersUnreachable(c.Run.Project, c.Run.Dir))
}

// ProvidersUnreachable is the finding of a project in dir whose init configured the
// back end and then could not get the providers. It is worth knowing and no
// failure: the back end is there.
func ProvidersUnreachable(project, dir string) Finding {
	return Finding{
		ID: "provider-unavailable", Subject: project, Step: 8, Severity: Info,
		Evidence: fmt.Sprintf("The back end of project %s is configured, but its providers could not be downloaded.", project),
		Remedy:   "Run terraform init in " + dir + " where the provider registry or a mirror can be reached.",
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
