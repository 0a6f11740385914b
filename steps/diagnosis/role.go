package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// Which account and role somebody works in, and what a policy denies there.
var (
	AssumeRoleDenied = &Diagnosis{
		ID: "assume-role-denied", Family: Role, Step: plan.StepIAM,
		Meaning:  "The identity may not assume the role: its own policies or the role's trust policy do not allow it, or the role does not exist.",
		Remedy:   "Allow sts:AssumeRole on the role to the identity, and the identity in the role's trust policy.",
		Operator: "Ask the operator to run stateroom setup, which lets the admins assume the role.",
		text: []sign{
			// The provider says so too where STS could not be asked at all.
			{
				pattern: wording(`perform: (?P<action>sts:(?:TagSession|SetSourceIdentity))`), unless: wording(`explicit deny`),
				meaning: "The role may be assumed, but not with session tags or a source identity.",
				remedy:  "Allow the action in addition to sts:AssumeRole in the role's trust policy and to the identity, or take the tags out of assume_role.",
			},
			{pattern: wording(`IAM Role \([^)]+\) cannot be assumed\.|[Tt]he role "[^"]+" cannot be assumed|perform:? (?P<action>sts:AssumeRole\w*)|when calling the AssumeRole operation: (?:Access denied|User)|STS: AssumeRole, .*AccessDenied`), unless: wording(`StatusCode: 0\b|request send failed|\bThrottling|StatusCode: 5\d\d`)},
		},
		is: refused("sts", "AssumeRole"),
	}
	WrongAccount = &Diagnosis{
		ID: "wrong-account", Family: Role, Step: plan.StepAccount,
		Meaning: "The credentials work, but belong to a different account than the configuration allows.",
		Remedy:  "Name the profile or the role of the right account, or correct allowed_account_ids.",
		text:    []sign{{pattern: wording(`(?i)(?:AWS account ID not allowed|Forbidden AWS account ID): \d+`)}},
	}
	// AccountLookupDenied is of back ends and providers that ask IAM in which account they
	// are: Terraform 0.11's do so first, and aws-sdk-go-base where STS gave no answer.
	AccountLookupDenied = &Diagnosis{
		ID: "account-lookup-denied", Family: Role, Step: plan.StepIAM,
		Meaning: "Terraform may not ask IAM in which account it is (iam:GetUser).",
		Remedy:  "Allow the user iam:GetUser on itself, or set skip_requesting_account_id = true in the backend and the provider. A newer Terraform asks sts:GetCallerIdentity, which needs no permission.",
		text:    []sign{{pattern: wording(`(?:perform: iam:GetUser\b|iam:GetUser: (?:api error )?AccessDenied|operation error IAM: GetUser, .*AccessDenied)`), unless: wording(`with an explicit deny\b`), at: outside}},
	}
	EnvironmentDenied = &Diagnosis{
		ID: "environment-denied", Family: Role, Step: plan.StepIAM,
		Meaning: "The role in the environment was assumed, but lacks a permission that the resource needs.",
		Remedy:  "Add the action to the environment role's policy, unless a boundary or an SCP denies it.",
		text: []sign{
			{pattern: wording(`UnauthorizedOperation|AccessDenied(?:Exception)?\b|not authorized to perform|StatusCode: 403|status code: 403`), at: inResource},
			// The same cause as above, from a text cut off before the resource.
			{pattern: wording(`\bUnauthorizedOperation\b|not authorized to perform: (?P<action>[\w-]+:\w+)`), unless: wording(`perform: (?:s3:(?:ListBucket|GetObject|PutObject|DeleteObject)|(?:sts|kms|dynamodb|organizations):|iam:(?:GetUser|ListRoles)\b)`)},
		},
	}
	ExplicitDeny = &Diagnosis{
		ID: "explicit-deny", Family: Role, Step: plan.StepBucket,
		Meaning:  "A policy forbids the action outright; no permission can outweigh it.",
		Remedy:   "Meet the policy's condition: for a state bucket set encrypt = true and kms_key_id to the key's full ARN.",
		Operator: "Ask the operator to find the policy that denies it, with stateroom troubleshoot.",
		text:     []sign{{pattern: wording(`with an explicit deny\b`), at: outside}},
		is:       awsops.IsExplicitDeny,
	}
)
