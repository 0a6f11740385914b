package troubleshoot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// roles lets each environment's login assume its role, look around once inside,
// and asks what the role may do.
func (r *reader) roles(ctx context.Context, f *facts) {
	f.roles = r.wantedRoles(ctx, f)
	var g errgroup.Group
	g.SetLimit(max(r.env.Parallel, 1))
	for _, role := range f.roles {
		g.Go(func() error {
			r.role(ctx, f, role)
			return nil
		})
	}
	_ = g.Wait() // facts, not errors
}

// wantedRoles are the environments' roles with the login of a project there.
func (r *reader) wantedRoles(ctx context.Context, f *facts) []*roleFacts {
	var found []*roleFacts
	for _, e := range r.withAccounts(ctx) {
		if e.Account == "" {
			continue // an account that is still to be made is set-up's
		}
		l := f.loginFor(e.Name)
		if l == nil {
			continue
		}
		partition := cmp.Or(l.identity.Partition, f.operator.Partition)
		if partition == "" || !reaches(f.answers, l, e) {
			continue
		}
		found = append(found, &roleFacts{environment: e, arn: f.answers.RoleARN(partition, e), login: l})
	}
	return found
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

// loginFor is the login of the environment's first project, or the first of all.
func (f *facts) loginFor(environment string) *login {
	for _, l := range f.logins {
		for _, p := range l.sites {
			for _, s := range p.states {
				if s.environment == environment {
					return l
				}
			}
		}
	}
	if len(f.logins) == 0 {
		return nil
	}
	return f.logins[0]
}

// reaches tells whether a login is meant to work in an environment.
func reaches(a *blueprint.Answers, l *login, e blueprint.Environment) bool {
	groups := a.GroupsOf(userOf(l))
	if len(groups) == 0 {
		return true
	}
	return slices.ContainsFunc(groups, func(g string) bool {
		return slices.ContainsFunc(a.EnvironmentsOf(g), func(x blueprint.Environment) bool { return x.Name == e.Name })
	})
}

func (r *reader) role(ctx context.Context, f *facts, role *roleFacts) {
	var g errgroup.Group
	g.Go(func() error {
		if !role.login.works(f) {
			return nil
		}
		var inside *awsops.Session
		inside, role.assumeErr = role.login.session.Assume(ctx, role.arn)
		if role.inside = role.assumeErr == nil && mayListBuckets(role.environment); role.inside {
			_, role.insideErr = inside.OwnBuckets(ctx, r.answers.Bucket.Name)
		}
		return nil
	})
	g.Go(func() error {
		role.caller = r.simulate(ctx, f, role.login, []string{"sts:AssumeRole"}, []string{role.arn}, nil)
		return nil
	})
	g.Go(func() error {
		if f.operatorErr == nil && len(promised(role.environment)) > 0 {
			role.own = r.roleRights(ctx, f, role)
		}
		return nil
	})
	_ = g.Wait() // facts, not errors
}

// roleRights are the role's own in its account, as seen by the operator's way
// in; boundary and service control policies take part.
func (r *reader) roleRights(ctx context.Context, f *facts, role *roleFacts) (out rights) {
	e := role.environment
	session := r.home
	if e.Account != r.answers.AdminAccount {
		session = r.env.Sessions.Reach(e.Account, e.Reach, r.answers.StateRegion)
	}
	out.results, out.err = session.Simulate(ctx, awsops.Simulation{
		Principal: role.arn, Actions: promised(e), Resources: []string{"*"}, Context: f.simulated(r.answers.RegionOf(e), nil),
	})
	return out
}

// sampleActions are one action of each service that the article lets the role manage:
// IAM simulates actions, not wildcards.
var sampleActions = []string{
	"elasticfilesystem:CreateFileSystem", "route53domains:ListDomains", "rds:CreateDBInstance", "s3:ListAllMyBuckets",
	"cloudwatch:PutMetricAlarm", "route53:CreateHostedZone", "lambda:CreateFunction", "ec2:CreateVpc",
	"elasticloadbalancing:CreateLoadBalancer", "autoscaling:CreateAutoScalingGroup",
}

// promised are actions that the blueprint lets the environment's role do.
func promised(e blueprint.Environment) []string {
	switch e.Permissions {
	case blueprint.PermissionsArticle, blueprint.PermissionsPowerUser:
		return sampleActions
	case blueprint.PermissionsAdministrator:
		return append(slices.Clone(sampleActions), "iam:CreateRole", "kms:CreateKey")
	}
	return nil
}

// mayListBuckets tells whether the blueprint lets the role list its account's
// buckets, the one call that proves the role inside and changes nothing.
func mayListBuckets(e blueprint.Environment) bool {
	return slices.Contains(promised(e), "s3:ListAllMyBuckets") && e.PermissionsBoundary == ""
}
