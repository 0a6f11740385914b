package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// AWS's quotas that a plan can go beyond and that no account has raised ("Quotas", KMS
// developer guide; "Bucket policies", S3 user guide; "IAM and AWS STS quotas"). Tags and
// names are the blueprint's to check; users, groups and policies of an account are
// counted in thousands; users and groups are given no inline policies.
const (
	maxKeyPolicy    = 32768     // bytes of a key policy
	maxBucketPolicy = 20 * 1024 // bytes of a bucket policy
	maxPolicyName   = 128       // characters
)

// IAM's quotas of an account as GetAccountSummary names them. AWS raises the first two on
// request ("IAM and AWS STS quotas").
const (
	quotaTrust         = "AssumeRolePolicySizeQuota"    // characters of a role's trust policy
	quotaRolePolicies  = "AttachedPoliciesPerRoleQuota" // managed policies
	quotaRoleInline    = "RolePolicySizeQuota"          // characters of all inline policies together
	quotaUserGroups    = "GroupsPerUserQuota"
	quotaGroupPolicies = "AttachedPoliciesPerGroupQuota"
)

// usualQuotas are those of an account that has had none raised.
var usualQuotas = map[string]int{
	quotaTrust: 2048, quotaRolePolicies: 10, quotaRoleInline: 10240, quotaUserGroups: 10, quotaGroupPolicies: policy.ManagedPoliciesPerGroup,
}

// quota is an account's: AWS's usual one unless it was read. An account is asked only
// about what the usual ones refuse ([ReadQuotas]).
func (o *Observed) quota(account, name string) int {
	if told, known := o.Quotas[account][name]; known {
		return told
	}
	return usualQuotas[name]
}

// BeyondQuotas tells what of some changes AWS would refuse with LimitExceeded, and stops
// it: in a set-up nothing is made at all then. It judges the calls themselves.
func BeyondQuotas(o *Observed, a *blueprint.Answers, changes []plan.Change) []plan.Finding {
	return judgeQuotas(o, a, changes).found
}

// ReadQuotas asks the accounts in which changes go beyond IAM's usual quotas for their
// own, which may have been raised, and says whether one of them told. Who may not ask is
// told nothing.
func ReadQuotas(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed, changes []plan.Change) bool {
	told := map[string]map[string]int{}
	var mu sync.Mutex
	var reads []func()
	for account, role := range judgeQuotas(o, a, changes).accounts {
		if o.Quotas[account] != nil || len(awsops.FindRefs(account)) > 0 { // asked already, or still to be created
			continue
		}
		reads = append(reads, func() {
			if summary, err := env.Session(account, role, a.StateRegion).IAMSummary(ctx); err == nil {
				mu.Lock()
				defer mu.Unlock()
				told[account] = summary
			}
		})
	}
	engine.Together(max(env.Parallel, 1), reads...)
	maps.Copy(told, o.Quotas)
	read := len(told) > len(o.Quotas)
	o.Quotas = told
	return read
}

func judgeQuotas(o *Observed, a *blueprint.Answers, changes []plan.Change) *quotas {
	q := &quotas{o: o, a: a, machines: machinesByARN(o, a), joins: map[string][]string{}, attaches: map[string][]string{}, detached: map[string]int{}, accounts: map[string]string{}}
	for i := range changes {
		for _, call := range changes[i].Calls {
			q.judge(&changes[i], call)
		}
	}
	q.judgeCounts()
	return q
}

// quotas is what has been counted of a plan.
type quotas struct {
	o        *Observed
	a        *blueprint.Answers
	machines map[string]*machineRole // those of pipelines, by their ARN
	joins    map[string][]string     // the changes that add a user to a group, by user
	attaches map[string][]string     // those that give a group a policy, by group
	detached map[string]int          // policies that a group loses
	found    []plan.Finding
	// accounts are those beyond whose quotas of IAM a change goes, with the role by which
	// they are entered.
	accounts map[string]string
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
		q.joins[text("UserName")] = append(q.joins[text("UserName")], c.ID)
	case "AttachGroupPolicy":
		q.attaches[text("GroupName")] = append(q.attaches[text("GroupName")], c.ID)
	case "DetachGroupPolicy":
		q.detached[text("GroupName")]++
	case "CreateKey", "PutKeyPolicy":
		if size := settledSize(text("Policy")); size > maxKeyPolicy {
			remedy := "Name fewer principals in kms_key.administrators."
			if q.a.Key.Users == blueprint.KeyUsersListed {
				remedy = "Let the groups' policies decide who may use the key, with --set kms_key.users=group."
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

// refuse adds the finding with which a change is not made.
func (q *quotas) refuse(c *plan.Change, id string, of plan.StepName, evidence, remedy string) {
	q.refuseAll([]string{c.ID}, id, of, evidence, remedy)
	f := &q.found[len(q.found)-1]
	f.Step, f.Subject = c.Step, c.Environment
}

func (q *quotas) refuseAll(stops []string, id string, of plan.StepName, evidence, remedy string) {
	q.found = append(q.found, plan.Finding{ID: id, Of: of, Severity: plan.Failure, Blocks: true, Stops: stops, Evidence: evidence, Remedy: remedy})
}

// quota is one of IAM's of the account in which a change is made.
func (q *quotas) quota(c *plan.Change, name string) int { return q.o.quota(c.Account, name) }

// beyond remembers the account whose quota is in the way.
func (q *quotas) beyond(c *plan.Change) { q.accounts[c.Account] = c.Role }

// settledSize is the length of a document once what the plan does not know yet is: at
// most the ARN of a key or a role.
func settledSize(text string) int {
	return len(awsops.ReplaceRefs(text, func(awsops.Reference) string { return strings.Repeat("x", longestARN) }))
}

// longestARN is a key's with the longest names of a partition and a region.
const longestARN = 96

// roleOf is the role that a change is about, in words, with what was found of it, and
// whether it is a pipeline's.
func (q *quotas) roleOf(c *plan.Change) (words string, found RoleFacts, machines bool) {
	if of := q.machines[c.Target]; of != nil {
		return "role " + of.e.Role, of.f, true
	}
	return "the role of environment " + c.Environment, q.o.IAM.Roles[c.Environment], false
}

func (q *quotas) trust(c *plan.Change, text string) {
	size, most := settledSize(text), q.quota(c, quotaTrust)
	if size <= most {
		return
	}
	q.beyond(c)
	role, _, machines := q.roleOf(c)
	evidence := fmt.Sprintf("The trust policy of %s would have %d characters, and IAM allows %d.", role, size, most)
	remedy := fmt.Sprintf("Name fewer principals in environment.%s.trust_kept.", c.Environment)
	if machines {
		q.refuse(c, "iam.trust-too-long", plan.StepIAM, evidence, "Name fewer jobs in plan and apply of the ci block, or make several blocks of it.")
		return
	}
	if e, ok := q.a.Environment(c.Environment); ok && e.Trust == blueprint.TrustListed {
		evidence = strings.TrimSuffix(evidence, ".") + ": it names every user."
		remedy = fmt.Sprintf("Trust the admin account instead, whose groups decide who may assume it, with --set environment.%s.trust=account.", c.Environment)
	}
	q.refuse(c, "iam.trust-too-long", plan.StepIAM, evidence, remedy)
}

// inline counts a role's inline policies together, those that stay beside ours too.
func (q *quotas) inline(c *plan.Change, name, text string) {
	size, others, most := settledSize(text), 0, q.quota(c, quotaRoleInline)
	role, have, machines := q.roleOf(c)
	for other, doc := range have.Inline {
		if other != name {
			others += doc.Size()
		}
	}
	if size+others <= most {
		return
	}
	q.beyond(c)
	evidence := fmt.Sprintf("The inline policy of %s has %d characters, and IAM allows %d", role, size, most)
	if others > 0 {
		evidence += fmt.Sprintf(" together with the %d of those that are there already", others)
	}
	if machines {
		remedy := "Make several ci blocks of it, each for some of the environments."
		if of := q.machines[c.Target]; of.id == ciWatchChange(of.ci.Name) { // which looks at all of them
			remedy = "Give the roles of all environments one name and path in an organization, or leave watch out of the ci block."
		}
		q.refuse(c, "iam.permissions-too-long", plan.StepIAM, evidence+".", remedy)
		return
	}
	q.refuse(c, "iam.permissions-too-long", plan.StepIAM, evidence+".",
		fmt.Sprintf("Shorten it, or make a managed policy of it (of %d characters at most) in the environment's account and name it with --set environment.%s.permissions=ARN.", policy.ManagedPolicyLimit, c.Environment))
}

func (q *quotas) roleAttachments(c *plan.Change) {
	role, facts, _ := q.roleOf(c)
	have, most := facts.Attached, q.quota(c, quotaRolePolicies)
	if len(have) < most {
		return
	}
	q.beyond(c)
	q.refuse(c, "iam.role-policies-full", plan.StepIAM,
		fmt.Sprintf("%s has %d managed policies attached already, and IAM allows %d.", plan.Capital(role), len(have), most),
		fmt.Sprintf("Detach one that nobody needs of %s, or choose another name with --set environment.%s.role=NAME.", strings.Join(have, ", "), c.Environment))
}

// judgeCounts judges what only the whole plan tells of users and groups.
func (q *quotas) judgeCounts() {
	home := q.a.AdminAccount
	most := q.o.quota(home, quotaUserGroups)
	for _, user := range q.a.AllUsers() {
		have, joins := q.o.IAM.Users[user].Groups, q.joins[user]
		if n := len(have) + len(joins); len(joins) > 0 && n > most {
			evidence := fmt.Sprintf("User %s would be in %d groups, and IAM allows %d.", user, n, most)
			if len(have) > 0 {
				evidence += fmt.Sprintf(" It is in %s.", strings.Join(have, ", "))
			}
			q.accounts[home] = ""
			q.refuseAll(joins, "iam.user-groups-full", plan.StepIAM, evidence,
				"Take the user out of groups, in the blueprint or in IAM, or make one group of several that reach the same environments.")
		}
	}
	most = q.o.quota(home, quotaGroupPolicies)
	for _, g := range q.a.Groups {
		if groupTooLarge(q.o, q.a, g) {
			q.accounts[home] = ""
		}
		have, attaches := q.o.IAM.Groups[g.Name].Attached, q.attaches[g.Name]
		if n := len(have) + len(attaches) - q.detached[g.Name]; len(attaches) > 0 && n > most {
			foreign := slices.DeleteFunc(slices.Clone(have), func(arn string) bool { return strings.Contains(arn, ":policy"+policyPath) })
			q.accounts[home] = ""
			q.refuseAll(attaches, "iam.group-policies-full", plan.StepIAM,
				fmt.Sprintf("Group %s would have %d managed policies attached, and IAM allows %d; %d of them are not stateroom's: %s.", g.Name, n, most, len(foreign), strings.Join(foreign, ", ")),
				"Detach what the group does not need, or choose another name for the group in the blueprint.")
		}
	}
}
