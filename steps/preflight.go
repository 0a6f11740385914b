package steps

import (
	"context"
	"errors"
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

// errPreflightOver ends a preflight after [preflightWait].
var errPreflightOver = errors.New("the preflight is over")

// simulationsAtOnce bounds how much an account is asked at once: IAM publishes no rate.
const simulationsAtOnce = 8

// preflight is that of a set-up.
func (s *Setup) preflight(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
	return (&Preflight{Env: env, Answers: s.Answers, Observed: s.observed, Policy: "operator"}).Judge(ctx, r.Changes, r.NotOurs)
}

// Preflight asks IAM, by simulation, whether whoever makes changes may do what each of
// their calls needs, in every account at once. What a permissions boundary, a missing
// right or a service control policy forbids stops the changes that need it, and is told.
// Whoever may not simulate learns nothing and is none the worse: no error of it is one of
// the run's.
//
// A simulation knows neither a resource's own policy, nor a session's, nor the conditions
// of what it was not told ("Testing IAM policies with the IAM policy simulator", IAM User
// Guide). So only what is certain without them is a finding ([Preflight.cause]).
type Preflight struct {
	Env     *engine.Env
	Answers *blueprint.Answers
	// Observed is what is known of who calls and of what the changes are about: users,
	// groups, roles, policies, key, bucket and lock. Nothing is said of what rests on more.
	Observed *Observed
	// Caller is the session of the user who makes all changes, whatever profile they name;
	// nil for the operator, who makes those that name none.
	Caller *awsops.Session
	// Used are rights that the look has used just now, one for each service: a simulation
	// that denies it lacks what AWS knows. Where it is nil they are those of a set-up's.
	Used map[string]awsops.Right
	// Policy is the name of the policy that holds all that the caller needs, which
	// "stateroom policy" prints.
	Policy string

	// tags are those of what is there, by ARN.
	tags map[string]map[string]string
	// listing is of the organization's accounts, once a service control policy is asked for.
	listing  sync.Once
	controls controls
}

// Judge tells what of changes AWS will refuse. It makes no mutating call.
func (p *Preflight) Judge(ctx context.Context, changes ...[]plan.Change) []plan.Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, preflightWait, errPreflightOver)
	defer cancel()
	makers := p.makers(changes...)
	var seen atomic.Int64
	found, err := forEach(ctx, p.Env.Parallel, makers, func(ctx context.Context, c *maker) ([]plan.Finding, error) {
		findings := p.judge(ctx, c)
		if ctx.Err() == nil {
			p.Env.Emit(plan.Event{Kind: plan.EventProgress, Text: checkedForPermission, Done: int(seen.Add(1)), Of: len(makers)})
		}
		return findings, nil
	})
	if err != nil {
		return nil
	}
	if int(seen.Load()) < len(makers) && errors.Is(context.Cause(ctx), errPreflightOver) {
		p.Env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf("After %s, %d of %d %s. AWS answers for the others when the changes are made.",
			preflightWait, seen.Load(), len(makers), checkedForPermission)})
	}
	return plan.Together(append(slices.Concat(found...), p.closed(ctx)...))
}

const checkedForPermission = "accounts checked for permission to make the changes"

// maker is whom an account's changes are made as.
type maker struct {
	account, role, region, environment string
	changes                            []*plan.Change
	// needs are what the changes need, and made the tags of what they make, by ARN: both as
	// long as they are judged, since those of ten thousand accounts weigh much.
	needs []need
	made  map[string]map[string]string
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

// makers are whom the changes are made as, each with its own. Another profile's changes are
// its owner's, and those in an account that is not there yet wait for it.
func (p *Preflight) makers(changes ...[]plan.Change) []*maker {
	p.knownTags()
	all := map[string]*maker{}
	for _, part := range changes {
		for i := range part {
			c := &part[i]
			if c.Profile != "" && p.Caller == nil || len(c.Calls) == 0 || len(awsops.FindRefs(c.Account)) > 0 {
				continue
			}
			key := c.Account + "/" + c.Role
			if all[key] == nil {
				all[key] = &maker{account: c.Account, role: c.Role, region: c.Region, environment: c.Environment}
			}
			all[key].changes = append(all[key].changes, c)
		}
	}
	makers := make([]*maker, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		makers = append(makers, all[key])
	}
	return makers
}

// read finds what a maker's changes need, and what they make. What nobody knows the ARN of
// is not judged.
func (p *Preflight) read(who *maker) {
	who.made = map[string]map[string]string{}
	for _, c := range who.changes {
		at := p.place(c)
		for _, call := range c.Calls {
			for _, right := range call.Rights(at) {
				if right.Resource != "" && len(awsops.FindRefs(right.Resource)) == 0 {
					who.needs = append(who.needs, need{right, c.ID})
				}
			}
			if arn, tags := call.Makes(at); len(tags) > 0 {
				who.made[arn] = tags
			}
		}
	}
}

// tagsOf are those of what is there or is made by the maker's changes.
func (p *Preflight) tagsOf(c *maker, arn string) (map[string]string, bool) {
	if tags, made := c.made[arn]; made {
		return tags, true
	}
	tags, there := p.tags[arn]
	return tags, there
}

// place is where a change is made. Users and groups are the admin account's; of roles a
// change knows its own.
func (p *Preflight) place(c *plan.Change) awsops.Place {
	return awsops.Place{
		Partition: p.Observed.partition(), Account: c.Account, Region: c.Region,
		Named: func(kind, name string) string {
			switch kind {
			case "user":
				return userARN(p.Observed, p.Answers, name)
			case "group":
				return p.group(name)
			}
			return c.Target
		},
	}
}

// group is the ARN of a group: the blueprint's, or one that was seen; empty for every
// other.
func (p *Preflight) group(name string) string {
	if _, seen := p.Observed.IAM.Groups[name]; !seen && p.Observed.IAM.Groups != nil {
		return ""
	}
	return groupARN(p.Observed, p.Answers, name)
}

// knownTags are those of what is there.
func (p *Preflight) knownTags() {
	p.tags = map[string]map[string]string{}
	for _, u := range p.Observed.IAM.Users {
		if u.User != nil {
			p.tags[u.User.ARN] = u.User.Tags
		}
	}
	for name := range p.Observed.IAM.Groups { // which take no tags
		p.tags[p.group(name)] = map[string]string{}
	}
	for _, policy := range p.Observed.IAM.Policies {
		p.tags[policy.ARN] = policy.Tags
	}
	for _, r := range p.Observed.IAM.Roles {
		if r.Role != nil {
			p.tags[r.Role.ARN] = r.Role.Tags
		}
	}
	if key := p.Observed.Key.Key; key != nil {
		p.tags[key.ARN] = p.Observed.Key.Tags
	}
	if table := p.Observed.Lock.Table; table != nil {
		p.tags[table.ARN] = table.Tags
	}
}

// judge asks of one caller.
func (p *Preflight) judge(ctx context.Context, c *maker) []plan.Finding {
	if ctx.Err() != nil {
		return nil
	}
	if c.at = p.Caller; c.at == nil {
		c.at = p.Env.Session(c.account, c.role, c.region)
	}
	defer func() { c.at, c.needs, c.made = nil, nil, nil }() // which go with the work there
	if p.read(c); len(c.needs) == 0 || !p.known(ctx, c) {
		return nil
	}
	for i := range c.needs {
		c.needs[i].Context = p.context(c, c.needs[i].Right)
		_, c.needs[i].Tagged = p.tagsOf(c, c.needs[i].Resource)
	}
	used := p.used(c)
	if len(used) == 0 {
		return nil
	}
	verdicts := p.simulate(ctx, c, slices.Concat(used, c.of(used)))
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

// of are the needs of the services of which the look has used something: nothing that is
// denied of another is believed, so that it need not be asked.
func (c *maker) of(used []need) (asked []need) {
	for _, n := range c.needs {
		if slices.ContainsFunc(used, func(u need) bool { return serviceOf(u.Action) == serviceOf(n.Action) }) {
			asked = append(asked, n)
		}
	}
	return asked
}

// known finds out under which ARN IAM simulates the caller. A session has lost its role's
// path, and the root user has no policies.
func (p *Preflight) known(ctx context.Context, c *maker) bool {
	if c.role != "" {
		role := strings.TrimPrefix(c.role, "/")
		c.principal = "arn:" + p.Observed.partition() + ":iam::" + c.account + ":role/" + role
		c.session = sessionOf(p.Observed.partition(), c.account, role)
		return true
	}
	id := p.Observed.Account.Identity
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
func (p *Preflight) used(c *maker) (used []need) {
	of := map[string][2]string{
		"iam": {"iam:ListPolicies", "*"}, "kms": {"kms:ListAliases", "*"}, "s3": {"s3:ListAllMyBuckets", "*"},
		"organizations": {"organizations:ListAccounts", "*"},
		"dynamodb":      {"dynamodb:DescribeTable", "arn:" + p.Observed.partition() + ":dynamodb:" + c.region + ":" + c.account + ":table/" + p.Answers.Lock.DynamoDBTable},
	}
	seen := map[string]bool{}
	for _, n := range c.needs {
		service := serviceOf(n.Action)
		if seen[service] {
			continue
		}
		seen[service] = true
		right := awsops.Right{Action: of[service][0], Resource: of[service][1]}
		if p.Used != nil {
			right = p.Used[service]
		}
		if c.role != "" {
			right.Action, right.Resource = "iam:GetRole", n.Resource
		}
		if right.Action == "" {
			continue // the look has used nothing of that service
		}
		right.Context = map[string][]string{"aws:SecureTransport": {"true"}}
		if service != "iam" && service != "organizations" {
			right.Context["aws:RequestedRegion"] = []string{c.region}
		}
		right.Context = p.context(c, right)
		used = append(used, need{Right: right})
	}
	return used
}

// context adds to what a call brings what every request of this caller has.
func (p *Preflight) context(c *maker, r awsops.Right) map[string][]string {
	keys := maps.Clone(r.Context)
	keys["aws:PrincipalArn"], keys["aws:PrincipalAccount"], keys["aws:ResourceAccount"] = []string{c.principal}, []string{c.account}, []string{c.account}
	keys["aws:ViaAWSService"] = []string{"false"}
	if strings.Contains(c.principal, ":user/") {
		keys["aws:username"] = []string{lastPart(c.principal)}
	}
	if org := p.Observed.orgID(); org != "" {
		keys["aws:PrincipalOrgID"], keys["aws:ResourceOrgID"] = []string{org}, []string{org}
	}
	if !r.Makes {
		tags, _ := p.tagsOf(c, r.Resource)
		for key, value := range tags {
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
func (p *Preflight) simulate(ctx context.Context, c *maker, needs []need) map[string]awsops.Simulated {
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
