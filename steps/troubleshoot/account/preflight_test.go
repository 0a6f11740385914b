package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// TestWhatMendsIsNotOfferedWhereABoundaryForbidsIt: the fault is told with what helps
// somebody else, the boundary is named, and nothing is tried.
func TestWhatMendsIsNotOfferedWhereABoundaryForbidsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.without("s3:GetObject")
	w.dropTable()
	h, ctx, boss := w.hands("").iam, context.Background(), aws.String("boss")
	made, err := h.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName:     aws.String("limits"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"NoVersions","Effect":"Deny","Action":"iam:CreatePolicyVersion","Resource":"*"}]}`),
	})
	w.Must(err)
	_, err = h.CreateUser(ctx, &iam.CreateUserInput{UserName: boss, PermissionsBoundary: made.Policy.Arn})
	w.Must(err)
	_, err = h.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: boss, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	w.Must(err)
	key, err := h.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: boss})
	w.Must(err)
	w.Shell.Key = enginetest.Pair(sandbox.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey})

	mark := len(w.Server.Log())
	summary, err := w.Flow().Run(t.Context())
	w.Must(err)
	const fix = "iam.policy.stateroom-admins-state-1"
	found := map[string]plan.Finding{}
	for _, f := range summary.Findings {
		found[f.ID] = f
		if f.ID != "account.boundary-denies" && strings.Contains(f.Remedy, "Confirm the change") {
			t.Errorf("%s offers what is not planned: %s", f.ID, f.Remedy)
		}
	}
	if f := found["account.boundary-denies"]; f.Severity != plan.Failure || !slices.Contains(f.Stops, fix) || !strings.Contains(f.Evidence, "policy/limits") {
		t.Errorf("findings %v", summary.Findings)
	}
	if f := found["s3-get-denied"]; f.Severity != plan.Failure || !strings.Contains(f.Details, "To whoever administers") {
		t.Errorf("the fault is told as %+v", f)
	}
	if made := w.mutations(mark); !slices.Equal(made, []string{"dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups"}) || summary.Failed > 0 {
		t.Errorf("made %v, failed %v", made, summary.Failures)
	}
}
