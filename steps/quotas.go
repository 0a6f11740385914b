package steps

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// AWS's quotas that a plan can go beyond ("IAM and AWS STS quotas"; "Quotas", KMS
// developer guide; "Bucket policies", S3 user guide). Tags and names are the blueprint's
// to check; users, groups and policies of an account are counted in thousands.
const (
	maxTrust          = 2048      // characters of a role's trust policy
	maxRoleInline     = 10240     // characters of a role's inline policies together
	maxKeyPolicy      = 32768     // bytes of a key policy
	maxBucketPolicy   = 20 * 1024 // bytes of a bucket policy
	maxPolicyName     = 128       // characters
	maxGroupsOfUser   = 10
	maxAttachedToRole = 10
)

// beyondQuotas tells what of a plan AWS would refuse with LimitExceeded: with any of it
// nothing is made at all. It judges the calls themselves.
func beyondQuotas(o *Observed, a *blueprint.Answers, changes []plan.Change) []plan.Finding {
	q := quotas{o: o, a: a, joined: map[string]int{}, attached: map[string]int{}}
	for i := range changes {
		for _, call := range changes[i].Calls {
			q.judge(&changes[i], call)
		}
	}
	q.judgeCounts()
	return q.found
}

// quotas is what has been counted of a plan.
type quotas struct {
	o        *Observed
	a        *blueprint.Answers
	joined   map[string]int // groups that a user is added to
	attached map[string]int // policies that a group is given, less those that it loses
	found    []plan.Finding
}

func (q *quotas) judge(c *plan.Change, call awsops.Call) {
	if call.Service != "iam" && call.Service != "kms" && call.Service != "s3" {
		return
	}
	in := call.InputMap()
	text := func(member string) string { value, _ := in[member].(string); return value }
	switch call.Operation {
	case "CreateRole":
		q.trust(c, text("AssumeRolePolicyDocument"))
	case "UpdateAssumeRolePolicy":
		q.trust(c, text("PolicyDocument"))
	case "PutRolePolicy":
		q.inline(c, text("PolicyName"), text("PolicyDocument"))
	case "AttachRolePolicy":
		q.roleAttachments(c)
	case "CreatePolicy":
		if name := text("PolicyName"); utf8.RuneCountInString(name) > maxPolicyName {
			q.refuse(c, "iam.policy-name-too-long", plan.StepIAM,
				fmt.Sprintf("Policy %s has a name of %d characters, and IAM allows %d.", name, utf8.RuneCountInString(name), maxPolicyName),
				fmt.Sprintf("Give group %s a shorter name in the blueprint.", c.Group))
		}
	case "AddUserToGroup":
		q.joined[text("UserName")]++
	case "AttachGroupPolicy":
		q.attached[text("GroupName")]++
	case "DetachGroupPolicy":
		q.attached[text("GroupName")]--
	case "CreateKey", "PutKeyPolicy":
		if size := settledSize(text("Policy")); size > maxKeyPolicy {
			remedy := "Name fewer principals in kms_key.administrators."
			if q.a.Key.Users == blueprint.KeyUsersListed {
				remedy = "Let it leave to the groups' policies who may use the key, with --set kms_key.users=group."
			}
			q.refuse(c, "key.policy-too-long", plan.StepKey, fmt.Sprintf("The key policy would have %d bytes, and KMS allows %d.", size, maxKeyPolicy), remedy)
		}
	case "PutBucketPolicy":
		if size := settledSize(text("Policy")); size > maxBucketPolicy {
			q.refuse(c, "bucket.policy-too-long", plan.StepBucket,
				fmt.Sprintf("The policy of bucket %s would have %d bytes with the statements that are there already, and S3 allows %d.", q.a.Bucket.Name, size, maxBucketPolicy),
				"Take statements that nobody needs out of the bucket's policy, or choose another bucket with --set bucket.name=NAME.")
		}
	}
}

// refuse adds the finding with which nothing is made.
func (q *quotas) refuse(c *plan.Change, id string, of plan.StepName, evidence, remedy string) {
	f := plan.Finding{ID: id, Of: of, Severity: plan.Failure, Blocks: true, Evidence: evidence, Remedy: remedy}
	if c != nil {
		f.Step, f.Subject = c.Step, c.Environment
	}
	q.found = append(q.found, f)
}

// settledSize is the length of a document once what the plan does not know yet is: at
// most the ARN of a key or a role.
func settledSize(text string) int {
	return len(awsops.ReplaceRefs(text, func(awsops.Reference) string { return strings.Repeat("x", longestARN) }))
}

// longestARN is a key's with the longest names of a partition and a region.
const longestARN = 96

func (q *quotas) trust(c *plan.Change, text string) {
	size := settledSize(text)
	if size <= maxTrust {
		return
	}
	evidence := fmt.Sprintf("The trust policy of the role of environment %s would have %d characters, and IAM allows %d.", c.Environment, size, maxTrust)
	remedy := fmt.Sprintf("Name fewer principals in environment.%s.trust_kept.", c.Environment)
	if e, ok := q.a.Environment(c.Environment); ok && e.Trust == blueprint.TrustListed {
		evidence = strings.TrimSuffix(evidence, ".") + ": it names every user."
		remedy = fmt.Sprintf("Let it trust the admin account, whose groups say who may assume it, with --set environment.%s.trust=account.", c.Environment)
	}
	q.refuse(c, "iam.trust-too-long", plan.StepIAM, evidence, remedy)
}

// inline counts a role's inline policies together, those that stay beside ours too.
func (q *quotas) inline(c *plan.Change, name, text string) {
	size, others := settledSize(text), 0
	for other, doc := range q.o.IAM.Roles[c.Environment].Inline {
		if other != name {
			others += doc.Size()
		}
	}
	if size+others <= maxRoleInline {
		return
	}
	evidence := fmt.Sprintf("The inline policy of the role of environment %s has %d characters, and IAM allows %d", c.Environment, size, maxRoleInline)
	if others > 0 {
		evidence += fmt.Sprintf(" together with the %d of those that are there beside it", others)
	}
	q.refuse(c, "iam.permissions-too-long", plan.StepIAM, evidence+".",
		fmt.Sprintf("Shorten it, or make a managed policy of it (of %d characters at most) in the environment's account and name it with --set environment.%s.permissions=ARN.", policy.ManagedPolicyLimit, c.Environment))
}

func (q *quotas) roleAttachments(c *plan.Change) {
	have := q.o.IAM.Roles[c.Environment].Attached
	if len(have) < maxAttachedToRole {
		return
	}
	q.refuse(c, "iam.role-policies-full", plan.StepIAM,
		fmt.Sprintf("The role of environment %s has %d managed policies attached already, and IAM allows %d.", c.Environment, len(have), maxAttachedToRole),
		fmt.Sprintf("Detach one that nobody needs of %s, or choose another name with --set environment.%s.role=NAME.", strings.Join(have, ", "), c.Environment))
}

// judgeCounts judges what only the whole plan tells of users and groups.
func (q *quotas) judgeCounts() {
	for _, user := range q.a.AllUsers() {
		have := q.o.IAM.Users[user].Groups
		if n := len(have) + q.joined[user]; q.joined[user] > 0 && n > maxGroupsOfUser {
			evidence := fmt.Sprintf("User %s would be in %d groups, and IAM allows %d.", user, n, maxGroupsOfUser)
			if len(have) > 0 {
				evidence += fmt.Sprintf(" It is in %s.", strings.Join(have, ", "))
			}
			q.refuse(nil, "iam.user-groups-full", plan.StepIAM, evidence,
				"Take the user out of groups, in the blueprint or in IAM, or make one group of several that reach the same environments.")
		}
	}
	for _, g := range q.a.Groups {
		have := q.o.IAM.Groups[g.Name].Attached
		if n := len(have) + q.attached[g.Name]; q.attached[g.Name] > 0 && n > maxGroupPolicies {
			foreign := slices.DeleteFunc(slices.Clone(have), func(arn string) bool { return strings.Contains(arn, ":policy"+policyPath) })
			q.refuse(nil, "iam.group-policies-full", plan.StepIAM,
				fmt.Sprintf("Group %s would have %d managed policies attached, and IAM allows %d; %d of them are not stateroom's: %s.", g.Name, n, maxGroupPolicies, len(foreign), strings.Join(foreign, ", ")),
				"Detach what the group can do without, or choose another name for the group in the blueprint.")
		}
	}
}
