package onboard

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// mixed is a credentials file with more in it than a team's profile.
const mixed = "# of the office\r\n[other]\r\naws_access_key_id=AKIAOTHEROTHEROTHER0\r\naws_secret_access_key = other ; #\r\n"

// switching is a company whose admins had keys, and alice's laptop with hers; the operator has
// let the group sign in with Identity Center since.
func switching(t testing.TB, change ...func(*blueprint.Blueprint)) *laptop {
	t.Helper()
	b := enginetest.Team([]string{"alice"}, "staging", "production")
	c := newCompany(t, b, []string{"alice"}, change)
	server := sandboxtest.Start(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Pending: 1, Interval: 10 * time.Millisecond}})
	c.must(server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}}))
	c.must(server.SignIn("alice@acme.com"))
	c.movesIn(server)
	done := func(what string, s *plan.Summary) {
		if s.ExitCode(false) != plan.ExitDone {
			t.Fatalf("%s ended with %d: %v %v", what, s.ExitCode(false), s.Failures, s.Findings)
		}
	}
	done("the setup", c.setUp(&blueprint.Answers{Blueprint: b}))
	l := c.laptop("alice")
	l.write(".aws/credentials", mixed)
	done("the onboarding", l.come(l.handed()))
	b.Groups[0].Users, b.Users, b.Groups[0].IdentityCenter = nil, nil, "PlatformAdmins"
	c.must(os.WriteFile(filepath.Join(c.dir, "stateroom.hcl"), b.HCL(), 0o600))
	done("the operator's switch", c.setUp(&blueprint.Answers{Blueprint: b, Asked: true}))
	c.must(copyTree(filepath.Join(c.dir, "stateroom.hcl"), filepath.Join(l.root, "stateroom.hcl")))
	return l
}

// status tells of each of a user's keys whether it is active.
func (c *company) status(user string) (all []string) {
	c.t.Helper()
	keys, err := c.iam().AccessKeys(context.Background(), user)
	c.must(err)
	for _, k := range keys {
		all = append(all, map[bool]string{true: "active", false: "inactive"}[k.Active])
	}
	return all
}

// acts is who Terraform is by the admin profile, as every program of the Go SDK reads it.
func (l *laptop) acts() (string, error) {
	s, err := l.profile("admin_iam")
	if err != nil {
		return "", err
	}
	who, err := s.Identity(context.Background())
	return who.ARN, err
}

// TestAnAdminMovesFromAKeyToASignIn in one plan that is agreed to once: the sign-in is proven,
// the key leaves both files and is deactivated, and nothing else in them changes a byte.
func TestAnAdminMovesFromAKeyToASignIn(t *testing.T) {
	t.Parallel()
	l := switching(t)
	key := l.heldKey("admin_iam")
	l.must(os.WriteFile(filepath.Join(l.root, filepath.FromSlash(l.blueprint.Projects[0].Dir), "old.tfvars"), []byte("key = \""+key+"\""), 0o600))
	l.write(".aws/credentials", l.read(".aws/credentials")+"\n[tool]\naws_access_key_id = "+key+"\naws_secret_access_key = s\n")
	mark := len(l.server.Log())
	_, f := l.comesAsMember(&person{opens: browser})
	asked := 0
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		asked++
		at := slices.IndexFunc(r.Changes, func(c plan.Change) bool { return c.ID == moveDeactivate(key) })
		if at < 0 {
			t.Fatalf("the plan is %v, findings %v", r.Changes, r.Findings)
		}
		var order []string
		for _, c := range r.Changes {
			order = append(order, c.ID)
		}
		if want := []string{signInChange("admins"), moveProve, plan.FileID(l.path(".aws/config")), moveAside, moveCheck, moveDeactivate(key), moveForget}; !slices.Equal(order, want) {
			t.Errorf("the plan is in the order %v", order)
		}
		says(t, r.Changes[at].Risk, "last used", "for ", "profile tool", "old.tfvars")
		says(t, r.Changes[at].Undo, "operator", "--status Active")
		return plan.Decision{Yes: true}, nil
	}
	s := l.run(f)
	if s.ExitCode(false) != plan.ExitFindings && s.ExitCode(false) != plan.ExitDone || len(s.Failures) > 0 || asked != 1 {
		t.Fatalf("ended with %d after %d questions: %v %v", s.ExitCode(false), asked, s.Failures, s.Findings)
	}
	if calls := l.mutations(mark); !slices.Equal(calls, []string{"iam:UpdateAccessKey"}) {
		t.Errorf("called %v", calls)
	}
	if have := l.read(".aws/credentials"); have != mixed+"\r\n[tool]\naws_access_key_id = "+key+"\naws_secret_access_key = s\n" {
		t.Errorf("the credentials are %q", have)
	}
	if strings.Contains(l.read(".aws/config"), "aws_") {
		t.Errorf("the config is %q", l.read(".aws/config"))
	}
	if got := l.status("alice"); !slices.Equal(got, []string{"inactive"}) {
		t.Errorf("the keys are %v", got)
	}
	if who, err := l.acts(); err != nil || !strings.HasSuffix(who, "/alice@acme.com") {
		t.Errorf("Terraform is %s, %v", who, err)
	}
	says(t, strings.Join(s.Notes, "\n"), key, "is deactivated", "ask the operator", "7 days")
	for _, e := range l.events {
		l.secretFree("an event", rendered(t, e))
	}
	mark = len(l.server.Log())
	_, f = l.comesAsMember(&person{})
	if again := l.run(f); again.Applied > 0 || len(l.mutations(mark)) > 0 {
		t.Errorf("a second run applied %d, %v", again.Applied, l.mutations(mark))
	}
}

// TestAMoveThatTheSignInDoesNotBearLeavesTheKey in the files and active: refused at the portal,
// without the permission set, and with an environment that it does not reach.
func TestAMoveThatTheSignInDoesNotBearLeavesTheKey(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*laptop){
		"refused in the browser": func(l *laptop) { l.server.RefuseSignIn() },
		"not in the group": func(l *laptop) {
			l.must(l.server.Directory(map[string][]string{"Others": {"carol@acme.com"}}))
			l.must(l.server.SignIn("carol@acme.com"))
		},
		"an environment that does not let it in": func(l *laptop) {
			l.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "AssumeRole" && strings.Contains(e.Caller, "AWSReservedSSO") && strings.Contains(fmt.Sprint(e.Input), "role/TerraformAdmin") {
					return sandbox.Fault{Deny: true}
				}
				return sandbox.Fault{}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := switching(t)
			spoil(l)
			credentials, config := l.read(".aws/credentials"), l.read(".aws/config")
			_, f := l.comesAsMember(&person{opens: browser})
			s := l.run(f)
			if s.ExitCode(false) == plan.ExitDone || len(s.Failures) == 0 {
				t.Errorf("ended with %d: %v", s.ExitCode(false), s.Failures)
			}
			if l.read(".aws/credentials") != credentials || l.read(".aws/config") != config || !slices.Equal(l.status("alice"), []string{"active"}) {
				t.Errorf("the files or the key changed: %v", l.status("alice"))
			}
			if who, err := l.acts(); err != nil || !strings.HasSuffix(who, "user/alice") {
				t.Errorf("Terraform is %s, %v", who, err)
			}
		})
	}
}

// TestAMoveStartsFromWhateverTheFilesHold: a key in the config file, in both, halves of one,
// one that another laptop has deactivated, and one that is somebody else's.
func TestAMoveStartsFromWhateverTheFilesHold(t *testing.T) {
	t.Parallel()
	type files struct{ credentials, config string }
	for name, c := range map[string]struct {
		files func(id, key string) files
		ends  int
		keys  string
	}{
		"in the config file": {func(id, key string) files {
			return files{mixed, "[profile admin_iam]\naws_access_key_id = " + id + "\naws_secret_access_key = " + key + "\n"}
		}, plan.ExitDone, "inactive"},
		"in both": {func(id, key string) files {
			pair := "aws_access_key_id = " + id + "\naws_secret_access_key = " + key + "\n"
			return files{mixed + "\r\n[admin_iam]\n" + pair, "[profile admin_iam]\n" + pair}
		}, plan.ExitDone, "inactive"},
		"half a key beside it": {func(id, key string) files {
			return files{mixed + "\r\n[admin_iam]\naws_access_key_id = " + id + "\naws_secret_access_key = " + key + "\n", "[profile admin_iam]\naws_access_key_id = " + id + "\n"}
		}, plan.ExitDone, "inactive"},
		"only half a key": {func(id, _ string) files {
			return files{mixed + "\r\n[admin_iam]\naws_access_key_id = " + id + "\n", ""}
		}, plan.ExitDone, "active"},
		"a key of another account": {func(string, string) files {
			return files{mixed + "\r\n[admin_iam]\naws_access_key_id = STRANGER\naws_secret_access_key = SECRET\n", ""}
		}, plan.ExitFindings, "active"},
		"two keys": {func(id, key string) files {
			return files{mixed + "\r\n[admin_iam]\naws_access_key_id = " + id + "\naws_secret_access_key = " + key + "\n[admin_iam-long-term]\naws_access_key_id = AKIAOTHEROTHEROTHER0\naws_secret_access_key = s\n", ""}
		}, plan.ExitFindings, "active"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := switching(t)
			id, key := l.heldKey("admin_iam"), ""
			_, after, _ := strings.Cut(l.read(".aws/credentials"), id)
			_, after, _ = strings.Cut(after, "aws_secret_access_key = ")
			key, _, _ = strings.Cut(after, "\n")
			f := c.files(id, strings.TrimSpace(key))
			if strings.Contains(f.credentials, "STRANGER") {
				other := l.strangersKey()
				f.credentials = strings.NewReplacer("STRANGER", other.ID, "SECRET", other.Secret.Reveal()).Replace(f.credentials)
			}
			l.write(".aws/credentials", f.credentials)
			l.write(".aws/config", f.config)
			_, flow := l.comesAsMember(&person{opens: browser})
			s := l.run(flow)
			if s.ExitCode(false) != c.ends || !slices.Equal(l.status("alice"), []string{c.keys}) {
				t.Errorf("ended with %d, the key is %v: %v %v", s.ExitCode(false), l.status("alice"), s.Failures, s.Findings)
			}
			if moved := l.read(".aws/credentials") == mixed; moved != (c.ends == plan.ExitDone) {
				t.Errorf("the credentials are %q", l.read(".aws/credentials"))
			}
			if strings.Contains(l.read(".aws/config"), "aws_access_key_id") && c.ends == plan.ExitDone {
				t.Errorf("the config is %q", l.read(".aws/config"))
			}
		})
	}
}

// strangersKey is a working key of an account that is not the team's.
func (c *company) strangersKey() awsops.KeyPair {
	c.t.Helper()
	ctx := context.Background()
	there, err := c.iam().Assume(ctx, "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole")
	c.must(err)
	_, err = there.Do(ctx, awsops.CreateUser("mallory", "/", nil))
	c.must(err)
	made, err := there.Do(ctx, awsops.CreateAccessKey("mallory"))
	c.must(err)
	return awsops.KeyPair{ID: made.Values["id"], Secret: made.Secret}
}

// TestAKeyThatAnotherLaptopTookOutOfUseGoesByConsent: AWS rejects it, and so nobody knows
// whose it was.
func TestAKeyThatAnotherLaptopTookOutOfUseGoesByConsent(t *testing.T) {
	t.Parallel()
	l := switching(t)
	key := l.heldKey("admin_iam")
	_, err := l.iam().Do(context.Background(), awsops.UpdateAccessKey("alice", key, "Inactive"))
	l.must(err)
	_, f := l.comesAsMember(&person{opens: browser})
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) { return plan.Decision{Yes: true}, nil }
	if s := l.run(f); finding(s, "onboard.profile-taken") == nil || l.heldKey("admin_iam") != key {
		t.Errorf("without consent the profile holds %s: %v", l.heldKey("admin_iam"), s.Findings)
	}
	_, f = l.comesAsMember(&person{opens: browser})
	f.Answers.Adopt = []string{key}
	if s := l.run(f); s.ExitCode(false) != plan.ExitDone || l.read(".aws/credentials") != mixed {
		t.Errorf("ended with %d and %q: %v %v", s.ExitCode(false), l.read(".aws/credentials"), s.Failures, s.Findings)
	}
}

// TestAKeyThatItsOwnerMayNotDeactivateGoesOnceTheSignInWorks, and not before; that it stays
// active is told.
func TestAKeyThatItsOwnerMayNotDeactivateGoesOnceTheSignInWorks(t *testing.T) {
	t.Parallel()
	l := switching(t)
	key := l.heldKey("admin_iam")
	credentials := strings.Replace(l.read(".aws/credentials"), "[admin_iam]", "[admin_iam-long-term]", 1)
	l.write(".aws/credentials", credentials)
	l.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{Deny: e.Operation == "ListAccessKeys" && strings.HasSuffix(e.Caller, "user/alice")}
	})
	l.server.RefuseSignIn()
	_, f := l.comesAsMember(&person{opens: browser})
	if s := l.run(f); len(s.Failures) == 0 || l.read(".aws/credentials") != credentials {
		t.Errorf("without a sign-in the credentials are %q: %v", l.read(".aws/credentials"), s.Failures)
	}
	l.must(l.server.SignIn("alice@acme.com"))
	_, f = l.comesAsMember(&person{opens: browser})
	var told *plan.Finding
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		told = finding(&plan.Summary{Findings: r.Findings}, "onboard.key-stays-active")
		return plan.Decision{Yes: true}, nil
	}
	s := l.run(f)
	if len(s.Failures) > 0 {
		t.Error(s.Failures)
	}
	if left := finding(s, "onboard.key-stays-active"); left == nil || !strings.Contains(left.Remedy, key) || s.ExitCode(false) != plan.ExitFindings {
		t.Errorf("ended with %d: %v", s.ExitCode(false), s.Findings)
	}
	if told == nil || !strings.Contains(told.Remedy, key) || l.read(".aws/credentials") != mixed || !slices.Equal(l.status("alice"), []string{"active"}) {
		t.Errorf("told %v, the credentials are %q, the key is %v", told, l.read(".aws/credentials"), l.status("alice"))
	}
	if who, err := l.acts(); err != nil || !strings.HasSuffix(who, "/alice@acme.com") {
		t.Errorf("Terraform is %s, %v", who, err)
	}
}

// TestAClockThatIsOffIsNoWordAboutTheKey: AWS refuses what was signed, and the key stays where
// it is, consent or not.
func TestAClockThatIsOffIsNoWordAboutTheKey(t *testing.T) {
	t.Parallel()
	l := switching(t)
	key := l.heldKey("admin_iam")
	l.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation != "GetCallerIdentity" {
			return sandbox.Fault{}
		}
		return sandbox.Fault{Code: "SignatureDoesNotMatch", Status: 403, Message: "Signature expired: 20261129T101500Z is now earlier than 20261129T201000Z (20261129T201500Z - 5 min.)"}
	})
	_, f := l.comesAsMember(&person{opens: browser})
	f.Answers.Adopt = []string{key}
	s := l.run(f)
	if finding(s, "onboard.profile-taken") != nil || finding(s, diagnosis.ClockSkew.ID) == nil || s.ExitCode(false) != plan.ExitFindings || l.heldKey("admin_iam") != key {
		t.Errorf("ended with %d, the profile holds %s: %v", s.ExitCode(false), l.heldKey("admin_iam"), s.Findings)
	}
}

// TestWhoStaysAUserOfAnotherGroupIsToldWhatTheMoveTakes: the sign-in of one group is not the key
// of another, and nobody deletes the key of somebody whom the blueprint names.
func TestWhoStaysAUserOfAnotherGroupIsToldWhatTheMoveTakes(t *testing.T) {
	t.Parallel()
	l := switching(t)
	l.blueprint.Groups = []blueprint.Group{
		{Name: "admins", Users: []string{"alice"}, Environments: []string{blueprint.Everything}},
		{Name: "platform", IdentityCenter: "PlatformAdmins", Environments: []string{"staging"}},
	}
	l.blueprint.IdentityCenter = l.answers().IdentityCenter
	l.must(os.WriteFile(filepath.Join(l.root, "stateroom.hcl"), l.blueprint.HCL(), 0o600))
	l.must(os.WriteFile(filepath.Join(l.dir, "stateroom.hcl"), l.blueprint.HCL(), 0o600))
	if s := l.setUp(&blueprint.Answers{Blueprint: l.blueprint, Asked: true}); s.Failed > 0 {
		t.Fatal(s.Failures)
	}
	key := l.heldKey("admin_iam")
	_, f := l.comesAs("platform", &person{opens: browser})
	var off plan.Change
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		if at := slices.IndexFunc(r.Changes, func(c plan.Change) bool { return c.ID == moveDeactivate(key) }); at >= 0 {
			off = r.Changes[at]
		}
		return plan.Decision{Yes: true}, nil
	}
	s := l.run(f)
	if len(s.Failures) > 0 || !slices.Equal(l.status("alice"), []string{"inactive"}) {
		t.Fatalf("the key is %v: %v %v", l.status("alice"), s.Failures, s.Findings)
	}
	says(t, off.Risk, "alice is still a user of group admins", "production")
	notes := strings.Join(s.Notes, "\n")
	says(t, notes, "is deactivated", "alice is still a user of group admins", "stateroom setup leaves it")
	if strings.Contains(notes, "deletes it once") {
		t.Errorf("the notes promise what no setup does: %s", notes)
	}
}
