package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// policyPath is the IAM path below which our customer-managed policies are, so
// that one ListPolicies finds them all.
const policyPath = "/stateroom/"

// groupPolicyQuota is how many managed policies a group may have: IAM's ten, which AWS
// raises for nobody ("IAM and AWS STS quotas"), unless the account says otherwise.
func groupPolicyQuota(o *Observed, a *blueprint.Answers) int {
	return o.quota(a.AdminAccount, quotaGroupPolicies)
}

// GroupFacts are a group as found; Group is nil when it is not there.
type GroupFacts struct {
	Group    *awsops.Group
	Attached []string // policy ARNs
	Inline   []string // names of inline policies
}

// groupPath is the IAM path below which this blueprint's groups are made: what a
// tag would say, of what cannot carry one, on any laptop. IAM compares names
// without it, so that a group of another path and the same name stands in the way.
func groupPath(a *blueprint.Answers) string { return policyPath + a.Bucket.Name + "/" }

// groupARN names a group as IAM does; an older one has no path of ours.
func groupARN(o *Observed, a *blueprint.Answers, group string) string {
	if have := o.IAM.Groups[group].Group; have != nil {
		return have.ARN
	}
	return iamARN(o, a, "group"+groupPath(a)+group)
}

func (f *IAMFacts) inspectGroups(ctx context.Context, home *awsops.Session, a *blueprint.Answers) error {
	groups := a.UserGroups()
	found, err := forEach(ctx, 0, groups, func(ctx context.Context, g blueprint.Group) (GroupFacts, error) {
		return inspectGroup(ctx, home, g.Name)
	})
	f.Groups = map[string]GroupFacts{}
	for i, g := range groups {
		f.Groups[g.Name] = found[i]
	}
	return err
}

func inspectGroup(ctx context.Context, home *awsops.Session, name string) (f GroupFacts, err error) {
	if f.Group, err = home.Group(ctx, name); err != nil || f.Group == nil {
		return f, err
	}
	grants, err := home.GroupGrants(ctx, name)
	for _, p := range grants.Attached {
		f.Attached = append(f.Attached, p.ARN)
	}
	f.Inline = grants.Inline
	return f, err
}

func groupChange(group string) string { return "iam.group." + group }

func memberChange(group, user string) string { return "iam.member." + group + "." + user }

// planGroups creates each group with its members, the policy that lets them
// assume their environments' roles and the one for their own keys. The state
// policy belongs to step 5.
func planGroups(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	for _, g := range a.Groups {
		if g.IdentityCenter == "" {
			p.Add(planGroup(o, a, g))
		}
		assume, refused := assumePolicies(o, a, g)
		if refused != nil {
			p.Find(*refused)
			continue
		}
		p.Add(groupPolicies(o, a, g.Name, assumeSubject, assume))
	}
	return p
}

// planGroup creates an IAM group with its members.
func planGroup(o *Observed, a *blueprint.Answers, g blueprint.Group) (p plan.Proposal) {
	f := o.IAM.Groups[g.Name]
	if f.Group == nil {
		c := plan.InAdminAccount(a, groupChange(g.Name), plan.Create, "Create the group "+g.Name, groupARN(o, a, g.Name), awsops.CreateGroup(g.Name, groupPath(a)))
		c.Group = g.Name
		c.Fields = plan.Created("name", g.Name, "environments", strings.Join(g.Environments, ", "))
		c.Undo = "aws iam delete-group --group-name " + g.Name
		p.Change(c)
	}
	p.Change(members(o, a, g)...)
	p.Find(otherMembers(a, g, f.Group)...)
	for _, arn := range otherPolicies(f) {
		p.Keep("iam.group-more-policies", fmt.Sprintf("Policy %s is attached to group %s in addition to the blueprint's.", arn, g.Name))
	}
	for _, name := range f.Inline {
		p.Keep("iam.group-more-policies", fmt.Sprintf("Group %s has the inline policy %s in addition to the blueprint's.", g.Name, name))
	}
	own, _ := ownDocuments(o, a, g)
	p.Add(groupPolicies(o, a, g.Name, "credentials", own))
	return p
}

// otherPolicies give the group rights besides the blueprint's.
func otherPolicies(f GroupFacts) []string {
	return slices.DeleteFunc(slices.Clone(f.Attached), func(arn string) bool { return strings.Contains(arn, ":policy"+policyPath) })
}

// iamARN names something of the admin account's IAM.
func iamARN(o *Observed, a *blueprint.Answers, rest string) string {
	return "arn:" + o.partition() + ":iam::" + a.AdminAccount + ":" + rest
}

// groupNotOurs is the group's ARN when it is not this blueprint's: neither is its
// path ours, nor does it hold a policy that carries the tag. AWS itself says so,
// the same to every laptop.
func groupNotOurs(o *Observed, a *blueprint.Answers, group string) string {
	f := o.IAM.Groups[group]
	if f.Group == nil || f.Group.Path == groupPath(a) {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		p := o.IAM.Policies[name]
		if plan.Ours(a, p.Tags) && slices.Contains(f.Attached, p.ARN) {
			return ""
		}
	}
	return f.Group.ARN
}

func members(o *Observed, a *blueprint.Answers, g blueprint.Group) []plan.Change {
	var have []string
	if f := o.IAM.Groups[g.Name]; f.Group != nil {
		have = f.Group.Users
	}
	var changes []plan.Change
	for _, user := range a.UsersOf(g.Name) {
		if slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, user) }) {
			continue
		}
		c := plan.InAdminAccount(a, memberChange(g.Name, user), plan.Update, fmt.Sprintf("Add %s to the group %s", user, g.Name),
			groupARN(o, a, g.Name), awsops.AddUserToGroup(g.Name, user))
		c.Group, c.User = g.Name, user
		c.Fields = plan.Created("member", user)
		c.Needs = []string{groupChange(g.Name), userChange(user)}
		c.NotOurs = groupNotOurs(o, a, g.Name)
		c.Undo = fmt.Sprintf("aws iam remove-user-from-group --group-name %s --user-name %s", g.Name, user)
		c.Judge(plan.Widening{
			Kind: plan.WidensMembership, For: user, Subject: user,
			Tail: " gets access to " + reached(o, a, g) + ".", Tails: " get access to " + reached(o, a, g) + ".",
		})
		changes = append(changes, c)
	}
	return changes
}

// reached names the environments that a group gives access to.
func reached(o *Observed, a *blueprint.Answers, g blueprint.Group) string {
	var names []string
	for _, e := range a.EnvironmentsOf(g.Name) {
		names = append(names, e.Name)
	}
	if len(otherPolicies(o.IAM.Groups[g.Name])) > 0 || len(names) == 0 {
		names = append(names, "what else it has")
	}
	return plan.Enumerated(names) + " through group " + g.Name
}

// otherMembers names who has the group's rights without the blueprint's word:
// people that left it, or that somebody added by hand.
func otherMembers(a *blueprint.Answers, g blueprint.Group, have *awsops.Group) []plan.Finding {
	if have == nil {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(have.Users), func(user string) bool {
		return slices.ContainsFunc(a.UsersOf(g.Name), func(u string) bool { return strings.EqualFold(u, user) })
	})
	if len(others) == 0 {
		return nil
	}
	return []plan.Finding{{
		ID: "iam.other-members", Severity: plan.Info,
		Evidence: fmt.Sprintf("Group %s has members that the blueprint does not name: %s.", g.Name, strings.Join(others, ", ")),
		Remedy:   "Name them in the blueprint, or take them out of the group.",
		Commands: plan.Copy("Take somebody out", "aws iam remove-user-from-group --group-name %s --user-name USER", g.Name),
	}}
}

// assumePolicies are the documents that let the group assume its roles: each
// role by its ARN while that fits into the group's ten policies, and for a
// group of all environments else the fixed-size form. Of an environment without its
// role the group keeps what it has, and is given nothing.
func assumePolicies(o *Observed, a *blueprint.Answers, g blueprint.Group) ([]policy.Document, *plan.Finding) {
	all := o.environments(a.EnvironmentsOf(g.Name))
	held := holds(o, g.Name)
	var there []blueprint.Environment
	var arns, kept []string
	for _, e := range all {
		if o.withoutRole(e) {
			mine := held.in(e, o.IAM.Led[e.Name])
			arns, kept = append(arns, mine...), append(kept, mine...)
			continue
		}
		there, arns = append(there, e), append(arns, a.RoleARN(o.partition(), e))
	}
	var more []policy.Statement
	if len(there) < len(all) {
		more = held.anywhere
	}
	if len(arns)+len(more) == 0 {
		return nil, nil
	}
	docs, err := splitPolicies(o, a, guarded(g, assuming(arns, more)))
	// One policy is left to the group's own credentials, and half of the rest
	// to the state policy.
	most := (groupPolicyQuota(o, a) - 1) / 2
	if err == nil && len(docs) <= most {
		return docs, nil
	}
	role, same := commonRole(there)
	if slices.Contains(g.Environments, blueprint.Everything) && same && o.orgID() != "" {
		form := policy.AssumeRolesAnyAccount(o.partition(), role, o.orgID())
		docs, err := splitPolicies(o, a, guarded(g, assuming(kept, append(form.Statements, more...))))
		if err == nil && len(docs) <= most {
			return docs, nil
		}
	}
	return nil, &plan.Finding{
		ID: "iam.group-too-large", Severity: plan.Failure, Blocks: true,
		Evidence: fmt.Sprintf("Group %s reaches %d environments, whose roles do not fit into the managed policies that IAM allows on a group.", g.Name, len(all)),
		Remedy:   "Split the group, or give all environments the same role name and the group environments = [\"*\"] in an organization.",
	}
}

// commonRole is the path and name that all environments' roles share.
func commonRole(environments []blueprint.Environment) (string, bool) {
	if len(environments) == 0 {
		return "", false
	}
	role := strings.TrimPrefix(environments[0].RolePath, "/") + environments[0].Role
	for _, e := range environments {
		if strings.TrimPrefix(e.RolePath, "/")+e.Role != role {
			return "", false
		}
	}
	return role, true
}
