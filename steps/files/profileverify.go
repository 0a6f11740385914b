package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
)

// sdkReads gives the check of a staged file: config.LoadSharedConfigProfile
// must read from it what was set. A role whose source profile is missing there
// is no objection: that profile is usually in the other file, or is written by
// a later change.
func sdkReads(kind Kind, path string, e ProfileEdit) func(context.Context, string) error {
	if len(e.Set) == 0 {
		return nil
	}
	return func(ctx context.Context, staged string) error {
		got, err := config.LoadSharedConfigProfile(ctx, e.Name, func(o *config.LoadSharedConfigOptions) {
			o.ConfigFiles, o.CredentialsFiles = []string{}, []string{staged}
			if kind == Config {
				o.ConfigFiles, o.CredentialsFiles = []string{staged}, []string{}
			}
		})
		var role config.SharedConfigAssumeRoleError
		if errors.As(err, &role) {
			return nil
		}
		if err != nil {
			return &Error{Action: "write", Path: path, Problem: "the AWS SDK would not load profile " + e.Name, Err: err}
		}
		read := map[string]string{
			accessKeyID: got.Credentials.AccessKeyID, secretAccessKey: got.Credentials.SecretAccessKey,
			sessionToken: got.Credentials.SessionToken, "region": got.Region, "role_arn": got.RoleARN,
			"source_profile": got.SourceProfileName, "credential_process": got.CredentialProcess,
			"role_session_name": got.RoleSessionName, "mfa_serial": got.MFASerial,
		}
		for _, kv := range e.Set {
			if value, known := read[kv.Key]; known && value != kv.Value.Reveal() {
				return &Error{
					Action: "write", Path: path,
					Problem: fmt.Sprintf("the AWS SDK would read another value of %s in profile %s", kv.Key, e.Name),
				}
			}
		}
		return nil
	}
}
