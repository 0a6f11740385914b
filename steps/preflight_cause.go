package steps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/plan"
)

// cause is why a call is not allowed.
type cause struct {
	by policy.Type
	// name is the policy that decides, where it is known; why says how, in words.
	name, why string
	explicit  bool
	// lacks are the condition keys that the request does not have and a policy asks for.
	lacks []string
	// unsure says that AWS's simulation alone says so, and is known to be wrong at times.
	unsure bool
}

// denial is a right that a change needs and its caller does not have.
type denial struct {
	need
	cause
}

// cause finds out what denies, and whether that is certain: it is not where it rests on a
// condition key that nobody could give, nor where a policy of the resource may allow what
// the caller's own do not. What a simulation says of service control policies is a hint
// only, since it leaves out or misjudges those with conditions (aws-sdk#102, aws-cli#10525):
// the policies themselves tell, and the boundary does where it can be read.
func (p *Preflight) cause(ctx context.Context, c *maker, r awsops.Right, d awsops.Simulated) (cause, bool) {
	if !known(d.Missing, r) {
		return cause{}, false
	}
	switch {
	case d.ByOrganization:
		return p.controlled(ctx, c, r)
	case d.ByBoundary:
		return p.bounded(ctx, c, r, d)
	case d.Explicit:
		return cause{by: policy.IdentityBased, explicit: true, name: strings.Join(d.Policies, ", "), lacks: d.Missing}, true
	}
	return cause{by: policy.IdentityBased, lacks: d.Missing}, !p.granted(c, r, nil)
}

// known tells whether a decision rests on nothing but what is known of the request.
func known(missing []string, r awsops.Right) bool {
	return !slices.ContainsFunc(missing, func(key string) bool { return !r.Lacks(key) })
}

// request is the call as the policies judge it.
func (c *maker) request(r awsops.Right) policy.Request {
	return policy.Request{
		Principal: c.session, PrincipalAccount: c.account, Action: r.Action, Resource: r.Resource, ResourceAccount: c.account, Context: r.Context,
	}
}

// bounded reads the caller's permissions boundary. Where that cannot be read AWS's word
// for it counts, which names what it misses.
func (p *Preflight) bounded(ctx context.Context, c *maker, r awsops.Right, d awsops.Simulated) (cause, bool) {
	found := cause{by: policy.PermissionsBoundary, explicit: d.Explicit}
	if !d.Explicit && p.granted(c, r, &policy.Named{}) {
		return cause{}, false
	}
	arn := p.boundaryOf(ctx, c)
	if arn == "" {
		return found, true
	}
	found.name = arn
	boundary, err := c.at.Policy(ctx, arn)
	if err != nil || boundary == nil {
		return found, true
	}
	decision := policy.Evaluate(c.request(r), policy.Policies{Identity: everything, Boundary: &policy.Named{Name: arn, Document: policy.ParseOrEmpty(boundary.Document)}})
	found.why, found.explicit, found.lacks = unnamed(decision.Why, arn), decision.Explicit, decision.Missing
	return found, !decision.Allowed && known(decision.Missing, r)
}

// boundaryOf is the ARN of the caller's permissions boundary, empty where it cannot be
// seen.
func (p *Preflight) boundaryOf(ctx context.Context, c *maker) string {
	name := lastPart(c.principal)
	if strings.Contains(c.principal, ":user/") {
		if user, err := c.at.User(ctx, name); err == nil && user != nil {
			return user.Boundary
		}
		return ""
	}
	if role, err := c.at.Role(ctx, name); err == nil && role != nil {
		return role.Boundary
	}
	return ""
}

// granted tells whether the resource's own policy may allow the caller by itself what the
// caller's policies do not, or what an empty boundary does not. Its conditions count as
// met, and one that is not known as one that may.
func (p *Preflight) granted(c *maker, r awsops.Right, boundary *policy.Named) bool {
	var text policy.Document
	switch key, bucket := p.Observed.Key.Key, p.Observed.Bucket.Bucket; serviceOf(r.Action) {
	case "kms":
		if key == nil || !strings.Contains(r.Resource, ":key/") || r.Made {
			return false
		}
		if key.ARN != r.Resource || len(p.Observed.Key.Policy.Statements) == 0 {
			return true
		}
		text = p.Observed.Key.Policy
	case "s3":
		if r.Makes || bucket == nil || bucket.Ownership == awsops.BucketFree {
			return false
		}
		var err error
		if text, err = policy.Parse(cmp.Or(bucket.Policy, "{}")); bucket.Ownership != awsops.BucketOurs || err != nil && bucket.Policy != "" {
			return true
		}
	case "dynamodb":
		return p.Observed.Lock.Table != nil // whose policy nobody has read
	default:
		return false
	}
	open := policy.Document{Version: text.Version}
	for _, s := range text.Statements {
		if s.Effect == policy.Allow {
			s.Conditions = nil
			open.Statements = append(open.Statements, s)
		}
	}
	return policy.Evaluate(c.request(r), policy.Policies{Resource: &policy.Named{Document: open}, Boundary: boundary}).Allowed
}

// told makes findings of what a caller may not do, one for each policy that forbids it.
func (p *Preflight) told(c *maker, denied []denial) (findings []plan.Finding) {
	var causes []cause
	for _, d := range denied {
		same := func(have cause) bool {
			return have.by == d.by && have.name == d.name && have.unsure == d.unsure && have.explicit == d.explicit
		}
		if slices.ContainsFunc(causes, same) {
			continue
		}
		causes = append(causes, d.cause)
		findings = append(findings, p.refused(c, d.cause, slices.DeleteFunc(slices.Clone(denied), func(o denial) bool { return !same(o.cause) })))
	}
	return findings
}

// refused is the finding of what one policy forbids a caller.
func (p *Preflight) refused(c *maker, why cause, denied []denial) plan.Finding {
	var rights, stops, lacks []string
	for _, d := range denied {
		lacks = append(lacks, d.lacks...)
		if right := d.Action + " on " + d.Resource; !slices.Contains(rights, right) {
			rights = append(rights, right)
		}
		stops = append(stops, d.change)
	}
	what := rights[0]
	if len(rights) > 1 {
		what += fmt.Sprintf(" and %d more of what the plan calls for", len(rights)-1)
	}
	f := plan.Finding{Of: plan.StepAccount, Subject: c.environment, Severity: plan.Failure, Stops: slices.Compact(stops)}
	if len(rights) > 1 {
		f.Details = strings.Join(rights, "\n")
	}
	sentence, how := fmt.Sprintf("%s may not do %s in account %s: ", c.principal, what, c.account), ""
	if why.why != "" {
		how = " (" + why.why + ")"
	}
	const left = " So says iam:SimulatePrincipalPolicy; what needs it was left out."
	switch {
	case why.unsure:
		f.ID, f.Severity, f.Stops = "account.scp-unsure", plan.Info, nil
		f.Evidence = fmt.Sprintf("iam:SimulatePrincipalPolicy says that service control policies do not let %s do %s in account %s. It misjudges those with conditions, and the policies themselves cannot be read from here.", c.principal, what, c.account)
		f.Remedy = "No action needed: stateroom tries it anyway. To have it checked first, give the operator organizations:ListAccounts, ListPoliciesForTarget and DescribePolicy, in the management account or one to which it delegates them."
	case why.by == policy.ServiceControl:
		f.ID = "account.scp-denies"
		f.Evidence = sentence + "service control policy " + why.name + " forbids it" + how + "." + left
		if why.name == "" {
			f.Evidence = sentence + "no service control policy of one of the levels over the account allows it" + how + "." + left
		}
		f.Remedy = "Ask whoever manages the organization's policies to allow it, or use an account that is not under them. No permission that is granted there helps."
	case why.by == policy.PermissionsBoundary:
		f.ID = "account.boundary-denies"
		f.Evidence = sentence + strings.TrimSpace("its permissions boundary "+why.name) + " does not let it" + how + "." + left
		f.Remedy = "Ask whoever manages the boundary to allow it" + p.otherwise("an identity that it does not bound") + ". No other permission helps."
	case why.explicit:
		f.ID = "account.right-denied"
		f.Evidence = sentence + "a Deny statement of " + cmp.Or(why.name, "one of its policies") + " forbids it." + left
		f.Remedy = "Remove the Deny, unless it is intended" + p.otherwise("an identity that it does not apply to") + ". No Allow helps."
	default:
		f.ID = "account.right-missing"
		f.Evidence = sentence + "none of its policies allows it." + left
		f.Remedy = "Grant it there (stateroom policy " + p.Policy + " prints all that is needed)" + p.otherwise("an identity that has it") + "."
	}
	if ways := waysOut(c, slices.Compact(slices.Sorted(slices.Values(lacks)))); len(ways) > 0 && !why.unsure {
		f.Remedy = strings.Join(ways, " ") + " Otherwise: " + f.Remedy
	}
	if p.Caller != nil {
		f.Remedy = "Ask the operator to do this: " + f.Remedy
	}
	return f
}

// waysOut are what the blueprint can give that a policy asks for by these condition keys,
// which the requests lack.
func waysOut(c *maker, keys []string) (ways []string) {
	for _, key := range keys {
		kind, tag, _ := strings.Cut(key, "/")
		switch strings.ToLower(kind) {
		case "aws:requesttag":
			ways = append(ways, fmt.Sprintf("The policy asks for the tag %s on what is made: stateroom setup --set %s gives it, with the value that your organization wants.", tag, plan.Shell("tags."+tag+"=VALUE")))
		case "aws:resourcetag", "iam:resourcetag":
			ways = append(ways, fmt.Sprintf("The policy asks for the tag %s on what is changed: stateroom setup --set %s gives it to what stateroom makes. A group cannot have tags.", tag, plan.Shell("tags."+tag+"=VALUE")))
		case "aws:principaltag":
			ways = append(ways, fmt.Sprintf("The policy asks for the tag %s on whoever makes the call: run as an identity that has it.", tag))
		case "iam:permissionsboundary":
			if c.environment != "" {
				ways = append(ways, fmt.Sprintf("The policy asks for a permissions boundary: stateroom setup --set environment.%s.permissions_boundary=ARN gives it to the role.", c.environment))
			} else {
				ways = append(ways, "The policy asks for a permissions boundary: have the users made with it by whoever may, then run stateroom setup again, which uses users that are there.")
			}
		}
	}
	return ways
}

// otherwise is the other way out: whoever makes a key of their own cannot be somebody
// else.
func (p *Preflight) otherwise(identity string) string {
	if p.Caller != nil {
		return ""
	}
	return ", or run as " + identity
}
