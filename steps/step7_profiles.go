package steps

import (
	"fmt"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// Disagreements tell of lines in the AWS files that the AWS CLI and Terraform
// read differently, whoever wrote them.
func Disagreements(credentials, config files.Snapshot) []plan.Finding {
	var findings []plan.Finding
	for _, at := range []struct {
		kind profiles.Kind
		file files.Snapshot
	}{{profiles.Credentials, credentials}, {profiles.Config, config}} {
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
		Evidence: fmt.Sprintf("%s: profile %s has an aws_session_token, left from another key, beside the user's own access key %s. %s, and AWS refuses every such call (InvalidClientTokenId).",
			at.Place, profile, at.KeyID, sends),
		Remedy: fmt.Sprintf("Delete line %d of %s.", at.Place.Line, at.Place.Path),
	}
}

// WithoutStaleToken takes a session token that is nobody's any more out of the
// config file with the profiles that are written there: beside a key in the
// credentials file it would be sent with that. It names these profiles, which
// nothing can sign as before the edit.
func WithoutStaleToken(wanted []profiles.Wanted, credentials, config files.Snapshot) []string {
	var cleared []string
	for i, e := range wanted {
		if at, stale := profiles.FindStaleToken(credentials, config, e.Name); stale && at.Kind == profiles.Config {
			wanted[i].Remove = append(wanted[i].Remove, profiles.WithoutToken(e.Name).Remove...)
			cleared = append(cleared, e.Name)
		}
	}
	return cleared
}

// planConfig writes the admin profile's region and a role profile for each
// environment, on a laptop that has the admin profile or is about to.
func planConfig(o *Observed, a *blueprint.Answers, p *plan.Proposal) {
	if a.Me == "" && o.IAM.ProfileKey == "" {
		return
	}
	all := Profiles(a, o.partition(), o.environments(a.Environments))
	WithoutStaleToken(all, o.Files.Credentials, o.Files.Config)
	edit, err := profiles.EditAll(profiles.Config, o.Files.Config, all)
	for _, wanted := range all {
		if err == nil {
			err = wanted.Conflict(o.Files.Credentials, o.Files.Config)
		}
	}
	addEdit(a, p, edit, err, RoleProfiles)
}

// RoleProfiles is the title of the change that writes them.
const RoleProfiles = "Write a role profile for each environment"

// Profiles are what ~/.aws/config holds for an admin of these environments: the
// region of the profile with the credentials, and a role profile for each
// environment, without mfa_serial, since Terraform cannot ask for a code.
func Profiles(a *blueprint.Answers, partition string, environments []blueprint.Environment) []profiles.Wanted {
	wanted := []profiles.Wanted{{Name: a.AdminProfile, Set: []profiles.KeyValue{profiles.KV("region", a.StateRegion)}}}
	for _, e := range environments {
		wanted = append(wanted, profiles.Wanted{Name: a.ProfileFor(e.Name), Set: []profiles.KeyValue{
			profiles.KV("role_arn", a.RoleARN(partition, e)),
			profiles.KV("source_profile", a.AdminProfile),
			profiles.KV("region", a.RegionOf(e)),
		}})
	}
	return wanted
}

// profileWrite is the write of a new access key into the admin profile. Its
// values are references until AWS has made the key.
func (f FileFacts) profileWrite(profile, keyID, key string) (*plan.Write, error) {
	wanted := profiles.Wanted{Name: profile, Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", keyID), {Key: "aws_secret_access_key", Value: secret.New(key)},
	}}
	if err := wanted.Conflict(f.Credentials, f.Config); err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	edit, err := profiles.Edit(profiles.Credentials, f.Credentials, wanted)
	if err != nil {
		return nil, err
	}
	return &plan.Write{Edit: edit, Diff: plan.Known(edit.Diff())}, nil
}
