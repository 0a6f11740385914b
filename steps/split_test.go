package steps

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
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

// TestNoMemberLosesAStateWhileAGroupIsPackedAnew turns a group's states and environments
// around, moves some, and takes some out, so that its policies take from each other. Whatever
// of the plan was made when a run ends, in any order that it may be made in, the group has
// what it had and is to have.
func TestNoMemberLosesAStateWhileAGroupIsPackedAnew(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 45 {
		names = append(names, fmt.Sprintf("env-%04d", i))
	}
	parted := map[string]int{}
	for name, change := range map[string]func(all []blueprint.Project) []blueprint.Project{
		"turned around": func(all []blueprint.Project) []blueprint.Project { slices.Reverse(all); return all },
		"last first": func(all []blueprint.Project) []blueprint.Project {
			return slices.Concat(all[len(all)/2:], all[:len(all)/2])
		},
		"turned, some gone": func(all []blueprint.Project) []blueprint.Project {
			slices.Reverse(all)
			return slices.Concat(all[:len(all)/3], all[len(all)/2:])
		},
	} {
		for subject, documents := range map[string]documents{"state": statePolicies, "assume": assumePolicies} {
			whole := many(len(names), names...)
			for i := range whole.Environments { // of more than one policy
				whole.Environments[i].RolePath = "/" + strings.Repeat("team/", 20)
			}
			a := &blueprint.Answers{Blueprint: whole}
			o := emptyAccount(a)
			given(t, o, a, "credentials", ownDocuments)
			given(t, o, a, subject, documents)
			after := *whole
			after.Projects = change(slices.Clone(whole.Projects))
			after.Environments = nil
			for _, p := range after.Projects {
				e, _ := whole.Environment(p.Environment)
				after.Environments = append(after.Environments, e)
			}
			b := &blueprint.Answers{Blueprint: &after}
			docs, refused := documents(o, b, b.Groups[0])
			if refused != nil {
				t.Fatal(refused)
			}
			group := b.Groups[0].Name
			changes := groupPolicies(o, b, group, subject, docs).Changes
			wanted := map[string]policy.Document{}
			for i, doc := range docs {
				wanted[policyName(group, subject, i+1)] = doc
			}
			for _, c := range changes {
				if of := strings.TrimPrefix(c.ID, "iam.policy."); c.Action == plan.Create && wanted[of].Version == "" {
					parted[subject]++
					text, _ := c.Calls[0].InputMap()["PolicyDocument"].(string)
					wanted[of] = policy.ParseOrEmpty(text)
				}
			}
			var keeps []policy.Statement
			for _, piece := range policy.Pieces(attachedTo(o, group)) {
				if slices.ContainsFunc(docs, func(d policy.Document) bool { return policy.Covers(d, piece) }) {
					keeps = append(keeps, piece)
				}
			}
			for seed := range uint64(3) {
				drawn := rand.New(rand.NewPCG(seed, 11))
				var made []plan.Change
				for left := slices.Clone(changes); len(left) > 0; {
					drawn.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
					next := slices.IndexFunc(left, func(c plan.Change) bool {
						return !slices.ContainsFunc(c.Needs, func(id string) bool {
							return slices.ContainsFunc(left, func(other plan.Change) bool { return other.ID == id })
						})
					})
					if next < 0 {
						t.Fatalf("%s, %s: the changes wait for each other", name, subject)
					}
					made = append(made, left[next])
					left = slices.Delete(left, next, next+1)
					has := nowWith(o, group, wanted, made)
					for _, piece := range keeps {
						if !slices.ContainsFunc(has, func(d policy.Document) bool { return policy.Covers(d, piece) }) {
							t.Fatalf("%s, %s, seed %d: after %s the group lacks %v", name, subject, seed, made[len(made)-1].ID, piece)
						}
					}
				}
			}
		}
	}
	if none := packedWithoutRoom(t, names); !strings.Contains(none, "lacks what another") {
		t.Errorf("where there is no room for one more the risk is %q", none)
	}
	if parted["state"] == 0 || parted["assume"] == 0 {
		t.Errorf("of policies that give each other something there are %v", parted)
	}
}

// TestTheBridgesOfAllSubjectsCountTowardsOneQuota: a group whose roles and whose states are
// both turned around, and that may have one policy more, gets one bridge, and of the rest
// the risk is told.
func TestTheBridgesOfAllSubjectsCountTowardsOneQuota(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 45 {
		names = append(names, fmt.Sprintf("env-%04d", i))
	}
	for spare := range 4 {
		whole := many(len(names), names...)
		for i := range whole.Environments {
			whole.Environments[i].RolePath = "/" + strings.Repeat("team/", 20)
		}
		a := &blueprint.Answers{Blueprint: whole}
		o := emptyAccount(a)
		given(t, o, a, "credentials", ownDocuments)
		given(t, o, a, assumeSubject, assumePolicies)
		given(t, o, a, stateSubject, statePolicies)
		slices.Reverse(whole.Projects)
		slices.Reverse(whole.Environments)
		group := a.Groups[0].Name
		f := o.IAM.Groups[group]
		for n := range spareAttachments(o, a, group) - spare {
			f.Attached = append(f.Attached, fmt.Sprintf("arn:aws:iam::aws:policy/Other%d", n))
		}
		o.IAM.Groups[group] = f
		changes := slices.Concat(planGroups(o, a).Changes, planStateAccess(o, a).Changes)
		attaches, risks := 0, 0
		for _, c := range changes {
			if strings.HasSuffix(c.ID, attachSuffix) {
				attaches++
			}
			risks += strings.Count(c.Risk, "lacks what another")
		}
		if attaches > spare || attaches == 0 && spare > 0 || (attaches == spare) != (risks > 0) && spare < 2 {
			t.Errorf("with room for %d policies there are %d more, and %d risks", spare, attaches, risks)
		}
	}
}

// packedWithoutRoom is what the plan says of the risk where a group with all the policies
// that it may have is turned around.
func packedWithoutRoom(t *testing.T, names []string) (risks string) {
	t.Helper()
	whole := many(len(names), names...)
	a := &blueprint.Answers{Blueprint: whole}
	o := emptyAccount(a)
	given(t, o, a, "state", statePolicies)
	group := a.Groups[0].Name
	f := o.IAM.Groups[group]
	for n := range spareAttachments(o, a, group) {
		f.Attached = append(f.Attached, fmt.Sprintf("arn:aws:iam::aws:policy/Other%d", n))
	}
	o.IAM.Groups[group] = f
	slices.Reverse(whole.Projects)
	docs, _ := statePolicies(o, a, a.Groups[0])
	for _, c := range groupPolicies(o, a, group, "state", docs).Changes {
		risks += c.Risk
	}
	return risks
}

// nowWith are a group's policies after some changes of them.
func nowWith(o *Observed, group string, wanted map[string]policy.Document, made []plan.Change) (has []policy.Document) {
	was := func(id string) bool {
		return slices.ContainsFunc(made, func(c plan.Change) bool { return c.ID == id })
	}
	names := slices.Collect(maps.Keys(wanted))
	for name := range o.IAM.Policies {
		if _, also := wanted[name]; !also {
			names = append(names, name)
		}
	}
	for _, name := range names {
		have, there := o.IAM.Policies[name]
		attached := there && slices.Contains(o.IAM.Groups[group].Attached, have.ARN)
		switch id := policyChangeID(name); {
		case was(id + detachSuffix), !attached && !was(id+attachSuffix):
		case was(id):
			has = append(has, wanted[name])
		default:
			has = append(has, policy.ParseOrEmpty(have.Document))
		}
	}
	return has
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
