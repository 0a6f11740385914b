package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// CenterFacts are what Identity Center holds of the blueprint's groups that sign in there.
type CenterFacts struct {
	// Instance is the organization's, nil where there is none or it cannot be asked; then
	// Refused is the finding that says why and what to do.
	Instance *awsops.IdentityCenter
	Refused  *plan.Finding
	// Groups are the identity store's, by the blueprint's group; nil for one that is not
	// there.
	Groups map[string]*awsops.StoreGroup
	// Filled says that an identity provider fills the store.
	Filled bool
	// Busy are the groups that Identity Center was still giving their permission set after
	// the wait for it.
	Busy map[string]bool
	// Sets are the permission sets, by the blueprint's group. Of an Identity Center that is
	// another account's they are what this account's roles show of them: the policies.
	Sets map[string]awsops.PermissionSet
	// Unread says why those roles could not be read.
	Unread error
	// Others have a group's permission set in the admin account beside the group of the
	// directory that the blueprint names.
	Others map[string][]Assignee
}

// Assignee is a group or somebody of the directory to whom a permission set is assigned.
type Assignee struct {
	Kind     string // GROUP or USER
	ID, Name string
}

// Take is the command, under a title, that takes the assignment of a permission set in an
// account away.
func (who Assignee) Take(title string, center *awsops.IdentityCenter, set, account string) []plan.ShellCommand {
	return plan.Copy(title,
		"aws sso-admin delete-account-assignment --region %s --instance-arn %s --permission-set-arn %s --principal-type %s --principal-id %s --target-type AWS_ACCOUNT --target-id %s",
		center.Region, center.ARN, set, who.Kind, plan.Shell(who.ID), account)
}

// elsewhere tells whether Identity Center is another account's.
func (c *CenterFacts) elsewhere() bool { return c.Refused != nil && c.Refused.ID == centerIsElsewhere }

// inspectCenter asks Identity Center, where a group signs in there. A refusal is a fact: all
// else is made.
func (f *IAMFacts) inspectCenter(ctx context.Context, env *engine.Env, o *Observed, a *blueprint.Answers) error {
	groups := a.IdentityGroups()
	if len(groups) == 0 {
		return nil
	}
	c := &f.Center
	if c.Refused = centerElsewhere(o, a); c.elsewhere() {
		return c.inspectRoles(ctx, env.Sessions.Home(a.StateRegion), groups)
	} else if c.Refused != nil {
		return nil
	}
	if c.Instance, c.Refused = OrganizationInstance(ctx, env, a); c.Instance == nil {
		return ctx.Err() //nolint:wrapcheck // the caller's own context
	}
	home := env.Sessions.Home(c.Instance.Region)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		store, err := forEach(gctx, 0, groups, func(ctx context.Context, g blueprint.Group) (*awsops.StoreGroup, error) {
			return home.StoreGroup(ctx, c.Instance.Store, g.IdentityCenter)
		})
		c.Groups = map[string]*awsops.StoreGroup{}
		for i, g := range groups {
			c.Groups[g.Name] = store[i]
		}
		if err == nil && slices.Contains(store, nil) {
			c.Filled, err = home.StoreFilled(gctx, c.Instance.Store)
		}
		return err
	})
	g.Go(func() error {
		var names []string
		for _, g := range groups {
			names = append(names, g.PermissionSet())
		}
		sets, err := home.PermissionSets(gctx, c.Instance.ARN, a.AdminAccount, names)
		c.Sets = map[string]awsops.PermissionSet{}
		for _, g := range groups {
			if set, there := sets[g.PermissionSet()]; there {
				c.Sets[g.Name] = set
			}
		}
		return err
	})
	if err := g.Wait(); err != nil {
		if off, asked := home.SetsOff(ctx, c.Instance.ARN); asked == nil && off {
			c.Instance, c.Refused = nil, setsOff(c.Instance)
			return nil
		}
		if awsops.IsAccessDenied(err) {
			c.Instance, c.Refused = nil, centerDenied(err)
			return nil
		}
		return err
	}
	if err := c.inspectOthers(ctx, home, groups); err != nil {
		return err
	}
	return f.awaitAssignments(ctx, env, home, a)
}

// inspectOthers reads who else has the groups' permission sets.
func (c *CenterFacts) inspectOthers(ctx context.Context, home *awsops.Session, groups []blueprint.Group) error {
	c.Others = map[string][]Assignee{}
	for _, g := range groups {
		set, store := c.Sets[g.Name], c.Groups[g.Name]
		add := func(kind, id, name string, err error) error {
			c.Others[g.Name] = append(c.Others[g.Name], Assignee{kind, id, cmp.Or(name, id)})
			if awsops.IsAccessDenied(err) { // the id tells enough
				return nil
			}
			return err
		}
		for _, id := range set.Groups {
			if store != nil && store.ID == id {
				continue
			}
			group, err := home.StoreGroupOf(ctx, c.Instance.Store, id)
			if group == nil { // it was deleted, or may not be read
				group = &awsops.StoreGroup{}
			}
			if err := add("GROUP", id, group.Name, err); err != nil {
				return err
			}
		}
		for _, id := range set.People {
			user, err := home.StoreUserOf(ctx, c.Instance.Store, id)
			if user == nil {
				user = &awsops.StoreUser{}
			}
			if err := add("USER", id, user.Name, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// inspectRoles reads what whoever runs Identity Center has given this account: the role of a
// permission set is there once the set is assigned.
func (c *CenterFacts) inspectRoles(ctx context.Context, home *awsops.Session, groups []blueprint.Group) error {
	roles, err := home.Roles(ctx, awsops.ReservedPath)
	c.Sets = map[string]awsops.PermissionSet{}
	for _, g := range groups {
		i := slices.IndexFunc(roles, func(r awsops.Role) bool { return r.IsOfSet(g.PermissionSet()) })
		if i < 0 || err != nil {
			continue
		}
		var attached []awsops.PolicyRef
		attached, err = home.RoleAttachments(ctx, roles[i].Name)
		set := awsops.PermissionSet{Name: g.PermissionSet()}
		for _, p := range attached {
			if _, name, customers := strings.Cut(p.ARN, ":policy"+policyPath); customers {
				set.Policies = append(set.Policies, policyPath+name)
			}
		}
		c.Sets[g.Name] = set
	}
	if awsops.IsAccessDenied(err) {
		c.Sets, c.Unread, err = nil, err, nil
	}
	return err
}

// awaitAssignments waits for what a run of this laptop began and did not see end: asked for
// once more, an assignment would be made beside the first.
func (f *IAMFacts) awaitAssignments(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	c := &f.Center
	for _, g := range a.IdentityGroups() {
		set, store := c.Sets[g.Name], c.Groups[g.Name]
		if set.ARN == "" || store == nil || slices.Contains(set.Groups, store.ID) || !env.Journal.Intended(assignmentChange(g.Name)) {
			continue
		}
		env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf("Waiting for Identity Center to finish giving %s to %q, which a run began.", set.Name, g.IdentityCenter)})
		err := home.WaitAssigned(ctx, c.Instance.ARN, set.ARN, store.ID, a.AdminAccount)
		if errors.Is(err, awsops.ErrTimeout) {
			if c.Busy == nil {
				c.Busy = map[string]bool{}
			}
			c.Busy[g.Name] = true
			continue
		}
		if err != nil {
			return err
		}
		sets, err := home.PermissionSets(ctx, c.Instance.ARN, a.AdminAccount, []string{set.Name})
		if err != nil {
			return err
		}
		if again, there := sets[set.Name]; there {
			c.Sets[g.Name] = again
		}
	}
	return nil
}

// identityGroups are the facts of groups that sign in with Identity Center in the form of
// IAM's: what is attached to one is what its permission set refers to, once its members
// have that. Where Identity Center cannot be asked, all policies of the group's count as
// attached: what they give today is not to be forgotten in their next version.
func (f *IAMFacts) identityGroups(o *Observed, a *blueprint.Answers) {
	for _, g := range a.IdentityGroups() {
		var facts GroupFacts
		set, store := f.Center.Sets[g.Name], f.Center.Groups[g.Name]
		switch {
		case f.Center.Refused != nil:
			for _, name := range slices.Sorted(maps.Keys(f.Policies)) {
				if ofIdentityGroup(name, g.Name) {
					facts.Attached = append(facts.Attached, f.Policies[name].ARN)
				}
			}
		case store != nil && slices.Contains(set.Groups, store.ID):
			for _, p := range set.Policies {
				facts.Attached = append(facts.Attached, iamARN(o, a, "policy"+p))
			}
		}
		f.Groups[g.Name] = facts
	}
}

// ofIdentityGroup tells whether a policy's name is one that set-up gives those of the group.
func ofIdentityGroup(name, group string) bool {
	return slices.ContainsFunc([]string{assumeSubject, stateSubject}, func(subject string) bool {
		number, found := strings.CutPrefix(name, strings.TrimSuffix(policyName(group, subject, 0), "0"))
		return found && beyond(number, 0)
	})
}
