package sandbox

import (
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestNamesAreUniqueWithoutRegardToCase(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	addUser(t, s, "Bob")
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob")})
	wantError(t, err, "EntityAlreadyExists", "User with name bob already exists.")
	_, err = admin.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("b o b")})
	wantError(t, err, "ValidationError", "must contain only alphanumeric characters and/or the following: +=,.@_-")
	_, err = admin.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("eve")})
	wantError(t, err, "NoSuchEntity", "The user with name eve cannot be found.")
	_, err = admin.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("r")})
	wantError(t, err, "NoSuchEntity", "The role with name r cannot be found.")
	_, err = admin.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String("g")})
	wantError(t, err, "NoSuchEntity", "The group with name g cannot be found.")
}

func TestThirdAccessKeyIsRefused(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	admin := iamAs(s, s.Operator())
	create := func() error {
		_, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
		return err
	}
	wantError(t, create(), "", "")
	wantError(t, create(), "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	out, err := admin.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("bob")})
	wantError(t, err, "", "")
	if len(out.AccessKeyMetadata) != 2 {
		t.Errorf("%d keys", len(out.AccessKeyMetadata))
	}
}

func TestPolicySizesAreLimited(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	big := func(n int) *string {
		const head, tail = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::`, `"}]}`
		return aws.String(head + strings.Repeat("b", n-len(head)-len(tail)) + tail + "\n   ")
	}
	put := func(n int) error {
		_, err := admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("bob"), PolicyName: aws.String("p"), PolicyDocument: big(n)})
		return err
	}
	wantError(t, put(2048), "", "")
	wantError(t, put(2049), "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user bob")
	_, err := admin.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("ok"), PolicyDocument: big(6144)})
	wantError(t, err, "", "")
	_, err = admin.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("big"), PolicyDocument: big(6145)})
	wantError(t, err, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
}

func TestMalformedPoliciesAreRefused(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	for text, message := range map[string]string{
		`{"Version":`: "Syntax errors in policy.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}`:                             "Policy statement must contain resources.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"b"}]}`:              "must be in ARN format",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Principal":"*","Resource":"*"}]}`: "should not specify a principal",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ListUsers","Resource":"*"}]}`:         "must be prefaced by a vendor",
	} {
		_, err := admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("bob"), PolicyName: aws.String("p"), PolicyDocument: &text})
		wantError(t, err, "MalformedPolicyDocument", message)
	}
	for principal, code := range map[string]string{
		"arn:aws:iam::111111111111:user/bob": "", "111111111111": "", "arn:aws:iam::111111111111:user/eve": "MalformedPolicyDocument",
		"arn:aws:iam::999999999999:root": "MalformedPolicyDocument", "nonsense": "MalformedPolicyDocument",
	} {
		_, err := admin.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName:                 aws.String(strings.NewReplacer(":", "-", "/", "-").Replace(principal)),
			AssumeRolePolicyDocument: aws.String(strings.Replace(trustIf(""), "arn:aws:iam::111111111111:root", principal, 1)),
		})
		wantError(t, err, code, `Invalid principal in policy: "AWS":"`+principal+`"`)
	}
	_, err := admin.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`)})
	wantError(t, err, "MalformedPolicyDocument", "Missing required field Principal")
}

func TestListsAreCutIntoPages(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	_, err := admin.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")})
	wantError(t, err, "", "")
	for i := range 5 {
		name := fmt.Sprintf("user%d", i)
		addUser(t, s, name)
		_, err := admin.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: &name})
		wantError(t, err, "", "")
	}
	var names []string
	pages := iam.NewGetGroupPaginator(admin, &iam.GetGroupInput{GroupName: aws.String("g"), MaxItems: aws.Int32(2)})
	count := 0
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		wantError(t, err, "", "")
		count++
		for _, u := range out.Users {
			names = append(names, *u.UserName)
		}
	}
	if count != 3 || strings.Join(names, ",") != "user0,user1,user2,user3,user4" {
		t.Errorf("%d pages: %v", count, names)
	}
	_, err = admin.ListPolicies(ctx, &iam.ListPoliciesInput{Marker: aws.String("x")})
	wantError(t, err, "ValidationError", "Invalid Marker")
}

func TestEntitiesInUseAreNotDeleted(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	bob := addUser(t, s, "bob")
	allow(t, s, "bob", allowAll)
	del := func() error {
		_, err := admin.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("bob")})
		return err
	}
	wantError(t, del(), "DeleteConflict", "must delete access keys first")
	_, err := admin.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("bob"), AccessKeyId: &bob.AccessKeyID})
	wantError(t, err, "", "")
	wantError(t, del(), "DeleteConflict", "must delete policies first")
	_, err = admin.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String("bob"), PolicyName: aws.String("test")})
	wantError(t, err, "", "")
	_, err = admin.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: aws.String("bob")})
	wantError(t, err, "NoSuchEntity", "Login Profile for User bob cannot be found.")
	wantError(t, del(), "", "")
	wantError(t, del(), "NoSuchEntity", "The user with name bob cannot be found.")
	_, err = stsAs(s, bob).GetCallerIdentity(ctx, nil)
	wantError(t, err, "InvalidClientTokenId", "")
}

func TestManagedPolicyKeepsFiveVersionsAndTheDefaultCounts(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	bob := addUser(t, s, "bob")
	text := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListPolicies", "Resource": "*"}]}`
	out, err := admin.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: &text, Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	wantError(t, err, "", "")
	arn := out.Policy.Arn
	_, err = admin.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("bob"), PolicyArn: arn})
	wantError(t, err, "", "")
	_, err = iamAs(s, bob).ListPolicies(ctx, nil)
	wantError(t, err, "", "")
	for range 4 {
		_, err = admin.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(strings.Replace(text, "ListPolicies", "ListRoles", 1)), SetAsDefault: true})
		wantError(t, err, "", "")
	}
	_, err = iamAs(s, bob).ListPolicies(ctx, nil)
	wantError(t, err, "AccessDenied", "")
	_, err = admin.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &text})
	wantError(t, err, "LimitExceeded", "A managed policy can have up to 5 versions.")
	_, err = admin.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})
	wantError(t, err, "DeleteConflict", "Cannot delete the default version of a policy.")
	version, err := admin.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
	wantError(t, err, "", "")
	if got, _ := url.PathUnescape(*version.PolicyVersion.Document); got != text || strings.Contains(*version.PolicyVersion.Document, "+") {
		t.Errorf("document %s", *version.PolicyVersion.Document)
	}
	policy, err := admin.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	wantError(t, err, "", "")
	if *policy.Policy.AttachmentCount != 1 || *policy.Policy.DefaultVersionId != "v5" || len(policy.Policy.Tags) != 1 {
		t.Errorf("policy %+v", policy.Policy)
	}
	_, err = admin.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	wantError(t, err, "DeleteConflict", "Cannot delete a policy attached to entities.")
}

func TestEleventhAttachedPolicyIsRefused(t *testing.T) {
	s := serve(t, Options{})
	admin := iamAs(s, s.Operator())
	_, err := admin.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: aws.String("g")})
	wantError(t, err, "", "")
	for i := range 11 {
		out, err := admin.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprint("p", i)), PolicyDocument: aws.String(allowAll)})
		wantError(t, err, "", "")
		_, err = admin.AttachGroupPolicy(t.Context(), &iam.AttachGroupPolicyInput{GroupName: aws.String("g"), PolicyArn: out.Policy.Arn})
		if i < 10 {
			wantError(t, err, "", "")
		} else {
			wantError(t, err, "LimitExceeded", "Cannot exceed quota for PoliciesPerGroup: 10")
		}
	}
}

func TestMFACodesOpenWhatAsksForMFA(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now})
	ctx := t.Context()
	role := environmentRole(t, s, "Guarded", trustIf(`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`))
	bob := addUser(t, s, "bob")
	allow(t, s, "bob", allowAll)
	client := iamAs(s, bob)
	made, err := client.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("bob")})
	wantError(t, err, "", "")
	seed, err := base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed))
	wantError(t, err, "", "")
	phone := &mfaDevice{seed: seed}
	code := func(ahead int64) *string { return aws.String(phone.code(c.now().Unix()/30 + ahead)) }
	serial := made.VirtualMFADevice.SerialNumber
	enable := func(one, two *string) error {
		_, err := client.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: aws.String("bob"), SerialNumber: serial, AuthenticationCode1: one, AuthenticationCode2: two})
		return err
	}
	wantError(t, enable(code(0), code(0)), "InvalidAuthenticationCode", "")
	wantError(t, enable(code(-1), code(0)), "", "")
	devices, err := client.ListMFADevices(ctx, nil)
	wantError(t, err, "", "")
	if len(devices.MFADevices) != 1 {
		t.Errorf("devices %+v", devices.MFADevices)
	}

	_, err = assume(ctx, s, bob, role)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
	with := func(code *string) error {
		_, err := stsAs(s, bob).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("bob"), SerialNumber: serial, TokenCode: code})
		return err
	}
	wantError(t, with(code(0)), "AccessDenied", "invalid MFA one time pass code") // taken by EnableMFADevice
	c.add(30 * time.Second)
	wantError(t, with(code(0)), "", "")
	c.add(30 * time.Second)
	session, err := stsAs(s, bob).GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: serial, TokenCode: code(0)})
	wantError(t, err, "", "")
	who := Credentials{*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken}
	_, err = assume(ctx, s, who, role)
	wantError(t, err, "", "")
	_, err = iamAs(s, who).ListPolicies(ctx, nil)
	wantError(t, err, "", "")

	plain, err := stsAs(s, bob).GetSessionToken(ctx, nil)
	wantError(t, err, "", "")
	who = Credentials{*plain.Credentials.AccessKeyId, *plain.Credentials.SecretAccessKey, *plain.Credentials.SessionToken}
	_, err = iamAs(s, who).ListPolicies(ctx, nil)
	wantError(t, err, "InvalidClientTokenId", "") // IAM takes no session without MFA
}

func TestReadsShowWhatWritesMade(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	addUser(t, s, "bob")
	role := environmentRole(t, s, "Env", trustIf(""))
	staging := iamAs(s, inStaging(t, s))
	_, err := staging.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("Env"), Tags: []iamtypes.Tag{{Key: aws.String("stateroom"), Value: aws.String("1/b")}}})
	wantError(t, err, "", "")
	_, err = staging.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("Env"), PolicyArn: aws.String("arn:aws:iam::aws:policy/PowerUserAccess")})
	wantError(t, err, "", "")
	got, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("Env")})
	wantError(t, err, "", "")
	if *got.Role.Arn != role || len(got.Role.Tags) != 1 || *got.Role.MaxSessionDuration != 3600 {
		t.Errorf("role %+v", got.Role)
	}
	attached, err := staging.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("Env")})
	wantError(t, err, "", "")
	if len(attached.AttachedPolicies) != 1 || *attached.AttachedPolicies[0].PolicyName != "PowerUserAccess" {
		t.Errorf("attached %+v", attached.AttachedPolicies)
	}
	used, err := admin.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(s.Operator().AccessKeyID)})
	wantError(t, err, "", "")
	if *used.AccessKeyLastUsed.ServiceName != "iam" {
		t.Errorf("last used %+v", used.AccessKeyLastUsed)
	}
}

func TestUpdatesRenameTagAndUntag(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	addUser(t, s, "bob")
	_, err := admin.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g"), Path: aws.String("/team/")})
	wantError(t, err, "", "")
	_, err = admin.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("bob")})
	wantError(t, err, "", "")
	_, err = admin.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: aws.String("g"), NewGroupName: aws.String("h")})
	wantError(t, err, "", "")
	groups, err := admin.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: aws.String("bob")})
	wantError(t, err, "", "")
	if len(groups.Groups) != 1 || *groups.Groups[0].Arn != "arn:aws:iam::111111111111:group/team/h" {
		t.Errorf("groups %+v", groups.Groups)
	}
	_, err = admin.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("bob"), Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
	wantError(t, err, "", "")
	_, err = admin.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String("bob"), TagKeys: []string{"a"}})
	wantError(t, err, "", "")
	user, err := admin.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("bob")})
	wantError(t, err, "", "")
	if tags := user.User.Tags; len(tags) != 1 || *tags[0].Key != "b" {
		t.Errorf("tags %+v", tags)
	}
	_, err = admin.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("h")})
	wantError(t, err, "DeleteConflict", "must remove users from group first")
}

func TestMFADeviceIsFreedBeforeItIsDeleted(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	made, err := admin.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("d")})
	wantError(t, err, "", "")
	serial := made.VirtualMFADevice.SerialNumber
	_, err = admin.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("d")})
	wantError(t, err, "EntityAlreadyExists", "")
	seed, err := base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed))
	wantError(t, err, "", "")
	phone, step := &mfaDevice{seed: seed}, time.Now().Unix()/30
	_, err = admin.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: aws.String(operatorName), SerialNumber: serial,
		AuthenticationCode1: aws.String(phone.code(step - 1)), AuthenticationCode2: aws.String(phone.code(step)),
	})
	wantError(t, err, "", "")
	_, err = admin.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial})
	wantError(t, err, "DeleteConflict", "Must deactivate first")
	listed, err := admin.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{AssignmentStatus: iamtypes.AssignmentStatusTypeAssigned})
	wantError(t, err, "", "")
	if len(listed.VirtualMFADevices) != 1 || *listed.VirtualMFADevices[0].User.UserName != operatorName {
		t.Errorf("devices %+v", listed.VirtualMFADevices)
	}
	_, err = admin.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: aws.String(operatorName), SerialNumber: serial})
	wantError(t, err, "", "")
	_, err = admin.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial})
	wantError(t, err, "", "")
	_, err = admin.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial})
	wantError(t, err, "NoSuchEntity", "VirtualMFADevice with serial number "+*serial+" does not exist.")
}

func TestCodesAreThoseThatTheDeviceTakesNext(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now})
	admin, ctx, name := iamAs(s, s.Operator()), t.Context(), aws.String(operatorName)
	made, err := admin.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name})
	wantError(t, err, "", "")
	serial := *made.VirtualMFADevice.SerialNumber
	pair := s.Codes(serial, 2)
	_, err = admin.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: name, SerialNumber: &serial, AuthenticationCode1: &pair[0], AuthenticationCode2: &pair[1]})
	wantError(t, err, "", "")
	session := func() error {
		code := s.Codes(serial, 1)
		if len(code) == 0 {
			return errors.New("no code is left")
		}
		_, err := stsAs(s, s.Operator()).GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &code[0]})
		return err
	}
	for range 3 {
		wantError(t, session(), "", "")
	}
	if err := session(); err == nil || s.Codes("arn:aws:iam::111111111111:mfa/nobody", 1) != nil {
		t.Errorf("codes that no device takes: %v", err)
	}
	c.add(30 * time.Second)
	wantError(t, session(), "", "")
	c.add(time.Minute)
	code := s.Codes(serial, 1)
	c.add(10 * time.Minute) // a machine may stall while they are typed
	open := func() error {
		_, err := stsAs(s, s.Operator()).GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &code[0]})
		return err
	}
	wantError(t, open(), "", "")
	if open() == nil {
		t.Error("a code that was shown is taken twice")
	}
}

// TestARaisedQuotaIsToldAndKept: what GetAccountSummary tells is what IAM goes by, in
// that account alone.
func TestARaisedQuotaIsToldAndKept(t *testing.T) {
	s := serve(t, Options{Quotas: map[string]map[string]int{"111111111111": {"GroupsPerUserQuota": 11}}})
	addUser(t, s, "bob")
	admin, ctx := iamAs(s, s.Operator()), t.Context()
	for i := range 12 {
		name := aws.String(fmt.Sprint("g", i))
		_, err := admin.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name})
		wantError(t, err, "", "")
		_, err = admin.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: name, UserName: aws.String("bob")})
		if i < 11 {
			wantError(t, err, "", "")
		} else {
			wantError(t, err, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 11")
		}
	}
	out, err := admin.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	wantError(t, err, "", "")
	for name, want := range map[string]int32{"GroupsPerUserQuota": 11, "AssumeRolePolicySizeQuota": 2048, "Groups": 12} {
		if out.SummaryMap[name] != want {
			t.Errorf("%s is %d, want %d", name, out.SummaryMap[name], want)
		}
	}
}
