package sandbox

import (
	"slices"
	"strings"
)

// xmlUser is a user in an answer.
type xmlUser struct {
	Path, UserName, UserId, Arn, CreateDate string

	PermissionsBoundary *xmlBoundary
	Tags                *members[xmlTag]
}

func viewUser(a *account) func(*user) xmlUser {
	return func(u *user) xmlUser {
		return xmlUser{
			Path: u.path, UserName: u.name, UserId: u.id, Arn: u.arn(a), CreateDate: stamp(u.created),
			PermissionsBoundary: viewBoundary(&u.entity), Tags: u.tagList(),
		}
	}
}

// user finds the user of a request; without UserName it is the caller.
func (r *request) user() (*user, error) {
	name := r.arg("UserName")
	if name == "" {
		if r.caller.user == nil {
			return nil, validation("Must specify userName when calling with non-User credentials")
		}
		name = r.caller.user.name
	}
	if u, ok := r.account.users[strings.ToLower(name)]; ok {
		return u, nil
	}
	return nil, noSuchEntity("The user with name %s cannot be found.", name)
}

// newEntity is what creating a user, group or role has in common.
func (s *Server) newEntity(r *request, kind, prefix, member string, longest int) (entity, error) {
	name, path := r.arg(strings.ToUpper(member[:1])+member[1:]), first(r.arg("Path"), "/")
	if err := checkName(member, name, longest); err != nil {
		return entity{}, err
	}
	if err := checkPath(path); err != nil {
		return entity{}, err
	}
	if err := checkTags(r.tags()); err != nil {
		return entity{}, err
	}
	e := entity{kind: kind, path: path, name: name, id: s.ids.unique(prefix), created: r.now, tags: r.tags()}
	if boundary := r.arg("PermissionsBoundary"); boundary != "" {
		if err := s.checkBoundary(r, boundary); err != nil {
			return entity{}, err
		}
		s.change(r, &e, func(g *grants) { g.boundary = boundary })
		return e, nil
	}
	s.change(r, &e, func(*grants) {})
	return e, nil
}

func (s *Server) iamCreateUser(r *request) (any, error) {
	e, err := s.newEntity(r, "user", "AIDA", "userName", 64)
	if err != nil {
		return nil, err
	}
	if _, ok := r.account.users[strings.ToLower(e.name)]; ok {
		return nil, alreadyExists("User with name %s already exists.", e.name)
	}
	u := &user{entity: e}
	r.account.users[strings.ToLower(e.name)] = u
	return struct{ User xmlUser }{viewUser(r.account)(u)}, nil
}

func (s *Server) iamGetUser(r *request) (any, error) {
	if r.arg("UserName") == "" && r.caller.user == nil && r.caller.role == nil {
		return struct{ User xmlUser }{xmlUser{
			Path: "/", UserId: r.account.id, Arn: r.caller.arn, CreateDate: stamp(r.account.joined),
		}}, nil
	}
	u, err := r.user()
	if err != nil {
		return nil, err
	}
	return struct{ User xmlUser }{viewUser(r.account)(u)}, nil
}

// rename gives an entity a new name or path, if either is asked for.
func rename(e *entity, name, path, member string, longest int, taken func(string) error) error {
	if path != "" {
		if err := checkPath(path); err != nil {
			return err
		}
	}
	if name != "" {
		if err := checkName(member, name, longest); err != nil {
			return err
		}
		if err := taken(strings.ToLower(name)); err != nil {
			return err
		}
	}
	e.name, e.path = first(name, e.name), first(path, e.path)
	return nil
}

func (s *Server) iamDeleteUser(r *request) (any, error) {
	u, err := r.user()
	if err != nil {
		return nil, err
	}
	given := u.now()
	switch {
	case len(u.keys) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete access keys first.")
	case len(given.groups) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	case len(u.devices(r.account)) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete MFA device first.")
	}
	if err := u.hampers(); err != nil {
		return nil, err
	}
	if err := given.conflict(); err != nil {
		return nil, err
	}
	delete(r.account.users, strings.ToLower(u.name))
	s.forget(func(c *credential) bool { return c.user == u })
	return nil, nil
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

// forget drops credentials, so that their key ids are unknown from now on.
func (s *Server) forget(gone func(*credential) bool) {
	for id, c := range s.credentials {
		if gone(c) {
			delete(s.credentials, id)
		}
	}
}

func (s *Server) iamListGroupsForUser(r *request) (any, error) {
	u, err := r.user()
	if err != nil {
		return nil, err
	}
	var groups []*group
	for _, name := range u.now().groups {
		groups = append(groups, r.account.groups[name])
	}
	slices.SortFunc(groups, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	groups, cut, err := page(r, groups)
	if err != nil {
		return nil, err
	}
	return struct {
		Groups members[xmlGroup]
		paging
	}{listOf(groups, viewGroup(r.account)), cut}, nil
}
