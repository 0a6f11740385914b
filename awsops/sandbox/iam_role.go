package sandbox

import (
	"net/url"
	"strings"
	"time"
)

// xmlRole is a role in an answer. Its trust policy is URL-encoded (RFC 3986).
type xmlRole struct {
	Path, RoleName, RoleId, Arn, CreateDate string

	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *xmlBoundary
	Tags                     *members[xmlTag]
	RoleLastUsed             *xmlLastUsed
}

type xmlLastUsed struct{ LastUsedDate, Region string }

func viewRole(a *account) func(*role) xmlRole {
	return func(ro *role) xmlRole {
		out := xmlRole{
			Path: ro.path, RoleName: ro.name, RoleId: ro.id, Arn: ro.arn(a), CreateDate: stamp(ro.created),
			AssumeRolePolicyDocument: encodeDocument(ro.now().trust), Description: ro.description,
			MaxSessionDuration: ro.maxSession, PermissionsBoundary: viewBoundary(&ro.entity), Tags: ro.tagList(),
		}
		if !ro.lastUsed.IsZero() {
			out.RoleLastUsed = &xmlLastUsed{stamp(ro.lastUsed), ro.lastRegion}
		}
		return out
	}
}

// encodeDocument writes a policy as IAM's answers do.
func encodeDocument(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func (r *request) role() (*role, error) {
	if ro, ok := r.account.roles[strings.ToLower(r.arg("RoleName"))]; ok {
		return ro, nil
	}
	return nil, noSuchEntity("The role with name %s cannot be found.", r.arg("RoleName"))
}

func (s *Server) iamCreateRole(r *request) (any, error) {
	e, err := s.newEntity(r, "role", "AROA", "roleName", 64)
	if err != nil {
		return nil, err
	}
	if _, ok := r.account.roles[strings.ToLower(e.name)]; ok {
		return nil, alreadyExists("Role with name %s already exists.", e.name)
	}
	trust := r.arg("AssumeRolePolicyDocument")
	if err := s.checkTrust(trust, r.now); err != nil {
		return nil, err
	}
	ro := &role{entity: e, description: r.arg("Description"), maxSession: 3600}
	if err := ro.setMaxSession(r.arg("MaxSessionDuration")); err != nil {
		return nil, err
	}
	ro.grants = eventual[grants]{} // one step: the role is seen whole or not at all
	s.change(r, &ro.entity, func(g *grants) { g.boundary, g.trust = r.arg("PermissionsBoundary"), trust })
	r.account.roles[strings.ToLower(e.name)] = ro
	return struct{ Role xmlRole }{viewRole(r.account)(ro)}, nil
}

func (ro *role) setMaxSession(text string) error {
	if text == "" {
		return nil
	}
	seconds := atoi(text)
	if seconds < 3600 || seconds > 43200 {
		return validation("1 validation error detected: Value '%s' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", text)
	}
	ro.maxSession = seconds
	return nil
}

func (s *Server) iamGetRole(r *request) (any, error) {
	ro, err := r.role()
	if err != nil {
		return nil, err
	}
	return struct{ Role xmlRole }{viewRole(r.account)(ro)}, nil
}

func (s *Server) iamUpdateTrust(r *request) (any, error) {
	ro, err := r.role()
	if err != nil {
		return nil, err
	}
	trust := r.arg("PolicyDocument")
	if err := s.checkTrust(trust, r.now); err != nil {
		return nil, err
	}
	s.change(r, &ro.entity, func(g *grants) { g.trust = trust })
	return nil, nil
}

// iamDeleteRole also ends the role's sessions: nothing is granted to them any
// more.
func (s *Server) iamDeleteRole(r *request) (any, error) {
	ro, err := r.role()
	if err != nil {
		return nil, err
	}
	if err := ro.now().conflict(); err != nil {
		return nil, err
	}
	delete(r.account.roles, strings.ToLower(ro.name))
	return nil, nil
}

// addRole makes a role without a request, as AWS does in a new account.
func (s *Server) addRole(a *account, name, trust, attached string, now time.Time) {
	ro := &role{entity: entity{kind: "role", path: "/", name: name, id: s.ids.unique("AROA"), created: now}, maxSession: 3600}
	ro.grants.set(grants{trust: trust, attached: []string{attached}}, now, now)
	a.roles[strings.ToLower(name)] = ro
}
