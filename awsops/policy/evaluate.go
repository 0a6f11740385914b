package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Type is a type of policy in the wording of AWS's access denied messages.
type Type string

// The policy types that AWS names in access denied messages. RoleTrust is the
// resource-based policy of a role.
const (
	IdentityBased       Type = "identity-based policy"
	ResourceBased       Type = "resource-based policy"
	PermissionsBoundary Type = "permissions boundary"
	ServiceControl      Type = "service control policy"
	ResourceControl     Type = "resource control policy"
	SessionPolicy       Type = "session policy"
	RoleTrust           Type = "role trust policy"
)

// Named is a document with the name under which it is explained. An empty Type
// is the one of the place in [Policies].
type Named struct {
	Name     string
	Type     Type
	Document Document
}

// Request is what a caller asks for.
type Request struct {
	// Principal is the caller's ARN: an IAM user, a role session
	// (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION), an account's root, or
	// the name of a service.
	Principal string
	// PrincipalAccount may be left empty: the ARN names it.
	PrincipalAccount string
	// Action is one action, such as "s3:PutObject".
	Action string
	// Resource is an ARN, or "*" for an action without a resource.
	Resource string
	// ResourceAccount is empty where the resource has no owner apart from the
	// caller's account.
	ResourceAccount string
	// Context holds condition keys, matched without regard to case.
	// aws:PrincipalArn, aws:PrincipalAccount, aws:ResourceAccount and
	// aws:username follow from the fields above and need not be given.
	Context map[string][]string
}

// Policies are all documents that bear on one request.
type Policies struct {
	Identity []Named // inline and managed, the user's, its groups' or the role's
	Boundary *Named
	SCPs     [][]Named // one slice per level from the organization's root to the account; each must allow
	Session  *Named
	Resource *Named // bucket, key or trust policy of the resource
}

// Decision is the outcome of [Evaluate].
type Decision struct {
	Allowed   bool
	Explicit  bool   // a Deny statement decided
	Type      Type   // of the policy that decided, or that should have allowed
	Policy    string // name of the policy that decided, "" for an implicit denial
	Sid       string // of the statement that decided
	Statement int    // its index in the policy's document, -1 when none decided
	Why       string // one sentence without a full stop
	// Missing are the condition keys, sorted, that the request lacks and on which it may
	// rest: with a value of one the decision may be another.
	Missing []string
}

// Evaluate decides a request as the IAM User Guide's "Policy evaluation logic"
// has it. A Deny anywhere wins, named in the order service control, resource,
// identity, boundary, session. Then each of these has to allow, in this order:
//
//   - every level of service control policies (none are passed for the
//     management account, to which they do not apply);
//   - the resource's policy, if the resource is in another account, or is a KMS
//     key with a policy (kms:*), or a role (sts:AssumeRole*);
//   - the identity policies, unless the resource's policy names the caller, its
//     role or everyone and both are in one account. A resource's policy that
//     names the account delegates to them;
//   - the permissions boundary and the session policy, unless the resource's
//     policy names the user or the role session itself in the same account.
//
// The root user is allowed everything in its own account that no Deny and no
// service control policy forbids; a key's policy has to name it all the same.
//
// Not modelled: resource control and VPC endpoint policies, ACLs, KMS grants,
// wildcards inside a principal (AWS refuses them).
func Evaluate(r Request, p Policies) Decision {
	q := newRequest(r)
	q.bounded = p.Boundary != nil
	p.setTypes()
	d := q.decide(p)
	if len(q.absent) > 0 {
		d.Missing = slices.Compact(slices.Sorted(slices.Values(q.absent)))
	}
	return d
}

func (r *request) decide(p Policies) Decision {
	if d, denied := r.explicitDeny(p); denied {
		return d
	}
	for i, level := range p.SCPs {
		if r.first(level, Allow).index < 0 {
			d := r.implicit(ServiceControl, level, false)
			d.Why = fmt.Sprintf("at level %d of %d from the root %s", i+1, len(p.SCPs), d.Why)
			return d
		}
	}
	return r.grants(p)
}

// setTypes names the type of each policy from its place. The slices are the
// caller's and stay untouched: search falls back where a Type is empty.
func (p *Policies) setTypes() {
	p.Boundary = p.Boundary.as(PermissionsBoundary)
	p.Session = p.Session.as(SessionPolicy)
	p.Resource = p.Resource.as(ResourceBased)
}

func (n *Named) as(t Type) *Named {
	if n == nil || n.Type != "" {
		return n
	}
	return &Named{Name: n.Name, Type: t, Document: n.Document}
}

// A hit is the statement of a policy that decides; index is -1 when none does.
type hit struct {
	policy *Named
	index  int
	grant  grant
}

// search finds the statement of an effect that names the caller most closely;
// attached says that the policy belongs to the resource and has principals.
func (r *request) search(n *Named, effect Effect, attached bool) hit {
	best := hit{policy: n, index: -1}
	if n == nil {
		return best
	}
	r.variables = n.Document.Version != Version2008
	for i := range n.Document.Statements {
		s := &n.Document.Statements[i]
		if s.Effect != effect || !r.concerns(s, attached) {
			continue
		}
		g := named
		if attached {
			g = r.grant(s)
		}
		if g > best.grant && s.Conditions.holds(r) {
			best.grant, best.index = g, i
		}
		if best.grant == named {
			break
		}
	}
	return best
}

func (r *request) first(policies []Named, effect Effect) hit {
	for i := range policies {
		if h := r.search(&policies[i], effect, false); h.index >= 0 {
			return h
		}
	}
	return hit{index: -1}
}

func (r *request) explicitDeny(p Policies) (Decision, bool) {
	for _, level := range p.SCPs {
		if h := r.first(level, Deny); h.index >= 0 {
			return r.denied(h, ServiceControl), true
		}
	}
	if h := r.search(p.Resource, Deny, true); h.index >= 0 {
		return r.denied(h, ResourceBased), true
	}
	if h := r.first(p.Identity, Deny); h.index >= 0 {
		return r.denied(h, IdentityBased), true
	}
	for _, n := range []*Named{p.Boundary, p.Session} {
		if h := r.search(n, Deny, false); h.index >= 0 {
			return r.denied(h, n.Type), true
		}
	}
	return Decision{}, false
}

// grants decides what no Deny has decided.
func (r *request) grants(p Policies) Decision {
	sameAccount := r.ResourceAccount == "" || r.ResourceAccount == r.PrincipalAccount
	byResource := r.search(p.Resource, Allow, true)
	if byResource.index < 0 && (!sameAccount || r.resourceMustAllow(p)) {
		return r.implicit(r.resourceType(p), list(p.Resource), true)
	}
	if sameAccount && byResource.grant == named {
		return allowed(byResource, ResourceBased)
	}
	if r.root {
		return Decision{
			Allowed: true, Type: IdentityBased, Statement: -1,
			Why: "the root user of account " + r.PrincipalAccount + " may do everything that nothing denies",
		}
	}
	decisive := r.first(p.Identity, Allow)
	if decisive.index < 0 {
		if !sameAccount || byResource.grant != limited {
			return r.implicit(IdentityBased, p.Identity, false)
		}
		decisive = byResource
	}
	for _, n := range []*Named{p.Boundary, p.Session} {
		if n != nil && r.search(n, Allow, false).index < 0 {
			return r.implicit(n.Type, list(n), false)
		}
	}
	return allowed(decisive, IdentityBased)
}

// resourceMustAllow tells the resources whose policy decides even inside one
// account.
func (r *request) resourceMustAllow(p Policies) bool {
	service, operation, _ := strings.Cut(strings.ToLower(r.Action), ":")
	switch service {
	case "kms":
		return p.Resource != nil
	case "sts":
		return strings.HasPrefix(operation, "assumerole")
	}
	return false
}

func (r *request) resourceType(p Policies) Type {
	switch {
	case p.Resource != nil:
		return p.Resource.Type
	case strings.HasPrefix(strings.ToLower(r.Action), "sts:assumerole"):
		return RoleTrust
	}
	return ResourceBased
}

func list(n *Named) []Named {
	if n == nil {
		return nil
	}
	return []Named{*n}
}
