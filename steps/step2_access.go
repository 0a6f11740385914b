package steps

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// AccessFacts are what of the set-up beside IAM's own users and groups can name
// somebody: the policies of the state encryption key and of the state bucket, and the
// environments' roles.
type AccessFacts struct {
	// Key is nil where there is none, or where KeyUnseen says why it cannot be
	// looked at.
	Key       *KeyAccess
	KeyUnseen error
	// Bucket is nil where there is none, or none with a policy, or where
	// BucketUnseen says why it cannot be looked at.
	Bucket       *BucketAccess
	BucketUnseen error
	// Roles are the environments', in the blueprint's order.
	Roles []RoleAccess
}

// KeyAccess is the key behind the blueprint's alias and who may use it.
type KeyAccess struct {
	ARN, ID string
	Policy  policy.Document
	Tags    map[string]string
}

// BucketAccess is the state bucket's own policy.
type BucketAccess struct {
	ARN    string
	Policy policy.Document
	Tags   map[string]string
}

// RoleAccess is an environment's role and who may assume it. Its Role is nil
// where there is none; Unreachable says why the account cannot be looked into.
type RoleAccess struct {
	RoleFacts
	Environment blueprint.Environment
	ARN         string

	reach, region string
}

// InspectAccess reads them with the operator's credentials, the roles through
// each account's reach role. What the operator may not see is a fact, not an
// error; the error is one that keeps everything from being seen.
func InspectAccess(ctx context.Context, env *engine.Env, a *blueprint.Answers) (AccessFacts, error) {
	var f AccessFacts
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		f.Key, err = keyAccess(ctx, env.Sessions.Home(a.StateRegion), a)
		if awsops.IsAccessDenied(err) {
			f.KeyUnseen, err = err, nil
		}
		return err
	})
	g.Go(func() (err error) {
		f.Bucket, err = bucketAccess(ctx, env.Sessions.Home(a.StateRegion), a)
		if awsops.IsAccessDenied(err) {
			f.BucketUnseen, err = err, nil
		}
		return err
	})
	g.Go(func() (err error) {
		f.Roles, err = roleAccess(ctx, env, a)
		return err
	})
	return f, g.Wait()
}

// keyAccess is nil where no key has the alias.
func keyAccess(ctx context.Context, home *awsops.Session, a *blueprint.Answers) (*KeyAccess, error) {
	key, err := home.Key(ctx, a.Key.Alias)
	if err != nil || key == nil {
		return nil, err
	}
	text, err := home.KeyPolicy(ctx, key.ID)
	if err != nil {
		return nil, err
	}
	tags, err := home.KeyTags(ctx, key.ID)
	return &KeyAccess{ARN: key.ARN, ID: key.ID, Policy: parsed(text), Tags: tags}, err
}

// bucketAccess is nil where no policy is.
func bucketAccess(ctx context.Context, home *awsops.Session, a *blueprint.Answers) (*BucketAccess, error) {
	text, tags, err := home.BucketAccess(ctx, a.Bucket.Name, a.AdminAccount)
	if awsops.IsNotFound(err) || err == nil && text == "" {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	if err != nil {
		return nil, err
	}
	return &BucketAccess{ARN: "arn:" + home.Partition() + ":s3:::" + a.Bucket.Name, Policy: parsed(text), Tags: tags}, nil
}

// roleAccess looks into every environment's account, many at a time.
func roleAccess(ctx context.Context, env *engine.Env, a *blueprint.Answers) ([]RoleAccess, error) {
	home := env.Sessions.Home(a.StateRegion)
	identity, err := home.Identity(ctx)
	if err != nil {
		return nil, err
	}
	roles := make([]RoleAccess, len(a.Environments))
	accounts := sync.OnceValues(func() ([]awsops.Account, error) { return home.Accounts(ctx) })
	var g errgroup.Group
	g.SetLimit(env.Parallel)
	for i, e := range a.Environments {
		g.Go(func() error {
			if e.Account == "" { // made by its e-mail address, under which the organization knows it
				listed, err := accounts()
				found, there := (&AccountFacts{Accounts: listed}).byEmail(e.Email)
				if !there {
					roles[i] = RoleAccess{Environment: e, ARN: e.Role, RoleFacts: RoleFacts{Unreachable: err}}
					return nil
				}
				e.Account = found.ID
			}
			roles[i] = RoleAccess{
				Environment: e, ARN: a.RoleARN(identity.Partition, e), reach: reach(a, e), region: a.StateRegion,
				RoleFacts: inspectRole(ctx, env, a, e),
			}
			return nil
		})
	}
	_ = g.Wait()            // the functions return nil
	return roles, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// Change fills in of a change of this role what all of them have in common.
func (r RoleAccess) Change(c plan.Change) plan.Change {
	c.Of, c.Action, c.Target = plan.StepIAM, plan.Update, r.ARN
	c.Account, c.Region, c.Role, c.Environment = r.Environment.Account, r.region, r.reach, r.Environment.Name
	return c
}
