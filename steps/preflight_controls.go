package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

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
	d, of, read := p.decidedByControl(ctx, c.account, c.request(r))
	if !read {
		return cause{by: policy.ServiceControl, unsure: true}, true
	}
	if d.Allowed || !known(d.Missing, r) {
		return cause{}, false
	}
	return cause{by: policy.ServiceControl, name: of, why: d.Why, explicit: d.Explicit, lacks: d.Missing}, true
}

// controls are the service control policies that have been asked for: each level and each
// document once, and a refusal once, since AWS answers five and two of these questions a
// second, and what is attached to the root stands over ten thousand accounts.
type controls struct {
	mu        sync.Mutex
	on        map[string]level
	documents map[string]policy.Document
}

// level are the service control policies on a root, an organizational unit or an account.
type level struct {
	attached []awsops.ControlPolicy
	named    []policy.Named
	err      error
}

func (k *controls) over(ctx context.Context, s *awsops.Session, target string) level {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.on == nil {
		k.on, k.documents = map[string]level{}, map[string]policy.Document{}
	}
	if _, asked := k.on[target]; !asked {
		k.on[target] = k.read(ctx, s, target)
	}
	return k.on[target]
}

func (k *controls) read(ctx context.Context, s *awsops.Session, target string) (l level) {
	if l.attached, l.err = s.ControlPoliciesOn(ctx, target); l.err != nil {
		return l
	}
	for _, c := range l.attached {
		if _, known := k.documents[c.ID]; !known {
			text, err := s.ControlPolicyDocument(ctx, c.ID)
			if err != nil {
				return level{err: err}
			}
			document, err := policy.Parse(text)
			if err != nil {
				return level{err: err}
			}
			k.documents[c.ID] = document
		}
		l.named = append(l.named, policy.Named{Name: c.ARN, Type: policy.ServiceControl, Document: k.documents[c.ID]})
	}
	return l
}

// decidedByControl is what the service control policies over an account say of a request,
// and which of them decides, in words. They are read from the root down, and no further than
// to the first that denies it for certain. Nothing is read where one of them cannot be,
// there are none, or nobody could list where in the organization the account is.
func (p *Preflight) decidedByControl(ctx context.Context, account string, r policy.Request) (d policy.Decision, of string, read bool) {
	p.listing.Do(func() { // a set-up has listed them
		if of := &p.Observed.Account; !of.Listed && of.ListingDenied == nil {
			accounts, err := p.Env.Sessions.Home(p.Answers.StateRegion).Accounts(ctx)
			of.list(accounts)
			of.ListingDenied = err
		}
	})
	member, listed := p.Observed.Account.byID(account)
	if !listed || member.Path == "" {
		return policy.Decision{}, "", false
	}
	all := policy.Policies{Identity: everything}
	var over []awsops.ControlPolicy
	for _, target := range member.Lineage() {
		l := p.controls.over(ctx, p.Env.Sessions.Home(p.Answers.StateRegion), target)
		if l.err != nil {
			return policy.Decision{}, "", false // what cannot be read judges nothing
		}
		if len(l.attached) == 0 {
			continue
		}
		over, all.SCPs = append(over, l.attached...), append(all.SCPs, l.named)
		if d = policy.Evaluate(r, all); d.Explicit && len(d.Missing) == 0 {
			break
		}
	}
	for _, c := range over {
		if c.ARN == d.Policy {
			d.Why = unnamed(d.Why, c.ARN)
			of = fmt.Sprintf("%s (%s), attached to %s", c.Name, c.ID, c.Target)
			break
		}
	}
	return d, of, len(over) > 0
}

// unnamed leaves out of an explanation which policy it is, where that is said beside it.
func unnamed(why, policy string) string { return strings.Replace(why, " of policy "+policy, "", 1) }

// explain names the service control policies that AWS refused changes by. In an account
// of which IAM was not asked before, that is known only now.
func (s *Setup) explain(ctx context.Context, env *engine.Env, failed []plan.FailedChange) (findings []plan.Finding) {
	ctx, cancel := context.WithTimeoutCause(ctx, preflightWait, errPreflightOver)
	defer cancel()
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
	d, of, _ := p.decidedByControl(ctx, c.account, c.request(right))
	if d.Allowed || of == "" {
		return nil
	}
	found := p.refused(c, cause{by: policy.ServiceControl, name: of}, []denial{{need{Right: right}, cause{lacks: d.Missing}}})
	found.Evidence = fmt.Sprintf("Service control policy %s refused %s to %s in account %s (%s).", of, right.Action, e.Identity, c.account, d.Why)
	found.RequestIDs, found.Stops = awsops.RequestIDs(err), nil
	return &found
}
