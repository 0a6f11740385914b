//go:build integration

package steps

import (
	"context"
	"slices"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// repairs are the operator's actions that a first set-up does not meet, since
// nothing is there to be changed, tagged anew or detached.
var repairs = []string{
	"iam:DeleteAccessKey", "iam:DetachGroupPolicy", "iam:GetAccessKeyLastUsed", "iam:GetAccountSummary", "iam:ListMFADevices", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion",
	"kms:PutKeyPolicy", "kms:UpdateKeyDescription",
	"s3:GetBucketAbac", "s3:GetBucketAcl", "s3:GetBucketRequestPayment", "s3:GetBucketWebsite", "s3:GetReplicationConfiguration", "s3:GetObject", "s3:ListBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketTagging", "dynamodb:UpdateTable",
	// Troubleshooting's: what it tells and mends is proven in its own tests.
	"iam:SimulatePrincipalPolicy", "iam:UpdateAccessKey", "kms:EnableKey", "kms:CancelKeyDeletion",
}

// elsewhere tells an action that another situation than a first set-up needs; the
// rights of a meeting are taken away in one.
func elsewhere(action string) bool {
	return slices.Contains(repairs, action) || slices.ContainsFunc(rightsOfMeeting, func(r meetingRight) bool { return r.action == action })
}

func TestEveryActionOfTheOperatorPolicyIsNeeded(t *testing.T) {
	t.Parallel()
	full := stepstest.OperatorPolicy()
	for _, s := range full.Statements {
		for _, action := range s.Actions {
			if elsewhere(action) {
				continue
			}
			t.Run(action, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, sandbox.Options{})
				w.actAsOperator(without(full, action))
				for range 2 {
					if summary, err := w.setup(team()).Run(context.Background()); err != nil || summary.Failed > 0 || plan.NeedsAttention(summary.Findings) {
						return
					}
				}
				if len(w.denied()) == 0 { // else a hint was lost, such as what else lives in the account
					t.Errorf("setup did not miss %s", action)
				}
			})
		}
	}
}
