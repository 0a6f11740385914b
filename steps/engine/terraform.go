package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// run runs the command of a change.
func (x *Executor) run(ctx context.Context, c plan.Change) error {
	if c.Run.Command == plan.RunProve {
		return x.prove(ctx, c)
	}
	i := slices.IndexFunc(x.answers.Projects, func(p blueprint.Project) bool { return p.Name == c.Run.Project })
	if i < 0 {
		return fmt.Errorf("%s: the blueprint has no project %s", c.ID, c.Run.Project)
	}
	p := terraform.Project{Dir: c.Run.Dir, Environ: x.env.Environ, Lines: LineEmitter(x.emit, &c)}
	if c.Run.Command == plan.RunBackup {
		return backUp(ctx, x.env.Engine, p, c.Run.Backup)
	}
	if !c.Run.SkipWait {
		if err := AwaitAdmin(ctx, x.env, x.answers, x.answers.Projects[i], x.env.Patience); err != nil {
			return err
		}
	}
	switch c.Run.Command {
	case plan.RunMove:
		return x.move(ctx, c, x.answers.Projects[i])
	case plan.RunMigrate:
		return x.arrive(ctx, c, p)
	}
	if c.Run.Command == plan.RunMoveAside {
		if err := terraform.MoveAside(p, c.Run.Backup); err != nil {
			return err
		}
	}
	p.Environ = AdminEnv(x.env, x.answers)
	if c.Run.Command == plan.RunPush {
		return terraform.Push(ctx, x.env.Engine, p, plan.ErroredState)
	}
	outcome, err := terraform.InitProject(ctx, x.env.Engine, p, c.Run.Flags...)
	if err != nil {
		return err
	}
	x.providers(c, outcome.ProvidersUnreachable)
	return nil
}

// move puts a backup's states into the state bucket, as this laptop's admin.
func (x *Executor) move(ctx context.Context, c plan.Change, project blueprint.Project) error {
	s, err := AdminSession(ctx, x.env, x.answers)
	if err != nil {
		return err
	}
	key, err := s.Key(ctx, x.answers.Key.Alias)
	if err != nil {
		return err
	}
	if key == nil {
		return fmt.Errorf("there is no key %s in %s to encrypt the state of project %s with, so it was not moved", x.answers.Key.Alias, x.answers.StateRegion, project.Name)
	}
	if _, err := s.Identity(ctx); err != nil { // from here on only the admin account's own bucket is written
		return err
	}
	return StateMove{
		Session: s, Bucket: x.answers.Bucket.Name, Key: project.StateKey, Table: x.answers.Lock.DynamoDBTable,
		Lockfile: x.answers.Lock.UseLockfile, KeyARN: key.ARN, LockID: c.Run.Lock, Backup: c.Run.Backup, Earlier: c.Run.Earlier,
	}.Run(ctx)
}

// arrive initialises a project on its moved state, unless that was written in its
// old place meanwhile. The old place is read with whatever credentials it was
// reached with so far, the new one as the admin.
func (x *Executor) arrive(ctx context.Context, c plan.Change, p terraform.Project) error {
	before, err := terraform.ReadBackup(ctx, c.Run.Backup)
	if err != nil {
		return err
	}
	if err := inScratch(ctx, filepath.Dir(c.Run.Backup), func(dir string) error {
		return terraform.Unchanged(ctx, x.env.Engine, p, before, dir)
	}); err != nil {
		return err
	}
	p.Environ = AdminEnv(x.env, x.answers)
	outcome, err := terraform.InitMoved(ctx, x.env.Engine, p, before)
	if err != nil {
		return err
	}
	x.providers(c, outcome.ProvidersUnreachable)
	return nil
}

// providers books that a project's providers could not be had.
func (x *Executor) providers(c plan.Change, unreachable bool) {
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
func ProvidersUnreachable(project, dir string) plan.Finding {
	return plan.Finding{
		ID: diagnosis.ProviderUnavailable.ID, Subject: project, Of: plan.StepInit, Severity: plan.Info,
		Evidence: fmt.Sprintf("The back end of project %s is configured, but its providers could not be downloaded.", project),
		Remedy:   "Run terraform init in " + dir + " where the provider registry or a mirror can be reached.",
	}
}

// LineEmitter streams Terraform's output as events of a change, or of the
// probe when c is nil.
func LineEmitter(emit plan.Emit, c *plan.Change) func(string) {
	return func(line string) { emit(plan.Event{Kind: plan.EventLine, Change: c, Text: line}) }
}
