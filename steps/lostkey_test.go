package steps

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// cutOff is a finished set-up in which a later run's creation of bob's key was cut
// off, and one key of bob's has been made just then, by that run or by a
// colleague. The answer in the journal, if one came, names it.
func cutOff(t *testing.T, answered bool) (w *world, key sandbox.Credentials) {
	t.Helper()
	w = finished(t)
	ctx, h, user := context.Background(), w.hands(""), "bob"
	keys, err := h.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	w.must(err)
	_, err = h.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId})
	w.must(err)
	journal := w.setup(team()).Env.Journal
	w.must(journal.Append(KeyChange(user), engine.PhaseIntent, map[string]string{"keys": ""}))
	made, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	w.must(err)
	key = sandbox.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}
	if answered {
		w.must(journal.Append(KeyChange(user), engine.PhaseGot, map[string]string{"id": key.AccessKeyID}))
	}
	return w, key
}

// TestOnlyAKeyThatNobodyCanUseIsDeletedAfterARunThatWasCutOff: a colleague's key
// may have been made in the same minutes.
func TestOnlyAKeyThatNobodyCanUseIsDeletedAfterARunThatWasCutOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		answered, used, unread bool
		says                   string // what the deletion says; empty: there is none
	}{
		{name: "nobody used it", says: "when this laptop's run was cut off before AWS's answer came; never used"},
		{name: "somebody uses it", used: true},
		{name: "its use may not be seen", unread: true},
		{name: "AWS's answer names it", answered: true, says: "by a run of this laptop that was cut off before the secret was kept; never used"},
		{name: "AWS's answer names it and somebody uses it", answered: true, used: true},
		{name: "AWS's answer names it and its use may not be seen", answered: true, unread: true, says: "AWS does not let stateroom see when it was last used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, key := cutOff(t, c.answered)
			if c.used {
				_, err := sts.NewFromConfig(w.config(key, "eu-west-1")).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
				w.must(err)
			}
			if c.unread {
				w.actAsOperator(without(stepstest.OperatorPolicy(), "iam:GetAccessKeyLastUsed"))
			}
			summary, ids, _ := w.again(team())
			w.healthy(summary)
			deletion := "iam.lost-key." + key.AccessKeyID
			if slices.Contains(ids, deletion) != (c.says != "") {
				t.Fatalf("changes %v, findings %v", ids, summary.Findings)
			}
			if c.says != "" {
				says(t, w.plannedChange(deletion).Title, "Delete bob's access key "+key.AccessKeyID+", made at ", c.says)
				return
			}
			told := findingOf(summary.Findings, "iam.key-doubtful")
			if len(ids) > 0 || (told != nil) != c.unread {
				t.Errorf("changes %v, findings %v", ids, summary.Findings)
			}
		})
	}
}

// TestAKeyThatAWSDoesNotShowYetIsNotMadeTwice: the answer was lost, and the list of keys
// is older than the key. Neither the same run nor one right after it sends it again
// before AWS had time to show it.
func TestAKeyThatAWSDoesNotShowYetIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	const lag, patience = time.Second, 8 * time.Second
	for name, stops := range map[string]bool{"the run goes on": false, "the run is stopped there": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{Lag: lag, Seed: name})
			s, stop := w.setup(team()), make(chan struct{})
			s.Stop, s.Env.Patience = stop, patience
			var once sync.Once
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "CreateAccessKey" && stops {
					once.Do(func() { close(stop) })
				}
				return sandbox.Fault{DropAnswer: e.Operation == "CreateAccessKey"}
			})
			first := w.run(s)
			if made := w.calls("CreateAccessKey", "alice") + w.calls("CreateAccessKey", "bob"); made > 2 || first.ExitCode(false) == plan.ExitDone {
				t.Fatalf("exit %d, %d keys made", first.ExitCode(false), made)
			}
			w.server.Intercept(nil)
			second := w.setup(team())
			second.Env.Patience = patience
			w.healthy(w.run(second))
			time.Sleep(lag) // the test's own reads are no later
			w.undoubled()
			w.settledNow(team())
		})
	}
}

// TestAKeyThatWasNeverMadeIsMadeInTheSameRun: it is the request that was lost.
func TestAKeyThatWasNeverMadeIsMadeInTheSameRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	s.Env.Patience = 8 * time.Second
	var lost atomic.Int64
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{DropRequest: e.Operation == "CreateAccessKey" && lost.Add(1) <= 2}
	})
	w.healthy(w.run(s))
	w.undoubled()
	if lost.Load() != 4 {
		t.Errorf("%d keys were asked for", lost.Load())
	}
}
