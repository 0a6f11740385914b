package sandbox

import (
	"stateroom/awsops/policy"
)

// organization is the one organization of the sandbox.
type organization struct {
	id, rootID string
	management *account
}

// organizationID is the id of the organization that the account belongs to.
func (s *Server) organizationID(account string) string {
	if _, ok := s.accounts[account]; !ok || s.organization == nil {
		return ""
	}
	return s.organization.id
}

// organizationPath is the account's aws:PrincipalOrgPaths.
func (s *Server) organizationPath(string) string {
	return s.organization.id + "/" + s.organization.rootID + "/"
}

func (s *Server) controlPolicies(*account) [][]policy.Named { return nil }

func (s *Server) serveOrganizations(r *request) response { return s.serveJSON(r, nil) }
