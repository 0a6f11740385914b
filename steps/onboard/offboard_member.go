package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// leaver is somebody in Identity Center's directory who leaves.
type leaver struct {
	*report
	answers *blueprint.Answers
	name    string
	center  *awsops.IdentityCenter
	user    *awsops.StoreUser
	// in are the team's groups that the person is in, by their names in the directory, with
	// the ids of the memberships.
	in map[string]string
	// kept are those of them that an identity provider keeps.
	kept map[string]bool
	// memberships are all of the person's, by the group's id, and team are the ids of the
	// team's groups.
	memberships map[string]string
	team        []string
	// life is how long sessions of the team's permission sets last at most, and besides how
	// many ways the person has to one of them but by the team's groups.
	life    time.Duration
	besides int
}

// lookMember is the look at somebody who signs in with Identity Center: the person's
// memberships go, and never the assignment of the group, which is everybody's.
func (o *Offboard) lookMember(ctx context.Context, env *engine.Env, operator awsops.Identity) (plan.Review, error) {
	l := &leaver{report: &report{env: env}, answers: o.Answers, name: o.User, in: map[string]string{}, kept: map[string]bool{}, life: blueprint.SessionLength(o.Answers.IdentityCenter.SessionDuration)}
	l.review.Actor = steps.Acting(operator)
	center, refused := steps.OrganizationInstance(ctx, env, o.Answers)
	if refused != nil {
		refused.Blocks = true
		l.find(*refused)
		return l.review, ctx.Err() //nolint:wrapcheck // the caller's own context
	}
	l.center = center
	home := env.Sessions.Home(center.Region)
	var err error
	if l.user, err = home.StoreUser(ctx, center.Store, l.name); err != nil {
		return l.review, err
	}
	if l.user == nil {
		return l.review, &plan.Refusal{
			Finding: "offboard.unknown-user",
			What:    fmt.Sprintf("%s is nobody of Identity Center's directory, and none of the blueprint's users.", l.name),
			Remedy:  "If they have left already, nothing is left to do. Otherwise, give the user name as Identity Center shows it, such as alice@example.com.",
		}
	}
	if signedInAs(operator, l.name) {
		return l.review, oneself(l.name, operator)
	}
	if err := l.readGroups(ctx, home); err != nil {
		return l.review, err
	}
	if err := l.readSets(ctx, home); err != nil {
		return l.review, err
	}
	l.planLeaving(o.took)
	o.took = o.took || len(l.review.Changes) > 0
	return l.review, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// signedInAs tells whether an identity is that person's in Identity Center: a session of a
// role that it made of a permission set is named after who signed in.
func signedInAs(who awsops.Identity, name string) bool {
	return who.Kind == awsops.KindRole && strings.HasPrefix(who.Name, "AWSReservedSSO_") && strings.EqualFold(who.Session(), name)
}

// readGroups finds the team's groups that the person is in.
func (l *leaver) readGroups(ctx context.Context, home *awsops.Session) error {
	var err error
	if l.memberships, err = home.StoreMemberships(ctx, l.center.Store, l.user.ID); err != nil {
		return err
	}
	for _, g := range l.answers.IdentityGroups() {
		group, err := home.StoreGroup(ctx, l.center.Store, g.IdentityCenter)
		if err != nil {
			return err
		}
		if group == nil {
			continue
		}
		l.team = append(l.team, group.ID)
		if membership := l.memberships[group.ID]; membership != "" {
			// A provider sends members group by group (IAM Identity Center user guide, "SCIM
			// profile and SAML 2.0 implementation"), and knows nothing of a group that is not its own.
			l.in[g.IdentityCenter], l.kept[g.IdentityCenter] = membership, group.External
		}
	}
	return nil
}

// readSets finds how long sessions last, and how the person has a permission set of the team's
// but by its groups: by the one that the blueprint named before, or by an assignment of their
// own. Of who may not read them all else is taken all the same.
func (l *leaver) readSets(ctx context.Context, home *awsops.Session) error {
	var names []string
	for _, g := range l.answers.IdentityGroups() {
		names = append(names, g.PermissionSet())
	}
	sets, err := home.PermissionSets(ctx, l.center.ARN, l.answers.AdminAccount, names)
	if awsops.IsAccessDenied(err) {
		l.find(plan.Finding{
			ID: "offboard.not-seen", Of: plan.StepIAM, Severity: plan.Warning, Evidence: err.Error(), RequestIDs: awsops.RequestIDs(err),
			Remedy: fmt.Sprintf("Ask somebody with that permission to run stateroom offboard %s: another group may give access as well.", l.name),
		})
		return nil
	}
	for _, name := range names {
		set := sets[name]
		l.life = max(l.life, blueprint.SessionLength(set.Duration))
		if slices.Contains(set.People, l.user.ID) {
			l.findBesides(name, "an assignment of their own", steps.Assignee{Kind: "USER", ID: l.user.ID}.Take("Take it away", l.center, set.ARN, l.answers.AdminAccount))
		}
		for _, id := range set.Groups {
			if l.memberships[id] == "" || slices.Contains(l.team, id) {
				continue
			}
			group, err := home.StoreGroupOf(ctx, l.center.Store, id)
			switch {
			case err != nil:
				return err
			case group == nil: // it was deleted meanwhile
			case group.External:
				l.findBesides(name, fmt.Sprintf("the group %q, which your identity provider keeps and the blueprint does not name", group.Name), nil)
			default:
				l.findBesides(name, fmt.Sprintf("the group %q, which the blueprint does not name", group.Name), plan.Copy("Take it away",
					"aws identitystore delete-group-membership --region %s --identity-store-id %s --membership-id %s", l.center.Region, l.center.Store, plan.Shell(l.memberships[id])))
			}
		}
	}
	return err
}

// findBesides tells of a way to a permission set that is not the team's to take away.
func (l *leaver) findBesides(set, way string, takes []plan.ShellCommand) {
	l.besides++
	l.find(plan.Finding{
		ID: "offboard.left-over", Of: plan.StepIAM, Severity: plan.Failure, Subject: set, Commands: takes,
		Evidence: fmt.Sprintf("%s has permission set %s in account %s by %s.", l.name, set, l.answers.AdminAccount, way),
		Remedy:   fmt.Sprintf("Take it away where it was given, then run stateroom offboard %s again.", l.name),
	})
}

// chained is how long a session of an environment's role lasts at most that a session of a
// permission set opens (IAM user guide, "Role chaining").
const chained = time.Hour

// planLeaving takes the memberships, or says who can. took says that this run took some: then
// it is known until when sessions live.
func (l *leaver) planLeaving(took bool) {
	a, life, left := l.answers, l.life, l.besides
	for _, g := range a.IdentityGroups() {
		membership, in := l.in[g.IdentityCenter]
		delete(l.in, g.IdentityCenter) // another of the blueprint's groups may be the same
		switch {
		case !in:
		case l.kept[g.IdentityCenter]:
			left++
			l.find(plan.Finding{
				ID: "offboard.identity-provider", Of: plan.StepIAM, Severity: plan.Failure, Subject: g.Name,
				Evidence: fmt.Sprintf("%s stays in %q, which your identity provider keeps: a change here would be undone there.", l.name, g.IdentityCenter),
				Remedy:   fmt.Sprintf("Ask whoever manages your identity provider to take %s out of %q there and to let it sync, then run the command again.", l.name, g.IdentityCenter),
			})
		default:
			left++
			c := plan.InAdminAccount(a, "offboard.membership."+g.Name, plan.Delete, fmt.Sprintf("Take %s out of the group %q of Identity Center", l.name, g.IdentityCenter),
				l.center.Store+"/"+g.IdentityCenter, awsops.DeleteStoreMembership(l.center.Store, membership))
			c.Topic, c.Of, c.Region, c.User = "offboard", plan.StepIAM, l.center.Region, l.name
			c.Fields = []plan.Field{{Name: "member", Before: l.name}}
			c.Undo = "add them again in Identity Center"
			l.add(c)
		}
	}
	out := plan.Departure{User: l.name, Account: a.AdminAccount, Deny: plan.NotDenied, Now: time.Now()}
	if left == 0 {
		out.Deny = plan.NotMember
		if out.Open = took; took {
			out.Until = out.Now.Add(life + chained)
		}
	}
	l.review.Outcome = out
	l.find(plan.Finding{
		ID: "offboard.sessions-live", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("What %s has open by then goes on: credentials of the permission set for up to %s, and sessions of the environments' roles, which these still open, for up to %s more. All of it ends within %s of leaving the group.",
			l.name, hours(life), hours(chained), hours(life+chained)),
		Remedy: fmt.Sprintf("To end them at once, end the active sessions of %s in Identity Center, have the policies of the permission set deny everything where identitystore:userId is %s (\"Revoke active IAM role sessions\", IAM Identity Center user guide), and revoke the active sessions of the environments' roles in IAM, which ends everybody's.",
			l.name, l.user.ID),
	})
}
