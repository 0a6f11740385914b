package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// everything lets other policies decide.
var everything = []policy.Named{{Name: "everything", Document: policy.Document{Statements: []policy.Statement{{
	Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"},
}}}}}

// controlled reads the service control policies over the account.
func (p *Preflight) controlled(ctx context.Context, c *maker, r awsops.Right) (cause, bool) {
	levels := p.overAccount(ctx, c.account)
	if len(levels) == 0 {
		return cause{by: policy.ServiceControl, unsure: true}, true
	}
	d, of := decidedByControl(levels, c.request(r))
	if d.Allowed || !known(d.Missing, r) {
		return cause{}, false
	}
	return cause{by: policy.ServiceControl, name: of, why: d.Why, explicit: d.Explicit, lacks: d.Missing}, true
}

// overAccount are the service control policies over an account; none where they cannot be
// read, or nobody could list where in the organization it is.
func (p *Preflight) overAccount(ctx context.Context, account string) [][]awsops.ControlPolicy {
	p.listing.Do(func() { // a set-up has listed them
		if of := &p.Observed.Account; !of.Listed && of.ListingDenied == nil {
			accounts, err := p.Env.Sessions.Home(p.Answers.StateRegion).Accounts(ctx)
			of.list(accounts)
			of.ListingDenied = err
		}
	})
	member, listed := p.Observed.Account.byID(account)
	if !listed || member.Path == "" {
		return nil
	}
	levels, err := p.Env.Sessions.Home(p.Answers.StateRegion).ControlPolicies(ctx, member)
	for _, level := range levels {
		for _, p := range level {
			if _, unread := policy.Parse(p.Document); unread != nil {
				err = unread
			}
		}
	}
	if err != nil {
		return nil // what cannot be read judges nothing
	}
	return levels
}

// decidedByControl is what service control policies say of a request, and which of them
// decides, in words.
func decidedByControl(levels [][]awsops.ControlPolicy, r policy.Request) (policy.Decision, string) {
	all := policy.Policies{Identity: everything}
	for _, level := range levels {
		var named []policy.Named
		for _, p := range level {
			named = append(named, policy.Named{Name: p.ARN, Type: policy.ServiceControl, Document: policy.ParseOrEmpty(p.Document)})
		}
		all.SCPs = append(all.SCPs, named)
	}
	d := policy.Evaluate(r, all)
	for _, level := range levels {
		for _, p := range level {
			if p.ARN == d.Policy {
				d.Why = unnamed(d.Why, p.ARN)
				return d, fmt.Sprintf("%s (%s), attached to %s", p.Name, p.ID, p.Target)
			}
		}
	}
	return d, ""
}

// unnamed leaves out of an explanation which policy it is, where that is said beside it.
func unnamed(why, policy string) string { return strings.Replace(why, " of policy "+policy, "", 1) }

// explain names the service control policies that AWS refused changes by. In an account
// of which IAM was not asked before, that is known only now.
func (s *Setup) explain(ctx context.Context, env *engine.Env, failed []plan.FailedChange) (findings []plan.Finding) {
	p := &Preflight{Env: env, Answers: s.Answers, Observed: s.observed, Policy: "operator"}
	for _, f := range failed {
		c := &maker{account: f.Change.Account, role: f.Change.Role, environment: f.Change.Environment}
		if found := p.refusal(ctx, c, f.Change.Target, f.Err); found != nil {
			found.Stops = []string{f.Change.ID}
			findings = append(findings, *found)
		}
	}
	return plan.Together(findings)
}

// closed names the service control policies that keep an environment from being looked
// into. What it stops is said by iam.environment-unreachable.
func (p *Preflight) closed(ctx context.Context) (findings []plan.Finding) {
	for _, e := range p.Observed.environments(p.Answers.Environments) {
		f := p.Observed.Role(e.Name)
		c := &maker{account: e.Account, role: f.Reach, environment: e.Name}
		if found := p.refusal(ctx, c, p.Answers.RoleARN(p.Observed.partition(), e), f.Unreachable); found != nil {
			found.Severity = plan.Info
			findings = append(findings, *found)
		}
	}
	return findings
}

// refusal names the service control policy that refused a call, where the organization
// lets it be read: AWS's own words name no more than the type, and some resources by their
// friendly names, in whose place the target stands. It is nil for every other error.
func (p *Preflight) refusal(ctx context.Context, c *maker, target string, err error) *plan.Finding {
	said, denied := awsops.DenialOf(err)
	var e *awsops.Error
	if !denied || policy.Type(said.Policy) != policy.ServiceControl || !errors.As(err, &e) {
		return nil
	}
	c.session, c.principal = e.Identity, e.Identity
	if c.role != "" {
		c.principal = "arn:" + p.Observed.partition() + ":iam::" + c.account + ":role/" + strings.TrimPrefix(c.role, "/")
	}
	if _, is := awsops.ParseARN(said.Resource); is {
		target = said.Resource
	}
	right := awsops.Right{Action: said.Action, Resource: target, Context: map[string][]string{"aws:RequestedRegion": {e.Region}}}
	right.Context = p.context(c, right)
	d, of := decidedByControl(p.overAccount(ctx, c.account), c.request(right))
	if d.Allowed || of == "" {
		return nil
	}
	found := p.refused(c, cause{by: policy.ServiceControl, name: of}, []denial{{need{Right: right}, cause{lacks: d.Missing}}})
	found.Evidence = fmt.Sprintf("Service control policy %s refused %s to %s in account %s (%s).", of, right.Action, e.Identity, c.account, d.Why)
	found.RequestIDs, found.Stops = awsops.RequestIDs(err), nil
	return &found
}
