package troubleshoot

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
)

// judgeRole rules on an environment: that the login may assume its role, and
// that the role may do what the blueprint lets it.
func judgeRole(f *facts, r *roleFacts) []ruling {
	a := asked{name: checkAssumeRole, subject: r.environment.Name, question: fmt.Sprintf("sts:AssumeRole on %s, as %s", r.arn, r.login.who())}
	assume := judgeAssume(f, r, a)
	rulings := []ruling{assume}
	inside := asked{name: checkInside, subject: r.environment.Name, question: "the policies of " + r.arn}
	return append(rulings, judgeInside(f, r, inside)...)
}

func judgeAssume(f *facts, r *roleFacts, a asked) ruling {
	_, denied := awsops.DenialOf(r.assumeErr)
	switch {
	case !r.login.works(f):
		return a.undecided("%s cannot sign in to account %s.", r.login.who(), f.answers.AdminAccount)
	case diagnosis.Outage(r.assumeErr) != nil:
		return a.failedBy(r.assumeErr)
	case r.assumeErr == nil:
		return a.passed("It can be assumed.")
	case !denied:
		return a.undecided("%s", told(r.assumeErr))
	case r.login.stranger(f):
		return a.undecided("%s is no user of the blueprint's, whose groups alone may assume the role: %s", r.login.who(), answer(r.assumeErr))
	}
	return f.deniedRole(r, a)
}

// found is the role as the operator sees it; there is false where the operator
// cannot look into the account.
func (f *facts) found(r *roleFacts) (role steps.RoleFacts, there bool) {
	if !f.looked(plan.StepIAM) {
		return steps.RoleFacts{}, false
	}
	role = f.observed.Role(r.environment.Name)
	return role, role.Unreachable == nil && !role.ByOwner
}

// madeJustNow tells a role that every policy lets the login assume, and that
// parts of AWS do not know yet.
func (f *facts) madeJustNow(r *roleFacts, q question) bool {
	found, there := f.found(r)
	if !there || found.Role == nil || f.now.Sub(found.Role.Created) > justMade {
		return false
	}
	trusted, judged := f.evaluate(r.login, q)
	caller, known := q.rights.of(q.action, q.resource)
	return judged && trusted.Allowed && known && caller.Allowed
}

// deniedRole tells the caller's policy from the role's trust policy, which both
// have to allow, and from a role that is not there.
func (f *facts) deniedRole(r *roleFacts, a asked) ruling {
	q := question{action: "sts:AssumeRole", resource: r.arn, err: r.assumeErr, rights: r.caller}
	t := trouble{id: diagnosis.AssumeRoleDenied.ID, cause: r.environment.Name, err: r.assumeErr, handOn: &handOn{failed: r.assumeErr, who: r.login.who()}}
	found, there := f.found(r)
	group, trust := f.mendsGroup(r.login), f.mendsTrust(r)
	if there && found.Role == nil {
		t.evidence = fmt.Sprintf("%s There is no role %s in account %s.", told(r.assumeErr), r.environment.Role, r.environment.Account)
		t.remedy, t.mended = "Create the role with stateroom setup.", func(c plan.Change) bool { return trust(c) || f.mendsInside(r)(c) }
		t.handOn.needs = []string{"stateroom setup, as the operator: it creates the role " + r.arn}
		return a.broken(answer(r.assumeErr), t)
	}
	if there {
		q.attached = named("trust policy", policy.RoleTrust, found.Role.Trust)
	}
	why := f.explain(r.login, q)
	if why.by == byIdentity {
		t.cause = r.login.profile + " " + byIdentity // one group's policy, whatever roles it lacks
	}
	switch {
	case f.madeJustNow(r, q):
		return a.undecided("The role was made less than a minute ago; AWS is still telling its services. Ask again in a minute.")
	case f.lacksFactor(r, q):
		return a.undecided("The role asks for a second factor, which %s was not used with: sign in with stateroom login.", r.login.who())
	case why.by == byIdentity:
		t.remedy, t.mended = fmt.Sprintf("Allow sts:AssumeRole on %s in a policy of the group.", r.arn), group
		t.handOn.needs = []string{"This statement in a policy of the group of " + r.login.who() + ":", policy.AssumeRoles([]string{r.arn}).JSON()}
	case why.by == byTrust:
		t.remedy, t.mended = fmt.Sprintf("Correct the trust policy of %s.", r.arn), trust
		t.handOn.needs = []string{fmt.Sprintf("This trust policy of role %s in account %s:", r.environment.Role, r.environment.Account), f.wantedTrust(r)}
	case why.by == "":
		t.remedy, t.mended = "Have both looked at: the group's policy and the trust policy of "+r.arn+".", func(c plan.Change) bool { return group(c) || trust(c) }
		t.handOn.needs = []string{
			"This statement in a policy of the group of " + r.login.who() + ":", policy.AssumeRoles([]string{r.arn}).JSON(),
			fmt.Sprintf("And this trust policy of role %s in account %s:", r.environment.Role, r.environment.Account), f.wantedTrust(r),
		}
	default:
		t.remedy = fmt.Sprintf("Have the %s changed by whoever is responsible for it: it is not the blueprint's.", why.by)
		t.handOn.needs = []string{fmt.Sprintf("A %s that lets %s assume %s.", why.by, r.login.who(), r.arn)}
	}
	t.evidence = strings.TrimSpace(told(r.assumeErr) + " " + why.why)
	return a.broken(answer(r.assumeErr), t)
}

// mendsTrust tells the changes that make the role or correct whom it trusts.
func (f *facts) mendsTrust(r *roleFacts) func(plan.Change) bool {
	return func(c plan.Change) bool {
		return c.Environment == r.environment.Name && c.Sends("iam", "CreateRole", "UpdateAssumeRolePolicy")
	}
}

// wantedTrust is the trust policy that the blueprint gives the role. Where the
// organization may not be read it is left to set-up: without it the policy
// would be broader than the blueprint's.
func (f *facts) wantedTrust(r *roleFacts) string {
	if f.organization == "" || r.environment.Trust == blueprint.TrustListed {
		return "the one that stateroom setup shows, run by the operator"
	}
	return policy.EnvironmentTrust(r.login.partition(), f.answers.AdminAccount, f.organization, nil, r.environment.MFA).JSON()
}

// lacksFactor tells a trust policy that would admit the login with a second
// factor and does not without.
func (f *facts) lacksFactor(r *roleFacts, q question) bool {
	if q.attached == nil {
		return r.environment.MFA
	}
	without, judged := f.evaluate(r.login, q)
	q.context = map[string][]string{"aws:MultiFactorAuthPresent": {"true"}, "aws:MultiFactorAuthAge": {"0"}}
	with, _ := f.evaluate(r.login, q)
	return judged && !without.Allowed && with.Allowed
}

// judgeInside rules on the permissions of the role: live where the role could
// be assumed, by simulation with boundary and service control policies, and by
// comparison with the blueprint.
func judgeInside(f *facts, r *roleFacts, a asked) []ruling {
	_, denied := awsops.DenialOf(r.insideErr)
	mended := f.mendsInside(r)
	if found, there := f.found(r); there && found.Role == nil {
		return []ruling{a.undecided("There is no such role.")}
	}
	if drift := f.drift(mended); len(drift) > 0 {
		return []ruling{a.broken("They differ from the blueprint.", trouble{
			id: diagnosis.EnvironmentDenied.ID, cause: r.environment.Name, mended: mended,
			evidence: fmt.Sprintf("Role %s has other permissions than the blueprint's %q: %s.", r.arn, r.environment.Permissions, strings.Join(drift, "; ")),
			remedy:   "Give the role the blueprint's permissions.",
			handOn:   f.insideNeeds(r),
		})}
	}
	for _, d := range r.own.results {
		if !d.Allowed {
			return []ruling{a.broken(d.Action+" is denied.", f.insideTrouble(r, d))}
		}
	}
	switch {
	case denied:
		return []ruling{a.broken(answer(r.insideErr), trouble{
			id: diagnosis.EnvironmentDenied.ID, cause: r.environment.Name, evidence: told(r.insideErr), err: r.insideErr, handOn: f.insideNeeds(r),
			remedy: "Add the action to the role's policy, unless a boundary or a service control policy denies it.",
		})}
	case len(r.own.results) > 0:
		return []ruling{a.passed("They allow what the blueprint promises.")}
	case r.inside && r.insideErr == nil && r.assumeErr == nil && r.login.works(f):
		return []ruling{a.passed("The role was assumed and listed the account's buckets; the rest may not be looked at from here.")}
	case r.own.err != nil:
		return []ruling{a.undecided("%s", told(r.own.err))}
	}
	return []ruling{a.undecided("The blueprint leaves them to %s; a plan shows what is missing.", r.environment.Permissions)}
}

// insideTrouble is a promise that something above the role's policy breaks.
func (f *facts) insideTrouble(r *roleFacts, d awsops.Simulated) trouble {
	why := simulatedRefusal(d)
	t := trouble{
		id: diagnosis.EnvironmentDenied.ID, cause: r.environment.Name, handOn: f.insideNeeds(r),
		evidence: fmt.Sprintf("iam:SimulatePrincipalPolicy: role %s may not do %s, because of %s.%s", r.arn, d.Action, policyWords[why.by], decidedBy(d)),
		remedy:   "Add the action to the role's policy.",
	}
	switch {
	case why.by != byIdentity:
		t.remedy = fmt.Sprintf("Have the %s changed by whoever is responsible for it: it is not the blueprint's.", why.by)
		t.handOn.needs = []string{fmt.Sprintf("A %s that lets %s do %s.", why.by, r.arn, d.Action)}
	case d.Explicit:
		t.remedy = "Remove the Deny statement from that policy, unless somebody meant it."
	}
	return t
}

var policyWords = map[string]string{
	byIdentity: "the role's own policies", byBoundary: "its permissions boundary", byControl: "a service control policy of the organization",
}

// mendsInside tells the changes that give the role the blueprint's permissions.
func (f *facts) mendsInside(r *roleFacts) func(plan.Change) bool {
	return func(c plan.Change) bool {
		return c.Environment == r.environment.Name && c.Sends("iam", "AttachRolePolicy", "PutRolePolicy", "PutRolePermissionsBoundary")
	}
}

func (f *facts) insideNeeds(r *roleFacts) *handOn {
	h := &handOn{failed: r.insideErr, who: r.arn, needs: []string{"stateroom setup, as the operator: it compares the role with the blueprint"}}
	if r.environment.Permissions == blueprint.PermissionsArticle {
		h.needs = []string{fmt.Sprintf("This inline policy of role %s in account %s:", r.environment.Role, r.environment.Account), policy.EnvironmentPermissions().JSON()}
	}
	return h
}

// drift are the titles of the plan's changes that a predicate picks.
func (f *facts) drift(picked func(plan.Change) bool) []string {
	var titles []string
	for _, c := range f.plan.Changes {
		if picked(c) && !slices.Contains(titles, c.Title) {
			titles = append(titles, c.Title)
		}
	}
	return titles
}
