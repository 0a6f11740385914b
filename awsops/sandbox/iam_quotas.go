package sandbox

import (
	"encoding/xml"
	"maps"
	"slices"
)

// usualQuotas are IAM's quotas, as GetAccountSummary names them, where nobody had them
// raised ("IAM and AWS STS quotas"). Sizes are characters without white space.
var usualQuotas = map[string]int{
	"AccessKeysPerUserQuota":        2,
	"AssumeRolePolicySizeQuota":     2048,
	"AttachedPoliciesPerGroupQuota": 10,
	"AttachedPoliciesPerRoleQuota":  10,
	"AttachedPoliciesPerUserQuota":  10,
	"GroupPolicySizeQuota":          5120,
	"GroupsPerUserQuota":            10,
	"PolicySizeQuota":               6144,
	"RolePolicySizeQuota":           10240,
	"UserPolicySizeQuota":           2048,
	"VersionsPerPolicyQuota":        5,
}

// quota is one of an account's, by its name in GetAccountSummary without "Quota".
func (s *core) quota(account, name string) int {
	name += "Quota"
	if raised, ok := s.options.Quotas[account][name]; ok {
		return raised
	}
	return usualQuotas[name]
}

type summaryEntry struct {
	Key   string `xml:"key"`
	Value int    `xml:"value"`
}

// accountSummary answers how much of what an account has, and its quotas.
func (s *iamService) accountSummary(r *request) (any, error) {
	all := map[string]int{
		"Users": len(r.account.users), "Groups": len(r.account.groups), "Roles": len(r.account.roles), "Policies": len(r.account.policies),
	}
	maps.Copy(all, usualQuotas)
	maps.Copy(all, s.options.Quotas[r.account.id])
	var out struct {
		SummaryMap struct {
			XMLName xml.Name       `xml:"SummaryMap"`
			Entries []summaryEntry `xml:"entry"`
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out.SummaryMap.Entries = append(out.SummaryMap.Entries, summaryEntry{name, all[name]})
	}
	return out, nil
}
