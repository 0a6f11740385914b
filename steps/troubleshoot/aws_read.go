package troubleshoot

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
)

// reader reads everything at once. Nothing that it calls changes anything; what
// cannot be read is a fact like any other.
type reader struct {
	env     *engine.Env
	answers *blueprint.Answers
	home    *awsops.Session
}

// read asks AWS: what the operator sees and, beside it, what each login may do.
// No answer waits for more than five others (BenchmarkHealthCheckAt200ms).
func (s *scene) read(ctx context.Context) *facts {
	f := &facts{answers: s.answers, now: time.Now()}
	r := &reader{env: s.env, answers: s.answers, home: s.env.Sessions.Home(s.answers.StateRegion)}
	f.logins = logins(s.env, s.targets())
	var g errgroup.Group
	g.Go(func() error {
		f.observed, f.failed = steps.Look{Env: s.env, Answers: s.answers, Steps: steps.AWSOnly()}.Take(ctx)
		return nil
	})
	g.Go(func() error {
		f.operator, f.operatorErr = r.home.Identity(ctx)
		var signing errgroup.Group
		signing.Go(func() error {
			if org, err := r.home.Organization(ctx); err == nil && org != nil {
				f.organization = org.ID
			}
			return nil
		})
		for _, l := range f.logins {
			signing.Go(func() error {
				r.signIn(ctx, l)
				return nil
			})
		}
		_ = signing.Wait() // facts, not errors
		r.reachAll(ctx, f)
		return nil
	})
	_ = g.Wait() // facts, not errors
	return f
}

// logins are the identities that the targets name, each with its sites.
func logins(env *engine.Env, targets []target) []*login {
	var all []*login
	for _, t := range targets {
		i := slices.IndexFunc(all, func(l *login) bool { return l.profile == t.profile })
		if i < 0 {
			i = len(all)
			all = append(all, &login{profile: t.profile, keyID: keyInProfile(env, t.profile)})
		}
		all[i].add(t)
	}
	return all
}

// keyInProfile is the access key id of a profile, empty where it has none.
func keyInProfile(env *engine.Env, profile string) string {
	if profile == "" {
		return ""
	}
	file, err := files.Read(env.CredentialsPath)
	if err != nil {
		return "" // the profile then cannot be opened either, which is told
	}
	found, _ := profiles.Read(profiles.Credentials, file, profile)
	return found.Get("aws_access_key_id")
}

// add books a target under the site where its state is.
func (l *login) add(t target) {
	i := slices.IndexFunc(l.sites, func(p *site) bool { return p.bucket == t.bucket && p.configured == t.region })
	if i < 0 {
		i = len(l.sites)
		l.sites = append(l.sites, &site{login: l, bucket: t.bucket, configured: t.region, region: t.region})
	}
	l.sites[i].states = append(l.sites[i].states, &stateFacts{target: t})
}

// signIn finds out who a login is. Identity is asked for in the blueprint's
// region: a wrong one in a backend is a fault of its own.
func (r *reader) signIn(ctx context.Context, l *login) {
	l.session = r.home
	if l.profile != "" {
		var err error
		if l.session, err = r.env.Sessions.Profile(ctx, l.profile, r.answers.StateRegion); err != nil {
			l.session, l.err = nil, err
			return
		}
	}
	l.identity, l.err = l.session.Identity(ctx)
	if skew, known := l.session.ClockSkew(); known {
		l.skew = &skew
	}
	switch {
	case awsops.IsUnknownKey(l.err) && l.keyID != "":
		if account, err := r.home.AccessKeyAccount(ctx, l.keyID); err == nil {
			l.keyAccount = account
		}
	case l.err == nil:
		l.principal, l.principalErr = r.principal(ctx, l.identity)
	}
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

// reachAll asks everything that needs to know who is asking.
func (r *reader) reachAll(ctx context.Context, f *facts) {
	var g errgroup.Group
	for _, l := range f.logins {
		for _, p := range l.sites {
			p.states = slices.DeleteFunc(p.states, func(s *stateFacts) bool { return !mayWork(f.answers, l, s.target) })
			if len(p.states) > 0 {
				g.Go(func() error {
					r.site(ctx, f, p)
					return nil
				})
			}
		}
	}
	g.Go(func() error {
		r.roles(ctx, f)
		return nil
	})
	_ = g.Wait() // facts, not errors
}

// mayWork tells whether a login is meant to work on a project: one of the
// blueprint's users on those of its groups. Anybody else is not known to the
// blueprint, and is judged by every project that names the login.
func mayWork(a *blueprint.Answers, l *login, t target) bool {
	groups := a.GroupsOf(userOf(l))
	if len(groups) == 0 {
		return true
	}
	return slices.ContainsFunc(groups, func(g string) bool {
		return slices.ContainsFunc(a.ProjectsOf(g), func(p blueprint.Project) bool { return p.Name == t.project })
	})
}

// userOf is the IAM user that a login is, empty for every other identity.
func userOf(l *login) string {
	if l.err == nil && l.identity.Kind == awsops.KindUser {
		return l.identity.Name
	}
	return ""
}

// site reads a bucket and all that is in it. Its true region comes first, so
// that a wrong one in the backend hides nothing else.
func (r *reader) site(ctx context.Context, f *facts, p *site) {
	session := p.login.session
	switch {
	case p.login.works(f):
		p.asked = p.login.who()
	case f.operatorErr == nil:
		session, p.standIn, p.asked = r.home, true, f.operator.ARN
	default:
		return
	}
	var region string
	region, p.status, p.headErr = session.In(p.configured).BucketRegion(ctx, p.bucket)
	p.region = cmp.Or(region, p.region)
	session = session.In(p.region)
	var g errgroup.Group
	ask := func(read func()) {
		g.Go(func() error {
			read()
			return nil
		})
	}
	ask(func() { p.owned, _ = session.Owned(ctx, p.bucket, r.answers.AdminAccount) })
	ask(func() {
		if own, err := r.home.OwnBuckets(ctx, p.bucket); err == nil {
			_, ours := own[p.bucket]
			p.elsewhere = !ours && p.status != http.StatusNotFound
		}
	})
	ask(func() { p.listErr = session.List(ctx, p.bucket, "env:/") })
	ask(func() {
		p.rights = r.simulate(ctx, f, p.login, []string{"s3:ListBucket"}, []string{p.arn()}, nil)
	})
	p.share(r.answers)
	for _, t := range p.tables {
		ask(func() { t.table, t.describeErr = session.DescribeTable(ctx, t.name) })
	}
	for _, k := range p.keys {
		ask(func() { r.key(ctx, f, p, session, k) })
	}
	var states errgroup.Group
	states.SetLimit(max(r.env.Parallel, 1))
	for _, s := range p.states {
		states.Go(func() error {
			r.state(ctx, f, p, session, s)
			return nil
		})
	}
	_ = states.Wait() // facts, not errors
	_ = g.Wait()      // facts, not errors
}

// works tells whether the login is signed in, and in the admin account; what
// the state allows another account says nothing.
func (l *login) works(f *facts) bool {
	return l.err == nil && l.identity.Account == f.answers.AdminAccount
}

func (p *site) arn() string { return "arn:" + p.login.partition() + ":s3:::" + p.bucket }

// partition is the login's, and aws where it cannot sign in and nothing is asked.
func (l *login) partition() string { return cmp.Or(l.identity.Partition, "aws") }

// share lists the tables and keys that the states of a site have in common.
func (p *site) share(a *blueprint.Answers) {
	for _, s := range p.states {
		if s.table != "" {
			i := slices.IndexFunc(p.tables, func(t *tableFacts) bool { return t.name == s.table })
			if i < 0 {
				i, p.tables = len(p.tables), append(p.tables, &tableFacts{name: s.table})
			}
			p.tables[i].projects = append(p.tables[i].projects, s.project)
		}
		id := cmp.Or(s.kmsKey, a.Key.Alias)
		i := slices.IndexFunc(p.keys, func(k *keyFacts) bool { return k.id == id })
		if i < 0 {
			i, p.keys = len(p.keys), append(p.keys, &keyFacts{id: id, named: s.kmsKey != ""})
		}
		p.keys[i].projects = append(p.keys[i].projects, s.project)
	}
}

// key describes a key, then asks for a data key and for the rights to it.
func (r *reader) key(ctx context.Context, f *facts, p *site, session *awsops.Session, k *keyFacts) {
	var g errgroup.Group
	g.Go(func() error {
		if k.key, k.describeErr = session.Key(ctx, k.id); k.describeErr != nil && !p.standIn && f.operatorErr == nil {
			if key, err := r.home.In(p.region).Key(ctx, k.id); err == nil {
				k.key, k.describeErr = key, nil
			}
		}
		if k.key != nil {
			k.rights = r.simulate(ctx, f, p.login, []string{"kms:GenerateDataKey", "kms:Decrypt"}, []string{k.key.ARN}, nil)
		}
		return nil
	})
	g.Go(func() error {
		k.dataKeyErr = session.TryDataKey(ctx, k.id, map[string]string{"aws:s3:arn": p.arn()})
		return nil
	})
	_ = g.Wait() // facts, not errors
}

// simulate asks what a login may do, as the operator. Nothing is asked of
// another account's identities or of the root user, who has no policies.
func (r *reader) simulate(ctx context.Context, f *facts, l *login, actions, resources []string, also map[string][]string) (out rights) {
	if !l.works(f) || l.principal == "" || l.identity.Kind == awsops.KindRoot || f.operatorErr != nil || f.operator.Account != l.identity.Account {
		out.err = l.principalErr
		return out
	}
	out.results, out.err = r.home.Simulate(ctx, awsops.Simulation{
		Principal: l.principal, Actions: actions, Resources: resources, Context: f.simulated(r.answers.StateRegion, also),
	})
	return out
}

// simulated are the condition keys that every real request has and a simulation
// lacks: a policy that denies other regions would seem to deny all.
func (f *facts) simulated(region string, also map[string][]string) map[string][]string {
	keys := map[string][]string{"aws:SecureTransport": {"true"}, "aws:RequestedRegion": {region}}
	if f.organization != "" {
		keys["aws:ResourceOrgID"], keys["aws:PrincipalOrgID"] = []string{f.organization}, []string{f.organization}
	}
	maps.Copy(keys, also)
	return keys
}
