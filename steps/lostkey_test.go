package steps

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
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
		{name: "AWS's answer names it and its use may not be seen", answered: true, unread: true, says: "when it was last used may not be seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, key := cutOff(t, c.answered)
			if c.used {
				_, err := sts.NewFromConfig(w.config(key, "eu-west-1")).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
				w.must(err)
			}
			if c.unread {
				w.actAsOperator(without(stepstest.ReadmePolicy(t, "operator"), "iam:GetAccessKeyLastUsed"))
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
