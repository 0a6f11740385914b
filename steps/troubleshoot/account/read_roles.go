package account

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
)

// environments lets each environment's identity assume its role, look around once
// inside, and asks what the role may do.
func (r *reader) environments(ctx context.Context) {
	for _, e := range r.withAccounts(ctx) {
		id := r.identityFor(e.Name)
		if e.Account == "" || id == nil {
			continue // an account that is still to be made is set-up's
		}
		partition := cmp.Or(id.Partition, r.operator.Partition)
		meant := id.ofGroups(func(group string) bool {
			return slices.ContainsFunc(r.answers.EnvironmentsOf(group), func(x blueprint.Environment) bool { return x.Name == e.Name })
		})
		if partition != "" && meant {
			r.roles = append(r.roles, &roleAccess{environment: e, arn: r.answers.RoleARN(partition, e), by: id})
		}
	}
	each(r.roles, max(r.env.Parallel, 1), func(role *roleAccess) { r.role(ctx, role) })
}

// withAccounts are the blueprint's environments; those that it names by e-mail
// only are looked up in the organization.
func (r *reader) withAccounts(ctx context.Context) []blueprint.Environment {
	all := slices.Clone(r.answers.Environments)
	if !slices.ContainsFunc(all, func(e blueprint.Environment) bool { return e.Account == "" }) {
		return all
	}
	accounts, err := r.home.Accounts(ctx)
	if err != nil {
		return all // without the listing they stay unknown
	}
	for i := range all {
		for _, a := range accounts {
			if all[i].Account == "" && strings.EqualFold(a.Email, all[i].Email) {
				all[i].Account = a.ID
			}
		}
	}
	return all
}

// identityFor is that of the environment's first project, or the first of all; nil
// without any.
func (r *reader) identityFor(environment string) *identity {
	for _, id := range r.identities {
		for _, b := range id.buckets {
			if slices.ContainsFunc(b.states, func(s *stateAccess) bool { return s.Environment == environment }) {
				return id
			}
		}
	}
	if len(r.identities) == 0 {
		return nil
	}
	return r.identities[0]
}

func (r *reader) role(ctx context.Context, role *roleAccess) {
	together(
		func() {
			if !role.by.works {
				return
			}
			var inside *awsops.Session
			inside, role.assumeErr = role.by.session.Assume(ctx, role.arn)
			if role.inside = role.assumeErr == nil && mayListBuckets(role.environment); role.inside {
				_, role.insideErr = inside.OwnBuckets(ctx, r.answers.Bucket.Name)
			}
		},
		func() { role.caller = r.simulate(ctx, role.by, []string{"sts:AssumeRole"}, role.arn, nil) },
		func() { role.own = r.roleRights(ctx, role) },
	)
}

// roleRights are the role's own in its account, as seen by the operator's way
// in; boundary and service control policies take part.
func (r *reader) roleRights(ctx context.Context, role *roleAccess) (out rights) {
	e := role.environment
	if r.operatorErr != nil || len(promised(e)) == 0 {
		return rights{}
	}
	session := r.home
	if e.Account != r.answers.AdminAccount {
		session = r.env.Sessions.Reach(e.Account, e.Reach, r.answers.StateRegion)
	}
	out.results, out.err = session.Simulate(ctx, awsops.Simulation{
		Principal: role.arn, Actions: promised(e), Resources: []string{"*"}, Context: r.simulated(r.answers.RegionOf(e), nil),
	})
	return out
}

// promised are actions that the blueprint lets the environment's role do.
func promised(e blueprint.Environment) []string {
	switch e.Permissions {
	case blueprint.PermissionsArticle, blueprint.PermissionsPowerUser:
		return policy.EnvironmentSample()
	case blueprint.PermissionsAdministrator:
		return append(policy.EnvironmentSample(), "iam:CreateRole", "kms:CreateKey")
	}
	return nil
}

// mayListBuckets tells whether the blueprint lets the role list its account's
// buckets, the one call that proves the role inside and changes nothing.
func mayListBuckets(e blueprint.Environment) bool {
	return slices.Contains(promised(e), "s3:ListAllMyBuckets") && e.PermissionsBoundary == ""
}
