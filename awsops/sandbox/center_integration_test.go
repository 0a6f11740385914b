//go:build integration

package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCommandLineAssignsAPermissionSet drives the administration of IAM Identity Center
// with the real AWS CLI, from the instance to the role.
func TestCommandLineAssignsAPermissionSet(t *testing.T) {
	st := newStage(t, Options{IdentityCenter: CenterOptions{Region: stageRegion}})
	c := newChild(st, st.Operator())
	aws := func(command string) string {
		t.Helper()
		return strings.TrimSpace(c.ok("aws", append(strings.Fields(command), "--output", "text")...))
	}
	instance := strings.Fields(aws("sso-admin list-instances --query Instances[0].[InstanceArn,IdentityStoreId]"))
	store := " --identity-store-id " + instance[1]
	group := aws("identitystore create-group --display-name Admins --query GroupId" + store)
	user := aws("identitystore create-user --user-name alice --display-name Alice --name FamilyName=A,GivenName=Alice --query UserId" + store)
	aws("identitystore create-group-membership --group-id " + group + " --member-id UserId=" + user + store)
	c.refused(`\(ConflictException\) when calling the CreateGroupMembership operation`, "aws",
		strings.Fields("identitystore create-group-membership --group-id "+group+" --member-id UserId="+user+store)...)
	identifier, err := json.Marshal(map[string]any{"UniqueAttribute": map[string]string{"AttributePath": "displayName", "AttributeValue": "Admins"}})
	st.must(err)
	if found := aws("identitystore get-group-id --query GroupId --alternate-identifier " + string(identifier) + store); found != group {
		t.Errorf("the group is found as %s, and is %s", found, group)
	}
	if out := aws("identitystore is-member-in-groups --query Results[0].MembershipExists --group-ids " + group + " --member-id UserId=" + user + store); out != "True" {
		t.Errorf("alice is in her group: %s", out)
	}

	of := " --instance-arn " + instance[0]
	set := aws("sso-admin create-permission-set --name Terraform-admins --session-duration PT8H --tags Key=a,Value=b --query PermissionSet.PermissionSetArn" + of)
	of += " --permission-set-arn " + set
	aws("iam create-policy --policy-name states --path /stateroom/ --policy-document " + allowing("s3:ListBucket").JSON())
	aws("sso-admin attach-customer-managed-policy-reference-to-permission-set --customer-managed-policy-reference Name=states,Path=/stateroom/" + of)
	request := aws("sso-admin create-account-assignment --target-type AWS_ACCOUNT --principal-type GROUP --query AccountAssignmentCreationStatus.RequestId --target-id " +
		managementAccount + " --principal-id " + group + of)
	if end := aws("sso-admin describe-account-assignment-creation-status --query AccountAssignmentCreationStatus.Status --instance-arn " +
		instance[0] + " --account-assignment-creation-request-id " + request); end != "SUCCEEDED" {
		t.Fatalf("the assignment has %s", end)
	}
	if out := aws("sso-admin list-account-assignments --query AccountAssignments[].PrincipalId --account-id " + managementAccount + of); out != group {
		t.Errorf("assigned to %s, and not to %s", out, group)
	}
	role := st.role(managementAccount, "Terraform-admins")
	if out := aws("iam get-role --query Role.Arn --role-name " + role); !strings.HasSuffix(out, ":role/aws-reserved/sso.amazonaws.com/"+stageRegion+"/"+role) {
		t.Errorf("the role is %s", out)
	}
	c.refused(`\(UnmodifiableEntity\).*is only modifiable by AWS`, "aws", "iam", "detach-role-policy", "--role-name", role,
		"--policy-arn", "arn:aws:iam::111111111111:policy/stateroom/states")
	if out := aws("sso-admin list-permission-sets-provisioned-to-account --query PermissionSets --provisioning-status LATEST_PERMISSION_SET_PROVISIONED --account-id " +
		managementAccount + " --instance-arn " + instance[0]); out != set {
		t.Errorf("provisioned: %s", out)
	}
}

// role is the name of the role that a permission set became in an account.
func (st *stage) role(account, set string) string {
	st.t.Helper()
	for of, have := range st.center.reserved {
		if of.account.id == account && of.set.name == set {
			return have.role.name
		}
	}
	st.t.Fatalf("%s is not provisioned in %s", set, account)
	return ""
}
