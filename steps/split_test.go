package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// given puts into o what a group of a blueprint was given, as set-up has it.
func given(t *testing.T, o *Observed, a *blueprint.Answers, subject string, documents documents) {
	t.Helper()
	group := a.Groups[0]
	docs, refused := documents(o, a, group)
	if refused != nil {
		t.Fatal(refused)
	}
	f := o.IAM.Groups[group.Name]
	for i, doc := range docs {
		name := policyName(group.Name, subject, i+1)
		arn := iamARN(o, a, "policy"+policyPath+name)
		tag, value := a.Tag()
		o.IAM.Policies[name] = awsops.Policy{Name: name, ARN: arn, Document: doc.JSON(), DefaultVersion: "v1", Versions: []string{"v1"}, Tags: map[string]string{tag: value}}
		f.Attached = append(f.Attached, arn)
	}
	o.IAM.Groups[group.Name] = f
}

// emptyAccount is one of an organization in which the group is there and has nothing.
func emptyAccount(a *blueprint.Answers) *Observed {
	o := &Observed{}
	o.Account.Identity.Partition, o.Account.Organization = "aws", &awsops.Organization{ID: "o-abcdefghij"}
	o.IAM.Policies = map[string]awsops.Policy{}
	o.IAM.Groups = map[string]GroupFacts{a.Groups[0].Name: {Group: &awsops.Group{Path: groupPath(a)}}}
	return o
}

// TestASplitGroupLosesNoWayWhateverOfItsPoliciesIsStopped moves environments between the policies of a group by what is put before them, taken out, or both, and
// leaves out every change in turn with what needs it: whatever the group had and is to
// have, it has then, too.
func TestASplitGroupLosesNoWayWhateverOfItsPoliciesIsStopped(t *testing.T) {
	t.Parallel()
	const subject, n = "assume", 200
	for name, change := range map[string]func(all []blueprint.Environment) []blueprint.Environment{
		"more in front": func(all []blueprint.Environment) []blueprint.Environment { return all },
		"some gone":     func(all []blueprint.Environment) []blueprint.Environment { return all[len(all)/7:] },
		"many gone":     func(all []blueprint.Environment) []blueprint.Environment { return all[2*len(all)/3:] },
		"in and out": func(all []blueprint.Environment) []blueprint.Environment {
			return slices.Concat(all[:2], all[len(all)/3:len(all)/2], all[2*len(all)/3:])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := many(n, blueprint.Everything)
			before := *whole
			before.Environments, before.Projects = whole.Environments[n/10:], whole.Projects[n/10:]
			a := &blueprint.Answers{Blueprint: &before}
			o := emptyAccount(a)
			given(t, o, a, subject, assumePolicies)
			after := *whole
			after.Environments = change(slices.Clone(whole.Environments))
			after.Projects = slices.DeleteFunc(slices.Clone(whole.Projects), func(p blueprint.Project) bool {
				return !slices.ContainsFunc(after.Environments, func(e blueprint.Environment) bool { return e.Name == p.Environment })
			})
			b := &blueprint.Answers{Blueprint: &after}
			docs, refused := assumePolicies(o, b, b.Groups[0])
			if refused != nil {
				t.Fatal(refused)
			}
			group := b.Groups[0].Name
			changes := groupPolicies(o, b, group, subject, docs).Changes
			if len(changes) < 2 {
				t.Fatalf("%d changes", len(changes))
			}
			var keeps []policy.Statement
			for _, piece := range policy.Pieces(attachedTo(o, group)) {
				if slices.ContainsFunc(docs, func(d policy.Document) bool { return policy.Covers(d, piece) }) {
					keeps = append(keeps, piece)
				}
			}
			for _, stopped := range changes {
				made, _ := plan.Exclude(changes, map[string]bool{stopped.ID: true})
				has := leftWith(o, group, subject, docs, made)
				for _, piece := range keeps {
					if !slices.ContainsFunc(has, func(d policy.Document) bool { return policy.Covers(d, piece) }) {
						t.Fatalf("without %s the group loses %v", stopped.ID, piece)
					}
				}
			}
		})
	}
}

// leftWith are a group's policies of a subject after some changes of them.
func leftWith(o *Observed, group, subject string, docs []policy.Document, made []plan.Change) (has []policy.Document) {
	was := func(id string) bool {
		return slices.ContainsFunc(made, func(c plan.Change) bool { return c.ID == id })
	}
	for n := 1; n <= 10; n++ {
		name := policyName(group, subject, n)
		have, there := o.IAM.Policies[name]
		attached := there && slices.Contains(o.IAM.Groups[group].Attached, have.ARN)
		switch id := policyChangeID(name); {
		case was(id + detachSuffix):
		case was(id) && (attached || was(id+attachSuffix)):
			has = append(has, docs[n-1])
		case attached:
			has = append(has, policy.ParseOrEmpty(have.Document))
		}
	}
	return has
}

// TestAGroupIsSplitByTheQuotaThatItsAccountTells: AWS raises it for nobody, and where an
// account tells of more, or of less, that counts. It is asked only where the usual one does
// not do.
func TestAGroupIsSplitByTheQuotaThatItsAccountTells(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 600 {
		names = append(names, fmt.Sprintf("env-%04d", i))
	}
	b := many(600, names...)
	a := &blueprint.Answers{Blueprint: b}
	for most, refused := range map[int]bool{0: true, 20: false, 40: false} {
		quotas := map[string]map[string]int{}
		if most > 0 {
			quotas[b.AdminAccount] = map[string]int{quotaGroupPolicies: most}
		}
		w := newWorld(t, sandbox.Options{Quotas: quotas})
		o := emptyAccount(a)
		if !groupTooLarge(o, a, b.Groups[0]) {
			t.Fatal("it fits into the usual ten")
		}
		if !ReadQuotas(context.Background(), w.shell().Env(t, w.dir, b), a, o, nil) {
			t.Fatal("the account was not asked")
		}
		docs, f := assumePolicies(o, a, b.Groups[0])
		if (f != nil) != refused || !refused && (len(docs) < 5 || len(docs) > (most-1)/2) {
			t.Errorf("of %d policies the group takes %d to assume its roles, %v", most, len(docs), f)
		}
		if f != nil && !strings.Contains(f.Evidence, "do not fit") {
			t.Error(f)
		}
	}
	if o := emptyAccount(a); len(judgeQuotas(o, &blueprint.Answers{Blueprint: many(3, blueprint.Everything)}, nil).accounts) > 0 {
		t.Error("an account is asked for what it allows though a small group needs no more than usual")
	}
}
