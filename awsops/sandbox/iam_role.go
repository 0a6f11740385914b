package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// xmlRole is a role in an answer. Its trust policy is URL-encoded.
type xmlRole struct {
	Path, RoleName, RoleId, Arn, CreateDate string

	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *xmlBoundary
	Tags                     *members[tag]
	RoleLastUsed             *xmlRoleUse
}

// xmlRoleUse is when a session of a role last made a request, and empty where none has.
type xmlRoleUse struct {
	LastUsedDate string `xml:",omitempty"`
	Region       string `xml:",omitempty"`
}

func getRole(r *request, ro *role) (any, error) {
	view := viewRole(r.account)(ro)
	view.PermissionsBoundary, view.Tags, view.RoleLastUsed = viewBoundary(&ro.entity), xmlTags(ro.tags), &xmlRoleUse{}
	if !ro.lastUsed.IsZero() {
		view.RoleLastUsed = &xmlRoleUse{stamp(ro.lastUsed), ro.lastRegion}
	}
	return struct{ Role xmlRole }{view}, nil
}

// viewRole shows a role as lists do: without its boundary, its tags and its use.
func viewRole(a *account) func(*role) xmlRole {
	return func(ro *role) xmlRole {
		return xmlRole{
			Path: ro.path, RoleName: ro.name, RoleId: ro.id, Arn: ro.arn(a), CreateDate: stamp(ro.created),
			AssumeRolePolicyDocument: encoded(ro.now().trust), Description: ro.description, MaxSessionDuration: ro.maxSession,
		}
	}
}

// rolePath is the resource of ListRoles.
func rolePath(r *request) string {
	return r.account.partition.arn("iam", "", r.account.id, "role"+cmp.Or(r.arg("PathPrefix"), "/"))
}

func listRoles(r *request) (any, error) {
	below := slices.DeleteFunc(inOrder(r.account.roles), func(ro *role) bool { return !strings.HasPrefix(ro.path, cmp.Or(r.arg("PathPrefix"), "/")) })
	return listed(r, "Roles", below, viewRole(r.account))
}

func (s *iamService) createRole(r *request) (any, error) {
	trust := s.byARN(r.arg("AssumeRolePolicyDocument"))
	seconds, err := maxSession(r, 3600)
	if err != nil {
		return nil, err
	}
	if err := s.checkTrust(r.account.id, trust, r.now); err != nil {
		return nil, err
	}
	e, err := s.create(r, roleKind, trust)
	if err != nil {
		return nil, err
	}
	ro := &role{entity: e, description: r.arg("Description"), maxSession: seconds}
	r.account.roles[strings.ToLower(e.name)] = ro
	return getRole(r, ro)
}

// maxSession is how long a role's sessions may last, as a request has it.
func maxSession(r *request, usual int) (int, error) {
	text := r.arg("MaxSessionDuration")
	if text == "" {
		return usual, nil
	}
	seconds := atoi(text)
	if seconds < 3600 || seconds > 43200 {
		return 0, invalid("ValidationError", text, "maxSessionDuration", "have value between 3600 and 43200")
	}
	return seconds, nil
}

func updateRole(r *request, ro *role) (any, error) {
	seconds, err := maxSession(r, 3600) // which UpdateRole sets where none is given
	if err != nil {
		return nil, err
	}
	ro.maxSession = seconds
	if r.form.Has("Description") {
		ro.description = r.arg("Description")
	}
	return struct{}{}, nil
}

func (s *iamService) updateTrust(r *request, ro *role) (any, error) {
	trust := s.byARN(r.arg("PolicyDocument"))
	if err := s.checkTrust(r.account.id, trust, r.now); err != nil {
		return nil, err
	}
	s.change(r, &ro.entity, func(g *grants) { g.trust = trust })
	return nil, nil
}

// deleteRole also ends the role's sessions: nothing is granted to them any
// more.
func (s *iamService) deleteRole(r *request, ro *role) (any, error) {
	if err := ro.now().conflict(); err != nil {
		return nil, err
	}
	delete(r.account.roles, strings.ToLower(ro.name))
	s.forget(r, &ro.entity)
	return nil, nil
}
