package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

func (st *centerStage) ssoAs(who Credentials) *ssoadmin.Client {
	return ssoadmin.NewFromConfig(st.config(who))
}

func (st *centerStage) sso() *ssoadmin.Client { return st.ssoAs(st.Operator()) }

func (st *centerStage) iam() *iam.Client { return iam.NewFromConfig(st.config(st.Operator())) }

// instance is the ARN of the instance.
func (st *centerStage) instance() *string { return aws.String(st.center.arn("")) }

// set makes a permission set.
func (st *centerStage) set(name string) *string {
	st.t.Helper()
	out, err := st.sso().CreatePermissionSet(st.t.Context(), &ssoadmin.CreatePermissionSetInput{InstanceArn: st.instance(), Name: &name})
	st.must(err)
	return out.PermissionSet.PermissionSetArn
}

// policy makes a policy in the management account that allows an action, and a reference
// to it.
func (st *centerStage) policy(name, action string) *types.CustomerManagedPolicyReference {
	st.t.Helper()
	path := "/stateroom/"
	_, err := st.iam().CreatePolicy(st.t.Context(), &iam.CreatePolicyInput{PolicyName: &name, Path: &path, PolicyDocument: aws.String(allowing(action).JSON())})
	st.must(err)
	return &types.CustomerManagedPolicyReference{Name: &name, Path: &path}
}

func (st *centerStage) attach(set *string, reference *types.CustomerManagedPolicyReference) error {
	_, err := st.sso().AttachCustomerManagedPolicyReferenceToPermissionSet(st.t.Context(), &ssoadmin.AttachCustomerManagedPolicyReferenceToPermissionSetInput{
		InstanceArn: st.instance(), PermissionSetArn: set, CustomerManagedPolicyReference: reference,
	})
	return err
}

// assignment asks for an assignment of a group.
func (st *centerStage) assignment(who Credentials, set *string, account, group string) (*types.AccountAssignmentOperationStatus, error) {
	st.t.Helper()
	id, err := st.groupID(group)
	st.must(err)
	out, err := st.ssoAs(who).CreateAccountAssignment(st.t.Context(), &ssoadmin.CreateAccountAssignmentInput{
		InstanceArn: st.instance(), PermissionSetArn: set, TargetId: &account, TargetType: "AWS_ACCOUNT", PrincipalType: "GROUP", PrincipalId: id,
	})
	if err != nil {
		return nil, err
	}
	return out.AccountAssignmentCreationStatus, nil
}

// assign assigns a group a permission set and gives the end of it.
func (st *centerStage) assign(who Credentials, set *string, account, group string) *types.AccountAssignmentOperationStatus {
	st.t.Helper()
	begun, err := st.assignment(who, set, account, group)
	st.must(err)
	if begun.Status != types.StatusValuesInProgress {
		st.t.Fatalf("an assignment begins as %s", begun.Status)
	}
	out, err := st.sso().DescribeAccountAssignmentCreationStatus(st.t.Context(), &ssoadmin.DescribeAccountAssignmentCreationStatusInput{
		InstanceArn: st.instance(), AccountAssignmentCreationRequestId: begun.RequestId,
	})
	st.must(err)
	return out.AccountAssignmentCreationStatus
}

// unassign ends an assignment, which must succeed.
func (st *centerStage) unassign(set *string, account, group string) {
	st.t.Helper()
	id, err := st.groupID(group)
	st.must(err)
	begun, err := st.sso().DeleteAccountAssignment(st.t.Context(), &ssoadmin.DeleteAccountAssignmentInput{
		InstanceArn: st.instance(), PermissionSetArn: set, TargetId: &account, TargetType: "AWS_ACCOUNT", PrincipalType: "GROUP", PrincipalId: id,
	})
	st.must(err)
	out, err := st.sso().DescribeAccountAssignmentDeletionStatus(st.t.Context(), &ssoadmin.DescribeAccountAssignmentDeletionStatusInput{
		InstanceArn: st.instance(), AccountAssignmentDeletionRequestId: begun.AccountAssignmentDeletionStatus.RequestId,
	})
	st.must(err)
	if out.AccountAssignmentDeletionStatus.Status != types.StatusValuesSucceeded {
		st.t.Fatalf("the assignment is not gone: %+v", out.AccountAssignmentDeletionStatus)
	}
}

// provision provisions a permission set and gives the end of it.
func (st *centerStage) provision(set *string, account string) *types.PermissionSetProvisioningStatus {
	st.t.Helper()
	begun, err := st.sso().ProvisionPermissionSet(st.t.Context(), &ssoadmin.ProvisionPermissionSetInput{
		InstanceArn: st.instance(), PermissionSetArn: set, TargetId: &account, TargetType: types.ProvisionTargetTypeAwsAccount,
	})
	st.must(err)
	out, err := st.sso().DescribePermissionSetProvisioningStatus(st.t.Context(), &ssoadmin.DescribePermissionSetProvisioningStatusInput{
		InstanceArn: st.instance(), ProvisionPermissionSetRequestId: begun.PermissionSetProvisioningStatus.RequestId,
	})
	st.must(err)
	return out.PermissionSetProvisioningStatus
}

// due says whether a permission set has to be provisioned in an account.
func (st *centerStage) due(set *string, account string) bool {
	st.t.Helper()
	is := func(status types.ProvisioningStatus) bool {
		out, err := st.sso().ListPermissionSetsProvisionedToAccount(st.t.Context(), &ssoadmin.ListPermissionSetsProvisionedToAccountInput{
			InstanceArn: st.instance(), AccountId: &account, ProvisioningStatus: status,
		})
		st.must(err)
		return slices.Contains(out.PermissionSets, *set)
	}
	stale := is(types.ProvisioningStatusLatestPermissionSetNotProvisioned)
	if stale == is(types.ProvisioningStatusLatestPermissionSetProvisioned) {
		st.t.Fatalf("%s is both up to date and not, or neither", *set)
	}
	return stale
}

// reservedRole is the name of the role that a permission set became.
func (st *centerStage) reservedRole(account string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	for of, have := range st.center.reserved {
		if of.account.id == account {
			return have.role.name
		}
	}
	return ""
}

func TestInstanceIsFoundInItsRegionOrInAll(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	elsewhere := ssoadmin.NewFromConfig(as(st.Server, st.Operator())) // eu-west-1
	for _, c := range []struct {
		name   string
		client *ssoadmin.Client
		scope  types.RegionScope
		found  int
	}{
		{"its region", st.sso(), "", 1},
		{"another region", elsewhere, "", 0},
		{"another region, all asked for", elsewhere, types.RegionScopeAllRegions, 1},
		{"a member account", st.ssoAs(st.memberAs("222222222222")), "", 1},
	} {
		out, err := c.client.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{RegionScope: c.scope})
		if err != nil || len(out.Instances) != c.found {
			t.Errorf("%s: %+v, %v", c.name, out, err)
			continue
		}
		for _, i := range out.Instances {
			if *i.PrimaryRegion != centerRegion || *i.OwnerAccountId != managementAccount || *i.IdentityStoreId != *st.id() || i.Status != types.InstanceStatusActive {
				t.Errorf("%s: %+v", c.name, i)
			}
		}
	}
	_, err := elsewhere.DescribeInstance(t.Context(), &ssoadmin.DescribeInstanceInput{InstanceArn: st.instance()})
	wantError(t, err, "AccessDeniedException", "sso:DescribeInstance")

	off := serve(t, Options{})
	out, err := ssoadmin.NewFromConfig(as(off, off.Operator())).ListInstances(t.Context(), &ssoadmin.ListInstancesInput{RegionScope: types.RegionScopeAllRegions})
	if err != nil || len(out.Instances) != 0 {
		t.Errorf("not enabled: %+v, %v", out, err)
	}
}

func TestPermissionSetIsKept(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	c, ctx := st.sso(), t.Context()
	made, err := c.CreatePermissionSet(ctx, &ssoadmin.CreatePermissionSetInput{
		InstanceArn: st.instance(), Name: aws.String("Terraform-admins"), Description: aws.String("for tests"), SessionDuration: aws.String("PT8H"),
		Tags: []types.Tag{{Key: aws.String("stateroom:project"), Value: aws.String("acme")}},
	})
	st.must(err)
	arn := made.PermissionSet.PermissionSetArn
	_, err = c.CreatePermissionSet(ctx, &ssoadmin.CreatePermissionSetInput{InstanceArn: st.instance(), Name: aws.String("Terraform-admins")})
	wantError(t, err, "ConflictException", "PermissionSet with name Terraform-admins already exists.")
	for _, bad := range []*ssoadmin.CreatePermissionSetInput{
		{Name: aws.String(strings.Repeat("x", 33))},
		{Name: aws.String("no spaces")},
		{Name: aws.String("a"), SessionDuration: aws.String("PT13H")},
		{Name: aws.String("a"), SessionDuration: aws.String("PT30M")},
		{Name: aws.String("a"), SessionDuration: aws.String("8 hours")},
		{Name: aws.String("a"), Description: aws.String(strings.Repeat("x", 701))},
	} {
		bad.InstanceArn = st.instance()
		_, err = c.CreatePermissionSet(ctx, bad)
		wantError(t, err, "ValidationException", "")
	}
	_, err = c.UpdatePermissionSet(ctx, &ssoadmin.UpdatePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn, SessionDuration: aws.String("PT1H30M")})
	st.must(err)
	got, err := c.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn})
	st.must(err)
	if p := got.PermissionSet; *p.Name != "Terraform-admins" || *p.Description != "for tests" || *p.SessionDuration != "PT1H30M" || p.RelayState != nil {
		t.Errorf("the set is %+v", p)
	}
	_, err = c.TagResource(ctx, &ssoadmin.TagResourceInput{InstanceArn: st.instance(), ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}})
	st.must(err)
	_, err = c.UntagResource(ctx, &ssoadmin.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"stateroom:project"}})
	st.must(err)
	tags, err := c.ListTagsForResource(ctx, &ssoadmin.ListTagsForResourceInput{InstanceArn: st.instance(), ResourceArn: arn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "b" {
		t.Errorf("the tags are %+v: %v", tags, err)
	}
	for i := range 120 {
		st.set(fmt.Sprint("set-", i))
	}
	pages, count := ssoadmin.NewListPermissionSetsPaginator(c, &ssoadmin.ListPermissionSetsInput{InstanceArn: st.instance()}), 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		st.must(err)
		count += len(page.PermissionSets)
	}
	if count != 121 {
		t.Errorf("%d sets are listed", count)
	}
	_, err = c.DeletePermissionSet(ctx, &ssoadmin.DeletePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn})
	st.must(err)
	_, err = c.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn})
	wantError(t, err, "ResourceNotFoundException", "")
}

func TestAssignmentMakesARoleThatOnlyIdentityCenterChanges(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	ctx := t.Context()
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}, "Others": {"bob"}}))
	set, first, second := st.set("Terraform-admins"), st.policy("first", "s3:GetObject"), st.policy("second", "s3:PutObject")
	st.must(st.attach(set, first))
	wantError(t, st.attach(set, first), "ConflictException", "")
	if end := st.assign(st.Operator(), set, managementAccount, "Admins"); end.Status != types.StatusValuesSucceeded {
		t.Fatalf("the assignment is %+v", end)
	}
	name := st.reservedRole(managementAccount)
	role, err := st.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	st.must(err)
	if *role.Role.Path != "/aws-reserved/sso.amazonaws.com/eu-central-1/" || *role.Role.MaxSessionDuration != 12*3600 || len(name) != len("AWSReservedSSO_Terraform-admins_")+16 {
		t.Errorf("the role is %+v", role.Role)
	}
	attached := func() (names []string) {
		out, err := st.iam().ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		st.must(err)
		for _, p := range out.AttachedPolicies {
			names = append(names, *p.PolicyName)
		}
		return names
	}
	if got := attached(); !slices.Equal(got, []string{"first"}) {
		t.Errorf("it has the policies %v", got)
	}
	for operation, err := range map[string]error{
		"attach": failing(st.iam().AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String("arn:aws:iam::111111111111:policy/stateroom/second")})),
		"put":    failing(st.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})),
		"trust":  failing(st.iam().UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: aws.String(allowAll)})),
		"delete": failing(st.iam().DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})),
	} {
		if err == nil || !strings.Contains(err.Error(), "UnmodifiableEntity: Cannot perform the operation on the protected role '"+name+"' - this role is only modifiable by AWS") {
			t.Errorf("%s: %v", operation, err)
		}
	}
	_, err = st.iam().DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String("arn:aws:iam::111111111111:policy/stateroom/first")})
	wantError(t, err, "DeleteConflict", "")
	_, err = st.sso().DeletePermissionSet(ctx, &ssoadmin.DeletePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	wantError(t, err, "ConflictException", "ApplicationProfile")

	// What the set has by now comes to the role when it is provisioned.
	st.must(st.attach(set, second))
	if got := attached(); len(got) != 1 || !st.due(set, managementAccount) {
		t.Errorf("before it is provisioned the role has %v, and that is due: %t", got, st.due(set, managementAccount))
	}
	if end := st.provision(set, managementAccount); end.Status != types.StatusValuesSucceeded || st.due(set, managementAccount) {
		t.Errorf("provisioned: %+v", end)
	}
	if got := attached(); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("after it is provisioned the role has %v", got)
	}

	// The role stays until the last assignment of the set goes, and comes back as another.
	st.assign(st.Operator(), set, managementAccount, "Others")
	st.unassign(set, managementAccount, "Admins")
	if st.reservedRole(managementAccount) != name {
		t.Error("the role went with one assignment of two")
	}
	st.unassign(set, managementAccount, "Others")
	_, err = st.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	wantError(t, err, "NoSuchEntity", "")
	st.assign(st.Operator(), set, managementAccount, "Admins")
	if again := st.reservedRole(managementAccount); again == name || !strings.HasPrefix(again, "AWSReservedSSO_Terraform-admins_") {
		t.Errorf("the role is %s, and was %s", again, name)
	}
}

func failing[T any](_ T, err error) error { return err }

func TestReservedRoleHasNoRegionInItsPathInVirginia(t *testing.T) {
	s := serve(t, Options{IdentityCenter: CenterOptions{Region: "us-east-1"}})
	if got := s.center.reservedPath(); got != "/aws-reserved/sso.amazonaws.com/" {
		t.Errorf("the path is %s", got)
	}
}

func TestAssignmentFailsWithoutThePolicyOrTheRights(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	st.must(st.attach(set, st.policy("there", "s3:GetObject")))
	if end := st.assign(st.Operator(), set, "222222222222", "Admins"); end.Status != types.StatusValuesFailed || !strings.Contains(*end.FailureReason, "policy/stateroom/there does not exist") {
		t.Errorf("without the policy in the account: %+v", end)
	}
	if st.reservedRole("222222222222") != "" {
		t.Error("an assignment that failed has left a role")
	}

	// In the management account Identity Center acts with the rights of its caller.
	bob := addUser(t, st.Server, "bob")
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sso:*","Resource":"*"}]}`)
	end := st.assign(bob, set, managementAccount, "Admins")
	if end.Status != types.StatusValuesFailed || !strings.HasPrefix(*end.FailureReason, "Received a 403 status error: Access denied by IAM.") ||
		!strings.Contains(*end.FailureReason, "user/bob is not authorized to perform: iam:GetSAMLProvider") {
		t.Errorf("without rights in IAM: %+v", end)
	}
	saml := `{"Effect":"Allow","Action":["iam:GetSAMLProvider","iam:CreateSAMLProvider","iam:UpdateSAMLProvider","iam:ListSAMLProviderTags","iam:TagSAMLProvider"],"Resource":"arn:aws:iam::111111111111:saml-provider/AWSSSO_*_DO_NOT_DELETE"}`
	roles := `{"Effect":"Allow","Action":["iam:CreateRole","iam:AttachRolePolicy","iam:GetRole","iam:ListRolePolicies","iam:ListAttachedRolePolicies"],"Resource":"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*"}`
	sso := `{"Effect":"Allow","Action":"sso:*","Resource":"*"}`
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[`+sso+`,`+saml+`]}`)
	if end := st.assign(bob, set, managementAccount, "Admins"); end.Status != types.StatusValuesFailed || !strings.Contains(*end.FailureReason, "iam:GetRole on resource: arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Terraform-admins_") {
		t.Errorf("without rights to make the role: %+v", end)
	}
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[`+sso+`,`+saml+`,`+roles+`]}`)
	if end := st.assign(bob, set, managementAccount, "Admins"); end.Status != types.StatusValuesSucceeded {
		t.Errorf("with the rights: %+v", end)
	}
	// In any other account it has a role of its own.
	_, err := iam.NewFromConfig(st.config(st.memberAs("222222222222"))).CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("there"), Path: aws.String("/stateroom/"), PolicyDocument: aws.String(allowAll),
	})
	st.must(err)
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[`+sso+`]}`)
	if end := st.assign(bob, set, "222222222222", "Admins"); end.Status != types.StatusValuesSucceeded {
		t.Errorf("in a member account: %+v", end)
	}
	accounts, err := st.sso().ListAccountsForProvisionedPermissionSet(t.Context(), &ssoadmin.ListAccountsForProvisionedPermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	if err != nil || !slices.Equal(accounts.AccountIds, []string{managementAccount, "222222222222"}) {
		t.Errorf("it is provisioned in %+v: %v", accounts, err)
	}
}

func TestAssignmentIsFoundAgainByItsRequest(t *testing.T) {
	clock := newClock()
	st := &centerStage{serve(t, Options{Now: clock.now, IdentityCenter: CenterOptions{Region: centerRegion, Assigning: time.Minute}}), t}
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}, "Others": {"bob"}}))
	set := st.set("Terraform-admins")
	begun, err := st.assignment(st.Operator(), set, managementAccount, "Admins")
	st.must(err)
	listed := func(status types.StatusValues) []types.AccountAssignmentOperationStatusMetadata {
		out, err := st.sso().ListAccountAssignmentCreationStatus(t.Context(), &ssoadmin.ListAccountAssignmentCreationStatusInput{
			InstanceArn: st.instance(), Filter: &types.OperationStatusFilter{Status: status},
		})
		st.must(err)
		return out.AccountAssignmentsCreationStatus
	}
	if open := listed(types.StatusValuesInProgress); len(open) != 1 || *open[0].RequestId != *begun.RequestId {
		t.Fatalf("under way: %+v", open)
	}
	_, err = st.assignment(st.Operator(), set, managementAccount, "Admins")
	wantError(t, err, "ConflictException", "in progress")
	if st.reservedRole(managementAccount) != "" {
		t.Error("the role is there before its time")
	}
	_, err = st.sso().DeletePermissionSet(t.Context(), &ssoadmin.DeletePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	wantError(t, err, "ConflictException", "")
	clock.add(time.Minute)
	if done := listed(types.StatusValuesSucceeded); len(done) != 1 || len(listed(types.StatusValuesInProgress)) != 0 {
		t.Errorf("after its time: %+v", done)
	}
	// AWS takes the same assignment a second time, and keeps one.
	_, err = st.assignment(st.Operator(), set, managementAccount, "Admins")
	st.must(err)
	clock.add(time.Minute)
	have, err := st.sso().ListAccountAssignments(t.Context(), &ssoadmin.ListAccountAssignmentsInput{InstanceArn: st.instance(), PermissionSetArn: set, AccountId: aws.String(managementAccount)})
	if err != nil || len(have.AccountAssignments) != 1 {
		t.Errorf("assigned: %+v, %v", have, err)
	}
}

func TestQuotasOfIdentityCenter(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	for i := range 11 {
		st.must(st.attach(set, st.policy(fmt.Sprint("p", i), "s3:GetObject")))
	}
	if end := st.assign(st.Operator(), set, managementAccount, "Admins"); end.Status != types.StatusValuesFailed || !strings.Contains(*end.FailureReason, "PoliciesPerRole: 10") {
		t.Errorf("with eleven policies: %+v", end)
	}
	for i := 11; i < mostReferences; i++ {
		st.must(st.attach(set, st.policy(fmt.Sprint("p", i), "s3:GetObject")))
	}
	wantError(t, st.attach(set, st.policy("more", "s3:GetObject")), "ServiceQuotaExceededException", "20")
	detach := &ssoadmin.DetachCustomerManagedPolicyReferenceFromPermissionSetInput{
		InstanceArn: st.instance(), PermissionSetArn: set, CustomerManagedPolicyReference: &types.CustomerManagedPolicyReference{Name: aws.String("p0")},
	}
	_, err := st.sso().DetachCustomerManagedPolicyReferenceFromPermissionSet(t.Context(), detach)
	wantError(t, err, "ResourceNotFoundException", "path /") // the path counts
	detach.CustomerManagedPolicyReference.Path = aws.String("/stateroom/")
	_, err = st.sso().DetachCustomerManagedPolicyReferenceFromPermissionSet(t.Context(), detach)
	st.must(err)
	left, err := st.sso().ListCustomerManagedPolicyReferencesInPermissionSet(t.Context(), &ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	if err != nil || len(left.CustomerManagedPolicyReferences) != mostReferences-1 {
		t.Errorf("left: %+v, %v", left, err)
	}

	slow := newCenterStage(t, CenterOptions{Assigning: time.Hour})
	slow.must(slow.Directory(map[string][]string{"Admins": {"alice"}}))
	for i := range mostOutstanding {
		_, err := slow.assignment(slow.Operator(), slow.set(fmt.Sprint("set-", i)), managementAccount, "Admins")
		slow.must(err)
	}
	_, err = slow.assignment(slow.Operator(), slow.set("one-more"), managementAccount, "Admins")
	wantError(t, err, "ServiceQuotaExceededException", "10")
}

func TestBoundaryOfAPermissionSetComesToItsRole(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	ctx := t.Context()
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	get := &ssoadmin.GetPermissionsBoundaryForPermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set}
	_, err := st.sso().GetPermissionsBoundaryForPermissionSet(ctx, get)
	wantError(t, err, "ResourceNotFoundException", "")
	_, err = st.sso().PutPermissionsBoundaryToPermissionSet(ctx, &ssoadmin.PutPermissionsBoundaryToPermissionSetInput{
		InstanceArn: st.instance(), PermissionSetArn: set, PermissionsBoundary: &types.PermissionsBoundary{},
	})
	wantError(t, err, "ValidationException", "either")
	_, err = st.sso().PutPermissionsBoundaryToPermissionSet(ctx, &ssoadmin.PutPermissionsBoundaryToPermissionSetInput{
		InstanceArn: st.instance(), PermissionSetArn: set, PermissionsBoundary: &types.PermissionsBoundary{CustomerManagedPolicyReference: st.policy("boundary", "s3:*")},
	})
	st.must(err)
	got, err := st.sso().GetPermissionsBoundaryForPermissionSet(ctx, get)
	if err != nil || *got.PermissionsBoundary.CustomerManagedPolicyReference.Name != "boundary" {
		t.Errorf("the boundary is %+v: %v", got, err)
	}
	st.assign(st.Operator(), set, managementAccount, "Admins")
	role, err := st.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(st.reservedRole(managementAccount))})
	if err != nil || *role.Role.PermissionsBoundary.PermissionsBoundaryArn != "arn:aws:iam::111111111111:policy/stateroom/boundary" {
		t.Errorf("the role is %+v: %v", role, err)
	}
	_, err = st.sso().DeletePermissionsBoundaryFromPermissionSet(ctx, &ssoadmin.DeletePermissionsBoundaryFromPermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	st.must(err)
	if !st.due(set, managementAccount) {
		t.Error("a boundary that is gone need not be provisioned")
	}
}

func TestDelegateStaysOutOfTheManagementAccount(t *testing.T) {
	st := newCenterStage(t, CenterOptions{Delegate: "222222222222"})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	delegate, other := st.memberAs("222222222222"), st.memberAs("333333333333")
	_, err := st.ssoAs(other).ListPermissionSets(t.Context(), &ssoadmin.ListPermissionSetsInput{InstanceArn: st.instance()})
	wantError(t, err, "AccessDeniedException", "sso:ListPermissionSets")
	made, err := st.ssoAs(delegate).CreatePermissionSet(t.Context(), &ssoadmin.CreatePermissionSetInput{InstanceArn: st.instance(), Name: aws.String("ours")})
	st.must(err)
	set := made.PermissionSet.PermissionSetArn
	_, err = st.assignment(delegate, set, managementAccount, "Admins")
	wantError(t, err, "AccessDeniedException", "management account")
	if end := st.assign(delegate, set, "333333333333", "Admins"); end.Status != types.StatusValuesSucceeded {
		t.Errorf("in a member account: %+v", end)
	}
	st.assign(st.Operator(), set, managementAccount, "Admins")
	_, err = st.assignment(delegate, set, "444444444444", "Admins")
	wantError(t, err, "AccessDeniedException", "management account")
	_, err = st.ssoAs(delegate).UpdatePermissionSet(t.Context(), &ssoadmin.UpdatePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set, SessionDuration: aws.String("PT2H")})
	wantError(t, err, "AccessDeniedException", "management account")
	_, err = st.ssoAs(delegate).DescribePermissionSet(t.Context(), &ssoadmin.DescribePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	st.must(err)
}

func TestPermissionSetsNeedAnInstanceThatHasThem(t *testing.T) {
	own := newCenterStage(t, CenterOptions{Owner: "222222222222"})
	member := own.ssoAs(own.memberAs("222222222222"))
	out, err := member.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
	own.must(err)
	if len(out.Instances) != 1 || *out.Instances[0].OwnerAccountId != "222222222222" {
		t.Errorf("the account instance: %+v", out.Instances)
	}
	_, err = member.ListPermissionSets(t.Context(), &ssoadmin.ListPermissionSetsInput{InstanceArn: own.instance()})
	wantError(t, err, "ValidationException", "account instance")
	none, err := own.sso().ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
	if err != nil || len(none.Instances) != 0 {
		t.Errorf("the management account sees %+v: %v", none, err)
	}

	st := newCenterStage(t, CenterOptions{SetsOff: true})
	enabled := func() bool {
		out, err := st.sso().DescribeInstance(t.Context(), &ssoadmin.DescribeInstanceInput{InstanceArn: st.instance()})
		st.must(err)
		return *out.PermissionSetsEnabled
	}
	_, err = st.sso().ListPermissionSets(t.Context(), &ssoadmin.ListPermissionSetsInput{InstanceArn: st.instance()})
	wantError(t, err, "ValidationException", "not enabled")
	_, err = st.sso().UpdateInstance(t.Context(), &ssoadmin.UpdateInstanceInput{InstanceArn: st.instance(), PermissionSetsEnabled: aws.Bool(true), Name: aws.String("x")})
	wantError(t, err, "ValidationException", "a request of its own")
	if enabled() {
		t.Error("they are on before anybody has turned them on")
	}
	_, err = st.sso().UpdateInstance(t.Context(), &ssoadmin.UpdateInstanceInput{InstanceArn: st.instance(), PermissionSetsEnabled: aws.Bool(true)})
	st.must(err)
	if st.set("works"); !enabled() {
		t.Error("they are off after somebody has turned them on")
	}
}

func TestInstanceNamesTheKeyThatFailsIt(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	keys := kms.NewFromConfig(st.config(st.Operator()))
	made, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{})
	st.must(err)
	_, err = st.sso().UpdateInstance(t.Context(), &ssoadmin.UpdateInstanceInput{InstanceArn: st.instance(), EncryptionConfiguration: &types.EncryptionConfiguration{
		KeyType: types.KmsKeyTypeCustomerManagedKey, KmsKeyArn: made.KeyMetadata.Arn,
	}})
	st.must(err)
	st.set("works")
	_, err = keys.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: made.KeyMetadata.Arn})
	st.must(err)
	_, err = st.sso().ListPermissionSets(t.Context(), &ssoadmin.ListPermissionSetsInput{InstanceArn: st.instance()})
	var invalid *types.ValidationException
	if !errors.As(err, &invalid) || invalid.Reason != types.ValidationExceptionReasonKmsDisabledException || !strings.Contains(*invalid.Message, *made.KeyMetadata.Arn) {
		t.Errorf("with a key that is disabled: %v", err)
	}
	out, err := st.sso().DescribeInstance(t.Context(), &ssoadmin.DescribeInstanceInput{InstanceArn: st.instance()})
	if err != nil || *out.EncryptionConfigurationDetails.KmsKeyArn != *made.KeyMetadata.Arn {
		t.Errorf("the instance is %+v: %v", out, err)
	}
}

func TestIdentityCenterAsksThePoliciesOfItsCallers(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	bob := addUser(t, st.Server, "bob")
	grant := func(action, resource string) {
		allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"`+action+`","Resource":[`+resource+`]}]}`)
	}
	try := func() error {
		_, err := st.assignment(bob, set, "222222222222", "Admins")
		return err
	}
	for _, part := range []string{*st.instance(), "arn:aws:sso:::account/222222222222", *set} {
		parts := slices.DeleteFunc([]string{`"` + *st.instance() + `"`, `"arn:aws:sso:::account/222222222222"`, `"` + *set + `"`}, func(have string) bool { return have == `"`+part+`"` })
		grant("sso:CreateAccountAssignment", strings.Join(parts, ","))
		wantError(t, try(), "AccessDeniedException", "sso:CreateAccountAssignment on resource: "+part)
	}
	grant("sso:CreateAccountAssignment", `"*"`)
	st.must(try())

	// Tags in a creation take the right to tag, and conditions know a set's tags.
	create := &ssoadmin.CreatePermissionSetInput{InstanceArn: st.instance(), Name: aws.String("more"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("acme")}}}
	grant("sso:CreatePermissionSet", `"*"`)
	_, err := st.ssoAs(bob).CreatePermissionSet(t.Context(), create)
	wantError(t, err, "AccessDeniedException", "sso:TagResource")
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sso:CreatePermissionSet","sso:TagResource"],"Resource":"*"},
		{"Effect":"Allow","Action":"sso:DeletePermissionSet","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"acme"}}}]}`)
	made, err := st.ssoAs(bob).CreatePermissionSet(t.Context(), create)
	st.must(err)
	_, err = st.ssoAs(bob).DeletePermissionSet(t.Context(), &ssoadmin.DeletePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: set})
	wantError(t, err, "AccessDeniedException", "sso:DeletePermissionSet")
	_, err = st.ssoAs(bob).DeletePermissionSet(t.Context(), &ssoadmin.DeletePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: made.PermissionSet.PermissionSetArn})
	st.must(err)
}

func TestAssignmentsSaySpecificallyWhatIsMissing(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	id, err := st.groupID("Admins")
	st.must(err)
	in := ssoadmin.CreateAccountAssignmentInput{
		InstanceArn: st.instance(), PermissionSetArn: set, TargetId: aws.String("222222222222"), TargetType: "AWS_ACCOUNT", PrincipalType: "GROUP", PrincipalId: id,
	}
	noAccount, noGroup, noSet := in, in, in
	noAccount.TargetId, noGroup.PrincipalId, noSet.PermissionSetArn = aws.String("999999999999"), aws.String("00000000-0000-4000-8000-000000000000"), aws.String(*set+"x")
	for _, bad := range []*ssoadmin.CreateAccountAssignmentInput{&noAccount, &noGroup, &noSet} {
		_, err := st.sso().CreateAccountAssignment(t.Context(), bad)
		wantError(t, err, "ResourceNotFoundException", "Could not find")
	}
	_, err = st.sso().DeleteAccountAssignment(t.Context(), &ssoadmin.DeleteAccountAssignmentInput{
		InstanceArn: st.instance(), PermissionSetArn: set, TargetId: in.TargetId, TargetType: in.TargetType, PrincipalType: in.PrincipalType, PrincipalId: id,
	})
	wantError(t, err, "ResourceNotFoundException", "assignment")
	if end := st.provision(set, "222222222222"); end.Status != types.StatusValuesFailed || !strings.Contains(*end.FailureReason, "Assignment not found") {
		t.Errorf("provisioned where it is not assigned: %+v", end)
	}
	_, err = st.store().DeleteGroup(t.Context(), &identitystore.DeleteGroupInput{IdentityStoreId: st.id(), GroupId: id})
	st.must(err)
}
