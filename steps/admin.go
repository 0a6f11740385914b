package steps

import (
	"context"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// AdminEnv makes a child Terraform this laptop's admin, whoever the operator
// is: keys in the environment would win over a profile named there. What asks a
// custom endpoint never lets a provider ask AWS itself: provider.tf names none.
func AdminEnv(env *Env, a *blueprint.Answers) map[string]string {
	set := map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": env.CredentialsPath,
		"AWS_CONFIG_FILE":             env.ConfigPath,
		"AWS_PROFILE":                 a.AdminProfile,
		"AWS_ACCESS_KEY_ID":           "",
		"AWS_SECRET_ACCESS_KEY":       "",
		"AWS_SESSION_TOKEN":           "",
	}
	if env.Endpoint != "" {
		maps.Copy(set, awsops.EndpointVariables(env.Endpoint))
	}
	return set
}

// adminSession is a session as this laptop's admin.
func adminSession(ctx context.Context, env *Env, a *blueprint.Answers) (*awsops.Session, error) {
	s, err := env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
	return s, wrap(err)
}

// me is the user whose laptop this is: the owner of the admin's key, or who --me
// says will be; empty where nothing tells.
func me(o *Observed, a *blueprint.Answers) string {
	for name, f := range o.IAM.Users {
		if o.IAM.OwnKey != "" && holds(f.Keys, o.IAM.OwnKey) {
			return name
		}
	}
	return a.Me
}

// reachable are the projects that this laptop's admin may work on: those of
// the user's groups, or all where it is not known which user that is.
func reachable(o *Observed, a *blueprint.Answers) []blueprint.Project {
	user := me(o, a)
	if user == "" {
		return a.Projects
	}
	return a.ProjectsFor(user)
}

// awaitAdmin waits until the admin's key is known to every service that the
// back end uses: they learn of a new key separately, and of new policies
// seconds later (facts/aws.md, "Eventual consistency").
func awaitAdmin(ctx context.Context, env *Env, a *blueprint.Answers, project blueprint.Project, patience time.Duration) error {
	s, err := adminSession(ctx, env, a)
	if err != nil {
		return err
	}
	if _, err := s.WaitKeyUsable(ctx, patience); err != nil {
		return wrap(err)
	}
	probes := []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := s.HeadObject(ctx, a.Bucket.Name, project.StateKey)
			return wrap(err)
		},
		func(ctx context.Context) error {
			_, err := s.Key(ctx, a.Key.Alias)
			return wrap(err)
		},
	}
	if a.Lock.DynamoDBTable != "" {
		probes = append(probes, func(ctx context.Context) error {
			_, err := s.LockItem(ctx, a.Lock.DynamoDBTable, a.Bucket.Name+"/"+project.StateKey)
			return wrap(err)
		})
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, probe := range probes {
		g.Go(func() error { return awaitAllowed(ctx, patience, probe) })
	}
	return wrap(g.Wait())
}

// awaitAllowed repeats a read until it is no longer denied for want of a right.
func awaitAllowed(ctx context.Context, patience time.Duration, probe func(context.Context) error) error {
	var last error
	err := awsops.Poll(ctx, patience, settleInterval, func(ctx context.Context) (bool, error) {
		last = probe(ctx)
		heals := awsops.IsAccessDenied(last) && !awsops.IsExplicitDeny(last) || awsops.IsUnknownKey(last)
		return !heals, nil
	})
	if last != nil {
		return last
	}
	return wrap(err)
}
