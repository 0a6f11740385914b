package onboard

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// The checks of an environment, and the first of a project.
const (
	checkRole  = "role assumed"
	checkWhere = "in the account"
	checkRead  = "read allowed"
	checkState = "state readable"
)

// worker asks as the user's Terraform does: with the session of its profile, where
// that can be had.
type worker struct {
	*awsops.Session
	*inputs
	who    *identity
	factor secondFactor
}

// checkReads asks what can be asked without changing anything: every
// environment's role and every project's state. One that fails does not stop the
// others. It gives the projects whose state can be read.
func (w worker) checkReads(ctx context.Context) (readable map[string]bool) {
	readable = map[string]bool{}
	var mu sync.Mutex
	var checks []func()
	for _, e := range w.environments(w.who.user) {
		checks = append(checks, func() { w.checkEnvironment(ctx, e) })
	}
	for _, p := range w.projects(w.who.user) {
		checks = append(checks, func() {
			if w.checkReadable(ctx, p) {
				mu.Lock()
				defer mu.Unlock()
				readable[p.Name] = true
			}
		})
	}
	engine.Together(w.env.Parallel, checks...)
	return readable
}

// checkEnvironment assumes the environment's role, asks who that is, and reads
// something harmless with it.
func (w worker) checkEnvironment(ctx context.Context, e blueprint.Environment) {
	c := plan.Check{Name: checkRole, Subject: e.Name}
	if e.Account == "" {
		w.broken(c, *accountUnknown(e))
		return
	}
	role := w.answers.RoleARN(w.who.Partition, e)
	c.Asked = "sts:AssumeRole on " + role + " as " + w.who.ARN
	session, err := w.Assume(ctx, role)
	if err != nil {
		w.notAssumed(c, e, err)
		return
	}
	w.passed(c, role)
	w.checkIdentity(ctx, e, session, role)
	w.checkHarmless(ctx, e, session, role)
}

// notAssumed tells why a role could not be assumed.
func (w worker) notAssumed(c plan.Check, e blueprint.Environment, err error) {
	f, ok := askOperator(err)
	if !ok {
		w.unsettled(c, err)
		return
	}
	f.Of, f.Stops = plan.StepIAM, []string{steps.RoleChange(e.Name)} // whatever is denied here, it is the role
	if e.MFA && w.factor.session == nil && awsops.IsAccessDenied(err) {
		w.undecided(c, "the role requires MFA")
		return
	}
	w.broken(c, f)
}

// checkIdentity sees that the role is where the blueprint says.
func (w worker) checkIdentity(ctx context.Context, e blueprint.Environment, session *awsops.Session, role string) {
	c := plan.Check{Name: checkWhere, Subject: e.Name, Asked: "sts:GetCallerIdentity as " + role}
	id, err := session.Identity(ctx)
	switch {
	case err != nil:
		w.unsettled(c, err)
	case id.Account != e.Account:
		w.broken(c, plan.Finding{
			ID: diagnosis.WrongAccount.ID, Of: plan.StepAccount, Severity: plan.Failure, Stops: []string{steps.RoleChange(e.Name)},
			Evidence: fmt.Sprintf("Role %s works in account %s, and environment %s is account %s.", role, id.Account, e.Name, e.Account),
			Remedy:   "Ask the operator to correct the environment's account in the blueprint.",
		})
	default:
		w.passed(c, id.ARN)
	}
}

// checkHarmless lists buckets with the role: s3:ListAllMyBuckets is allowed by
// the article's permissions, by PowerUserAccess and by AdministratorAccess. A
// policy of the team's own may leave it out, which is no fault.
func (w worker) checkHarmless(ctx context.Context, e blueprint.Environment, session *awsops.Session, role string) {
	c := plan.Check{Name: checkRead, Subject: e.Name, Asked: "s3:ListAllMyBuckets as " + role}
	_, err := session.OwnBuckets(ctx, w.answers.Bucket.Name)
	switch {
	case err == nil:
		w.passed(c, "answered")
	case awsops.IsAccessDenied(err) && !slices.Contains(listsBuckets, e.Permissions):
		w.undecided(c, "the role's own permissions leave s3:ListAllMyBuckets out")
	case awsops.IsAccessDenied(err):
		f := because(err)
		f.ID, f.Of = diagnosis.EnvironmentDenied.ID, plan.StepIAM
		f.Remedy = fmt.Sprintf("Ask the operator to run stateroom setup, which gives the role the permissions of the blueprint (%s).", e.Permissions)
		w.broken(c, f)
	default:
		w.unsettled(c, err)
	}
}

// listsBuckets are the permissions of which it is known that they allow listing buckets.
var listsBuckets = []string{blueprint.PermissionsArticle, blueprint.PermissionsPowerUser, blueprint.PermissionsAdministrator}
