package sandbox

import (
	"fmt"
	"strings"
)

// managementAccount is the management account's id.
const managementAccount = "111111111111"

// operatorName is the IAM user whose keys [Server.Operator] gives.
const operatorName = "operator"

// articleEnvironments are the member accounts of the article.
var articleEnvironments = []struct{ name, id string }{
	{"staging", "222222222222"}, {"preprod", "333333333333"}, {"production", "444444444444"},
}

// populate makes the organization that every sandbox starts with.
func (s *Server) populate() {
	now := s.options.Now()
	management := s.addAccount(managementAccount, "admin", "admin@example.com", "INVITED", now)
	management.management = true
	if !s.options.Standalone {
		s.organization = newOrganization(s.ids, management)
	}
	way := bootstrapRole
	if s.options.ControlTower {
		way = landingRole
	}
	for i := range s.options.Accounts {
		name, id := fmt.Sprintf("env-%04d", i+1), fmt.Sprintf("5%011d", i+1)
		if i < len(articleEnvironments) {
			name, id = articleEnvironments[i].name, articleEnvironments[i].id
		}
		s.addMember(id, name, name+"@example.com", way, now)
	}
	operator := &user{entity: entity{kind: userKind, path: "/", name: operatorName, id: s.ids.unique("AIDA"), created: now}}
	operator.grants.set(grants{attached: []string{s.partition.arn("iam", "", "aws", "policy/AdministratorAccess")}}, now, now)
	operator.keys = []*credential{s.issue(&credential{id: s.ids.unique("AKIA"), created: now, account: management, user: operator})}
	management.users[operatorName] = operator
	s.operator = operator.keys[0].public()
	management.root = s.issue(&credential{id: s.ids.unique("AKIA"), created: now, account: management})
	s.root = management.root.public()
	if s.options.IdentityCenter.Region != "" {
		s.enableCenter(s.options.IdentityCenter, now)
	}
}

// Operator gives the keys of an administrator in the management account.
func (s *Server) Operator() Credentials { return s.operator }

// Root gives keys of the management account's root user, which set-up refuses.
func (s *Server) Root() Credentials { return s.root }

// Invite marks a member account as invited rather than created: it has no
// OrganizationAccountAccessRole. It says whether there is such an account.
func (s *Server) Invite(id string) bool {
	return s.member(id, func(a *account) {
		a.joinedMethod = "INVITED"
		delete(a.roles, strings.ToLower(bootstrapRole))
		delete(a.roles, strings.ToLower(landingRole))
	})
}

// Suspend gives a member account the state SUSPENDED, as a closed account has.
// It says whether there is such an account.
func (s *Server) Suspend(id string) bool {
	return s.member(id, func(a *account) { a.state = "SUSPENDED" })
}

// member changes a member account, if there is one of that id.
func (s *Server) member(id string, change func(*account)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	if !ok || a.management {
		return false
	}
	change(a)
	return true
}
