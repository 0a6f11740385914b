package sandbox

import (
	"slices"
	"strings"
)

// xmlGroup is a group in an answer.
type xmlGroup struct {
	Path, GroupName, GroupId, Arn, CreateDate string
}

func viewGroup(a *account) func(*group) xmlGroup {
	return func(g *group) xmlGroup {
		return xmlGroup{Path: g.path, GroupName: g.name, GroupId: g.id, Arn: g.arn(a), CreateDate: stamp(g.created)}
	}
}

func (r *request) group() (*group, error) {
	if g, ok := r.account.groups[strings.ToLower(r.arg("GroupName"))]; ok {
		return g, nil
	}
	return nil, noSuchEntity("The group with name %s cannot be found.", r.arg("GroupName"))
}

func (s *Server) iamCreateGroup(r *request) (any, error) {
	e, err := s.newEntity(r, "group", "AGPA", "groupName", 128)
	if err != nil {
		return nil, err
	}
	if _, ok := r.account.groups[strings.ToLower(e.name)]; ok {
		return nil, alreadyExists("Group with name %s already exists.", e.name)
	}
	g := &group{entity: e}
	r.account.groups[strings.ToLower(e.name)] = g
	return struct{ Group xmlGroup }{viewGroup(r.account)(g)}, nil
}

// inGroup lists a group's users by name.
func (a *account) inGroup(g *group) []*user {
	var out []*user
	for _, u := range a.users {
		if slices.Contains(u.now().groups, strings.ToLower(g.name)) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(x, y *user) int { return strings.Compare(x.name, y.name) })
	return out
}

func (s *Server) iamGetGroup(r *request) (any, error) {
	g, err := r.group()
	if err != nil {
		return nil, err
	}
	users, cut, err := page(r, r.account.inGroup(g))
	if err != nil {
		return nil, err
	}
	return struct {
		Group xmlGroup
		Users members[xmlUser]
		paging
	}{viewGroup(r.account)(g), listOf(users, viewUser(r.account)), cut}, nil
}

func (s *Server) iamUpdateGroup(r *request) (any, error) {
	g, err := r.group()
	if err != nil {
		return nil, err
	}
	old := strings.ToLower(g.name)
	users := r.account.inGroup(g)
	if err := rename(&g.entity, r.arg("NewGroupName"), r.arg("NewPath"), "newGroupName", 128, func(name string) error {
		if _, ok := r.account.groups[name]; ok && name != old {
			return alreadyExists("Group with name %s already exists.", r.arg("NewGroupName"))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	delete(r.account.groups, old)
	r.account.groups[strings.ToLower(g.name)] = g
	for _, u := range users {
		s.change(r, &u.entity, func(gr *grants) { gr.groups[slices.Index(gr.groups, old)] = strings.ToLower(g.name) })
	}
	return nil, nil
}

func (s *Server) iamDeleteGroup(r *request) (any, error) {
	g, err := r.group()
	if err != nil {
		return nil, err
	}
	if len(r.account.inGroup(g)) > 0 {
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	}
	if err := g.now().conflict(); err != nil {
		return nil, err
	}
	delete(r.account.groups, strings.ToLower(g.name))
	return nil, nil
}

func (s *Server) iamAddUserToGroup(r *request) (any, error) {
	u, g, err := r.membership()
	if err != nil {
		return nil, err
	}
	name, groups := strings.ToLower(g.name), u.now().groups
	if slices.Contains(groups, name) {
		return nil, nil // adding twice is no error
	}
	if len(groups) >= 10 {
		return nil, limitExceeded("Cannot exceed quota for GroupsPerUser: 10")
	}
	s.change(r, &u.entity, func(gr *grants) { gr.groups = append(gr.groups, name) })
	return nil, nil
}

func (s *Server) iamRemoveUserFromGroup(r *request) (any, error) {
	u, g, err := r.membership()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(g.name)
	if !slices.Contains(u.now().groups, name) {
		return nil, noSuchEntity("User %s is not in group %s.", u.name, g.name)
	}
	s.change(r, &u.entity, func(gr *grants) {
		gr.groups = slices.DeleteFunc(gr.groups, func(have string) bool { return have == name })
	})
	return nil, nil
}

func (r *request) membership() (*user, *group, error) {
	g, err := r.group()
	if err != nil {
		return nil, nil, err
	}
	u, err := r.user()
	return u, g, err
}
