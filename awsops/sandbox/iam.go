package sandbox

import "time"

func (s *Server) serveIAM(r *request) response { return s.serveQuery(r, "", nil) }

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

type managedPolicy struct{ text eventual[string] }

type mfaDevice struct{}

type iamCatalog map[string]*managedPolicy

func newIAMCatalog(time.Time) iamCatalog { return iamCatalog{} }

func (s *Server) managedPolicy(a *account, arn string) (*managedPolicy, bool) {
	if p, ok := s.iam[arn]; ok {
		return p, true
	}
	p, ok := a.policies[arn]
	return p, ok
}

func (s *Server) populate() {}
