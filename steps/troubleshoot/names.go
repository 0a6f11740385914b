package troubleshoot

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// namedProfile is a profile as one block of a project names it.
type namedProfile struct {
	block, at string
	// profile is empty without the argument; unknown says that it is an
	// expression.
	profile string
	unknown bool
}

// namesOf are the blocks of a project that take credentials.
func namesOf(p project) []namedProfile {
	var out []namedProfile
	read := func(block string, attributes tf.Attributes, at files.Place) {
		n := namedProfile{block: block, at: argumentAt(at, attributes, "profile")}
		if a := attributes.Find("profile"); a != nil {
			n.profile, n.unknown = a.Value, !a.Literal
		}
		out = append(out, n)
	}
	if b := p.s3(); b != nil {
		read("backend", b.Attributes, b.Place)
		if n := &out[0]; n.profile == "" && p.partial() {
			n.profile, n.unknown = "(perhaps by -backend-config)", true
		}
	}
	if at := p.provider(); at != nil {
		read("provider", at.Attributes, at.Place)
	}
	return out
}

// inCode is the article's third check: the profile is named in the backend, which
// never reads the provider's, and in the provider. A blueprint may leave it out
// of the files.
func (l *laptop) inCode() {
	defer func() { l.subject = "" }()
	for _, p := range l.projects {
		l.subject = p.Name
		asked := p.dir
		var lacking, answers []string
		for _, n := range namesOf(p) {
			switch {
			case n.unknown:
				answers = append(answers, n.block+": "+n.profile)
			case n.profile != "":
				answers = append(answers, n.block+": "+n.profile+" ("+n.at+")")
			default:
				lacking = append(lacking, fmt.Sprintf("the %s (%s)", n.block, n.at))
				answers = append(answers, n.block+": no profile ("+n.at+")")
			}
		}
		answer := strings.Join(answers, "; ")
		switch {
		case len(answers) == 0:
			l.undecided(checkProfileInCode, p.Name, asked, "there is neither a backend \"s3\" nor a provider \"aws\" to read")
		case len(lacking) == 0 || !l.answers.ProfileInFiles:
			l.passed(checkProfileInCode, p.Name, asked, answer)
		default:
			l.notNamed(p, lacking, answer)
		}
	}
}

// notNamed tells what Terraform takes instead of the profile that is not named.
func (l *laptop) notNamed(p project, lacking []string, answer string) {
	instead := l.environmentIdentity()
	what := instead.how
	if what == "" {
		what = "profile " + instead.profile + " (" + instead.named + ")"
	}
	l.broken(checkProfileInCode, p.Name, p.dir, answer, "files.profile-not-named")
	l.found("files.profile-not-named", plan.StepFiles, plan.Warning,
		fmt.Sprintf("Project %s names no profile in %s, so Terraform takes %s and not profile %s.", p.Name, strings.Join(lacking, " and in "), what, l.answers.AdminProfile),
		"Write profile = \""+l.answers.AdminProfile+"\" there.")
	l.name(p, l.newest())
}

// name asks for the blueprint's profile in the blocks of a project that are there.
func (l *laptop) name(p project, finding string) {
	m := mend{project: p.Name, finding: finding}
	if p.s3() != nil {
		m.backend = func(b *tf.Backend) { b.Profile = l.answers.AdminProfile }
	}
	if p.provider() != nil {
		m.provider = func(b *tf.Provider) { b.Profile = l.answers.AdminProfile }
	}
	l.out.mends = append(l.out.mends, m)
}

// agree is the article's fourth check: backend, provider, credentials file and
// blueprint mean the same profile. A name is corrected only to the blueprint's,
// and only where that profile gives credentials here.
func (l *laptop) agree() {
	defer func() { l.subject = "" }()
	for _, p := range l.projects {
		l.subject = p.Name
		var all, wrong []string
		id := "files.profile-names-differ"
		expected := l.expected(p)
		for _, n := range namesOf(p) {
			if n.unknown || n.profile == "" {
				continue
			}
			all = append(all, n.block+": "+n.profile)
			if n.profile != expected {
				wrong = append(wrong, fmt.Sprintf("%s says %s", n.at, n.profile))
			}
			if t := l.troubles[n.profile]; t != nil && n.profile != expected {
				id = t.id
			}
		}
		answer := strings.Join(all, "; ") + "; expected: " + expected
		switch {
		case len(all) == 0:
			l.passed(checkNamesAgree, p.Name, p.dir, "no profile is named")
		case len(wrong) == 0:
			l.passed(checkNamesAgree, p.Name, p.dir, answer)
		default:
			l.broken(checkNamesAgree, p.Name, p.dir, answer, id)
			l.disagree(p, wrong, expected, id)
		}
	}
}

// expected is the name that a project's files should agree on: the blueprint's,
// or where that leaves the files alone, the backend's.
func (l *laptop) expected(p project) string {
	if l.answers.ProfileInFiles {
		return l.answers.AdminProfile
	}
	for _, n := range namesOf(p) {
		if !n.unknown && n.profile != "" {
			return n.profile
		}
	}
	return l.answers.AdminProfile
}

// disagree tells of names that differ. One that gives no credentials was told
// as what it is.
func (l *laptop) disagree(p project, wrong []string, expected, id string) {
	usable := l.answers.ProfileInFiles && l.troubles[expected] == nil && l.aws.credentialsErr == nil
	if id != "files.profile-names-differ" {
		if usable {
			l.remedy(id, "", fmt.Sprintf("Write profile = %q in the files of project %s.", expected, p.Name))
			l.name(p, id)
		}
		return
	}
	remedy := "Write the same profile in backend, provider and blueprint."
	if usable {
		remedy = "Write profile = \"" + expected + "\" there."
	}
	whose := "the blueprint's profile is "
	if !l.answers.ProfileInFiles {
		whose = "the backend takes "
	}
	l.found(id, plan.StepFiles, plan.Warning, fmt.Sprintf("In project %s %s, but %s%s: the two may be different people or accounts.", p.Name, strings.Join(wrong, " and "), whose, expected), remedy)
	if usable {
		l.name(p, l.newest())
	}
}

// environment is the article's fifth check: variables that decide where the files
// are silent, or over them. Those that are set and decide nothing are named in
// its answer.
func (l *laptop) environment() {
	var told []string
	broken := ""
	tell := func(id string, severity plan.Severity, evidence, remedy string) {
		l.found(id, plan.StepFiles, severity, evidence, remedy)
		if broken == "" && severity != plan.Info {
			broken = id
		}
		told = append(told, evidence)
	}
	l.credentialVariables(tell)
	l.fileVariables(tell)
	l.terraformVariables(tell)
	l.endpointVariables(tell)
	set := l.variables()
	answer := "none is set"
	if len(set) > 0 {
		answer = "set: " + strings.Join(set, ", ") + "; none of them wins over the files"
	}
	if broken != "" {
		l.broken(checkEnvironment, "", "the environment", strings.Join(told, " "), broken)
		return
	}
	l.passed(checkEnvironment, "", "the environment", answer)
}

// relevant begin the names of the variables that Terraform or the AWS SDK heed.
var relevant = []string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL", "AWS_S3_ENDPOINT", "AWS_STS_ENDPOINT", "AWS_DYNAMODB_ENDPOINT",
	"AWS_CA_BUNDLE", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS",
}

// variables are the names of those that are set.
func (l *laptop) variables() []string {
	var set []string
	for _, entry := range l.environ {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && slices.ContainsFunc(relevant, func(r string) bool { return strings.HasPrefix(name, r) }) {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return set
}

// tellFunc books what a variable does.
type tellFunc func(id string, severity plan.Severity, evidence, remedy string)

// credentialVariables: an explicit profile beats environment keys, and they beat
// AWS_PROFILE. Only what decides for a project is told, and only where the
// blueprint names the profile in the environment: a missing profile in the files
// is told as that.
func (l *laptop) credentialVariables(tell tellFunc) {
	if l.answers.ProfileInFiles {
		return
	}
	keys := l.getenv("AWS_ACCESS_KEY_ID") != "" && l.getenv("AWS_SECRET_ACCESS_KEY") != ""
	stale := keys && strings.HasPrefix(l.getenv("AWS_ACCESS_KEY_ID"), "AKIA") && l.getenv("AWS_SESSION_TOKEN") != ""
	chosen := l.getenv("AWS_PROFILE")
	silent := func(p project) bool { return l.backendIdentity(p) == l.environmentIdentity() }
	if !slices.ContainsFunc(l.projects, silent) {
		return
	}
	switch {
	case stale:
		tell("files.environment-token-stale", plan.Failure,
			fmt.Sprintf("AWS_SESSION_TOKEN is set beside AWS_ACCESS_KEY_ID (%s), which is a user's own key: AWS refuses every call that carries both (InvalidClientTokenId).", l.getenv("AWS_ACCESS_KEY_ID")),
			"Run: unset AWS_SESSION_TOKEN")
	case keys && chosen != "":
		tell("files.environment-keys-win", plan.Warning,
			fmt.Sprintf("AWS_ACCESS_KEY_ID (%s) and AWS_PROFILE (%s) are both set, and the keys win: the profile is not used.", l.getenv("AWS_ACCESS_KEY_ID"), chosen),
			"Unset the one that is not meant: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN.")
	case l.getenv("AWS_ACCESS_KEY_ID") != "" != (l.getenv("AWS_SECRET_ACCESS_KEY") != ""):
		tell("files.environment-keys-half", plan.Warning,
			"Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set, so Terraform takes neither.", "Set both, or neither.")
	}
}

// fileVariables: another credentials or config file than the usual one.
func (l *laptop) fileVariables(tell tellFunc) {
	for _, v := range []struct {
		name string
		file files.Snapshot
		kind profiles.Kind
	}{{"AWS_SHARED_CREDENTIALS_FILE", l.aws.credentials, profiles.Credentials}, {"AWS_CONFIG_FILE", l.aws.config, profiles.Config}} {
		if l.getenv(v.name) == "" {
			continue
		}
		usual, err := usualFile(v.kind, l.getenv)
		if err != nil || usual.Path == v.file.Path || !usual.Exists {
			continue
		}
		for _, u := range l.uses {
			if _, there := profiles.Read(v.kind, usual, u.profile); there && l.troubles[u.profile] != nil {
				tell("files.environment-hides-file", plan.Failure,
					fmt.Sprintf("%s points to %s, where profile %s gives no credentials; %s has that profile.", v.name, v.file.Path, u.profile, usual.Path),
					"Run unset "+v.name+", or write the profile into "+v.file.Path+".")
			}
		}
	}
}

// usualFile is the file that is used when no variable names another.
func usualFile(kind profiles.Kind, getenv func(string) string) (files.Snapshot, error) {
	only := func(name string) string {
		if strings.HasPrefix(name, "AWS_") {
			return ""
		}
		return getenv(name)
	}
	find := profiles.CredentialsPath
	if kind == profiles.Config {
		find = profiles.ConfigPath
	}
	path, err := find(only)
	if err != nil {
		return files.Snapshot{}, err
	}
	return files.Read(path)
}

// heeded are the flags that change what state a command works on, or whether it
// is locked.
var heeded = []string{"-backend-config", "-backend=", "-reconfigure", "-migrate-state", "-force-copy", "-lock=", "-state", "-chdir"}

// terraformVariables: another data directory, another workspace, added flags.
func (l *laptop) terraformVariables(tell tellFunc) {
	if dir := l.getenv("TF_DATA_DIR"); strings.HasPrefix(dir, "/") && len(l.projects) > 1 {
		tell("files.environment-shared-data-dir", plan.Warning,
			fmt.Sprintf("TF_DATA_DIR=%s makes %d projects share one data directory, so that each takes the other's backend for its own.", dir, len(l.projects)),
			"Run unset TF_DATA_DIR, or give it a path relative to the project.")
	}
	if workspace := l.getenv("TF_WORKSPACE"); workspace != "" {
		for _, p := range l.projects {
			if selected := p.files.State.Workspace; selected != workspace {
				tell("files.environment-workspace", plan.Warning,
					fmt.Sprintf("TF_WORKSPACE=%s wins over workspace %s, which is selected in %s, so Terraform works on another state.", workspace, selected, p.dir),
					"Run unset TF_WORKSPACE, unless that workspace is meant.")
				break
			}
		}
	}
	for _, entry := range l.environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "TF_CLI_ARGS") {
			continue
		}
		for _, flag := range heeded {
			if strings.Contains(value, flag) {
				tell("files.environment-flags", plan.Warning,
					fmt.Sprintf("%s adds %s to every command that it applies to.", name, strings.TrimSuffix(flag, "=")), "Run unset "+name+", unless that is meant.")
				break
			}
		}
	}
}

// endpointVariables: addresses of AWS that a backend does not name itself. All that
// matter are told at once, since the next one decides when one is unset.
func (l *laptop) endpointVariables(tell tellFunc) {
	if l.getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" {
		return
	}
	var set, names []string
	var silent files.Place
	for _, s := range backendEndpoints {
		at := slices.IndexFunc(l.projects, func(p project) bool { return s.leftOut(p.s3()) })
		if at < 0 {
			continue
		}
		for _, name := range s.variables {
			value := l.getenv(name)
			if value == "" || slices.Contains(names, name) || strings.TrimRight(value, "/") == strings.TrimRight(l.env.Endpoint, "/") {
				continue
			}
			if len(names) == 0 {
				silent = l.projects[at].s3().Place
			}
			names, set = append(names, name), append(set, name+"="+diagnosis.Redact(value))
		}
	}
	if len(names) == 0 {
		return
	}
	severity := plan.Warning
	if l.env.Endpoint == "" {
		severity = plan.Info // stateroom follows the same variables
	}
	sends, meant := "sends Terraform's requests to that address", "that address is"
	if len(names) > 1 {
		sends, meant = "send Terraform's requests to those addresses", "those addresses are"
	}
	tell("files.environment-endpoint", severity,
		fmt.Sprintf("%s %s and not to AWS, for %s names none.", strings.Join(set, " and "), sends, silent),
		"Run unset "+strings.Join(names, " ")+", unless "+meant+" meant.")
}

// backendEndpoint is how the endpoint of a service that the backend calls can be
// set: in its block's endpoints, by an argument of old, or by variables, of which
// the first wins.
type backendEndpoint struct {
	service, argument string
	variables         []string
}

var backendEndpoints = []backendEndpoint{
	{"s3", "endpoint", []string{"AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL"}},
	{"sts", "sts_endpoint", []string{"AWS_ENDPOINT_URL_STS", "AWS_STS_ENDPOINT", "AWS_ENDPOINT_URL"}},
	{"dynamodb", "dynamodb_endpoint", []string{"AWS_ENDPOINT_URL_DYNAMODB", "AWS_DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL"}},
}

// leftOut tells whether a block leaves the service's endpoint to the variables.
func (s backendEndpoint) leftOut(b *tf.BackendBlock) bool {
	if b == nil || s.service == "dynamodb" && b.Attributes.Find("dynamodb_table") == nil {
		return false
	}
	return b.Attributes.Find("endpoints."+s.service) == nil && b.Attributes.Find(s.argument) == nil
}
