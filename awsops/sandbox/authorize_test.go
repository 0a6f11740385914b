package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// environmentRole makes a role in staging with a trust policy.
func environmentRole(t *testing.T, s *Server, name, trust string) string {
	t.Helper()
	staging := iamAs(s, inStaging(t, s))
	out, err := staging.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Role.Arn
}

func inStaging(t *testing.T, s *Server) Credentials {
	t.Helper()
	session, err := assume(t.Context(), s, s.Operator(), bootstrapARN)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

const trustAdmin = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"CONDITION}]}`

func trustIf(condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return strings.Replace(trustAdmin, "CONDITION", condition, 1)
}

func TestAssumeRoleNeedsBothSides(t *testing.T) {
	s := serve(t, Options{})
	open := environmentRole(t, s, "Open", trustIf(""))
	member := environmentRole(t, s, "Member", trustIf(`{"StringEquals":{"aws:PrincipalOrgID":"`+s.organization.id+`"}}`))
	foreign := environmentRole(t, s, "Foreign", trustIf(`{"StringEquals":{"aws:PrincipalOrgID":"o-else"}}`))
	secret := environmentRole(t, s, "Secret", trustIf(`{"StringEquals":{"sts:ExternalId":"x"}}`))
	bob, eve := addUser(t, s, "bob"), addUser(t, s, "eve")
	allow(t, s, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringEquals":{"aws:ResourceOrgID":"`+s.organization.id+`"}}}]}`)
	for _, test := range []struct {
		name, role string
		who        Credentials
		code       string
	}{
		{"both sides", open, bob, ""},
		{"organization id matches", member, bob, ""},
		{"organization id differs", foreign, bob, "AccessDenied"},
		{"external id missing", secret, bob, "AccessDenied"},
		{"caller has no policy", open, eve, "AccessDenied"},
		{"role does not exist", open + "x", bob, "AccessDenied"},
		{"account does not exist", strings.Replace(open, "222222222222", "999999999999", 1), bob, "AccessDenied"},
		{"root", open, s.Root(), "AccessDenied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := assume(t.Context(), s, test.who, test.role)
			part := "is not authorized to perform: sts:AssumeRole on resource: " + test.role
			if test.name == "root" {
				part = "Roles may not be assumed by root accounts."
			}
			wantError(t, err, test.code, part)
		})
	}
}

func TestRoleSessionActsInItsAccount(t *testing.T) {
	s := serve(t, Options{})
	staging := inStaging(t, s)
	out, err := stsAs(s, staging).GetCallerIdentity(t.Context(), nil)
	wantError(t, err, "", "")
	if *out.Account != "222222222222" || *out.Arn != "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/test" {
		t.Errorf("identity %s", *out.Arn)
	}
	_, err = iamAs(s, staging).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("operator")})
	wantError(t, err, "NoSuchEntity", "The user with name operator cannot be found.")
	_, err = stsAs(s, staging).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::222222222222:role/Next"), RoleSessionName: aws.String("chain"), DurationSeconds: aws.Int32(43200),
	})
	wantError(t, err, "AccessDenied", "assumed-role/OrganizationAccountAccessRole/test")
}

func TestGroupPoliciesReachMembersOnly(t *testing.T) {
	s := serve(t, Options{})
	bob := addUser(t, s, "bob")
	admin := iamAs(s, s.Operator())
	ctx := t.Context()
	_, err := admin.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("admins")})
	wantError(t, err, "", "")
	_, err = admin.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String("Admins"), PolicyArn: aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess")})
	wantError(t, err, "", "")
	list := func() error {
		_, err := iamAs(s, bob).ListPolicies(ctx, nil)
		return err
	}
	refusal := "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: iam:ListPolicies on resource: policy path / because no identity-based policy allows the iam:ListPolicies action"
	wantError(t, list(), "AccessDenied", refusal)
	_, err = admin.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("admins"), UserName: aws.String("bob")})
	wantError(t, err, "", "")
	wantError(t, list(), "", "")
	_, err = iamAs(s, bob).DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("operator")})
	wantError(t, err, "AccessDenied", "perform: iam:DeleteUser on resource: user operator because no identity-based policy allows")
	_, err = admin.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("bob")})
	wantError(t, err, "", "")
	wantError(t, list(), "AccessDenied", refusal)
}

func TestBoundaryLimitsWhatPoliciesGive(t *testing.T) {
	s := serve(t, Options{})
	admin := iamAs(s, s.Operator())
	_, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{
		UserName: aws.String("bob"), PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess"),
	})
	wantError(t, err, "", "")
	allow(t, s, "bob", allowAll)
	key, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
	wantError(t, err, "", "")
	bob := Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
	_, err = iamAs(s, bob).ListPolicies(t.Context(), nil)
	wantError(t, err, "", "")
	_, err = iamAs(s, bob).CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("g")})
	wantError(t, err, "AccessDenied", "because no permissions boundary allows the iam:CreateGroup action")
}

// TestABoundaryIsPutOnAndTakenOff as an account's owner does with a user or a role that is
// there.
func TestABoundaryIsPutOnAndTakenOff(t *testing.T) {
	s := serve(t, Options{})
	admin, readOnly := iamAs(s, s.Operator()), aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess")
	bob := addUser(t, s, "bob")
	allow(t, s, "bob", allowAll)
	makes := func(group string) error {
		_, err := iamAs(s, bob).CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String(group)})
		return err
	}
	wantError(t, makes("a"), "", "")
	_, err := admin.PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bob"), PermissionsBoundary: readOnly})
	wantError(t, err, "", "")
	got, err := admin.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("bob")})
	wantError(t, err, "", "")
	if b := got.User.PermissionsBoundary; b == nil || *b.PermissionsBoundaryArn != *readOnly {
		t.Errorf("the boundary is %v", b)
	}
	wantError(t, makes("b"), "AccessDenied", "because no permissions boundary allows the iam:CreateGroup action")
	for range 2 {
		_, err = admin.DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("bob")})
		wantError(t, err, "", "")
	}
	wantError(t, makes("b"), "", "")

	_, err = admin.PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bob"), PermissionsBoundary: aws.String("arn:aws:iam::111111111111:policy/none")})
	wantError(t, err, "NoSuchEntity", "arn:aws:iam::111111111111:policy/none")
	_, err = admin.DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("nobody")})
	wantError(t, err, "NoSuchEntity", "nobody")

	environmentRole(t, s, "TerraformAdmin", trustIf(""))
	there := iamAs(s, inStaging(t, s))
	_, err = there.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("TerraformAdmin"), PermissionsBoundary: readOnly})
	wantError(t, err, "", "")
	_, err = there.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("TerraformAdmin")})
	wantError(t, err, "", "")
	role, err := there.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("TerraformAdmin")})
	wantError(t, err, "", "")
	if role.Role.PermissionsBoundary != nil {
		t.Errorf("the boundary is %v", role.Role.PermissionsBoundary)
	}
}

func TestSessionPoliciesAreRefused(t *testing.T) {
	s := serve(t, Options{})
	for _, in := range []sts.AssumeRoleInput{
		{Policy: aws.String(allowAll)},
		{PolicyArns: []ststypes.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}}},
	} {
		in.RoleArn, in.RoleSessionName = aws.String(bootstrapARN), aws.String("narrow")
		_, err := stsAs(s, s.Operator()).AssumeRole(t.Context(), &in)
		wantError(t, err, "ValidationError", "no session policies")
	}
}

func TestServiceControlPolicyDeniesMembersOnly(t *testing.T) {
	s := serve(t, Options{})
	staging := inStaging(t, s)
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}`
	if err := s.AddSCP("root", "NoUsers", deny); err != nil {
		t.Fatal(err)
	}
	_, err := iamAs(s, staging).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("eve")})
	wantError(t, err, "AccessDenied", "with an explicit deny in a service control policy")
	_, err = iamAs(s, s.Operator()).CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("eve")})
	wantError(t, err, "", "")
}

func TestPolicyAndRoleAreSeenAfterPropagation(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now, Propagation: 10 * time.Second})
	role := environmentRole(t, s, "TerraformAdmin", trustIf(""))
	_, err := assume(t.Context(), s, s.Operator(), role)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
	_, err = iamAs(s, inStaging(t, s)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("TerraformAdmin")})
	wantError(t, err, "", "")
	c.add(10 * time.Second)
	_, err = assume(t.Context(), s, s.Operator(), role)
	wantError(t, err, "", "")

	_, err = iamAs(s, inStaging(t, s)).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("TerraformAdmin"), PolicyDocument: aws.String(trustIf(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)),
	})
	wantError(t, err, "", "")
	_, err = assume(t.Context(), s, s.Operator(), role)
	wantError(t, err, "", "") // the old trust still holds
	c.add(10 * time.Second)
	_, err = assume(t.Context(), s, s.Operator(), role)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
}

func TestSimulationAgreesWithTheEvaluator(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	allow(t, s, "bob", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},
		{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}`)
	out, err := iamAs(s, s.Operator()).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/bob"),
		ActionNames:     []string{"s3:GetObject", "s3:DeleteObject", "kms:Decrypt"},
		ResourceArns:    []string{"arn:aws:s3:::b/k"},
	})
	wantError(t, err, "", "")
	want := []iamtypes.PolicyEvaluationDecisionType{"allowed", "explicitDeny", "implicitDeny"}
	for i, result := range out.EvaluationResults {
		if result.EvalDecision != want[i] {
			t.Errorf("%s: %s, want %s", *result.EvalActionName, result.EvalDecision, want[i])
		}
	}
	_, err = iamAs(s, s.Operator()).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:sts::111111111111:assumed-role/x/y"), ActionNames: []string{"s3:GetObject"},
	})
	wantError(t, err, "InvalidInput", "Invalid Entity Arn")
	_, err = iamAs(s, s.Operator()).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/bob"), ActionNames: []string{"kms:Decrypt"}, PolicyInputList: []string{allowAll},
	})
	wantError(t, err, "InvalidInput", "without PolicyInputList")
}

// TestASimulationKnowsNoMoreThanItIsGiven: neither of where a request comes from, nor, of
// service control policies, what it would have to know.
func TestASimulationKnowsNoMoreThanItIsGiven(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	allow(t, s, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}}]}`)
	if err := s.AddSCP("222222222222", "inside", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"127.0.0.1"}}}]}`); err != nil {
		t.Fatal(err)
	}
	simulate := func(as Credentials, in *iam.SimulatePrincipalPolicyInput) iamtypes.EvaluationResult {
		t.Helper()
		out, err := iamAs(s, as).SimulatePrincipalPolicy(t.Context(), in)
		wantError(t, err, "", "")
		return out.EvaluationResults[0]
	}
	ask := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/bob"), ActionNames: []string{"s3:GetObject"}}
	if r := simulate(s.Operator(), ask); r.EvalDecision != "implicitDeny" || !slices.Equal(r.MissingContextValues, []string{"aws:SourceIp"}) {
		t.Errorf("without an address: %+v", r)
	}
	ask.ContextEntries = []iamtypes.ContextEntry{{ContextKeyName: aws.String("aws:SourceIp"), ContextKeyType: "ip", ContextKeyValues: []string{"127.0.0.1"}}}
	if r := simulate(s.Operator(), ask); r.EvalDecision != "allowed" || len(r.MissingContextValues) > 0 {
		t.Errorf("with an address: %+v", r)
	}
	r := simulate(inStaging(t, s), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"), ActionNames: []string{"iam:CreateRole"},
	})
	if r.EvalDecision != "implicitDeny" || r.OrganizationsDecisionDetail.AllowedByOrganizations || len(r.MissingContextValues)+len(r.MatchedStatements) > 0 {
		t.Errorf("under a service control policy: %+v", r)
	}
}
