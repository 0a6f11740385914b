package steps

import (
	"context"
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// Laptop is what steps 7 to 9 mean for one admin: the projects that the admin
// may work on, in a clone of the team's repository. Nothing is read but files,
// since an admin may not look into the set-up as the operator may.
type Laptop struct {
	User     string
	Identity awsops.Identity
	// Key is the state encryption key, which the backend blocks name.
	Key *awsops.Key
}

// ProjectFiles is one project as a laptop has it.
type ProjectFiles struct {
	Project blueprint.Project
	Dir     string
	// Right says that backend and provider say what the blueprint wants, and
	// Initialised that init has configured that backend. Providers says that it
	// has installed providers, too, of which provider.tf needs one.
	Right, Initialised, Providers bool
	// Problem is the finding of a project that cannot be used as it is, or nil.
	Problem *plan.Finding
}

// Plan brings the projects' files to what the blueprint says, initialises the
// projects, and writes the blueprint where there is none. A state that is
// somewhere else is not an admin's to move: its project is left as it is.
func (l Laptop) Plan(ctx context.Context, env *engine.Env, a *blueprint.Answers) ([]ProjectFiles, plan.Proposal, error) {
	o := &Observed{Account: AccountFacts{Identity: l.Identity}, Key: KeyFacts{Key: l.Key}}
	if err := inspectFiles(ctx, env, a, o); err != nil {
		return nil, plan.Proposal{}, err
	}
	if err := inspectDone(ctx, env, a, o); err != nil {
		return nil, plan.Proposal{}, err
	}
	o.Init.Engine, o.Init.EngineErr = env.Engine != nil, env.EngineErr
	if env.Engine != nil {
		o.Init.EngineErr = env.Engine.Supports(a.Lock.UseLockfile)
	}
	var p plan.Proposal
	var all []ProjectFiles
	for _, project := range a.ProjectsFor(l.User) {
		all = append(all, l.project(o, a, project, &p))
	}
	planIgnored(o, a, &p)
	if !o.Done.Blueprint.Exists {
		p.Changes = append(p.Changes, blueprintChange(o.Done.Blueprint, a))
	}
	p.Findings = append(p.Findings, Disagreements(o.Files.Credentials, o.Files.Config)...)
	if f := o.Init.noEngine(); f != nil {
		f.Of, f.Blocks = plan.StepInit, false
		p.Findings = append(p.Findings, *f)
	}
	return all, p, nil
}

// project plans one project's files and its init.
func (l Laptop) project(o *Observed, a *blueprint.Answers, project blueprint.Project, p *plan.Proposal) ProjectFiles {
	facts := o.Files.Projects[project.Name]
	if facts.Err != nil {
		return ProjectFiles{Project: project, Problem: cannotEdit(project, facts.Err)}
	}
	f := ProjectFiles{Project: project, Dir: facts.Project.Dir}
	if e, _ := a.Environment(project.Environment); e.Account == "" {
		f.Problem = AccountUnknown(e)
		return f
	}
	if found := engine.LeadsElsewhere(a, project.Name, facts.Elsewhere); len(found) > 0 {
		f.Problem, p.Findings = &found[0], append(p.Findings, found[1:]...)
		return f
	}
	kind := tf.InitNeeded(wantedBackend(o, a, project), facts.Project)
	if f.Problem = partialBackend(a, project, facts.Project); f.Problem != nil {
		return f
	}
	if kind == tf.InitMigrate {
		f.Problem = stateOfItsOwn(project, facts.Project)
		return f
	}
	edits, err := projectEdits(o, a, project, facts)
	if err != nil {
		f.Problem = cannotEdit(project, err)
		return f
	}
	var own []string
	for _, edit := range edits {
		if c := addEdit(a, p, edit, nil, writeTitle(edit, project)); c != nil {
			own = append(own, c.ID)
		}
	}
	f.Right, f.Initialised, f.Providers = len(own) == 0, kind == tf.InitNone, facts.Project.State.HasProviders()
	if f.Initialised && f.Providers || o.Init.noEngine() != nil {
		return f
	}
	c := plan.InitChange(a, project, f.Dir, kind)
	c.Needs, c.Run.Settled = own, true // what a new key takes to be known was waited for before
	p.Changes = append(p.Changes, c)
	return f
}

// AccountUnknown is the finding of an environment whose account only its e-mail
// address names: an admin may not list the organization's accounts.
func AccountUnknown(e blueprint.Environment) *plan.Finding {
	return &plan.Finding{
		ID: "onboard.account-unknown", Of: plan.StepAccount, Severity: plan.Warning,
		Evidence: fmt.Sprintf("The blueprint names the account of environment %s by its e-mail address alone, which an admin cannot look up.", e.Name),
		Remedy:   fmt.Sprintf("Let the operator write the account's id into environment %q of the blueprint.", e.Name),
	}
}

// cannotEdit is the finding of a project whose files cannot be read or edited.
func cannotEdit(project blueprint.Project, err error) *plan.Finding {
	return &plan.Finding{
		ID: "files.cannot-edit", Of: plan.StepFiles, Severity: plan.Failure,
		Evidence: fmt.Sprintf("Project %s: %v.", project.Name, err), Remedy: "Correct the file, then run it again.",
	}
}

// stateOfItsOwn is the finding of a project that keeps its state somewhere else
// than the blueprint says.
func stateOfItsOwn(project blueprint.Project, at *tf.Project) *plan.Finding {
	return &plan.Finding{
		ID: diagnosis.BackendChanged.ID, Of: plan.StepInit, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Project %s in %s has its state in %s and not where the blueprint says, so it was left as it is.", project.Name, at.Dir, at.WhereStateIs()),
		Remedy:   "Pull the team's latest files, or let the operator move the state with stateroom setup.",
	}
}
