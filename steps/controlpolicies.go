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
func (p *preflight) controlled(ctx context.Context, c *maker, r awsops.Right) (cause, bool) {
	levels := p.overAccount(ctx, c.account)
	if len(levels) == 0 {
		return cause{by: policy.ServiceControl, unsure: true}, true
	}
	d, of := decidedByControl(levels, c.request(r))
	if d.Allowed || !known(d.Missing, r) {
		return cause{}, false
	}
	return cause{by: policy.ServiceControl, name: of, why: d.Why, explicit: d.Explicit}, true
}

// overAccount are the service control policies over an account; none where they cannot be
// read, or nobody could list where in the organization it is.
func (p *preflight) overAccount(ctx context.Context, account string) [][]awsops.ControlPolicy {
	member, listed := p.o.Account.byID(account)
	if !listed || member.Path == "" {
		return nil
	}
	levels, err := p.env.Sessions.Home(p.a.StateRegion).ControlPolicies(ctx, member)
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
				d.Why = strings.Replace(d.Why, p.ARN, p.Name, 1)
				return d, fmt.Sprintf("%s (%s), attached to %s", p.Name, p.ID, p.Target)
			}
		}
	}
	return d, ""
}

// explain names the service control policies that AWS refused a change by, where the
// organization lets them be read: its own words name no more than the type. In an account
// of which IAM was not asked before, that is known only now.
func (s *Setup) explain(ctx context.Context, env *engine.Env, failed []plan.FailedChange) (findings []plan.Finding) {
	for _, f := range failed {
		refusal, denied := awsops.DenialOf(f.Err)
		var e *awsops.Error
		if !denied || policy.Type(refusal.Policy) != policy.ServiceControl || !errors.As(f.Err, &e) {
			continue
		}
		p := &preflight{env: env, a: s.Answers, o: s.observed}
		c := &maker{account: e.Account, role: f.Change.Role, session: e.Identity, environment: f.Change.Environment}
		c.principal = e.Identity
		if c.role != "" {
			c.principal = "arn:" + p.o.partition() + ":iam::" + c.account + ":role/" + strings.TrimPrefix(c.role, "/")
		}
		right := awsops.Right{Action: refusal.Action, Resource: refusal.Resource, Context: map[string][]string{"aws:RequestedRegion": {e.Region}}}
		right.Context = p.context(c, right)
		if d, of := decidedByControl(p.overAccount(ctx, c.account), c.request(right)); !d.Allowed && of != "" {
			found := refused(c, cause{by: policy.ServiceControl, name: of, why: d.Why}, []denial{{need: need{right, f.Change.ID}}})
			found.Evidence = fmt.Sprintf("Change %s was refused by service control policy %s (%s).", f.Change.ID, of, d.Why)
			found.RequestIDs = awsops.RequestIDs(f.Err)
			findings = append(findings, found)
		}
	}
	return plan.Together(findings)
}
