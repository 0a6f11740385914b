package account

import (
	"context"
	"maps"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/troubleshoot/health"
)

// reader fills in the facts. Nothing that it calls changes anything; what cannot be
// read is a fact like any other.
type reader struct {
	*facts
	env  *engine.Env
	home *awsops.Session // the operator's
}

// read asks AWS: what the operator sees and, beside it, what each identity may do.
// No answer waits for more than five others (BenchmarkHealthCheckAt200ms).
func read(ctx context.Context, env *engine.Env, a *blueprint.Answers, states []health.StateLocation) *facts {
	r := &reader{
		facts: &facts{answers: a, now: time.Now(), identities: identitiesOf(env, a, states)},
		env:   env, home: env.Sessions.Home(a.StateRegion),
	}
	if a.AdminAccount == "" {
		a = r.guess(ctx)
	}
	look := steps.Look{Env: env, Answers: a, Steps: steps.AWSOnly()}
	together(
		func() {
			r.observed, r.failed = look.First(ctx)
			front, err := env.Sessions.Front(ctx, a.StateRegion)
			if r.operatorErr = err; err == nil {
				r.operator, r.operatorErr = front.Identity(ctx)
			}
		},
		func() { each(r.identities, unlimited, func(id *identity) { r.signIn(ctx, id) }) },
	)
	if org := r.observed.Account.Organization; org != nil {
		r.organization = org.ID
	}
	r.roles = rolesOf(r.facts)
	meant := r.meant()
	together(
		func() { look.Rest(ctx, r.observed, r.failed) },
		func() { each(meant, unlimited, func(b *bucketAccess) { r.bucket(ctx, b) }) },
		func() { each(r.roles, max(env.Parallel, 1), func(role *roleAccess) { r.role(ctx, role) }) },
	)
	return r.facts
}

// unlimited is for reads of which there are few.
const unlimited = 0

// together does all reads at once.
func together(reads ...func()) { engine.Together(unlimited, reads...) }

// each reads what there is of every thing, of at most limit things at a time.
func each[T any](things []T, limit int, read func(T)) {
	reads := make([]func(), len(things))
	for i, x := range things {
		reads[i] = func() { read(x) }
	}
	engine.Together(limit, reads...)
}

// identitiesOf are those that the backends name, each with its buckets.
func identitiesOf(env *engine.Env, a *blueprint.Answers, states []health.StateLocation) []*identity {
	var all []*identity
	for _, s := range states {
		i := slices.IndexFunc(all, func(id *identity) bool { return id.profile == s.Profile })
		if i < 0 {
			by := &identity{profile: s.Profile, keyID: steps.ProfileKey(env, s.Profile), shadowed: steps.ShadowedBy(env, a, s.Profile)}
			by.processAt, by.process = steps.ProcessOf(env, s.Profile)
			i, all = len(all), append(all, by)
		}
		id := all[i]
		at := slices.IndexFunc(id.buckets, func(b *bucketAccess) bool { return b.bucket == s.Bucket && b.configured == s.Region })
		if at < 0 {
			at, id.buckets = len(id.buckets), append(id.buckets, &bucketAccess{by: id, bucket: s.Bucket, configured: s.Region, region: s.Region})
		}
		b := id.buckets[at]
		b.states = append(b.states, &stateAccess{in: b, StateLocation: s})
	}
	return all
}

// guess are the answers with the account whose credentials Terraform uses, or else the
// operator's, where nobody has said which the admin account is.
func (r *reader) guess(ctx context.Context) *blueprint.Answers {
	account, whole := "", *r.answers.Blueprint
	for _, id := range r.identities {
		if r.signIn(ctx, id); account == "" && id.err == nil {
			account = id.Account
		}
	}
	if account == "" {
		if who, err := r.home.Identity(ctx); err == nil {
			account = who.Account
		}
	}
	answers := *r.answers
	whole.AdminAccount, answers.Blueprint = account, &whole
	r.answers, r.guessed = &answers, true
	return r.answers
}

// signIn finds out who an identity is. It is asked for in the blueprint's
// region: a wrong one in a backend is a fault of its own.
func (r *reader) signIn(ctx context.Context, id *identity) {
	id.session = r.home
	if id.profile != "" {
		if id.session, id.err = r.env.Sessions.Profile(ctx, id.profile, r.answers.StateRegion); id.err != nil {
			id.session = nil
			return
		}
	}
	id.Identity, id.err = id.session.Identity(ctx)
	if skew, known := id.session.ClockSkew(); known {
		id.skew = &skew
	}
	switch {
	case awsops.IsUnknownKey(id.err):
		id.knownIn = r.knownElsewhere(ctx, id)
		if id.keyID != "" {
			id.keyAccount, _ = r.home.AccessKeyAccount(ctx, id.keyID) // empty where nobody tells
		}
	case id.err == nil:
		id.works = id.Account == r.answers.AdminAccount
		if id.Kind == awsops.KindUser {
			id.user, id.groups = id.Name, r.answers.GroupsOf(id.Name)
		}
		id.principal, id.principalErr = r.principal(ctx, id.Identity)
	}
}

// knownElsewhere is a region that knows a key of which the blueprint's knows nothing,
// empty without any.
func (r *reader) knownElsewhere(ctx context.Context, id *identity) string {
	own := r.env.Sessions.Region()
	if id.profile != "" {
		if s, err := r.env.Sessions.Profile(ctx, id.profile, ""); err == nil {
			own = s.Region()
		}
	}
	return id.session.KnownIn(ctx, own, r.answers.StateRegion)
}

// principal is the ARN under which IAM simulates an identity. A role's session
// has lost the role's path, which IAM has to tell.
func (r *reader) principal(ctx context.Context, id awsops.Identity) (string, error) {
	if id.Kind != awsops.KindRole {
		return id.ARN, nil
	}
	role, err := r.home.Role(ctx, id.Name)
	if err != nil || role == nil {
		return "", err
	}
	return role.ARN, nil
}

// ofGroups tells whether the blueprint lets an identity work on something that
// belongs to a group. Whoever is not known to the blueprint is judged by all of it.
func (id *identity) ofGroups(belongs func(group string) bool) bool {
	return len(id.groups) == 0 || slices.ContainsFunc(id.groups, belongs)
}

// simulate asks what an identity may do, as the operator. Nothing is asked of
// another account's identities or of the root user, who has no policies.
func (r *reader) simulate(ctx context.Context, id *identity, actions []string, resource string, also map[string][]string) (out rights) {
	if !id.works || id.principal == "" || id.Kind == awsops.KindRoot || r.operatorErr != nil || r.operator.Account != id.Account {
		out.err = id.principalErr
		return out
	}
	out.results, out.err = r.home.Simulate(ctx, awsops.Simulation{
		Principal: id.principal, Actions: actions, Resources: []string{resource}, Context: r.simulated(r.answers.StateRegion, also),
	})
	return out
}

// simulated are the condition keys that every real request has and a simulation
// lacks: a policy that denies other regions would seem to deny all.
func (r *reader) simulated(region string, also map[string][]string) map[string][]string {
	keys := map[string][]string{"aws:SecureTransport": {"true"}, "aws:RequestedRegion": {region}}
	if r.organization != "" {
		keys["aws:ResourceOrgID"], keys["aws:PrincipalOrgID"] = []string{r.organization}, []string{r.organization}
	}
	maps.Copy(keys, also)
	return keys
}
