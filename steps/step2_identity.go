package steps

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

func storeGroupChange(group string) string { return "iam.identity-group." + group }

func permissionSetChange(group string) string { return "iam.permission-set." + group }

func assignmentChange(group string) string { return permissionSetChange(group) + ".assignment" }

func provisionChange(group string) string { return permissionSetChange(group) + ".provision" }

// identityBuilder collects the changes of one group that signs in with Identity Center.
type identityBuilder struct {
	plan.Proposal

	o     *Observed
	a     *blueprint.Answers
	g     blueprint.Group
	c     *CenterFacts
	set   awsops.PermissionSet // as found; without ARN where there is none
	store *awsops.StoreGroup
}

func identityGroup(o *Observed, a *blueprint.Answers, g blueprint.Group) *identityBuilder {
	c := &o.IAM.Center
	return &identityBuilder{o: o, a: a, g: g, c: c, set: c.Sets[g.Name], store: c.Groups[g.Name]}
}

// change is a change of the permission set with all that they have in common.
func (b *identityBuilder) change(id string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
	c := plan.Change{
		ID: id, Topic: string(plan.StepIAM), Action: action, Title: title, Target: b.setARN(), Group: b.g.Name,
		Account: b.a.AdminAccount, Region: b.region(), Calls: calls, Needs: []string{changeCenter},
	}
	if id != permissionSetChange(b.g.Name) {
		c.Needs = append(c.Needs, permissionSetChange(b.g.Name))
	}
	if b.set.ARN != "" && !plan.Ours(b.a, b.set.Tags) {
		c.NotOurs = b.set.ARN
	}
	return c
}

func (b *identityBuilder) region() string {
	if b.c.Instance != nil {
		return b.c.Instance.Region
	}
	return b.a.StateRegion
}

func (b *identityBuilder) instance() string {
	if b.c.Instance != nil {
		return b.c.Instance.ARN
	}
	return ""
}

// setARN is the permission set's, or a reference to the one that is made.
func (b *identityBuilder) setARN() string {
	if b.set.ARN != "" {
		return b.set.ARN
	}
	return awsops.Ref(permissionSetChange(b.g.Name), "arn")
}

func (b *identityBuilder) groupID() string {
	if b.store != nil {
		return b.store.ID
	}
	return awsops.Ref(b.storeChange(), "id")
}

// storeChange is the change that makes the group of the directory. Several of the
// blueprint's groups may be that one, and the first of them makes it.
func (b *identityBuilder) storeChange() string {
	first := slices.IndexFunc(b.a.Groups, func(g blueprint.Group) bool { return g.IdentityCenter == b.g.IdentityCenter })
	return storeGroupChange(b.a.Groups[first].Name)
}

// plan makes the permission set, refers to the group's policies and gives it to the
// members in the admin account. wanted are the names of the policies that the set is to
// refer to, of every step.
func (b *identityBuilder) plan(wanted []string) plan.Proposal {
	if b.c.Refused != nil {
		return b.Proposal // told once, for all groups
	}
	if b.store == nil && b.storeChange() == storeGroupChange(b.g.Name) {
		b.makeGroup()
	}
	due := b.makeSet()
	var references []string
	for _, name := range wanted {
		if slices.Contains(b.set.Policies, policyPath+name) {
			continue
		}
		references = append(references, policyChangeID(name)+attachSuffix)
	}
	for _, have := range b.set.Policies {
		name, ours := strings.CutPrefix(have, policyPath)
		switch {
		case ours && slices.Contains(wanted, name):
		case ours && strings.HasPrefix(name, policyPrefix(b.g.Name)):
			c := b.change(policyChangeID(name)+".detach", plan.Delete, fmt.Sprintf("Remove the policy %s, which is no longer needed, from permission set %s", name, b.g.PermissionSet()),
				awsops.ForgetPolicy(b.instance(), b.set.ARN, policyPath, name))
			c.Fields = []plan.Field{{Name: "refers to", Before: have}}
			c.Judge()
			b.Change(c)
			due = append(due, c.ID)
		default:
			b.Keep("iam.group-more-policies", fmt.Sprintf("Permission set %s refers to policy %s in addition to the blueprint's.", b.g.PermissionSet(), have))
		}
	}
	b.assign(append(due, references...))
	b.tellOthers()
	return b.Proposal
}

// tellOthers names who has the group's rights without the blueprint's word, such as the group
// of the directory that it named before.
func (b *identityBuilder) tellOthers() {
	f := plan.Finding{
		ID: "iam.other-members", Severity: plan.Info, Subject: b.g.Name,
		Remedy: "Name the group in the blueprint, or take the permission set away.",
	}
	var names []string
	for _, who := range b.c.Others[b.g.Name] {
		name := fmt.Sprintf("%s %q", strings.ToLower(who.Kind), who.Name)
		names = append(names, name)
		f.Commands = append(f.Commands, who.Take("Take it from "+name, b.c.Instance, b.set.ARN, b.a.AdminAccount)...)
	}
	if len(names) == 0 {
		return
	}
	f.Evidence = fmt.Sprintf("Permission set %s is assigned in account %s to others than the blueprint names, who get access to %s: %s.",
		b.g.PermissionSet(), b.a.AdminAccount, b.reached(), strings.Join(names, ", "))
	b.Find(f)
}

// makeGroup makes the group in the identity store, when somebody agrees to that: people are
// the directory's to keep, and a store that an identity provider fills is not ours to write.
func (b *identityBuilder) makeGroup() {
	if b.c.Filled {
		f := refuseCenter("iam.identity-group-missing",
			fmt.Sprintf("Identity Center has no group %q, and an identity provider fills its directory, so the group has to be made there.", b.g.IdentityCenter),
			fmt.Sprintf("Make the group %q in your identity provider and let it sync to Identity Center, then run stateroom setup again.", b.g.IdentityCenter))
		f.Stops, f.Subject = []string{storeGroupChange(b.g.Name)}, b.g.Name
		b.Find(*f)
	}
	c := b.change(storeGroupChange(b.g.Name), plan.Create, fmt.Sprintf("Create the group %q in Identity Center", b.g.IdentityCenter),
		awsops.CreateStoreGroup(b.c.Instance.Store, b.g.IdentityCenter, policyDescription))
	c.Needs = []string{changeCenter}
	c.Target = b.c.Instance.Store + "/" + b.g.IdentityCenter
	c.NotOurs, c.Agreeing, c.Asks = c.Target, "create", "there is no such group, and the directory is people's"
	c.Unconfirmed = &plan.Finding{
		ID: "iam.identity-group-missing", Of: plan.StepIAM, Subject: b.g.Name, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Identity Center has no group %q, and it is made only if you say so.", b.g.IdentityCenter),
		Remedy:   "Make it in Identity Center, or have it made, without members.", Commands: plan.Allow("Make it", c.Target),
	}
	c.Intent = map[string]string{}
	c.Fields = plan.Created("display name", b.g.IdentityCenter, "members", "none: add them in Identity Center")
	c.Undo = fmt.Sprintf("aws identitystore delete-group --identity-store-id %s --group-id ID", b.c.Instance.Store)
	b.Change(c)
}

// makeSet makes the permission set, or brings it to what the blueprint says, and gives the
// changes after which an account that has it is to get it anew.
func (b *identityBuilder) makeSet() (due []string) {
	name, duration := b.g.PermissionSet(), b.a.IdentityCenter.SessionDuration
	if b.set.ARN == "" {
		c := b.change(permissionSetChange(b.g.Name), plan.Create, "Create the permission set "+name,
			awsops.CreatePermissionSet(b.instance(), name, policyDescription, duration, plan.TagsOf(b.a)))
		c.Target, c.Intent = name, map[string]string{}
		c.Fields = plan.Created("name", name, "sessions last", duration)
		c.Undo = fmt.Sprintf("aws sso-admin delete-permission-set --instance-arn %s --permission-set-arn ARN", b.instance())
		c.Judge() // nobody has it yet
		c.JudgeTags(b.a, "permission set "+name, plan.TagsOf(b.a))
		b.Change(c)
		return nil
	}
	if have, want := blueprint.SessionLength(b.set.Duration), blueprint.SessionLength(duration); have != want {
		c := b.change(permissionSetChange(b.g.Name)+".duration", plan.Update, fmt.Sprintf("Let sessions of permission set %s last %s", name, duration),
			awsops.UpdatePermissionSet(b.instance(), b.set.ARN, duration))
		c.Fields = []plan.Field{{Name: "sessions last", Before: b.set.Duration, After: duration}}
		c.Undo = fmt.Sprintf("aws sso-admin update-permission-set --instance-arn %s --permission-set-arn %s --session-duration %s", b.instance(), b.set.ARN, b.set.Duration)
		var gives []plan.Widening
		if want > have {
			gives = append(gives, plan.Gives(plan.WidensPermissions, "permission set "+name, fmt.Sprintf("Sessions of permission set %s last %s, not %s.", name, duration, b.set.Duration)))
		}
		c.Judge(gives...)
		b.Change(c)
		due = append(due, c.ID)
	}
	if c := b.change(permissionSetChange(b.g.Name)+".tags", plan.Update, "Tag the permission set "+name); c.NotOurs == "" || b.a.Adopted(c.NotOurs) {
		b.Tag(b.a, c, "permission set "+name, b.set.Tags, func(missing map[string]string) awsops.Call {
			return awsops.TagPermissionSet(b.instance(), b.set.ARN, missing)
		})
	}
	return due
}

// refer lets the permission set refer to one of the group's policies.
func (b *identityBuilder) refer(name string) plan.Change {
	c := b.change(policyChangeID(name)+attachSuffix, plan.Update, fmt.Sprintf("Let permission set %s refer to the policy %s", b.g.PermissionSet(), name),
		awsops.ReferToPolicy(b.instance(), b.setARN(), policyPath, name))
	c.Fields = plan.Created("refers to", policyPath+name)
	c.Needs = append(c.Needs, policyChangeID(name))
	c.Undo = fmt.Sprintf("aws sso-admin detach-customer-managed-policy-reference-from-permission-set --instance-arn %s --permission-set-arn %s --customer-managed-policy-reference Name=%s,Path=%s",
		b.instance(), plan.Known(b.setARN()), name, policyPath)
	return c
}

// assign gives the permission set to the group's members in the admin account, and where
// they have it brings the account's role to what the set is by then. changed are the
// changes of the set, which come first.
func (b *identityBuilder) assign(changed []string) {
	name := b.g.PermissionSet()
	switch {
	case b.c.Busy[b.g.Name]:
		f := refuseCenter("iam.identity-center-busy",
			fmt.Sprintf("Identity Center is still giving %s to the members of %q, as a run of this laptop asked it to.", name, b.g.IdentityCenter),
			"Wait until it has finished, then run stateroom setup again.")
		f.Stops, f.Subject = []string{assignmentChange(b.g.Name)}, b.g.Name
		b.Find(*f)
	case !b.assigned():
		c := b.change(assignmentChange(b.g.Name), plan.Create,
			fmt.Sprintf("Give %s to the members of %q in account %s", name, b.g.IdentityCenter, b.a.AdminAccount),
			awsops.AssignToGroup(b.instance(), b.setARN(), b.groupID(), b.a.AdminAccount))
		c.Fields = plan.Created("group", b.g.IdentityCenter, "permission set", name, "account", b.a.AdminAccount)
		// The account gets the set as it is by then, and that a later change of it is not
		// there yet is shown late: nobody is given half of it.
		c.Needs = append(append(c.Needs, b.storeChange()), changed...)
		c.Intent = map[string]string{}
		c.Judge(plan.Gives(plan.WidensMembership, b.g.IdentityCenter,
			fmt.Sprintf("Members of %q in Identity Center get access to %s.", b.g.IdentityCenter, b.reached())))
		c.Risk = "Who is in that group is Identity Center's and your identity provider's to say, now and later."
		c.Undo = fmt.Sprintf("aws sso-admin delete-account-assignment --instance-arn %s --permission-set-arn %s --principal-type GROUP --principal-id %s --target-type AWS_ACCOUNT --target-id %s",
			b.instance(), plan.Known(b.setARN()), plan.Known(b.groupID()), b.a.AdminAccount)
		b.Change(c)
	case b.set.Outdated || len(changed) > 0:
		c := b.change(provisionChange(b.g.Name), plan.Update, fmt.Sprintf("Bring permission set %s to account %s as it is now", name, b.a.AdminAccount),
			awsops.ProvisionPermissionSet(b.instance(), b.set.ARN, b.a.AdminAccount))
		c.Fields = []plan.Field{{Name: "provisioned", Before: "an older state", After: "the latest"}}
		c.After = changed
		c.Judge() // what it gives is judged where the set changes
		b.Change(c)
	}
}

// reached names the environments that the group gives access to.
func (b *identityBuilder) reached() string {
	var names []string
	for _, e := range b.a.EnvironmentsOf(b.g.Name) {
		names = append(names, e.Name)
	}
	return plan.Enumerated(names)
}

// planIdentity proposes what every group that signs in with Identity Center needs there.
func planIdentity(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	groups := a.IdentityGroups()
	if len(groups) == 0 {
		return p
	}
	if f := o.IAM.Center.Refused; o.IAM.Center.elsewhere() {
		p.Find(leftElsewhere(o, a)...)
	} else if f != nil {
		p.Find(*f)
	}
	if f := withoutWayIn(a); f != nil {
		p.Find(*f)
	}
	for _, g := range groups {
		b := identityGroup(o, a, g)
		p.Add(b.plan(identityPolicies(o, a, g)))
		p.Add(planFormer(o, a, g))
		if b.assigned() && g.Name != memberHere(o, a) { // whose own laptop is step 7's
			p.Find(howToSignIn(o, a, g))
		}
	}
	return p
}

// assigned tells whether the group's members have its permission set in the admin account;
// of an Identity Center that is another account's, whether anybody has it.
func (b *identityBuilder) assigned() bool {
	if b.c.elsewhere() {
		return b.set.Name != ""
	}
	return b.store != nil && slices.Contains(b.set.Groups, b.store.ID)
}

// identityPolicies are the names of all policies that a group is to have, whichever step
// makes them.
func identityPolicies(o *Observed, a *blueprint.Answers, g blueprint.Group) (names []string) {
	assume, _ := assumePolicies(o, a, g)
	for i := range assume {
		names = append(names, policyName(g.Name, "assume", i+1))
	}
	state, _ := statePolicies(o, a, g)
	for i := range state {
		names = append(names, policyName(g.Name, "state", i+1))
	}
	return names
}

// referring is the change by which a group's permission set refers to one of its policies;
// nil where it does already, or Identity Center cannot be asked.
func referring(o *Observed, a *blueprint.Answers, group, name string, doc policy.Document) *plan.Change {
	i := slices.IndexFunc(a.Groups, func(g blueprint.Group) bool { return g.Name == group })
	b := identityGroup(o, a, a.Groups[i])
	if b.c.Refused != nil || slices.Contains(b.set.Policies, policyPath+name) {
		return nil
	}
	c := b.refer(name)
	c.Judge(groupGains(o, a, group, attachedTo(o, group), doc)...)
	return &c
}
