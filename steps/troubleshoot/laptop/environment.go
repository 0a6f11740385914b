package laptop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// environment is the fifth check: variables that decide where the files are silent,
// or over them. Those that are set and decide nothing are named in its answer.
func environment(_ context.Context, in *inputs) []health.Result {
	q := health.Question{Name: "overriding environment variables", Asked: "the environment"}
	found := slices.Concat(credentialVariables(in), fileVariables(in), terraformVariables(in), endpointVariables(in))
	var evidence []string
	for _, r := range found {
		evidence = append(evidence, r.Evidence)
	}
	serious := slices.IndexFunc(found, func(r health.Result) bool { return r.Severity != plan.Info })
	switch set := setVariables(in.env.Environ); {
	case serious >= 0:
		return append(found, q.FailedAs(strings.Join(evidence, " "), found[serious].ID))
	case len(set) > 0:
		return append(found, q.Passed("none that is set wins over the files: %s", strings.Join(set, ", ")))
	}
	return append(found, q.Passed("none is set"))
}

// relevant begin the names of the variables that Terraform or the AWS SDK heed.
var relevant = []string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL", "AWS_S3_ENDPOINT", "AWS_STS_ENDPOINT", "AWS_DYNAMODB_ENDPOINT",
	"AWS_CA_BUNDLE", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS",
}

// setVariables are the names of those that are set.
func setVariables(environ []string) []string {
	var set []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && slices.ContainsFunc(relevant, func(r string) bool { return strings.HasPrefix(name, r) }) {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return set
}

// credentialVariables: an explicit profile beats environment keys, and they beat
// AWS_PROFILE. Only what decides for a project is told, and only where the
// blueprint names the profile in the environment: a missing profile in the files
// is told as that.
func credentialVariables(in *inputs) []health.Result {
	silent := func(p project) bool { return backendIdentity(in, p) == environmentIdentity(in) }
	if in.answers.ProfileInFiles || !slices.ContainsFunc(in.projects, silent) {
		return nil
	}
	get := in.env.Environ.Get
	id, key, chosen := get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), get("AWS_PROFILE")
	switch {
	case id != "" && key != "" && strings.HasPrefix(id, "AKIA") && get("AWS_SESSION_TOKEN") != "":
		return []health.Result{finding("files.environment-token-stale", plan.StepFiles, plan.Failure,
			fmt.Sprintf("AWS_SESSION_TOKEN is set beside AWS_ACCESS_KEY_ID (%s), which is a user's own key: AWS refuses every call that carries both (InvalidClientTokenId).", id),
			"Run: unset AWS_SESSION_TOKEN")}
	case id != "" && key != "" && chosen != "":
		return []health.Result{finding("files.environment-keys-win", plan.StepFiles, plan.Warning,
			fmt.Sprintf("AWS_ACCESS_KEY_ID (%s) and AWS_PROFILE (%s) are both set, and the keys win: the profile is not used.", id, chosen),
			"Unset the one that is not meant: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN.")}
	case (id != "") != (key != ""):
		return []health.Result{finding("files.environment-keys-half", plan.StepFiles, plan.Warning,
			"Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set, so Terraform ignores both.", "Set both, or neither.")}
	}
	return nil
}

// fileVariables: another credentials or config file than the usual one.
func fileVariables(in *inputs) []health.Result {
	get := in.env.Environ.Get
	var found []health.Result
	for _, v := range []struct {
		name string
		file files.Snapshot
		kind profiles.Kind
	}{{"AWS_SHARED_CREDENTIALS_FILE", in.aws.credentials, profiles.Credentials}, {"AWS_CONFIG_FILE", in.aws.config, profiles.Config}} {
		if get(v.name) == "" {
			continue
		}
		usual, err := usualFile(v.kind, get)
		if err != nil || usual.Path == v.file.Path || !usual.Exists {
			continue
		}
		for _, u := range in.uses {
			if _, there := profiles.Read(v.kind, usual, u.profile); there && in.aws.readable() && u.trouble != nil {
				found = append(found, finding("files.environment-hides-file", plan.StepFiles, plan.Failure,
					fmt.Sprintf("%s points to %s, where profile %s gives no credentials; %s has that profile.", v.name, v.file.Path, u.profile, usual.Path),
					"Run unset "+v.name+", or write the profile into "+v.file.Path+"."))
			}
		}
	}
	return found
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
func terraformVariables(in *inputs) []health.Result {
	var found []health.Result
	tell := func(id, evidence, remedy string) {
		found = append(found, finding(id, plan.StepFiles, plan.Warning, evidence, remedy))
	}
	if dir := in.env.Environ.Get("TF_DATA_DIR"); strings.HasPrefix(dir, "/") && len(in.projects) > 1 {
		tell("files.environment-shared-data-dir",
			fmt.Sprintf("TF_DATA_DIR=%s makes %d projects share one data directory, so that each takes the other's backend for its own.", dir, len(in.projects)),
			"Run unset TF_DATA_DIR, or give it a path relative to the project.")
	}
	if workspace := in.env.Environ.Get("TF_WORKSPACE"); workspace != "" {
		other := slices.IndexFunc(in.projects, func(p project) bool { return p.Files.State.Workspace != workspace })
		if other >= 0 {
			p := in.projects[other]
			tell("files.environment-workspace",
				fmt.Sprintf("TF_WORKSPACE=%s wins over workspace %s, which is selected in %s, so Terraform works on another state.", workspace, p.Files.State.Workspace, p.Dir),
				"Run unset TF_WORKSPACE, unless that workspace is meant.")
		}
	}
	for _, entry := range in.env.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "TF_CLI_ARGS") {
			continue
		}
		if i := slices.IndexFunc(heeded, func(flag string) bool { return strings.Contains(value, flag) }); i >= 0 {
			tell("files.environment-flags",
				fmt.Sprintf("%s adds %s to every command that it applies to.", name, strings.TrimSuffix(heeded[i], "=")), "Run unset "+name+", unless that is meant.")
		}
	}
	return found
}

// endpointVariables: addresses of AWS that a backend does not name itself. All that
// matter are told at once, since the next one decides when one is unset.
func endpointVariables(in *inputs) []health.Result {
	get := in.env.Environ.Get
	if get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" {
		return nil
	}
	var set, names []string
	var silent files.Place
	for _, s := range backendEndpoints {
		at := slices.IndexFunc(in.projects, func(p project) bool { return s.leftOut(p.S3()) })
		if at < 0 {
			continue
		}
		for _, name := range s.variables {
			value := get(name)
			if value == "" || slices.Contains(names, name) || strings.TrimRight(value, "/") == strings.TrimRight(in.env.Endpoint, "/") {
				continue
			}
			if len(names) == 0 {
				silent = in.projects[at].S3().Place
			}
			names, set = append(names, name), append(set, name+"="+diagnosis.Redact(secret.Address(value)))
		}
	}
	if len(names) == 0 {
		return nil
	}
	severity := plan.Warning
	if in.env.Endpoint == "" {
		severity = plan.Info // stateroom follows the same variables
	}
	sends, meant := "sends Terraform's requests to that address", "that address is"
	if len(names) > 1 {
		sends, meant = "send Terraform's requests to those addresses", "those addresses are"
	}
	return []health.Result{finding("files.environment-endpoint", plan.StepFiles, severity,
		fmt.Sprintf("%s %s and not to AWS, for %s names none.", strings.Join(set, " and "), sends, silent),
		"Run unset "+strings.Join(names, " ")+", unless "+meant+" meant.")}
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
