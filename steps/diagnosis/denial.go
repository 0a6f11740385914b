package diagnosis

import (
	"slices"
	"strings"

	"stateroom/awsops"
)

// Denied is the cause that the checks call an explicit deny of this text by what was
// denied, nil where they call it an explicit deny, too.
func (m Match) Denied() *Diagnosis {
	if m.Diagnosis != ExplicitDeny {
		return nil
	}
	service, action, _ := strings.Cut(m.subject["action"], ":")
	switch {
	case service == "kms":
		return KMSDenied
	case service == "dynamodb":
		return TableDenied
	case service == "sts" && strings.HasPrefix(action, "AssumeRole"):
		return AssumeRoleDenied
	}
	return nil
}

// ByWrongAccount tells whether credentials of another account are reason enough: to them
// everything is denied.
func (m Match) ByWrongAccount() bool { return slices.Contains(denials, m.Diagnosis) }

// decided is what mends a refusal by one type of policy, where a Deny statement decided
// and where an Allow is missing. An Allow is never the answer to the first.
type decided struct{ explicit, implicit string }

// byPolicy are the types of policies in AWS's words. What each may do is in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
var byPolicy = map[string]decided{
	"service control policy": {
		"A service control policy (SCP) of the organization forbids it, whatever the account allows: ask whoever manages the organization to change the policy, or meet its condition.",
		"No service control policy (SCP) allows it, and what an SCP does not allow no policy of the account can: ask whoever manages the organization to allow the action for this account.",
	},
	"resource control policy": {
		"A resource control policy (RCP) of the organization forbids it on the resource, whatever IAM and the resource's own policy allow: ask whoever manages the organization to change the policy, or meet its condition.",
		"No resource control policy (RCP) allows it: ask whoever manages the organization to allow the action on this account's resources.",
	},
	"permissions boundary": {
		"The permissions boundary set on the user or role forbids it: change that boundary's Deny statement, or set another boundary.",
		"The permissions boundary set on the user or role does not allow it: add the action to the boundary. An identity-based policy has to allow it as well.",
	},
	"session policy": {
		"The session was opened with a session policy that forbids it: open it with another, or with none (policy and policy_arns of assume_role, or whatever issues the session).",
		"The session was opened with a session policy that does not allow it: open it with the action in it, or with none (policy and policy_arns of assume_role, or whatever issues the session).",
	},
	"VPC endpoint policy": {
		"The policy of the VPC endpoint that the request went through forbids it: change the endpoint's policy. No policy in IAM helps.",
		"The policy of the VPC endpoint that the request went through does not allow it: add action and resource to the endpoint's policy. No policy in IAM helps.",
	},
	"role trust policy": {
		"The role's trust policy forbids it: change its Deny statement, or meet its condition.",
		"Allow the identity in the role's trust policy.",
	},
	"identity-based policy": {
		"A Deny statement in one of the policies of the user, its groups or the role forbids it: change that policy, or meet its condition. Where it denies everything without MFA, sign in with MFA first (stateroom login).",
		"",
	},
	"resource-based policy": {
		"A Deny statement in the policy of the resource itself forbids it: change that policy, or meet its condition.",
		"The resource's own policy has to allow it, too: it is in another account, or its policy does not leave that to IAM. Add the identity and the action to it.",
	},
	"": {
		"A Deny statement forbids it: find the policy that holds it (of the identity, the resource, the permissions boundary, the organization or the session), change it or meet its condition.",
		"",
	},
}

// stateBucket is what meets the conditions of the bucket policies that Terraform's users
// write for their states.
const stateBucket = "The bucket's policy forbids it: meet its condition, which for a state bucket is encrypt = true and kms_key_id with the key's full ARN in the backend; or change its Deny statement."

// whom is the identity that AWS names in a refusal, and nothing that only looks like one.
var whom = wording(`User: (arn:[\w-]{1,20}:(?:iam|sts)::\d{0,12}:(?:user|role|assumed-role|federated-user)/[\w+=,.@/-]{1,200}) is not authorized`)

// toWhom is what gives an identity an action that no policy of its own gives it.
func toWhom(text, action string) string {
	m := whom.regexp().FindStringSubmatch(text)
	if m == nil || action == "" {
		return ""
	}
	return "Allow " + action + " to " + m[1] + ", in a policy of its user, group or role; a boundary or an SCP may keep it out all the same."
}

// meaningOf is what a refusal of a cause means where a Deny statement decided.
func meaningOf(of *Diagnosis, text string) string {
	if of == EnvironmentDenied && awsops.DenialIn(text).Explicit {
		return ExplicitDeny.Meaning
	}
	return ""
}

// remedyOf is what mends a refusal as its text words it, with what AWS itself names of it;
// empty where the text says nothing that the cause does not.
func remedyOf(of *Diagnosis, text string) string {
	d := awsops.DenialIn(text)
	by, known := byPolicy[d.Policy]
	var out string
	switch {
	case !known:
	case d.Explicit && d.Policy == "resource-based policy" && d.Action == "s3:PutObject":
		out = stateBucket
	case d.Explicit && d.Policy == "resource-based policy" && strings.HasPrefix(d.Action, "kms:"):
		out = "The key policy forbids it: change its Deny statement, or meet its condition."
	case d.Explicit:
		out = by.explicit
	default:
		out = by.implicit
	}
	if out == "" && of == EnvironmentDenied {
		out = toWhom(text, d.Action)
	}
	if out == "" {
		return ""
	}
	if d.PolicyARN != "" {
		out += " The policy is " + d.PolicyARN + "."
	}
	switch {
	case d.Link != "":
		out += " AWS shows its evaluation of the request for a day at " + d.Link + "."
	case d.AuthorizationID != "":
		out += " aws iam-toolbox get-request-authorization-details shows AWS's evaluation of authorization id " + d.AuthorizationID + " for a day."
	}
	return out
}
