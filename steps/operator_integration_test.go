//go:build integration

package steps

import (
	"context"
	"slices"
	"testing"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
)

// repairs are the operator's actions that a first set-up does not meet, since
// nothing is there to be changed, tagged anew or detached.
var repairs = []string{
	"iam:DeleteAccessKey", "iam:DetachGroupPolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion",
	"kms:PutKeyPolicy", "kms:UpdateKeyDescription",
	"s3:GetObject", "s3:ListBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketTagging", "dynamodb:UpdateTable",
	// A set-up's that has met another one: what it looks at and disables then is
	// proven in orphans' own tests.
	"kms:ListAliases", "kms:DisableKey", "s3:ListBucketVersions", "s3:GetObjectVersion",
	// Troubleshooting's: what it tells and mends is proven in its own tests.
	"iam:SimulatePrincipalPolicy", "iam:UpdateAccessKey", "kms:EnableKey", "kms:CancelKeyDeletion",
}

func TestEveryActionOfTheOperatorPolicyIsNeeded(t *testing.T) {
	full := policy.Operator(operatorAccess())
	for i, s := range full.Statements {
		for _, action := range s.Actions {
			if slices.Contains(repairs, action) {
				continue
			}
			t.Run(action, func(t *testing.T) {
				less := policy.Document{Statements: slices.Clone(full.Statements)}
				less.Statements[i].Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool { return a == action })
				if len(less.Statements[i].Actions) == 0 {
					less.Statements = slices.Delete(less.Statements, i, i+1)
				}
				w := newWorld(t, sandbox.Options{})
				w.actAsOperator(less)
				for range 2 {
					if summary, err := w.setup(team()).Run(context.Background()); err != nil || summary.Failed > 0 || NeedsAttention(summary.Findings) {
						return
					}
				}
				if len(w.denied()) == 0 { // else a hint was lost, such as what else lives in the account
					t.Errorf("set-up did not miss %s", action)
				}
			})
		}
	}
}
