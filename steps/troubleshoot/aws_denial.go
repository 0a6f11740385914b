package troubleshoot

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/plan"
)

// The types of policy in AWS's words.
const (
	byIdentity = string(policy.IdentityBased)
	byResource = string(policy.ResourceBased)
	byBoundary = string(policy.PermissionsBoundary)
	byControl  = string(policy.ServiceControl)
	byTrust    = string(policy.RoleTrust)
)

// refusal is why something is denied, as far as it can be told.
type refusal struct {
	// by is the type of policy that denies or does not allow; empty where two
	// remain.
	by       string
	explicit bool
	// why is what AWS's own words do not say: sentences, or nothing.
	why string
}

// question is one action of a login on one resource.
type question struct {
	action, resource string
	err              error // of the call that asked live, nil where none did
	rights           rights
	// attached is the resource's own policy, nil where it has none or where it
	// may not be read; context are the request's condition keys.
	attached *policy.Named
	context  map[string][]string
}

// explain says why a question was answered with no: in AWS's own words, else by
// the simulation, else by the resource's policy. Where two causes remain it
// lists both with what would tell them apart.
func (f *facts) explain(l *login, q question) refusal {
	d, _ := awsops.DenialOf(q.err)
	s, known := q.rights.of(q.action, q.resource)
	switch {
	case d.Policy == byResource || d.Policy == byTrust:
		return refusal{by: d.Policy, explicit: d.Explicit, why: f.inWords(l, q, d.Policy, d.Explicit)}
	case d.Policy != "":
		return refusal{by: d.Policy, explicit: d.Explicit, why: strings.TrimSpace(decidedBy(s))}
	case known && !s.Allowed:
		r := simulatedRefusal(s)
		r.why = f.inWords(l, q, r.by, r.explicit) + " So says iam:SimulatePrincipalPolicy." + decidedBy(s)
		return r
	}
	decision, judged := f.evaluate(l, q)
	switch {
	case judged && !decision.Allowed:
		by := string(decision.Type)
		return refusal{by: by, explicit: decision.Explicit, why: f.inWords(l, q, by, decision.Explicit)}
	case known && !judged:
		return refusal{by: byResource, why: fmt.Sprintf("The identity's own policies allow %s on %s, so that the policy of the resource is what refuses; it may not be read from here.", q.action, q.resource)}
	}
	return refusal{why: fmt.Sprintf("Either no policy of %s allows %s on %s, or the policy of the resource or of the organization refuses it. "+
		"To tell: aws iam simulate-principal-policy --policy-source-arn %s --action-names %s --resource-arns '%s'; allowed means the latter.",
		l.who(), q.action, q.resource, l.who(), q.action, q.resource)}
}

func simulatedRefusal(s awsops.Simulated) refusal {
	switch {
	case s.ByOrganization:
		return refusal{by: byControl, explicit: true}
	case s.ByBoundary:
		return refusal{by: byBoundary, explicit: s.Explicit}
	}
	return refusal{by: byIdentity, explicit: s.Explicit}
}

func decidedBy(s awsops.Simulated) string {
	if !s.Explicit || len(s.Policies) == 0 {
		return ""
	}
	return " The denying policy is " + strings.Join(s.Policies, ", ") + "."
}

// inWords names what a type of policy means here.
func (f *facts) inWords(l *login, q question, by string, explicit bool) string {
	if by == byResource || by == byTrust {
		if d, judged := f.evaluate(l, q); judged && !d.Allowed {
			return "The policy of " + q.resource + " decides: " + d.Why + "."
		}
	}
	what := map[string]string{
		byIdentity: "its own or its groups' policies", byResource: "the policy of " + q.resource, byTrust: "the trust policy of " + q.resource,
		byBoundary: "its permissions boundary",
	}[by]
	switch {
	case by == byControl:
		return fmt.Sprintf("A service control policy of the organization forbids %s on %s to %s.", q.action, q.resource, l.who())
	case what == "":
		return fmt.Sprintf("A %s refuses %s on %s to %s.", by, q.action, q.resource, l.who())
	case explicit:
		return fmt.Sprintf("A Deny statement in %s forbids %s on %s to %s.", what, q.action, q.resource, l.who())
	}
	return fmt.Sprintf("Nothing in %s allows %s on %s to %s.", what, q.action, q.resource, l.who())
}

// evaluate judges a question by the resource's policy alone; judged is false
// without one. The identity counts as allowed everything.
func (f *facts) evaluate(l *login, q question) (d policy.Decision, judged bool) {
	if q.attached == nil || !l.works(f) {
		return policy.Decision{}, false
	}
	return policy.Evaluate(f.request(l, q), policy.Policies{
		Identity: []policy.Named{{Name: "everything", Document: policy.Document{Statements: []policy.Statement{{
			Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"},
		}}}}},
		Resource: q.attached,
	}), true
}

func (f *facts) request(l *login, q question) policy.Request {
	r := policy.Request{
		Principal: l.identity.ARN, Action: q.action, Resource: q.resource, ResourceAccount: accountIn(q.resource, f.answers.AdminAccount),
		Context: map[string][]string{"aws:SecureTransport": {"true"}},
	}
	if l.principal != "" {
		r.Context["aws:PrincipalArn"] = []string{l.principal}
	}
	if f.organization != "" {
		r.Context["aws:PrincipalOrgID"] = []string{f.organization}
	}
	for key, values := range q.context {
		r.Context[key] = values
	}
	return r
}

// accountIn is the account in an ARN, or the one given for a bucket's, which
// has none.
func accountIn(arn, otherwise string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[4] != "" {
		return parts[4]
	}
	return otherwise
}

// bucketPolicy is the policy of the blueprint's bucket, nil for another bucket
// and where it may not be read.
func (f *facts) bucketPolicy(bucket string) *policy.Named {
	b := f.observed.Bucket.Bucket
	if bucket != f.answers.Bucket.Name || b == nil || !f.looked(plan.StepBucket) {
		return nil
	}
	return named("bucket policy", policy.ResourceBased, b.Policy)
}

// keyPolicy is the policy of the blueprint's key, nil for another key and where
// it may not be read.
func (f *facts) keyPolicy(arn string) *policy.Named {
	k := f.observed.Key
	if k.Key == nil || k.Key.ARN != arn || !f.looked(plan.StepKey) || len(k.Policy.Statements) == 0 {
		return nil
	}
	return &policy.Named{Name: "key policy", Type: policy.ResourceBased, Document: k.Policy}
}

func named(name string, kind policy.Type, text string) *policy.Named {
	if text == "" {
		return &policy.Named{Name: name, Type: kind}
	}
	doc, err := policy.Parse(text)
	if err != nil {
		return nil // what cannot be read decides nothing here
	}
	return &policy.Named{Name: name, Type: kind, Document: doc}
}

// unblocked is a document without the Deny statements that refuse any of the
// questions, but for the blueprint's own; removed are their names.
func (f *facts) unblocked(l *login, doc policy.Document, kind policy.Type, own policy.Document, questions []question) (out policy.Document, removed []string) {
	out = doc
	out.Statements = slices.Clone(doc.Statements)
	for _, q := range questions {
		for {
			q.attached = &policy.Named{Name: "policy", Type: kind, Document: out}
			d, _ := f.evaluate(l, q)
			if !d.Explicit || policy.Covers(own, out.Statements[d.Statement]) {
				break
			}
			name := d.Sid
			if name == "" {
				name = fmt.Sprintf("statement-%d", d.Statement+1)
			}
			removed = append(removed, name)
			out.Statements = slices.Delete(out.Statements, d.Statement, d.Statement+1)
		}
	}
	return out, removed
}
