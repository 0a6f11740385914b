package profiles

import (
	"strings"
	"testing"

	"stateroom/steps/files"
)

// signIn are the sections of somebody who signs in with Identity Center.
func signIn(session string) []Wanted {
	return []Wanted{
		{Name: session, SSO: true, Set: []KeyValue{
			KV("sso_start_url", "https://d-1234567890.awsapps.com/start"), KV("sso_region", "eu-central-1"), KV("sso_registration_scopes", "sso:account:access"),
		}},
		{Name: "admin_iam", Set: []KeyValue{
			KV("sso_session", session), KV("sso_account_id", "111111111111"), KV("sso_role_name", "Terraform-admins"), KV("region", "eu-west-1"),
		}},
	}
}

// TestASessionIsASectionOfItsOwn whatever profile has its name, and whatever else stands in
// the file: a second run changes nothing, and every other byte stays.
func TestASessionIsASectionOfItsOwn(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                     "",
		"without a final newline":   "[default]\nregion=us-east-1",
		"CRLF":                      "[default]\r\nregion = us-east-1\r\n",
		"a profile of its name":     "[profile acme]\nregion = us-east-1 # kept\n",
		"another session":           "# first\n[sso-session other]\nsso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n",
		"half of it":                "[sso-session acme]\nsso_region = eu-central-1\n\n# end\n[profile x]\noutput = json\n",
		"another region":            "[profile admin_iam]\nregion = us-east-1\n[sso-session acme]\nsso_region = us-west-2\nsso_start_url = https://d-1234567890.awsapps.com/start\n",
		"other settings of its own": "[sso-session acme]\nsso_start_url = https://d-1234567890.awsapps.com/start\ncli_note = kept\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := files.Snapshot{Path: "config", Bytes: files.Content(text)}
			got, err := EditAll(Config, file, signIn("acme"))
			if err != nil {
				t.Fatal(err)
			}
			after := files.Snapshot{Path: "config", Bytes: got.After}
			session, there := SSOSession(after, "acme")
			if !there || session.Get("sso_region") != "eu-central-1" || session.Get("sso_start_url") != "https://d-1234567890.awsapps.com/start" {
				t.Errorf("the session is %v:\n%s", there, got.After)
			}
			if p, _ := Read(Config, after, "admin_iam"); p.Get("sso_session") != "acme" || p.Get("region") != "eu-west-1" {
				t.Errorf("the profile is not written:\n%s", got.After)
			}
			for _, line := range strings.Split(text, "\n") {
				if setting := strings.TrimRight(line, "\r"); !strings.HasPrefix(setting, "sso_region = us-west-2") && !strings.HasPrefix(setting, "region = us-east-1") && !strings.Contains(string(got.After), setting) {
					t.Errorf("%q is gone:\n%s", setting, got.After)
				}
			}
			if strings.Count(string(got.After), "[sso-session acme]") != 1 || strings.Contains(text, "[profile acme]") && !strings.Contains(string(got.After), "region = us-east-1 # kept") {
				t.Errorf("not one section of that name, or another's was edited:\n%s", got.After)
			}
			again, err := EditAll(Config, after, signIn("acme"))
			if err != nil || again.Changes() {
				t.Errorf("a second run changes %v, %v", again.Fields, err)
			}
		})
	}
}

// TestASessionThatNotEveryToolReadsIsNotWritten: names with a space or quotes, and headers
// that the AWS CLI and the SDKs read differently (facts/identity-center.md, section 4).
func TestASessionThatNotEveryToolReadsIsNotWritten(t *testing.T) {
	for name, c := range map[string]struct{ session, text string }{
		"space in the name":  {session: "my session"},
		"quote in the name":  {session: `"x"`},
		"quoted header":      {session: "acme", text: "[sso-session \"acme\"]\nsso_region = eu-central-1\n"},
		"spaces in brackets": {session: "acme", text: "[ sso-session acme ]\nsso_region = eu-central-1\n"},
		"twice":              {session: "acme", text: "[sso-session acme]\nsso_region = eu-central-1\n[sso-session acme]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := EditAll(Config, files.Snapshot{Path: "config", Bytes: files.Content(c.text)}, signIn(c.session)); err == nil {
				t.Errorf("wrote\n%s", got.After)
			}
		})
	}
}
