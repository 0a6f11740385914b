package steps

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// usesProfile tells whether the newest run has planned what acts as the admin profile.
func usesProfile(w *world) string {
	for _, e := range w.events {
		if c := e.Change; e.Kind == plan.EventChange && (c.Run != nil || c.Title == RoleProfiles || c.Profile != "") {
			return c.ID
		}
	}
	return ""
}

// withProfile is a world in which nothing is set up and this laptop's admin profile
// holds a key.
func withProfile(t *testing.T, id, secret string) *world {
	t.Helper()
	w := newWorld(t, sandbox.Options{})
	w.write(".aws/credentials", fmt.Sprintf("[admin_iam]\naws_access_key_id = %s\naws_secret_access_key = %s\n", id, secret))
	return w
}

// TestAProfileOfSomebodyElsesKeyStopsWhatNeedsIt sets up where the admin profile holds
// a key that no admin can be worked as: the rest is made, and nothing waits for the key.
func TestAProfileOfSomebodyElsesKeyStopsWhatNeedsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  func(t *testing.T) *world
		says []string
	}{
		"a key that is gone": {
			func(t *testing.T) *world {
				return withProfile(t, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
			},
			[]string{"admin_iam", "AKIAIOSFODNN7EXAMPLE", "does not work", "InvalidClientTokenId"},
		},
		"another user's": {
			func(t *testing.T) *world {
				w := newWorld(t, sandbox.Options{})
				h, ctx := w.hands(""), context.Background()
				_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
				w.must(err)
				key, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("mallory")})
				w.must(err)
				w.write(".aws/credentials", fmt.Sprintf("[admin_iam]\naws_access_key_id = %s\naws_secret_access_key = %s\n", *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey))
				return w
			},
			[]string{"admin_iam", "user/mallory", "not one of the admins"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.key(t)
			s := w.withEngine()
			w.run(s)
			if id := usesProfile(w); id != "" || w.plannedChange("iam.key.alice") != nil {
				t.Errorf("planned %s, of %v", id, w.plannedIDs())
			}
			w.events = nil
			s = w.setup(team())
			s.Env.Patience = time.Hour // nothing may wait for what cannot come
			summary := w.run(s)
			f := findingOf(summary.Findings, "iam.profile-taken")
			if f == nil || summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
				t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
			}
			says(t, f.Evidence+" "+f.Remedy, append(c.says, "--set admin_profile=NAME")...)
			if !w.applied("bucket.create") || usesProfile(w) != "" {
				t.Errorf("planned %v", w.plannedIDs())
			}
		})
	}
}

// TestAProfileOfAnotherAdminIsNotTakenForMine finds bob's key where alice says to be.
func TestAProfileOfAnotherAdminIsNotTakenForMine(t *testing.T) {
	t.Parallel()
	w := finished(t)
	s := w.setup(team())
	s.Answers.Me = "bob" // the profile has been alice's since
	summary := w.run(s)
	f := findingOf(summary.Findings, "iam.profile-taken")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+" "+f.Remedy, "of alice, and you are bob", "--me alice")
}

// TestTwoIdentitiesUnderOneNameAreAskedAbout puts another source of credentials beside
// the admin's key: which of the two counts depends on who reads it.
func TestTwoIdentitiesUnderOneNameAreAskedAbout(t *testing.T) {
	t.Parallel()
	for setting, value := range map[string]string{
		"sso_session": "corp", "credential_process": "/opt/vault", "role_arn": "arn:aws:iam::222222222222:role/Other",
		"web_identity_token_file": "/token", "login_session": "arn:aws:iam::111111111111:user/carol",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			config := ".aws/config"
			w.write(config, "[profile admin_iam]\nregion = eu-west-1\n"+setting+" = "+value+"\n")
			before := snapshotOf(t, w, config)
			w.run(w.withEngine())
			if id := usesProfile(w); id != "" {
				t.Errorf("planned %s", id)
			}
			summary, _, _ := w.again(team())
			f := findingOf(summary.Findings, "iam.two-identities")
			if f == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Fatalf("findings %v", summary.Findings)
			}
			says(t, f.Evidence, "admin_iam", "access key AKIA", setting+" (line 3)")
			if after := snapshotOf(t, w, config); after != before {
				t.Errorf("the config file is now\n%s", after)
			}
		})
	}
}

// TestAProfileThatAsksAnotherStoreStopsWhatNeedsIt: the config file sends what Terraform
// asks of S3 with the admin profile to a store of somebody's, which would get every request
// of an admin, and has no such key.
func TestAProfileThatAsksAnotherStoreStopsWhatNeedsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	const config = "[profile admin_iam]\nservices = minio\n[services minio]\ns3 =\n  endpoint_url = http://minio.example:9000\n"
	w.write(".aws/config", config)
	run := func() *plan.Summary {
		s, flow := w.nine(team())
		s.Env.Endpoint, s.Env.Environ = "", s.Env.Environ.With(map[string]string{"AWS_ENDPOINT_URL": ""})
		return w.run(flow)
	}
	summary := run()
	f := findingOf(summary.Findings, "files.profile-endpoint")
	if f == nil || summary.Failed > 0 || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("failed %d, found %v", summary.Failed, summary.Findings)
	}
	says(t, f.Evidence+" "+f.Remedy, "config:5", "profile admin_iam to s3", "http://minio.example:9000", "--set admin_profile=NAME")
	kept, err := os.ReadFile(filepath.Join(w.dir, ".aws", "config"))
	w.must(err)
	if id := usesProfile(w); id != "" || w.calls("CreateAccessKey", "alice") > 0 || string(kept) != config {
		t.Errorf("%s was planned, a key made or the file changed: %s", id, kept)
	}
	w.write(".aws/config", "[profile admin_iam]\nendpoint_url = https://vpce-0123456789abcdef0-abcdefgh.s3.eu-west-1.vpce.amazonaws.com\n")
	if f := findingOf(run().Findings, "files.profile-endpoint"); f != nil {
		t.Errorf("a VPC's own way to AWS is taken for another place: %v", f)
	}
}

// TestOnboardIsNamedForTheTeamsOwnProfileAlone: of any other profile whose key shadows a
// sign-in, and in a team in which nobody signs in, it moves nothing.
func TestOnboardIsNamedForTheTeamsOwnProfileAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		profile string
		team    *blueprint.Blueprint
		named   bool
	}{
		"ours":                   {"admin_iam", identityTeam(), true},
		"another":                {"other", identityTeam(), false},
		"a team that has no one": {"admin_iam", team(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			read := func(file, text string) files.Snapshot {
				path := filepath.Join(dir, file)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				snapshot, err := files.Read(path)
				if err != nil {
					t.Fatal(err)
				}
				return snapshot
			}
			a := &blueprint.Answers{Blueprint: c.team}
			a.FillDefaults()
			f := KeysShadowSignIn(
				read("credentials", "["+c.profile+"]\naws_access_key_id = AKIAOTHEROTHEROTHER0\naws_secret_access_key = s\n"),
				read("config", "[profile "+c.profile+"]\nsso_session = corp\n"), a, c.profile)
			if f == nil || strings.Contains(f.Remedy, "stateroom onboard") != c.named || !strings.Contains(f.Remedy, "remove the lines") {
				t.Errorf("found %v", f)
			}
		})
	}
}
