package troubleshoot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// laptop is what can be checked and mended without AWS: the AWS files, the
// projects' files, the environment, and what Terraform left behind. AWS is asked
// only where the files contradict each other and nothing else can tell which of
// them is right.
func (s *scene) laptop(ctx context.Context) outcome {
	l := &laptop{
		scene: s, getenv: s.env.Environ.Get, environ: s.env.Environ, troubles: map[string]*sourceTrouble{}, sources: map[string]string{},
		aws: readAWSFiles(s.env.CredentialsPath, s.env.ConfigPath, s.env.Environ.Get, time.Now()),
	}
	l.aws.wanted = s.answers.AdminProfile
	if len(s.projects) == 0 {
		evidence := "There is no project to look at: the blueprint names none."
		if l.withoutBlueprint() {
			evidence = fmt.Sprintf("There is no project to look at: %s holds neither Terraform files nor a blueprint.", s.env.Dir)
		}
		l.found("files.no-project", plan.StepFiles, plan.Failure, evidence,
			"Run stateroom troubleshoot in a folder with Terraform files, or name a project in the blueprint.")
	}
	l.profiles()
	l.inCode()
	l.agree()
	l.environment()
	for _, p := range s.projects {
		l.subject = p.Name
		l.configuration(ctx, p)
		l.encryption(ctx, p)
		l.region(ctx, p)
		l.leads(p)
		l.endpoints(ctx, p)
		l.stateAt(ctx, p)
		l.cache(ctx, p)
		l.unsaved(ctx, p)
		l.providers(p)
	}
	l.subject = ""
	l.mendProfiles(ctx)
	return l.out
}

// withoutBlueprint tells answers that were read from the project itself: a
// blueprint has a group.
func (s *scene) withoutBlueprint() bool { return len(s.answers.Groups) == 0 }

// laptop is one look at this laptop.
type laptop struct {
	*scene
	getenv  func(string) string
	environ []string
	aws     *awsFiles
	out     outcome
	// uses are the profiles that Terraform takes here, each with the places
	// that name it; troubles and sources are what became of each.
	uses     []use
	troubles map[string]*sourceTrouble
	sources  map[string]string
	// subject is the project that is looked at, empty for the whole laptop.
	subject string
	// alias is the ARN of the blueprint's key, once AWS was asked for it.
	alias *string
}

// use is a profile with the places that make Terraform take it.
type use struct {
	profile string
	named   []string
}

// found books a finding, and gives it until the next is booked.
func (l *laptop) found(id string, step plan.StepName, severity plan.Severity, evidence, remedy string) *plan.Finding {
	l.out.findings = append(l.out.findings, plan.Finding{
		ID: id, Subject: l.subject, Of: step, Severity: severity, Evidence: evidence, Remedy: remedy,
	})
	return &l.out.findings[len(l.out.findings)-1]
}

// remedy replaces the remedy of a finding for which there is a better one.
func (l *laptop) remedy(id, subject, text string) {
	for i := range l.out.findings {
		if f := &l.out.findings[i]; f.ID == id && f.Subject == subject {
			f.Remedy = text
			return
		}
	}
}

// passed and broken book a check.
func (l *laptop) passed(name, subject, asked, answer string) {
	l.out.check(l.env, plan.Check{Name: name, Subject: subject, Asked: asked, Answer: answer, Verdict: plan.Passed})
}

func (l *laptop) broken(name, subject, asked, answer, finding string) {
	l.out.check(l.env, plan.Check{Name: name, Subject: subject, Asked: asked, Answer: answer, Verdict: plan.Broken, Finding: finding})
}

func (l *laptop) undecided(name, subject, asked, answer string) {
	l.out.check(l.env, plan.Check{Name: name, Subject: subject, Asked: asked, Answer: answer, Verdict: plan.Undecided})
}

// mend asks for a correction of a project's backend.
func (l *laptop) mend(p project, backend func(*tf.Backend)) {
	l.correct(mend{project: p.Name, backend: backend})
}

// correct books a correction as what mends the newest finding.
func (l *laptop) correct(m mend) {
	m.finding = l.newest()
	l.out.mends = append(l.out.mends, m)
}

// newest is the key of the finding that was booked last.
func (l *laptop) newest() string {
	if n := len(l.out.findings); n > 0 {
		return l.out.findings[n-1].Key()
	}
	return ""
}

// profileUse is how Terraform comes to its credentials in one place.
type profileUse struct {
	// profile is empty where no profile decides, and how then says what does.
	profile, how string
	// named is where the profile is named.
	named string
}

// backendIdentity is whose credentials the project's backend takes. Explicit
// keys win over a profile, an explicit profile over the environment
// (facts/credential-files.md).
func (l *laptop) backendIdentity(p project) profileUse {
	b := p.s3()
	if b == nil {
		if l.answers.ProfileInFiles {
			return profileUse{profile: l.answers.AdminProfile, named: "the blueprint"}
		}
		return l.environmentIdentity()
	}
	if b.Attributes.Find("access_key") != nil && b.Attributes.Find("secret_key") != nil {
		return profileUse{how: "the keys in the backend, " + p.at("access_key")}
	}
	return l.explicit(b.Attributes, p.at("profile"))
}

// explicit is the identity of a block's profile argument.
func (l *laptop) explicit(attributes tf.Attributes, at string) profileUse {
	named := attributes.Find("profile")
	switch {
	case named == nil || named.Literal && named.Value == "":
		return l.environmentIdentity()
	case !named.Literal:
		return profileUse{how: "the expression " + named.Value + ", " + at}
	}
	return profileUse{profile: named.Value, named: at}
}

// environmentIdentity is what decides where no profile is named in the files:
// environment keys beat AWS_PROFILE.
func (l *laptop) environmentIdentity() profileUse {
	switch {
	case l.getenv("AWS_ACCESS_KEY_ID") != "" && l.getenv("AWS_SECRET_ACCESS_KEY") != "":
		return profileUse{how: "the keys in the environment (AWS_ACCESS_KEY_ID)"}
	case l.getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && l.getenv("AWS_ROLE_ARN") != "":
		return profileUse{how: "the web identity of the environment (AWS_ROLE_ARN)"}
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if value := l.getenv(name); value != "" {
			return profileUse{profile: value, named: name}
		}
	}
	if l.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || l.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" {
		return profileUse{how: "the credentials of this container"}
	}
	return profileUse{profile: "default", named: "nothing: the SDK falls back to it"}
}

// collect gathers the profiles that are taken, in the order of the projects.
func (l *laptop) collect() {
	take := func(id profileUse) {
		if id.profile == "" {
			return
		}
		i := slices.IndexFunc(l.uses, func(u use) bool { return u.profile == id.profile })
		if i < 0 {
			i, l.uses = len(l.uses), append(l.uses, use{profile: id.profile})
		}
		if !slices.Contains(l.uses[i].named, id.named) {
			l.uses[i].named = append(l.uses[i].named, id.named)
		}
	}
	if l.answers.ProfileInFiles && !l.withoutBlueprint() {
		take(profileUse{profile: l.answers.AdminProfile, named: "the blueprint"})
	}
	if len(l.projects) == 0 {
		take(l.environmentIdentity())
	}
	for _, p := range l.projects {
		take(l.backendIdentity(p))
		if at := p.provider(); at != nil {
			take(l.explicit(at.Attributes, argumentAt(at.Place, at.Attributes, "profile")))
		}
	}
	for _, u := range l.uses {
		l.sources[u.profile], l.troubles[u.profile] = l.aws.source(u.profile)
	}
}

// argumentAt is an argument's place, or its block's.
func argumentAt(block files.Place, attributes tf.Attributes, name string) string {
	if a := attributes.Find(name); a != nil {
		block.Line = a.Line
	}
	return block.String()
}

// profiles are the article's first two checks: the credentials file exists, and
// a valid profile is in it. A profile may be in the config file as well.
func (l *laptop) profiles() {
	l.collect()
	l.credentialsFile()
	asked := l.aws.credentials.Path + " and " + l.aws.config.Path
	for _, u := range l.uses {
		wrong := l.troubles[u.profile]
		if l.aws.credentialsErr != nil || l.aws.configErr != nil {
			l.undecided(checkProfileInFile, "", "profile "+u.profile+" in "+asked, "the files cannot be read")
			delete(l.troubles, u.profile)
			continue
		}
		if wrong == nil && l.assumesRole(u.profile) {
			continue
		}
		if wrong == nil {
			l.passed(checkProfileInFile, "", "profile "+u.profile+" in "+asked, l.sources[u.profile])
			continue
		}
		l.broken(checkProfileInFile, "", "profile "+u.profile+" in "+asked, wrong.evidence, wrong.id)
		l.found(wrong.id, plan.StepFiles, plan.Failure, wrong.evidence+" It is named by "+strings.Join(u.named, ", ")+".", wrong.remedy)
	}
	l.out.findings = append(l.out.findings, steps.Disagreements(l.aws.credentials, l.aws.config)...)
}

// assumesRole finds a role in the blueprint's profile, which holds an admin's own
// key: the state is reached with that, and the provider assumes the role.
func (l *laptop) assumesRole(name string) bool {
	p := l.aws.profile(name)
	role := p.get("role_arn")
	if name != l.answers.AdminProfile || l.withoutBlueprint() || role == "" || !p.hasKeys() {
		return false
	}
	evidence := fmt.Sprintf("%s: profile %s assumes %s, but the state is reached with the admin's own key.", p.at("role_arn"), name, role)
	l.broken(checkProfileInFile, "", "profile "+name, evidence, "files.profile-assumes-role")
	l.found("files.profile-assumes-role", plan.StepFiles, plan.Warning, evidence, "Remove role_arn and source_profile from the profile.")
	return true
}

// credentialsFile is the first check. A file that is missing is no fault where
// every profile gets its credentials elsewhere.
func (l *laptop) credentialsFile() {
	file, err := l.aws.credentials, l.aws.credentialsErr
	if err == nil {
		err = l.aws.configErr
	}
	first := ""
	for _, u := range l.uses {
		if wrong := l.troubles[u.profile]; wrong != nil && first == "" {
			first = wrong.id
		}
	}
	switch {
	case err != nil:
		l.broken(checkCredentialsFile, "", file.Path, err.Error(), diagnosis.CredentialsMissing.ID)
		l.found(diagnosis.CredentialsMissing.ID, plan.StepFiles, plan.Failure, fmt.Sprintf("The AWS files cannot be read: %v.", err), "Make the file readable for you.")
	case !file.Exists && first != "":
		l.broken(checkCredentialsFile, "", file.Path, "there is no such file", first)
	case !file.Exists:
		l.passed(checkCredentialsFile, "", file.Path, "there is no such file, and no profile needs it")
	case len(file.Bytes) == 0:
		l.passed(checkCredentialsFile, "", file.Path, "it is there, and empty")
	default:
		l.passed(checkCredentialsFile, "", file.Path, fmt.Sprintf("it is there; profiles in it: %d", len(profiles.All(profiles.Credentials, file))))
	}
	if file.LooseMode() {
		l.found("files.credentials-open", plan.StepFiles, plan.Info, fmt.Sprintf("%s can be read or written by others than you (mode %04o).", file.Path, file.Mode), "Run chmod 600 "+file.Path+".")
	}
}
