package awsops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// operation is what is known of one operation of AWS's.
type operation struct {
	send sender
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
	// rate is what AWS documents for the operation, where that is not its service's.
	rate allowance
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
	if !c.Mutating() || operations[c.name()].grantsNothing {
		return false
	}
	return lookupPath(c.Input, "Status") != "Inactive" // of a key or a certificate
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

// sender sends one operation's input through a session's client.
type sender func(ctx context.Context, s *Session, input any) (any, error)

// via makes a sender of a client's method, so that adding an operation to
// [operations] takes one line.
func via[C, I, O, X any](
	client func(*Session) *C, send func(*C, context.Context, *I, ...func(*X)) (*O, error),
) sender {
	return func(ctx context.Context, s *Session, input any) (any, error) {
		typed, ok := input.(*I)
		if !ok {
			return nil, fmt.Errorf("the input is %T, not %T", input, typed)
		}
		return send(client(s), ctx, typed)
	}
}

// operations are by service and name those that a plan may hold, which have a
// sender: those that change something, and GetSessionToken, whose answer goes into
// a file. What an operation is like is said here and nowhere else.
var operations = map[string]operation{
	"dynamodb/CreateTable": {
		send:    via((*Session).dynamodb, (*dynamodb.Client).CreateTable),
		answers: []string{"TableDescription.TableName"},
		outputs: map[string]string{"arn": "TableDescription.TableArn"},
		settle:  settleTable,
	},
	"dynamodb/DeleteItem":              {send: via((*Session).dynamodb, (*dynamodb.Client).DeleteItem), grantsNothing: true},
	"dynamodb/PutItem":                 {send: via((*Session).dynamodb, (*dynamodb.Client).PutItem), grantsNothing: true},
	"dynamodb/TagResource":             {send: via((*Session).dynamodb, (*dynamodb.Client).TagResource)},
	"dynamodb/UpdateContinuousBackups": {send: via((*Session).dynamodb, (*dynamodb.Client).UpdateContinuousBackups), grantsNothing: true},
	"dynamodb/UpdateTable": {
		send: via((*Session).dynamodb, (*dynamodb.Client).UpdateTable), grantsNothing: true,
		settle: settleTable,
	},

	"iam/AddUserToGroup":    {send: via((*Session).iam, (*iam.Client).AddUserToGroup)},
	"iam/AttachGroupPolicy": {send: via((*Session).iam, (*iam.Client).AttachGroupPolicy)},
	"iam/AttachRolePolicy":  {send: via((*Session).iam, (*iam.Client).AttachRolePolicy)},
	"iam/AttachUserPolicy":  {send: via((*Session).iam, (*iam.Client).AttachUserPolicy)},
	"iam/CreateAccessKey": {
		send: via((*Session).iam, (*iam.Client).CreateAccessKey), once: true,
		answers: []string{"AccessKey.AccessKeyId", "AccessKey.SecretAccessKey"},
		outputs: map[string]string{"id": "AccessKey.AccessKeyId"},
		secret:  "AccessKey.SecretAccessKey",
	},
	"iam/CreateGroup": {
		send: via((*Session).iam, (*iam.Client).CreateGroup), grantsNothing: true,
		answers: []string{"Group.GroupName", "Group.Arn"},
		outputs: map[string]string{"arn": "Group.Arn"},
	},
	"iam/CreatePolicy": {
		send:    via((*Session).iam, (*iam.Client).CreatePolicy),
		answers: []string{"Policy.Arn"},
		outputs: map[string]string{"arn": "Policy.Arn"},
	},
	"iam/CreatePolicyVersion": {
		send: via((*Session).iam, (*iam.Client).CreatePolicyVersion), once: true,
		answers: []string{"PolicyVersion.VersionId"},
		outputs: map[string]string{"version": "PolicyVersion.VersionId"},
	},
	"iam/CreateRole": {
		send:    via((*Session).iam, (*iam.Client).CreateRole),
		answers: []string{"Role.RoleName", "Role.Arn"},
		outputs: map[string]string{"arn": "Role.Arn"},
	},
	"iam/CreateUser": {
		send:    via((*Session).iam, (*iam.Client).CreateUser),
		answers: []string{"User.UserName", "User.Arn"},
		outputs: map[string]string{"arn": "User.Arn"},
	},
	"iam/CreateVirtualMFADevice": {
		send: via((*Session).iam, (*iam.Client).CreateVirtualMFADevice), once: true, grantsNothing: true,
		answers: []string{"VirtualMFADevice.SerialNumber", "VirtualMFADevice.Base32StringSeed"},
		outputs: map[string]string{"serial": "VirtualMFADevice.SerialNumber"},
		secret:  "VirtualMFADevice.Base32StringSeed",
	},
	"iam/DeactivateMFADevice":             {send: via((*Session).iam, (*iam.Client).DeactivateMFADevice)},
	"iam/DeleteAccessKey":                 {send: via((*Session).iam, (*iam.Client).DeleteAccessKey), grantsNothing: true},
	"iam/DeleteLoginProfile":              {send: via((*Session).iam, (*iam.Client).DeleteLoginProfile), grantsNothing: true},
	"iam/DeletePolicyVersion":             {send: via((*Session).iam, (*iam.Client).DeletePolicyVersion), grantsNothing: true},
	"iam/DeleteRolePolicy":                {send: via((*Session).iam, (*iam.Client).DeleteRolePolicy)},
	"iam/DeleteSSHPublicKey":              {send: via((*Session).iam, (*iam.Client).DeleteSSHPublicKey), grantsNothing: true},
	"iam/DeleteServiceSpecificCredential": {send: via((*Session).iam, (*iam.Client).DeleteServiceSpecificCredential), grantsNothing: true},
	"iam/DeleteSigningCertificate":        {send: via((*Session).iam, (*iam.Client).DeleteSigningCertificate), grantsNothing: true},
	"iam/DeleteUser":                      {send: via((*Session).iam, (*iam.Client).DeleteUser), grantsNothing: true},
	"iam/DeleteUserPolicy":                {send: via((*Session).iam, (*iam.Client).DeleteUserPolicy)},
	"iam/DeleteVirtualMFADevice":          {send: via((*Session).iam, (*iam.Client).DeleteVirtualMFADevice), grantsNothing: true},
	"iam/DetachGroupPolicy":               {send: via((*Session).iam, (*iam.Client).DetachGroupPolicy)},
	"iam/DetachUserPolicy":                {send: via((*Session).iam, (*iam.Client).DetachUserPolicy)},
	"iam/EnableMFADevice":                 {send: via((*Session).iam, (*iam.Client).EnableMFADevice), grantsNothing: true},
	"iam/PutRolePermissionsBoundary":      {send: via((*Session).iam, (*iam.Client).PutRolePermissionsBoundary)},
	"iam/PutRolePolicy":                   {send: via((*Session).iam, (*iam.Client).PutRolePolicy)},
	"iam/RemoveUserFromGroup":             {send: via((*Session).iam, (*iam.Client).RemoveUserFromGroup), grantsNothing: true},
	"iam/TagPolicy":                       {send: via((*Session).iam, (*iam.Client).TagPolicy)},
	"iam/TagRole":                         {send: via((*Session).iam, (*iam.Client).TagRole)},
	"iam/TagUser":                         {send: via((*Session).iam, (*iam.Client).TagUser)},
	"iam/UpdateAccessKey":                 {send: via((*Session).iam, (*iam.Client).UpdateAccessKey)},
	"iam/UpdateAssumeRolePolicy":          {send: via((*Session).iam, (*iam.Client).UpdateAssumeRolePolicy)},
	"iam/UpdateSSHPublicKey":              {send: via((*Session).iam, (*iam.Client).UpdateSSHPublicKey)},
	"iam/UpdateServiceSpecificCredential": {send: via((*Session).iam, (*iam.Client).UpdateServiceSpecificCredential)},
	"iam/UpdateSigningCertificate":        {send: via((*Session).iam, (*iam.Client).UpdateSigningCertificate)},

	"kms/CancelKeyDeletion": {send: via((*Session).kms, (*kms.Client).CancelKeyDeletion)},
	"kms/CreateAlias":       {send: via((*Session).kms, (*kms.Client).CreateAlias)},
	"kms/CreateKey": {
		send: via((*Session).kms, (*kms.Client).CreateKey), once: true,
		answers: []string{"KeyMetadata.KeyId", "KeyMetadata.Arn"},
		outputs: map[string]string{"arn": "KeyMetadata.Arn", "id": "KeyMetadata.KeyId"},
	},
	"kms/DisableKey":           {send: via((*Session).kms, (*kms.Client).DisableKey)},
	"kms/EnableKey":            {send: via((*Session).kms, (*kms.Client).EnableKey)},
	"kms/EnableKeyRotation":    {send: via((*Session).kms, (*kms.Client).EnableKeyRotation), grantsNothing: true},
	"kms/PutKeyPolicy":         {send: via((*Session).kms, (*kms.Client).PutKeyPolicy)},
	"kms/TagResource":          {send: via((*Session).kms, (*kms.Client).TagResource)},
	"kms/UpdateKeyDescription": {send: via((*Session).kms, (*kms.Client).UpdateKeyDescription), grantsNothing: true},

	"organizations/CreateAccount": {
		send: via((*Session).organizations, (*organizations.Client).CreateAccount), once: true,
		answers:  []string{"CreateAccountStatus.Id"},
		outputs:  map[string]string{"request": "CreateAccountStatus.Id", "account": "CreateAccountStatus.AccountId"},
		rate:     allowance{perSecond: 0.1, burst: 3},
		patience: organizationPatience, settle: settleAccount,
	},
	"organizations/DescribeOrganization": {rate: allowance{perSecond: 1, burst: 2}},
	"organizations/ListAccounts":         {rate: allowance{perSecond: 8, burst: 12}},

	"s3/CopyObject": {
		send: via((*Session).s3, (*s3.Client).CopyObject), grantsNothing: true,
		answers: []string{"CopyObjectResult.ETag"},
	},
	"s3/CreateBucket":                    {send: via((*Session).s3, (*s3.Client).CreateBucket)},
	"s3/DeleteObject":                    {send: via((*Session).s3, (*s3.Client).DeleteObject), grantsNothing: true},
	"s3/PutBucketEncryption":             {send: via((*Session).s3, (*s3.Client).PutBucketEncryption), grantsNothing: true},
	"s3/PutBucketLifecycleConfiguration": {send: via((*Session).s3, (*s3.Client).PutBucketLifecycleConfiguration), grantsNothing: true},
	"s3/PutBucketOwnershipControls":      {send: via((*Session).s3, (*s3.Client).PutBucketOwnershipControls), grantsNothing: true},
	"s3/PutBucketPolicy":                 {send: via((*Session).s3, (*s3.Client).PutBucketPolicy)},
	"s3/PutBucketTagging":                {send: via((*Session).s3, (*s3.Client).PutBucketTagging)},
	"s3/PutBucketVersioning":             {send: via((*Session).s3, (*s3.Client).PutBucketVersioning), grantsNothing: true},
	"s3/PutPublicAccessBlock":            {send: via((*Session).s3, (*s3.Client).PutPublicAccessBlock), grantsNothing: true},

	"sts/GetSessionToken": {
		send: via((*Session).sts, (*sts.Client).GetSessionToken), grantsNothing: true,
		answers: []string{"Credentials.AccessKeyId", "Credentials.SecretAccessKey", "Credentials.SessionToken", "Credentials.Expiration"},
		outputs: map[string]string{"id": "Credentials.AccessKeyId", "until": "Credentials.Expiration"},
		secret:  "Credentials.SecretAccessKey", token: "Credentials.SessionToken",
	},
}
