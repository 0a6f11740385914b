package sandbox

import (
	"slices"
	"strings"
)

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
	resource := s.partition.arn("account", "", r.account.id, "account")
	if err := s.authorize(r, "account:"+r.operation, resource, r.account.id, nil, nil); err != nil {
		return response{}, err
	}
	return serveJSON(r, map[string]jsonHandler{"ListRegions": jsonOp(s.listRegions), "EnableRegion": jsonOp(s.enableRegion)})
}

type regionOut struct{ RegionName, RegionOptStatus string }

type regionsIn struct {
	accountIn
	pageIn
	RegionOptStatusContains []string
}

// listRegions lets only the management account ask about another one.
func (s *accountService) listRegions(r *request, in regionsIn) (any, error) {
	target, err := s.target(r, in.accountIn)
	if err != nil {
		return nil, err
	}
	all := map[string]regionOut{}
	for _, name := range slices.Concat(s.partition.regions, s.partition.optIn) {
		status := target.optStatus(name)
		if len(in.RegionOptStatusContains) == 0 || slices.Contains(in.RegionOptStatusContains, status) {
			all[name] = regionOut{name, status}
		}
	}
	return pageOf(in.pageIn, "Regions", inOrder(all), 50)
}

// target is the account that a request asks about.
func (s *accountService) target(r *request, in accountIn) (*account, error) {
	if in.AccountID == "" || in.AccountID == r.account.id {
		return r.account, nil
	}
	target := s.accounts[in.AccountID]
	if target == nil || !r.account.management || s.organization == nil {
		return nil, accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: account:"+r.operation)
	}
	return target, nil
}

// optStatus is ENABLED_BY_DEFAULT but for regions that the account must enable first.
func (a *account) optStatus(region string) string {
	switch {
	case !slices.Contains(a.partition.optIn, region):
		return "ENABLED_BY_DEFAULT"
	case slices.Contains(a.regions, region):
		return "ENABLED"
	}
	return "DISABLED"
}

// uses says whether the account's keys are known in a region: it is of the account's
// partition, and enabled if it must be ("Enable or disable AWS Regions in your account":
// credentials are not sent to a region before).
func (a *account) uses(region string) bool {
	return partitionOf(region) == a.partition && a.optStatus(region) != "DISABLED"
}

type regionIn struct {
	accountIn
	RegionName string
}

// enableRegion takes minutes to hours in AWS, and no time here.
func (s *accountService) enableRegion(r *request, in regionIn) (any, error) {
	target, err := s.target(r, in.accountIn)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(s.partition.optIn, in.RegionName):
		return nil, badRequest("ValidationException", "Region %s cannot be enabled.", in.RegionName)
	case !slices.Contains(target.regions, in.RegionName):
		target.regions = append(target.regions, in.RegionName)
	}
	return nil, nil
}
