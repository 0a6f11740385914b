package awsops

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// operation is what is known of one operation of AWS's.
type operation struct {
	// method is one of the SDK's clients', such as (*iam.Client).CreateUser.
	method any
	// on are the ARNs on which its action is authorized, see [Call.Rights]; nil where it is
	// not foretold whether it is allowed.
	on func(Call, Place) []string
	// once says that it is sent once only. AWS offers no usable idempotency token
	// for it, so that the SDK's retries would double it when an answer is lost: a
	// second CreatePolicyVersion would take one of a policy's five versions, a
	// second CreateVirtualMFADevice would find the device there and get no seed.
	once bool
	// grantsNothing says that it gives nobody access to anything that was closed to
	// them: it makes what nobody can reach yet, takes something away, or sets what
	// has no say in access. Tags and aliases have one, since policies may go by them
	// (aws:PrincipalTag, aws:ResourceTag, kms:ResourceAliases), and so has whatever
	// is made with tags.
	grantsNothing bool
	// answers are the members without which an answer is none: what is made is named
	// there and nowhere else, or given this once.
	answers []string
	// outputs are what other changes may need of an answer, an output's name to its
	// dotted path, which is a JMESPath expression too.
	outputs map[string]string
	// secret and token are the members that AWS gives only once.
	secret, token string
	// patience is how long it may take until AWS can do it, where that is longer
	// than whatever else is waited for.
	patience time.Duration
	// settle waits for what AWS finishes after it has answered, and gives what is
	// known then.
	settle func(context.Context, *Session, Call, Outputs) (map[string]string, error)
}

func (c Call) name() string { return c.Service + "/" + c.Operation }

// Outputs are what other changes may need of the call's answer, an output's name to
// its dotted path there.
func (c Call) Outputs() map[string]string { return operations[c.name()].outputs }

// SecretPath is the dotted path of what the call's answer gives only once, empty for
// every other call.
func (c Call) SecretPath() string { return operations[c.name()].secret }

// OnceOnly says whether the call gets one attempt only.
func (c Call) OnceOnly() bool { return operations[c.name()].once }

// sentOnce tells of an operation by its name alone: no two services have one of
// the same name of which one is sent once.
func sentOnce(name string) bool {
	for of, o := range operations {
		if o.once && strings.HasSuffix(of, "/"+name) {
			return true
		}
	}
	return false
}

// Patience is how long the call may be sent again until AWS can do it; zero where
// nothing is known of it.
func (c Call) Patience() time.Duration { return operations[c.name()].patience }

// MayGrant tells whether the call may give somebody access: what it does is for
// whoever knows what was there before to judge.
func (c Call) MayGrant() bool {
	return c.Mutating() && !operations[c.name()].grantsNothing && !c.deactivates()
}

// Settle waits for what AWS finishes after it has answered, and gives what is
// known then: the id of an account, for which the error is a [NotCreatedError]
// where AWS refuses it in the end.
func (s *Session) Settle(ctx context.Context, c Call, out Outputs) (map[string]string, error) {
	if settle := operations[c.name()].settle; settle != nil {
		return settle(ctx, s, c, out)
	}
	return nil, nil
}

// organizationPatience is how long AWS may take to finish a new organization
// (FinalizingOrganizationException, Organizations API reference).
const organizationPatience = time.Hour

// NotCreatedError is AWS's refusal to make an account, with its reason in AWS's
// word (CreateAccountStatus, Organizations API reference).
type NotCreatedError struct{ Reason string }

func (e *NotCreatedError) Error() string { return "AWS did not create the account: " + e.Reason }

func settleAccount(ctx context.Context, s *Session, _ Call, out Outputs) (map[string]string, error) {
	made, err := s.WaitAccount(ctx, out.Values["request"])
	if err != nil {
		return nil, err
	}
	if made.Account == "" {
		return nil, &NotCreatedError{made.FailureReason}
	}
	return map[string]string{"account": made.Account}, nil
}

func settleTable(ctx context.Context, s *Session, c Call, _ Outputs) (map[string]string, error) {
	return nil, s.WaitTableActive(ctx, lookupPath(c.Input, "TableName"))
}

// complete is an error where an answer lacks what it must hold.
func (o operation) complete(answer any) error {
	lacking := slices.DeleteFunc(slices.Clone(o.answers), func(path string) bool { return lookupPath(answer, path) != "" })
	if len(lacking) == 0 {
		return nil
	}
	return &unfinished{text: "the answer lacks " + strings.Join(lacking, " and ")}
}

// client is the SDK's client of a service of which [operations] has methods.
func (s *Session) client(service string) any {
	switch service {
	case "dynamodb":
		return s.dynamodb()
	case "iam":
		return s.iam()
	case "identitystore":
		return s.identitystore()
	case "kms":
		return s.kms()
	case "organizations":
		return s.organizations()
	case "s3":
		return s.s3()
	case "sso":
		return s.ssoadmin()
	case "sts":
		return s.sts()
	}
	return nil
}

// send sends a call by the method that [operations] names. A call with another
// input than the method's, or with none, is an error: nothing is sent.
func (s *Session) send(ctx context.Context, c Call) (answer any, err error) {
	method := reflect.ValueOf(operations[c.name()].method)
	if !method.IsValid() {
		return nil, fmt.Errorf("no sender for %s %s", c.Service, c.Operation)
	}
	client, input := reflect.ValueOf(s.client(c.Service)), reflect.ValueOf(c.Input)
	for i, given := range map[int]reflect.Value{0: client, 2: input} {
		if want := method.Type().In(i); !given.IsValid() || given.Type() != want || given.IsNil() {
			return nil, fmt.Errorf("%s %s cannot be sent: it takes a %s", c.Service, c.Operation, want)
		}
	}
	out := method.Call([]reflect.Value{client, reflect.ValueOf(ctx), input})
	err, _ = out[1].Interface().(error)
	return out[0].Interface(), err
}

// operations are by service and name those that a plan may hold, which have a
// method: those that change something, and GetSessionToken, whose answer goes into
// a file. What an operation is like is said here and nowhere else.
var operations = map[string]operation{
	"dynamodb/CreateTable": {
		on:      onTable,
		method:  (*dynamodb.Client).CreateTable,
		answers: []string{"TableDescription.TableName"},
		outputs: map[string]string{"arn": "TableDescription.TableArn"},
		settle:  settleTable,
	},
	"dynamodb/DeleteItem":              {method: (*dynamodb.Client).DeleteItem, grantsNothing: true},
	"dynamodb/PutItem":                 {method: (*dynamodb.Client).PutItem, grantsNothing: true},
	"dynamodb/TagResource":             {on: onTable, method: (*dynamodb.Client).TagResource},
	"dynamodb/UpdateContinuousBackups": {on: onTable, method: (*dynamodb.Client).UpdateContinuousBackups, grantsNothing: true},
	"dynamodb/UpdateTable": {
		on:     onTable,
		method: (*dynamodb.Client).UpdateTable, grantsNothing: true,
		settle: settleTable,
	},

	"iam/AddClientIDToOpenIDConnectProvider": {on: onProvider, method: (*iam.Client).AddClientIDToOpenIDConnectProvider},

	"iam/AddUserToGroup":    {on: onGroup, method: (*iam.Client).AddUserToGroup},
	"iam/AttachGroupPolicy": {on: onGroup, method: (*iam.Client).AttachGroupPolicy},
	"iam/AttachRolePolicy":  {on: onRole, method: (*iam.Client).AttachRolePolicy},
	"iam/AttachUserPolicy":  {on: onUser, method: (*iam.Client).AttachUserPolicy},
	"iam/CreateAccessKey": {
		on:     onUser,
		method: (*iam.Client).CreateAccessKey, once: true,
		answers: []string{"AccessKey.AccessKeyId", "AccessKey.SecretAccessKey"},
		outputs: map[string]string{"id": "AccessKey.AccessKeyId"},
		secret:  "AccessKey.SecretAccessKey",
	},
	"iam/CreateGroup": {
		on:     onGroup,
		method: (*iam.Client).CreateGroup, grantsNothing: true,
		answers: []string{"Group.GroupName", "Group.Arn"},
		outputs: map[string]string{"arn": "Group.Arn"},
	},
	"iam/CreateOpenIDConnectProvider": {
		on:      onProvider,
		method:  (*iam.Client).CreateOpenIDConnectProvider,
		answers: []string{"OpenIDConnectProviderArn"},
		outputs: map[string]string{"arn": "OpenIDConnectProviderArn"},
	},
	"iam/CreatePolicy": {
		on:      onPolicy,
		method:  (*iam.Client).CreatePolicy,
		answers: []string{"Policy.Arn"},
		outputs: map[string]string{"arn": "Policy.Arn"},
	},
	"iam/CreatePolicyVersion": {
		on:     onPolicy,
		method: (*iam.Client).CreatePolicyVersion, once: true,
		answers: []string{"PolicyVersion.VersionId"},
		outputs: map[string]string{"version": "PolicyVersion.VersionId"},
	},
	"iam/CreateRole": {
		on:      onRole,
		method:  (*iam.Client).CreateRole,
		answers: []string{"Role.RoleName", "Role.Arn"},
		outputs: map[string]string{"arn": "Role.Arn"},
	},
	"iam/CreateUser": {
		on:      onUser,
		method:  (*iam.Client).CreateUser,
		answers: []string{"User.UserName", "User.Arn"},
		outputs: map[string]string{"arn": "User.Arn"},
	},
	"iam/CreateVirtualMFADevice": {
		on:     onDevice,
		method: (*iam.Client).CreateVirtualMFADevice, once: true, grantsNothing: true,
		answers: []string{"VirtualMFADevice.SerialNumber", "VirtualMFADevice.Base32StringSeed"},
		outputs: map[string]string{"serial": "VirtualMFADevice.SerialNumber"},
		secret:  "VirtualMFADevice.Base32StringSeed",
	},
	"iam/DeactivateMFADevice":             {on: onUser, method: (*iam.Client).DeactivateMFADevice},
	"iam/DeleteAccessKey":                 {on: onUser, method: (*iam.Client).DeleteAccessKey, grantsNothing: true},
	"iam/DeleteLoginProfile":              {on: onUser, method: (*iam.Client).DeleteLoginProfile, grantsNothing: true},
	"iam/DeletePolicyVersion":             {on: onPolicy, method: (*iam.Client).DeletePolicyVersion, grantsNothing: true},
	"iam/DeleteRole":                      {on: onRole, method: (*iam.Client).DeleteRole, grantsNothing: true},
	"iam/DeleteRolePolicy":                {on: onRole, method: (*iam.Client).DeleteRolePolicy},
	"iam/DeleteSSHPublicKey":              {on: onUser, method: (*iam.Client).DeleteSSHPublicKey, grantsNothing: true},
	"iam/DeleteServiceSpecificCredential": {on: onUser, method: (*iam.Client).DeleteServiceSpecificCredential, grantsNothing: true},
	"iam/DeleteSigningCertificate":        {on: onUser, method: (*iam.Client).DeleteSigningCertificate, grantsNothing: true},
	"iam/DeleteUser":                      {on: onUser, method: (*iam.Client).DeleteUser, grantsNothing: true},
	"iam/DeleteUserPolicy":                {on: onUser, method: (*iam.Client).DeleteUserPolicy},
	"iam/DeleteVirtualMFADevice":          {on: onDevice, method: (*iam.Client).DeleteVirtualMFADevice, grantsNothing: true},
	"iam/DetachGroupPolicy":               {on: onGroup, method: (*iam.Client).DetachGroupPolicy},
	"iam/DetachRolePolicy":                {on: onRole, method: (*iam.Client).DetachRolePolicy},
	"iam/DetachUserPolicy":                {on: onUser, method: (*iam.Client).DetachUserPolicy},
	"iam/EnableMFADevice":                 {on: onUser, method: (*iam.Client).EnableMFADevice, grantsNothing: true},
	"iam/PutRolePermissionsBoundary":      {on: onRole, method: (*iam.Client).PutRolePermissionsBoundary},
	"iam/PutRolePolicy":                   {on: onRole, method: (*iam.Client).PutRolePolicy},
	"iam/RemoveUserFromGroup":             {on: onGroup, method: (*iam.Client).RemoveUserFromGroup, grantsNothing: true},
	"iam/TagOpenIDConnectProvider":        {on: onProvider, method: (*iam.Client).TagOpenIDConnectProvider},
	"iam/TagPolicy":                       {on: onPolicy, method: (*iam.Client).TagPolicy},
	"iam/TagRole":                         {on: onRole, method: (*iam.Client).TagRole},
	"iam/TagUser":                         {on: onUser, method: (*iam.Client).TagUser},
	"iam/UpdateAccessKey":                 {on: onUser, method: (*iam.Client).UpdateAccessKey},
	"iam/UpdateAssumeRolePolicy":          {on: onRole, method: (*iam.Client).UpdateAssumeRolePolicy},
	"iam/UpdateRole":                      {on: onRole, method: (*iam.Client).UpdateRole, grantsNothing: true},
	"iam/UpdateSSHPublicKey":              {on: onUser, method: (*iam.Client).UpdateSSHPublicKey},
	"iam/UpdateServiceSpecificCredential": {on: onUser, method: (*iam.Client).UpdateServiceSpecificCredential},
	"iam/UpdateSigningCertificate":        {on: onUser, method: (*iam.Client).UpdateSigningCertificate},

	"identitystore/CreateGroup": {
		on:     onStore,
		method: (*identitystore.Client).CreateGroup, once: true, grantsNothing: true,
		answers: []string{"GroupId"},
		outputs: map[string]string{"id": "GroupId"},
	},
	"identitystore/DeleteGroupMembership": {method: (*identitystore.Client).DeleteGroupMembership, grantsNothing: true},

	"kms/CancelKeyDeletion": {on: onKey, method: (*kms.Client).CancelKeyDeletion},
	"kms/CreateAlias":       {on: onAlias, method: (*kms.Client).CreateAlias},
	"kms/CreateKey": {
		on:     onEverything,
		method: (*kms.Client).CreateKey, once: true,
		answers: []string{"KeyMetadata.KeyId", "KeyMetadata.Arn"},
		outputs: map[string]string{"arn": "KeyMetadata.Arn", "id": "KeyMetadata.KeyId"},
	},
	"kms/DisableKey":           {on: onKey, method: (*kms.Client).DisableKey},
	"kms/EnableKey":            {on: onKey, method: (*kms.Client).EnableKey},
	"kms/EnableKeyRotation":    {on: onKey, method: (*kms.Client).EnableKeyRotation, grantsNothing: true},
	"kms/PutKeyPolicy":         {on: onKey, method: (*kms.Client).PutKeyPolicy},
	"kms/TagResource":          {on: onKey, method: (*kms.Client).TagResource},
	"kms/UpdateKeyDescription": {on: onKey, method: (*kms.Client).UpdateKeyDescription, grantsNothing: true},

	"organizations/CreateAccount": {
		on:     onEverything,
		method: (*organizations.Client).CreateAccount, once: true,
		answers:  []string{"CreateAccountStatus.Id"},
		outputs:  map[string]string{"request": "CreateAccountStatus.Id", "account": "CreateAccountStatus.AccountId"},
		patience: organizationPatience, settle: settleAccount,
	},

	"s3/CopyObject": {
		method: (*s3.Client).CopyObject, grantsNothing: true,
		answers: []string{"CopyObjectResult.ETag"},
	},
	"s3/CreateBucket":                    {on: onBucket, method: (*s3.Client).CreateBucket},
	"s3/DeleteObject":                    {method: (*s3.Client).DeleteObject, grantsNothing: true},
	"s3/PutBucketEncryption":             {on: onBucket, method: (*s3.Client).PutBucketEncryption, grantsNothing: true},
	"s3/PutBucketLifecycleConfiguration": {on: onBucket, method: (*s3.Client).PutBucketLifecycleConfiguration, grantsNothing: true},
	"s3/PutBucketOwnershipControls":      {on: onBucket, method: (*s3.Client).PutBucketOwnershipControls, grantsNothing: true},
	"s3/PutBucketPolicy":                 {on: onBucket, method: (*s3.Client).PutBucketPolicy},
	"s3/PutBucketTagging":                {on: onBucket, method: (*s3.Client).PutBucketTagging},
	"s3/PutBucketVersioning":             {on: onBucket, method: (*s3.Client).PutBucketVersioning, grantsNothing: true},
	"s3/PutPublicAccessBlock":            {on: onBucket, method: (*s3.Client).PutPublicAccessBlock, grantsNothing: true},

	"sso/AttachCustomerManagedPolicyReferenceToPermissionSet": {
		on: onSet, method: (*ssoadmin.Client).AttachCustomerManagedPolicyReferenceToPermissionSet,
	},
	"sso/CreateAccountAssignment": {
		on:     onAssignment,
		method: (*ssoadmin.Client).CreateAccountAssignment, once: true,
		answers: []string{"AccountAssignmentCreationStatus.RequestId"},
		outputs: map[string]string{"request": "AccountAssignmentCreationStatus.RequestId"},
		settle:  provisioning(assigned).settle,
	},
	"sso/CreatePermissionSet": {
		on:     onInstance,
		method: (*ssoadmin.Client).CreatePermissionSet, once: true,
		answers: []string{"PermissionSet.PermissionSetArn"},
		outputs: map[string]string{"arn": "PermissionSet.PermissionSetArn"},
	},
	"sso/DetachCustomerManagedPolicyReferenceFromPermissionSet": {
		on: onSet, method: (*ssoadmin.Client).DetachCustomerManagedPolicyReferenceFromPermissionSet,
	},
	"sso/ProvisionPermissionSet": {
		on:      onAssignment,
		method:  (*ssoadmin.Client).ProvisionPermissionSet,
		answers: []string{"PermissionSetProvisioningStatus.RequestId"},
		outputs: map[string]string{"request": "PermissionSetProvisioningStatus.RequestId"},
		settle:  provisioning(provisioned).settle,
	},
	"sso/TagResource":         {on: onSet, method: (*ssoadmin.Client).TagResource},
	"sso/UpdatePermissionSet": {on: onSet, method: (*ssoadmin.Client).UpdatePermissionSet},

	"sts/GetSessionToken": {
		method: (*sts.Client).GetSessionToken, grantsNothing: true,
		answers: []string{"Credentials.AccessKeyId", "Credentials.SecretAccessKey", "Credentials.SessionToken", "Credentials.Expiration"},
		outputs: map[string]string{"id": "Credentials.AccessKeyId", "until": "Credentials.Expiration"},
		secret:  "Credentials.SecretAccessKey", token: "Credentials.SessionToken",
	},
}
