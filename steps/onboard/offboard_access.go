package onboard

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// accessFacts are what of the set-up beside IAM's own users and groups can name
// somebody: the policies of the state encryption key and of the state bucket, and the
// environments' roles.
type accessFacts struct {
	Key, Bucket resourceAccess
	// Roles are the environments', in the blueprint's order.
	Roles []roleAccess
}

// resourceAccess is the key behind the blueprint's alias, or the state bucket, and who
// may use it by its own policy. Its ARN is empty where there is none, or none with a
// policy; Unseen says why that cannot be looked at.
type resourceAccess struct {
	ARN    string
	ID     string // of the key
	Policy policy.Document
	Tags   map[string]string
	Unseen error
}

// roleAccess is an environment's role and who may assume it. Its Role is nil
// where there is none; Unreachable says why the account cannot be looked into.
type roleAccess struct {
	steps.RoleFacts
	Environment blueprint.Environment
	ARN         string

	reach, region string
}

// inspectAccess reads them with the operator's credentials, the roles through
// each account's reach role. What the operator may not see is a fact, not an
// error; the error is one that keeps everything from being seen.
func inspectAccess(ctx context.Context, env *engine.Env, a *blueprint.Answers) (accessFacts, error) {
	var f accessFacts
	g, ctx := errgroup.WithContext(ctx)
	look := func(into *resourceAccess, read func(context.Context, *awsops.Session, *blueprint.Answers) (resourceAccess, error)) {
		g.Go(func() (err error) {
			*into, err = read(ctx, env.Sessions.Home(a.StateRegion), a)
			if awsops.IsAccessDenied(err) {
				into.Unseen, err = err, nil
			}
			return err
		})
	}
	look(&f.Key, readKey)
	look(&f.Bucket, readBucket)
	g.Go(func() (err error) {
		f.Roles, err = readRoles(ctx, env, a)
		return err
	})
	return f, g.Wait()
}

// readKey reads the key of the blueprint's alias.
func readKey(ctx context.Context, home *awsops.Session, a *blueprint.Answers) (r resourceAccess, err error) {
	key, err := home.Key(ctx, a.Key.Alias)
	if err != nil || key == nil {
		return r, err
	}
	text, err := home.KeyPolicy(ctx, key.ID)
	if err != nil {
		return r, err
	}
	r.ARN, r.ID, r.Policy = key.ARN, key.ID, policy.ParseOrEmpty(text)
	r.Tags, err = home.KeyTags(ctx, key.ID)
	return r, err
}

// readBucket reads the state bucket's policy.
func readBucket(ctx context.Context, home *awsops.Session, a *blueprint.Answers) (r resourceAccess, err error) {
	text, tags, err := home.BucketAccess(ctx, a.Bucket.Name, a.AdminAccount)
	if awsops.IsNotFound(err) || err == nil && text == "" {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return resourceAccess{ARN: "arn:" + home.Partition() + ":s3:::" + a.Bucket.Name, Policy: policy.ParseOrEmpty(text), Tags: tags}, nil
}

// readRoles looks into every environment's account, many at a time.
func readRoles(ctx context.Context, env *engine.Env, a *blueprint.Answers) ([]roleAccess, error) {
	home := env.Sessions.Home(a.StateRegion)
	identity, err := home.Identity(ctx)
	if err != nil {
		return nil, err
	}
	roles := make([]roleAccess, len(a.Environments))
	accounts := sync.OnceValues(func() (*steps.AccountFacts, error) {
		listed, err := home.Accounts(ctx)
		return steps.AccountsOf(listed), err
	})
	var reads []func()
	for i, e := range a.Environments {
		reads = append(reads, func() {
			if e.Account == "" { // made by its e-mail address, under which the organization knows it
				listed, err := accounts()
				found, there := listed.ByEmail(e.Email)
				if !there {
					roles[i] = roleAccess{Environment: e, ARN: e.Role, RoleFacts: steps.RoleFacts{Unreachable: err}}
					return
				}
				e.Account = found.ID
			}
			facts := steps.InspectRole(ctx, env, a, e)
			roles[i] = roleAccess{
				Environment: e, ARN: a.RoleARN(identity.Partition, e), reach: facts.Reach, region: a.StateRegion, RoleFacts: facts,
			}
		})
	}
	engine.Together(env.Parallel, reads...)
	return roles, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// change fills in of a change of this role what all of them have in common.
func (r roleAccess) change(c plan.Change) plan.Change {
	c.Of, c.Action, c.Target = plan.StepIAM, plan.Update, r.ARN
	c.Account, c.Region, c.Role, c.Environment = r.Environment.Account, r.region, r.reach, r.Environment.Name
	return c
}
