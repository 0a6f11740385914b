package steps

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops/policy"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// met is a finished set-up after others that met it: a stored version is
// encrypted with one's key, and another's key lost its alias and is nowhere used.
func met(t *testing.T) (w *world, needed, spare string) {
	t.Helper()
	w = finished(t)
	needed = w.lostKey()
	h, ctx := w.hands(""), context.Background()
	_, err := h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: aws.String("common/staging"), Body: strings.NewReader(`{"version":4}`),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &needed,
	})
	w.must(err)
	tag, value := team().Tag()
	made, err := h.kms.CreateKey(ctx, &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: &tag, TagValue: &value}}})
	w.must(err)
	return w, needed, *made.KeyMetadata.Arn
}

// meetingRight is a right that only a set-up needs that has met another one, and
// what it is told to be missing on.
type meetingRight struct {
	action string
	on     func(spare string) string
}

var rightsOfMeeting = []meetingRight{
	{"kms:ListAliases", func(spare string) string { return spare }},
	{"kms:DisableKey", func(spare string) string { return spare }},
	{"s3:ListBucketVersions", func(string) string { return bucketName }},
	{"s3:GetObjectVersion", func(string) string { return bucketName + "/*" }},
}

// without is a policy that lacks one action.
func without(doc policy.Document, action string) policy.Document {
	less := policy.Document{Version: doc.Version}
	for _, s := range doc.Statements {
		s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool { return a == action })
		if len(s.Actions) > 0 {
			less.Statements = append(less.Statements, s)
		}
	}
	return less
}

// grantOperator gives the operator of [world.actAsOperator] another policy
// instead.
func (w *world) grantOperator(doc policy.Document) {
	w.t.Helper()
	_, err := w.hands("").iam.CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{
		PolicyArn: aws.String("arn:aws:iam::111111111111:policy/operator-needs"), PolicyDocument: aws.String(doc.JSON()), SetAsDefault: true,
	})
	w.must(err)
}

func (w *world) mayDecrypt(user, key string) bool {
	w.t.Helper()
	got, err := w.hands("").iam.SimulatePrincipalPolicy(context.Background(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/" + user), ActionNames: []string{"kms:Decrypt"}, ResourceArns: []string{key},
	})
	w.must(err)
	return got.EvaluationResults[0].EvalDecision == "allowed"
}

// complaints are everything that a run says is wrong.
func complaints(s *plan.Summary) string {
	var b strings.Builder
	for _, f := range s.Findings {
		if f.Severity != plan.Info {
			b.WriteString(f.Evidence + " " + f.Remedy + "\n")
		}
	}
	for _, f := range s.Failures {
		b.WriteString(f.Err.Error() + "\n")
	}
	return b.String()
}

// TestEachRightAfterTwoSetUpsIsNamedWhereItIsMissing takes away what the operator
// needs only where set-ups have met. Nothing is disabled on a guess, and what is
// missing is named with its resource; with it, the next run ends the repair.
func TestEachRightAfterTwoSetUpsIsNamedWhereItIsMissing(t *testing.T) {
	t.Parallel()
	full := stepstest.OperatorPolicy()
	for _, right := range rightsOfMeeting {
		t.Run(right.action, func(t *testing.T) {
			t.Parallel()
			w, needed, spare := met(t)
			w.actAsOperator(without(full, right.action))
			summary := w.run(w.setup(team()))
			if summary.ExitCode(false) == plan.ExitDone {
				t.Error("setup says that all is well")
			}
			says(t, complaints(summary), right.action+" on "+right.on(spare))
			for _, key := range []string{needed, spare} {
				if state := w.keyState(key); state != kmstypes.KeyStateEnabled {
					t.Errorf("key %s is %s", key, state)
				}
			}
			w.grantOperator(full)
			w.repaired(needed, spare)
		})
	}
}

// repaired is a run with the policy as the README has it.
func (w *world) repaired(needed, spare string) {
	w.t.Helper()
	mark := len(w.denied())
	w.healthy(w.run(w.setup(team())))
	if denied := w.denied()[mark:]; len(denied) > 0 {
		w.t.Errorf("denied: %v", denied)
	}
	if state := w.keyState(spare); state != kmstypes.KeyStateDisabled {
		w.t.Errorf("the spare key is %s", state)
	}
	if state := w.keyState(needed); state != kmstypes.KeyStateEnabled || !w.mayDecrypt("alice", needed) {
		w.t.Errorf("the key of a stored version is %s, and alice may decrypt with it: %v", state, w.mayDecrypt("alice", needed))
	}
	w.settledNow(team())
}

// TestDecryptIsNotTakenAwayWhereNobodyKnowsWhatNeedsIt: who may not look at the
// versions must not conclude that there are none.
func TestDecryptIsNotTakenAwayWhereNobodyKnowsWhatNeedsIt(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"s3:ListBucketVersions", "s3:GetObjectVersion"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w, needed, spare := met(t)
			full := stepstest.OperatorPolicy()
			w.actAsOperator(full)
			w.repaired(needed, spare)
			w.grantOperator(without(full, action))
			if _, ids, _ := w.again(team()); len(ids) > 0 || !w.mayDecrypt("alice", needed) {
				t.Errorf("changes %v, and alice may decrypt: %v", ids, w.mayDecrypt("alice", needed))
			}
		})
	}
}
