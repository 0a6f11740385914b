package sandbox

import (
	"slices"
	"strings"
)

// xmlUser is a user in an answer.
type xmlUser struct {
	Path, UserName, UserId, Arn, CreateDate string

	PermissionsBoundary *xmlBoundary
	Tags                *members[tag]
}

func viewUser(a *account) func(*user) xmlUser {
	return func(u *user) xmlUser {
		return xmlUser{
			Path: u.path, UserName: u.name, UserId: u.id, Arn: u.arn(a), CreateDate: stamp(u.created),
			PermissionsBoundary: viewBoundary(&u.entity), Tags: xmlTags(u.tags),
		}
	}
}

func (s *iamService) createUser(r *request) (any, error) {
	e, err := s.create(r, userKind, "")
	if err != nil {
		return nil, err
	}
	u := &user{entity: e}
	r.account.users[strings.ToLower(e.name)] = u
	return getUser(r, u)
}

func getUser(r *request, u *user) (any, error) {
	return struct{ User xmlUser }{viewUser(r.account)(u)}, nil
}

func (s *iamService) deleteUser(r *request, u *user) (any, error) {
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
	s.forget(r, &u.entity)
	for id, c := range s.credentials {
		if c.user == u { // what is left are sessions: their key ids are unknown from now on
			delete(s.credentials, id)
		}
	}
	return nil, nil
}

func listGroupsForUser(r *request, u *user) (any, error) {
	var groups []*group
	for _, name := range slices.Sorted(slices.Values(u.now().groups)) {
		groups = append(groups, r.account.groups[name])
	}
	return listed(r, "Groups", groups, viewGroup(r.account))
}
