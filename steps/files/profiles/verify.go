package profiles

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"

	"stateroom/steps/files"
)

// profileRead is what the AWS SDK must read from a file: the settings of one
// profile.
type profileRead struct {
	kind Kind
	path string // of the file, for messages
	edit Wanted
}

// Filled is the same with fill applied to every value.
func (r profileRead) Filled(fill func(string) (string, error)) (files.Reader, error) {
	filled := Wanted{Name: r.edit.Name}
	for _, kv := range r.edit.Set {
		value, err := fill(kv.Value.Reveal())
		if err != nil {
			return nil, err
		}
		filled.Set = append(filled.Set, KV(kv.Key, value))
	}
	r.edit = filled
	return r, nil
}

// Verify asks config.LoadSharedConfigProfile for what was set. A role whose
// source profile is missing in the file is no objection: that profile is
// usually in the other one, or is written by a later change.
func (r profileRead) Verify(ctx context.Context, staged string) error {
	e, path := r.edit, r.path
	got, err := config.LoadSharedConfigProfile(ctx, e.Name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{}, []string{staged}
		if r.kind == Config {
			o.ConfigFiles, o.CredentialsFiles = []string{staged}, []string{}
		}
	})
	var role config.SharedConfigAssumeRoleError
	if errors.As(err, &role) {
		return nil
	}
	if err != nil {
		return &files.Error{Action: "write", Path: path, Problem: "the AWS SDK would not load profile " + e.Name, Err: err}
	}
	read := map[string]string{
		AccessKeyID: got.Credentials.AccessKeyID, SecretAccessKey: got.Credentials.SecretAccessKey,
		sessionToken: got.Credentials.SessionToken, "region": got.Region, "role_arn": got.RoleARN,
		"source_profile": got.SourceProfileName, "credential_process": got.CredentialProcess,
		"role_session_name": got.RoleSessionName, "mfa_serial": got.MFASerial,
		"sso_session": got.SSOSessionName, "sso_account_id": got.SSOAccountID, "sso_role_name": got.SSORoleName,
	}
	for _, kv := range e.Set {
		if value, known := read[kv.Key]; known && value != kv.Value.Reveal() {
			return &files.Error{
				Action: "write", Path: path,
				Problem: fmt.Sprintf("the AWS SDK would read another value of %s in profile %s", kv.Key, e.Name),
			}
		}
	}
	return nil
}
