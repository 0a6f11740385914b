package steps

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// maxVersions is IAM's fixed quota of versions of one managed policy.
const maxVersions = 5

// policyName is the name of one of a group's customer-managed policies.
func policyName(group, subject string, number int) string {
	return fmt.Sprintf("stateroom-%s-%s-%d", group, subject, number)
}

// groupPolicies brings a group's policies of one subject to what the documents
// say: created, attached, given a new version, or detached when there are now
// fewer. An equivalent policy is left alone.
func groupPolicies(o *Observed, a *blueprint.Answers, group, subject string, docs []policy.Document) []plan.Change {
	var changes []plan.Change
	for i, doc := range docs {
		changes = append(changes, groupPolicy(o, a, group, policyName(group, subject, i+1), doc)...)
	}
	prefix := policyName(group, subject, 0)
	prefix = prefix[:len(prefix)-1]
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		number, found := strings.CutPrefix(name, prefix)
		if !found {
			continue
		}
		if p := o.IAM.Policies[name]; beyond(number, len(docs)) && plan.Ours(a, p.Tags) && slices.Contains(o.IAM.Groups[group].Attached, p.ARN) {
			changes = append(changes, detach(o, a, group, p))
		}
	}
	return changes
}

// beyond tells whether the number in a policy's name is past the last needed.
func beyond(number string, last int) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n > last
}

func detach(o *Observed, a *blueprint.Answers, group string, p awsops.Policy) plan.Change {
	c := plan.Change{
		ID: "iam.policy." + p.Name + ".detach", Topic: string(plan.StepIAM), Action: plan.Delete, Purpose: plan.Cosmetic, Group: group,
		Title:  fmt.Sprintf("Detach the policy %s, which group %s no longer needs", p.Name, group),
		Target: p.ARN, Account: a.AdminAccount, Region: a.StateRegion,
		Fields: []plan.Field{{Name: "attached to", Before: group}},
		Calls:  []awsops.Call{awsops.DetachGroupPolicy(group, p.ARN)},
		Undo:   fmt.Sprintf("aws iam attach-group-policy --group-name %s --policy-arn %s", group, p.ARN),
	}
	c.Judge(groupGains(o, a, group, parsed(p.Document), policy.Document{})...)
	return c
}

// attachedTo is what the policies below our path allow that a group has.
func attachedTo(o *Observed, group string) policy.Document {
	var all policy.Document
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		if p := o.IAM.Policies[name]; slices.Contains(o.IAM.Groups[group].Attached, p.ARN) {
			all.Statements = append(all.Statements, parsed(p.Document).Statements...)
		}
	}
	return all
}

// groupGains judges a policy of a group: the environments and the states that it
// opens, and otherwise that it may allow more.
func groupGains(o *Observed, a *blueprint.Answers, group string, have, want policy.Document) []plan.Widening {
	if !policy.Wider(have, want) {
		return nil
	}
	held, opened := map[string]bool{}, map[string]bool{}
	for _, s := range have.Statements {
		for _, r := range s.Resources {
			held[r] = held[r] || s.Effect == policy.Allow
		}
	}
	granted := policy.Granted(have, want)
	for _, s := range granted {
		for _, r := range s.Resources {
			opened[r] = !held[r]
		}
	}
	var gains []plan.Widening
	who := "group " + group
	for _, e := range o.environments(a.EnvironmentsOf(group)) {
		if opened[a.RoleARN(o.partition(), e)] {
			gains = append(gains, plan.Widening{Kind: plan.WidensReach, For: who, Head: "Group " + group + " may assume the role in ", Subject: e.Name, Tail: "."})
		}
	}
	for _, project := range a.ProjectsOf(group) {
		if opened[bucketARN(o, a)+"/"+project.StateKey] {
			gains = append(gains, plan.Widening{Kind: plan.WidensReach, For: who, Head: "Group " + group + " may read and write the state of ", Subject: project.Name, Tail: "."})
		}
	}
	if len(gains) == 0 {
		gains = append(gains, plan.Gives(plan.WidensPermissions, who, fmt.Sprintf("Group %s may %s.", group, plan.NewlyAllowed(have, want))))
	}
	return gains
}

func groupPolicy(o *Observed, a *blueprint.Answers, group, name string, doc policy.Document) []plan.Change {
	arn := iamARN(o, a, "policy"+policyPath+name)
	id := "iam.policy." + name
	base := plan.Change{Topic: string(plan.StepIAM), Target: arn, Group: group, Account: a.AdminAccount, Region: a.StateRegion}
	have, there := o.IAM.Policies[name]
	var changes []plan.Change
	switch {
	case !there:
		c := base
		c.ID, c.Action, c.Title = id, plan.Create, "Create the policy "+name
		c.Fields = plan.Created("document", doc.JSON())
		c.Calls = []awsops.Call{awsops.CreatePolicy(name, policyPath, policyDescription, doc.JSON(), plan.TagsOf(a))}
		c.JudgeTags(a, "policy "+name, plan.TagsOf(a))
		c.Needs = refChanges(doc)
		c.Undo = "aws iam delete-policy --policy-arn " + arn
		changes = append(changes, c)
	case !policy.Equivalent(parsed(have.Document), doc):
		c := base
		c.ID, c.Action, c.Title = id, plan.Update, "Give the policy "+name+" a new version"
		c.Fields = []plan.Field{{Name: "document", Before: have.Document, After: plan.Known(doc.JSON())}}
		c.Calls = newVersion(have, doc)
		c.Judge(groupGains(o, a, group, parsed(have.Document), doc)...)
		c.Needs = refChanges(doc)
		c.Undo = "aws iam set-default-policy-version --policy-arn " + arn + " --version-id " + have.DefaultVersion
		if !plan.Ours(a, have.Tags) {
			c.Foreign = arn
			c.Calls = append(c.Calls, awsops.TagPolicy(arn, plan.TagsOf(a)))
			c.JudgeTags(a, "policy "+name, plan.MissingTags(have.Tags, plan.TagsOf(a)))
		}
		changes = append(changes, c)
	}
	if missing := plan.MissingTags(have.Tags, plan.TagsOf(a)); there && plan.Ours(a, have.Tags) && len(missing) > 0 {
		c := base
		c.ID, c.Action, c.Purpose, c.Title = id+".tags", plan.Update, plan.Cosmetic, "Tag the policy "+name
		c.Fields = plan.TagFields(have.Tags, missing)
		c.Calls = []awsops.Call{awsops.TagPolicy(arn, missing)}
		c.JudgeTags(a, "policy "+name, missing)
		changes = append(changes, c)
	}
	if f := o.IAM.Groups[group]; !slices.Contains(f.Attached, arn) {
		c := base
		c.ID, c.Action, c.Title = id+".attach", plan.Update, fmt.Sprintf("Attach the policy %s to the group %s", name, group)
		c.Fields = plan.Created("attached to", group)
		c.Calls = []awsops.Call{awsops.AttachGroupPolicy(group, arn)}
		c.Needs = []string{id, groupChange(group)}
		c.Judge(groupGains(o, a, group, attachedTo(o, group), doc)...)
		c.Foreign = foreignGroup(o, a, group)
		c.Undo = fmt.Sprintf("aws iam detach-group-policy --group-name %s --policy-arn %s", group, arn)
		changes = append(changes, c)
	}
	return changes
}

const policyDescription = "Made by stateroom for Terraform's admins"

// newVersion replaces a policy's default version, first making room for it.
func newVersion(have awsops.Policy, doc policy.Document) []awsops.Call {
	var calls []awsops.Call
	if len(have.Versions) >= maxVersions {
		for _, v := range slices.Backward(have.Versions) { // the newest is the first
			if v != have.DefaultVersion {
				calls = append(calls, awsops.DeletePolicyVersion(have.ARN, v))
				break
			}
		}
	}
	return append(calls, awsops.CreatePolicyVersion(have.ARN, doc.JSON()))
}

// refChanges are the changes whose outputs the document waits for.
func refChanges(doc policy.Document) []string {
	var ids []string
	for _, ref := range awsops.FindRefs(doc.JSON()) {
		if !slices.Contains(ids, ref.Change) {
			ids = append(ids, ref.Change)
		}
	}
	return ids
}

// atLeast tells whether have is want or a narrower form of it: the same
// statements, each with at least the conditions that are wanted. A policy like
// that is stronger than asked and is left alone.
func atLeast(have, want policy.Document) bool {
	return len(have.Statements) == len(want.Statements) && !slices.ContainsFunc(want.Statements, func(w policy.Statement) bool {
		return !slices.ContainsFunc(have.Statements, func(h policy.Statement) bool {
			narrowed := w
			narrowed.Conditions = h.Conditions
			return conditionsInclude(h.Conditions, w.Conditions) && policy.Equivalent(oneStatement(h), oneStatement(narrowed))
		})
	})
}

// alsoAsking carries the conditions of a lone statement over to the lone
// statement that takes its place, so that correcting it loses no second factor
// that somebody asked for. The organization is the blueprint's to know.
func alsoAsking(want, have policy.Document) policy.Document {
	if len(want.Statements) != 1 || len(have.Statements) != 1 || want.Statements[0].Effect != have.Statements[0].Effect {
		return want
	}
	conditions := policy.Conditions{}
	for _, source := range []policy.Conditions{have.Statements[0].Conditions, want.Statements[0].Conditions} {
		for operator, keys := range source {
			for key, values := range keys {
				if conditions[operator] == nil {
					conditions[operator] = map[string][]string{}
				}
				conditions[operator][key] = values
			}
		}
	}
	if _, asked := want.Statements[0].Conditions["StringEquals"][orgKey]; !asked {
		delete(conditions["StringEquals"], orgKey)
	}
	maps.DeleteFunc(conditions, func(_ string, keys map[string][]string) bool { return len(keys) == 0 })
	want.Statements = slices.Clone(want.Statements)
	want.Statements[0].Conditions = conditions
	return want
}

// orgKey is the condition key of the caller's organization.
const orgKey = "aws:PrincipalOrgID"

func oneStatement(s policy.Statement) policy.Document {
	return policy.Document{Statements: []policy.Statement{s}}
}

func conditionsInclude(have, want policy.Conditions) bool {
	for operator, keys := range want {
		for key, values := range keys {
			if !slices.Equal(have[operator][key], values) {
				return false
			}
		}
	}
	return true
}
