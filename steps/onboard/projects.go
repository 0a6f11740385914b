package onboard

import (
	"context"
	"fmt"
	"slices"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// The checks of a project's files.
const (
	checkFiles = "files match"
	checkInit  = "initialized"
)

// planProjects brings the projects' files to what the blueprint says and lets
// Terraform initialise them, as the user, once key and profiles are there.
func planProjects(ctx context.Context, l *look) ([]projectFiles, error) {
	if l.stateKey == nil {
		return nil, nil // the backend blocks cannot be told right from wrong; its own finding tells
	}
	all, p, err := planFiles(ctx, l.env, l.answers, l.projects(l.who.user), &steps.Observed{
		Account: steps.AccountFacts{Identity: l.who.Identity}, Key: steps.KeyFacts{Key: l.stateKey}, Region: l.regions,
	})
	if err != nil {
		return nil, err
	}
	var before []string // retiring the old key is nothing that Terraform waits for
	for _, c := range l.review.Changes {
		if c.Write != nil || c.ID == keyChange(l.who.user)+proveSuffix || c.ID == signInChange(l.member) {
			before = append(before, c.ID)
		}
	}
	for _, c := range p.Changes {
		if c.Run != nil && !l.factor.signedIn() && !l.factor.opening {
			continue // Terraform's profile could not be worked with
		}
		if c.Run != nil {
			c.Needs = append(slices.Clone(c.Needs), before...)
		}
		l.add(c)
	}
	for _, f := range p.Findings {
		l.find(f)
	}
	for _, at := range all {
		l.checkFiles(at)
	}
	return all, nil
}

// checkFiles tells how a project's files stand.
func (in *inputs) checkFiles(at projectFiles) {
	c := plan.Check{Name: checkFiles, Subject: at.Project.Name, Asked: at.Dir}
	switch {
	case at.Problem != nil:
		in.broken(c, *at.Problem)
		return
	case at.Right:
		says := "backend and provider say what the blueprint says"
		if in.answers.WithoutBlueprint {
			says = "taken as they are"
		}
		in.passed(c, says)
	default:
		in.undecided(c, "to be written")
	}
	c.Name = checkInit
	switch {
	case at.Initialised && at.Providers:
		in.passed(c, "the backend is configured")
	case in.env.Engine == nil:
		in.undecided(c, "there is no Terraform here")
	case at.Initialised:
		in.undecided(c, "the backend is configured, and its providers are not installed here")
	default:
		in.undecided(c, "terraform init is still to be run")
	}
}

// projectFiles is one project as a laptop has it.
type projectFiles struct {
	Project blueprint.Project
	Dir     string
	// Right says that backend and provider say what the blueprint wants, and
	// Initialised that init has configured that backend. Providers says that it
	// has installed providers, too, of which provider.tf needs one.
	Right, Initialised, Providers bool
	// Problem is the finding of a project that cannot be used as it is, or nil.
	Problem *plan.Finding
}

// planFiles is what the steps of the files mean for one admin: it brings the projects
// that the admin may work on to what the blueprint says, initialises them, and writes
// the blueprint where there is none. Nothing is read but files, since an admin may not
// look into the set-up as the operator may: o is what the admin knows of it. A state that is somewhere else is not an
// admin's to move: its project is left as it is.
func planFiles(ctx context.Context, env *engine.Env, a *blueprint.Answers, projects []blueprint.Project, o *steps.Observed) ([]projectFiles, plan.Proposal, error) {
	filesAndDone := steps.Named(plan.StepFiles, plan.StepDone)
	for _, step := range filesAndDone {
		if err := step.Inspect(ctx, env, a, o); err != nil {
			return nil, plan.Proposal{}, err
		}
	}
	o.Init.InspectEngine(env, a)
	o.Init.TableSuits = false // how the state is locked is no admin's to choose
	var p plan.Proposal
	var all []projectFiles
	for _, project := range projects {
		at, own := planProject(o, a, project)
		all, p = append(all, at), p.And(own)
	}
	if !a.WithoutBlueprint { // which is no admin's to write
		p = p.And(steps.PlanIgnored(o, a)).And(steps.Propose(steps.Named(plan.StepDone), o, a, nil))
	}
	p.Findings = append(p.Findings, steps.Disagreements(o.Files.Credentials, o.Files.Config)...)
	if f := o.Init.NoEngine(); f != nil {
		f.Of, f.Blocks = plan.StepInit, false
		p.Findings = append(p.Findings, *f)
	}
	return all, p, nil
}

// planProject plans one project's files and its init.
func planProject(o *steps.Observed, a *blueprint.Answers, project blueprint.Project) (f projectFiles, p plan.Proposal) {
	facts := o.Files.Projects[project.Name]
	f = projectFiles{Project: project, Dir: facts.Files.Dir}
	if err := facts.Err(); err != nil {
		f.Problem = projectUnreadable(project, err)
		return f, p
	}
	if e, _ := a.Environment(project.Environment); e.Account == "" {
		f.Problem = accountUnknown(e)
		return f, p
	}
	if found := engine.LeadsElsewhere(a, project.Name, facts.Elsewhere); len(found) > 0 {
		f.Problem, p.Findings = &found[0], found[1:]
		return f, p
	}
	if f.Problem = steps.LeftAlone(o, a, project); f.Problem != nil {
		return f, p
	}
	kind := steps.InitNeeded(o, a, project)
	if kind == tf.InitReconfigure && a.WithoutBlueprint && configuredAsWritten(facts.Files) {
		kind = tf.InitNone
	}
	if kind == tf.InitMigrate {
		f.Problem = stateOfItsOwn(a, project, facts.Files)
		return f, p
	}
	var err error
	if !a.WithoutBlueprint {
		p, err = steps.PlanProjectFiles(o, a, project)
	}
	if f.Problem = steps.InJSON(project, err); f.Problem != nil {
		return f, p
	}
	if err != nil {
		f.Problem = projectUnreadable(project, err)
		return f, p
	}
	var own []string
	for _, c := range p.Changes {
		own = append(own, c.ID)
	}
	f.Right, f.Initialised, f.Providers = len(own) == 0, kind == tf.InitNone, facts.Files.State.HasProviders()
	if f.Initialised && f.Providers || o.Init.NoEngine() != nil {
		return f, p
	}
	c := plan.InitChange(a, project, f.Dir, kind)
	c.Needs, c.Run.SkipWait = append(c.Needs, own...), true // what a new key takes to be known was waited for before
	p.Changes = append(p.Changes, c)
	return f, p
}

// configuredAsWritten tells whether init has configured what the backend block says.
func configuredAsWritten(at *tf.Project) bool {
	block, err := at.Backend()
	return err == nil && block != nil && at.State.Configured != nil && len(at.State.Configured.Differs(block)) == 0
}

// projectIDs stand for all of the projects, which a finding stops.
func projectIDs(projects []blueprint.Project) []string {
	var ids []string
	for _, p := range projects {
		ids = append(ids, plan.ProjectID(p.Name))
	}
	return ids
}

// accountUnknown is the finding of an environment whose account only its e-mail
// address names: an admin may not list the organization's accounts.
func accountUnknown(e blueprint.Environment) *plan.Finding {
	return &plan.Finding{
		ID: "onboard.account-unknown", Of: plan.StepAccount, Severity: plan.Warning,
		Evidence: fmt.Sprintf("The blueprint names the account of environment %s by its e-mail address alone, which an admin cannot look up.", e.Name),
		Remedy:   fmt.Sprintf("Ask the operator to write the account's id into environment %q of the blueprint.", e.Name),
	}
}

// projectUnreadable is the finding of a project whose files cannot be read or edited.
func projectUnreadable(project blueprint.Project, err error) *plan.Finding {
	return &plan.Finding{
		ID: "files.cannot-edit", Of: plan.StepFiles, Severity: plan.Failure, Stops: []string{plan.ProjectID(project.Name)},
		Evidence: fmt.Sprintf("Project %s: %v.", project.Name, err), Remedy: "Correct the file, then run the command again.",
	}
}

// stateOfItsOwn is the finding of a project that keeps its state somewhere else
// than the blueprint says.
func stateOfItsOwn(a *blueprint.Answers, project blueprint.Project, at *tf.Project) *plan.Finding {
	f := &plan.Finding{
		ID: diagnosis.BackendChanged.ID, Of: plan.StepInit, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Project %s in %s has its state in %s and not where the blueprint says, so it was left as it is.", project.Name, at.Dir, at.WhereStateIs()),
		Remedy:   "Pull the team's latest files, or ask the operator to move the state with stateroom setup.",
	}
	if a.WithoutBlueprint {
		f.Evidence = fmt.Sprintf("Project %s in %s has its state in %s and not where its backend block says, so it was left as it is.", project.Name, at.Dir, at.WhereStateIs())
		f.Remedy = "Pull the team's latest files, or ask the operator which of the two is right."
	}
	return f
}
