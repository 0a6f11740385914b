package account

import (
	"cmp"
	"context"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
)

// rolesOf are those of the environments, each with who is to assume it. An account that
// the blueprint names by its e-mail only is one of the organization's.
func rolesOf(f *facts) (roles []*roleAccess) {
	for _, e := range f.answers.Environments {
		if account, there := f.observed.Account.ByEmail(e.Email); e.Account == "" && there {
			e.Account = account.ID
		}
		id := identityFor(f, e.Name)
		if e.Account == "" || id == nil {
			continue // an account that is still to be made is set-up's
		}
		partition := cmp.Or(id.Partition, f.operator.Partition)
		meant := id.ofGroups(func(group string) bool {
			return f.answers.Reaches(group, e.Name)
		})
		if partition != "" && meant {
			roles = append(roles, &roleAccess{environment: e, arn: f.answers.RoleARN(partition, e), by: id})
		}
	}
	return roles
}

// identityFor is that of the environment's first project, or the first of all; nil
// without any.
func identityFor(f *facts, environment string) *identity {
	for _, id := range f.identities {
		for _, b := range id.buckets {
			if slices.ContainsFunc(b.states, func(s *stateAccess) bool { return s.Environment == environment }) {
				return id
			}
		}
	}
	if len(f.identities) == 0 {
		return nil
	}
	return f.identities[0]
}

// role lets the environment's identity assume its role, look around once inside, and asks
// what the role may do.
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
	session, _, err := r.env.Enter(ctx, e.Account, r.answers.Ladder(e), r.answers.StateRegion)
	if err != nil {
		return rights{err: err}
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
