package steps

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// applySession is how long a pipeline's session lasts that applies: what it gets from
// there, in an environment, lasts an hour at most and is renewed with it (role chaining,
// AssumeRole in the STS API reference).
const applySession = 4 * time.Hour

// machineRole is a role of which a pipeline has need, and collects its changes.
type machineRole struct {
	plan.Proposal

	o *Observed
	a *blueprint.Answers
	// id is that of the change that makes it, and what says what for.
	id, what string
	// e is where it is: account, name and path, as an environment has them. Its name is
	// that of the environment in whose account it is, empty in the admin account.
	e blueprint.Environment
	f RoleFacts
	// trust is who may assume it, opens how far that may be open to tokens, and lets says
	// in a sentence who gets what, of an environment's role up to that environment.
	trust policy.Document
	opens policy.Opening
	lets  string
	// inline is its own policy, and attached the managed one's ARN, empty for none.
	inline   policy.Document
	attached string
	session  time.Duration // of at most, zero for IAM's hour
	risk     string
	needs    []string
	// ci is the pipeline whose role it is, subjects who of it may assume it by a token, and
	// assumes the roles in environments that it may assume in turn; all empty of a role
	// that tokens do not open.
	ci       blueprint.CI
	subjects []blueprint.Subject
	assumes  []string
}

// machineRoles are all that the blueprint's pipelines need: for each one that plans and one
// for each environment that it applies to, and in every environment one that only reads.
func machineRoles(o *Observed, a *blueprint.Answers) (all []*machineRole) {
	add := func(b *machineRole) {
		b.o, b.a = o, a
		b.f = o.IAM.Machines.Roles[a.RoleARN(o.partition(), b.e)]
		all = append(all, b)
	}
	for _, ci := range a.CIs {
		environments := o.environments(a.EnvironmentsOfCI(ci))
		if ci.PlanRole() != "" {
			add(ciPlanRole(o, a, ci, environments))
		}
		if ci.Watch {
			add(ciWatchRole(o, a, ci))
		}
		for _, e := range environments {
			if len(ci.ApplySubjects(e.Name)) > 0 {
				add(ciApplyRole(o, a, ci, e))
			}
		}
	}
	for _, e := range o.environments(a.Environments) {
		if a.PlansIn(e.Name) {
			add(environmentPlanRole(o, a, e))
		}
	}
	return all
}

func ciTrust(o *Observed, a *blueprint.Answers, ci blueprint.CI, subjects []blueprint.Subject) policy.Document {
	if ci.ByRole() {
		return policy.RunnerTrust(o.orgID(), subjectTexts(subjects))
	}
	w := policy.WebIdentity{Provider: providerARN(o, a, ci), Audience: ci.AudienceIn(o.partition())}
	for _, s := range subjects {
		if s.Shape {
			w.Shapes = append(w.Shapes, s.Text)
		} else {
			w.Subjects = append(w.Subjects, s.Text)
		}
	}
	if id := ci.ProjectClaim(); id != "" {
		w.Claims = map[string]string{"project_id": id}
	}
	return policy.WebIdentityTrust(w)
}

// ciState is what a pipeline reaches of the states of these environments' projects. The
// role's own policy gives the use of the key also where the key policy lists users: the
// account delegates to its policies in either case.
func ciState(o *Observed, a *blueprint.Answers, ci blueprint.CI, environments ...blueprint.Environment) policy.StateAccess {
	access := policy.StateAccess{
		Partition: o.partition(), Region: a.StateRegion, Account: a.AdminAccount, Bucket: a.Bucket.Name,
		Table: a.Lock.DynamoDBTable, Lockfile: a.Lock.UseLockfile, KMSKeyARN: o.keyARN(),
	}
	for _, project := range a.ProjectsOfCI(ci) {
		if slices.ContainsFunc(environments, func(e blueprint.Environment) bool { return e.Name == project.Environment }) {
			access.Keys = append(access.Keys, project.StateKey)
		}
	}
	for _, other := range a.Projects {
		if !slices.Contains(access.Keys, other.StateKey) && slices.ContainsFunc(access.Keys, func(key string) bool { return strings.HasSuffix(other.StateKey, "/"+key) }) {
			access.Except = append(access.Except, other.StateKey)
		}
	}
	return access
}

// machinesByARN are the pipelines' roles by their ARNs.
func machinesByARN(o *Observed, a *blueprint.Answers) map[string]*machineRole {
	found := map[string]*machineRole{}
	for _, b := range machineRoles(o, a) {
		found[a.RoleARN(o.partition(), b.e)] = b
	}
	return found
}

// assumingToo puts the right to assume roles behind a state's document. Without a project there is
// no state to reach.
func assumingToo(access policy.StateAccess, state func() policy.Document, roles []string) policy.Document {
	var doc policy.Document
	if len(access.Keys) > 0 {
		doc = state()
	}
	doc.Statements = append(doc.Statements, policy.AssumeRoles(roles).Statements...)
	return doc
}

func ciPlanRole(o *Observed, a *blueprint.Answers, ci blueprint.CI, environments []blueprint.Environment) *machineRole {
	access := ciState(o, a, ci, environments...)
	var roles []string
	for _, e := range environments {
		roles = append(roles, a.RoleARN(o.partition(), e.PlanRoleIn()))
	}
	return &machineRole{
		id: ciPlanChange(ci.Name), what: "plans of pipeline " + ci.Name, e: atCI(o, a, ci.PlanRole()),
		trust: ciTrust(o, a, ci, ci.PlanSubjects()), opens: policy.Pushers,
		lets:   fmt.Sprintf("%s may read the states and the environments of %s.", ciWho(ci, ci.PlanSubjects()), environmentNames(environments)),
		inline: assumingToo(access, func() policy.Document { return policy.ReadState(access, ci.PlanLock) }, roles),
		ci:     ci, subjects: ci.PlanSubjects(), assumes: roles,
		risk:  "A plan runs what the branch says and shows what the state holds: whoever may push a branch can read both.",
		needs: providerNeeds(ci),
	}
}

// ciWatchRole reads what setup reads, in the admin account and in every environment: by the
// ARNs of its roles while they fit, and else by the form of fixed size.
func ciWatchRole(o *Observed, a *blueprint.Answers, ci blueprint.CI) *machineRole {
	in := o.environments(a.Environments)
	var roles []string
	for i, e := range in {
		in[i] = e.PlanRoleIn()
		roles = append(roles, a.RoleARN(o.partition(), in[i]))
	}
	access := operatorAccess(o, a)
	parts := []policy.Document{policy.Operator(access), policy.Machines(access)}
	if len(a.IdentityGroups()) > 0 {
		parts = append(parts, policy.Identity(access))
	}
	reads := policy.Watch(parts...)
	with := func(assume policy.Document) policy.Document {
		return policy.Document{Version: reads.Version, Statements: slices.Concat(reads.Statements, assume.Statements)}
	}
	inline := with(policy.AssumeRoles(roles))
	if role, same := commonRole(in); same && o.orgID() != "" && settledSize(inline.JSON()) > o.quota(a.AdminAccount, quotaRoleInline) {
		inline = with(policy.AssumeRolesAnyAccount(o.partition(), role, o.orgID()))
	}
	risk := ""
	if ci.ByRole() && len(ci.Apply) == 0 {
		risk = "A plan runs what the branch says: whoever may push one can read how everything is set up."
	}
	return &machineRole{
		id: ciWatchChange(ci.Name), what: "the nightly watch of pipeline " + ci.Name, e: atCI(o, a, ci.WatchRole()),
		trust: ciTrust(o, a, ci, ci.WatchSubjects()), opens: policy.Exactly,
		lets:   ciWho(ci, ci.WatchSubjects()) + " may read how the admin account and all environments are set up.",
		inline: inline, ci: ci, subjects: ci.WatchSubjects(), assumes: roles, needs: providerNeeds(ci), risk: risk,
	}
}

func ciApplyRole(o *Observed, a *blueprint.Answers, ci blueprint.CI, e blueprint.Environment) *machineRole {
	access, subjects := ciState(o, a, ci, e), ci.ApplySubjects(e.Name)
	b := &machineRole{
		id: ciApplyChange(ci.Name, e.Name), what: "applies of pipeline " + ci.Name + " to " + e.Name, e: atCI(o, a, ci.ApplyRole(e.Name)),
		trust: ciTrust(o, a, ci, subjects), opens: policy.Exactly,
		lets:   fmt.Sprintf("%s may change everything that the role %s in %s may, and its projects' states.", ciWho(ci, subjects), e.Role, e.Name),
		inline: assumingToo(access, func() policy.Document { return policy.State(access) }, []string{a.RoleARN(o.partition(), e)}),
		ci:     ci, subjects: subjects, assumes: []string{a.RoleARN(o.partition(), e)},
		session: applySession, needs: append(providerNeeds(ci), assumable(e.Name)...),
	}
	if ci.ByRole() {
		b.risk = "Whatever runs with the runner's role can apply: where plans of pull requests do, whoever may push a branch can."
	} else if gate := ci.GatedBy(e.Name); gate != "" {
		b.risk = fmt.Sprintf("Environment %s of the platform decides who may apply: give it required reviewers and a branch rule before the first run.", gate)
	}
	return b
}

// readOnlyAccess is AWS's own policy of a role for plans, which [policy.PlanDenials] narrows.
func readOnlyAccess(o *Observed) string {
	return "arn:" + o.partition() + ":iam::aws:policy/ReadOnlyAccess"
}

// environmentPlanRole is the role beside the environment role that only reads, of an
// environment in which a pipeline plans or watches.
func environmentPlanRole(o *Observed, a *blueprint.Answers, e blueprint.Environment) *machineRole {
	var roles, who []string
	for _, ci := range a.CIsIn(e.Name) {
		if ci.PlanRole() != "" {
			roles, who = append(roles, a.RoleARN(o.partition(), atCI(o, a, ci.PlanRole()))), append(who, "plans of pipeline "+ci.Name)
		}
	}
	for _, ci := range a.CIs {
		if ci.Watch {
			roles, who = append(roles, a.RoleARN(o.partition(), atCI(o, a, ci.WatchRole()))), append(who, "the nightly watch of pipeline "+ci.Name)
		}
	}
	readers := plan.Enumerated(who)
	inline := policy.PlanDenials()
	if a.Watched() {
		inline.Statements = append(inline.Statements, policy.WatchDenial())
	}
	return &machineRole{
		id: planRoleChange(e.Name), what: "plans in " + e.Name, e: e.PlanRoleIn(),
		trust: policy.Document{Version: policy.Version2012, Statements: []policy.Statement{
			policy.MachineTrust(o.partition(), a.AdminAccount, o.orgID(), roles),
		}},
		lets:   plan.Capital(readers) + " may read the configuration of everything in ",
		inline: inline, attached: readOnlyAccess(o),
	}
}

// plan makes the role what the pipelines need, after our own judge of whom it lets in.
func (b *machineRole) plan() plan.Proposal {
	inside := b.o.IAM.Roles[b.e.Name]
	switch widest := policy.Widest(policy.JudgeWebIdentity(b.trust)); {
	case widest.Opening > b.opens:
		b.Find(plan.Finding{
			ID: "iam.ci-trust-open", Severity: plan.Failure, Stops: []string{b.id, b.id + trustSuffix},
			Evidence: fmt.Sprintf("The role %s would be open to more than the jobs of the blueprint: %s.", b.e.Role, widest.Why),
			Remedy:   "Name the jobs one by one, each in full, in plan and apply of the ci block.",
		})
		return b.Proposal
	case b.e.Name != "" && (inside.Unreachable != nil || !b.o.Account.active(b.e)): // told of the environment
		return b.Proposal
	case b.f.Unreachable != nil:
		b.Find(plan.Finding{
			ID: "iam.ci-role-unread", Subject: b.e.Name, Severity: plan.Failure, Probed: true, Stops: []string{b.id}, RequestIDs: awsops.RequestIDs(b.f.Unreachable),
			Evidence: fmt.Sprintf("The role %s for %s could not be read: %v", b.e.Role, b.what, b.f.Unreachable),
			Remedy:   "Allow the operator to read the role, then run stateroom setup again.",
		})
		return b.Proposal
	case b.f.Role != nil && b.f.Role.Path != b.e.RolePath:
		b.Find(plan.Finding{
			ID: "iam.ci-role-other-path", Subject: b.e.Name, Severity: plan.Failure, Stops: []string{b.id},
			Evidence: fmt.Sprintf("Role %s does not have the path %s, and IAM cannot move it.", b.f.Role.ARN, b.e.RolePath),
			Remedy:   "Give the ci block or the environment's role another name, or delete that role if nobody uses it.",
		})
		return b.Proposal
	case b.f.Role == nil:
		b.create()
	default:
		b.update()
	}
	b.runners()
	b.permissions()
	return b.Proposal
}

func (b *machineRole) change(suffix string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
	c := plan.Change{
		ID: b.id + suffix, Action: action, Title: title, Target: b.a.RoleARN(b.o.partition(), b.e), Environment: b.e.Name,
		Account: b.e.Account, Region: b.a.StateRegion, Calls: calls, Needs: []string{changeMachines},
	}
	if b.e.Name != "" {
		c.Role = cmp.Or(b.f.Reach, b.a.ReachOf(b.e))
	}
	if len(awsops.FindRefs(b.e.Account)) > 0 {
		c.Needs = append(c.Needs, accountChange(b.e.Name))
	}
	if suffix != "" {
		c.Needs = append(c.Needs, b.id)
	}
	if b.f.Role != nil && !plan.Ours(b.a, b.f.Role.Tags) {
		c.NotOurs = b.f.Role.ARN
	}
	return c
}

// seconds are how long the role's sessions may last, zero for IAM's hour.
func (b *machineRole) seconds() int32 { return int32(b.session / time.Second) } //nolint:gosec // hours

func (b *machineRole) name() string { return "role " + b.e.Role }

func (b *machineRole) create() {
	c := b.change("", plan.Create, fmt.Sprintf("Create the role %s for %s", b.e.Role, b.what), awsops.CreateRole(awsops.RoleInput{
		Name: b.e.Role, Path: b.e.RolePath, Trust: b.trust.JSON(), Boundary: b.e.PermissionsBoundary, MaxSession: b.seconds(),
		Description: roleDescription(b.a), Tags: plan.TagsOf(b.a),
	}))
	c.Fields = plan.Created("name", b.e.Role, "trust", b.trust.JSON())
	c.Judge(b.gives(plan.WidensTrust))
	c.JudgeTags(b.a, b.name(), plan.TagsOf(b.a))
	c.Needs, c.Risk = append(c.Needs, b.needs...), b.risk
	c.Undo = "aws iam delete-role --role-name " + b.e.Role + " (in account " + plan.Known(b.e.Account) + ", after its policies)"
	b.Change(c)
}

// update brings the trust to what the jobs are now. One that asks for more is kept.
func (b *machineRole) update() {
	stored := policy.ParseOrEmpty(b.f.Role.Trust)
	switch {
	case policy.Equivalent(stored, b.trust):
	case atLeast(stored, b.trust):
		b.Keep("iam.role-trust-stronger", fmt.Sprintf("Role %s has a trust policy that asks for more than the blueprint does: %s.", b.f.Role.ARN, plan.Enumerated(asksBeyond(stored, b.trust))))
	default:
		have := policy.WithoutDeleted(stored)
		c := b.change(trustSuffix, plan.Update, "Correct who may assume "+b.e.Role, awsops.UpdateAssumeRolePolicy(b.e.Role, b.trust.JSON()))
		c.Fields = []plan.Field{{Name: "trust", Before: b.f.Role.Trust, After: b.trust.JSON()}}
		c.JudgeWider(have, b.trust, b.gives(plan.WidensTrust))
		c.Needs = append(c.Needs, b.needs...)
		c.Risk = "Anyone who is only in the old trust policy can no longer assume the role."
		b.Find(c.Drop("iam.role-deleted-principal", "trust policy of "+b.name(), stored)...)
		b.Change(c)
	}
	if seconds := b.seconds(); b.f.Role.MaxSession < int(seconds) {
		c := b.change(".session", plan.Update, fmt.Sprintf("Let sessions of %s last %d hours", b.e.Role, int(b.session.Hours())), awsops.UpdateRoleSession(b.e.Role, seconds))
		c.Fields = []plan.Field{{Name: "maximum session", Before: fmt.Sprint(b.f.Role.MaxSession), After: fmt.Sprint(seconds)}}
		c.Judge()
		b.Change(c)
	}
	switch have := b.f.Role.Boundary; {
	case have == b.e.PermissionsBoundary:
	case b.e.PermissionsBoundary == "":
		b.Keep("iam.role-boundary", fmt.Sprintf("Role %s has the permissions boundary %s, which the blueprint does not ask for.", b.f.Role.ARN, have))
	default:
		c := b.change(".boundary", plan.Update, "Set the permissions boundary of "+b.e.Role, awsops.PutRolePermissionsBoundary(b.e.Role, b.e.PermissionsBoundary))
		c.Fields = []plan.Field{{Name: "permissions boundary", Before: have, After: b.e.PermissionsBoundary}}
		if have != "" {
			c.Judge(plan.Gives(plan.WidensBoundary, b.name(), fmt.Sprintf("The role %s is no longer bound by %s.", b.e.Role, have)))
		} else {
			c.Judge() // the first one only narrows
		}
		b.Change(c)
	}
	if c := b.change(".tags", plan.Update, "Tag the role "+b.e.Role); c.NotOurs == "" || b.a.Adopted(c.NotOurs) {
		b.Tag(b.a, c, b.name(), b.f.Role.Tags, func(missing map[string]string) awsops.Call { return awsops.TagRole(b.e.Role, missing) })
	}
}

// gives is what the role gives to whom: environments of which the same is so are told together.
func (b *machineRole) gives(kind plan.WideningKind) plan.Widening {
	w := plan.Gives(kind, b.name(), b.lets)
	if b.e.Name != "" {
		w.Subject, w.Tail = b.e.Name, "."
	}
	return w
}

// permits is what the role's policies give; of a new one the role itself tells.
func (b *machineRole) permits() []plan.Widening {
	if b.f.Role == nil {
		return nil
	}
	return []plan.Widening{b.gives(plan.WidensPermissions)}
}

// permissions gives the role its policies. What is beside them is told: it may be more than
// a pipeline ought to have.
func (b *machineRole) permissions() {
	if b.attached != "" && !slices.Contains(b.f.Attached, b.attached) {
		c := b.change(".attached", plan.Update, fmt.Sprintf("Attach %s to %s in %s", lastPart(b.attached), b.e.Role, b.e.Name), awsops.AttachRolePolicy(b.e.Role, b.attached))
		c.Fields = plan.Created("attached policy", b.attached)
		c.Judge(b.permits()...)
		c.Needs = append(c.Needs, b.id+".permissions") // what it denies comes first
		c.Undo = fmt.Sprintf("aws iam detach-role-policy --role-name %s --policy-arn %s", b.e.Role, b.attached)
		b.Change(c)
	}
	if have, there := b.f.Inline[inlinePolicy]; !there || !policy.Equivalent(have, b.inline) {
		c := b.change(".permissions", plan.Update, fmt.Sprintf("Set the permissions of %s for %s", b.e.Role, b.what), awsops.PutRolePolicy(b.e.Role, inlinePolicy, b.inline.JSON()))
		c.Fields = []plan.Field{{Name: "inline policy " + inlinePolicy, After: plan.Known(b.inline.JSON())}}
		if there {
			c.Fields[0].Before = have.JSON()
		}
		if policy.Wider(have, b.inline) {
			c.Judge(b.permits()...)
		} else {
			c.Judge()
		}
		c.Needs = append(c.Needs, refChanges(b.inline)...)
		c.Undo = fmt.Sprintf("aws iam delete-role-policy --role-name %s --policy-name %s", b.e.Role, inlinePolicy)
		b.Change(c)
	}
	more := slices.DeleteFunc(slices.Clone(b.f.Attached), func(arn string) bool { return arn == b.attached })
	for _, name := range slices.Sorted(maps.Keys(b.f.Inline)) {
		if name != inlinePolicy {
			more = append(more, "the inline policy "+name)
		}
	}
	if len(more) > 0 {
		b.Keep("iam.ci-role-more-permissions", fmt.Sprintf("Role %s, which pipelines assume, has %s in addition to the blueprint's policies.", b.a.RoleARN(b.o.partition(), b.e), plan.Enumerated(more)))
	}
}
