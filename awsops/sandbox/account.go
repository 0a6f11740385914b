package sandbox

import (
	"slices"
	"strings"
)

// optInRegions are regions that an account must enable first; a few of them.
var optInRegions = []string{"af-south-1", "ap-east-1", "eu-central-2", "eu-south-1", "me-central-1", "me-south-1"}

// defaultRegions are enabled in every account.
var defaultRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// routeAccount names the operation of the Account service: its path in another
// case, /listRegions.
func routeAccount(r *request) string {
	name := strings.TrimPrefix(r.http.URL.Path, "/")
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s *Server) serveAccount(r *request) response {
	resource := "arn:aws:account::" + r.account.id + ":account"
	if err := s.authorize(r, "account:"+r.operation, resource, r.account.id, nil, nil); err != nil {
		return s.fail(r, err)
	}
	return s.serveJSON(r, map[string]jsonHandler{
		"ListRegions": jsonOp((*Server).accountListRegions),
	})
}

type regionOut struct{ RegionName, RegionOptStatus string }

type regionsIn struct {
	accountIn
	pageIn
	RegionOptStatusContains []string
}

// regions lists all with their status.
func regions() []regionOut {
	var out []regionOut
	for _, name := range defaultRegions {
		out = append(out, regionOut{name, "ENABLED_BY_DEFAULT"})
	}
	for _, name := range optInRegions {
		out = append(out, regionOut{name, "DISABLED"})
	}
	slices.SortFunc(out, func(a, b regionOut) int { return strings.Compare(a.RegionName, b.RegionName) })
	return out
}

// checkAccount lets only the management account ask about another one.
func (s *Server) checkAccount(r *request, id string) error {
	_, known := s.accounts[id]
	if id == "" || id == r.account.id || known && r.account.management && s.organization != nil {
		return nil
	}
	return accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: account:"+r.operation)
}

func (s *Server) accountListRegions(r *request, in regionsIn) (any, error) {
	if err := s.checkAccount(r, in.AccountID); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(regions(), func(region regionOut) bool {
		return len(in.RegionOptStatusContains) > 0 && !slices.Contains(in.RegionOptStatusContains, region.RegionOptStatus)
	})
	shown, next, err := cut(in.pageIn, all, 50)
	if err != nil {
		return nil, err
	}
	return struct {
		Regions   []regionOut
		NextToken string `json:",omitempty"`
	}{shown, next}, nil
}
