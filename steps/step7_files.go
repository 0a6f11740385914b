package steps

import (
	"context"
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

// heldBack holds back what would touch a project that leads elsewhere.
func heldBack(changes []plan.Change, o *Observed, a *blueprint.Answers) []plan.Change {
	places := map[string][]string{} // by directory
	for _, facts := range o.Files.Projects {
		if names := engine.NotAgreed(a, facts.Elsewhere); len(names) > 0 {
			places[facts.Project.Dir] = names
		}
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
				Remedy:   "Replace the links by files of their own, then run it again.",
			}
		}
		first[edit.Real] = edit.Path
	}
	return nil
}

// filesStep is step 7: the backend and provider of every project, and the
// profiles on this laptop.
func filesStep() Step {
	return Step{
		Name: plan.StepFiles, Title: "Terraform and AWS files", Short: "Files",
		Why: "Each project's backend says where its state is and how it is encrypted, and its provider says which environment it works on. " +
			"Both take the admin's credentials from a profile, so the same files work on every laptop.",
		Questions: fileQuestions, Inspect: inspectFiles, Plan: planFiles, Facts: fileFacts,
	}
}

// FileFacts are the files as found.
type FileFacts struct {
	Credentials, Config, Gitignore files.Snapshot
	// Projects are the Terraform root directories by the project's name.
	Projects map[string]ProjectFacts
	// IgnoreErr is why .gitignore must not be edited.
	IgnoreErr error
	Left      Leftovers
	endpoint  string
	pathStyle bool // of the endpoint that is asked, whoever named it
}

// ProjectFacts are one Terraform root directory; Err is why it cannot be read.
type ProjectFacts struct {
	Project *tf.Project
	Err     error
	// Elsewhere is what leads Terraform away from where this run goes.
	Elsewhere []tf.Elsewhere
}

func fileQuestions(a *blueprint.Answers) []plan.Question {
	questions := []plan.Question{{
		Path: "admin_profile", Prompt: "Profile that holds an admin's own access key", Kind: plan.Text, Default: a.AdminProfile,
		Help: "The same name on every laptop, since backend.tf and provider.tf name it.",
	}}
	if len(a.Projects) == 0 {
		questions = append(questions, plan.Question{
			Path: "project", Prompt: "Projects, as name=environment, separated by commas", Kind: plan.Choices, Required: true,
			Default: commonProjects(a),
			Help:    "Each Terraform root directory with a state of its own, for example common-production=production. Its directory is live/NAME.",
		})
	}
	if len(a.AllUsers()) > 0 {
		questions = append(questions, whoAmI(a))
	}
	return questions
}

// commonProjects offers a project for each environment, up to a list that people
// still read.
func commonProjects(a *blueprint.Answers) string {
	const most = 20
	if len(a.Environments) > most {
		return ""
	}
	var pairs []string
	for _, e := range a.Environments {
		pairs = append(pairs, "common-"+e.Name+"="+e.Name)
	}
	return strings.Join(pairs, ", ")
}

// inspectFiles reads the files; a project that cannot be read is a fact.
func inspectFiles(_ context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	f := &o.Files
	f.endpoint, f.pathStyle = env.Endpoint, env.Sessions.Home(a.StateRegion).PathStyle()
	f.Projects = map[string]ProjectFacts{}
	f.Left = inspectLeft(env, a)
	for path, into := range map[string]*files.Snapshot{
		env.CredentialsPath: &f.Credentials, env.ConfigPath: &f.Config,
		filepath.Join(env.Root(), ".gitignore"): &f.Gitignore,
	} {
		snapshot, err := files.Read(path)
		if err != nil {
			return err
		}
		*into = snapshot
	}
	f.IgnoreErr = files.Inside(files.WorkTree(env.Root()), f.Gitignore.Path)
	problem := engine.LinkProblem(env)
	for _, p := range a.Projects {
		project, err := tf.Inspect(env.ProjectDir(p), env.Environ.Get)
		if err == nil {
			err = errors.Join(problem(p, project), engine.Unread(env.Engine, project))
		}
		facts := ProjectFacts{Project: project, Err: err}
		if err == nil {
			facts.Elsewhere, facts.Err = env.Elsewhere(project)
		}
		f.Projects[p.Name] = facts
	}
	return nil
}

// planFiles edits what differs, byte for byte the rest as it was.
func planFiles(o *Observed, a *blueprint.Answers) plan.Proposal {
	var p plan.Proposal
	for _, project := range a.Projects {
		planProject(o, a, project, &p)
	}
	if f := oneFile(p.Changes); f != nil {
		p.Findings = append(p.Findings, *f)
	}
	planConfig(o, a, &p)
	p.Findings = append(p.Findings, Disagreements(o.Files.Credentials, o.Files.Config)...)
	if f := StaleToken(o.Files.Credentials, o.Files.Config, a.AdminProfile); f != nil {
		p.Findings = append(p.Findings, *f)
	}
	p = p.And(PlanIgnored(o, a))
	p.Findings = append(p.Findings, o.Files.Left.findings()...)
	return p
}

// PlanIgnored keeps what is private to one laptop, or sealed for one person,
// out of the team's repository.
func PlanIgnored(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	edit := files.EditGitignore(o.Files.Gitignore, "/handover/")
	if o.Files.Left.Folder {
		next := edit.Before
		next.Bytes = edit.After
		second := files.EditGitignore(next, "/"+LeftDir+"/")
		second.Before, second.Fields = edit.Before, append(edit.Fields, second.Fields...)
		edit = second
	}
	var err error
	if edit.Changes() {
		err = o.Files.IgnoreErr
	}
	addEdit(a, &p, edit, err, "Keep handovers out of git")
	return p
}

// addEdit turns an edit into a change, and one that cannot be made into a finding
// with which nothing at all is changed.
func addEdit(a *blueprint.Answers, p *plan.Proposal, edit files.Edit, err error, title string) {
	if err != nil {
		p.Findings = append(p.Findings, plan.Finding{
			ID: "files.cannot-edit", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
			Evidence: err.Error(), Remedy: "Correct the file, then run it again.",
		})
		return
	}
	for _, note := range edit.Notes {
		p.Findings = append(p.Findings, plan.Finding{
			ID: "files.kept", Of: plan.StepFiles, Severity: plan.Info, Evidence: awsops.ShowRefs(note), Remedy: "Nothing to do: it was kept.",
		})
	}
	if edit.Changes() {
		p.Changes = append(p.Changes, plan.FileChange(a, edit, title))
	}
}

func planProject(o *Observed, a *blueprint.Answers, project blueprint.Project, p *plan.Proposal) {
	facts := o.Files.Projects[project.Name]
	if facts.Err == nil {
		p.Findings = append(p.Findings, engine.LeadsElsewhere(a, project.Name, facts.Elsewhere)...)
		if f := LeftAlone(o, a, project); f != nil {
			p.Findings = append(p.Findings, *f)
			return
		}
	}
	if _, deleted := o.Init.Deleted[project.Name]; deleted {
		return // step 8 tells
	}
	repoints, asks := o.Init.repoints(project.Name)
	if repoints && !canMove(o, a, project) {
		return // step 8 tells
	}
	edits, err := PlanProjectFiles(o, a, project)
	if err != nil {
		addEdit(a, p, files.Edit{}, err, "")
		return
	}
	for i := range edits.Changes {
		if c := &edits.Changes[i]; repoints {
			if asks {
				c.Foreign = facts.Project.Dir
			}
			c.Risk = "The project has state already; it is moved with a backup and compared afterwards."
		}
	}
	*p = p.And(edits)
}

// PlanProjectFiles edits what differs in a project's backend and provider; an error
// says why its files must be left as they are.
func PlanProjectFiles(o *Observed, a *blueprint.Answers, project blueprint.Project) (p plan.Proposal, err error) {
	edits, err := projectEdits(o, a, project, o.Files.Projects[project.Name])
	for _, edit := range edits {
		addEdit(a, &p, edit, nil, writeTitle(edit, project))
	}
	return p, err
}

// InitNeeded is the init that a project, which could be read, needs to work where the
// blueprint says.
func InitNeeded(o *Observed, a *blueprint.Answers, project blueprint.Project) tf.InitKind {
	return tf.InitNeeded(wantedBackend(o, a, project), o.Files.Projects[project.Name].Project)
}

// LeftAlone is the finding of a project, which could be read, whose backend and provider
// are not written and in which init is not run, since where its state is only a
// generator or whoever runs init knows; nil for all others.
func LeftAlone(o *Observed, a *blueprint.Answers, project blueprint.Project) *plan.Finding {
	at := o.Files.Projects[project.Name].Project
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
	what := fmt.Sprintf("%s gives project %s its files", g.Tool, project.Name)
	if g.Written.Path != "" {
		what = fmt.Sprintf("%s wrote %s of project %s", g.Tool, filepath.Base(g.Written.Path), project.Name)
	}
	f := &plan.Finding{
		ID: "files.generated", Subject: project.Name, Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s: %s, and where its state is as well, so its backend and provider were left as they are and init was not run.", g, what),
	}
	block, err := at.Backend()
	have, blueprints := at.State.Configured, tf.Backend{Bucket: a.Bucket.Name, Key: project.StateKey}
	switch {
	case have != nil && tf.SamePlace(have.Type, have.Attributes.Get, blueprints):
		f.Severity, f.Remedy = plan.Info, "Nothing to do: this directory works with the blueprint's place."
	case a.Bucket.Name == "": // answers that were read from the project itself
		f.Severity, f.Remedy = plan.Info, fmt.Sprintf("Run %s for %s.", g.Init, at.Dir)
	case have == nil && err == nil && block != nil && tf.SamePlace(block.Type, block.Attributes.Get, blueprints):
		f.Severity, f.Remedy = plan.Info, fmt.Sprintf("Run %s for %s: the backend names the blueprint's place.", g.Init, at.Dir)
	default:
		source := "its " + g.Tool + " files"
		if g.Source.Path != "" {
			source = g.Source.Path
		}
		f.Remedy = fmt.Sprintf("Put the blueprint's bucket, key, lock and profile into %s (%s), as below, and move the state with %s before anything is applied; or take the project out of the blueprint.", g.Holds, source, g.Move)
		f.Details = awsops.ShowRefs(g.Lines(want, at.Dir))
	}
	return f
}

// partialBackend is the finding of a project whose backend block takes bucket or
// key from the command line, or nil: the block may stand for several places, so it
// is not written, and where its state is nobody here knows.
func partialBackend(a *blueprint.Answers, project blueprint.Project, at *tf.Project) *plan.Finding {
	block, err := at.Backend()
	if err != nil || !block.Partial() {
		return nil
	}
	f := &plan.Finding{
		ID: "files.partial-backend", Subject: project.Name, Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s: the backend of project %s takes its place from -backend-config, so its files were left as they are and init was not run.", block.Place, project.Name),
		Remedy:   "Write into the block where the state is now, then run stateroom setup again; or take the project out of the blueprint.",
	}
	if !block.Lacks() {
		other := block.Overridden()
		f.Evidence = fmt.Sprintf("%s: init may be given another place for the state of project %s than its backend block names, by %s, so its files were left as they are and init was not run.", block.Place, project.Name, other)
		f.Remedy = "Write into the block where the state is now and " + other.Remove() + ", then run stateroom setup again; or take the project out of the blueprint."
	}
	have := at.State.Configured
	if have != nil && tf.SamePlace(have.Type, have.Attributes.Get, tf.Backend{Bucket: a.Bucket.Name, Key: project.StateKey}) {
		f.Severity, f.Remedy = plan.Info, "Nothing to do: this directory works with the blueprint's place."
	}
	return f
}

func writeTitle(edit files.Edit, project blueprint.Project) string {
	return fmt.Sprintf("Write %s of project %s", filepath.Base(edit.Before.Path), project.Name)
}

// projectEdits are the edits of a project's backend and provider, one per file.
func projectEdits(o *Observed, a *blueprint.Answers, project blueprint.Project, facts ProjectFacts) ([]files.Edit, error) {
	if facts.Err != nil {
		return nil, facts.Err
	}
	backend, err := tf.EditBackend(facts.Project, wantedBackend(o, a, project))
	if err != nil {
		return nil, err
	}
	next, err := facts.Project.With(backend)
	if err != nil {
		return nil, err
	}
	e, _ := a.Environment(project.Environment)
	e = o.environment(e)
	provider := tf.Provider{Region: a.RegionOf(e), RoleARN: a.RoleARN(o.partition(), e)}
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
	b := tf.Backend{
		Bucket: a.Bucket.Name, Key: project.StateKey, Region: a.StateRegion,
		KMSKeyID: o.keyARN(), Encrypt: true,
		DynamoDBTable: a.Lock.DynamoDBTable, UseLockfile: a.Lock.UseLockfile,
		Endpoint: o.Files.endpoint, PathStyle: o.Files.pathStyle, RequiredVersion: terraform.RequiredVersion(a.Lock.UseLockfile),
	}
	if a.ProfileInFiles {
		b.Profile = a.AdminProfile
	}
	return b
}

// fileFacts are the projects.
func fileFacts(_ *Observed, a *blueprint.Answers, _ *engine.Env) []plan.Fact {
	var f []plan.Fact
	for i, p := range a.Projects {
		if i == factsShown {
			return append(f, plan.Fact{Name: "Project", Value: fmt.Sprintf("and %d more", len(a.Projects)-i)})
		}
		f = append(f, plan.Fact{Name: "Project", Value: fmt.Sprintf("%s in %s, for %s", p.Name, p.Dir, p.Environment)})
	}
	return f
}
