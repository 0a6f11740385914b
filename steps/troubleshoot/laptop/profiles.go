package laptop

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files/profiles"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// The ids of what is found about profiles where a profile gives credentials all the
// same.
const (
	assumesRole = "files.profile-assumes-role"
	notNamed    = "files.profile-not-named"
	namesDiffer = "files.profile-names-differ"
)

// credentialsFile is the article's first check. A file that is missing is no fault
// where every profile gets its credentials elsewhere.
func credentialsFile(_ context.Context, in *inputs) []health.Result {
	file, err := in.aws.credentials, in.aws.credentialsErr
	if err == nil {
		err = in.aws.configErr
	}
	q := health.Question{Name: "credentials file exists", Asked: file.Path}
	first := slices.IndexFunc(in.uses, func(u use) bool { return u.trouble != nil })
	var results []health.Result
	misencoded := steps.Misencoded(in.aws.credentials, in.aws.config)
	switch {
	case err != nil:
		results = append(results, q.Failed(err.Error(), finding(diagnosis.CredentialsMissing.ID, plan.StepFiles, plan.Failure,
			fmt.Sprintf("The AWS files cannot be read: %v.", err), "Make the file readable for you.")))
	case len(misencoded) > 0:
		for _, f := range misencoded {
			results = append(results, q.Failed(f.Evidence, health.Result{Finding: &f}))
		}
	case !file.Exists && first >= 0:
		results = append(results, q.FailedAs("there is no such file", in.uses[first].trouble.id))
	case !file.Exists:
		results = append(results, q.Passed("there is no such file, and no profile needs it"))
	case len(file.Bytes) == 0:
		results = append(results, q.Passed("found, empty"))
	default:
		results = append(results, q.Passed("it is there; profiles in it: %d", len(profiles.All(profiles.Credentials, file))))
	}
	if file.LooseMode() {
		results = append(results, finding("files.credentials-open", plan.StepFiles, plan.Info,
			fmt.Sprintf("%s can be read or written by others than you (mode %04o).", file.Path, file.Mode), "Run chmod 600 "+file.Path+"."))
	}
	return results
}

// profilesInFile is the second check: a valid profile is in the credentials file, or
// in the config file.
func profilesInFile(ctx context.Context, in *inputs) []health.Result {
	var results []health.Result
	for _, u := range in.uses {
		results = append(results, profileInFile(ctx, in, u)...)
	}
	if f := in.env.ProfileElsewhere(in.answers.AdminProfile); f != nil {
		results = append(results, health.Result{Finding: f})
	}
	for _, f := range steps.Disagreements(in.aws.credentials, in.aws.config) {
		results = append(results, health.Result{Finding: &f})
	}
	return results
}

func profileInFile(ctx context.Context, in *inputs, u use) []health.Result {
	const name = "profile is in the file"
	q := health.Question{Name: name, Asked: "profile " + u.profile + " in " + in.aws.credentials.Path + " and " + in.aws.config.Path}
	switch {
	case !in.aws.readable():
		return []health.Result{q.Undecided("the files cannot be read")}
	case u.trouble == nil && notValid(ctx, in, u.profile) != "":
		evidence := notValid(ctx, in, u.profile)
		r := q.Failed(evidence, finding("files.profile-not-valid", plan.StepFiles, plan.Failure, evidence, "Correct the setting, or remove it from the profile."))
		r.Lead = "Terraform cannot read profile " + u.profile + ": a setting of it is not valid."
		return []health.Result{r}
	case u.trouble == nil && roleInTheWay(in, u.profile):
		p := in.aws.profile(u.profile)
		q.Asked = "profile " + u.profile
		evidence := fmt.Sprintf("%s: profile %s assumes %s, but the state is reached with the admin's own key.", p.at("role_arn"), p.name, p.get("role_arn"))
		return withProfileFix(ctx, in, q.Failed(evidence, finding(assumesRole, plan.StepFiles, plan.Warning, evidence, "Remove role_arn and source_profile from the profile.")))
	case u.trouble == nil && twoIdentities(in, u.profile) != nil:
		two := twoIdentities(in, u.profile)
		q.Asked = "profile " + u.profile
		return []health.Result{q.Failed(two.Evidence, health.Result{Finding: two})}
	case u.trouble == nil && steps.KeysShadowSignIn(in.aws.credentials, in.aws.config, in.answers, u.profile) != nil:
		f := steps.KeysShadowSignIn(in.aws.credentials, in.aws.config, in.answers, u.profile)
		q.Asked = "profile " + u.profile
		return []health.Result{q.Failed(f.Evidence, health.Result{Finding: f})}
	case u.trouble == nil && in.aws.profile(u.profile).signsInWithLogin():
		return []health.Result{q.Passed("%s", u.source), byLogin(in, u.profile)}
	case u.trouble == nil:
		return []health.Result{q.Passed("%s", u.source)}
	}
	wrong := u.trouble
	r := q.Failed(wrong.evidence, finding(wrong.id, plan.StepFiles, plan.Failure, wrong.evidence+" It is named by "+strings.Join(u.named, ", ")+".", wrong.remedy))
	r.Also, r.Lead, r.Name = wrong.also, wrong.lead, wrong.name
	if len(wrong.also) > 0 { // under which the SDK tells of it where AWS is to be asked
		r.Alias = &health.Alias{IDs: wrong.also}
	}
	if u.profile == in.answers.AdminProfile {
		return withProfileFix(ctx, in, r)
	}
	for _, p := range in.projects {
		if rightName(in, p) && slices.ContainsFunc(p.names, func(n namedProfile) bool { return !n.unknown && n.profile == u.profile }) {
			r.Remedy = fmt.Sprintf("Write profile = %q in the files of project %s.", p.profile, p.Name)
		}
	}
	return []health.Result{r}
}

// notValid is why Terraform can use nothing of a profile that has credentials; empty
// where it can. A ca_bundle is opened before anything is asked, unless AWS_CA_BUNDLE
// names another.
func notValid(ctx context.Context, in *inputs, name string) string {
	p := in.aws.profile(name)
	if why := profiles.Unreadable(ctx, in.aws.credentials.Path, in.aws.config.Path, name); why != "" {
		return fmt.Sprintf("%s or %s: %s.", in.aws.config.Path, in.aws.credentials.Path, why)
	}
	bundle := p.get("ca_bundle")
	if bundle == "" || in.env.Environ.Get("AWS_CA_BUNDLE") != "" {
		return ""
	}
	if _, err := os.Stat(bundle); err != nil {
		return fmt.Sprintf("%s: the file that ca_bundle names cannot be read (%v).", p.at("ca_bundle"), err)
	}
	return ""
}

// byLogin tells of a profile that signs in with aws login. Of the engines Terraform 1.16 and
// OpenTofu 1.12 read it, Terraform 1.11 and the provider 5.100 do not (measured), and say
// that there are no credentials.
func byLogin(in *inputs, name string) health.Result {
	r := finding("files.login-session", plan.StepFiles, plan.Info,
		fmt.Sprintf("%s: profile %s has a login_session, which Terraform before 1.16 and the AWS provider 5.100 do not read.", in.aws.profile(name).at("login_session"), name),
		fmt.Sprintf("If Terraform finds no credentials, let it use a profile with credential_process = aws configure export-credentials --profile %s --format process.", name))
	r.Lead = "The profile signs in with aws login, which not every Terraform and provider can use."
	return r
}

// roleInTheWay finds a role in the blueprint's profile, which holds an admin's own
// key: the state is reached with that, and the provider assumes the role.
func roleInTheWay(in *inputs, name string) bool {
	p := in.aws.profile(name)
	return name == in.answers.AdminProfile && !in.answers.WithoutBlueprint && p.get("role_arn") != "" && p.hasKeys()
}

// twoIdentities is the finding of a blueprint's profile with an admin's own key that gives
// another identity besides, or nil. Any other profile may be meant so, such as one that
// assumes a role with a key of its own.
func twoIdentities(in *inputs, name string) *plan.Finding {
	if name != in.answers.AdminProfile || in.answers.WithoutBlueprint {
		return nil
	}
	return steps.TwoIdentities(in.aws.credentials, in.aws.config, in.answers, name)
}

// profilesInCode is the third check: the profile is named in the backend, which never
// reads the provider's, and in the provider. A blueprint may leave it out of the
// files.
func profilesInCode(_ context.Context, in *inputs) []health.Result {
	var results []health.Result
	for _, p := range in.projects {
		q := question(p, "profile in backend and provider", p.Dir)
		var lacking, answers []string
		for _, n := range p.names {
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
			results = append(results, q.Undecided("there is neither a backend \"s3\" nor a provider \"aws\" to read"))
		case len(lacking) == 0 || !in.answers.ProfileInFiles:
			results = append(results, q.Passed("%s", answer))
		default:
			r := q.Failed(answer, namesNone(in, p, lacking))
			r.Fixes = []health.Fix{nameProfile(in, p)}
			results = append(results, r)
		}
	}
	return results
}

// namesNone tells what Terraform takes instead of the profile that is not named.
func namesNone(in *inputs, p project, lacking []string) health.Result {
	instead := environmentIdentity(in)
	what := instead.how
	if what == "" {
		what = "profile " + instead.profile + " (" + instead.named + ")"
	}
	return finding(notNamed, plan.StepFiles, plan.Warning,
		fmt.Sprintf("Project %s names no profile in %s, so Terraform takes %s and not profile %s.", p.Name, strings.Join(lacking, " and in "), what, in.answers.AdminProfile),
		"Write profile = \""+in.answers.AdminProfile+"\" there.")
}

// nameProfile writes the blueprint's profile into the blocks of a project that are
// there.
func nameProfile(in *inputs, p project) health.Fix {
	fix := health.Fix{Project: p.Name}
	if p.S3() != nil {
		fix.Backend = func(b *tf.Backend) { b.Profile = in.answers.AdminProfile }
	}
	if p.Files.Provider() != nil {
		fix.Provider = func(b *tf.Provider) { b.Profile = in.answers.AdminProfile }
	}
	return fix
}

// profilesAgree is the fourth check: backend, provider, credentials file and
// blueprint mean the same profile. A name is corrected only to the blueprint's,
// and only where that profile gives credentials here.
func profilesAgree(_ context.Context, in *inputs) []health.Result {
	var results []health.Result
	for _, p := range in.projects {
		q := question(p, "profile names agree", p.Dir)
		var all, wrong []string
		id := namesDiffer
		for _, n := range p.names {
			if n.unknown || n.profile == "" {
				continue
			}
			all = append(all, n.block+": "+n.profile)
			if n.profile != p.profile {
				wrong = append(wrong, fmt.Sprintf("%s says %s", n.at, n.profile))
				if t := in.trouble(n.profile); t != nil && in.aws.readable() {
					id = t.id
				}
			}
		}
		answer := strings.Join(all, "; ") + "; expected: " + p.profile
		switch {
		case len(all) == 0:
			results = append(results, q.Passed("no profile is named"))
		case len(wrong) == 0:
			results = append(results, q.Passed("%s", answer))
		default:
			results = append(results, disagree(in, p, q, answer, wrong, id))
		}
	}
	return results
}

// rightName tells that the name which a project's files should agree on gives
// credentials, so that it can be written there.
func rightName(in *inputs, p project) bool {
	return in.answers.ProfileInFiles && in.aws.credentialsErr == nil && in.trouble(p.profile) == nil
}

// disagree tells of names that differ. One that gives no credentials was told
// as what it is.
func disagree(in *inputs, p project, q health.Question, answer string, wrong []string, id string) health.Result {
	usable := rightName(in, p)
	var r health.Result
	fix := nameProfile(in, p)
	if id == namesDiffer {
		remedy, whose := "Write the same profile in backend, provider and blueprint.", "the blueprint's profile is "
		if usable {
			remedy = "Write profile = \"" + p.profile + "\" there."
		}
		if !in.answers.ProfileInFiles {
			whose = "the backend takes "
		}
		r = q.Failed(answer, finding(id, plan.StepFiles, plan.Warning,
			fmt.Sprintf("In project %s %s, but %s%s: the two may be different people or accounts.", p.Name, strings.Join(wrong, " and "), whose, p.profile), remedy))
	} else {
		r, fix.Finding = q.FailedAs(answer, id), id
	}
	if usable {
		r.Fixes = []health.Fix{fix}
	}
	return r
}
