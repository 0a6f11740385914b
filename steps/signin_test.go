package steps

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// member is a set-up on the laptop of somebody in the group of Identity Center.
func (w *world) member(b *blueprint.Blueprint) *engine.Flow {
	w.t.Helper()
	f := w.setup(b)
	f.Answers.IAm("admins")
	return f
}

func (w *world) configPath() string { return w.shell().Home.Config() }

// config is the laptop's ~/.aws/config.
func (w *world) awsConfig() string {
	w.t.Helper()
	text, err := os.ReadFile(w.configPath())
	w.must(err)
	return string(text)
}

// TestAMemberOfAGroupOfIdentityCenterGetsTheProfilesThatSignIn and nobody else does; the
// session's name carries the organization, and a second run changes no byte.
func TestAMemberOfAGroupOfIdentityCenterGetsTheProfilesThatSignIn(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.nobody(identityTeam())))
	if text, err := os.ReadFile(w.configPath()); err == nil && strings.Contains(string(text), "sso") {
		t.Errorf("nobody's laptop signs in:\n%s", text)
	}
	w.healthy(w.run(w.member(identityTeam())))
	text := w.awsConfig()
	for _, want := range []string{
		"[sso-session stateroom-111111111111]", "sso_start_url = " + w.server.StartURL(), "sso_region = eu-central-1", "sso_registration_scopes = sso:account:access",
		"[profile admin_iam]", "sso_session = stateroom-111111111111", "sso_account_id = 111111111111", "sso_role_name = Terraform-admins",
		"[profile admin_iam-staging]", "source_profile = admin_iam",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	w.events = nil
	summary := w.run(w.nobody(identityTeam())) // the profile says whose laptop it is
	w.healthy(summary)
	if ids := w.plannedIDs(); len(ids) > 0 || w.awsConfig() != text {
		t.Errorf("a further run planned %v", ids)
	}
	if findingOf(summary.Findings, "iam.identity-sign-in") != nil {
		t.Error("a member who is set up is told how to sign in")
	}
}

// TestAProfileThatSignsInElsewhereIsReplacedByConsentAlone: another organization's session of
// the same name, another role, another portal.
func TestAProfileThatSignsInElsewhereIsReplacedByConsentAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, adopt string }{
		"a session of its name": {
			"[sso-session stateroom-111111111111]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n", "sso-session stateroom-111111111111",
		},
		"a profile of its name": {
			"[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n[profile admin_iam]\nsso_session = other\nsso_account_id = 999999999999\nsso_role_name = Admin\n",
			"profile admin_iam",
		},
		"both": { // neither by a word for the other
			"[sso-session stateroom-111111111111]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n[profile admin_iam]\nsso_session = other\nsso_account_id = 999999999999\nsso_role_name = Admin\n",
			"sso-session stateroom-111111111111 and profile admin_iam",
		},
		"a profile without a session": {
			"[profile admin_iam]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111111111111\nsso_role_name = Terraform-admins\n", "profile admin_iam",
		},
		"a profile that contradicts its session": { // which every SDK refuses
			"[profile admin_iam]\nsso_session = stateroom-111111111111\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111111111111\nsso_role_name = Terraform-admins\n", "profile admin_iam",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := identityWorld(t, sandbox.Options{})
			w.must(os.MkdirAll(filepath.Dir(w.configPath()), 0o700))
			w.must(os.WriteFile(w.configPath(), []byte(c.text), 0o600))
			summary := w.run(w.member(identityTeam()))
			if findingOf(summary.Findings, "files.signs-in-elsewhere") == nil || w.awsConfig() != c.text {
				t.Fatalf("found %v, wrote\n%s", findingIDs(summary.Findings), w.awsConfig())
			}
			if len(summary.NotOurs) != 1 || summary.NotOurs[0].NotOurs != c.adopt {
				t.Fatalf("waits for %v", summary.NotOurs)
			}
			for _, f := range summary.Findings {
				if f.ID == "files.signs-in-elsewhere" && !strings.Contains(f.Commands[0].Adopt, plan.Shell(c.adopt)) {
					t.Errorf("%s is told to be replaced by%s", f.Subject, f.Commands[0].Adopt)
				}
			}
			f := w.member(identityTeam())
			if one, _, both := strings.Cut(c.adopt, " and "); both {
				f.Answers.Adopt = []string{one}
				if w.run(f); w.awsConfig() != c.text {
					t.Fatalf("a word for one of them wrote\n%s", w.awsConfig())
				}
				f = w.member(identityTeam())
			}
			f.Answers.Adopt = []string{c.adopt}
			w.healthy(w.run(f))
			text := w.awsConfig()
			if !strings.Contains(text, "sso_session = stateroom-111111111111") || strings.Contains(text, "[sso-session stateroom-111111111111]\nsso_start_url = https://other") ||
				strings.Count(text, "us-east-1") > strings.Count(text, "[sso-session other]") {
				t.Errorf("not replaced:\n%s", text)
			}
			w.events = nil
			w.run(w.member(identityTeam()))
			if ids := w.plannedIDs(); len(ids) > 0 {
				t.Errorf("a further run planned %v", ids)
			}
		})
	}
}

// TestAProfileWithAKeyIsNotMadeToSignIn: Terraform would go on with the key and the AWS CLI
// would sign in (facts/identity-center.md, 1). The rest of the set-up is made.
func TestAProfileWithAKeyIsNotMadeToSignIn(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	credentials := filepath.Join(filepath.Dir(w.configPath()), "credentials")
	w.must(os.MkdirAll(filepath.Dir(credentials), 0o700))
	before, _ := os.ReadFile(credentials)
	w.must(os.WriteFile(credentials, append(before, "\n[admin_iam]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x/y\n"...), 0o600))
	summary := w.run(w.member(identityTeam()))
	f := findingOf(summary.Findings, "files.profile-in-use")
	if f == nil || !strings.Contains(f.Evidence, "aws_access_key_id") {
		t.Fatalf("found %v", findingIDs(summary.Findings))
	}
	if text, err := os.ReadFile(w.configPath()); err == nil && strings.Contains(string(text), "sso_session") {
		t.Errorf("wrote\n%s", text)
	}
	if len(summary.Failures) > 0 || !slices.ContainsFunc(w.server.Log(), func(e sandbox.Entry) bool { return e.Operation == "CreateAccountAssignment" }) {
		t.Errorf("the rest was not made: %v", summary.Failures)
	}
}

// TestAProfileOfAWSLoginIsNotTakenForAKey: a sign-in beside it would win, and no move from a
// key is offered.
func TestAProfileOfAWSLoginIsNotTakenForAKey(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.must(os.MkdirAll(filepath.Dir(w.configPath()), 0o700))
	const text = "[profile admin_iam]\nlogin_session = arn:aws:iam::111111111111:user/alice\n"
	w.must(os.WriteFile(w.configPath(), []byte(text), 0o600))
	f := findingOf(w.run(w.member(identityTeam())).Findings, "files.profile-in-use")
	if f == nil || !strings.Contains(f.Evidence, "login_session") || strings.Contains(f.Evidence, "keep using") || strings.Contains(f.Remedy, "the key") || w.awsConfig() != text {
		t.Errorf("found %v, wrote\n%s", f, w.awsConfig())
	}
}

// TestTheBlueprintSaysWherePeopleSignIn once somebody who is asked has made the set-up: no
// laptop of a member can find that out before signing in.
func TestTheBlueprintSaysWherePeopleSignIn(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	b := identityTeam()
	w.healthy(w.run(w.nobody(b)))
	written, err := blueprint.Read(filepath.Join(w.dir, "stateroom.hcl"))
	w.must(err)
	if at := written.IdentityCenter; at.StartURL != w.server.StartURL() || at.Region != "eu-central-1" {
		t.Errorf("a new blueprint says %+v", at)
	}
	path := filepath.Join(w.dir, "stateroom.hcl")
	text := "# ours\n" + string(b.HCL())
	w.must(os.WriteFile(path, []byte(text), 0o600))
	untold := findingOf(w.run(w.nobody(b)).Findings, "iam.identity-sign-in")
	if untold == nil || !strings.Contains(untold.Remedy, `identity_center.start_url = "`+w.server.StartURL()) {
		t.Errorf("where nobody is asked it is told %v", untold)
	}
	f := w.nobody(b)
	f.Answers.Asked = true
	w.healthy(w.run(f))
	after, err := os.ReadFile(path)
	w.must(err)
	if !strings.HasPrefix(string(after), "# ours\n") || !strings.Contains(string(after), w.server.StartURL()) {
		t.Errorf("the blueprint is\n%s", after)
	}
}
