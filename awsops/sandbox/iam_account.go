package sandbox

import (
	"maps"
	"slices"
	"strconv"
)

// iamListAliases answers that the account has no alias.
func (s *Server) iamListAliases(*request) (any, error) {
	return struct {
		AccountAliases members[string]
		paging
	}{}, nil
}

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

type xmlInline struct{ PolicyName, PolicyDocument string }

// xmlDetail is one user, group or role in GetAccountAuthorizationDetails.
type xmlDetail struct {
	Path     string
	UserName string `xml:",omitempty"`
	UserId   string `xml:",omitempty"`

	GroupName string `xml:",omitempty"`
	GroupId   string `xml:",omitempty"`
	RoleName  string `xml:",omitempty"`
	RoleId    string `xml:",omitempty"`

	Arn, CreateDate          string
	AssumeRolePolicyDocument string `xml:",omitempty"`
	UserPolicyList           *members[xmlInline]
	GroupPolicyList          *members[xmlInline]
	RolePolicyList           *members[xmlInline]
	GroupList                *members[string]
	AttachedManagedPolicies  members[xmlAttached]
	PermissionsBoundary      *xmlBoundary
	Tags                     *members[xmlTag]
}

func viewDetail(a *account, e *entity) xmlDetail {
	given := e.now()
	var inline members[xmlInline]
	for _, name := range slices.Sorted(maps.Keys(given.inline)) {
		inline.Member = append(inline.Member, xmlInline{name, encodeDocument(given.inline[name])})
	}
	out := xmlDetail{
		Path: e.path, Arn: e.arn(a), CreateDate: stamp(e.created), PermissionsBoundary: viewBoundary(e), Tags: e.tagList(),
		AttachedManagedPolicies: listOf(given.attached, viewAttached),
	}
	switch e.kind {
	case "user":
		var groups members[string]
		for _, name := range given.groups {
			groups.Member = append(groups.Member, a.groups[name].name)
		}
		out.UserName, out.UserId, out.UserPolicyList, out.GroupList = e.name, e.id, &inline, &groups
	case "group":
		out.GroupName, out.GroupId, out.GroupPolicyList = e.name, e.id, &inline
	case "role":
		out.RoleName, out.RoleId, out.RolePolicyList = e.name, e.id, &inline
		out.AssumeRolePolicyDocument = encodeDocument(given.trust)
	}
	return out
}

// xmlPolicyDetail is a managed policy with its versions.
type xmlPolicyDetail struct {
	xmlPolicy
	PolicyVersionList members[xmlVersion]
}

// iamAuthorizationDetails lists users, groups, roles and the account's own
// managed policies, in one sequence of pages.
func (s *Server) iamAuthorizationDetails(r *request) (any, error) {
	var all []any
	for _, e := range r.account.entities() {
		all = append(all, e)
	}
	for _, arn := range slices.Sorted(maps.Keys(r.account.policies)) {
		all = append(all, r.account.policies[arn])
	}
	filter := map[string]string{"user": "User", "group": "Group", "role": "Role"}
	wanted := r.list("Filter")
	all = slices.DeleteFunc(all, func(item any) bool {
		kind := "LocalManagedPolicy"
		if e, ok := item.(*entity); ok {
			kind = filter[e.kind]
		}
		return len(wanted) > 0 && !slices.Contains(wanted, kind)
	})
	shown, cut, err := page(r, all)
	if err != nil {
		return nil, err
	}
	var out struct {
		UserDetailList, GroupDetailList, RoleDetailList members[xmlDetail]
		Policies                                        members[xmlPolicyDetail]
		paging
	}
	out.paging = cut
	lists := map[string]*members[xmlDetail]{"user": &out.UserDetailList, "group": &out.GroupDetailList, "role": &out.RoleDetailList}
	for _, item := range shown {
		switch item := item.(type) {
		case *entity:
			lists[item.kind].Member = append(lists[item.kind].Member, viewDetail(r.account, item))
		case *managedPolicy:
			out.Policies.Member = append(out.Policies.Member, xmlPolicyDetail{item.view(r.account), listOf(item.versions, func(v policyVersion) xmlVersion {
				return item.viewVersion(v, true)
			})})
		}
	}
	return out, nil
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
