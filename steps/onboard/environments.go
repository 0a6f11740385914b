package onboard

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// The checks of an environment, and the first of a project.
const (
	checkRole  = "role assumed"
	checkWhere = "in the account"
	checkRead  = "read allowed"
	checkState = "state readable"
)

// checkReads asks what can be asked without changing anything: every
// environment's role and every project's state. One that fails does not stop the
// others.
func (s *scene) checkReads(ctx context.Context) error {
	s.readable = map[string]bool{}
	s.worker = s.terraformer()
	var g errgroup.Group
	g.SetLimit(s.env.Parallel)
	for _, e := range s.a.EnvironmentsFor(s.user) {
		g.Go(func() error {
			s.checkEnvironment(ctx, e)
			return nil
		})
	}
	for _, p := range s.a.ProjectsFor(s.user) {
		g.Go(func() error {
			s.checkReadable(ctx, p)
			return nil
		})
	}
	return g.Wait()
}

// checkEnvironment assumes the environment's role, asks who that is, and reads
// something harmless with it.
func (s *scene) checkEnvironment(ctx context.Context, e blueprint.Environment) {
	c := plan.Check{Name: checkRole, Subject: e.Name}
	if e.Account == "" {
		s.broken(c, *accountUnknown(e))
		return
	}
	role := s.a.RoleARN(s.identity.Partition, e)
	c.Asked = "sts:AssumeRole on " + role + " as " + s.identity.ARN
	session, err := s.worker.Assume(ctx, role)
	if err != nil {
		s.notAssumed(c, e, err)
		return
	}
	c.Verdict, c.Answer = plan.Passed, role
	s.check(c)
	s.checkIdentity(ctx, e, session, role)
	s.checkHarmless(ctx, e, session, role)
}

// notAssumed tells why a role could not be assumed.
func (s *scene) notAssumed(c plan.Check, e blueprint.Environment, err error) {
	f, ok := askOperator(err)
	if !ok {
		s.unsettled(c, err)
		return
	}
	f.Of = plan.StepIAM // whatever is denied here, it is the role
	if e.MFA && s.factor.session == nil && awsops.IsAccessDenied(err) {
		c.Verdict, c.Answer = plan.Undecided, "the role is assumed with a second factor only"
		s.check(c)
		return
	}
	s.broken(c, f)
}

// unsettled books a check that AWS did not answer: throttled, unreachable, or
// failing itself.
func (s *scene) unsettled(c plan.Check, err error) {
	f := because(err)
	f.ID, f.Of, f.Severity, f.Remedy = "onboard.unanswered", plan.NoStep, plan.Warning, "Run it again."
	switch {
	case awsops.IsUnreachable(err):
		f.ID, f.Remedy = diagnosis.NetworkUnreachable.ID, "Check the network and the proxy, then run it again."
	case awsops.IsUnknownKey(err): // it was taken since it answered, or a service does not know it yet
		f.Remedy = "Run it again: it tells whether another laptop has made a key in the place of this one."
	}
	c.Answer = ""
	s.leads(plan.Undecided, c, f)
}

// checkIdentity sees that the role is where the blueprint says.
func (s *scene) checkIdentity(ctx context.Context, e blueprint.Environment, session *awsops.Session, role string) {
	c := plan.Check{Name: checkWhere, Subject: e.Name, Asked: "sts:GetCallerIdentity as " + role}
	id, err := session.Identity(ctx)
	switch {
	case err != nil:
		s.unsettled(c, err)
	case id.Account != e.Account:
		s.broken(c, plan.Finding{
			ID: diagnosis.WrongAccount.ID, Of: plan.StepAccount, Severity: plan.Failure,
			Evidence: fmt.Sprintf("Role %s works in account %s, and environment %s is account %s.", role, id.Account, e.Name, e.Account),
			Remedy:   "Let the operator correct the environment's account in the blueprint.",
		})
	default:
		c.Verdict, c.Answer = plan.Passed, id.ARN
		s.check(c)
	}
}

// checkHarmless lists buckets with the role: s3:ListAllMyBuckets is allowed by
// the article's permissions, by PowerUserAccess and by AdministratorAccess. A
// policy of the team's own may leave it out, which is no fault.
func (s *scene) checkHarmless(ctx context.Context, e blueprint.Environment, session *awsops.Session, role string) {
	c := plan.Check{Name: checkRead, Subject: e.Name, Asked: "s3:ListAllMyBuckets as " + role}
	_, err := session.OwnBuckets(ctx, s.a.Bucket.Name)
	switch {
	case err == nil:
		c.Verdict, c.Answer = plan.Passed, "answered"
		s.check(c)
	case awsops.IsAccessDenied(err) && !known(e.Permissions):
		c.Verdict, c.Answer = plan.Undecided, "the role's own permissions leave s3:ListAllMyBuckets out"
		s.check(c)
	case awsops.IsAccessDenied(err):
		f := because(err)
		f.ID, f.Of = diagnosis.EnvironmentDenied.ID, plan.StepIAM
		f.Remedy = fmt.Sprintf("Let the operator run stateroom setup, which gives the role the permissions of the blueprint (%s).", e.Permissions)
		s.broken(c, f)
	default:
		s.unsettled(c, err)
	}
}

// known tells permissions of which it is known that they allow listing buckets.
func known(permissions string) bool {
	switch permissions {
	case blueprint.PermissionsArticle, blueprint.PermissionsPowerUser, blueprint.PermissionsAdministrator:
		return true
	}
	return false
}
