package laptop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/health"
)

// removedSince is the first Terraform that refuses the arguments removed from
// the S3 backend.
const removedSince = "v1.10.0"

// configuration checks whether Terraform takes the project's files at all:
// nothing is asked of AWS before that.
func configuration(ctx context.Context, in *inputs, p project) []health.Result {
	var results []health.Result
	for _, err := range p.Problems {
		if p.Files.State.Unreadable && isCache(p, err) || isState(p, err) {
			continue // told with what init left behind
		}
		results = append(results, refused(err.Error()+".", "Correct the file at the line that is named."))
	}
	for _, v := range p.Files.Versions {
		results = append(results, engineVersion(in, v)...)
	}
	for _, at := range p.Files.Providers {
		results = append(results, roleMap(in, p, at)...)
	}
	if b := p.S3(); b != nil {
		for _, a := range b.Arguments() {
			results = append(results, argument(ctx, in, p, a)...)
		}
		results = append(results, lacking(in, p)...)
		results = append(results, contradictions(in, p)...)
		results = append(results, accounts(in, p)...)
	}
	q := question(p, "project configuration", p.Dir)
	if len(results) > 0 {
		f := results[0].Finding
		return append(results, q.FailedAs(f.Evidence, f.ID))
	}
	return []health.Result{q.Passed("%s that can be read", plan.Counted(len(p.Files.Files), "file"))}
}

// isCache and isState tell the problems of what init and apply left behind from
// those of the configuration.
func isCache(p project, err error) bool {
	path := pathOf(err)
	return path != "" && files.Within(p.Files.State.DataDir, path)
}

func isState(p project, err error) bool {
	path := pathOf(err)
	return path != "" && files.Within(p.Dir, path) && strings.Contains(path, ".tfstate")
}

func pathOf(err error) string {
	var e *files.Error
	if errors.As(err, &e) {
		return e.Path
	}
	return ""
}

// refused is what only a person can fix: until then no command of the engine
// gets anywhere.
func refused(evidence, remedy string) health.Result {
	r := invalid(evidence, remedy)
	r.Init.Refused = true
	return r
}

// invalid is what Terraform does not take, with the corrections of the backend.
func invalid(evidence, remedy string, fixes ...health.Fix) health.Result {
	r := finding(diagnosis.ConfigInvalid.ID, plan.StepFiles, plan.Failure, evidence, remedy)
	r.Fixes = fixes
	return r
}

// backendFix corrects a project's backend.
func backendFix(p project, fix func(*tf.Backend)) health.Fix {
	return health.Fix{Project: p.Name, Backend: fix}
}

// engineVersion checks a required_version against the engine that is here.
func engineVersion(in *inputs, v tf.VersionConstraint) []health.Result {
	engine := in.env.Engine
	if engine == nil {
		return nil
	}
	if ok, understood := tf.Permits(v.Text, engine.Version); ok || !understood {
		return nil
	}
	return []health.Result{refused(fmt.Sprintf("%s: required_version %q excludes %s %s (%s).", v.Place, v.Text, engine.Name, engine.Version, engine.Path),
		"Install a version that it allows, name another engine with --engine, or relax it.")}
}

// roleMap finds the article's assume_role = { } in a provider.
func roleMap(in *inputs, p project, at tf.ProviderBlock) []health.Result {
	line := at.RoleMap()
	if line == 0 {
		return nil
	}
	r := invalid(fmt.Sprintf("%s: assume_role = { } in a provider is an error since Terraform 0.12; it is a block.", files.Place{Path: at.Path, Line: line}),
		"Write assume_role { role_arn = … } without the equals sign.")
	if at.Alias != "" {
		r.Init.Refused = true
		return []health.Result{r}
	}
	role := at.Attributes.Get("assume_role.role_arn")
	if role == "" {
		e, _ := in.answers.Environment(p.Environment)
		role = in.answers.RoleARN(partition(in), e)
	}
	r.Fixes = []health.Fix{{Project: p.Name, Provider: func(b *tf.Provider) { b.RoleARN = role }}}
	return []health.Result{r}
}

// partition is the one of the key that some backend names, else aws.
func partition(in *inputs) string {
	for _, p := range in.projects {
		if b := p.S3(); b != nil {
			if key, ok := awsops.ParseARN(b.Attributes.Get("kms_key_id")); ok {
				return key.Partition
			}
		}
	}
	return "aws"
}

// argument checks one argument of an S3 backend.
func argument(ctx context.Context, in *inputs, p project, a tf.Argument) []health.Result {
	at := files.Place{Path: p.Backend.Path, Line: a.Line}
	standing, meant := tf.BackendArgument(a.Name)
	switch {
	case a.Block && a.Name == "assume_role":
		return []health.Result{roleBlock(in, p, at)}
	case a.Block:
		return []health.Result{refused(fmt.Sprintf("%s: the S3 backend has no block %s.", at, a.Name), "Remove the block, or write it as an argument.")}
	case standing == tf.Removed && refusesRemoved(in):
		return []health.Result{invalid(fmt.Sprintf("%s: %s was removed from the S3 backend with Terraform 1.10.", at, a.Name),
			"Remove the argument: the admins reach the state with their own key.", backendFix(p, func(*tf.Backend) {}))} // every edit of a backend drops it
	case standing == tf.Unknown:
		remedy := "Remove the argument."
		if meant != "" {
			remedy = "Write " + meant + " instead."
		}
		fixes := append([]health.Fix{backendFix(p, func(b *tf.Backend) { b.Drop = append(b.Drop, a.Name) })}, restore(ctx, in, p, meant)...)
		return []health.Result{invalid(fmt.Sprintf("%s: the S3 backend has no argument %s.", at, a.Name), remedy, fixes...)}
	case a.Expression:
		why, remedy := notTaken(in, p, a)
		if why == "" {
			return nil
		}
		fixes := append([]health.Fix{backendFix(p, func(b *tf.Backend) { b.Literal = true })}, restore(ctx, in, p, a.Name)...)
		return []health.Result{invalid(fmt.Sprintf("%s: %s needs %s.", at, a.Name, why), remedy, fixes...)}
	}
	return nil
}

// notTaken is why the engine here does not take the expression of a backend's argument,
// empty for one that it takes.
func notTaken(in *inputs, p project, a tf.Argument) (why, remedy string) {
	if takesNoVariables(in) {
		return "a variable or a function, and Terraform accepts neither in a backend", "Write the value itself."
	}
	if missing := p.Files.Undeclared(a); len(missing) > 0 {
		return strings.Join(missing, " and ") + ", which no file of the project declares", "Declare it, or write the value itself."
	}
	return "", ""
}

// restore writes the blueprint's value of a backend argument.
func restore(ctx context.Context, in *inputs, p project, name string) []health.Fix {
	a := in.answers
	values := map[string]func(*tf.Backend){
		"bucket":         func(b *tf.Backend) { b.Bucket = a.Bucket.Name },
		"key":            func(b *tf.Backend) { b.Key = p.StateKey },
		"region":         func(b *tf.Backend) { b.Region = a.StateRegion },
		"encrypt":        func(b *tf.Backend) { b.Encrypt = true },
		"dynamodb_table": func(b *tf.Backend) { b.DynamoDBTable = a.Lock.DynamoDBTable },
		"use_lockfile":   func(b *tf.Backend) { b.UseLockfile = a.Lock.UseLockfile },
	}
	if a.ProfileInFiles {
		values["profile"] = func(b *tf.Backend) { b.Profile = a.AdminProfile }
	}
	if name == "kms_key_id" {
		arn := stateKey(ctx, in, p)
		values[name] = func(b *tf.Backend) { b.KMSKeyID = arn }
	}
	if value := values[name]; value != nil {
		return []health.Fix{backendFix(p, value)}
	}
	return nil
}

// lacking finds a backend that does not say where the state is, in a directory
// where init noted nothing either. Only the team knows the place: it is never
// guessed, for on another one the next plan would create everything again.
func lacking(in *inputs, p project) []health.Result {
	if !p.Partial() || p.noted != nil || p.Files.Generated != nil {
		return nil
	}
	var lacks []string
	for _, name := range []string{"bucket", "key"} {
		if p.Backend.Attributes.Find(name) == nil {
			lacks = append(lacks, name)
		}
	}
	evidence := fmt.Sprintf("%s: the backend has no %s, and init was never run here.", p.Backend.Place, strings.Join(lacks, " and no "))
	other := p.Backend.Overridden()
	if len(lacks) == 0 {
		evidence = fmt.Sprintf("%s: %s gives the state a different place than the backend does, and init was never run here.", p.Backend.Place, other)
	}
	r := refused(evidence, "Run terraform init in "+p.Dir+" with the -backend-config that the team uses, or write into the block where the state is.")
	r.Init.Stuck = true
	remedy := r.Remedy
	if other != nil && other.Variable != "" {
		remedy = fmt.Sprintf("If that is where the state is, run terraform init in %s; otherwise, run %s, then troubleshoot again.", p.Dir, other.Remove())
	} else if given := tf.PartialConfigs(p.Dir); len(given) > 0 {
		remedy = fmt.Sprintf("Run terraform init -backend-config=FILE in %s with the correct one of %s.", p.Dir, strings.Join(given, ", "))
	} else if !in.answers.WithoutBlueprint {
		return []health.Result{r}
	}
	r = finding(diagnosis.BackendNotInitialized.ID, plan.StepInit, plan.Info, evidence+" The place of the state is given with -backend-config.", remedy)
	r.Init.Stuck = true
	return []health.Result{r}
}

// roleBlock is an assume_role block in the backend. The environment's role
// cannot reach the state, which the admin's own key does.
func roleBlock(in *inputs, p project, at files.Place) health.Result {
	role := p.Backend.Attributes.Get("assume_role.role_arn")
	ours := slices.ContainsFunc(in.answers.Environments, func(e blueprint.Environment) bool { return in.answers.RoleARN(partition(in), e) == role })
	remedy := "Write it as assume_role = { role_arn = … }."
	if ours {
		remedy = "Remove it: the state is in the admin account, where an environment's role has no permissions."
	}
	return invalid(fmt.Sprintf("%s: assume_role is a block here, and in a backend it is an attribute.", at), remedy, backendFix(p, func(b *tf.Backend) {
		if ours {
			b.Drop = append(b.Drop, "assume_role")
		}
	}))
}

// refusesRemoved tells whether the engine here refuses what Terraform 1.10 has
// removed. Without an engine the newest counts.
func refusesRemoved(in *inputs) bool {
	e := in.env.Engine
	return e == nil || e.Name == terraform.EngineTerraform && semver.Compare("v"+e.Version, removedSince) >= 0
}

// takesNoVariables: OpenTofu takes variables in a backend since 1.8.
func takesNoVariables(in *inputs) bool {
	return in.env.Engine == nil || in.env.Engine.Name == terraform.EngineTerraform
}

// contradictions are arguments that Terraform does not take beside each other,
// and those that no backend should hold.
func contradictions(in *inputs, p project) []health.Result {
	var results []health.Result
	at := p.Backend.Attributes
	if at.Find("sse_customer_key") != nil && at.Find("kms_key_id") != nil {
		results = append(results, refused(p.At("sse_customer_key")+": Terraform takes only one of sse_customer_key and kms_key_id.", "Re-encrypt the state with the KMS key, then remove sse_customer_key."))
	}
	for _, name := range []string{"access_key", "secret_key", "token"} {
		if at.Find(name) == nil {
			continue
		}
		r := finding("files.static-keys", plan.StepFiles, plan.Failure,
			fmt.Sprintf("%s: %s is in the backend. It takes precedence over the profile, and init copies it in plain text to %s.", p.At(name), name, p.Files.State.DataDir),
			"Remove it, name the profile, and make a new access key: this one is in version control.")
		if in.answers.ProfileInFiles {
			r.Fixes = []health.Fix{nameProfile(in, p)}
		}
		return append(results, r)
	}
	return results
}

// accounts checks the list of accounts that the backend allows.
func accounts(in *inputs, p project) []health.Result {
	account := in.answers.AdminAccount
	if account == "" {
		return nil
	}
	allowed, listed := p.Backend.Texts("allowed_account_ids")
	forbidden, _ := p.Backend.Texts("forbidden_account_ids")
	argument := ""
	switch {
	case listed && !slices.Contains(allowed, account):
		argument = "allowed_account_ids"
	case slices.Contains(forbidden, account):
		argument = "forbidden_account_ids"
	default:
		return nil
	}
	r := finding(diagnosis.WrongAccount.ID, plan.StepFiles, plan.Failure,
		fmt.Sprintf("%s: %s of the backend shuts out %s, the account that holds the state.", p.At(argument), argument, account),
		"Allow account "+account+" there.")
	r.Fixes = []health.Fix{backendFix(p, func(b *tf.Backend) { b.Account = account })}
	return []health.Result{r}
}
