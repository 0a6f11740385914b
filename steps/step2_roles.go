package steps

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// inlinePolicy is the name of the environment role's own inline policy.
const inlinePolicy = "terraform"

// revocation begins the names of the inline policies that deny sessions of
// before, as AWS's console names its own.
const revocation = "AWSRevokeOlderSessions-"

// RevocationOf is the name of the inline policy that ends the sessions which a
// user who left may hold in a role.
func RevocationOf(user string) string { return revocation + user }

// longestSession is the most that a role's sessions may last (IAM,
// MaxSessionDuration); the role's own maximum may have been higher before.
const longestSession = 12 * time.Hour

// RoleFacts are an environment's role as found.
type RoleFacts struct {
	// Unreachable is why the account could not be looked into; the other
	// environments go on.
	Unreachable error
	// ByOwner says that the role of such an account can be assumed all the
	// same: somebody else has made it.
	ByOwner bool
	// Reach is the role through which the account was entered; empty in the admin
	// account, and where none of the ladder could be assumed.
	Reach string
	// Template is the file for the owner of an account that cannot be entered.
	Template files.Snapshot
	// Role is nil when it is not there.
	Role     *awsops.Role
	Inline   map[string]policy.Document
	Attached []string // policy ARNs
	// NoBoundary says that the permissions boundary which the blueprint names is not in
	// the account.
	NoBoundary bool
	// RegionStatus is what the environment's region is to its account, where regions
	// like it have to be enabled and AWS tells; else empty.
	RegionStatus string
	// Seen is the time of the look.
	Seen time.Time
}

// inspectRoles looks into every environment's account, many at a time. An
// account that cannot be reached is a fact, not an error.
func (f *IAMFacts) inspectRoles(ctx context.Context, env *engine.Env, o *Observed, a *blueprint.Answers) error {
	var seen atomic.Int64
	there := slices.DeleteFunc(o.environments(a.Environments), func(e blueprint.Environment) bool {
		return len(awsops.FindRefs(e.Account)) > 0 || !o.Account.active(e) // it is still to be created, or step 1 tells
	})
	calls := []awsops.Expected{{Service: "iam", Operation: "GetRole", Calls: len(there), Most: 1}}
	if !engine.Settling(ctx) { // else they are entered already
		calls = append(calls, awsops.Expected{Service: "sts", Operation: "AssumeRole", Calls: len(there), Most: len(there)})
	}
	env.Foretell("Looking into the accounts", env.Sessions.Pace(env.Parallel, calls...))
	var parsed policyTexts
	found, err := forEach(ctx, env.Parallel, there, func(ctx context.Context, e blueprint.Environment) (RoleFacts, error) {
		facts := parsed.inspectRole(ctx, env, a, e)
		if facts.Unreachable != nil {
			_, err := env.Sessions.Home(a.StateRegion).Assume(ctx, a.RoleARN(o.partition(), e))
			facts.ByOwner = err == nil
			if facts.Template, err = files.Read(templatePath(env, e)); err != nil {
				return facts, err
			}
		} else if region := o.Region.of(a.RegionOf(e)); region != nil && region.OptStatus != awsops.EnabledByDefault {
			own, _, _ := env.Session(e.Account, facts.Reach, a.StateRegion).Regions(ctx) // who may not ask is told nothing
			if region := (RegionFacts{Regions: own}).of(a.RegionOf(e)); region != nil {
				facts.RegionStatus = region.OptStatus
			}
		}
		env.Emit(plan.Event{Kind: plan.EventProgress, Text: "environments inspected", Done: int(seen.Add(1)), Of: len(a.Environments)})
		return facts, ctx.Err()
	})
	f.Roles = map[string]RoleFacts{}
	for i, e := range there {
		f.Roles[e.Name] = found[i]
	}
	return err
}

// policyTexts are policies that were read, by their text: what ten thousand roles have alike
// is parsed and held once. Nobody changes them.
type policyTexts struct {
	mu  sync.Mutex
	all map[string]policy.Document
}

func (t *policyTexts) parse(text string) policy.Document {
	t.mu.Lock()
	defer t.mu.Unlock()
	doc, known := t.all[text]
	if !known {
		if t.all == nil {
			t.all = map[string]policy.Document{}
		}
		doc = policy.ParseOrEmpty(text)
		t.all[text] = doc
	}
	return doc
}

// InspectRole reads an environment's role with the operator's credentials.
func InspectRole(ctx context.Context, env *engine.Env, a *blueprint.Answers, e blueprint.Environment) RoleFacts {
	return new(policyTexts).inspectRole(ctx, env, a, e)
}

func (t *policyTexts) inspectRole(ctx context.Context, env *engine.Env, a *blueprint.Answers, e blueprint.Environment) RoleFacts {
	s, reach, err := env.Enter(ctx, e.Account, a.Ladder(e), a.StateRegion)
	if err != nil {
		return RoleFacts{Unreachable: err}
	}
	var role *awsops.Role
	var policies awsops.Policies
	err = engine.Agreed(ctx, env, func(ctx context.Context) error {
		if role, err = s.Role(ctx, e.Role); err == nil && role != nil {
			policies, err = s.RolePolicies(ctx, e.Role, expectedInline(e))
		}
		return err
	})
	facts := RoleFacts{Unreachable: err, Reach: reach}
	if arn := e.PermissionsBoundary; err == nil && arn != "" && (role == nil || role.Boundary != arn) {
		boundary, err := s.Policy(ctx, arn)
		facts.NoBoundary = err == nil && boundary == nil // who may not look is told by the change
	}
	if err != nil || role == nil {
		return facts
	}
	facts.Role, facts.Inline, facts.Seen = role, map[string]policy.Document{}, time.Now()
	for name, text := range policies.Inline {
		facts.Inline[name] = t.parse(text)
	}
	for _, p := range policies.Attached {
		facts.Attached = append(facts.Attached, p.ARN)
	}
	return facts
}

// expectedInline is the inline policy that the blueprint gives an environment's role,
// empty where it attaches a managed one.
func expectedInline(e blueprint.Environment) string {
	if e.Permissions == blueprint.PermissionsArticle || permissionsFile(e) {
		return inlinePolicy
	}
	return ""
}

// Role is the environment's role as it was found.
func (o *Observed) Role(environment string) RoleFacts { return o.IAM.Roles[environment] }

// RoleChange is the id of the change that makes an environment's role. What leads to the
// role needs it.
func RoleChange(environment string) string { return roleChange(environment) }

func roleChange(environment string) string { return "iam.role." + environment }

// trustSuffix ends the id of the change of who may assume a role that is there.
const trustSuffix = ".trust"

// assumable are the changes of a role without which nobody can assume it.
func assumable(environment string) []string {
	return []string{roleChange(environment), roleChange(environment) + trustSuffix}
}

// planRoles makes every environment's role what the blueprint says.
func planRoles(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	var closed []blueprint.Environment
	for _, e := range o.environments(a.Environments) {
		f := o.IAM.Roles[e.Name]
		b := roleBuilder{o: o, a: a, e: e, f: f}
		switch {
		case !o.Account.active(e): // step 1 tells
		case f.ByOwner:
			p.Find(madeByOwner(o, a, e))
		case f.Unreachable != nil:
			p.Find(unreachable(o, a, e, f))
			closed = append(closed, e)
		case f.Role != nil && f.Role.Path != e.RolePath:
			p.Find(b.otherPath())
		default:
			p.Add(b.plan())
		}
	}
	p.Find(reachedOtherwise(o, a)...)
	return p.And(templates(o, a, closed))
}

// roleBuilder collects the changes of one environment's role.
type roleBuilder struct {
	plan.Proposal

	o *Observed
	a *blueprint.Answers
	e blueprint.Environment
	f RoleFacts
}

func (b *roleBuilder) plan() plan.Proposal {
	if b.f.NoBoundary {
		b.Find(plan.Finding{
			ID: "iam.boundary-missing", Subject: b.e.Name, Severity: plan.Failure, Probed: true,
			Stops:    []string{roleChange(b.e.Name), roleChange(b.e.Name) + ".boundary", planRoleChange(b.e.Name), planRoleChange(b.e.Name) + ".boundary"},
			Evidence: fmt.Sprintf("The blueprint gives the role %s in %s the permissions boundary %s, and there is no such policy in account %s.", b.e.Role, b.e.Name, b.e.PermissionsBoundary, b.e.Account),
			Remedy:   fmt.Sprintf("Ask whoever manages the account to make that policy, or correct it with --set environment.%s.permissions_boundary=ARN.", b.e.Name),
		})
	}
	if b.f.Role == nil {
		b.create()
	} else {
		b.update()
	}
	b.permissions()
	b.secondFactor()
	return b.Proposal
}

// change is a change of this role with all that they have in common.
func (b *roleBuilder) change(suffix string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
	c := plan.Change{
		ID: roleChange(b.e.Name) + suffix, Action: action, Title: title,
		Target:  b.a.RoleARN(b.o.partition(), b.e),
		Account: b.e.Account, Region: b.a.StateRegion, Role: cmp.Or(b.f.Reach, b.a.ReachOf(b.e)),
		Calls: calls, Environment: b.e.Name,
	}
	if len(awsops.FindRefs(b.e.Account)) > 0 {
		c.Needs = append(c.Needs, accountChange(b.e.Name))
	}
	if suffix != "" {
		c.Needs = append(c.Needs, roleChange(b.e.Name))
	}
	if b.f.Role != nil && !plan.Ours(b.a, b.f.Role.Tags) {
		c.NotOurs = b.f.Role.ARN
	}
	return c
}

func (b *roleBuilder) create() {
	trust := b.trust().JSON()
	c := b.change("", plan.Create, fmt.Sprintf("Create the role %s in %s", b.e.Role, b.e.Name), awsops.CreateRole(awsops.RoleInput{
		Name: b.e.Role, Path: b.e.RolePath, Trust: trust, Boundary: b.e.PermissionsBoundary,
		Description: roleDescription(b.a), Tags: plan.TagsOf(b.a),
	}))
	c.Fields = plan.Created("name", b.e.Role, "trust", trust, "permissions", b.e.Permissions)
	if b.e.PermissionsBoundary != "" {
		c.Fields = append(c.Fields, plan.Field{Name: "permissions boundary", After: b.e.PermissionsBoundary})
	}
	c.Judge(b.trustGains(policy.Document{}, b.trust())...)
	c.JudgeTags(b.a, b.name(), plan.TagsOf(b.a))
	c.Needs = append(c.Needs, b.trusted()...)
	c.Undo = "aws iam delete-role --role-name " + b.e.Role + " (in account " + plan.Known(b.e.Account) + ", after its policies)"
	b.Change(c)
}

func roleDescription(a *blueprint.Answers) string {
	return "Assumed by Terraform's admins of account " + a.AdminAccount
}

// update compares an existing role. What is narrower than asked is kept and
// reported.
func (b *roleBuilder) update() {
	b.updateTrust()
	switch have := b.f.Role.Boundary; {
	case have == b.e.PermissionsBoundary:
	case b.e.PermissionsBoundary == "":
		b.keep("boundary", "has the permissions boundary "+have+", which the blueprint does not ask for")
	default:
		c := b.change(".boundary", plan.Update, "Set the permissions boundary of "+b.e.Role+" in "+b.e.Name, awsops.PutRolePermissionsBoundary(b.e.Role, b.e.PermissionsBoundary))
		c.Fields = []plan.Field{{Name: "permissions boundary", Before: have, After: b.e.PermissionsBoundary}}
		c.Judge(b.boundaryGains(have)...)
		b.Change(c)
	}
	if c := b.change(".tags", plan.Update, "Tag the role "+b.e.Role+" in "+b.e.Name); c.NotOurs == "" || b.a.Adopted(c.NotOurs) {
		b.Tag(b.a, c, b.name(), b.f.Role.Tags, func(missing map[string]string) awsops.Call { return awsops.TagRole(b.e.Role, missing) })
	}
}

// revoked deals with a policy that denies sessions which were opened before a
// time. Ours goes once all of them have ended by themselves; until then it is no
// drift.
func (b *roleBuilder) revoked(name string, before time.Time) {
	user, made := strings.CutPrefix(name, revocation)
	if !made || b.f.Seen.Sub(before) < longestSession || !plan.Ours(b.a, b.f.Role.Tags) {
		b.keep("sessions-ended", fmt.Sprintf("denies everything to sessions from before %s (inline policy %s)", before.UTC().Format(time.RFC3339), name))
		return
	}
	c := b.change(".sessions."+user, plan.Delete, fmt.Sprintf("Remove from %s in %s the block on sessions from before %s left: all of them have ended", b.e.Role, b.e.Name, user), awsops.DeleteRolePolicy(b.e.Role, name))
	c.Fields = []plan.Field{{Name: "inline policy " + name, Before: b.f.Inline[name].JSON()}}
	c.Judge() // it denies sessions only that have ended
	b.Change(c)
}

// keep reports something of the role that was left as it is.
func (b *roleBuilder) keep(problem, evidence string) {
	b.Keep("iam.role-"+problem, fmt.Sprintf("Role %s %s.", b.a.RoleARN(b.o.partition(), b.e), evidence))
}

// otherPath is the finding of a role whose path is not the blueprint's: IAM
// cannot move it, and holds its name taken.
func (b *roleBuilder) otherPath() plan.Finding {
	return plan.Finding{
		ID: "iam.role-other-path", Severity: plan.Failure, Stops: []string{roleChange(b.e.Name)},
		Evidence: fmt.Sprintf("Role %s of environment %s does not have the path %s that the blueprint names, and IAM cannot move it. %s", b.f.Role.ARN, b.e.Name, b.e.RolePath, leftWithRole),
		Remedy:   fmt.Sprintf("Use it where it is with --set environment.%s.role_path=%s, or choose another name with --set environment.%s.role=NAME.", b.e.Name, b.f.Role.Path, b.e.Name),
	}
}

// permissions gives the role what the blueprint chose. What is attached beside
// it is kept and reported.
func (b *roleBuilder) permissions() {
	want, arn := b.document(), b.attachment()
	if arn != "" && !slices.Contains(b.f.Attached, arn) {
		c := b.change(".permissions", plan.Update, fmt.Sprintf("Attach %s to %s in %s", lastPart(arn), b.e.Role, b.e.Name), awsops.AttachRolePolicy(b.e.Role, arn))
		c.Fields = plan.Created("attached policy", arn)
		c.Judge(b.gains(plan.WidensPermissions, " may do what "+lastPart(arn)+" allows"+b.lasting()+"."))
		c.Undo = fmt.Sprintf("aws iam detach-role-policy --role-name %s --policy-arn %s", b.e.Role, arn)
		b.Change(c)
	}
	have, there := b.f.Inline[inlinePolicy]
	if arn == "" && !(there && policy.Equivalent(have, want)) {
		c := b.change(".permissions", plan.Update, fmt.Sprintf("Allow %s in %s what Terraform needs", b.e.Role, b.e.Name), awsops.PutRolePolicy(b.e.Role, inlinePolicy, want.JSON()))
		c.Fields = []plan.Field{{Name: "inline policy " + inlinePolicy, After: want.JSON()}}
		if there {
			c.Fields[0].Before = have.JSON()
		}
		c.JudgeWider(have, want, b.gains(plan.WidensPermissions, " may "+plan.NewlyAllowed(have, want)+b.lasting()+"."))
		c.Undo = fmt.Sprintf("aws iam delete-role-policy --role-name %s --policy-name %s", b.e.Role, inlinePolicy)
		b.Change(c)
	}
	b.besides(arn)
}

// besides deals with policies beside the blueprint's choice. Our own inline
// policy of an earlier choice goes, or a narrower choice would never be one;
// every other is kept.
func (b *roleBuilder) besides(arn string) {
	for _, other := range b.f.Attached {
		if other != arn {
			b.keep("more-permissions", "has the policy "+other+" attached in addition to the blueprint's choice")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.f.Inline)) {
		before, revokes := policy.Revoked(b.f.Inline[name])
		switch {
		case revokes:
			b.revoked(name, before)
		case name == inlinePolicy && arn == "":
		case name == inlinePolicy && plan.Ours(b.a, b.f.Role.Tags):
			c := b.change(".inline", plan.Delete, fmt.Sprintf("Remove earlier permissions of %s in %s", b.e.Role, b.e.Name), awsops.DeleteRolePolicy(b.e.Role, inlinePolicy))
			c.Purpose = plan.Cosmetic
			c.Fields = []plan.Field{{Name: "inline policy " + inlinePolicy, Before: b.f.Inline[name].JSON()}}
			c.Needs = append(c.Needs, roleChange(b.e.Name)+".permissions")
			c.JudgeWider(b.f.Inline[name], policy.Document{}, b.gains(plan.WidensPermissions, " may do what the inline policy "+name+" denied."))
			b.Change(c)
		default:
			b.keep("more-permissions", "has the inline policy "+name+" in addition to the blueprint's choice")
		}
	}
}

// attachment is the managed policy that the environment's permissions name, or
// empty where they are a document.
func (b *roleBuilder) attachment() string {
	managed := "arn:" + b.o.partition() + ":iam::aws:policy/"
	switch {
	case b.e.Permissions == blueprint.PermissionsPowerUser:
		return managed + "PowerUserAccess"
	case b.e.Permissions == blueprint.PermissionsAdministrator:
		return managed + "AdministratorAccess"
	case strings.HasPrefix(b.e.Permissions, "arn:"):
		return b.e.Permissions
	}
	return ""
}

func (b *roleBuilder) document() policy.Document {
	if doc, own := b.o.IAM.Permissions[b.e.Name]; own {
		return doc
	}
	return policy.EnvironmentPermissions()
}

// gains is a widening of the role.
func (b *roleBuilder) gains(kind plan.WideningKind, tail string) plan.Widening {
	return plan.Widening{Kind: kind, For: b.name(), Head: "The role " + b.e.Role + " in ", Subject: b.e.Name, Tail: tail}
}

// name is what the role is called in a sentence.
func (b *roleBuilder) name() string { return "role " + b.e.Role + " in " + b.e.Name }

// lasting ends the sentence of what an administrator is given: nothing today,
// but more is left once the other policy is detached.
func (b *roleBuilder) lasting() string {
	if slices.Contains(b.f.Attached, "arn:"+b.o.partition()+":iam::aws:policy/AdministratorAccess") {
		return ", also once AdministratorAccess is detached"
	}
	return ""
}

// boundaryGains judges a boundary that takes the place of another, of which it is
// not known whether it is the narrower one. The first one only narrows.
func (b *roleBuilder) boundaryGains(have string) []plan.Widening {
	if have == "" {
		return nil
	}
	return []plan.Widening{b.gains(plan.WidensBoundary, " is no longer bound by "+have+".")}
}

func lastPart(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
