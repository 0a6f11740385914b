package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// inspectReplaced reads the keys of the users whom pipelines replace. What may not be read is
// a fact.
func (f *IAMFacts) inspectReplaced(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	names, _ := a.Replaced()
	f.Replaced = map[string]FormerFacts{}
	found, err := forEach(ctx, 0, names, func(ctx context.Context, name string) (facts FormerFacts, err error) {
		user, err := inspectFormerAdmin(ctx, env, home, name)
		if awsops.IsAccessDenied(err) {
			return FormerFacts{Denied: err}, nil
		}
		return FormerFacts{Admins: []FormerAdmin{user}}, err
	})
	for i, name := range names {
		if err == nil {
			f.Replaced[name] = found[i]
		}
	}
	return err
}

// replacedIn are the users whom pipelines replace and whom a policy lets in by name. It does until the
// blueprint names them no more, so that nobody is cut off half-way, and the plan that takes
// the key out of use, and the one that deletes it, leave no other change behind.
func replacedIn(a *blueprint.Answers, doc policy.Document, by []blueprint.CI) []string {
	allows := slices.DeleteFunc(slices.Clone(doc.Statements), func(s policy.Statement) bool { return s.Effect != policy.Allow })
	return slices.DeleteFunc(principalsOf(allows...), func(principal string) bool {
		arn, _ := awsops.ParseARN(principal)
		name, user := strings.CutPrefix(arn.Resource, "user/")
		name = name[strings.LastIndex(name, "/")+1:]
		return !user || arn.AccountID != a.AdminAccount || !slices.ContainsFunc(by, func(ci blueprint.CI) bool {
			return slices.ContainsFunc(ci.Replaces, func(replaced string) bool { return strings.EqualFold(replaced, name) })
		})
	})
}

// planReplaced takes the keys of users whom pipelines replace out of use, once each of their
// roles was used after the key last was: only a run of a pipeline can show that it has moved.
// A key that was deactivated is deleted once nothing has used it for a while.
func planReplaced(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	users, by := a.Replaced()
	for _, name := range users {
		facts := o.IAM.Replaced[name]
		if facts.Denied != nil {
			p.Find(plan.Finding{
				ID: "iam.ci-key-unread", Subject: name, Severity: plan.Info, Probed: true, RequestIDs: awsops.RequestIDs(facts.Denied),
				Evidence: fmt.Sprintf("The keys of user %s could not be read: %s", name, diagnosis.Describe(facts.Denied)),
				Remedy:   takePermissions,
			})
			continue
		}
		for _, former := range facts.Admins {
			switch {
			case former.User.ARN == "":
				p.Find(nothingToMove(name, fmt.Sprintf("There is no user %s in the admin account.", name)))
			case len(former.Keys) == 0:
				p.Find(nothingToMove(name, fmt.Sprintf("User %s has no access key.", name)))
			}
			for _, k := range former.Keys {
				if k.Active {
					p.Add(planActive(o, a, former.User, k, by[name]))
				} else {
					p.Add(planDeactivated(a, name, former.User, k))
				}
			}
		}
	}
	return p
}

func nothingToMove(user, evidence string) plan.Finding {
	return plan.Finding{
		ID: "iam.ci-key-gone", Subject: user, Severity: plan.Info, Evidence: evidence,
		Remedy: fmt.Sprintf("Take %s out of replaces in stateroom.hcl, or correct the name: then no trust policy of setup names that user any more.", user),
	}
}

// planActive deactivates a key which its pipelines no longer use, or says what is missing.
func planActive(o *Observed, a *blueprint.Answers, user awsops.User, k FormerKey, by []blueprint.CI) (p plan.Proposal) {
	moved, waits := rolesUsedAfter(o, a, by, k.Use.At)
	f := plan.Finding{ID: "iam.ci-key-active", Subject: user.Name, Severity: plan.Info}
	switch {
	case k.Use.Denied != nil:
		f.Evidence = fmt.Sprintf("Access key %s of user %s is active. %s", k.ID, user.Name, used(k.Use))
		f.Remedy = takePermissions
		p.Find(f)
		return p
	case len(waits) > 0:
		f.Evidence = fmt.Sprintf("Access key %s of user %s is active. %s Not used since then: %s.", k.ID, user.Name, used(k.Use), plan.Enumerated(waits))
		f.Remedy = "Let the pipeline use its roles in place of the key, run each of its jobs once, and run stateroom setup again, which then offers to deactivate the key. IAM may tell of a use only after four hours."
		p.Find(f)
		return p
	}
	c := plan.InAdminAccount(a, "iam.ci-key."+k.ID, plan.Update, fmt.Sprintf("Deactivate %s access key %s, in whose place the pipeline uses its roles", plan.Whose(user.Name), k.ID),
		user.ARN, awsops.UpdateAccessKey(user.Name, k.ID, "Inactive"))
	c.User = user.Name
	c.Fields = []plan.Field{
		{Name: "status", Before: "Active", After: "Inactive"},
		{Name: "last used", Before: strings.TrimSuffix(used(k.Use), ".")},
		{Name: "used since", After: strings.Join(moved, ", ")},
	}
	c.Risk = fmt.Sprintf("Whatever still uses the key is refused. IAM may tell of a use only after four hours. Once it is deactivated, delete it from the pipeline's variables; stateroom setup deletes it when nothing has used it for %d days.", RestingDays)
	c.Undo = fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", user.Name, k.ID)
	c.Judge() // it takes access away
	p.Change(confirmedKey(a, user, k, c))
	return p
}

// rolesUsedAfter parts the roles that pipelines plan and apply with into those that were used
// after a time, with when, and the others.
func rolesUsedAfter(o *Observed, a *blueprint.Answers, by []blueprint.CI, at time.Time) (moved, waits []string) {
	for _, r := range tokenRoles(a) {
		if r.name == r.ci.WatchRole() || !slices.ContainsFunc(by, func(ci blueprint.CI) bool { return ci.Name == r.ci.Name }) {
			continue
		}
		role := o.IAM.Machines.Roles[a.RoleARN(o.partition(), atCI(o, a, r.name))].Role
		if role == nil || !role.LastUsed.After(at) {
			waits = append(waits, r.name)
			continue
		}
		moved = append(moved, r.name+" on "+awsops.Moment(role.LastUsed))
	}
	return moved, waits
}
