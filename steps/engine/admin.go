package engine

import (
	"context"
	"maps"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/files/profiles"
)

// AdminEnv is the environment of a child Terraform that acts as this laptop's admin,
// whoever the operator is: keys in the environment would win over a profile named there. What asks a
// custom endpoint never lets a provider ask AWS itself: provider.tf names none.
func AdminEnv(env *Env, a *blueprint.Answers) Environment {
	set := map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": env.CredentialsPath,
		"AWS_CONFIG_FILE":             env.ConfigPath,
		"AWS_PROFILE":                 a.AdminProfile,
		"AWS_ACCESS_KEY_ID":           "",
		"AWS_SECRET_ACCESS_KEY":       "",
		"AWS_SESSION_TOKEN":           "",
	}
	if dir, _ := profiles.TokenDir(env.Environ.Get); len(a.IdentityGroups()) > 0 && dir != env.TokenDir && env.TokenDir != "" {
		home := filepath.Dir(filepath.Dir(filepath.Dir(env.TokenDir))) // in a rehearsal: tokens are found by the home alone
		set["HOME"], set["USERPROFILE"] = home, home
	}
	if env.Endpoint != "" {
		maps.Copy(set, awsops.EndpointVariables(env.Endpoint))
	}
	return env.Environ.With(set)
}

// AdminSession is a session as this laptop's admin.
func AdminSession(ctx context.Context, env *Env, a *blueprint.Answers) (*awsops.Session, error) {
	s, err := env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
	return s, err
}

// awaitAdmin waits until the admin's key is known to AWS, and to every service that the
// back end uses ([AwaitState]). It is one wait.
func awaitAdmin(ctx context.Context, env *Env, a *blueprint.Answers, project blueprint.Project, patience time.Duration) error {
	s, err := AdminSession(ctx, env, a)
	if err != nil {
		return err
	}
	begun := time.Now()
	if _, err := s.WaitKeyUsable(ctx, patience); err != nil {
		return err
	}
	return AwaitState(ctx, env, a, s, project, patience-time.Since(begun))
}

// AwaitState waits until a key that AWS knows is known to every service that the back end
// uses: they learn of a new key separately, and of new policies seconds later
// (facts/aws.md, "Eventual consistency"). So they do of the key, the bucket and the table
// themselves. Each of them has all of the wait; of what AWS has named, and does not find, a
// share of the usual patience is given even to who has none.
func AwaitState(ctx context.Context, env *Env, a *blueprint.Answers, s *awsops.Session, project blueprint.Project, patience time.Duration) error {
	return awaitAll(ctx, env, max(0, patience), stateReads(a, s, project.StateKey))
}

// stateReads ask every service that the back end uses for something of the state of
// that key. Of S3 an object is asked for that nobody made: a HEAD neither says why it is
// refused nor whether it is the bucket that is not there.
func stateReads(a *blueprint.Answers, s *awsops.Session, stateKey string) []func(context.Context) error {
	reads := []func(context.Context) error{func(ctx context.Context) error {
		_, err := s.GetObject(ctx, a.Bucket.Name, unusedKey(stateKey))
		if awsops.HasCode(err, "NoSuchKey") {
			return nil
		}
		return err
	}, func(ctx context.Context) error {
		_, err := s.Key(ctx, a.Key.Alias)
		return err
	}}
	if table := a.Lock.DynamoDBTable; table != "" {
		reads = append(reads, func(ctx context.Context) error {
			_, err := s.LockItem(ctx, table, a.Bucket.Name+"/"+stateKey)
			return err
		})
	}
	return reads
}

// awaitAll makes reads, all at once, each until its error is none that heals with time.
func awaitAll(ctx context.Context, env *Env, patience time.Duration, reads []func(context.Context) error) error {
	seen := max(patience, env.Patience/newsShare)
	healing := func(err error) time.Duration {
		switch {
		case disagrees(err) != nil:
			return seen
		case awsops.IsAccessDenied(err) && !awsops.IsExplicitDeny(err), awsops.IsUnknownKey(err):
			return patience
		}
		return 0
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, read := range reads {
		g.Go(func() error { return await(ctx, env, seen, healing, read) })
	}
	return g.Wait()
}
