package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// The policies of a user, group or role: its own inline ones, and the managed
// ones attached to it.

func (s *iamService) putInline(r *request, e *entity) (any, error) {
	name, text := r.arg("PolicyName"), r.arg("PolicyDocument")
	if err := checkName("policyName", name, 128); err != nil {
		return nil, err
	}
	if err := s.checkIdentityPolicy(text); err != nil {
		return nil, err
	}
	size := policySize(text)
	for other, have := range e.now().inline {
		if other != name {
			size += policySize(have)
		}
	}
	if most := s.quota(r.account.id, e.kind.capital+"PolicySize"); size > most {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", most, e.kind.name, e.name)
	}
	s.change(r, e, func(g *grants) { g.inline[name] = text })
	return nil, nil
}

// inline finds the inline policy of a request.
func (e *entity) inline(r *request) (name, text string, err error) {
	name = r.arg("PolicyName")
	text, ok := e.now().inline[name]
	if !ok {
		return name, "", noSuchEntity("The %s policy with name %s cannot be found.", e.kind.name, name)
	}
	return name, text, nil
}

func getInline(r *request, e *entity) (any, error) {
	name, text, err := e.inline(r)
	if err != nil {
		return nil, err
	}
	out := struct{ GroupName, RoleName, PolicyName, PolicyDocument string }{PolicyName: name, PolicyDocument: encoded(text)}
	if e.kind == groupKind {
		out.GroupName = e.name
	} else {
		out.RoleName = e.name
	}
	return out, nil
}

func (s *iamService) deleteInline(r *request, e *entity) (any, error) {
	name, _, err := e.inline(r)
	if err != nil {
		return nil, err
	}
	s.change(r, e, func(g *grants) { delete(g.inline, name) })
	return nil, nil
}

func listInline(r *request, e *entity) (any, error) {
	return listed(r, "PolicyNames", slices.Sorted(maps.Keys(e.now().inline)), same)
}

func (s *iamService) attach(r *request, e *entity) (any, error) {
	arn, have := r.arg("PolicyArn"), e.now().attached
	if _, ok := s.managedPolicy(r.account, arn); !ok || s.unseen(r.operation, arn, r.now) {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if slices.Contains(have, arn) {
		return nil, nil // attaching twice is no error
	}
	if most := s.quota(r.account.id, "AttachedPoliciesPer"+e.kind.capital); len(have) >= most {
		return nil, limitExceeded("Cannot exceed quota for PoliciesPer%s: %d", e.kind.capital, most)
	}
	s.change(r, e, func(g *grants) { g.attached = append(g.attached, arn) })
	return nil, nil
}

func (s *iamService) detach(r *request, e *entity) (any, error) {
	arn := r.arg("PolicyArn")
	if !slices.Contains(e.now().attached, arn) {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	s.change(r, e, func(g *grants) { g.attached = without(g.attached, arn) })
	return nil, nil
}

// without takes a value out of a list of its own.
func without(list []string, value string) []string {
	return slices.DeleteFunc(list, func(have string) bool { return have == value })
}

type xmlAttached struct{ PolicyName, PolicyArn string }

func listAttached(r *request, e *entity) (any, error) {
	return listed(r, "AttachedPolicies", e.now().attached, func(arn string) xmlAttached {
		return xmlAttached{arn[strings.LastIndexByte(arn, '/')+1:], arn}
	})
}
