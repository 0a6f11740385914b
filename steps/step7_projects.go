package steps

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

func planProject(o *Observed, a *blueprint.Answers, project blueprint.Project, p *plan.Proposal) {
	facts := o.Files.Projects[project.Name]
	if facts.Err() == nil {
		p.Find(engine.LeadsElsewhere(a, project.Name, facts.Elsewhere)...)
		if f := LeftAlone(o, a, project); f != nil {
			p.Find(*f)
			return
		}
	}
	repoints, asks := o.Init.repoints(project.Name)
	if repoints && !canMove(o, a, project) {
		return // step 8 tells
	}
	edits, err := PlanProjectFiles(o, a, project)
	if f := InJSON(project, err); f != nil {
		p.Find(*f)
		return
	}
	if err != nil {
		addEdit(a, p, files.Edit{}, err, "")
		return
	}
	for i := range edits.Changes {
		if c := &edits.Changes[i]; repoints {
			if asks {
				c.NotOurs, c.Asks, c.Agreeing = facts.Files.Dir, "a state moves with it", "move"
			}
			c.Needs = append(c.Needs, moveChange(project.Name))
			c.Risk = "The project has state already; it is moved with a backup and compared afterwards."
		}
	}
	p.Add(edits)
}

// InJSON is the finding of a project whose backend or provider somebody has written in
// Terraform's JSON, which is not edited: the project alone waits. It is nil for every
// other error.
func InJSON(project blueprint.Project, err error) *plan.Finding {
	var e *tf.InJSONError
	if !errors.As(err, &e) {
		return nil
	}
	return &plan.Finding{
		ID: "files.in-json", Subject: project.Name, Of: plan.StepFiles, Severity: plan.Failure, Stops: []string{plan.ProjectID(project.Name)},
		Evidence: fmt.Sprintf("%s of project %s: %s.", files.Place{Path: e.Refused.Path, Line: e.Refused.Line}, project.Name, e.Refused.Problem),
		Remedy:   plan.Capital(e.Refused.Remedy) + ". Then run the command again.",
		Details:  "In " + files.Place{Path: e.Refused.Path}.String() + ":\n" + awsops.ShowRefs(e.Lines),
	}
}

// PlanProjectFiles edits what differs in a project's backend and provider; an error
// says why its files must be left as they are.
func PlanProjectFiles(o *Observed, a *blueprint.Answers, project blueprint.Project) (p plan.Proposal, err error) {
	edits, err := projectEdits(o, a, project, o.Files.Projects[project.Name])
	for _, edit := range edits {
		addEdit(a, &p, edit, nil, writeTitle(edit, project))
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		c.Write.Dir = o.Files.Projects[project.Name].Files.Dir
		// Without its provider's role a project would be applied to the admin account.
		c.Needs = append(append(c.Needs, assumable(project.Environment)...), plan.ProjectID(project.Name))
	}
	return p, err
}

// InitNeeded is the init that a project, which could be read, needs to work where the
// blueprint says.
func InitNeeded(o *Observed, a *blueprint.Answers, project blueprint.Project) tf.InitKind {
	return tf.InitNeeded(wantedBackend(o, a, project), o.Files.Projects[project.Name].Files)
}

// LeftAlone is the finding of a project, which could be read, whose backend and provider
// are not written and in which init is not run, since where its state is only a
// generator or whoever runs init knows; nil for all others.
func LeftAlone(o *Observed, a *blueprint.Answers, project blueprint.Project) *plan.Finding {
	at := o.Files.Projects[project.Name].Files
	if f := Generated(a, project, at, wantedBackend(o, a, project)); f != nil {
		return f
	}
	return partialBackend(a, project, at)
}

// Generated is the finding of a project whose files a generator writes, or nil: the
// state is where the generator puts it, and what is written beside it is overwritten
// or contradicts it. The wanted backend is told in the generator's own words.
func Generated(a *blueprint.Answers, project blueprint.Project, at *tf.Project, want tf.Backend) *plan.Finding {
	g := at.Generated
	if g == nil {
		return nil
	}
	tool := cmp.Or(g.Tool, "A generator")
	what := fmt.Sprintf("%s gives project %s its files", tool, project.Name)
	if g.Written.Path != "" {
		what = fmt.Sprintf("%s wrote %s of project %s (%q)", tool, filepath.Base(g.Written.Path), project.Name, g.Says)
	}
	f := &plan.Finding{
		ID: "files.generated", Subject: project.Name, Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s: %s, and where its state is as well, so its backend and provider were left as they are and init was not run.", g, what),
	}
	block, err := at.Backend()
	switch {
	case rightPlace(a, project, at):
		f.Severity, f.Remedy = plan.Info, "No action needed: this directory works with the blueprint's place."
	case a.Bucket.Name == "": // answers that were read from the project itself
		f.Severity, f.Remedy = plan.Info, fmt.Sprintf("Run %s for %s.", g.Init, at.Dir)
	case at.State.Configured == nil && err == nil && block != nil && block.SamePlace(blueprintPlace(a, project)):
		f.Severity, f.Remedy = plan.Info, fmt.Sprintf("Run %s for %s: the backend names the blueprint's place.", g.Init, at.Dir)
	default:
		source := "its " + g.Tool + " files"
		switch {
		case g.Source.Path != "":
			source = g.Source.Path
		case g.Tool == "":
			source = "what writes " + g.Written.Path
		}
		f.Remedy = fmt.Sprintf("Put the blueprint's bucket, key, lock and profile into %s (%s), as below, and move the state with %s before anything is applied; or take the project out of the blueprint.", g.Holds, source, g.Move)
		f.Details = awsops.ShowRefs(g.Lines(want, at.Dir))
	}
	return f
}

// partialBackend is the finding of a project whose backend block takes bucket or
// key from the command line, by what the blueprint does not name, or nil: the
// block may stand for several places, so it is not written, and where its state is
// nobody here knows.
func partialBackend(a *blueprint.Answers, project blueprint.Project, at *tf.Project) *plan.Finding {
	block, err := at.Backend()
	if err != nil || !block.Partial() {
		return nil
	}
	named := fmt.Sprintf("name the files that init is given in project %q of the blueprint, such as backend_config = [\"prod.s3.tfbackend\"]", project.Name)
	switch given, all := at.Given(); {
	case all:
		named = fmt.Sprintf("name what init is given in project %q of the blueprint: backend_config = [\"%s\"]", project.Name, strings.Join(given, `", "`))
	case len(given) > 0:
		named = fmt.Sprintf("name the files that init is given in project %q of the blueprint: backend_config = [%q]", project.Name, given[0])
		if len(given) > 1 {
			named += ", or of " + strings.Join(given, ", ") + " those that it is"
		}
	}
	f := &plan.Finding{
		ID: "files.partial-backend", Subject: project.Name, Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s: the backend of project %s takes its place from -backend-config, so its files were left as they are and init was not run.", block.Place, project.Name),
		Remedy:   "Write into the block where the state is now, or take the project out of the blueprint, or " + named + ". Then run stateroom setup again.",
	}
	switch other := block.Overridden(); {
	case block.Lacks() && len(project.BackendConfig) > 0:
		f.Evidence = fmt.Sprintf("%s: neither the backend of project %s nor the files that the blueprint names (%s) says where its state is, so its files were left as they are and init was not run.", block.Place, project.Name, strings.Join(project.BackendConfig, ", "))
		f.Remedy = "Write bucket and key into the last of the files, as they are now, then run stateroom setup again; or take the project out of the blueprint."
	case block.Lacks():
	default:
		f.Evidence = fmt.Sprintf("%s: init may be given another place for the state of project %s than its backend block names, by %s, so its files were left as they are and init was not run.", block.Place, project.Name, other)
		f.Remedy = "Write into the block where the state is now and " + other.Remove() + ", or take the project out of the blueprint, or " + named + ". Then run stateroom setup again."
	}
	if rightPlace(a, project, at) {
		f.Severity, f.Remedy = plan.Info, "No action needed: this directory works with the blueprint's place."
	}
	return f
}

// blueprintPlace is where the blueprint has a project's state.
func blueprintPlace(a *blueprint.Answers, project blueprint.Project) tf.Backend {
	return tf.Backend{Bucket: a.Bucket.Name, Key: project.StateKey}
}

// rightPlace tells whether init has configured the blueprint's place in a project's
// directory.
func rightPlace(a *blueprint.Answers, project blueprint.Project, at *tf.Project) bool {
	have := at.State.Configured
	return have != nil && have.SamePlace(blueprintPlace(a, project))
}

func writeTitle(edit files.Edit, project blueprint.Project) string {
	return fmt.Sprintf("Write %s of project %s", filepath.Base(edit.Before.Path), project.Name)
}

// projectEdits are the edits of a project's backend and provider, one per file.
func projectEdits(o *Observed, a *blueprint.Answers, project blueprint.Project, facts engine.ProjectFiles) ([]files.Edit, error) {
	if err := facts.Err(); err != nil {
		return nil, err
	}
	backend, err := tf.EditBackend(facts.Files, wantedBackend(o, a, project))
	if err != nil {
		return nil, err
	}
	next, err := facts.Files.With(backend)
	if err != nil {
		return nil, err
	}
	e, _ := a.Environment(project.Environment)
	e = o.environment(e)
	provider := tf.Provider{Region: a.RegionOf(e), RoleARN: a.RoleARN(o.partition(), e), STSRegion: o.Region.stsRegion(a, e, next)}
	unknown := o.Region.Answered && o.Region.of(provider.Region) == nil // to AWS as well
	provider.NewRegion = !unknown && !terraform.KnowsRegion(provider.Region)
	if a.ProfileInFiles {
		provider.Profile = a.AdminProfile
	}
	after, err := tf.EditProvider(next, provider)
	if err != nil {
		return nil, err
	}
	return tf.Combine(backend, after), nil
}

func wantedBackend(o *Observed, a *blueprint.Answers, project blueprint.Project) tf.Backend {
	return WantedBackend(a, project, o.keyARN(), o.Files.endpoint, o.Files.pathStyle)
}

// WantedBackend is the backend that the blueprint asks for, with the ARN of its key and
// the endpoint that this run uses.
func WantedBackend(a *blueprint.Answers, project blueprint.Project, key, endpoint string, pathStyle bool) tf.Backend {
	b := tf.Backend{
		Bucket: a.Bucket.Name, Key: project.StateKey, Region: a.StateRegion, KMSKeyID: key, Encrypt: true, LeavesStore: true,
		DynamoDBTable: a.Lock.DynamoDBTable, UseLockfile: a.Lock.UseLockfile,
		NewRegion: !terraform.KnowsRegion(a.StateRegion), Endpoint: endpoint, PathStyle: pathStyle, RequiredVersion: terraform.RequiredVersion(a.Lock.UseLockfile),
	}
	if a.ProfileInFiles {
		b.Profile = a.AdminProfile
	}
	return b
}

// heldBack holds back what would touch a project that leads elsewhere.
func heldBack(changes []plan.Change, o *Observed, a *blueprint.Answers) []plan.Change {
	places := map[string][]string{} // by directory
	for _, facts := range o.Files.Projects {
		if names := engine.NotAgreed(a, facts.Elsewhere); len(names) > 0 {
			places[facts.Files.Dir] = names
		}
	}
	if len(places) == 0 {
		return changes
	}
	var kept []plan.Change
	for _, c := range changes {
		kept = append(kept, plan.Leading(places[c.ProjectDir()], c)...)
	}
	return kept
}

// oneFile is the finding of two edits that lead to one file through links, or nil:
// each would undo the other.
func oneFile(changes []plan.Change) *plan.Finding {
	first := map[string]string{}
	for _, c := range changes {
		if c.Write == nil || c.Write.Edit.Before.Real == "" {
			continue
		}
		edit := c.Write.Edit.Before
		if other, taken := first[edit.Real]; taken && other != edit.Path {
			return &plan.Finding{
				ID: "files.cannot-edit", Severity: plan.Failure, Blocks: true,
				Evidence: fmt.Sprintf("%s and %s are one file, %s, and are to say different things.", other, edit.Path, edit.Real),
				Remedy:   "Replace the links by files of their own, then run the command again.",
			}
		}
		first[edit.Real] = edit.Path
	}
	return nil
}
