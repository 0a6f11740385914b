package steps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

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
	// Projects are the projects' files by the project's name.
	Projects map[string]engine.ProjectFiles
	// IgnoreErr is why .gitignore must not be edited.
	IgnoreErr error
	Leftovers Leftovers
	// Pipelines are the pipelines' own files, by the ci block's name.
	Pipelines map[string]files.Snapshot
	endpoint  string
	pathStyle bool // of the endpoint that is asked, whoever named it
}

func fileQuestions(a *blueprint.Answers) []plan.Question {
	questions := []plan.Question{{
		Path: "admin_profile", Prompt: "Profile that holds an admin's own access key", Name: "Profile", Kind: plan.Text, Default: a.AdminProfile,
		Help: "The same name on every laptop, since backend.tf and provider.tf name it.",
	}}
	if len(a.Projects) == 0 {
		questions = append(questions, plan.Question{
			Path: "project", Prompt: "Projects, as name=environment, separated by commas", Name: "Projects", Kind: plan.Choices, Required: true,
			Default: commonProjects(a),
			Help:    "Each Terraform root directory with a state of its own, for example common-production=production. Its directory is live/NAME.",
		})
	}
	if len(a.People())+len(a.IdentityGroups()) > 0 {
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
	o.readProjects(env, a)
	f.Leftovers = inspectLeftovers(env, a)
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
	if err := f.inspectPipelines(env, a); err != nil {
		return err
	}
	f.IgnoreErr = files.Inside(files.WorkTree(env.Root()), f.Gitignore.Path)
	return nil
}

// planFiles edits what differs, byte for byte the rest as it was.
func planFiles(o *Observed, a *blueprint.Answers) plan.Proposal {
	var p plan.Proposal
	in := waysOf(o, a)
	for _, project := range a.Projects {
		before := len(p.Changes)
		planProject(o, a, project, &p)
		for i := range p.Changes[before:] { // or they lead to a role that nobody may assume
			p.Changes[before+i].Needs = append(p.Changes[before+i].Needs, in.team(project.Environment)...)
		}
	}
	if f := oneFile(p.Changes); f != nil {
		p.Find(*f)
	}
	if member := memberHere(o, a); member != "" {
		planSignIn(o, a, in, member, &p)
	} else {
		planConfig(o, a, in, &p)
		planPipelines(o, a, &p)
	}
	for _, f := range Misencoded(o.Files.Credentials, o.Files.Config) {
		f.Blocks, f.Stops, f.Also = a.Me != "", asAdmin(a), []string{profileCannotEdit}
		p.Find(f)
	}
	p.Find(Disagreements(o.Files.Credentials, o.Files.Config)...)
	if f := StaleToken(o.Files.Credentials, o.Files.Config, a.AdminProfile); f != nil {
		p.Find(*f)
	}
	p.Add(PlanIgnored(o, a))
	p.Find(o.Files.Leftovers.findings()...)
	return p
}

// PlanIgnored keeps what is private to one laptop, or sealed for one person,
// out of the team's repository.
func PlanIgnored(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	private := []string{"/handover/"}
	if o.Files.Leftovers.Folder {
		private = append(private, "/"+LeftDir+"/")
	}
	edit := files.EditGitignore(o.Files.Gitignore, private...)
	var err error
	if edit.Changes() {
		if managed := files.NotToBeEdited(o.Files.Gitignore); managed != nil {
			p.Find(managedFile(managed, "Let git ignore "+plan.Enumerated(private)+", in what writes the file.", ""))
			return p
		}
		err = o.Files.IgnoreErr
	}
	addEdit(a, &p, edit, err, "Keep handovers out of git")
	return p
}

// managedFile is the finding of a file that says that nobody is to edit it, and of which
// nothing depends that it is edited: it was left as it is.
func managedFile(err error, remedy, lines string) plan.Finding {
	return plan.Finding{
		ID: "files.managed", Of: plan.StepFiles, Severity: plan.Warning, Evidence: diagnosis.Sentence(err.Error()),
		Remedy: remedy, Details: lines,
	}
}

// addEdit turns an edit into a change, and one that cannot be made into a finding
// with which nothing at all is changed.
func addEdit(a *blueprint.Answers, p *plan.Proposal, edit files.Edit, err error, title string) {
	if err != nil {
		p.Find(plan.Finding{
			ID: "files.cannot-edit", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
			Evidence: err.Error(), Remedy: "Correct the file, then run the command again.",
		})
		return
	}
	for _, note := range edit.Notes {
		p.Find(plan.Finding{
			ID: "files.kept", Of: plan.StepFiles, Severity: plan.Info, Evidence: awsops.ShowRefs(note), Remedy: "No action needed: it was kept.",
		})
	}
	if edit.Changes() {
		p.Change(plan.FileChange(a, edit, title))
	}
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

// Misencoded tell of AWS files that no tool reads whole for their encoding, which is what
// Windows' editors and shells write unless told otherwise.
func Misencoded(credentials, config files.Snapshot) (findings []plan.Finding) {
	for _, file := range []files.Snapshot{credentials, config} {
		if wrong := profiles.Encoding(file); wrong != "" {
			findings = append(findings, plan.Finding{
				ID: "files.encoding", Of: plan.StepFiles, Severity: plan.Failure, Stops: []string{changeProfile},
				Evidence: fmt.Sprintf("%s %s.", file.Path, wrong),
				Remedy:   "Save it as UTF-8 without a byte order mark (BOM), then run the command again.",
			})
		}
	}
	return findings
}

// hidden tells whether the profiles of this laptop cannot be seen for the encoding of the
// file that holds them.
func (f *FileFacts) hidden() bool { return profiles.Encoding(f.Credentials) != "" }

// Disagreements tell of lines in the AWS files that the AWS CLI and Terraform
// read differently, whoever wrote them. Of a file in a wrong encoding that is all there is
// to say ([Misencoded]).
func Disagreements(credentials, config files.Snapshot) []plan.Finding {
	var findings []plan.Finding
	for _, at := range []struct {
		kind profiles.Kind
		file files.Snapshot
	}{{profiles.Credentials, credentials}, {profiles.Config, config}} {
		if profiles.Encoding(at.file) != "" {
			continue
		}
		for _, d := range profiles.Disagreements(at.kind, at.file) {
			findings = append(findings, plan.Finding{
				ID: "files.read-differently", Of: plan.StepFiles, Severity: plan.Info,
				Evidence: fmt.Sprintf("%s, line %d: %s. Terraform: %s. AWS CLI: %s.", at.file.Path, d.Line, d.What, d.Go, d.CLI),
				Remedy:   "Write the line so that both agree.",
			})
		}
	}
	return findings
}

// StaleToken is the finding of a profile whose key cannot work because of a
// session token beside it, or nil.
func StaleToken(credentials, config files.Snapshot, profile string) *plan.Finding {
	at, stale := profiles.FindStaleToken(credentials, config, profile)
	if !stale || at.KeyID == "" {
		return nil
	}
	sends := "Terraform sends both (the AWS CLI does not)"
	if at.Both {
		sends = "Terraform and the AWS CLI send both"
	}
	return &plan.Finding{
		ID: "files.session-token-stale", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s: profile %s has an aws_session_token, left over from another key, beside the user's own access key %s. %s, and AWS refuses every such call (InvalidClientTokenId).",
			at.Place, profile, at.KeyID, sends),
		Remedy: fmt.Sprintf("Delete line %d of %s.", at.Place.Line, at.Place.Path),
	}
}

// ProcessOf is where a profile, or the one that it takes its credentials from, names a
// program that gives them, and which: its first word, since what follows may be secret.
// Both are empty without one, and where the files cannot be read.
func ProcessOf(env *engine.Env, profile string) (at, program string) {
	credentials, err := files.Read(env.CredentialsPath)
	config, configErr := files.Read(env.ConfigPath)
	if err != nil || configErr != nil {
		return "", ""
	}
	for seen := map[string]bool{}; profile != "" && !seen[profile]; {
		seen[profile] = true
		next := ""
		for kind, file := range []files.Snapshot{profiles.Credentials: credentials, profiles.Config: config} {
			p, _ := profiles.Read(profiles.Kind(kind), file, profile)
			i := slices.IndexFunc(p.Values, func(v profiles.Value) bool { return v.Key == "credential_process" })
			if words := strings.Fields(p.Get("credential_process")); i >= 0 && len(words) > 0 {
				return files.Place{Path: file.Path, Line: p.Values[i].Line}.String(), words[0]
			}
			if source := p.Get("source_profile"); source != "" {
				next = source
			}
		}
		profile = next
	}
	return "", ""
}

// WithoutStaleToken takes a session token that is nobody's any more out of the
// config file with the profiles that are written there: beside a key in the
// credentials file it would be sent with that. It names these profiles, which
// nothing can sign as before the edit.
func WithoutStaleToken(wanted []profiles.Wanted, there profiles.Pair) []string {
	var cleared []string
	for i, e := range wanted {
		if at, stale := there.StaleToken(e.Name); stale && at.Kind == profiles.Config {
			wanted[i].Remove = append(wanted[i].Remove, profiles.WithoutToken(e.Name).Remove...)
			cleared = append(cleared, e.Name)
		}
	}
	return cleared
}

// planConfig writes the admin profile's region and a role profile for each
// environment, on a laptop that has the admin profile or is about to. Of an environment
// that the admin cannot reach, as a preflight found, the profile is left as it is.
func planConfig(o *Observed, a *blueprint.Answers, in ways, p *plan.Proposal) {
	if a.Me == "" && o.IAM.ProfileKey == "" || profiles.Encoding(o.Files.Config) != "" {
		return
	}
	there, needs := o.entered(a.Environments, func(e blueprint.Environment) []string { return in.user(me(o, a), e) })
	needs = append(asAdmin(a), needs...)
	all := Profiles(a, o.partition(), there, o.Region)
	here := profiles.Together(o.Files.Credentials, o.Files.Config)
	WithoutStaleToken(all, here)
	edit, err := profiles.EditAll(profiles.Config, o.Files.Config, all)
	for _, wanted := range all {
		if err == nil {
			err = here.Conflict(wanted)
		}
	}
	if errors.Is(err, files.ErrNotToBeEdited) {
		p.Find(managedFile(err, "Add the profiles below to whatever writes the file.", profiles.ByHand(profiles.Config, all)))
		return
	}
	before := len(p.Changes)
	addEdit(a, p, edit, err, RoleProfiles)
	for i := range p.Changes[before:] {
		p.Changes[before+i].Needs = append(p.Changes[before+i].Needs, needs...)
	}
}

// entered are the environments with their accounts whose role is there, or is made, and may
// be assumed, by what ways needs for it; and all that is needed.
func (o *Observed) entered(all []blueprint.Environment, ways func(blueprint.Environment) []string) (there []blueprint.Environment, needs []string) {
	for _, e := range o.environments(all) {
		own := ways(e)
		if o.withoutRole(e) || firstOf(o.Forbidden, append(assumable(e.Name), own...)) != "" {
			continue
		}
		there, needs = append(there, e), append(needs, own...)
	}
	return there, needs
}

// RoleProfiles is the title of the change that writes them.
const RoleProfiles = "Write a role profile for each environment"

// Profiles are what ~/.aws/config holds for an admin of these environments: the
// region of the profile with the credentials, and a role profile for each
// environment, without mfa_serial, since Terraform cannot ask for a code. A role profile's
// region is also that whose STS the AWS CLI asks for the role, whatever else it is told
// (botocore, credentials.py, _get_client_creator).
func Profiles(a *blueprint.Answers, partition string, environments []blueprint.Environment, regions RegionFacts) []profiles.Wanted {
	wanted := []profiles.Wanted{{Name: a.AdminProfile, Set: []profiles.KeyValue{profiles.KV("region", a.StateRegion)}}}
	for _, e := range environments {
		wanted = append(wanted, profiles.Wanted{Name: a.ProfileFor(e.Name), Set: []profiles.KeyValue{
			profiles.KV("role_arn", a.RoleARN(partition, e)),
			profiles.KV("source_profile", a.AdminProfile),
			profiles.KV("region", regions.askedIn(a, e)),
		}})
	}
	return wanted
}

// LeftDir is the folder beside the blueprint in which earlier versions kept the
// journal and the backups. Whatever lies there came with the repository or could
// have: it is named and never read.
const LeftDir = ".stateroom"

// Leftovers are what earlier versions kept in the repository.
type Leftovers struct {
	// Folder says that the folder is there.
	Folder bool
	// Journal is the path of the journal in it, empty without one.
	Journal string
	// Backups are of files, with whatever secret was taken out of them.
	Backups []string
}

func inspectLeftovers(env *engine.Env, a *blueprint.Answers) Leftovers {
	var left Leftovers
	folder := filepath.Join(env.Root(), LeftDir)
	_, err := os.Lstat(folder)
	left.Folder = err == nil
	journal := filepath.Join(folder, "journal.jsonl")
	if _, err := os.Lstat(journal); err == nil {
		left.Journal = journal
	}
	for _, project := range a.Projects {
		left.Backups = append(left.Backups, backupsIn(env.ProjectDir(project))...)
	}
	return left
}

// backupsIn are the backups that earlier versions left beside a project's files.
func backupsIn(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // what is wrong with the folder is told where its files are read
	}
	var found []string
	for _, e := range entries {
		if strings.Contains(e.Name(), ".stateroom-") && strings.HasSuffix(e.Name(), ".bak") {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}

func (l Leftovers) findings() []plan.Finding {
	var findings []plan.Finding
	if l.Journal != "" {
		findings = append(findings, plan.Finding{
			ID: "files.journal-in-repository", Severity: plan.Info,
			Evidence: l.Journal + " is not read: whoever can write to the repository could have written it. Earlier versions kept the journal there; it is now in the user's own state directory.",
			Remedy:   fmt.Sprintf("If it is yours, remove it with rm %s. Keep the backups of states beside it while you may need them.", l.Journal),
		})
	}
	for _, backup := range l.Backups {
		findings = append(findings, plan.Finding{
			ID: "files.backup-in-repository", Severity: plan.Info,
			Evidence: backup + " is a backup of an earlier version. It may hold a secret that was taken out of the file, and git add -A stages it.",
			Remedy:   "Move it out of the repository, or remove it.",
		})
	}
	return findings
}
