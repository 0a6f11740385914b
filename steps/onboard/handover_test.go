package onboard

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// removeKeys takes all of a user's keys away.
func (o *office) removeKeys(user string) {
	o.t.Helper()
	for _, id := range o.keys(user) {
		_, err := o.console().DeleteAccessKey(context.Background(), &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: aws.String(id)})
		o.must(err)
	}
}

func (o *office) newKey(user string) string {
	o.t.Helper()
	out, err := o.console().CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{UserName: &user})
	o.must(err)
	return *out.AccessKey.AccessKeyId
}

// sealed fails the test unless bob's file holds his key of this id and works.
func (o *office) sealed(id string) {
	o.t.Helper()
	h := o.opened(o.dir, "bob")
	if h.AccessKeyID != id || h.User != "bob" || h.Account != "111111111111" || h.Blueprint != string(o.answers().HCL()) {
		o.t.Errorf("the handover is %s's in %s with key %s, want %s", h.User, h.Account, h.AccessKeyID, id)
	}
	expires, err := time.Parse(time.RFC3339, h.Expires)
	if left := time.Until(expires); err != nil || left > plan.HandoverLife || left < plan.HandoverLife-time.Hour {
		o.t.Errorf("it expires at %s: %v", h.Expires, err)
	}
	o.use(h)
}

func TestAHandoverOfAWaitingKeyChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before, mark := o.tree(), len(o.server.Log())
	summary := o.run(o.handover("BOB"))
	if summary.ExitCode(false) != plan.ExitDone || finding(summary, "handover.waiting") == nil {
		t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	if calls := o.changed(mark); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
	if diff := cmp.Diff(before, o.tree()); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	if len(summary.NotOurs) != 2 || summary.NotOurs[0].NotOurs != o.keys("bob")[0] {
		t.Errorf("to agree to: %v", summary.NotOurs)
	}
	waits, is := summary.Outcome.(plan.Delivery)
	if !is || waits.User != "bob" || waits.Others != 0 || waits.Superseded || waits.Sealed == nil || waits.Sealed.Path != "handover/bob.age" || waits.Sealed.Until.IsZero() {
		t.Errorf("outcome %+v", summary.Outcome)
	}
}

// TestAHandoverOfAnotherOperatorsIsNotReplacedUnasked: this laptop has no record of the
// sealed file, which may wait for its reader all the same.
func TestAHandoverOfAnotherOperatorsIsNotReplacedUnasked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(os.Remove(o.path(journalDir + "/journal.jsonl")))
	before, mark := o.tree(), len(o.server.Log())
	summary := o.run(o.handover("bob"))
	if f := finding(summary, "handover.made-elsewhere"); f == nil || !strings.Contains(f.Evidence, o.keys("bob")[0]) || !strings.Contains(f.Evidence, "bob.age") {
		t.Errorf("findings %v", summary.Findings)
	}
	if calls := o.changed(mark); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
	if diff := cmp.Diff(before, o.tree()); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
	for _, c := range summary.NotOurs {
		if c.Asks == "" || c.Agree() != "replace" {
			t.Errorf("%s is asked about as if it were not ours: %q, %q", c.Title, c.Asks, c.Agree())
		}
	}
	old := o.keys("bob")[0]
	if len(summary.NotOurs) != 2 || summary.NotOurs[0].NotOurs != old {
		t.Fatalf("to agree to: %v", summary.NotOurs)
	}
	replaced := o.handover("bob")
	replaced.Answers.Adopt = []string{old}
	if summary := o.run(replaced); summary.Applied != 2 || slices.Contains(o.keys("bob"), old) {
		t.Errorf("with consent: %+v, keys %v", summary, o.keys("bob"))
	}
	o.sealed(o.keys("bob")[0])
}

func TestAHandoverIsMade(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		before func(o *office)
		adopt  func(o *office) []string
		calls  []string
	}{
		{"without any key", (*office).keyless, nil, []string{"CreateAccessKey"}},
		{"the file was lost", (*office).unsealed, nil, []string{"CreateAccessKey", "DeleteAccessKey"}},
		{"by consent, while one waits", func(*office) {}, func(o *office) []string { return o.keys("bob") }, []string{"CreateAccessKey", "DeleteAccessKey"}},
		{"for another reader", func(o *office) {
			other, err := age.GenerateX25519Identity()
			o.must(err)
			o.write("stateroom.hcl", strings.Replace(string(o.answers().HCL()), o.identities["bob"].Recipient().String(), other.Recipient().String(), 1))
			o.identities["bob"] = other
		}, nil, []string{"CreateAccessKey", "DeleteAccessKey"}},
		{"after it expired", func(o *office) {
			journal, err := os.ReadFile(o.path(journalDir + "/journal.jsonl"))
			o.must(err)
			year := time.Now().UTC().Format("2006-")
			o.write(journalDir+"/journal.jsonl", strings.ReplaceAll(string(journal), `"time":"`+year, `"time":"2020-`))
		}, nil, []string{"CreateAccessKey", "DeleteAccessKey"}},
		{"the old key is in use", func(o *office) { o.use(o.opened(o.dir, "bob")) }, nil, []string{"CreateAccessKey"}},
		{
			"the old key is in use and may go",
			func(o *office) { o.use(o.opened(o.dir, "bob")) },
			func(o *office) []string { return o.keys("bob") },
			[]string{"CreateAccessKey", "DeleteAccessKey"},
		},
		{"two keys, one of them idle", func(o *office) {
			o.use(o.opened(o.dir, "bob"))
			o.newKey("bob")
		}, func(o *office) []string { return o.keys("bob")[1:] }, []string{"CreateAccessKey", "DeleteAccessKey"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			c.before(o)
			var adopt []string
			if c.adopt != nil {
				adopt = c.adopt(o)
			}
			old, mark := o.keys("bob"), len(o.server.Log())
			summary := o.run(o.handover("bob", adopt...))
			if summary.ExitCode(false) != plan.ExitDone || finding(summary, "handover.waiting") == nil || len(summary.Told()) < 2 {
				t.Errorf("exit %d, findings %v, notes %v", summary.ExitCode(false), summary.Findings, summary.Told())
			}
			if diff := cmp.Diff(c.calls, o.changed(mark)); diff != "" {
				t.Errorf("calls (-want +made):\n%s", diff)
			}
			if diff := cmp.Diff(c.calls, o.planned()); diff != "" {
				t.Errorf("calls (-want +told):\n%s", diff)
			}
			keys := slices.DeleteFunc(o.keys("bob"), func(id string) bool { return slices.Contains(old, id) })
			if len(keys) != 1 {
				t.Fatalf("new keys %v", keys)
			}
			o.secretless("handover", ".aws")
			mark = len(o.server.Log())
			if again := o.run(o.handover("bob")); again.Applied > 0 || again.ExitCode(false) != plan.ExitDone {
				t.Errorf("a second run applied %d, exit %d", again.Applied, again.ExitCode(false))
			}
			if calls := o.changed(mark); len(calls) > 0 {
				t.Errorf("a second run called %v", calls)
			}
			o.sealed(keys[0])
		})
	}
}

// After a lost answer a run goes on only with what was confirmed. A key that came
// to be meanwhile may be another laptop's, and nobody was asked about it.
func TestAHandoverWhoseAnswerWasLostDeletesNothingThatNobodyConfirmed(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		before func(o *office)
		fault  sandbox.Fault
		// theirs says that another laptop makes a key at the same moment.
		theirs bool
	}{
		{"the key was made", (*office).keyless, sandbox.Fault{DropAnswer: true}, false},
		{"the key was made, and another by another laptop", (*office).keyless, sandbox.Fault{DropAnswer: true}, true},
		{"the key was not made, but another by another laptop", (*office).keyless, sandbox.Fault{DropRequest: true}, true},
		{"the key was made beside one that was to go after it", (*office).unsealed, sandbox.Fault{DropAnswer: true}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			c.before(o)
			var met atomic.Bool
			var theirs string
			o.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation != "CreateAccessKey" || met.Swap(true) {
					return sandbox.Fault{}
				}
				if c.theirs {
					theirs = o.newKey("bob")
				}
				return c.fault
			})
			mark := len(o.server.Log())
			summary := o.run(o.handover("bob"))
			if slices.Contains(o.changed(mark), "DeleteAccessKey") {
				t.Errorf("calls %v", o.changed(mark))
			}
			if summary.ExitCode(false) != plan.ExitFindings || summary.Failed+summary.Unknown > 0 {
				t.Errorf("exit %d, findings %v, failures %v", summary.ExitCode(false), summary.Findings, summary.Failures)
			}
			if theirs != "" && !slices.Contains(o.keys("bob"), theirs) {
				t.Errorf("the other laptop's key %s is gone: %v", theirs, o.keys("bob"))
			}
		})
	}
}

// A key that AWS refused to make was never sealed, so nobody has taken its place.
func TestAHandoverThatWasRefusedIsNotSaidToBeSuperseded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.unsealed()
	o.server.Intercept(func(e sandbox.Entry) sandbox.Fault { return sandbox.Fault{Deny: e.Operation == "CreateAccessKey"} })
	summary, err := o.handover("bob").Run(t.Context())
	o.must(err)
	if f := finding(summary, "handover.superseded"); f != nil || summary.Failed != 1 {
		t.Errorf("failed %d, told %v", summary.Failed, f)
	}
}

func (o *office) keyless() { o.removeKeys("bob") }

func (o *office) unsealed() { o.must(os.Remove(o.path("handover/bob.age"))) }

func TestADryHandoverMakesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.removeKeys("bob")
	before, mark := o.tree(), len(o.server.Log())
	f := o.handover("bob")
	f.DryRun = true
	summary := o.run(f)
	if summary.ExitCode(true) != plan.ExitChanges || !slices.Equal(o.planned(), []string{"CreateAccessKey"}) {
		t.Errorf("exit %d, planned %v", summary.ExitCode(true), o.planned())
	}
	if diff := cmp.Diff(before, o.tree()); diff != "" || len(o.changed(mark)) > 0 {
		t.Errorf("calls %v, files %s", o.changed(mark), diff)
	}
}

func TestAKeyThatIsInUseStaysUntilAgreed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.use(o.opened(o.dir, "bob"))
	old := o.keys("bob")[0]
	summary := o.run(o.handover("bob"))
	if keys := o.keys("bob"); len(keys) != 2 || keys[0] != old {
		t.Fatalf("keys %v, and %s is in use", keys, old)
	}
	if len(summary.NotOurs) != 1 || summary.NotOurs[0].NotOurs != old {
		t.Errorf("to agree to: %v", summary.NotOurs)
	}
	waiting := o.keys("bob")[1]
	mark := len(o.server.Log())
	o.run(o.handover("bob", old))
	if diff := cmp.Diff([]string{"DeleteAccessKey"}, o.changed(mark)); diff != "" {
		t.Errorf("calls (-want +made):\n%s", diff)
	}
	if keys := o.keys("bob"); !slices.Equal(keys, []string{waiting}) {
		t.Errorf("keys %v, want %s alone", keys, waiting)
	}
	o.sealed(waiting)
}

func TestTwoKeysAreNamedWithTheirUse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.use(o.opened(o.dir, "bob"))
	first, second := o.keys("bob")[0], o.newKey("bob")
	mark := len(o.server.Log())
	summary := o.run(o.handover("bob"))
	f := finding(summary, "handover.two-keys")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	for _, part := range []string{first + " is last used ", "for sts", second + " is never used", "--adopt " + second} {
		if !strings.Contains(f.String(), part) {
			t.Errorf("it does not say %q: %s", part, f)
		}
	}
	if calls := o.changed(mark); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
}

func TestTwoKeysInUseAreTheOperatorsToSettle(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.use(o.opened(o.dir, "bob"))
	out, err := o.console().CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
	o.must(err)
	o.use(&handover.Handover{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey})
	summary := o.run(o.handover("bob", o.keys("bob")...))
	f := finding(summary, "handover.two-keys")
	if f == nil || !f.Blocks || !strings.Contains(f.String(), "--status Inactive") || summary.Applied > 0 {
		t.Fatalf("applied %d, findings %v", summary.Applied, summary.Findings)
	}
	_, err = o.console().UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: out.AccessKey.AccessKeyId, Status: "Inactive"})
	o.must(err)
	o.run(o.handover("bob", *out.AccessKey.AccessKeyId))
	if keys := o.keys("bob"); len(keys) != 2 || slices.Contains(keys, *out.AccessKey.AccessKeyId) {
		t.Errorf("keys %v", keys)
	}
}

func TestAHandoverIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	cases := []struct {
		name, finding string
		flow          func() *engine.Flow
		says          string
	}{
		{"a user that the blueprint does not name", "handover.unknown-user", func() *engine.Flow { return o.handover("mallory") }, "it has alice and bob"},
		{"a user that is not made yet", "handover.not-made", func() *engine.Flow {
			f := o.handover("bob")
			f.Answers.Groups[0].Users = []string{"alice", "bob", "carol"}
			f.Look = (&Handover{Answers: f.Answers, User: "carol"}).Look
			return f
		}, "stateroom setup first"},
		{"no reader, and nobody to tell a passphrase", "handover.no-reader", func() *engine.Flow {
			f := o.handover("bob")
			f.Answers.Users = nil
			return f
		}, "Run it in a terminal"},
		{"another account", "wrong-account", func() *engine.Flow {
			f := o.handover("bob")
			f.Answers.AdminAccount = "222222222222"
			return f
		}, "blueprint's admin account is 222222222222"},
		{"root", "account.root", func() *engine.Flow {
			root := o.server.Root()
			o.desk = o.desk.As(root)
			return o.handover("bob")
		}, "root credentials"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if r := o.refusal(c.flow()); r.Finding != c.finding || !strings.Contains(r.Error(), c.says) {
				t.Errorf("%s: %v", r.Finding, r)
			}
		})
	}
}

func TestAHandoverNeverReplacesWhatALinkPointsTo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(os.Remove(o.path("handover/bob.age")))
	o.write("precious", "precious")
	o.must(os.Symlink(o.path("precious"), o.path("handover/bob.age")))
	if r := o.refusal(o.handover("bob")); r.Finding != "handover.link" {
		t.Errorf("refused as %s", r.Finding)
	}
}

func TestAPassphraseIsShownOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.bare = true
	o.run(o.handover("bob"))
	var shown []string
	for _, e := range o.events {
		if e.Kind == plan.EventPassphrase {
			shown = append(shown, e.Passphrase.Reveal())
		}
	}
	if len(shown) != 1 {
		t.Fatalf("%d passphrases were shown", len(shown))
	}
	sealed, err := os.ReadFile(o.path("handover/bob.age"))
	o.must(err)
	h, err := handover.Open(sealed, handover.Unlock{Passphrase: secret.New(shown[0])})
	o.must(err)
	if keys := o.keys("bob"); len(keys) != 1 || h.AccessKeyID != keys[0] {
		t.Errorf("it holds %s, and bob has %v", h.AccessKeyID, keys)
	}
	for path, text := range o.tree() {
		if strings.Contains(text, shown[0]) {
			t.Errorf("the passphrase stands in %s", path)
		}
	}
	o.secretless("handover", ".aws")
}

func TestSomebodyElsesUserGetsAKeyByConsentOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.removeKeys("bob")
	_, err := o.console().UntagUser(t.Context(), &iam.UntagUserInput{UserName: aws.String("bob"), TagKeys: []string{"stateroom"}})
	o.must(err)
	const arn = "arn:aws:iam::111111111111:user/bob"
	summary := o.run(o.handover("bob"))
	if len(o.keys("bob")) > 0 || len(summary.NotOurs) != 1 || summary.NotOurs[0].NotOurs != arn {
		t.Fatalf("keys %v, to agree to %v", o.keys("bob"), summary.NotOurs)
	}
	o.run(o.handover("bob", arn))
	o.sealed(o.keys("bob")[0])
}

// cut ends a run as a kill does: at the n-th mutating request nothing more is
// answered, before the work or after it.
func (o *office) cut(f *engine.Flow, n int64, after bool) (met bool) {
	o.t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	var seen atomic.Int64
	o.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		switch m := seen.Load(); {
		case m >= n:
			return sandbox.Fault{DropRequest: true}
		case !e.Mutating || seen.Add(1) != n:
			return sandbox.Fault{}
		case after:
			return sandbox.Fault{DropAnswer: true, After: func(sandbox.Entry) { kill() }}
		}
		kill()
		return sandbox.Fault{DropRequest: true}
	})
	defer o.server.Intercept(nil)
	_, _ = f.Run(ctx) // a killed process tells nobody
	return seen.Load() >= n
}

func TestAKilledHandoverIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after its work: %t", after), func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n++ {
				o := newOffice(t)
				o.must(os.Remove(o.path("handover/bob.age")))
				if !o.cut(o.handover("bob"), n, after) {
					if n < 3 {
						t.Errorf("only %d mutating calls were met", n-1)
					}
					break
				}
				for range 2 {
					if s := o.run(o.handover("bob")); s.ExitCode(false) != plan.ExitDone {
						t.Errorf("killed at %d: exit %d, %v", n, s.ExitCode(false), s.Findings)
					}
				}
				keys := o.keys("bob")
				if len(keys) != 1 {
					t.Fatalf("killed at %d: keys %v", n, keys)
				}
				o.sealed(keys[0])
			}
		})
	}
}

// A file that somebody else has written meanwhile takes no key, so none is made.
func TestNoKeyIsMadeForAHandoverThatSomebodyElseWrote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.removeKeys("bob")
	f := o.handover("bob")
	look := f.Look
	f.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
		review, err := look(ctx, env)
		o.write("handover/bob.age", "somebody else's, meanwhile")
		return review, err
	}
	summary, err := f.Run(t.Context())
	o.must(err)
	if summary.Failed != 1 || len(o.keys("bob")) != 0 {
		t.Fatalf("failed %d, keys %v", summary.Failed, o.keys("bob"))
	}
	o.run(o.handover("bob"))
	keys := o.keys("bob")
	if len(keys) != 1 {
		t.Fatalf("keys %v", keys)
	}
	o.sealed(keys[0])
}

func TestTheUsesOfKeysAreChecks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	summary := o.run(o.handover("bob"))
	var answers []string
	for _, c := range summary.Checks {
		answers = append(answers, c.Name+": "+c.Answer)
	}
	want := []string{"access key " + o.keys("bob")[0] + ": never used", "sealed file: there"}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if usedWhen(awsops.KeyUse{At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Service: "s3"}) != "last used 2026-03-01 for s3" {
		t.Error("a use is told otherwise")
	}
}
