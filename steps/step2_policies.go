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

// policyChangeID is the id of the change that makes one of a group's policies, or gives it
// a new version; with attachSuffix of the one that attaches it.
func policyChangeID(name string) string { return "iam.policy." + name }

const (
	attachSuffix = ".attach"
	detachSuffix = ".detach"
)

// policyName is the name of one of a group's customer-managed policies.
func policyName(group, subject string, number int) string {
	return fmt.Sprintf("%s%s-%d", policyPrefix(group), subject, number)
}

// policyPrefix is what the names of all of a group's policies begin with.
func policyPrefix(group string) string { return "stateroom-" + group + "-" }

// groupPolicies brings a group's policies of one subject to what the documents
// say: created, attached, given a new version, or detached when there are now
// fewer. An equivalent policy is left alone.
func groupPolicies(o *Observed, a *blueprint.Answers, group, subject string, docs []policy.Document) (p plan.Proposal) {
	for i, doc := range docs {
		p.Add(groupPolicy(o, a, group, policyName(group, subject, i+1), doc))
	}
	prefix := policyName(group, subject, 0)
	prefix = prefix[:len(prefix)-1]
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		number, found := strings.CutPrefix(name, prefix)
		have := o.IAM.Policies[name]
		if found && !a.IsIdentityGroup(group) && beyond(number, len(docs)) && plan.Ours(a, have.Tags) && slices.Contains(o.IAM.Groups[group].Attached, have.ARN) {
			p.Change(detach(o, a, group, have))
		}
	}
	keepWays(o, group, prefix, docs, p.Changes)
	return p
}

// keepWays lets what takes something from a group, since another of its policies of the
// same subject is to give it from now on, wait for that one: where that is stopped, or
// fails, the group keeps what it has. Two policies do not wait for each other, as they
// would where the blueprint's order was turned around: then only one of them does.
func keepWays(o *Observed, group, prefix string, docs []policy.Document, changes []plan.Change) {
	today := func(name string) policy.Document {
		if have := o.IAM.Policies[name]; slices.Contains(o.IAM.Groups[group].Attached, have.ARN) {
			return policy.ParseOrEmpty(have.Document)
		}
		return policy.Document{}
	}
	planned := map[string]*plan.Change{}
	for i := range changes {
		planned[changes[i].ID] = &changes[i]
	}
	waits := map[string][]string{} // for which a policy's change waits, by policy
	var waitsFor func(name, other string) bool
	waitsFor = func(name, other string) bool {
		return name == other || slices.ContainsFunc(waits[name], func(next string) bool { return waitsFor(next, other) })
	}
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		number, found := strings.CutPrefix(name, prefix)
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			continue
		}
		want, taking := policy.Document{}, planned[policyChangeID(name)+detachSuffix]
		if n <= len(docs) {
			want, taking = docs[n-1], planned[policyChangeID(name)]
		}
		if taking == nil {
			continue
		}
		var lost []policy.Statement
		for _, piece := range policy.Pieces(today(name)) {
			if piece.Effect == policy.Allow && !policy.Covers(want, piece) {
				lost = append(lost, piece)
			}
		}
		for i, doc := range docs {
			other := prefix + strconv.Itoa(i+1)
			gives := func(s policy.Statement) bool { return policy.Covers(doc, s) && !policy.Covers(today(other), s) }
			if other == name || !slices.ContainsFunc(lost, gives) || waitsFor(other, name) {
				continue
			}
			waits[name] = append(waits[name], other)
			for _, id := range attaching(other) {
				if planned[id] != nil {
					taking.Needs = append(taking.Needs, id)
				}
			}
		}
	}
}

// beyond tells whether the number in a policy's name is past the last needed.
func beyond(number string, last int) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n > last
}

func detach(o *Observed, a *blueprint.Answers, group string, p awsops.Policy) plan.Change {
	c := policyChange(a, group, p.Name, detachSuffix, plan.Delete, fmt.Sprintf("Detach the policy %s, which group %s no longer needs", p.Name, group), p.ARN, awsops.DetachGroupPolicy(group, p.ARN))
	c.Purpose = plan.Cosmetic
	c.Fields = []plan.Field{{Name: "attached to", Before: group}}
	c.Undo = fmt.Sprintf("aws iam attach-group-policy --group-name %s --policy-arn %s", group, p.ARN)
	c.Judge(groupGains(o, a, group, policy.ParseOrEmpty(p.Document), policy.Document{})...)
	return c
}

// attachedTo is what the policies below our path allow that a group has.
func attachedTo(o *Observed, group string) policy.Document {
	var all policy.Document
	for _, name := range slices.Sorted(maps.Keys(o.IAM.Policies)) {
		if p := o.IAM.Policies[name]; slices.Contains(o.IAM.Groups[group].Attached, p.ARN) {
			all.Statements = append(all.Statements, policy.ParseOrEmpty(p.Document).Statements...)
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

// policyChange is a change of one of a group's policies, with all that they have in
// common.
func policyChange(a *blueprint.Answers, group, name, suffix string, action plan.Action, title, arn string, calls ...awsops.Call) plan.Change {
	c := plan.InAdminAccount(a, policyChangeID(name)+suffix, action, title, arn, calls...)
	c.Topic, c.Group = string(plan.StepIAM), group
	return c
}

func groupPolicy(o *Observed, a *blueprint.Answers, group, name string, doc policy.Document) (p plan.Proposal) {
	arn := iamARN(o, a, "policy"+policyPath+name)
	have, there := o.IAM.Policies[name]
	switch {
	case !there:
		c := policyChange(a, group, name, "", plan.Create, "Create the policy "+name, arn, awsops.CreatePolicy(name, policyPath, policyDescription, doc.JSON(), plan.TagsOf(a)))
		c.Fields = plan.Created("document", doc.JSON())
		c.JudgeTags(a, "policy "+name, plan.TagsOf(a))
		c.Needs = refChanges(doc)
		c.Undo = "aws iam delete-policy --policy-arn " + arn
		p.Change(c)
	case !policy.Equivalent(policy.ParseOrEmpty(have.Document), doc):
		c := policyChange(a, group, name, "", plan.Update, "Give the policy "+name+" a new version", arn, newVersion(have, doc)...)
		c.Fields = []plan.Field{{Name: "document", Before: have.Document, After: plan.Known(doc.JSON())}}
		c.Judge(groupGains(o, a, group, policy.ParseOrEmpty(have.Document), doc)...)
		c.Needs = refChanges(doc)
		c.Undo = "aws iam set-default-policy-version --policy-arn " + arn + " --version-id " + have.DefaultVersion
		if !plan.Ours(a, have.Tags) {
			c.NotOurs = arn
			c.Calls = append(c.Calls, awsops.TagPolicy(arn, plan.TagsOf(a)))
			c.JudgeTags(a, "policy "+name, plan.MissingTags(have.Tags, plan.TagsOf(a)))
		}
		p.Change(c)
	}
	if there && plan.Ours(a, have.Tags) {
		p.Tag(a, policyChange(a, group, name, ".tags", plan.Update, "Tag the policy "+name, arn), "policy "+name, have.Tags,
			func(missing map[string]string) awsops.Call { return awsops.TagPolicy(arn, missing) })
	}
	if f := o.IAM.Groups[group]; !slices.Contains(f.Attached, arn) && a.IsIdentityGroup(group) {
		if c := referring(o, a, group, name, doc); c != nil {
			p.Change(*c)
		}
	} else if !slices.Contains(f.Attached, arn) {
		c := policyChange(a, group, name, attachSuffix, plan.Update, fmt.Sprintf("Attach the policy %s to the group %s", name, group), arn, awsops.AttachGroupPolicy(group, arn))
		c.Fields = plan.Created("attached to", group)
		c.Needs = []string{policyChangeID(name), groupChange(group)}
		c.Judge(groupGains(o, a, group, attachedTo(o, group), doc)...)
		c.NotOurs = groupNotOurs(o, a, group)
		c.Undo = fmt.Sprintf("aws iam detach-group-policy --group-name %s --policy-arn %s", group, arn)
		p.Change(c)
	}
	return p
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

func oneStatement(s policy.Statement) policy.Document {
	return policy.Document{Statements: []policy.Statement{s}}
}
