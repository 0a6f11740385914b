package account

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// question is one action of an identity on one resource.
type question struct {
	by *identity
	// at is the state for whose sake it is asked; nil for an environment's role.
	at               *stateAccess
	action, resource string
	err              error // of the call that asked live, nil where none did
	rights           rights
	// attached is the resource's own policy, nil where it has none or where it
	// may not be read; context are the request's condition keys.
	attached *policy.Named
	context  map[string][]string
}

// ask is a question for the state's sake, about something in its bucket. A write carries
// the headers that the backend sends with it.
func (s *stateAccess) ask(f *facts, action, resource string) question {
	q := question{by: s.in.by, at: s, action: action, resource: resource, rights: s.rights, attached: bucketPolicy(f, s.Bucket)}
	if action == "s3:PutObject" {
		q.context = s.written(f).Headers()
	}
	return q
}

// forbidden is what is wrong where a Deny statement decided, by whose it is.
func forbidden(by policy.Type, ofKey bool) string {
	whose := "the " + string(cmp.Or(by, "policy"))
	switch {
	case by == policy.ResourceBased && ofKey:
		whose = "the policy of the key"
	case by == policy.ResourceBased:
		whose = "the policy of the bucket"
	}
	return "A Deny in " + whose + " forbids it; no permission outweighs that."
}

// denial makes a fault of a refusal: whose policy it is decides who can mend
// it and how.
func denial(f *facts, c health.Question, q question, d *diagnosis.Diagnosis) health.Result {
	who, why := q.by.who(), reasonOf(f, q)
	ofKey := strings.HasPrefix(q.action, "kms:")
	if why.Explicit && strings.HasPrefix(q.action, "s3:") {
		d = diagnosis.ExplicitDeny
	}
	evidence, answer := why.Why, "Denied."
	if q.err != nil {
		evidence, answer = strings.TrimSpace(diagnosis.Describe(q.err)+" "+why.Why), diagnosis.Answer(q.err)
	}
	if q.by.stranger() {
		return c.Undecided("%s is not one of the blueprint's users, whose groups alone get permissions to the state: %s", who, evidence)
	}
	// One missing right is one fault, whatever states it concerns.
	cause := q.action
	if why.Type == policy.ResourceBased || ofKey {
		cause, _, _ = strings.Cut(q.action, ":") // one bucket's policy, or one key
	}
	x := faultOf(d, strings.Join([]string{q.by.profile, cause, string(why.Type)}, " "), evidence)
	x.Err, x.Who, x.Name = q.err, who, q.by.short()
	x.Details = decisionPath(f, q, why)
	if why.Explicit {
		x.Lead = forbidden(why.Type, ofKey)
	}
	if stray := q.at.Strays(f.answers); stray != "" && why.Type != policy.ResourceBased && !ofKey {
		x.Evidence += " " + stray
		x.Remedy = "Correct the backend, then run terraform init -reconfigure."
		return c.Failed(answer, x)
	}
	switch why.Type {
	case policy.IdentityBased, "":
		x.Needs = grant(f, q)
		x.Remedy = fmt.Sprintf("Allow %s on %s in a policy of the group: stateroom setup does, run by the operator.", q.action, q.resource)
		if why.Explicit {
			x.Remedy = "Remove the Deny statement from that policy, unless it is intended."
			x.Needs = []string{fmt.Sprintf("Remove the Deny of %s on %s from the policy named above, which is not one of the blueprint's.", q.action, q.resource)}
		}
		x.Changes = planned(f, q.by.ofItsGroups)
		if why.Type == policy.IdentityBased && !why.Explicit {
			x.Lacks = q.action
		}
	case policy.ResourceBased:
		deniedByResource(f, q, &x)
	default:
		byOthers(&x, why.Type, who, q.action+" on "+q.resource)
	}
	return c.Failed(answer, x)
}

// byOthers leaves a fault to whoever is responsible for a policy above the blueprint's.
func byOthers(x *health.Result, by policy.Type, who, what string) {
	x.Lead = fmt.Sprintf("The %s forbids it; no permission outweighs that.", by)
	x.Remedy = fmt.Sprintf("Ask whoever is responsible for the %s to change it: it is not the blueprint's.", by)
	x.Needs = []string{fmt.Sprintf("A %s that lets %s do %s.", by, who, what)}
}

// ofItsGroups tells the changes that give an identity's groups what they lack.
func (id *identity) ofItsGroups(c plan.Change) bool {
	return slices.Contains(id.groups, c.Group) && (c.User == "" || c.User == id.user)
}

// deniedByResource tells the bucket's or the key's own policy. A statement that
// is none of the blueprint's can be taken out.
func deniedByResource(f *facts, q question, x *health.Result) {
	x.Remedy = fmt.Sprintf("Correct the policy of %s: it refuses %s to %s.", q.resource, q.action, q.by.who())
	x.Needs = []string{fmt.Sprintf("A policy of %s that does not refuse %s to %s; stateroom setup shows what the blueprint wants.", q.resource, q.action, q.by.who())}
	unblock := func() (plan.Change, bool) { return unblockBucket(f, q.at.in) }
	if strings.HasPrefix(q.action, "kms:") {
		x.Changes = planned(f, sends("kms", "PutKeyPolicy"))
		unblock = func() (plan.Change, bool) { return unblockKey(f, q) }
	}
	if c, can := unblock(); can {
		x.Changes = append(x.Changes, c)
	}
}

// reasonOf says why a question was answered with no: in AWS's own words, else by
// the simulation, else by the resource's policy. Where two causes remain the type is
// empty, and both are listed with what would tell them apart. Why is what AWS's own
// words do not say: sentences, or nothing.
func reasonOf(f *facts, q question) policy.Decision {
	d, _ := awsops.DenialOf(q.err)
	s, known := q.rights.of(q.action, q.resource)
	decision, judged := evaluate(f, q)
	decides := func(by policy.Type, explicit bool, more string) policy.Decision {
		return policy.Decision{Type: by, Explicit: explicit, Why: reasonText(f, q, by, explicit) + more}
	}
	switch by := policy.Type(d.Policy); {
	case by == policy.ResourceBased || by == policy.RoleTrust:
		return decides(by, d.Explicit, "")
	case by != "":
		return policy.Decision{Type: by, Explicit: d.Explicit, Why: strings.TrimSpace(decidedBy(s))}
	case known && !s.Allowed:
		by := simulatedBy(s)
		return decides(by, s.Explicit || by == policy.ServiceControl, " So says iam:SimulatePrincipalPolicy."+decidedBy(s))
	case judged && !decision.Allowed:
		return decides(decision.Type, decision.Explicit, "")
	case known && !judged:
		return policy.Decision{Type: policy.ResourceBased, Why: fmt.Sprintf("The identity's own policies allow %s on %s, so the resource's own policy refuses it; that may not be read from here.", q.action, q.resource)}
	}
	return policy.Decision{Why: fmt.Sprintf("Either no policy of %[1]s allows %[2]s on %[3]s, or the policy of the resource or of the organization refuses it. "+
		"To tell: aws iam simulate-principal-policy --policy-source-arn %[1]s --action-names %[2]s --resource-arns '%[3]s'; allowed means the latter.",
		q.by.who(), q.action, q.resource)}
}

// simulatedBy is the type of the policy that decided a simulation.
func simulatedBy(s awsops.Simulated) policy.Type {
	switch {
	case s.ByOrganization:
		return policy.ServiceControl
	case s.ByBoundary:
		return policy.PermissionsBoundary
	}
	return policy.IdentityBased
}

func decidedBy(s awsops.Simulated) string {
	if !s.Explicit || len(s.Policies) == 0 {
		return ""
	}
	return " The denying policy is " + strings.Join(s.Policies, ", ") + "."
}

// reasonText says what it means here that a type of policy decides.
func reasonText(f *facts, q question, by policy.Type, explicit bool) string {
	if by == policy.ResourceBased || by == policy.RoleTrust {
		if d, judged := evaluate(f, q); judged && !d.Allowed {
			return "The policy of " + q.resource + " decides: " + d.Why + "."
		}
	}
	what := map[policy.Type]string{
		policy.IdentityBased: "its own or its groups' policies", policy.ResourceBased: "the policy of " + q.resource, policy.RoleTrust: "the trust policy of " + q.resource,
		policy.PermissionsBoundary: "its permissions boundary",
	}[by]
	refused := fmt.Sprintf("%s on %s to %s.", q.action, q.resource, q.by.who())
	switch {
	case by == policy.ServiceControl:
		return "A service control policy of the organization forbids " + refused
	case what == "":
		return "A " + string(by) + " refuses " + refused
	case explicit:
		return "A Deny statement in " + what + " forbids " + refused
	}
	return "Nothing in " + what + " allows " + refused
}

// evaluate judges a question by the resource's policy alone; judged is false
// without one. The identity counts as allowed everything.
func evaluate(f *facts, q question) (d policy.Decision, judged bool) {
	if q.attached == nil || !q.by.works {
		return policy.Decision{}, false
	}
	return policy.Evaluate(request(f, q), policy.Policies{
		Identity: []policy.Named{{Name: "everything", Document: policy.Document{Statements: []policy.Statement{{
			Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"},
		}}}}},
		Resource: q.attached,
	}), true
}

func request(f *facts, q question) policy.Request {
	r := policy.Request{
		Principal: q.by.ARN, Action: q.action, Resource: q.resource, ResourceAccount: f.answers.AdminAccount,
		Context: map[string][]string{"aws:SecureTransport": {"true"}},
	}
	if named, ok := awsops.ParseARN(q.resource); ok && named.AccountID != "" { // a bucket's ARN names no account
		r.ResourceAccount = named.AccountID
	}
	if q.by.principal != "" {
		r.Context["aws:PrincipalArn"] = []string{q.by.principal}
	}
	if f.organization != "" {
		r.Context["aws:PrincipalOrgID"] = []string{f.organization}
	}
	maps.Copy(r.Context, q.context)
	return r
}

// bucketPolicy is the policy of the blueprint's bucket, nil for another bucket
// and where it may not be read.
func bucketPolicy(f *facts, bucket string) *policy.Named {
	b := f.observed.Bucket.Bucket
	if bucket != f.answers.Bucket.Name || b == nil || !f.looked(plan.StepBucket) {
		return nil
	}
	return named("bucket policy", policy.ResourceBased, b.Policy)
}

// keyPolicy is the policy of the blueprint's key, nil for another key and where
// it may not be read.
func keyPolicy(f *facts, arn string) *policy.Named {
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
