package laptop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAProfileIsFollowedToItsCredentialsAsTheSDKDoes(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	home := t.TempDir()
	const keys = "aws_access_key_id = AKIAX\naws_secret_access_key = hush\n"
	const role = "role_arn = arn:aws:iam::222222222222:role/r\n"
	const sso = "sso_session = acme\nsso_account_id = 1\nsso_role_name = r\n"
	tests := map[string]struct {
		credentials, config string
		from                string // in the description of the source
		id, evidence        string
	}{
		"keys":                        {"[p]\n" + keys, "", "access key AKIAX", "", ""},
		"keys in config":              {"", "[profile p]\n" + keys, "access key AKIAX", "", ""},
		"in neither":                  {"[q]\n" + keys, "", "", "profile-missing", "in neither"},
		"the other file's form":       {"[profile p]\n" + keys, "", "", "profile-missing", "reads [profile p]"},
		"no keys":                     {"", "[profile p]\nregion = x\n", "", "credentials-missing", "neither"},
		"an id alone":                 {"[p]\naws_access_key_id = AKIAX\n", "", "", "credentials-missing", "without aws_secret_access_key"},
		"a secret alone":              {"[p]\naws_secret_access_key = hush\n", "", "", "credentials-missing", "without aws_access_key_id"},
		"halves in two files":         {"[p]\naws_access_key_id = AKIAX\n", "[profile p]\naws_secret_access_key = hush\n", "", "credentials-missing", "without"},
		"role through a source":       {"[q]\n" + keys, "[profile p]\n" + role + "source_profile = q\n", "through profile q, access key AKIAX", "", ""},
		"role through two":            {"[r]\n" + keys, "[profile p]\n" + role + "source_profile = q\n[profile q]\n" + role + "source_profile = r\n", "through profile r", "", ""},
		"a source that is missing":    {"", "[profile p]\n" + role + "source_profile = q\n", "", "profile-missing", "takes its credentials from profile q"},
		"a source without keys":       {"[q]\nregion = x\n", "[profile p]\n" + role + "source_profile = q\n", "", "credentials-missing", "takes its credentials from profile q"},
		"a role without a source":     {"", "[profile p]\n" + role, "", "credentials-missing", "names no source"},
		"a source without a role":     {"[q]\n" + keys, "[profile p]\nsource_profile = q\n", "", "credentials-missing", "without a role_arn"},
		"itself, with keys":           {"[p]\n" + keys, "[profile p]\n" + role + "source_profile = p\n", "access key AKIAX", "", ""},
		"itself, without keys":        {"", "[profile p]\n" + role + "source_profile = p\n", "", "credentials-missing", "p → p"},
		"a circle":                    {"", "[profile p]\n" + role + "source_profile = q\n[profile q]\n" + role + "source_profile = p\n", "", "credentials-missing", "circle"},
		"two sources":                 {"[q]\n" + keys, "[profile p]\n" + role + "source_profile = q\ncredential_source = Environment\n", "", "credentials-missing", "accepts only one"},
		"the machine's own":           {"", "[profile p]\n" + role + "credential_source = Ec2InstanceMetadata\n", "this machine", "", ""},
		"a code":                      {"[q]\n" + keys, "[profile p]\n" + role + "source_profile = q\nmfa_serial = arn:x\n", "", "mfa-profile", "MFA"},
		"a code in the source":        {"[r]\n" + keys, "[profile p]\n" + role + "source_profile = q\n[profile q]\n" + role + "source_profile = r\nmfa_serial = arn:x\n", "", "mfa-profile", "takes its credentials from profile q"},
		"a program":                   {"", "[profile p]\ncredential_process = /bin/x\n", "credential_process", "", ""},
		"aws login":                   {"", "[profile p]\nlogin_session = arn:x\n", "aws login", "", ""},
		"a role by aws login":         {"", "[profile p]\n" + role + "source_profile = q\n[profile q]\nlogin_session = arn:x\n", "", "aws-login-profile", "profile q, which has a login_session"},
		"a role by two, aws login":    {"", "[profile p]\n" + role + "source_profile = q\n[profile q]\n" + role + "source_profile = r\n[profile r]\nlogin_session = arn:x\n", "", "aws-login-profile", "profile r, which has a login_session"},
		"keys before aws login":       {"[q]\n" + keys, "[profile p]\n" + role + "source_profile = q\n[profile q]\nlogin_session = arn:x\n", "access key AKIAX", "", ""},
		"a program of aws login":      {"", "[profile p]\n" + role + "source_profile = q\n[profile q]\ncredential_process = aws configure export-credentials --profile r\n[profile r]\nlogin_session = arn:x\n", "credential_process", "", ""},
		"a token that is missing":     {"", "[profile p]\n" + role + "web_identity_token_file = /nonexistent\n", "", "credentials-missing", "names no source"},
		"sign-on without a token":     {"", "[profile p]\nsso_start_url = https://nowhere\nsso_region = x\nsso_account_id = 1\nsso_role_name = r\n", "", "sso-expired", "there is no token"},
		"sign-on without a session":   {"", "[profile p]\n" + sso, "", "credentials-missing", "has no section [sso-session acme]"},
		"a session without a region":  {"", "[profile p]\n" + sso + "[sso-session acme]\nsso_start_url = https://x\n", "", "sso-settings-incomplete", "config:5: [sso-session acme], with which profile p signs in, has no sso_region"},
		"a session without anything":  {"", "[profile p]\n" + sso + "[sso-session acme]\n", "", "sso-settings-incomplete", "has no sso_start_url and no sso_region"},
		"sign-on without a region":    {"", "[profile p]\nsso_start_url = https://x\nsso_account_id = 1\nsso_role_name = r\n", "", "sso-settings-incomplete", "has no sso_region"},
		"sign-on for no role":         {"", "[profile p]\nsso_session = acme\nsso_account_id = 1\n[sso-session acme]\nsso_start_url = https://x\nsso_region = x\n", "", "sso-settings-incomplete", "has no sso_role_name"},
		"two regions of sign-on":      {"", "[profile p]\n" + sso + "sso_region = y\n[sso-session acme]\nsso_start_url = https://x\nsso_region = x\n", "", "sso-settings-incomplete", "profile p says sso_region = y, and [sso-session acme] says x"},
		"keys before sign-on":         {"[p]\n" + keys, "[profile p]\n" + sso + "[sso-session acme]\nsso_start_url = https://x\n", "access key AKIAX", "", ""},
		"keys, and no such session":   {"[p]\n" + keys, "[profile p]\n" + sso, "", "credentials-missing", "has no section [sso-session acme]"},
		"a source's keys, no session": {"[q]\n" + keys, "[profile p]\n" + role + "source_profile = q\n[profile q]\n" + sso, "access key AKIAX", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"credentials": tt.credentials, "config": tt.config} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f := readAWSFiles(filepath.Join(dir, "credentials"), filepath.Join(dir, "config"), func(string) string { return home }, now)
			f.wanted = "p"
			from, wrong := f.source("p")
			if tt.id == "" {
				if wrong != nil || !strings.Contains(from, tt.from) {
					t.Errorf("from %q, wrong %+v", from, wrong)
				}
				return
			}
			if wrong == nil || wrong.id != tt.id || !strings.Contains(wrong.evidence, tt.evidence) || wrong.remedy == "" {
				t.Fatalf("wrong %+v, from %q", wrong, from)
			}
			if strings.Contains(wrong.evidence+wrong.remedy, "hush") {
				t.Error("the secret is shown")
			}
		})
	}
}

func TestASignOnCountsAsLongAsItsTokenCanBeUsed(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	const later, earlier = `"2026-11-25T13:00:00Z"`, `"2026-11-25T11:00:00Z"`
	for name, tt := range map[string]struct {
		token  string
		usable bool
	}{
		"good":               {`{"expiresAt":` + later + `}`, true},
		"over":               {`{"expiresAt":` + earlier + `}`, false},
		"over and renewable": {`{"expiresAt":` + earlier + `,"refreshToken":"r","clientId":"c","registrationExpiresAt":` + later + `}`, true},
		"no longer so":       {`{"expiresAt":` + earlier + `,"refreshToken":"r","clientId":"c","registrationExpiresAt":` + earlier + `}`, false},
		"junk":               {`junk`, false},
	} {
		home := t.TempDir()
		for file, text := range map[string]string{
			".aws/config": "[profile p]\nsso_session = acme\nsso_account_id = 1\nsso_role_name = r\n[sso-session acme]\nsso_start_url = https://x\nsso_region = x\n", ".aws/credentials": "",
			// The SDK names the file by the SHA-1 of "acme".
			".aws/sso/cache/293abb6b76d7791c0732cc517d38c4b5c734b87f.json": tt.token,
		} {
			path := filepath.Join(home, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := readAWSFiles(filepath.Join(home, ".aws/credentials"), filepath.Join(home, ".aws/config"), func(string) string { return home }, now)
		if _, wrong := f.source("p"); (wrong == nil) != tt.usable || wrong != nil && wrong.id != "sso-expired" {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}
