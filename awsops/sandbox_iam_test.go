package awsops_test

import (
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
)

func TestGroupsUsersAndKeysAreMadeAndRead(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	do(t, home, awsops.CreateGroup("admins", "/team/"))
	do(t, home, awsops.CreateUser("alice", "", tags))
	do(t, home, awsops.TagUser("alice", map[string]string{"more": "x"}))
	do(t, home, awsops.AddUserToGroup("admins", "alice"))
	group := must[*awsops.Group](t)(home.Group(ctx, "admins"))
	same(t, "the group", &awsops.Group{
		ARN: "arn:aws:iam::111111111111:group/team/admins", Path: "/team/", Users: []string{"alice"},
	}, group)
	user := must[*awsops.User](t)(home.User(ctx, "alice"))
	same(t, "the user's tags", map[string]string{"stateroom": "111111111111/state", "team": "core", "more": "x"}, user.Tags)
	same(t, "the user's groups", []awsops.GroupRef{{Name: "admins", ARN: group.ARN}}, must[[]awsops.GroupRef](t)(home.UserGroups(ctx, "alice")))

	out := do(t, home, awsops.CreateAccessKey("alice"))
	keys := must[[]awsops.AccessKey](t)(home.AccessKeys(ctx, "alice"))
	if len(keys) != 1 || keys[0].ID != out.Values["id"] || !keys[0].Active || out.Secret.IsZero() {
		t.Errorf("the keys are %+v", keys)
	}
	if account := must[string](t)(home.AccessKeyAccount(ctx, keys[0].ID)); account != management {
		t.Errorf("the key belongs to %s", account)
	}
	alice := sessions.With(keys[0].ID, out.Secret, secret.Secret{}, "")
	if id := must[awsops.Identity](t)(alice.WaitKeyUsable(ctx, time.Minute)); id.Name != "alice" {
		t.Errorf("the key is %+v", id)
	}
	do(t, home, awsops.UpdateAccessKey("alice", keys[0].ID, "Inactive"))
	_, err := sessions.With(keys[0].ID, out.Secret, secret.Secret{}, "").Identity(ctx)
	if !awsops.IsUnknownKey(err) {
		t.Errorf("an inactive key: %v", err)
	}
	wrong := sessions.With(keys[0].ID, secret.New("wrong"), secret.Secret{}, "")
	do(t, home, awsops.UpdateAccessKey("alice", keys[0].ID, "Active"))
	if _, err = wrong.Identity(ctx); !awsops.IsBadSecret(err) {
		t.Errorf("a wrong secret: %v", err)
	}
	do(t, home, awsops.DeleteAccessKey("alice", keys[0].ID))
	do(t, home, awsops.RemoveUserFromGroup("admins", "alice"))
	if keys := must[[]awsops.AccessKey](t)(home.AccessKeys(ctx, "alice")); len(keys) != 0 {
		t.Errorf("the keys are %+v", keys)
	}
}

func TestPoliciesOfGroupsAreMadeAndRead(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	document := policy.AssumeRoles([]string{"arn:aws:iam::444444444444:role/TerraformAdmin"}).JSON()
	do(t, home, awsops.CreateGroup("admins", ""))
	putGroupPolicy(t, server, "admins", "one", document)
	putGroupPolicy(t, server, "admins", "two", document)
	arn := do(t, home, awsops.CreatePolicy("state", "", "what", document, tags)).Values["arn"]
	do(t, home, awsops.AttachGroupPolicy("admins", arn))
	policies := must[awsops.GroupGrants](t)(home.GroupGrants(ctx, "admins"))
	same(t, "the group's policies", awsops.GroupGrants{
		Inline:   []string{"one", "two"},
		Attached: []awsops.PolicyRef{{Name: "state", ARN: arn}},
	}, policies)

	version := do(t, home, awsops.CreatePolicyVersion(arn, document)).Values["version"]
	do(t, home, awsops.DeletePolicyVersion(arn, "v1"))
	do(t, home, awsops.TagPolicy(arn, map[string]string{"more": "x"}))
	want := &awsops.Policy{
		Name: "state", ARN: arn, DefaultVersion: version, Versions: []string{version}, Document: document,
		Tags: map[string]string{"stateroom": "111111111111/state", "team": "core", "more": "x"},
	}
	same(t, "the managed policy", want, must[*awsops.Policy](t)(home.Policy(ctx, arn)))
	for _, listed := range []string{version, "v1"} { // as a list of before has it
		same(t, "the policy listed with "+listed, want, must[*awsops.Policy](t)(home.ListedPolicy(ctx, awsops.Policy{ARN: arn, DefaultVersion: listed})))
	}
	same(t, "the account's own policies", []awsops.Policy{{Name: "state", ARN: arn, DefaultVersion: version}}, must[[]awsops.Policy](t)(home.CustomerPolicies(ctx)))
	do(t, home, awsops.DetachGroupPolicy("admins", arn))
	act(t, server, management, "DeleteGroupPolicy", sandbox.ActInput{"GroupName": "admins", "PolicyName": "one"})
	policies = must[awsops.GroupGrants](t)(home.GroupGrants(ctx, "admins"))
	same(t, "what remains", awsops.GroupGrants{Inline: []string{"two"}}, policies)
}

func TestRolesAreMadeReadAndAssumedAcrossAccounts(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, there, ctx := sessions.Home(""), sessions.Reach(production, bootstrap, ""), t.Context()
	trust := policy.EnvironmentTrust("aws", management, "", nil, false).JSON()
	document := policy.EnvironmentPermissions().JSON()
	boundary := "arn:aws:iam::aws:policy/PowerUserAccess"
	arn := do(t, there, awsops.CreateRole(awsops.RoleInput{
		Name: "TerraformAdmin", Path: "/team/", Trust: trust, Description: "what", MaxSession: 7200, Tags: tags,
	})).Values["arn"]
	do(t, there, awsops.PutRolePolicy("TerraformAdmin", "terraform", document))
	do(t, there, awsops.AttachRolePolicy("TerraformAdmin", boundary))
	do(t, there, awsops.PutRolePermissionsBoundary("TerraformAdmin", boundary))
	do(t, there, awsops.TagRole("TerraformAdmin", map[string]string{"more": "x"}))
	do(t, there, awsops.UpdateAssumeRolePolicy("TerraformAdmin", trust))
	role := must[*awsops.Role](t)(there.Role(ctx, "TerraformAdmin"))
	if role.Created.IsZero() {
		t.Error("the role has no age")
	}
	role.Created = role.Created.Truncate(0)
	want := &awsops.Role{
		Name: "TerraformAdmin", ARN: arn, Path: "/team/", Trust: trust, Boundary: boundary,
		MaxSession: 7200, Created: role.Created,
		Tags: map[string]string{"stateroom": "111111111111/state", "team": "core", "more": "x"},
	}
	same(t, "the role", want, role)
	holds(t, server, arn+` settings = "what", sessions of 7200 seconds`)
	same(t, "the role's policies", awsops.Policies{
		Inline: map[string]string{"terraform": document}, Attached: []awsops.PolicyRef{{Name: "PowerUserAccess", ARN: boundary}},
	}, must[awsops.Policies](t)(there.RolePolicies(ctx, "TerraformAdmin", "terraform")))
	assumed := must[*awsops.Session](t)(home.WaitAssumable(ctx, arn, time.Minute))
	if id := must[awsops.Identity](t)(assumed.Identity(ctx)); id.Account != production || id.Name != "TerraformAdmin" {
		t.Errorf("assumed %+v", id)
	}
	act(t, server, production, "DetachRolePolicy", sandbox.ActInput{"RoleName": "TerraformAdmin", "PolicyArn": boundary})
	do(t, there, awsops.DeleteRolePolicy("TerraformAdmin", "terraform"))
	policies := must[awsops.Policies](t)(there.RolePolicies(ctx, "TerraformAdmin", "terraform"))
	same(t, "what remains", awsops.Policies{Inline: map[string]string{}}, policies)

	_, err := sessions.Reach(production, "Nobody", "").Role(ctx, "TerraformAdmin")
	if !awsops.IsAccessDenied(err) || !strings.Contains(err.Error(), "role/Nobody") {
		t.Errorf("an absent role to reach through: %v", err)
	}
}
