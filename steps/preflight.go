package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// preflightWait bounds what is known before the first change: the changes themselves
// tell, too.
const preflightWait = 20 * time.Second

// simulationsAtOnce bounds how much an account is asked at once: IAM publishes no rate.
const simulationsAtOnce = 8

// preflight asks IAM, by simulation, whether whoever makes the changes may do what each
// of their calls needs, in every account at once. What a permissions boundary, a missing
// right or a service control policy forbids stops the changes that need it, and is told.
// Whoever may not simulate learns nothing and is none the worse: no error of it is one of
// the run's.
//
// A simulation knows neither a resource's own policy, nor a session's, nor the conditions
// of what it was not told ("Testing IAM policies with the IAM policy simulator", IAM User
// Guide). So only what is certain without them is a finding ([preflight.cause]).
func (s *Setup) preflight(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
	ctx, cancel := context.WithTimeout(ctx, preflightWait)
	defer cancel()
	p := &preflight{env: env, a: s.Answers, o: s.observed, tags: map[string]map[string]string{}}
	makers := p.makers(slices.Concat(r.Changes, r.NotOurs))
	var seen atomic.Int64
	found, err := forEach(ctx, env.Parallel, makers, func(ctx context.Context, c *maker) ([]plan.Finding, error) {
		findings := p.judge(ctx, c)
		env.Emit(plan.Event{Kind: plan.EventProgress, Text: "accounts checked for permission to make the changes", Done: int(seen.Add(1)), Of: len(makers)})
		return findings, nil
	})
	if err != nil {
		return nil
	}
	return plan.Together(append(slices.Concat(found...), p.closed(ctx)...))
}

// preflight is what the simulations of a plan share.
type preflight struct {
	env *engine.Env
	a   *blueprint.Answers
	o   *Observed
	// tags are those of what is there or is made by the plan, by ARN.
	tags map[string]map[string]string
}

// maker is whom an account's changes are made as.
type maker struct {
	account, role, region, environment string
	needs                              []need
	// principal is the user or the role that a simulation is about, and session how it
	// calls: the same for a user.
	principal, session string
	at                 *awsops.Session
}

// need is a right that a change needs; without a change it is one that the look has used.
type need struct {
	awsops.Right

	change string
}

// makers are whom the changes are made as, each with what it needs. Another profile's
// changes are its owner's, and those in an account that is not there yet wait for it.
func (p *preflight) makers(changes []plan.Change) []*maker {
	p.knownTags()
	all := map[string]*maker{}
	for i := range changes {
		c := &changes[i]
		if c.Profile != "" || c.MFA != nil || len(c.Calls) == 0 {
			continue
		}
		who := all[c.Account+"/"+c.Role]
		if who == nil {
			who = &maker{account: c.Account, role: c.Role, region: c.Region, environment: c.Environment}
		}
		at := p.place(c)
		for _, call := range c.Calls {
			rights := call.Rights(at)
			for _, right := range rights {
				if len(awsops.FindRefs(right.Resource)) == 0 {
					who.needs = append(who.needs, need{right, c.ID})
					all[c.Account+"/"+c.Role] = who
				}
			}
			if arn, tags := call.Makes(at); len(tags) > 0 {
				p.tags[arn] = tags
			}
		}
	}
	makers := make([]*maker, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		makers = append(makers, all[key])
	}
	return makers
}

// place is where a change is made. Users and groups are the admin account's; of roles a
// change knows its own.
func (p *preflight) place(c *plan.Change) awsops.Place {
	return awsops.Place{
		Partition: p.o.partition(), Account: c.Account, Region: c.Region,
		Named: func(kind, name string) string {
			switch kind {
			case "user":
				return userARN(p.o, p.a, name)
			case "group":
				return groupARN(p.o, p.a, name)
			}
			return c.Target
		},
	}
}

// knownTags are those of what is there.
func (p *preflight) knownTags() {
	for _, u := range p.o.IAM.Users {
		if u.User != nil {
			p.tags[u.User.ARN] = u.User.Tags
		}
	}
	for _, policy := range p.o.IAM.Policies {
		p.tags[policy.ARN] = policy.Tags
	}
	for _, r := range p.o.IAM.Roles {
		if r.Role != nil {
			p.tags[r.Role.ARN] = r.Role.Tags
		}
	}
	if key := p.o.Key.Key; key != nil {
		p.tags[key.ARN] = p.o.Key.Tags
	}
	if table := p.o.Lock.Table; table != nil {
		p.tags[table.ARN] = table.Tags
	}
}

// judge asks of one caller.
func (p *preflight) judge(ctx context.Context, c *maker) []plan.Finding {
	c.at = p.env.Session(c.account, c.role, c.region)
	if !p.known(ctx, c) {
		return nil
	}
	for i := range c.needs {
		c.needs[i].Context = p.context(c, c.needs[i].Right)
	}
	used := p.used(c)
	verdicts := p.simulate(ctx, c, slices.Concat(used, c.needs))
	believed := map[string]bool{}
	for _, u := range used {
		d, answered := verdicts[keyOf(u.Right)]
		believed[serviceOf(u.Action)] = answered && d.Allowed
	}
	if ctx.Err() != nil {
		return nil // half of it may rest on what was not asked
	}
	var denied []denial
	for _, n := range c.needs {
		d, answered := verdicts[keyOf(n.Right)]
		if !answered || d.Allowed || !believed[serviceOf(n.Action)] {
			continue
		}
		if why, certain := p.cause(ctx, c, n.Right, d); certain {
			denied = append(denied, denial{n, why})
		}
	}
	return p.told(c, denied)
}

// known finds out under which ARN IAM simulates the caller. A session has lost its role's
// path, and the root user has no policies.
func (p *preflight) known(ctx context.Context, c *maker) bool {
	if c.role != "" {
		role := strings.TrimPrefix(c.role, "/")
		c.principal = "arn:" + p.o.partition() + ":iam::" + c.account + ":role/" + role
		c.session = sessionOf(p.o.partition(), c.account, role)
		return true
	}
	id := p.o.Account.Identity
	c.session, c.principal = id.ARN, id.ARN
	if id.Kind == awsops.KindRole {
		role, err := c.at.Role(ctx, id.Name)
		if err != nil || role == nil {
			return false
		}
		c.principal = role.ARN
	}
	return id.Kind == awsops.KindUser || id.Kind == awsops.KindRole
}

// sessionOf is the ARN of a session of a role, which may have a path.
func sessionOf(partition, account, role string) string {
	return "arn:" + partition + ":sts::" + account + ":assumed-role/" + lastPart("/"+role) + "/stateroom"
}

// used are rights that the look has used just now, one for each service: a simulation
// that denies one of them lacks what AWS knows, and nothing that it denies of that
// service is believed.
func (p *preflight) used(c *maker) (used []need) {
	of := map[string][2]string{
		"iam": {"iam:ListPolicies", "*"}, "kms": {"kms:ListAliases", "*"}, "s3": {"s3:ListAllMyBuckets", "*"},
		"organizations": {"organizations:ListAccounts", "*"},
		"dynamodb":      {"dynamodb:DescribeTable", "arn:" + p.o.partition() + ":dynamodb:" + c.region + ":" + c.account + ":table/" + p.a.Lock.DynamoDBTable},
	}
	seen := map[string]bool{}
	for _, n := range c.needs {
		service := serviceOf(n.Action)
		if seen[service] {
			continue
		}
		seen[service] = true
		right := awsops.Right{Action: of[service][0], Resource: of[service][1], Context: map[string][]string{"aws:SecureTransport": {"true"}}}
		if c.role != "" {
			right.Action, right.Resource = "iam:GetRole", n.Resource
		}
		if service != "iam" && service != "organizations" {
			right.Context["aws:RequestedRegion"] = []string{c.region}
		}
		right.Context = p.context(c, right)
		used = append(used, need{Right: right})
	}
	return used
}

// context adds to what a call brings what every request of this caller has.
func (p *preflight) context(c *maker, r awsops.Right) map[string][]string {
	keys := maps.Clone(r.Context)
	keys["aws:PrincipalArn"], keys["aws:PrincipalAccount"], keys["aws:ResourceAccount"] = []string{c.principal}, []string{c.account}, []string{c.account}
	keys["aws:ViaAWSService"] = []string{"false"}
	if org := p.o.orgID(); org != "" {
		keys["aws:PrincipalOrgID"], keys["aws:ResourceOrgID"] = []string{org}, []string{org}
	}
	if !r.Makes {
		for key, value := range p.tags[r.Resource] {
			keys["aws:ResourceTag/"+key] = []string{value}
			if serviceOf(r.Action) == "iam" {
				keys["iam:ResourceTag/"+key] = []string{value}
			}
		}
	}
	return keys
}

// keyOf tells one question from another.
func keyOf(r awsops.Right) string { return fmt.Sprint(r.Action, r.Resource, r.Context) }

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}

// simulate asks all of it, as much at once as the cross product of actions and resources
// allows: nothing is asked that nobody needs. What was not answered has no verdict. Where
// the first question is refused no other is asked: a row of refusals is what an account's
// guards look for.
func (p *preflight) simulate(ctx context.Context, c *maker, needs []need) map[string]awsops.Simulated {
	verdicts := map[string]awsops.Simulated{}
	var mu sync.Mutex
	ask := func(q awsops.Simulation) error {
		q.Principal, q.Optional = c.principal, true
		answer, err := ask(ctx, c.at, q)
		mu.Lock()
		defer mu.Unlock()
		for _, d := range answer {
			verdicts[keyOf(awsops.Right{Action: d.Action, Resource: d.Resource, Context: q.Context})] = d
		}
		return err
	}
	all := questions(needs)
	if ask(all[0]) != nil {
		return nil
	}
	var g errgroup.Group
	g.SetLimit(simulationsAtOnce)
	for _, q := range all[1:] {
		g.Go(func() error { return ask(q) })
	}
	_ = g.Wait() // what failed has no verdict
	return verdicts
}

// ask asks one question; where IAM cannot tell of several actions at once, which it says of
// those that "require different authorization information", of each. One action that it
// does not know is no error.
func ask(ctx context.Context, s *awsops.Session, q awsops.Simulation) ([]awsops.Simulated, error) {
	answer, err := s.Simulate(ctx, q)
	if !awsops.HasCode(err, "InvalidInput") {
		return answer, err
	}
	if len(q.Actions) == 1 {
		return nil, nil
	}
	for _, action := range q.Actions {
		one := q
		one.Actions = []string{action}
		known, err := ask(ctx, s, one)
		if err != nil {
			return nil, err
		}
		answer = append(answer, known...)
	}
	return answer, nil
}

// questions put together what has the same context, and then the same resources.
func questions(needs []need) (all []awsops.Simulation) {
	var asked []*awsops.Simulation // an action each
	for _, n := range needs {
		same := func(q *awsops.Simulation) bool { return q.Actions[0] == n.Action && sameContext(q.Context, n.Context) }
		i := slices.IndexFunc(asked, same)
		if i < 0 {
			i = len(asked)
			asked = append(asked, &awsops.Simulation{Actions: []string{n.Action}, Context: n.Context})
		}
		if q := asked[i]; !slices.Contains(q.Resources, n.Resource) {
			q.Resources = append(q.Resources, n.Resource)
		}
	}
	for _, q := range asked {
		slices.Sort(q.Resources)
		i := slices.IndexFunc(all, func(have awsops.Simulation) bool {
			return slices.Equal(have.Resources, q.Resources) && sameContext(have.Context, q.Context)
		})
		if i < 0 {
			all = append(all, *q)
		} else {
			all[i].Actions = append(all[i].Actions, q.Actions[0])
		}
	}
	return all
}

func sameContext(a, b map[string][]string) bool { return maps.EqualFunc(a, b, slices.Equal) }
