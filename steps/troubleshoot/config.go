package troubleshoot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// removedSince is the first Terraform that refuses the arguments removed from
// the S3 backend.
const removedSince = "v1.10.0"

// configuration checks whether Terraform takes the project's files at all:
// nothing is asked of AWS before that.
func (l *laptop) configuration(ctx context.Context, p project) {
	before := len(l.out.findings)
	for _, err := range p.problems {
		if p.files.State.Unreadable && isCache(p, err) || isState(p, err) {
			continue // told with what init left behind
		}
		l.refused(p, err.Error()+".", "Correct the file at the line that is named.")
	}
	for _, v := range p.files.Versions {
		l.version(p, v)
	}
	for _, at := range p.files.Providers {
		l.roleMap(p, at)
	}
	if b := p.s3(); b != nil {
		for _, a := range b.Arguments() {
			l.argument(ctx, p, a)
		}
		l.lacking(p)
		l.contradictions(p)
	}
	if len(l.out.findings) > before {
		f := l.out.findings[before]
		l.broken(checkProject, p.Name, p.dir, f.Evidence, f.ID)
		return
	}
	l.passed(checkProject, p.Name, p.dir, fmt.Sprintf("%d files that can be read", len(p.files.Files)))
}

// isCache and isState tell the problems of what init and apply left behind from
// those of the configuration.
func isCache(p project, err error) bool {
	path := pathOf(err)
	return path != "" && files.Within(p.files.State.DataDir, path)
}

func isState(p project, err error) bool {
	path := pathOf(err)
	return path != "" && files.Within(p.dir, path) && strings.Contains(path, ".tfstate")
}

func pathOf(err error) string {
	var e *files.Error
	if errors.As(err, &e) {
		return e.Path
	}
	return ""
}

// refused is what only a person can mend: until then no command of the engine
// gets anywhere.
func (l *laptop) refused(p project, evidence, remedy string) {
	l.out.workdir(p.Name).refused = true
	l.invalid(evidence, remedy)
}

func (l *laptop) invalid(evidence, remedy string) {
	l.found(diagnosis.ConfigInvalid.ID, plan.StepFiles, plan.Failure, evidence, remedy)
}

// version checks a required_version against the engine that is here.
func (l *laptop) version(p project, v tf.VersionConstraint) {
	engine := l.env.Engine
	if engine == nil {
		return
	}
	if ok, understood := tf.Permits(v.Text, engine.Version); understood && !ok {
		l.refused(p, fmt.Sprintf("%s: required_version %q excludes %s %s (%s).", v.Place, v.Text, engine.Name, engine.Version, engine.Path),
			"Install a version that it allows, name another engine with --engine, or relax it.")
	}
}

// roleMap finds the article's assume_role = { } in a provider.
func (l *laptop) roleMap(p project, at tf.ProviderBlock) {
	line := at.RoleMap()
	if line == 0 {
		return
	}
	l.invalid(fmt.Sprintf("%s: assume_role = { } in a provider is an error since Terraform 0.12; it is a block.", files.Place{Path: at.Path, Line: line}),
		"Write assume_role { role_arn = … } without the equals sign.")
	if at.Alias != "" {
		l.out.workdir(p.Name).refused = true
		return
	}
	role := at.Attributes.Get("assume_role.role_arn")
	if role == "" {
		e, _ := l.answers.Environment(p.Environment)
		role = l.answers.RoleARN(l.partition(), e)
	}
	l.correct(mend{project: p.Name, provider: func(b *tf.Provider) { b.RoleARN = role }})
}

// partition is the one of the key that some backend names, else aws.
func (l *laptop) partition() string {
	for _, p := range l.projects {
		if b := p.s3(); b != nil {
			if parts := strings.Split(b.Attributes.Get("kms_key_id"), ":"); len(parts) == arnParts {
				return parts[1]
			}
		}
	}
	return "aws"
}

// argument checks one argument of an S3 backend.
func (l *laptop) argument(ctx context.Context, p project, a tf.Argument) {
	at := files.Place{Path: p.backend.Path, Line: a.Line}
	standing, meant := tf.BackendArgument(a.Name)
	switch {
	case a.Block && a.Name == "assume_role":
		l.roleBlock(p, at)
	case a.Block:
		l.refused(p, fmt.Sprintf("%s: the S3 backend has no block %s.", at, a.Name), "Remove the block, or write it as an argument.")
	case standing == tf.Removed && l.refusesRemoved():
		l.invalid(fmt.Sprintf("%s: %s was removed from the S3 backend with Terraform 1.10.", at, a.Name), "Remove the argument: the admins reach the state with their own key.")
		l.mend(p, func(*tf.Backend) {}) // every edit of a backend drops it
	case standing == tf.Unknown:
		remedy := "Remove the argument."
		if meant != "" {
			remedy = "Write " + meant + " instead."
		}
		l.invalid(fmt.Sprintf("%s: the S3 backend has no argument %s.", at, a.Name), remedy)
		l.mend(p, func(b *tf.Backend) { b.Drop = append(b.Drop, a.Name) })
		l.restore(ctx, p, meant)
	case a.Expression && l.takesNoVariables():
		l.invalid(fmt.Sprintf("%s: %s needs a variable or a function, and Terraform takes neither in a backend.", at, a.Name), "Write the value itself.")
		l.mend(p, func(b *tf.Backend) { b.Literal = true })
		l.restore(ctx, p, a.Name)
	}
}

// lacking finds a backend that does not say where the state is, in a directory
// where init noted nothing either. Only the team knows the place: it is never
// guessed, for on another one the next plan would create everything again.
func (l *laptop) lacking(p project) {
	if !p.partial() || configuredSpot(p) != nil || p.files.Generated != nil {
		return
	}
	l.out.workdir(p.Name).stuck = true
	var lacks []string
	for _, name := range []string{"bucket", "key"} {
		if p.backend.Attributes.Find(name) == nil {
			lacks = append(lacks, name)
		}
	}
	evidence := fmt.Sprintf("%s: the backend has no %s, and init was never run here.", p.backend.Place, strings.Join(lacks, " and no "))
	other := p.backend.Overridden()
	if len(lacks) == 0 {
		evidence = fmt.Sprintf("%s: %s gives the state another place than the backend does, and init was never run here.", p.backend.Place, other)
	}
	remedy := "Run terraform init in " + p.dir + " with the -backend-config that the team uses, or write into the block where the state is."
	if other != nil && other.Variable != "" {
		remedy = fmt.Sprintf("If that is where the state is, run terraform init in %s; else run %s, then troubleshoot again.", p.dir, other.Remove())
	} else if given := tf.PartialConfigs(p.dir); len(given) > 0 {
		remedy = fmt.Sprintf("Run terraform init -backend-config=FILE in %s with the right one of %s.", p.dir, strings.Join(given, ", "))
	} else if !l.withoutBlueprint() {
		l.refused(p, evidence, remedy)
		return
	}
	l.found(diagnosis.BackendNotInitialized.ID, plan.StepInit, plan.Info, evidence+" The place of the state is given with -backend-config.", remedy)
}

// roleBlock is an assume_role block in the backend. The environment's role
// cannot reach the state, which the admin's own key does.
func (l *laptop) roleBlock(p project, at files.Place) {
	role := p.backend.Attributes.Get("assume_role.role_arn")
	ours := slices.ContainsFunc(l.answers.Environments, func(e blueprint.Environment) bool { return l.answers.RoleARN(l.partition(), e) == role })
	remedy := "Write it as assume_role = { role_arn = … }."
	if ours {
		remedy = "Remove it: the state is in the admin account, where an environment's role has no rights."
	}
	l.invalid(fmt.Sprintf("%s: assume_role is a block here, and in a backend it is an attribute.", at), remedy)
	l.mend(p, func(b *tf.Backend) {
		if ours {
			b.Drop = append(b.Drop, "assume_role")
		}
	})
}

// refusesRemoved tells whether the engine here refuses what Terraform 1.10 has
// removed. Without an engine the newest counts.
func (l *laptop) refusesRemoved() bool {
	e := l.env.Engine
	return e == nil || e.Name == terraform.EngineTerraform && semver.Compare("v"+e.Version, removedSince) >= 0
}

// takesNoVariables: OpenTofu takes variables in a backend since 1.8.
func (l *laptop) takesNoVariables() bool {
	return l.env.Engine == nil || l.env.Engine.Name == terraform.EngineTerraform
}

// contradictions are arguments that Terraform does not take beside each other,
// and those that no backend should hold.
func (l *laptop) contradictions(p project) {
	at := p.backend.Attributes
	if at.Find("sse_customer_key") != nil && at.Find("kms_key_id") != nil {
		l.refused(p, p.at("sse_customer_key")+": Terraform takes only one of sse_customer_key and kms_key_id.", "Re-encrypt the state with the KMS key, then remove sse_customer_key.")
	}
	for _, name := range []string{"access_key", "secret_key", "token"} {
		if at.Find(name) == nil {
			continue
		}
		l.found("files.static-keys", plan.StepFiles, plan.Failure,
			fmt.Sprintf("%s: %s stands in the backend. It wins over the profile, and init copies it in plain text to %s.", p.at(name), name, p.files.State.DataDir),
			"Remove it, name the profile, and make a new access key: this one is in version control.")
		if l.answers.ProfileInFiles {
			l.name(p, l.newest())
		}
		break
	}
	l.accounts(p)
}

// accounts checks the list of accounts that the backend allows.
func (l *laptop) accounts(p project) {
	account := l.answers.AdminAccount
	if account == "" {
		return
	}
	allowed, listed := p.backend.Texts("allowed_account_ids")
	forbidden, _ := p.backend.Texts("forbidden_account_ids")
	argument := ""
	switch {
	case listed && !slices.Contains(allowed, account):
		argument = "allowed_account_ids"
	case slices.Contains(forbidden, account):
		argument = "forbidden_account_ids"
	default:
		return
	}
	l.found(diagnosis.WrongAccount.ID, plan.StepFiles, plan.Failure,
		fmt.Sprintf("%s: %s of the backend shuts out %s, the account that holds the state.", p.at(argument), argument, account),
		"Allow account "+account+" there.")
	l.mend(p, func(b *tf.Backend) { b.Account = account })
}
