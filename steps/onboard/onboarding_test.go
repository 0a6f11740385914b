package onboard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

func TestANewAdminGetsAKeyThatNobodyElseEverHad(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	h := l.handed()
	summary := l.come(h)
	l.onBoard(summary)
	l.mine("admin_iam")
	if held := l.heldKey("admin_iam"); held == h.AccessKeyID {
		t.Errorf("the profile holds the key %s that was handed over", held)
	}
	for _, e := range []string{"staging", "preprod", "production"} {
		for _, name := range []string{checkRole, checkWhere, checkRead} {
			if v := verdict(summary, e, name); v != plan.Passed {
				t.Errorf("%s of %s: %q", name, e, v)
			}
		}
		for _, name := range []string{checkFiles, checkState, checkUse, checkLock} {
			if v := verdict(summary, "common-"+e, name); v != plan.Passed {
				t.Errorf("%s of common-%s: %q", name, e, v)
			}
		}
	}
	says(t, strings.Join(summary.Told(), "\n"), l.heldKey("admin_iam"), "nobody else ever had it", "admin_iam-staging", "Next: aws sts")
	if f := finding(summary, "init.no-engine"); f == nil || f.Severity != plan.Info {
		t.Errorf("without Terraform: %v", summary.Findings)
	}
	want := plan.Aboard{User: "bob", Own: true, Places: []plan.Place{{Environment: "staging", Reach: plan.Entered}, {Environment: "preprod", Reach: plan.Entered}, {Environment: "production", Reach: plan.Entered}}}
	if diff := cmp.Diff(plan.Outcome(want), summary.Outcome); diff != "" || summary.Proof.State != plan.NotProven || summary.Proof.Why != plan.ProofNoEngine {
		t.Errorf("outcome %s, proof %+v", diff, summary.Proof)
	}
	mark := len(c.server.Log())
	again := l.come(nil)
	l.onBoard(again)
	if calls := c.mutations(mark); len(calls) > 0 || again.Applied > 0 || again.Add+again.Change+again.Destroy > 0 {
		t.Errorf("coming back made %v and applied %d", calls, again.Applied)
	}
}

// Beside the new key in the credentials file, Terraform would send the token.
func TestATokenLeftInTheConfigFileGoesWithTheNewKey(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	l.write(".aws/config", "[profile admin_iam]\naws_session_token = of-a-session-that-is-over\n")
	l.onBoard(l.come(l.handed()))
	l.mine("admin_iam")
	if text := l.read(".aws/config"); strings.Contains(text, "aws_session_token") {
		t.Errorf("the token is still there:\n%s", text)
	}
	edit := plan.FileID(l.path(".aws/config"))
	for _, e := range l.events {
		if e.Kind == plan.EventChange && e.Change.Profile == "admin_iam" && !slices.Contains(e.Change.Needs, edit) {
			t.Errorf("%s signs as admin_iam and does not wait for %s: %v", e.Change.ID, edit, e.Change.Needs)
		}
	}
	l.write(".aws/config", strings.Replace(l.read(".aws/config"), "[profile admin_iam]\n", "[profile admin_iam]\naws_session_token = of-another\n", 1))
	calls := len(c.server.Log())
	again := l.come(nil)
	f := finding(again, "key-invalid")
	if f == nil || len(c.server.Log()) > calls {
		t.Fatalf("coming back: %v, and AWS heard %d calls", again.Findings, len(c.server.Log())-calls)
	}
	says(t, f.Evidence+f.Remedy, l.path(".aws/config"), "line 2", "aws_session_token", l.heldKey("admin_iam"), "Delete line 2")
}

func TestTheHarmlessReadKnowsWhatEachChoiceOfPermissionsAllows(t *testing.T) {
	t.Parallel()
	own := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`
	for permissions, want := range map[string]plan.Verdict{
		blueprint.PermissionsArticle: plan.Passed, blueprint.PermissionsPowerUser: plan.Passed, blueprint.PermissionsAdministrator: plan.Passed,
		"arn:aws:iam::aws:policy/ReadOnlyAccess": plan.Passed, "own.json": plan.Undecided,
	} {
		t.Run(permissions, func(t *testing.T) {
			t.Parallel()
			c := founded(t)
			c.must(os.WriteFile(filepath.Join(c.dir, "own.json"), []byte(own), 0o600))
			c.must(os.Remove(filepath.Join(c.dir, "stateroom.hcl")))
			c.blueprint.Environments[0].Permissions = permissions
			c.setUp(&blueprint.Answers{Blueprint: c.blueprint})
			l := c.laptop("alice")
			summary := l.come(l.handed())
			if got := verdict(summary, "staging", checkRead); got != want {
				t.Errorf("%s, want %s: %v", got, want, summary.Findings)
			}
		})
	}
}

func TestTheRolesOwnPermissionsMissingIsTold(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	reach := c.all.Reach("222222222222", "OrganizationAccountAccessRole", blueprint.DefaultStateRegion)
	_, err := reach.Do(t.Context(), awsops.DeleteRolePolicy(blueprint.DefaultRole, "terraform"))
	c.must(err)
	summary := l.come(l.handed())
	f := finding(summary, "environment-denied")
	if f == nil || verdict(summary, "staging", checkRead) != plan.Failed || verdict(summary, "preprod", checkRead) != plan.Passed {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy, "s3:ListAllMyBuckets", "222222222222", "stateroom setup")
}

func TestANewKeyIsWaitedForOnEveryService(t *testing.T) {
	t.Parallel()
	c := newCompany(t, enginetest.Team(staff, "staging", "preprod", "production"), staff, nil)
	c.movesIn(sandboxtest.Start(t, sandbox.Options{Propagation: 400 * time.Millisecond}))
	for _, f := range c.setUp(&blueprint.Answers{Blueprint: c.blueprint}).Failures {
		t.Fatalf("%s failed: %v", f.Change.ID, f.Err)
	}
	l := c.laptop("bob")
	l.onBoard(l.come(l.handed()))
	l.mine("admin_iam")
}

func TestAUserOfOneEnvironmentGetsThatOneAlone(t *testing.T) {
	t.Parallel()
	c := founded(t, func(b *blueprint.Blueprint) {
		b.Groups = append(b.Groups, blueprint.Group{Name: "stagers", Users: []string{"bob"}, Environments: []string{"staging"}})
		b.Groups[0].Users = []string{"alice"}
	})
	l := c.laptop("bob")
	summary := l.come(l.handed())
	l.onBoard(summary)
	config := l.read(".aws/config")
	if !strings.Contains(config, "[profile admin_iam-staging]") || strings.Contains(config, "production") {
		t.Errorf("config\n%s", config)
	}
	for _, check := range summary.Checks {
		if strings.Contains(check.Subject, "pr") {
			t.Errorf("%s of %s was checked", check.Name, check.Subject)
		}
	}
}

func TestWhatTheStateLacksIsNamedBesideEachProject(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	l.onBoard(l.come(l.handed()))
	for name, d := range map[string]struct {
		spoil   func()
		finding string
		check   string
	}{
		"no lock":  {func() { l.deny("dynamodb:PutItem") }, "explicit-deny", checkLock},
		"no write": {func() { l.deny("s3:PutObject") }, "explicit-deny", checkUse},
		"no read":  {func() { l.deny("s3:GetObject") }, "explicit-deny", checkState},
	} {
		t.Run(name, func(t *testing.T) {
			d.spoil()
			defer l.allow()
			summary := l.come(nil)
			if f := finding(summary, d.finding); f == nil || verdict(summary, "common-staging", d.check) != plan.Failed {
				t.Errorf("findings %v", summary.Findings)
			}
			for _, c := range summary.Checks { // a check that failed answers what AWS said
				if c.Verdict == plan.Failed && !strings.Contains(c.Answer, "explicit deny") {
					t.Errorf("%s of %s failed and answers %q", c.Name, c.Subject, c.Answer)
				}
			}
			if verdict(summary, "staging", checkRole) != plan.Passed {
				t.Error("the environment was not checked")
			}
		})
	}
}

func TestADeletedStateIsNotCalledAnEmptyPlace(t *testing.T) {
	t.Parallel()
	c := founded(t)
	c.must(c.iam().DeleteObject(awsops.WithProbe(t.Context()), c.blueprint.Bucket.Name, "common/staging"))
	l := c.laptop("bob")
	s := l.come(l.handed())
	f := finding(s, "state.deleted")
	if f == nil || verdict(s, "common-staging", checkState) != plan.Failed || verdict(s, "common-preprod", checkState) != plan.Passed {
		t.Fatalf("findings %v", s.Findings)
	}
	says(t, f.Evidence+f.Remedy, "common/staging of project common-staging was deleted", "Do not apply", "stateroom troubleshoot")
	if v := verdict(s, "common-staging", checkLock); v != plan.Passed {
		t.Errorf("the lock was not proven: %q", v)
	}
}

// deny puts an explicit denial on the users' group.
func (c *company) deny(action string) {
	c.act("PutGroupPolicy", sandbox.ActInput{"GroupName": "admins", "PolicyName": "spoilt", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"` + action + `","Resource":"*"}]}`})
}

func (c *company) allow() {
	c.act("DeleteGroupPolicy", sandbox.ActInput{"GroupName": "admins", "PolicyName": "spoilt"})
}

// act does in IAM what no plan does.
func (c *company) act(operation string, in sandbox.ActInput) {
	_, err := c.server.Act("111111111111", "iam", operation, in)
	c.must(err)
}

func TestAnInterruptBetweenChangesLeavesAWorkingKeyAndSaysSo(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	_, f := l.onboarding(l.handed())
	stop := make(chan struct{})
	f.Stop = stop
	f.Emit = func(e plan.Event) {
		if e.Kind == plan.EventApplied && e.Change.ID == keyChange("bob") {
			close(stop)
		}
	}
	summary := l.run(f)
	if !summary.Stopped || summary.ExitCode(false) != plan.ExitInterrupted || len(c.keys("bob")) != 2 {
		t.Errorf("%+v, keys %v", summary, c.keys("bob"))
	}
	if o, is := summary.Outcome.(plan.Aboard); !is || o.User != "bob" || !summary.Stale || summary.Proof.Why != plan.ProofInterrupted {
		t.Errorf("outcome %+v, stale %v, proof %+v", summary.Outcome, summary.Stale, summary.Proof)
	}
	l.onBoard(l.come(nil))
	l.mine("admin_iam")
}

func TestWhoSaysNoChangesNothing(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	_, f := l.onboarding(l.handed())
	f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) { return plan.Decision{}, nil }
	mark := len(c.server.Log())
	if summary := l.run(f); !summary.Declined || len(c.mutations(mark)) > 0 || l.read(".aws/credentials") != "" {
		t.Errorf("%+v, calls %v", summary, c.mutations(mark))
	}
}

func TestAHandoverWithARenewalMakesOneKeyAndProvesIt(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	o, f := l.onboarding(l.handed())
	o.Rotate = true
	mark := len(l.server.Log())
	summary := l.run(f)
	l.onBoard(summary)
	l.mine("admin_iam")
	want := []string{"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"}
	if calls := l.mutations(mark); !slices.Equal(calls, want) || verdict(summary, "common-staging", checkLock) != plan.Passed {
		t.Errorf("calls %v, lock %q", calls, verdict(summary, "common-staging", checkLock))
	}
}

// A key that AWS does not know is waited for while it may be new, as long as
// somebody at a terminal bears it.
func TestTheWaitForANewKeyIsToldAndBounded(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	h := l.handed()
	l.do(awsops.DeleteAccessKey("bob", h.AccessKeyID))
	sealed, err := time.Parse(time.RFC3339, h.SealedAt)
	l.must(err)
	o, f := l.onboarding(h)
	o.Now = func() time.Time { return sealed }
	if summary := l.run(f); finding(summary, "key-invalid") == nil {
		t.Errorf("findings %v", summary.Findings)
	}
	var told []string
	for _, e := range l.events {
		if e.Kind == plan.EventProgress {
			told = append(told, e.Text)
		}
	}
	if len(told) != 1 {
		t.Fatalf("told %q", told)
	}
	says(t, told[0], h.AccessKeyID, "asks again for up to 2s")
	for age, want := range map[time.Duration]time.Duration{
		0: 2 * time.Minute, 50 * time.Second: 70 * time.Second, 61 * time.Second: 30 * time.Second,
		100 * time.Second: 20 * time.Second, 3 * time.Minute: 0, 24 * time.Hour: 0,
	} {
		f.Env.Patience = engine.DefaultPatience
		o.Now = func() time.Time { return sealed.Add(age) }
		in := newInputs(f.Env, o.Answers, o.Now)
		in.handover = o.Handover
		if got := in.keyPatience("bob"); got != want {
			t.Errorf("a key of %s is waited for %s, want %s", age, got, want)
		}
	}
}

func TestWithoutANetworkNothingIsWrittenAndTheCallIsNamed(t *testing.T) {
	t.Parallel()
	l := founded(t).laptop("bob")
	_, f := l.onboarding(l.handed())
	l.must(l.server.Close())
	_, err := f.Run(t.Context())
	if !awsops.IsUnreachable(err) {
		t.Fatalf("%v", err)
	}
	says(t, err.Error(), "sts:GetCallerIdentity", "Check the network")
	if l.read(".aws/credentials") != "" || l.read(".aws/config") != "" {
		t.Error("a file was written")
	}
}

// TestAKeyWhosePrimaryRegionIsBeingChangedKeepsNobodyFromWork: in the state Updating it
// encrypts and decrypts as ever.
func TestAKeyWhosePrimaryRegionIsBeingChangedKeepsNobodyFromWork(t *testing.T) {
	t.Parallel()
	company := founded(t)
	key, err := company.iam().Key(t.Context(), "alias/terraform")
	company.must(err)
	if !company.server.SetKeyState(key.ARN, "Updating") {
		t.Fatal("there is no key")
	}
	l := company.laptop("bob")
	l.onBoard(l.come(l.handed()))
}
