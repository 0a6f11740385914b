package policy

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// request is a [Request] taken apart once for all statements.
type request struct {
	Request
	caller     arn.ARN // empty for a service
	user, role string  // the friendly name of a user or of an assumed role
	root       bool    // the caller is an account's root user
	bounded    bool    // the caller has a permissions boundary
	variables  bool    // the document being read has policy variables
	// absent are the condition keys that were asked for and are not there.
	absent []string
}

func newRequest(r Request) *request {
	q := &request{Request: r}
	var err error
	if q.caller, err = arn.Parse(r.Principal); err != nil {
		return q
	}
	if q.PrincipalAccount == "" {
		q.PrincipalAccount = q.caller.AccountID
	}
	kind, rest, _ := strings.Cut(q.caller.Resource, "/")
	switch kind {
	case "user":
		q.user = rest[strings.LastIndexByte(rest, '/')+1:]
	case "assumed-role":
		q.role, _, _ = strings.Cut(rest, "/")
	case "root":
		q.root = true
	}
	return q
}

// values looks a condition key up without regard to case. Keys that follow
// from the request itself need not be in its context.
func (r *request) values(key string) []string {
	found := r.lookup(key)
	if len(found) == 0 {
		r.absent = append(r.absent, key)
	}
	return found
}

func (r *request) lookup(key string) []string {
	if v, found := r.Context[key]; found {
		return v
	}
	for k, v := range r.Context {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	switch strings.ToLower(key) {
	case "aws:principalarn":
		return present(r.principalARN())
	case "aws:principalaccount":
		return present(r.PrincipalAccount)
	case "aws:resourceaccount":
		return present(r.ResourceAccount)
	case "aws:username":
		return present(r.user)
	}
	return nil
}

func present(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// principalARN is the value of aws:PrincipalArn: for a role session the ARN of
// the role. The session's ARN has lost the role's path, so a caller who has a
// role with a path puts aws:PrincipalArn into the context.
func (r *request) principalARN() string {
	if r.role == "" {
		return r.Principal
	}
	return arn.ARN{Partition: r.caller.Partition, Service: "iam", AccountID: r.caller.AccountID, Resource: "role/" + r.role}.String()
}

// concerns says whether a statement is about the action and the resource. A
// statement without resources (a trust policy's) is about the one resource
// that the policy is attached to.
func (r *request) concerns(s *Statement, attached bool) bool {
	action := func(pattern string) bool { return matchesAction(pattern, r.Action) }
	if s.NotActions != nil {
		if slices.ContainsFunc(s.NotActions, action) {
			return false
		}
	} else if !slices.ContainsFunc(s.Actions, action) {
		return false
	}
	resource := func(text string) bool {
		return text == "*" || r.expand(text, false).matchesARN(r.Resource)
	}
	switch {
	case s.NotResources != nil:
		return !slices.ContainsFunc(s.NotResources, resource)
	case s.Resources != nil:
		return slices.ContainsFunc(s.Resources, resource)
	default:
		return attached
	}
}

// A grant says how closely a resource's policy names the caller, which decides
// what else has to allow the request.
type grant int

const (
	unnamed   grant = iota
	delegated       // the caller's account: its identity policies decide
	limited         // everyone, or the caller's role: boundary and session policy still count
	named           // the user or the role session itself: nothing else has to allow
)

func (r *request) grant(s *Statement) grant {
	switch {
	case s.NotPrincipals == nil:
		return r.closest(s.Principals)
	case s.Effect == Deny && !r.spared(s.NotPrincipals), s.Effect == Allow && r.closest(s.NotPrincipals) == unnamed:
		return limited
	}
	return unnamed
}

// spared tells whether a Deny with these NotPrincipals leaves the caller out ("NotPrincipal",
// IAM User Guide). AWS looks at the account first and then at who is in it, so that both
// have to be named: of a user the account and the user, of a role's session the account,
// the role and the session, and of a root user its account. Whoever has a permissions
// boundary is denied whatever is named.
func (r *request) spared(p Principals) bool {
	inAccount, inRole, itself := r.PrincipalAccount == "", r.role == "", r.root
	for kind, values := range p {
		for _, value := range values {
			if value == "*" && !r.bounded {
				return true
			}
			switch r.principal(kind, value) {
			case delegated:
				inAccount = true
			case limited:
				inRole = true
			case named:
				itself = true
			case unnamed:
			}
		}
	}
	return inAccount && inRole && itself && !r.bounded
}

func (r *request) closest(p Principals) grant {
	best := unnamed
	for kind, values := range p {
		for _, value := range values {
			best = max(best, r.principal(kind, value))
		}
	}
	return best
}

func (r *request) principal(kind, value string) grant {
	switch {
	case kind != "AWS" && kind != "*":
		if value == r.Principal {
			return named
		}
	case value == "*":
		return limited
	case r.PrincipalAccount != "" && accountOf(value) == r.PrincipalAccount:
		return delegated
	case value == r.Principal:
		return named
	case r.role != "" && r.isRole(value):
		return limited
	}
	return unnamed
}

// isRole compares a role's ARN with the caller's session, which has the role's
// name without its path; names are unique in an account whatever the path.
func (r *request) isRole(principal string) bool {
	named, err := arn.Parse(principal)
	name, found := strings.CutPrefix(named.Resource, "role/")
	return err == nil && named.AccountID == r.PrincipalAccount && found && name[strings.LastIndexByte(name, '/')+1:] == r.role
}

// accountOf reads the two spellings of an account as a principal: the bare id
// and arn:PARTITION:iam::ID:root. Any other principal gives "".
func accountOf(principal string) string {
	if len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
		return principal
	}
	named, err := arn.Parse(principal)
	if err != nil || named.Service != "iam" || named.Resource != "root" {
		return ""
	}
	return named.AccountID
}
