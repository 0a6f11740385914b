package account

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// checkRole is about an environment: that the identity may assume its role, and
// that the role may do what the blueprint lets it.
func checkRole(f *facts, r *roleAccess) []health.Result {
	return []health.Result{checkAssume(f, r), checkInside(f, r)}
}

func checkAssume(f *facts, r *roleAccess) health.Result {
	c := health.Question{Name: nameAssumeRole, Subject: r.environment.Name, Asked: fmt.Sprintf("sts:AssumeRole on %s, as %s", r.arn, r.by.who())}
	_, denied := awsops.DenialOf(r.assumeErr)
	switch outage := diagnosis.Outage(r.assumeErr); {
	case !r.by.works:
		return c.Undecided("%s cannot sign in to account %s.", r.by.who(), f.answers.AdminAccount)
	case outage != nil:
		return outageOf(c, outage, r.assumeErr)
	case r.assumeErr == nil:
		return c.Passed("Assumed.")
	case !denied:
		return c.Undecided("%s", diagnosis.Describe(r.assumeErr))
	case r.by.stranger():
		return c.Undecided("%s is not one of the blueprint's users, whose groups alone may assume the role: %s", r.by.who(), diagnosis.Answer(r.assumeErr))
	}
	return deniedRole(f, r, c)
}

// seenRole is the role as the operator sees it; there is false where the operator
// cannot look into the account.
func seenRole(f *facts, r *roleAccess) (role steps.RoleFacts, there bool) {
	if !f.looked(plan.StepIAM) {
		return steps.RoleFacts{}, false
	}
	role = f.observed.Role(r.environment.Name)
	return role, role.Unreachable == nil && !role.ByOwner
}

// deniedRole tells the caller's policy from the role's trust policy, which both
// have to allow, and from a role that is not there.
func deniedRole(f *facts, r *roleAccess, c health.Question) health.Result {
	q := question{by: r.by, action: "sts:AssumeRole", resource: r.arn, err: r.assumeErr, rights: r.caller}
	x := faultOf(diagnosis.AssumeRoleDenied, r.environment.Name, diagnosis.Describe(r.assumeErr))
	x.Err, x.Who = r.assumeErr, r.by.who()
	seen, there := seenRole(f, r)
	trust := r.sends("CreateRole", "UpdateAssumeRolePolicy")
	if there && seen.Role == nil {
		x.Evidence += fmt.Sprintf(" There is no role %s in account %s.", r.environment.Role, r.environment.Account)
		x.Lead, x.Remedy = "The role does not exist.", "Create the role with stateroom setup."
		x.Changes = planned(f, func(c plan.Change) bool { return trust(c) || r.ofPermissions(c) })
		x.Needs = []string{"stateroom setup, as the operator: it creates the role " + r.arn}
		return c.Failed(diagnosis.Answer(r.assumeErr), x)
	}
	if there {
		q.attached = named("trust policy", policy.RoleTrust, seen.Role.Trust)
	}
	why := reasonOf(f, q)
	x.Evidence = strings.TrimSpace(x.Evidence + " " + why.Why)
	byGroup := []string{"This statement in a policy of the group of " + r.by.who() + ":", policy.AssumeRoles([]string{r.arn}).JSON()}
	trustOf := fmt.Sprintf("trust policy of role %s in account %s:", r.environment.Role, r.environment.Account)
	switch {
	case madeJustNow(f, seen, q):
		return c.Undecided("The role was made less than a minute ago; AWS is still telling its services. Ask again in a minute.")
	case lacksFactor(f, r, q):
		return c.Undecided("The role requires MFA, and %s was used without it: sign in with stateroom login.", r.by.who())
	case why.Type == policy.IdentityBased:
		x.Lead = "The policies of the identity do not let it assume the role."
		x.Cause = r.by.profile + " " + string(policy.IdentityBased) // one group's policy, whatever roles it lacks
		x.Remedy, x.Changes = fmt.Sprintf("Allow sts:AssumeRole on %s in a policy of the group.", r.arn), planned(f, r.by.ofItsGroups)
		x.Needs = byGroup
		if why.Explicit {
			x.Lead = forbidden(why.Type, false)
		} else {
			x.Lacks = q.action
		}
	case why.Type == policy.RoleTrust:
		x.Lead = "The trust policy of the role does not let the identity assume it."
		x.Remedy, x.Changes = fmt.Sprintf("Correct the trust policy of %s.", r.arn), planned(f, trust)
		x.Needs = []string{"This " + trustOf, wantedTrust(f, r)}
	case why.Type == "":
		x.Remedy = "Check both: the group's policy and the trust policy of " + r.arn + "."
		x.Changes = planned(f, func(c plan.Change) bool { return r.by.ofItsGroups(c) || trust(c) })
		x.Needs = slices.Concat(byGroup, []string{"And this " + trustOf, wantedTrust(f, r)})
	default:
		byOthers(&x, why.Type, r.by.who(), "assume "+r.arn)
	}
	return c.Failed(diagnosis.Answer(r.assumeErr), x)
}

// madeJustNow tells a role that every policy lets the identity assume, and that
// parts of AWS do not know yet.
func madeJustNow(f *facts, seen steps.RoleFacts, q question) bool {
	if seen.Role == nil || f.now.Sub(seen.Role.Created) > justMade {
		return false
	}
	trusted, judged := evaluate(f, q)
	caller, known := q.rights.of(q.action, q.resource)
	return judged && trusted.Allowed && known && caller.Allowed
}

// sends tells the changes of the environment that send one of IAM's operations.
func (r *roleAccess) sends(operations ...string) func(plan.Change) bool {
	return func(c plan.Change) bool {
		return c.Environment == r.environment.Name && c.Sends("iam", operations...)
	}
}

// ofPermissions tells the changes that give the role the blueprint's permissions.
func (r *roleAccess) ofPermissions(c plan.Change) bool {
	return r.sends("AttachRolePolicy", "PutRolePolicy", "PutRolePermissionsBoundary")(c)
}

// wantedTrust is the trust policy that the blueprint gives the role. Where the
// organization may not be read it is left to set-up: without it the policy
// would be broader than the blueprint's.
func wantedTrust(f *facts, r *roleAccess) string {
	if f.organization == "" || r.environment.Trust == blueprint.TrustListed {
		return "the one that stateroom setup shows, run by the operator"
	}
	return policy.EnvironmentTrust(r.by.partition(), f.answers.AdminAccount, f.organization, nil, r.environment.MFA).JSON()
}

// lacksFactor tells a trust policy that would admit the identity with a second
// factor and does not without.
func lacksFactor(f *facts, r *roleAccess, q question) bool {
	if q.attached == nil {
		return r.environment.MFA
	}
	without, judged := evaluate(f, q)
	q.context = map[string][]string{"aws:MultiFactorAuthPresent": {"true"}, "aws:MultiFactorAuthAge": {"0"}}
	with, _ := evaluate(f, q)
	return judged && !without.Allowed && with.Allowed
}

// checkInside is about the permissions of the role: live where the role could
// be assumed, by simulation with boundary and service control policies, and by
// comparison with the blueprint.
func checkInside(f *facts, r *roleAccess) health.Result {
	c := health.Question{Name: nameInside, Subject: r.environment.Name, Asked: "the policies of " + r.arn}
	_, denied := awsops.DenialOf(r.insideErr)
	if seen, there := seenRole(f, r); there && seen.Role == nil {
		return c.Undecided("There is no such role.")
	}
	if differing := planned(f, r.ofPermissions); len(differing) > 0 {
		x := r.insideFault(fmt.Sprintf("Role %s has other permissions than the blueprint's %q: %s.", r.arn, r.environment.Permissions, strings.Join(titles(differing), "; ")))
		x.Changes = differing
		return c.Failed("They differ from the blueprint.", x)
	}
	for _, d := range r.own.results {
		if !d.Allowed {
			return c.Failed(d.Action+" is denied.", r.brokenPromise(d))
		}
	}
	switch {
	case denied:
		x := r.insideFault(diagnosis.Describe(r.insideErr))
		x.Remedy = "Add the action to the role's policy, unless a boundary or a service control policy denies it."
		return c.Failed(diagnosis.Answer(r.insideErr), x)
	case len(r.own.results) > 0:
		return c.Passed("They allow what the blueprint promises.")
	case r.inside && r.insideErr == nil && r.by.works:
		return c.Passed("The role was assumed and listed the account's buckets; the rest may not be read from here.")
	case r.own.err != nil:
		return c.Undecided("%s", diagnosis.Describe(r.own.err))
	}
	return c.Undecided("The blueprint leaves them to %s; a plan shows what is missing.", r.environment.Permissions)
}

// insideFault is a fault of the role's permissions with what gives it the blueprint's.
func (r *roleAccess) insideFault(evidence string) health.Result {
	x := faultOf(diagnosis.EnvironmentDenied, r.environment.Name, evidence)
	x.Err, x.Who = r.insideErr, r.arn
	x.Needs = []string{"stateroom setup, as the operator: it compares the role with the blueprint"}
	if r.environment.Permissions == blueprint.PermissionsArticle {
		x.Needs = []string{fmt.Sprintf("This inline policy of role %s in account %s:", r.environment.Role, r.environment.Account), policy.EnvironmentPermissions().JSON()}
	}
	return x
}

var policyWords = map[policy.Type]string{
	policy.IdentityBased: "the role's own policies", policy.PermissionsBoundary: "its permissions boundary", policy.ServiceControl: "a service control policy of the organization",
}

// brokenPromise is about a promise of the blueprint that something above the role's
// policy breaks.
func (r *roleAccess) brokenPromise(d awsops.Simulated) health.Result {
	by := simulatedBy(d)
	x := r.insideFault(fmt.Sprintf("iam:SimulatePrincipalPolicy: role %s may not do %s, because of %s.%s", r.arn, d.Action, policyWords[by], decidedBy(d)))
	switch {
	case by != policy.IdentityBased:
		byOthers(&x, by, r.arn, d.Action)
	case d.Explicit:
		x.Remedy = "Remove the Deny statement from that policy, unless it is intended."
	default:
		x.Remedy = "Add the action to the role's policy."
	}
	return x
}
