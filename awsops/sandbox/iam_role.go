package sandbox

import "strings"

// xmlRole is a role in an answer. Its trust policy is URL-encoded.
type xmlRole struct {
	Path, RoleName, RoleId, Arn, CreateDate string

	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *xmlBoundary
	Tags                     *members[tag]
}

func getRole(r *request, ro *role) (any, error) {
	return struct{ Role xmlRole }{xmlRole{
		Path: ro.path, RoleName: ro.name, RoleId: ro.id, Arn: ro.arn(r.account), CreateDate: stamp(ro.created),
		AssumeRolePolicyDocument: encoded(ro.now().trust), Description: ro.description,
		MaxSessionDuration: ro.maxSession, PermissionsBoundary: viewBoundary(&ro.entity), Tags: xmlTags(ro.tags),
	}}, nil
}

func (s *iamService) createRole(r *request) (any, error) {
	trust, seconds := s.byARN(r.arg("AssumeRolePolicyDocument")), 3600
	if text := r.arg("MaxSessionDuration"); text != "" {
		if seconds = atoi(text); seconds < 3600 || seconds > 43200 {
			return nil, invalid("ValidationError", text, "maxSessionDuration", "have value between 3600 and 43200")
		}
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
