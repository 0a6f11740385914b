package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TestTrustInAPermissionSetOutlivesItsRole holds the forms in which a role can trust who
// comes by a permission set: the role has another name after every last assignment.
func TestTrustInAPermissionSetOutlivesItsRole(t *testing.T) {
	st := newSignInStage(t, CenterOptions{})
	ctx := t.Context()
	_, err := st.iam().CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("assume"), PolicyDocument: aws.String(allowing("sts:AssumeRole").JSON())})
	st.must(err)
	st.center.sets[*st.set].references = append(st.center.sets[*st.set].references, policyReference{"assume", "/"})
	if end := st.provision(st.set, managementAccount); end.Status != "SUCCEEDED" {
		t.Fatalf("%+v", end)
	}
	staging := iam.NewFromConfig(st.config(st.memberAs("222222222222")))
	trusting := func(name, principal, condition string) string {
		t.Helper()
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"` + condition + `}]}`
		out, err := staging.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
		st.must(err)
		return *out.Role.Arn
	}
	like := func(arn string) string { return `,"Condition":{"ArnLike":{"aws:PrincipalArn":"` + arn + `"}}` }
	const root, reserved = "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com"
	set := trusting("set", root, like(reserved+"*/AWSReservedSSO_Terraform-admins_*"))
	account := trusting("account", root, "")
	noRegion := trusting("no-region", root, like(reserved+"/AWSReservedSSO_Terraform-admins_*"))
	other := trusting("other", root, like(reserved+"*/AWSReservedSSO_Terraform-others_*"))
	person := trusting("person", root, `,"Condition":{"StringLike":{"aws:userid":"*:alice@acme.com"}}`)
	mfa := trusting("mfa", root, `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`)
	exact := trusting("exact", reserved+"/eu-central-1/"+st.reservedRole(managementAccount), "")

	check := func(when string, want map[string]bool) {
		t.Helper()
		token, _ := st.signIn("alice@acme.com")
		alice, err := st.enter(token.AccessToken, managementAccount, "Terraform-admins")
		st.must(err)
		for role, allowed := range want {
			if _, err := assume(ctx, st.Server, alice, role); (err == nil) != allowed {
				t.Errorf("%s: %s is entered: %v", when, role, err)
			}
		}
	}
	forms := map[string]bool{set: true, account: true, person: true, noRegion: false, other: false, mfa: false, exact: true}
	check("at first", forms)
	st.unassign(st.set, managementAccount, "Admins")
	st.assign(st.Operator(), st.set, managementAccount, "Admins")
	forms[exact] = false
	check("after the last assignment has gone and come", forms)
}
