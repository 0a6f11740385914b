package engine

import (
	"context"
	"fmt"
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// run runs the command of a change. What reads an old place does so with whatever
// credentials it was reached with so far, and everything else acts as the admin.
func (x *Executor) run(ctx context.Context, c plan.Change) error {
	switch do := c.Run.Command.(type) {
	case plan.ProveKey:
		return x.prove(ctx, c)
	case plan.SignInTo:
		return x.signIn(ctx, do)
	case plan.ProveSignIn:
		return x.proveSignIn(ctx, c, do)
	}
	project, known := x.answers.Project(c.Run.Project)
	if !known {
		return fmt.Errorf("%s: the blueprint has no project %s", c.ID, c.Run.Project)
	}
	asBefore := terraform.Project{Dir: c.Run.Dir, Environ: x.env.Environ, Configs: project.BackendConfig, Lines: LineEmitter(x.emit, &c)}
	if backup, is := c.Run.Command.(plan.BackUp); is {
		return backUp(ctx, x.env.Engine, asBefore, backup.To)
	}
	if !c.Run.SkipWait {
		if err := awaitAdmin(ctx, x.env, x.answers, project, x.env.Patience); err != nil {
			return err
		}
	}
	asAdmin := asBefore
	asAdmin.Environ = AdminEnv(x.env, x.answers)
	var flags []string
	switch do := c.Run.Command.(type) {
	case plan.Move:
		return x.move(ctx, do, project)
	case plan.Arrive:
		return x.arrive(ctx, c, do.Backup, asBefore, asAdmin)
	case plan.Push:
		return terraform.Push(ctx, x.env.Engine, asAdmin, plan.ErroredState)
	case plan.MoveAside:
		if err := terraform.MoveAside(asBefore, do.To); err != nil {
			return err
		}
	case plan.Init:
		flags = do.Flags
	}
	result, err := terraform.InitProject(ctx, x.env.Engine, asAdmin, flags...)
	return x.initialised(c, result, err)
}

// move puts a backup's states into the state bucket, as this laptop's admin.
func (x *Executor) move(ctx context.Context, do plan.Move, project blueprint.Project) error {
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
	return StateMove{Store: StoreOf(s, x.answers, key.ARN), Key: project.StateKey, LockID: do.Lock, Backup: do.Backup, Earlier: do.Earlier}.Run(ctx)
}

// arrive initialises a project on its moved state, unless that was written in its
// old place meanwhile.
func (x *Executor) arrive(ctx context.Context, c plan.Change, backup string, asBefore, asAdmin terraform.Project) error {
	before, err := terraform.ReadBackup(ctx, backup)
	if err != nil {
		return err
	}
	if err := inScratch(ctx, filepath.Dir(backup), func(dir string) error {
		return terraform.Unchanged(ctx, x.env.Engine, asBefore, before, dir)
	}); err != nil {
		return err
	}
	result, err := terraform.InitMoved(ctx, x.env.Engine, asAdmin, before)
	return x.initialised(c, result, err)
}

// initialised books that a project's providers could not be had.
func (x *Executor) initialised(c plan.Change, result terraform.Result, err error) error {
	if err == nil && result.ProvidersUnreachable {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.findings = append(x.findings, ProvidersUnreachable(c.Run.Project))
		if x.left == nil {
			x.left = map[string]string{}
		}
		x.left[c.ID] = "its providers could not be downloaded"
	}
	return err
}

// ProvidersUnreachable is the finding of a project whose init configured the
// back end and then could not get the providers. It is worth knowing and no
// failure: the back end is there.
func ProvidersUnreachable(project string) plan.Finding {
	return plan.Finding{
		ID: diagnosis.ProviderUnavailable.ID, Subject: project, Of: plan.StepInit, Severity: plan.Info,
		Evidence: fmt.Sprintf("The backend of project %s is configured, but its providers could not be downloaded.", project),
		Remedy:   "Run terraform init in its folder where the provider registry or a mirror can be reached.",
	}
}

// LineEmitter streams Terraform's output as events of a change, or of the
// probe when c is nil.
func LineEmitter(emit plan.Emit, c *plan.Change) func(string) {
	return func(line string) { emit(plan.Event{Kind: plan.EventLine, Change: c, Text: line}) }
}
