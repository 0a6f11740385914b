package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// bucketPolicy is the bucket's policy, once each of these was put before its statements.
func (w *world) bucketPolicy(statements ...string) policy.Document {
	w.T.Helper()
	h, ctx := w.hands(""), context.Background()
	have, err := h.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucketName)})
	w.Must(err)
	text := *have.Policy
	for _, s := range statements {
		text = strings.Replace(text, `"Statement":[`, `"Statement":[`+s+`,`, 1)
	}
	if len(statements) > 0 {
		_, err = h.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucketName), Policy: &text})
		w.Must(err)
	}
	return policy.ParseOrEmpty(text)
}

// haunt has the policies of key and bucket name a guest who was deleted since, beside
// what else somebody put into the bucket's.
func (w *world) haunt(more ...string) {
	w.T.Helper()
	h, ctx, guest := w.hands(""), context.Background(), aws.String("guest")
	made, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: guest})
	w.Must(err)
	w.bucketPolicy(append(more, fmt.Sprintf(`{"Sid":"Guest","Effect":"Allow","Principal":{"AWS":%q},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-terraform-state/*"}`, *made.User.Arn))...)
	have, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: w.keyID()})
	w.Must(err)
	w.keyPolicy(strings.Replace(*have.Policy, `"Statement":[`, fmt.Sprintf(`"Statement":[{"Sid":"Guest","Effect":"Allow","Principal":{"AWS":%q},"Action":"kms:Decrypt","Resource":"*"},`, *made.User.Arn), 1))
	_, err = h.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: guest})
	w.Must(err)
}

// TestPoliciesThatNameWhoWasDeletedAreToldAndMended, in set-up's words and not as some
// difference from the blueprint.
func TestPoliciesThatNameWhoWasDeletedAreToldAndMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.haunt()
	review := w.Review()
	var ids []string
	for _, f := range review.Findings {
		ids = append(ids, f.ID)
		if f.Severity != plan.Warning || !strings.Contains(f.String(), "statement Guest names AIDA") || !strings.Contains(f.Remedy, "Confirm the change: Drop deleted principals from the policy of") {
			t.Errorf("finding %s", f)
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, []string{"bucket.deleted-principal", "key.deleted-principal"}) {
		t.Errorf("findings %v", ids)
	}
	if summary := w.Mended(); len(summary.Findings) > 0 || summary.ExitCode(false) != plan.ExitDone {
		t.Errorf("after fixing: %v, failures %v", summary.Findings, summary.Failures)
	}
}

// TestAFixOfAPolicyDropsWhoWasDeleted: AWS would refuse the fix for the sake of somebody
// else's id, be there a change of set-up's that drops it or not.
func TestAFixOfAPolicyDropsWhoWasDeleted(t *testing.T) {
	t.Parallel()
	const alice = `"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:user/alice"}`
	for name, statement := range map[string]string{
		"beside setup's change": `{"Sid":"Fence",` + alice + `,"Action":["s3:PutObject","s3:ListBucket"],"Resource":["arn:aws:s3:::acme-terraform-state","arn:aws:s3:::acme-terraform-state/*"]}`,
		"where setup is at bay": `{"Sid":"Fence","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-terraform-state/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-west-1:111111111111:key/theirs"}}}`,
	} {
		w := newWorld(t, sandbox.Options{})
		w.haunt(statement)
		if summary := w.Mended(); summary.Failed > 0 {
			t.Errorf("%s: %v", name, summary.Failures)
		}
		if got := w.bucketPolicy(); len(policy.Deleted(got)) > 0 || strings.Contains(got.JSON(), "Fence") {
			t.Errorf("%s: the bucket's policy is %s", name, got.JSON())
		}
	}
}
