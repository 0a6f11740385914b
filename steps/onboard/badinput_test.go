package onboard

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// do sends a call as the operator.
func (c *company) do(call awsops.Call) awsops.Outputs {
	c.t.Helper()
	out, err := c.iam().Do(context.Background(), call)
	c.must(err)
	return out
}

// tree is every file below a folder with its content.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, root)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// pasted is the onboarding of a key that was typed in, with --me or without.
func (l *laptop) pasted(id, key, me string) *engine.Flow {
	l.t.Helper()
	o := &Onboarding{Answers: l.answers(), KeyID: id, Now: time.Now}
	o.Answers.Me = me
	return l.flow(o, awsops.KeyPair{ID: id, Secret: secret.New(key)})
}

// made gives a user of the sandbox a key.
func (c *company) made(user string) awsops.KeyPair {
	c.t.Helper()
	out := c.do(awsops.CreateAccessKey(user))
	return awsops.KeyPair{ID: out.Values["id"], Secret: out.Secret}
}

func (l *laptop) withHandover() *engine.Flow {
	_, f := l.onboarding(l.handed())
	return f
}

// badInput is one thing that keeps an onboarding from beginning.
type badInput struct {
	name string
	// prepare spoils something and gives the run.
	prepare func(l *laptop) *engine.Flow
	finding string
	says    []string
}

func badInputs() []badInput {
	return []badInput{{
		name: "a key of another account",
		prepare: func(l *laptop) *engine.Flow {
			reach := l.all.Reach("222222222222", "OrganizationAccountAccessRole", blueprint.DefaultStateRegion)
			_, err := reach.Do(context.Background(), awsops.CreateUser("bob", "/", nil))
			l.must(err)
			out, err := reach.Do(context.Background(), awsops.CreateAccessKey("bob"))
			l.must(err)
			return l.pasted(out.Values["id"], out.Secret.Reveal(), "")
		},
		finding: "wrong-account", says: []string{"222222222222", "111111111111"},
	}, {
		name: "a key of another user",
		prepare: func(l *laptop) *engine.Flow {
			pair := l.made("alice")
			return l.pasted(pair.ID, pair.Secret.Reveal(), "bob")
		},
		finding: "onboard.other-user", says: []string{"user/alice", "user bob", "--me"},
	}, {
		name: "a wrong secret",
		prepare: func(l *laptop) *engine.Flow {
			return l.pasted(l.handed().AccessKeyID, sampleSecret, "bob")
		},
		finding: "signature-mismatch", says: []string{"SignatureDoesNotMatch", "Paste id and secret again"},
	}, {
		name: "a key that is unknown",
		prepare: func(l *laptop) *engine.Flow {
			return l.pasted(sampleID, sampleSecret, "bob")
		},
		finding: "key-invalid", says: []string{sampleID, "deleted or made inactive"},
	}, {
		name: "a key that was deactivated",
		prepare: func(l *laptop) *engine.Flow {
			l.do(awsops.UpdateAccessKey("bob", l.handed().AccessKeyID, "Inactive"))
			return l.withHandover()
		},
		finding: "key-invalid", says: []string{"made inactive", "stateroom handover USER"},
	}, {
		name: "a key that was deleted",
		prepare: func(l *laptop) *engine.Flow {
			l.do(awsops.DeleteAccessKey("bob", l.handed().AccessKeyID))
			return l.withHandover()
		},
		finding: "key-invalid", says: []string{"deleted", "stateroom handover USER"},
	}, {
		name: "a user whom the blueprint has in no group",
		prepare: func(l *laptop) *engine.Flow {
			o, f := l.onboarding(l.handed())
			o.Answers.Groups[0].Users = []string{"alice"}
			return f
		},
		finding: "onboard.not-in-group", says: []string{"bob", "no group", "stateroom setup"},
	}, {
		name: "a user whom IAM has in no group",
		prepare: func(l *laptop) *engine.Flow {
			l.do(awsops.RemoveUserFromGroup("admins", "bob"))
			return l.withHandover()
		},
		finding: "onboard.not-in-group", says: []string{"bob", "admins", "iam:ListAccessKeys"},
	}, {
		name: "nothing handed over, and an empty home",
		prepare: func(l *laptop) *engine.Flow {
			_, f := l.onboarding(nil)
			return f
		},
		finding: "onboard.no-key", says: []string{"admin_iam", "--handover FILE"},
	}, {
		name: "a key in the profile that was deleted, and nothing handed over",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/credentials", "[admin_iam]\naws_access_key_id = "+sampleID+"\naws_secret_access_key = "+sampleSecret+"\n")
			_, f := l.onboarding(nil)
			return f
		},
		finding: "key-invalid", says: []string{sampleID, "deleted or made inactive"},
	}, {
		name: "half a key in the profile, and nothing handed over",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/credentials", "[admin_iam]\naws_access_key_id = "+sampleID+"\n")
			_, f := l.onboarding(nil)
			return f
		},
		finding: "credentials-missing", says: []string{"Correct profile admin_iam"},
	}, {
		name: "a credentials file with a byte order mark",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/credentials", "\ufeff[mine]\naws_access_key_id = x\n")
			return l.withHandover()
		},
		finding: "files.encoding", says: []string{"credentials begins", "byte order mark", "Save it as UTF-8"},
	}, {
		name: "the profile appears twice",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/credentials", "[admin_iam]\n[x]\n[admin_iam]\n")
			return l.withHandover()
		},
		finding: "onboard.cannot-edit", says: []string{"credentials:3", "twice"},
	}, {
		name: "the profile gets its credentials from a process",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/credentials", "[admin_iam]\ncredential_process = /usr/bin/keyring\n")
			return l.withHandover()
		},
		finding: "onboard.profile-conflict", says: []string{"credential_process (line 2)", "Rename your profile admin_iam"},
	}, {
		name: "the profile signs in by SSO, in the other file",
		prepare: func(l *laptop) *engine.Flow {
			l.write(".aws/config", "[profile admin_iam]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = x\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x\n")
			return l.withHandover()
		},
		finding: "onboard.profile-conflict", says: []string{"config", "sso_session (line 2)", "Rename your profile admin_iam"},
	}, {
		name: "the profile holds bob's key and signs in by SSO in the other file",
		prepare: func(l *laptop) *engine.Flow {
			h := l.handed()
			l.write(".aws/credentials", "[admin_iam]\naws_access_key_id = "+h.AccessKeyID+"\naws_secret_access_key = "+h.SecretAccessKey+"\n")
			l.write(".aws/config", "[profile admin_iam]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = x\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x\n")
			_, f := l.onboarding(nil)
			return f
		},
		finding: "iam.two-identities", says: []string{"access key AKIA", "sso_session (line 2)", "Decide which of the two"},
	}, {
		name: "a read-only home",
		prepare: func(l *laptop) *engine.Flow {
			l.mkdir(l.path(".aws"))
			l.must(os.Chmod(l.path(".aws"), 0o500))
			l.t.Cleanup(func() { _ = os.Chmod(l.path(".aws"), 0o700) })
			return l.withHandover()
		},
		finding: "files.cannot-write", says: []string{".aws/credentials", "read-only", "0500"},
	}}
}

func TestWhatCannotBeginSaysWhyAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range badInputs() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := founded(t).laptop("bob")
			f := c.prepare(l)
			asked := false
			f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
				asked = true
				return plan.Decision{Yes: true}, nil
			}
			before, mark := tree(t, filepath.Dir(l.home)), len(l.server.Log())
			summary := l.run(f)
			found := finding(summary, c.finding)
			if found == nil {
				t.Fatalf("no finding %s among %v", c.finding, summary.Findings)
			}
			says(t, found.Evidence+" "+found.Remedy+" "+found.Details, c.says...)
			if found.Severity != plan.Failure || summary.ExitCode(false) != plan.ExitFindings || asked {
				t.Errorf("severity %s, exit code %d, asked: %t", found.Severity, summary.ExitCode(false), asked)
			}
			for _, other := range summary.Findings {
				if other.Severity != plan.Info && other.ID != c.finding {
					t.Errorf("another finding %s", other)
				}
			}
			if calls := l.mutations(mark); len(calls) > 0 || !maps.Equal(before, tree(t, filepath.Dir(l.home))) {
				t.Errorf("calls %v, or files changed", calls)
			}
			l.secretFree("a finding", []byte(found.Evidence+found.Remedy+found.Details))
		})
	}
}

// TestARoleThatIsNotThereIsNotWrittenAnywhere changes where the blueprint has a role,
// which nobody has set up yet: the laptop goes on working with the one that is there.
func TestARoleThatIsNotThereIsNotWrittenAnywhere(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.onBoard(l.come(l.handed()))
	before := l.read(".aws/config")
	o, f := l.onboarding(nil)
	o.Answers.Environments[0].RolePath, o.Answers.Environments[1].Region = "/terraform/", "eu-north-1"
	l.events = nil
	summary := l.run(f)
	if found := finding(summary, "assume-role-denied"); found == nil || summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
		t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
	}
	if !strings.Contains(l.read(".aws/config"), "eu-north-1") || strings.Contains(before, "eu-north-1") {
		t.Errorf("the other environment's profile was not gone on with:\n%s", l.read(".aws/config"))
	}
	if strings.Contains(l.read(".aws/config"), "/terraform/") {
		t.Errorf("the profile names a role that is not there:\n%s", l.read(".aws/config"))
	}
	for _, e := range l.events {
		if c := e.Change; e.Kind == plan.EventChange && strings.Contains(c.ID, filepath.Join("live", o.Answers.Environments[0].Name)) {
			t.Errorf("planned %s", c.ID)
		}
	}
}

func TestAClockTenMinutesOffIsToldAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.server.SetClock(10*time.Minute + 30*time.Second)
	mark := len(l.server.Log())
	summary := l.come(l.handed())
	f := finding(summary, "clock-skew")
	if f == nil || f.Severity != plan.Failure || len(l.mutations(mark)) > 0 || l.read(".aws/credentials") != "" {
		t.Fatalf("findings %v, calls %v", summary.Findings, l.mutations(mark))
	}
	says(t, f.Evidence+f.Remedy, "behind AWS's", "10m", "NTP")
}

func TestAMissingTrustInOneEnvironmentDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	reach := l.all.Reach("333333333333", "OrganizationAccountAccessRole", blueprint.DefaultStateRegion)
	nobody := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444444444444:root"},"Action":"sts:AssumeRole"}]}`
	_, err := reach.Do(t.Context(), awsops.UpdateAssumeRolePolicy(blueprint.DefaultRole, nobody))
	l.must(err)
	summary := l.come(l.handed())
	if summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
		t.Errorf("exit code %d, %d failed", summary.ExitCode(false), summary.Failed)
	}
	f := finding(summary, "assume-role-denied")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy, "arn:aws:iam::333333333333:role/TerraformAdmin", "user/bob", "stateroom setup")
	want := map[string]plan.Verdict{"staging": plan.Passed, "preprod": plan.Failed, "production": plan.Passed}
	for e, v := range want {
		if got := verdict(summary, e, checkRole); got != v {
			t.Errorf("%s: %s, want %s", e, got, v)
		}
	}
	for _, c := range summary.Checks {
		if c.Verdict == plan.Failed && (c.Remedy == "" || c.Finding == "") {
			t.Errorf("no remedy beside %+v", c)
		}
	}
	l.mine("admin_iam")
}

func TestWithoutABlueprintTheHandoversIsTakenAndWritten(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.must(os.Remove(filepath.Join(l.root, "stateroom.hcl")))
	h := l.handed()
	b, err := handover.Check(h, nil, "111111111111", time.Now())
	l.must(err)
	o := &Onboarding{Answers: &blueprint.Answers{Blueprint: b}, Handover: h, KeyID: h.AccessKeyID, Now: time.Now}
	l.onBoard(l.run(l.flow(o, handover.KeyPair(h))))
	l.mine("admin_iam")
	written, err := blueprint.Read(filepath.Join(l.root, "stateroom.hcl"))
	if err != nil || string(written.HCL()) != string(b.HCL()) {
		t.Errorf("the blueprint that was written: %v", err)
	}
	l.onBoard(l.come(nil))
}

// taken is a profile of the team's name that holds somebody else's key, or a
// dead one: it is replaced only after a word.
func TestAProfileThatHoldsAnotherKeyIsReplacedOnlyAfterAWord(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(*laptop) awsops.KeyPair{
		"somebody else's": func(l *laptop) awsops.KeyPair { return l.made("alice") },
		"a dead one":      func(*laptop) awsops.KeyPair { return awsops.KeyPair{ID: sampleID, Secret: secret.New(sampleSecret)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := founded(t).laptop("bob")
			pair := other(l)
			text := "[admin_iam]\naws_access_key_id = " + pair.ID + "\naws_secret_access_key = " + pair.Secret.Reveal() + "\n"
			l.write(".aws/credentials", text)
			h, mark := l.handed(), len(l.server.Log())
			summary := l.come(h)
			f := finding(summary, "onboard.profile-taken")
			if f == nil || len(l.mutations(mark)) > 0 || l.read(".aws/credentials") != text {
				t.Fatalf("findings %v, calls %v", summary.Findings, l.mutations(mark))
			}
			says(t, f.String(), pair.ID, "--adopt "+pair.ID)
			o, flow := l.onboarding(h)
			o.Answers.Adopt = []string{pair.ID}
			summary = l.run(flow)
			l.mine("admin_iam")
			if len(summary.Backups) == 0 || !strings.Contains(strings.Join(summary.Notes, "\n"), summary.Backups[0]) {
				t.Errorf("backups %v, notes %v", summary.Backups, summary.Notes)
			}
			backup, err := os.ReadFile(summary.Backups[0])
			if err != nil || string(backup) != text {
				t.Errorf("the backup: %v", err)
			}
		})
	}
}

func TestASecondKeyOfUnknownUseIsDeletedOnlyAfterAWord(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	other := l.made("bob")
	h, mark := l.handed(), len(l.server.Log())
	_, f := l.onboarding(h)
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		if len(r.NotOurs) == 0 || r.NotOurs[0].NotOurs != other.ID || !r.NotOurs[0].ConfirmByName {
			t.Errorf("foreign changes %+v", r.NotOurs)
		}
		return plan.Decision{Yes: true}, nil
	}
	summary := l.run(f)
	if found := finding(summary, "onboard.two-keys"); found == nil || len(l.mutations(mark)) > 0 {
		t.Fatalf("findings %v, calls %v", summary.Findings, l.mutations(mark))
	}
	_, f = l.onboarding(h)
	f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		return plan.Decision{Yes: true, Adopt: []string{other.ID}}, nil
	}
	l.onBoard(l.run(f))
	l.mine("admin_iam")
}

func TestWhatTheUserHasAlreadyStaysByteForByte(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	credentials := "# mine\r\n[default]\r\naws_access_key_id=AKIAMINE\r\naws_secret_access_key=abc/+=\r\n\r\n[work]\r\ncredential_process = /bin/keys # of the keyring\r\n"
	config := "[profile sso]\nsso_session = corp\n  # indented\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x\n[profile admin_iam-preprod]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = x\n[profile s3]\ns3 =\n  max_concurrent_requests = 20"
	l.write(".aws/credentials", credentials)
	l.write(".aws/config", config)
	l.variables = engine.Environment{"AWS_ACCESS_KEY_ID=AKIAOTHER", "AWS_PROFILE=work"}
	summary := l.come(l.handed())
	l.mine("admin_iam")
	if got := l.read(".aws/credentials"); !strings.HasPrefix(got, credentials) {
		t.Errorf("the credentials changed:\n%s", got)
	}
	if got := l.read(".aws/config"); !strings.HasPrefix(got, config) || strings.Count(got, "[profile admin_iam-preprod]") != 1 {
		t.Errorf("the config changed:\n%s", got)
	}
	if f := finding(summary, "onboard.profile-conflict"); f == nil || !strings.Contains(f.Evidence, "admin_iam-preprod") {
		t.Errorf("findings %v", summary.Findings)
	}
	f := finding(summary, "onboard.environment-wins")
	if f == nil || f.Severity != plan.Info {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Remedy, "unset AWS_ACCESS_KEY_ID AWS_PROFILE")
}

func TestAConfigFileThatMustStayAsItIsIsShownByHand(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.write(".aws/config", "[profile admin_iam]\noutput = json\n[ profile admin_iam ]\n")
	text := l.read(".aws/config")
	summary := l.come(l.handed())
	f := finding(summary, "onboard.cannot-edit")
	if f == nil || l.read(".aws/config") != text {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Details, "config:3", "[profile admin_iam-staging]", "role_arn = arn:aws:iam::222222222222:role/TerraformAdmin", "source_profile = admin_iam")
	l.mine("admin_iam")
}

func TestACredentialsFileThatOthersCanReadIsToldAndClosedWithTheKey(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.write(".aws/credentials", "[default]\n")
	l.must(os.Chmod(l.path(".aws/credentials"), 0o644))
	l.onBoard(l.come(l.handed()))
	told, planned := false, false
	for _, e := range l.events {
		told = told || e.Kind == plan.EventFinding && e.Finding.ID == "onboard.file-open" && strings.Contains(e.Finding.Evidence, "0644")
		if e.Kind == plan.EventChange {
			planned = planned || slices.Contains(e.Change.Fields, plan.Field{Name: files.ModeField, Before: "0644", After: "0600"})
		}
	}
	info, err := os.Stat(l.path(".aws/credentials"))
	l.must(err)
	if !told || !planned || info.Mode().Perm() != 0o600 {
		t.Errorf("told %t, planned %t, mode %o", told, planned, info.Mode().Perm())
	}
}

func TestTheSameHandoverOnTwoLaptopsIsRefusedOnTheSecond(t *testing.T) {
	t.Parallel()
	c := founded(t)
	first, second := c.laptop("bob"), c.laptop("bob")
	first.onBoard(first.come(first.handed()))
	summary := second.come(second.handed())
	if finding(summary, "key-invalid") == nil || second.read(".aws/credentials") != "" {
		t.Errorf("findings %v", summary.Findings)
	}
	first.mine("admin_iam")
	first.onBoard(first.come(first.handed())) // the handover is of no use any more, and does no harm
}

func TestARenewalIsMadeOnce(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	l.onBoard(l.come(l.handed()))
	before := l.heldKey("admin_iam")
	o, f := l.onboarding(nil)
	o.Rotate = true
	mark := len(l.server.Log())
	l.onBoard(l.run(f))
	l.mine("admin_iam")
	want := []string{"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"}
	if calls := l.mutations(mark); !slices.Equal(calls, want) || l.heldKey("admin_iam") == before {
		t.Errorf("calls %v, key %s as before", calls, before)
	}
}

func TestADryRunMakesNoCallAndWritesNothing(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	_, f := l.onboarding(l.handed())
	f.DryRun = true
	before, mark := tree(t, filepath.Dir(l.home)), len(l.server.Log())
	summary := l.run(f)
	for _, e := range l.server.Log()[mark:] {
		if e.Mutating {
			t.Errorf("%s was called", e.Operation)
		}
	}
	if !maps.Equal(before, tree(t, filepath.Dir(l.home))) || summary.Add == 0 || summary.Applied > 0 {
		t.Errorf("files changed, or %+v", summary)
	}
}

func TestTheSecretsStandNowhereButInTheProfile(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	h := l.handed()
	summary := l.come(h)
	l.onBoard(summary)
	for path, text := range tree(t, filepath.Dir(l.home)) {
		if path != "/home/.aws/credentials" {
			l.secretFree(path, []byte(text))
		}
	}
	for _, e := range l.events {
		l.secretFree("an event", rendered(t, e))
	}
	l.secretFree("the summary", rendered(t, *summary))
	if strings.Contains(l.read(".aws/credentials"), h.SecretAccessKey) {
		t.Error("the secret that was handed over reached the disk")
	}
}

// TestWhoComesBackIsToldTheEncodingThatHidesTheKey: nobody is sent for another handover
// where the profile is there and no tool finds it.
func TestWhoComesBackIsToldTheEncodingThatHidesTheKey(t *testing.T) {
	t.Parallel()
	for _, file := range []string{".aws/credentials", ".aws/config"} {
		for _, mark := range []string{"\ufeff", "\xff\xfe"} {
			t.Run(file+fmt.Sprintf(" %x", mark), func(t *testing.T) {
				t.Parallel()
				l := founded(t).laptop("bob")
				l.onBoard(l.come(l.handed()))
				l.write(file, mark+l.read(file))
				summary := l.come(nil)
				if len(summary.Findings) != 1 || summary.Findings[0].ID != "files.encoding" || summary.ExitCode(false) != plan.ExitFindings {
					t.Fatalf("findings %v", summary.Findings)
				}
				says(t, summary.Findings[0].Evidence, file)
			})
		}
	}
}

// TestAnAdminsProfileThatAsksAnotherStoreIsToldBeforeAnyKeyIsMade: whoever tried MinIO once
// has its address in the config file. Every request of Terraform's would go there, while
// the program's own calls go to AWS and find nothing wrong.
func TestAnAdminsProfileThatAsksAnotherStoreIsToldBeforeAnyKeyIsMade(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]bool{"a new admin": false, "who comes back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := founded(t).laptop("bob")
			handed := l.handed()
			if back {
				l.onBoard(l.come(handed))
				handed = nil
			}
			config := l.read(".aws/config")
			l.write(".aws/config", config+"\n[profile admin_iam]\nservices = minio\n[services minio]\ns3 =\n  endpoint_url = http://minio.example:9000\n")
			before := len(l.server.Log())
			_, f := l.onboarding(handed)
			f.Env.Endpoint, f.Env.Environ = "", f.Env.Environ.With(map[string]string{"AWS_ENDPOINT_URL": ""})
			summary := l.run(f)
			told := finding(summary, "files.profile-endpoint")
			if told == nil || summary.Applied > 0 || summary.ExitCode(false) != plan.ExitFindings {
				t.Fatalf("applied %d, findings %v", summary.Applied, summary.Findings)
			}
			says(t, told.Evidence+told.Remedy, "profile admin_iam to s3", "http://minio.example:9000")
			for _, e := range l.server.Log()[before:] {
				if e.Mutating {
					t.Errorf("%s %s was called", e.Service, e.Operation)
				}
			}
		})
	}
}
