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

// What a group's policies are about, where they may be several and may need one more for
// the time between.
const (
	assumeSubject = "assume"
	stateSubject  = "state"
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
func groupPolicies(o *Observed, a *blueprint.Answers, group, subject string, docs []policy.Document) plan.Proposal {
	p, _ := bridgedPolicies(o, a, group, subject, docs)
	return p
}

// bridgesElsewhere counts the policies that a group is to have for the time between for
// another subject, which is planned first: all of them count towards one quota.
func bridgesElsewhere(o *Observed, a *blueprint.Answers, group, subject string) int {
	i := slices.IndexFunc(a.Groups, func(g blueprint.Group) bool { return g.Name == group })
	if subject != stateSubject || i < 0 {
		return 0
	}
	docs, refused := assumePolicies(o, a, a.Groups[i])
	if refused != nil {
		return 0
	}
	_, between := bridgedPolicies(o, a, group, assumeSubject, docs)
	return between
}

// bridgedPolicies are a group's policies of one subject, and how many it is to have for the
// time between.
func bridgedPolicies(o *Observed, a *blueprint.Answers, group, subject string, docs []policy.Document) (p plan.Proposal, between int) {
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
	keep := &keepWays{o: o, a: a, group: group, subject: subject, prefix: prefix, docs: docs}
	for _, c := range keep.order(p.Changes) {
		p.Change(c)
	}
	return p, keep.between
}

// keepWays lets what takes something from a group, since another of its policies of the
// same subject is to give it from now on, wait for that one: where that is stopped, or
// fails, or the run ends between the two, the group keeps what it has. Policies that would
// wait for each other, as where the blueprint's order was turned around, are parted by one
// more that holds for the time between what one of them does ([keepWays.bridge]).
type keepWays struct {
	o       *Observed
	a       *blueprint.Answers
	group   string
	subject string
	prefix  string
	docs    []policy.Document
	planned map[string]*plan.Change
	// waits are the policies for which a policy's change waits, by policy.
	waits map[string][]string
	// between counts the policies that hold something for the time between, and bridges are
	// their changes.
	between int
	bridges []plan.Change
}

// order lets changes of the group's policies wait, and gives those that were added.
func (k *keepWays) order(changes []plan.Change) []plan.Change {
	k.planned, k.waits = map[string]*plan.Change{}, map[string][]string{}
	for i := range changes {
		k.planned[changes[i].ID] = &changes[i]
	}
	for _, name := range slices.Sorted(maps.Keys(k.o.IAM.Policies)) {
		number, found := strings.CutPrefix(name, k.prefix)
		n, err := strconv.Atoi(number)
		if !found || err != nil {
			continue
		}
		want, taking := policy.Document{}, k.planned[policyChangeID(name)+detachSuffix]
		if n <= len(k.docs) {
			want, taking = k.docs[n-1], k.planned[policyChangeID(name)]
		}
		if taking != nil {
			k.taken(name, taking, want)
		}
	}
	return k.bridges
}

// today is what the group has by a policy.
func (k *keepWays) today(name string) policy.Document {
	if have := k.o.IAM.Policies[name]; slices.Contains(k.o.IAM.Groups[k.group].Attached, have.ARN) {
		return policy.ParseOrEmpty(have.Document)
	}
	return policy.Document{}
}

func (k *keepWays) waitsFor(name, other string) bool {
	return name == other || slices.ContainsFunc(k.waits[name], func(next string) bool { return k.waitsFor(next, other) })
}

// taken lets the change of one policy wait for those that give what it takes.
func (k *keepWays) taken(name string, taking *plan.Change, want policy.Document) {
	var circle []string // the givers that wait for this policy themselves
	for _, piece := range policy.Pieces(k.today(name)) {
		if piece.Effect != policy.Allow || policy.Covers(want, piece) {
			continue
		}
		givers, held := k.givers(name, piece)
		if held || len(givers) == 0 || slices.ContainsFunc(givers, func(g string) bool { return slices.Contains(k.waits[name], g) }) {
			continue
		}
		free := slices.IndexFunc(givers, func(g string) bool { return !k.waitsFor(g, name) })
		switch {
		case free >= 0:
			k.waits[name] = append(k.waits[name], givers[free])
			taking.Needs = append(taking.Needs, k.given(givers[free])...)
		case !slices.Contains(circle, givers[0]):
			circle = append(circle, givers[0])
		}
	}
	if len(circle) > 0 {
		k.bridge(name, taking, circle)
	}
}

// givers are the policies that are to give what a policy takes; held says that the group
// has it meanwhile without any waiting: by one of them, or by a policy that goes itself
// once it is given, as one does that an earlier run has left.
func (k *keepWays) givers(name string, piece policy.Statement) (names []string, held bool) {
	for i, doc := range k.docs {
		other := k.prefix + strconv.Itoa(i+1)
		if other == name || !policy.Covers(doc, piece) {
			continue
		}
		names, held = append(names, other), held || policy.Covers(k.today(other), piece)
	}
	number := func(of string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(of, k.prefix))
		return n
	}
	for other := range k.o.IAM.Policies {
		n := number(other)
		if strings.HasPrefix(other, k.prefix) && n > len(k.docs) && n > number(name) && k.planned[policyChangeID(other)+detachSuffix] != nil && policy.Covers(k.today(other), piece) {
			held = true
		}
	}
	return names, held
}

// given are the changes with which a policy gives what it is to give.
func (k *keepWays) given(name string) (ids []string) {
	for _, id := range attaching(name) {
		if k.planned[id] != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// bridge keeps what a policy has in one more until others give it. Where the group may have
// no more policies, or is one of Identity Center's, what is taken is missing from one call
// to the next, which is said.
func (k *keepWays) bridge(name string, taking *plan.Change, givers []string) {
	next := len(k.docs) + 1
	taken := func(name string) bool {
		have, there := k.o.IAM.Policies[name]
		return k.planned[policyChangeID(name)] != nil || there && (!plan.Ours(k.a, have.Tags) || slices.Contains(k.o.IAM.Groups[k.group].Attached, have.ARN))
	}
	for taken(k.prefix + strconv.Itoa(next)) {
		next++
	}
	between := k.prefix + strconv.Itoa(next)
	if k.a.IsIdentityGroup(k.group) || k.between+bridgesElsewhere(k.o, k.a, k.group, k.subject) >= spareAttachments(k.o, k.a, k.group) {
		taking.Risk = strings.TrimSpace(taking.Risk + " Until the next call is made the group lacks what another of its policies is to give.")
		return
	}
	added := groupPolicy(k.o, k.a, k.group, between, k.today(name)).Changes
	gone := detach(k.o, k.a, k.group, awsops.Policy{Name: between, ARN: iamARN(k.o, k.a, "policy"+policyPath+between), Document: k.o.IAM.Policies[name].Document})
	gone.Title = fmt.Sprintf("Detach the policy %s again, which group %s needed only meanwhile", between, k.group)
	for i := range added {
		added[i].Judge() // the group has all of it
		k.planned[added[i].ID] = &added[i]
	}
	taking.Needs = append(taking.Needs, k.given(between)...)
	gone.Needs = append(k.given(between), taking.ID)
	for _, g := range givers {
		gone.Needs = append(gone.Needs, k.given(g)...)
	}
	k.between++
	k.bridges = append(k.bridges, append(added, gone)...)
	k.planned[gone.ID] = &k.bridges[len(k.bridges)-1]
}

// spareAttachments is how many policies a group may have beside those that it has or is to
// get.
func spareAttachments(o *Observed, a *blueprint.Answers, group string) int {
	i := slices.IndexFunc(a.Groups, func(g blueprint.Group) bool { return g.Name == group })
	all := slices.Clone(o.IAM.Groups[group].Attached)
	for subject, of := range map[string]documents{assumeSubject: assumePolicies, stateSubject: statePolicies, "credentials": ownDocuments} {
		docs, _ := of(o, a, a.Groups[i])
		for n := range docs {
			if arn := iamARN(o, a, "policy"+policyPath+policyName(group, subject, n+1)); !slices.Contains(all, arn) {
				all = append(all, arn)
			}
		}
	}
	return groupPolicyQuota(o, a) - len(all)
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
