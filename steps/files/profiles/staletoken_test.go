package profiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"stateroom/steps/files"
)

// The AWS SDK for Go is asked whether it would send both.
func TestAStaleTokenIsOneThatTheSDKSendsWithAUsersKey(t *testing.T) {
	const (
		user    = "aws_access_key_id = AKIAX\naws_secret_access_key = hush\n"
		session = "aws_access_key_id = ASIAX\naws_secret_access_key = hush\n"
		token   = "aws_session_token = t\n"
	)
	for name, tt := range map[string]struct {
		credentials, config string
		at                  string // the place, empty where there is none
		both                bool   // the AWS CLI (botocore 1.43) sends it, too
	}{
		"a key alone":                    {"[p]\n" + user, "[profile p]\nregion = r\n", "", false},
		"in config":                      {"[p]\n" + user, "[profile p]\nregion = r\n" + token, "config:3", false},
		"in config, and a pair there":    {"[p]\n" + user, "[profile p]\n" + user + token, "config:4", false},
		"in the same section":            {"[p]\n" + user + token, "", "credentials:4", true},
		"in both":                        {"[p]\n" + user + token, "[profile p]\n" + token, "credentials:4", true},
		"both in config":                 {"", "[profile p]\n" + user + token, "config:4", true},
		"in credentials, key in config":  {"[p]\n" + token, "[profile p]\n" + user, "", false},
		"an empty one takes it out":      {"[p]\n" + user + "aws_session_token =\n", "[profile p]\n" + token, "", false},
		"of a session":                   {"[p]\n" + session + token, "", "", false},
		"of a session, another's beside": {"[p]\n" + session + token, "[profile p]\n" + token, "", false},
		"of another profile":             {"[p]\n" + user, "[profile q]\n" + token, "", false},
		"half a key":                     {"[p]\naws_access_key_id = AKIAX\n", "[profile p]\n" + token, "config:2", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var file [2]files.Snapshot
			for kind, text := range []string{Credentials: tt.credentials, Config: tt.config} {
				path := filepath.Join(dir, [...]string{Credentials: "credentials", Config: "config"}[kind])
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				var err error
				if file[kind], err = files.Read(path); err != nil {
					t.Fatal(err)
				}
			}
			got, stale := FindStaleToken(file[Credentials], file[Config], "p")
			if stale != (tt.at != "") || stale && (!strings.HasSuffix(got.Place.String(), tt.at) || got.Both != tt.both) {
				t.Errorf("stale %v: %+v", stale, got)
			}
			sdk, err := config.LoadSharedConfigProfile(t.Context(), "p", func(o *config.LoadSharedConfigOptions) {
				o.CredentialsFiles, o.ConfigFiles = []string{file[Credentials].Path}, []string{file[Config].Path}
			})
			sends := err == nil && strings.HasPrefix(sdk.Credentials.AccessKeyID, longTerm) && sdk.Credentials.SessionToken != ""
			if sends != (stale && got.KeyID != "") {
				t.Errorf("the SDK sends both: %v, told: %v %+v", sends, stale, got)
			}
		})
	}
}
