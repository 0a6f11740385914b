package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// initStep is step 8: terraform init in every project, the move of a state
// that is somewhere else, and the proof that the whole set-up works for the
// admin whose laptop this is (step8_probe.go).
func initStep() Step {
	return Step{
		Name: plan.StepInit, Title: "Test of the setup", Short: "Test",
		Why: "terraform init alone proves little: it takes no lock, writes nothing and never calls the key. " +
			"So a probe applies and destroys a resource of its own in a workspace of its own, as the admin, and then every project is initialized.",
		Inspect: inspectInit, Plan: planInit, Facts: engineFacts, Prove: proveSetup, Tests: true,
	}
}

// InitFacts are what Terraform left behind of earlier runs.
type InitFacts struct {
	// Engine says that Terraform or OpenTofu can run the projects; EngineErr
	// why not.
	Engine    bool
	EngineErr error
	// TableSuits says that the engine could work with the lock table alone.
	TableSuits bool
	// Moves are the projects whose state is somewhere else, and those whose
	// move was cut short.
	Moves map[string]Move
	// Deleted are the projects at whose keys a state was deleted and nothing is to
	// be moved; DeletedErr says why that could not be seen of one.
	Deleted    map[string]engine.DeletedState
	DeletedErr error
}

// InspectEngine looks whether there is an engine that can run the projects.
func (f *InitFacts) InspectEngine(env *engine.Env, a *blueprint.Answers) {
	f.Engine, f.EngineErr = env.Engine != nil, env.EngineErr
	if f.Engine {
		f.EngineErr = env.Engine.Supports(a.Lock.UseLockfile)
		f.TableSuits = env.Engine.Supports(false) == nil
	}
}

// inspectInit looks at every project whose state is to be moved.
func inspectInit(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	f := &o.Init
	f.InspectEngine(env, a)
	f.Moves, f.Deleted = map[string]Move{}, map[string]engine.DeletedState{}
	home := env.Sessions.Home(a.StateRegion)
	projects := o.readProjects(env, a)
	all := readable(projects)
	stay := slices.DeleteFunc(slices.Clone(a.Projects), func(p blueprint.Project) bool {
		at := all[p.Name]
		if at == nil || projects[p.Name].Err() != nil {
			return true
		}
		move, moves := inspectMove(ctx, env, a, p, all, home)
		if moves = moves && at.Generated == nil; moves {
			f.Moves[p.Name] = move
		}
		return moves
	})
	f.deletedOf(ctx, env, a, stay, home)
	return nil
}

// readable are the files of the projects that can be read, by the projects' names: what
// must not be edited may name the same state as another all the same. One that cannot be
// read is step 7's to tell.
func readable(projects map[string]engine.ProjectFiles) map[string]*tf.Project {
	all := map[string]*tf.Project{}
	for name, at := range projects {
		if at.Whole {
			all[name] = at.Files
		}
	}
	return all
}

// deletedOf asks of all projects at once whether the state at their key was deleted.
func (f *InitFacts) deletedOf(ctx context.Context, env *engine.Env, a *blueprint.Answers, projects []blueprint.Project, s *awsops.Session) {
	type answer struct {
		deleted *engine.DeletedState
		err     error
	}
	found, _ := forEach(ctx, env.Parallel, projects, func(ctx context.Context, p blueprint.Project) (answer, error) {
		deleted, err := engine.StateDeleted(ctx, s, a.Bucket.Name, p.StateKey)
		return answer{deleted, err}, nil // one failure says nothing of the others
	})
	for i, p := range projects {
		if found[i].err != nil {
			f.DeletedErr = found[i].err
		} else if found[i].deleted != nil {
			f.Deleted[p.Name] = *found[i].deleted
		}
	}
}

// planInit initialises every project that needs it. A state is moved only after
// its project's directory was adopted, and only to where no other state lies.
func planInit(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	p.Find(o.Init.deletions(a, o.Bucket.Bucket != nil)...)
	switch none := o.Init.NoEngine(); {
	case none != nil:
		p.Find(*none)
	case o.Files.hidden(): // step 7 tells
	case !adminHere(o, a):
		p.Find(plan.Finding{
			ID: "init.no-admin-here", Severity: plan.Info,
			Evidence: fmt.Sprintf("This laptop has no profile %s that can be used, and setup initializes the projects with that one.", a.AdminProfile),
			Remedy:   "If you are one of the admins, run stateroom setup " + meOption(a) + ".",
		})
	default:
		for _, project := range reachable(o, a) {
			if facts := o.Files.Projects[project.Name]; facts.Err() == nil { // otherwise step 7 tells
				p.Add(initProject(o, a, project, facts.Files))
			}
		}
	}
	p.Find(notMoved(o, a)...)
	return p
}

// deletions tell of states that were deleted: a project that is initialised there
// stands on an empty state. Where that cannot be seen nothing is held back, since init
// itself writes no state; a bucket that is not there yet holds none.
func (f InitFacts) deletions(a *blueprint.Answers, bucket bool) []plan.Finding {
	var findings []plan.Finding
	for _, p := range a.Projects {
		d, deleted := f.Deleted[p.Name]
		if !deleted {
			continue
		}
		findings = append(findings, plan.Finding{
			ID: "state.deleted", Subject: p.Name, Severity: plan.Failure, Stops: []string{plan.ProjectID(p.Name)},
			Evidence: fmt.Sprintf("Project %s: %v. Its files were left as they are, and init was not run: the next apply would make everything that the state held a second time.", p.Name, d),
			Remedy:   fmt.Sprintf("Do not apply. Put the state back if it counts (stateroom troubleshoot looks for the version), delete all its versions, the delete marker too, if it does not, or choose another key with --set project.%s.state_key=KEY; then run stateroom setup again.", p.Name),
		})
	}
	if f.DeletedErr != nil && bucket {
		findings = append(findings, plan.Finding{
			ID: "state.deleted-unknown", Severity: plan.Info,
			Evidence: fmt.Sprintf("stateroom cannot tell whether a project's state was deleted: %v", f.DeletedErr), RequestIDs: awsops.RequestIDs(f.DeletedErr),
			Remedy: "Allow the operator to read the states, or check what terraform plan would make before the first apply.",
		})
	}
	return findings
}

// NoEngine is what an absent or unsuitable Terraform means.
func (f InitFacts) NoEngine() *plan.Finding {
	switch {
	case f.Engine && f.EngineErr == nil:
		return nil
	case f.Engine:
		remedy := "Install a newer one, or name another with --engine."
		if f.TableSuits {
			remedy = "Install a newer one, or choose the table alone with --set lock.use_lockfile=false."
		}
		return &plan.Finding{ID: "init.engine-too-old", Severity: plan.Failure, Blocks: true, Evidence: f.EngineErr.Error() + ".", Remedy: remedy}
	}
	evidence := "Neither terraform nor tofu is on PATH"
	if !errors.Is(f.EngineErr, terraform.ErrNotFound) {
		evidence = fmt.Sprintf("No Terraform can be used (%v)", f.EngineErr)
	}
	return &plan.Finding{
		ID: "init.no-engine", Severity: plan.Info,
		Evidence: evidence + ", so the setup is proven with the AWS SDK alone.",
		Remedy:   "Install Terraform or OpenTofu, or name it with --engine, and run the command again.",
	}
}

// adminHere tells whether this laptop has an admin's profile or is about to:
// naming a user whose key is elsewhere makes no profile.
func adminHere(o *Observed, a *blueprint.Answers) bool {
	return memberSignedIn(o, a) != "" || o.IAM.ProfileKey != "" || a.Me != "" && len(planKey(o, a, a.Me).Changes) > 0
}

func initProject(o *Observed, a *blueprint.Answers, project blueprint.Project, at *tf.Project) (p plan.Proposal) {
	if LeftAlone(o, a, project) != nil {
		return p // step 7 tells
	}
	move, kind := o.Init.Moves[project.Name], InitNeeded(o, a, project)
	if move.Begun {
		kind = tf.InitMigrate
	}
	switch kind {
	case tf.InitNone:
	case tf.InitMigrate:
		changes, obstacle := move.plan(a, project, at)
		p.Change(changes...)
		if obstacle != nil {
			p.Find(*obstacle)
		}
	default:
		c := plan.InitChange(a, project, at.Dir, kind)
		c.Needs = append(c.Needs, asAdmin(a)...)
		p.Change(c)
	}
	return p
}

// tieFiles ties what Terraform does in a project to the project's files: init reads
// them, so that what stops them stops it, and they are edited only when the project's
// state lies where they will point.
func tieFiles(changes []plan.Change) {
	first := slices.IndexFunc(changes, func(c plan.Change) bool { return c.Run != nil })
	if first < 0 {
		return
	}
	own, moves := map[string][]string{}, map[string]string{}
	for _, c := range changes[:first] { // what comes after the first command is nothing that one waits for
		if c.Write != nil && c.Environment == "" {
			own[c.ProjectDir()] = append(own[c.ProjectDir()], c.ID)
		}
	}
	for i := range changes[first:] {
		c := &changes[first+i]
		if c.Run == nil {
			continue
		}
		switch c.Run.Command.(type) {
		case plan.BackUp:
		case plan.Move:
			moves[c.Run.Dir] = c.ID
		default:
			c.Needs = append(slices.Clone(c.Needs), own[c.Run.Dir]...)
		}
	}
	for i := range changes[:first] {
		if c := &changes[i]; slices.Contains(own[c.ProjectDir()], c.ID) && moves[c.ProjectDir()] != "" {
			c.Needs = append(slices.Clone(c.Needs), moves[c.ProjectDir()])
		}
	}
}

// orderRuns lets Terraform begin only when all that it meets is done, beside its
// project's files ([tieFiles]): its init reads the bucket and, as the admin, through
// the new policies. An environment's role is not needed for it, nor is another project:
// one that is left as it is must not hold up the rest.
func orderRuns(changes []plan.Change) {
	dirs := map[string]bool{}
	for _, c := range changes {
		if c.Run != nil {
			dirs[c.Run.Dir] = true
		}
	}
	var common []string
	for _, c := range changes {
		if c.Run != nil {
			break
		}
		if c.Environment == "" && (c.Write == nil || !dirs[c.ProjectDir()] && !c.Leads) {
			common = append(common, c.ID)
		}
	}
	for i := range changes {
		c := &changes[i]
		if c.Run == nil {
			continue
		}
		if _, backup := c.Run.Command.(plan.BackUp); !backup {
			c.Needs = append(slices.Clone(c.Needs), common...)
		}
	}
}

func engineFacts(_ *Observed, _ *blueprint.Answers, env *engine.Env) []plan.Fact {
	if env.Engine == nil {
		return []plan.Fact{{Name: "Engine", Value: "neither terraform nor tofu was found, so the AWS SDK alone proves the setup"}}
	}
	return []plan.Fact{{Name: "Engine", Value: fmt.Sprintf("%s %s, %s", env.Engine.Name, env.Engine.Version, env.Engine.Path)}}
}
