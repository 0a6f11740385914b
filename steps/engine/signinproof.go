package engine

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// ProveSignIn is the command that proves what a member of a group gets with a sign-in: the
// permission set, the role of each of the environments, and the state of the first of the
// projects. It goes by a profile, or by the token alone where it is empty.
func ProveSignIn(a *blueprint.Answers, to plan.SignInTo, g blueprint.Group, partition, profile string) *plan.Run {
	do := plan.ProveSignIn{SignInTo: to}
	r := &plan.Run{SkipWait: true}
	as := ""
	if profile == "" {
		r.Lines = []string{fmt.Sprintf("aws sso get-role-credentials --account-id %s --role-name %s --region %s --access-token TOKEN", a.AdminAccount, g.PermissionSet(), to.Portal.Region)}
	} else {
		as = " --profile " + profile
		r.Lines = []string{"aws sts get-caller-identity" + as}
	}
	for _, e := range a.EnvironmentsOf(g.Name) {
		if e.Account == "" {
			continue
		}
		do.Roles = append(do.Roles, a.RoleARN(partition, e))
		r.Lines = append(r.Lines, fmt.Sprintf("aws sts assume-role --role-arn %s --role-session-name proof%s", a.RoleARN(partition, e), as))
	}
	if projects := a.ProjectsOf(g.Name); len(projects) > 0 {
		r.Project = projects[0].Name
	}
	r.Command = do
	return r
}

// proveSignIn asks as who is signed in. What is refused ends it: then the key stays where it
// is.
func (x *Executor) proveSignIn(ctx context.Context, c plan.Change, do plan.ProveSignIn) error {
	s, err := x.signedSession(ctx, c, do)
	if err != nil {
		return err
	}
	begun := time.Now()
	who, err := s.Identity(ctx)
	switch {
	case err != nil:
		return err
	case who.Account != x.answers.AdminAccount || !who.Holds(do.Set):
		return fmt.Errorf("the sign-in is %s, and not a session of permission set %s in account %s", who.ARN, do.Set, x.answers.AdminAccount)
	}
	var reads []func(context.Context) error
	for _, role := range do.Roles {
		reads = append(reads, func(ctx context.Context) error {
			_, err := s.Assume(ctx, role)
			return err
		})
	}
	if project, known := x.answers.Project(c.Run.Project); known {
		reads = append(reads, stateReads(x.answers, s, project.StateKey)...)
	}
	return awaitAll(ctx, x.env, max(0, x.env.Patience-time.Since(begun)), reads)
}

func (x *Executor) signedSession(ctx context.Context, c plan.Change, do plan.ProveSignIn) (*awsops.Session, error) {
	if c.Profile != "" {
		s, err := x.env.Sessions.Profile(ctx, c.Profile, x.answers.StateRegion)
		return s, err
	}
	token, at := x.env.SignInToken(ctx, do.Session)
	if at != do.Portal || token.Access.IsZero() {
		return nil, fmt.Errorf("nobody is signed in at %s", do.Portal.StartURL)
	}
	return x.env.Sessions.Signed(at, token.Access, x.answers.AdminAccount, do.Set, x.answers.StateRegion), nil
}
