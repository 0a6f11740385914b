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

// accountService is Account Management, as far as it tells of regions.
type accountService struct{ *core }

// routeAccount names the operation of the Account service: its path in another
// case, /listRegions.
func routeAccount(r *request) string {
	name := strings.TrimPrefix(r.http.URL.Path, "/")
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s *accountService) serve(r *request) (response, error) {
	resource := "arn:aws:account::" + r.account.id + ":account"
	if err := s.authorize(r, "account:"+r.operation, resource, r.account.id, nil, nil); err != nil {
		return response{}, err
	}
	return serveJSON(r, map[string]jsonHandler{"ListRegions": jsonOp(s.listRegions)})
}

type regionOut struct{ RegionName, RegionOptStatus string }

type regionsIn struct {
	accountIn
	pageIn
	RegionOptStatusContains []string
}

// listRegions lets only the management account ask about another one.
func (s *accountService) listRegions(r *request, in regionsIn) (any, error) {
	id := in.AccountID
	if _, known := s.accounts[id]; id != "" && id != r.account.id && !(known && r.account.management && s.organization != nil) {
		return nil, accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: account:"+r.operation)
	}
	all := map[string]regionOut{}
	for status, names := range map[string][]string{"ENABLED_BY_DEFAULT": defaultRegions, "DISABLED": optInRegions} {
		for _, name := range names {
			if len(in.RegionOptStatusContains) == 0 || slices.Contains(in.RegionOptStatusContains, status) {
				all[name] = regionOut{name, status}
			}
		}
	}
	return pageOf(in.pageIn, "Regions", inOrder(all), 50)
}
