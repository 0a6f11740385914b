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
		Operator: "Let the operator run stateroom setup, which lets the admins assume the role.",
		text: []sign{
			// The provider says so too where STS could not be asked at all.
			{pattern: wording(`IAM Role \([^)]+\) cannot be assumed|perform: (?P<action>sts:AssumeRole\w*)`), unless: wording(`StatusCode: 0,|request send failed|\bThrottling`)},
		},
		is: refused("sts", "AssumeRole"),
	}
	WrongAccount = &Diagnosis{
		ID: "wrong-account", Family: Role, Step: plan.StepAccount,
		Meaning: "The credentials work, but belong to another account than the configuration allows.",
		Remedy:  "Name the profile or the role of the right account, or correct allowed_account_ids.",
		text:    []sign{{pattern: wording(`(?i)AWS account ID not allowed: \d+`)}},
	}
	EnvironmentDenied = &Diagnosis{
		ID: "environment-denied", Family: Role, Step: plan.StepIAM,
		Meaning: "The role in the environment was assumed, but lacks a permission that the resource needs.",
		Remedy:  "Add the action to the environment role's policy, unless a boundary or an SCP denies it.",
		text: []sign{
			{pattern: wording(`UnauthorizedOperation|AccessDenied(?:Exception)?\b|not authorized to perform|StatusCode: 403|status code: 403`), at: inResource},
			// The same cause as above, from a text cut off before the resource.
			{pattern: wording(`\bUnauthorizedOperation\b|not authorized to perform: (?P<action>[\w-]+:\w+)`), unless: wording(`perform: (?:(?:s3|sts|kms|dynamodb|organizations):|iam:(?:GetUser|ListRoles)\b)`)},
		},
	}
	ExplicitDeny = &Diagnosis{
		ID: "explicit-deny", Family: Role, Step: plan.StepBucket,
		Meaning:  "A policy forbids the action outright; no permission can outweigh it.",
		Remedy:   "Meet the policy's condition: for a state bucket set encrypt = true and kms_key_id to the key's full ARN.",
		Operator: "Let the operator look for the policy that denies it, with stateroom troubleshoot.",
		text:     []sign{{pattern: wording(`perform: (?P<action>(?:s3|sts|dynamodb):\w+) on resource: "?(?P<resource>[^" ]+)"? with an explicit deny in an? [\w -]+? policy`), at: outside}},
		is:       awsops.IsExplicitDeny,
	}
)
