package sandbox

import (
	"cmp"
	"net/url"
	"strings"
)

// iamKind is what users, groups and roles differ in, as far as IAM works on
// them in the same way.
type iamKind struct {
	name    string // as in its ARN, and in "the user policy with name"
	capital string // as in the parameter UserName
	prefix  string // of ids
	longest int    // name
}

var (
	userKind  = &iamKind{"user", "User", "AIDA", 64}
	groupKind = &iamKind{"group", "Group", "AGPA", 128}
	roleKind  = &iamKind{"role", "Role", "AROA", 64}
)

// named is the name that a request gives; a user without one is the caller.
func (k *iamKind) named(r *request) string {
	name := r.arg(k.capital + "Name")
	if name == "" && k.name == "user" && r.caller.user != nil {
		name = r.caller.user.name
	}
	return name
}

// find finds what a request names.
func (k *iamKind) find(r *request) (*entity, error) {
	name := k.named(r)
	if name == "" && k.name == "user" {
		return nil, validation("Must specify userName when calling with non-User credentials")
	}
	if e := r.account.entity(k.name, name); e != nil {
		return e, nil
	}
	return nil, noSuchEntity("The %s with name %s cannot be found.", k.name, name)
}

// arn is the ARN of what a request names, which need not be there.
func (k *iamKind) arn(r *request) string {
	name := k.named(r)
	if e := r.account.entity(k.name, name); e != nil {
		return e.arn(r.account)
	}
	return r.account.partition.arn("iam", "", r.account.id, k.name+cmp.Or(r.arg("Path"), "/")+name)
}

// create makes what a request asks for, with its boundary and, for a role, its
// trust: it is seen whole or not at all.
func (s *iamService) create(r *request, k *iamKind, trust string) (entity, error) {
	name, path, boundary := r.arg(k.capital+"Name"), cmp.Or(r.arg("Path"), "/"), r.arg("PermissionsBoundary")
	for _, err := range []error{checkName(k.name+"Name", name, k.longest), checkPath(path), checkTags(r.tags())} {
		if err != nil {
			return entity{}, err
		}
	}
	if boundary != "" {
		if err := s.checkBoundary(r, boundary); err != nil {
			return entity{}, err
		}
	}
	if r.account.entity(k.name, name) != nil {
		return entity{}, alreadyExists("%s with name %s already exists.", k.capital, name)
	}
	e := entity{kind: k, path: path, name: name, id: s.ids.unique(k.prefix), created: r.now, tags: r.tags()}
	s.change(r, &e, func(g *grants) { g.boundary, g.trust = boundary, trust })
	s.appears(e.arn(r.account), r.now)
	return e, nil
}

// conflict says which policies stand in the way of deleting an entity.
func (g grants) conflict() error {
	switch {
	case len(g.attached) > 0:
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(g.inline) > 0:
		return deleteConflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}

type xmlBoundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

func viewBoundary(e *entity) *xmlBoundary {
	if arn := e.now().boundary; arn != "" {
		return &xmlBoundary{"Policy", arn}
	}
	return nil
}

func (s *iamService) checkBoundary(r *request, arn string) error {
	if _, ok := s.managedPolicy(r.account, arn); !ok {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

func (s *iamService) putBoundary(r *request, e *entity) (any, error) {
	arn := r.arg("PermissionsBoundary")
	if err := s.checkBoundary(r, arn); err != nil {
		return nil, err
	}
	s.change(r, e, func(g *grants) { g.boundary = arn })
	return nil, nil
}

// deleteBoundary takes a boundary off; without one nothing is wrong either.
func (s *iamService) deleteBoundary(r *request, e *entity) (any, error) {
	s.change(r, e, func(g *grants) { g.boundary = "" })
	return nil, nil
}

func tagEntity(r *request, e *entity) (any, error) { return nil, r.addTags(&e.tags) }

func untagEntity(r *request, e *entity) (any, error) {
	e.tags.remove(r.list("TagKeys"))
	return nil, nil
}

// addTags adds the tags of a request to those there are, within the rules.
func (r *request) addTags(have *tagSet) error {
	all := tagSet{}
	all.add(*have)
	all.add(r.tags())
	err := checkTags(all)
	if err == nil {
		*have = all
	}
	return err
}

// xmlTags is nil without tags: IAM leaves the element out.
func xmlTags(tags tagSet) *members[tag] {
	if len(tags) == 0 {
		return nil
	}
	return &members[tag]{Member: tags.list()}
}

// encoded writes a policy as IAM's answers do (RFC 3986).
func encoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
