package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// An admin has no rights on IAM or KMS: what she cannot see is undecided and
// says so, and is no finding.
func TestAnAdminWithoutRightsSeesAHealthySetUpAsHealthy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsAlice()
	mark := len(w.Server.Log())
	summary := w.Mended()
	if len(summary.Findings) > 0 || summary.ExitCode(false) != plan.ExitDone {
		t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("it made %v", calls)
	}
	verdicts := map[plan.Verdict]int{}
	for _, c := range summary.Checks {
		verdicts[c.Verdict]++
		if c.Verdict == plan.Undecided && c.Answer == "" {
			t.Errorf("check %q is undecided and does not say why", c.Name)
		}
	}
	if verdicts[plan.Failed] > 0 || verdicts[plan.Undecided] == 0 || verdicts[plan.Passed] < 10 {
		t.Errorf("verdicts %v", verdicts)
	}
}

// What she may not mend she can hand on: identity, failed call with its request
// id, evidence, and the exact statement or command.
func TestAnAdminWithoutRightsGetsAReportToHandOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		breaking func(*world)
		id       string
		says     []string
	}{
		{"list", func(w *world) { w.without("s3:ListBucket") }, "s3-list-denied", []string{
			"account 111111111111", "user/alice", "s3:ListObjectsV2 on acme-terraform-state", "request id",
			`{"Version":"2012-10-17","Statement":[{"Sid":"ListStates","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-terraform-state"}]}`,
		}},
		{"table", func(w *world) { w.without("dynamodb:GetItem") }, "table-denied", []string{"dynamodb:GetItem on terraform_locks", `"LockWithTable"`, "dynamodb:LeadingKeys"}},
		{"key use", func(w *world) { w.without("kms:GenerateDataKey") }, "kms-denied", []string{`"UseStateKey"`, "kms:GenerateDataKey on arn:aws:kms"}},
		{"key state", func(w *world) {
			_, err := w.hands("").kms.DisableKey(context.Background(), &kms.DisableKeyInput{KeyId: w.keyID()})
			w.Must(err)
		}, "kms-disabled", []string{"aws kms enable-key --region eu-west-1", "user/alice"}},
		{"key deletion", func(w *world) {
			_, err := w.hands("").kms.ScheduleKeyDeletion(context.Background(), &kms.ScheduleKeyDeletionInput{KeyId: w.keyID(), PendingWindowInDays: aws.Int32(7)})
			w.Must(err)
		}, "kms-pending-deletion", []string{"aws kms cancel-key-deletion", "aws kms enable-key"}},
		{"table missing", func(w *world) { w.dropTable() }, "table-missing", []string{"aws dynamodb create-table --region eu-west-1", `"LockID"`}},
		{"state deleted", func(w *world) { w.put(state(9)); w.deleteState(1) }, "state.deleted", []string{"aws s3api list-object-versions", "s3://acme-terraform-state/common/staging", "user/alice"}},
		{"assume", func(w *world) { w.policy("stateroom-admins-assume-1", denyAll) }, "assume-role-denied", []string{"sts:AssumeRole on arn:aws:iam::222222222222:role/TerraformAdmin", `"Action":"sts:AssumeRole"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			c.breaking(w)
			w.actAsAlice()
			review := w.Review()
			f := healthtest.Finding(review.Findings, c.id)
			if f == nil || len(review.Findings) != 1 {
				t.Fatalf("findings %v, want %s alone", review.Findings, c.id)
			}
			if len(review.Changes)+len(review.NotOurs) > 0 {
				t.Errorf("changes are proposed: %v %v", review.Changes, review.NotOurs)
			}
			for _, says := range c.says {
				if !strings.Contains(f.Details, says) {
					t.Errorf("the report does not say %q:\n%s", says, f.Details)
				}
			}
		})
	}
}

// The rights that Terraform needs are the rights that release a lock.
func TestAnAdminReleasesALockHerself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.item(bucketName+"/"+stagingKey, "Info", lock(2*time.Hour))
	w.lockFile(lock(2 * time.Hour))
	w.actAsAlice()
	if summary := w.Mended(); summary.Applied != 1 || len(summary.Findings) > 0 {
		t.Errorf("applied %d, findings %v", summary.Applied, summary.Findings)
	}
}
