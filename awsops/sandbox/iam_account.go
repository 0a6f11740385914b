package sandbox

import (
	"maps"
	"slices"
	"strconv"
)

// iamAccountSummary counts, and gives the quotas that the sandbox holds.
func (s *Server) iamAccountSummary(r *request) (any, error) {
	a := r.account
	inUse, assigned, keys := 0, 0, 0
	for _, d := range a.mfa {
		if d.user != nil {
			assigned++
		}
	}
	for _, p := range a.policies {
		inUse += len(p.versions)
	}
	if a.root != nil {
		keys = 1
	}
	counts := map[string]int{
		"Users": len(a.users), "UsersQuota": 5000, "Groups": len(a.groups), "GroupsQuota": 300,
		"Roles": len(a.roles), "RolesQuota": 1000, "Policies": len(a.policies), "PoliciesQuota": 1500,
		"PolicyVersionsInUse": inUse, "PolicyVersionsInUseQuota": 10000, "VersionsPerPolicyQuota": maxVersions,
		"PolicySizeQuota": maxManagedSize, "UserPolicySizeQuota": userKind.inlineAt, "GroupPolicySizeQuota": groupKind.inlineAt,
		"RolePolicySizeQuota": roleKind.inlineAt, "AssumeRolePolicySizeQuota": 2048,
		"AttachedPoliciesPerUserQuota": maxAttached, "AttachedPoliciesPerGroupQuota": maxAttached, "AttachedPoliciesPerRoleQuota": maxAttached,
		"AccessKeysPerUserQuota": maxKeys, "GroupsPerUserQuota": 10, "MFADevices": len(a.mfa), "MFADevicesInUse": assigned,
		"AccountMFAEnabled": 0, "AccountAccessKeysPresent": keys, "AccountSigningCertificatesPresent": 0,
	}
	type count struct {
		Key   string `xml:"key"`
		Value int    `xml:"value"`
	}
	type summary struct {
		Entry []count `xml:"entry"`
	}
	var out summary
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out.Entry = append(out.Entry, count{name, counts[name]})
	}
	return struct{ SummaryMap summary }{out}, nil
}

// contextEntries are the ContextEntries of a simulation.
func (r *request) contextEntries() map[string][]string {
	out := map[string][]string{}
	for i := 1; ; i++ {
		prefix := "ContextEntries.member." + strconv.Itoa(i)
		if !r.form.Has(prefix + ".ContextKeyName") {
			return out
		}
		out[r.arg(prefix+".ContextKeyName")] = r.list(prefix + ".ContextKeyValues")
	}
}
