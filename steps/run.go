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

// run runs the command of a change.
func (x *Executor) run(ctx context.Context, c Change) error {
	if c.Run.Command == runProve {
		return x.prove(ctx, c)
	}
	i := slices.IndexFunc(x.answers.Projects, func(p Project) bool { return p.Name == c.Run.Project })
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
	if c.Run.Command == runMigrate {
		return x.migrate(ctx, c, p, x.answers.Projects[i])
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

// migrate moves a state and sees that it arrived unlocked. The old place is read
// with whatever credentials it was reached with so far; the new one's profile
// stands in the files.
func (x *Executor) migrate(ctx context.Context, c Change, p terraform.Project, project Project) error {
	before, err := terraform.ReadBackup(c.Run.Backup)
	if err != nil {
		return wrap(err)
	}
	outcome, err := terraform.Migrate(ctx, x.env.Engine, p, before)
	if err != nil {
		return wrap(err)
	}
	x.providers(c, outcome.ProvidersUnreachable)
	return x.unlocked(ctx, project)
}

// unlocked fails where the move left its lock behind, which Terraform does
// without a word when it may not delete it (facts/terraform.md, finding 3).
func (x *Executor) unlocked(ctx context.Context, project Project) error {
	s, err := adminSession(ctx, x.env, x.answers)
	if err != nil {
		return err
	}
	bucket, table := x.answers.Bucket.Name, x.answers.Lock.DynamoDBTable
	file, err := s.HeadObject(ctx, bucket, project.StateKey+".tflock")
	if err != nil {
		return wrap(err)
	}
	held := file != nil
	if table != "" {
		item, err := s.LockItem(ctx, table, bucket+"/"+project.StateKey)
		if err != nil {
			return wrap(err)
		}
		held = held || item != nil
	}
	if held {
		return fmt.Errorf("the state of project %s was moved, but its lock was left behind; run terraform plan in %s, which shows the lock's id for terraform force-unlock", project.Name, x.env.ProjectDir(project))
	}
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
