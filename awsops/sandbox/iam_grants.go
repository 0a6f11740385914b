package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// iamKind is a user, a group or a role, as far as their policies and tags are
// worked on in the same way.
type iamKind struct {
	name     string // as in "the user policy with name"
	param    string
	capital  string
	inlineAt int // longest inline policies together, in characters without white space
}

var (
	userKind  = iamKind{"user", "UserName", "User", 2048}
	groupKind = iamKind{"group", "GroupName", "Group", 5120}
	roleKind  = iamKind{"role", "RoleName", "Role", 10240}
)

// maxAttached is IAM's quota for managed policies on a user, group or role.
const maxAttached = 10

func (k iamKind) find(r *request) (*entity, error) {
	switch k.name {
	case "user":
		u, err := r.user()
		if err != nil {
			return nil, err
		}
		return &u.entity, nil
	case "group":
		g, err := r.group()
		if err != nil {
			return nil, err
		}
		return &g.entity, nil
	}
	ro, err := r.role()
	if err != nil {
		return nil, err
	}
	return &ro.entity, nil
}

func (k iamKind) putInline(s *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	name, text := r.arg("PolicyName"), r.arg("PolicyDocument")
	if err := checkName("policyName", name, 128); err != nil {
		return nil, err
	}
	if err := checkIdentityPolicy(text); err != nil {
		return nil, err
	}
	size := policySize(text)
	for other, have := range e.now().inline {
		if other != name {
			size += policySize(have)
		}
	}
	if size > k.inlineAt {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", k.inlineAt, k.name, e.name)
	}
	s.change(r, e, func(g *grants) { g.inline[name] = text })
	return nil, nil
}

func (k iamKind) getInline(_ *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	name := r.arg("PolicyName")
	text, ok := e.now().inline[name]
	if !ok {
		return nil, noSuchEntity("The %s policy with name %s cannot be found.", k.name, name)
	}
	return struct {
		UserName       string `xml:",omitempty"`
		GroupName      string `xml:",omitempty"`
		RoleName       string `xml:",omitempty"`
		PolicyName     string
		PolicyDocument string
	}{k.only("user", e), k.only("group", e), k.only("role", e), name, encodeDocument(text)}, nil
}

func (k iamKind) only(kind string, e *entity) string {
	if k.name == kind {
		return e.name
	}
	return ""
}

func (k iamKind) deleteInline(s *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	name := r.arg("PolicyName")
	if _, ok := e.now().inline[name]; !ok {
		return nil, noSuchEntity("The %s policy with name %s cannot be found.", k.name, name)
	}
	s.change(r, e, func(g *grants) { delete(g.inline, name) })
	return nil, nil
}

func (k iamKind) listInline(_ *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	names, cut, err := page(r, slices.Sorted(maps.Keys(e.now().inline)))
	if err != nil {
		return nil, err
	}
	return struct {
		PolicyNames members[string]
		paging
	}{members[string]{names}, cut}, nil
}

func (k iamKind) attach(s *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	arn := r.arg("PolicyArn")
	if _, ok := s.managedPolicy(r.account, arn); !ok {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	have := e.now().attached
	if slices.Contains(have, arn) {
		return nil, nil // attaching twice is no error
	}
	if len(have) >= maxAttached {
		return nil, limitExceeded("Cannot exceed quota for PoliciesPer%s: %d", k.capital, maxAttached)
	}
	s.change(r, e, func(g *grants) { g.attached = append(g.attached, arn) })
	return nil, nil
}

func (k iamKind) detach(s *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	arn := r.arg("PolicyArn")
	if !slices.Contains(e.now().attached, arn) {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	s.change(r, e, func(g *grants) {
		g.attached = slices.DeleteFunc(g.attached, func(have string) bool { return have == arn })
	})
	return nil, nil
}

type xmlAttached struct{ PolicyName, PolicyArn string }

func (k iamKind) listAttached(_ *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	arns, cut, err := page(r, e.now().attached)
	if err != nil {
		return nil, err
	}
	return struct {
		AttachedPolicies members[xmlAttached]
		paging
	}{listOf(arns, viewAttached), cut}, nil
}

func viewAttached(arn string) xmlAttached {
	return xmlAttached{arn[strings.LastIndexByte(arn, '/')+1:], arn}
}

type xmlBoundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

func viewBoundary(e *entity) *xmlBoundary {
	if arn := e.now().boundary; arn != "" {
		return &xmlBoundary{"Policy", arn}
	}
	return nil
}

func (s *Server) checkBoundary(r *request, arn string) error {
	if _, ok := s.managedPolicy(r.account, arn); !ok {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

func (k iamKind) putBoundary(s *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	arn := r.arg("PermissionsBoundary")
	if err := s.checkBoundary(r, arn); err != nil {
		return nil, err
	}
	s.change(r, e, func(g *grants) { g.boundary = arn })
	return nil, nil
}

func (k iamKind) tag(_ *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(e.tags, r.tags())
	if err != nil {
		return nil, err
	}
	e.tags = tags
	return nil, nil
}

// mergeTags adds tags to those there are, within the rules.
func mergeTags(have, more map[string]string) (map[string]string, error) {
	out := map[string]string{}
	maps.Copy(out, have)
	maps.Copy(out, more)
	return out, checkTags(out)
}

func (k iamKind) untag(_ *Server, r *request) (any, error) {
	e, err := k.find(r)
	if err != nil {
		return nil, err
	}
	for _, key := range r.list("TagKeys") {
		delete(e.tags, key)
	}
	return nil, nil
}

func sortedTags(tags map[string]string) []xmlTag {
	var out []xmlTag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, xmlTag{key, tags[key]})
	}
	return out
}

// tagList is nil for an entity without tags: IAM leaves the element out.
func (e *entity) tagList() *members[xmlTag] {
	if len(e.tags) == 0 {
		return nil
	}
	return &members[xmlTag]{sortedTags(e.tags)}
}
