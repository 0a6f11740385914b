package onboard

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// inputs are what a look starts from. Nothing of it but the report changes while
// the look goes on.
type inputs struct {
	*report
	answers *blueprint.Answers
	now     func() time.Time
	// handover is what was opened, nil without one; given is the id of the key that
	// was handed over or pasted, empty for who comes back.
	handover *handover.Handover
	given    string
	rotate   bool
	// member is the group of which the person signs in with Identity Center; empty for a
	// user with a key.
	member string
	// regions tells which of the environments' regions know the admins' keys.
	regions steps.RegionFacts
	// credentials and config are what every edit is computed from.
	credentials, config files.Snapshot
}

// newInputs begins a look in env.
func newInputs(env *engine.Env, a *blueprint.Answers, now func() time.Time) *inputs {
	return &inputs{report: &report{env: env}, answers: a, now: now}
}

// environments are those that the person reaches.
func (in *inputs) environments(user string) []blueprint.Environment {
	if in.member != "" {
		return in.answers.EnvironmentsOf(in.member)
	}
	return in.answers.EnvironmentsFor(user)
}

// projects are those that the person works on.
func (in *inputs) projects(user string) []blueprint.Project {
	if in.member != "" {
		return in.answers.ProjectsOf(in.member)
	}
	return in.answers.ProjectsFor(user)
}

// read takes the snapshots.
func (in *inputs) read() error {
	var err error
	if in.credentials, err = files.Read(in.env.CredentialsPath); err != nil {
		return err
	}
	in.config, err = files.Read(in.env.ConfigPath)
	return err
}

// readRegions asks, as the user, which of the environments' regions know the keys of the
// admin account. What does not know a key that was made just now may only be late: then
// the team's files have to say the same.
func (in *inputs) readRegions(ctx context.Context, who *identity) {
	in.regions.InspectSigning(ctx, who.caller, in.answers)
	if in.keyPatience(who.user) <= 0 || len(in.regions.Unsigned) == 0 {
		return
	}
	said := map[string]bool{}
	for name, at := range engine.ReadProjects(in.env, in.answers) {
		if p, there := in.answers.Project(name); there && at.Files.AsksIn().Literal {
			e, _ := in.answers.Environment(p.Environment)
			said[in.answers.RegionOf(e)] = true
		}
	}
	maps.DeleteFunc(in.regions.Unsigned, func(region, _ string) bool { return !said[region] })
}

// get is a setting of a profile of the credentials file, or empty.
func (in *inputs) get(profile, setting string) string {
	p, _ := profiles.Read(profiles.Credentials, in.credentials, profile)
	return p.Get(setting)
}

// keyIn is the access key id in a profile of the credentials file, or empty.
func (in *inputs) keyIn(profile string) string { return profiles.KeyID(in.credentials, profile) }

// holdsSession tells whether Terraform's profile has a session's keys and not a
// user's.
func (in *inputs) holdsSession() bool {
	return in.get(in.answers.AdminProfile, "aws_session_token") != ""
}

// openToOthers tells of a credentials file that others on this machine can read.
func (in *inputs) openToOthers() {
	if !in.credentials.LooseMode() {
		return
	}
	in.find(plan.Finding{
		ID: "onboard.file-open", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s can be read by others on this machine (mode %04o).", in.credentials.Path, in.credentials.Mode.Perm()),
		Remedy:   "Restrict it with chmod 600 " + in.credentials.Path + ".",
	})
}

// misencoded tells of AWS files in which no profile can be read or written for their
// encoding.
func (in *inputs) misencoded() {
	for _, f := range steps.Misencoded(in.credentials, in.config) {
		f.Blocks, f.Also = true, []string{notEdited}
		in.find(f)
	}
}

// elsewhere tells of a profile with which Terraform asks another place than AWS: the key
// would lie where each of its requests goes there, and nothing that is proven here says
// what Terraform gets.
func (in *inputs) elsewhere() {
	if f := in.env.ProfileElsewhere(in.answers.AdminProfile); f != nil {
		f.Blocks = true
		in.find(*f)
	}
}

// twoIdentities tells of a profile with the user's key that gives another identity
// besides: what is written and proven with it could be either's.
func (in *inputs) twoIdentities() {
	for _, name := range []string{in.answers.AdminProfile, in.answers.LongTermProfile()} {
		if f := steps.TwoIdentities(in.credentials, in.config, in.answers, name); f != nil {
			f.Blocks = true
			in.find(*f)
		}
	}
}

// overridden tells which variables of this shell win over the profiles wherever
// none is named on purpose: in the AWS CLI, and in Terraform files without a
// profile.
func (in *inputs) overridden() {
	var set []string
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		if in.env.Environ.Get(name) != "" {
			set = append(set, name)
		}
	}
	profile := in.answers.AdminProfile
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if named := in.env.Environ.Get(name); named != "" && named != profile {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return
	}
	names := strings.Join(set, ", ")
	f := plan.Finding{
		ID: "onboard.environment-wins", Of: plan.StepFiles, Severity: plan.Info,
		Evidence: fmt.Sprintf("In this shell %s win over profile %s in the AWS CLI; the team's Terraform files name the profile, which wins over them.", names, profile),
		Remedy:   "Take them out with: unset " + strings.Join(set, " "),
	}
	if !in.answers.ProfileInFiles {
		f.Severity = plan.Warning
		f.Evidence = fmt.Sprintf("In this shell %s win over profile %s, in Terraform too, since the team's files name no profile.", names, profile)
	}
	in.find(f)
}
