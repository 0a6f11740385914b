package sandbox

import (
	"cmp"
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

func (s *iamService) createGroup(r *request) (any, error) {
	e, err := s.create(r, groupKind, "")
	if err != nil {
		return nil, err
	}
	g := &group{entity: e}
	r.account.groups[strings.ToLower(e.name)] = g
	return struct{ Group xmlGroup }{viewGroup(r.account)(g)}, nil
}

// inGroup lists a group's users by name.
func (a *account) inGroup(g *group) []*user {
	var out []*user
	for _, u := range inOrder(a.users) {
		if slices.Contains(u.now().groups, strings.ToLower(g.name)) {
			out = append(out, u)
		}
	}
	return out
}

func getGroup(r *request, g *group) (any, error) {
	users, err := listed(r, "Users", r.account.inGroup(g), viewUser(r.account))
	return struct {
		Group xmlGroup
		listing[xmlUser]
	}{viewGroup(r.account)(g), users}, err
}

// updateGroup gives a group a new name or path, if either is asked for.
func (s *iamService) updateGroup(r *request, g *group) (any, error) {
	name, path := cmp.Or(r.arg("NewGroupName"), g.name), cmp.Or(r.arg("NewPath"), g.path)
	for _, err := range []error{checkPath(path), checkName("newGroupName", name, groupKind.longest)} {
		if err != nil {
			return nil, err
		}
	}
	old, key := strings.ToLower(g.name), strings.ToLower(name)
	if have := r.account.groups[key]; have != nil && have != g {
		return nil, alreadyExists("Group with name %s already exists.", name)
	}
	users := r.account.inGroup(g)
	delete(r.account.groups, old)
	g.name, g.path = name, path
	r.account.groups[key] = g
	for _, u := range users {
		s.change(r, &u.entity, func(gr *grants) { gr.groups[slices.Index(gr.groups, old)] = key })
	}
	return nil, nil
}

func deleteGroup(r *request, g *group) (any, error) {
	if len(r.account.inGroup(g)) > 0 {
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	}
	if err := g.now().conflict(); err != nil {
		return nil, err
	}
	delete(r.account.groups, strings.ToLower(g.name))
	return nil, nil
}

func (s *iamService) addUserToGroup(r *request, g *group) (any, error) {
	u, err := userKind.find(r)
	if err == nil {
		err = s.late(r, u.arn(r.account))
	}
	if err != nil {
		return nil, err
	}
	name, groups := strings.ToLower(g.name), u.now().groups
	if slices.Contains(groups, name) {
		return nil, nil // adding twice is no error
	}
	if most := s.quota(r.account.id, "GroupsPerUser"); len(groups) >= most {
		return nil, limitExceeded("Cannot exceed quota for GroupsPerUser: %d", most)
	}
	s.change(r, u, func(gr *grants) { gr.groups = append(gr.groups, name) })
	return nil, nil
}

func (s *iamService) removeUserFromGroup(r *request, g *group) (any, error) {
	u, err := userKind.find(r)
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(g.name)
	if !slices.Contains(u.now().groups, name) {
		return nil, noSuchEntity("User %s is not in group %s.", u.name, g.name)
	}
	s.change(r, u, func(gr *grants) { gr.groups = without(gr.groups, name) })
	return nil, nil
}
