package awsops

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"stateroom/awsops/secret"
)

// clients are a session's SDK clients, made when first used.
type clients struct {
	sts           lazy[sts.Client]
	iam           lazy[iam.Client]
	organizations lazy[organizations.Client]
	kms           lazy[kms.Client]
	s3            lazy[s3.Client]
	dynamodb      lazy[dynamodb.Client]
	account       lazy[account.Client]
	tagging       lazy[resourcegroupstaggingapi.Client]
}

// lazy makes a value once.
type lazy[T any] struct {
	once  sync.Once
	value *T
}

func (l *lazy[T]) get(build func() *T) *T {
	l.once.Do(func() { l.value = build() })
	return l.value
}

func (s *Session) sts() *sts.Client {
	return s.clients.sts.get(func() *sts.Client { return sts.NewFromConfig(s.cfg) })
}

func (s *Session) iam() *iam.Client {
	return s.clients.iam.get(func() *iam.Client { return iam.NewFromConfig(s.cfg) })
}

func (s *Session) organizations() *organizations.Client {
	return s.clients.organizations.get(func() *organizations.Client { return organizations.NewFromConfig(s.cfg) })
}

func (s *Session) kms() *kms.Client {
	return s.clients.kms.get(func() *kms.Client { return kms.NewFromConfig(s.cfg) })
}

func (s *Session) s3() *s3.Client {
	return s.clients.s3.get(func() *s3.Client {
		return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
			o.UsePathStyle = pathStyle(o.BaseEndpoint)
			// Else the SDK writes a line to standard error for every object
			// without a checksum, which is no news and spoils the screen.
			o.DisableLogOutputChecksumValidationSkipped = true
		})
	})
}

func (s *Session) dynamodb() *dynamodb.Client {
	return s.clients.dynamodb.get(func() *dynamodb.Client { return dynamodb.NewFromConfig(s.cfg) })
}

func (s *Session) account() *account.Client {
	return s.clients.account.get(func() *account.Client { return account.NewFromConfig(s.cfg) })
}

func (s *Session) tagging() *resourcegroupstaggingapi.Client {
	return s.clients.tagging.get(func() *resourcegroupstaggingapi.Client {
		return resourcegroupstaggingapi.NewFromConfig(s.cfg)
	})
}

// Outputs are the values of a call's answer that its [Call.Outputs] name.
type Outputs struct {
	Values map[string]string
	// Secret is what AWS gives only once: the secret access key of CreateAccessKey
	// and GetSessionToken, the seed of CreateVirtualMFADevice; empty for every
	// other call. Token is GetSessionToken's.
	Secret, Token secret.Secret
	// At is the time of the answer by AWS's clock, zero where it told none.
	At time.Time
}

// errUnresolved stops a call that still holds references.
var errUnresolved = errors.New("the call still waits for outputs of other changes")

// answerWait is how long an answer that comes only once is waited for after the
// run was cancelled: less than the second after which a program that was
// interrupted twice ends.
const answerWait = 800 * time.Millisecond

// outlasting is a context that ends answerWait after ctx, so that the answer of a
// call that is under way still arrives.
func outlasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(answerWait):
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}

// Do sends exactly c.Input, once it holds no more references, and returns the
// outputs that c names. Every error is an [Error]. A call that is sent once is not
// begun after ctx has ended, and not given up at once when it ends meanwhile.
func (s *Session) Do(ctx context.Context, c Call) (Outputs, error) {
	send, ok := senders[c.Service+"/"+c.Operation]
	if !ok {
		return Outputs{}, s.fail(fmt.Errorf("no sender for %s %s", c.Service, c.Operation), c.Service, c.Operation, c.Resource())
	}
	if len(Refs(c)) > 0 {
		return Outputs{}, s.fail(errUnresolved, c.Service, c.Operation, c.Resource())
	}
	if c.OnceOnly() && ctx.Err() == nil {
		longer, done := outlasting(ctx)
		defer done()
		ctx = longer
	}
	ctx, count := withAttempts(permit(ctx, c))
	answer, err := send(ctx, s, c.Input)
	if err == nil {
		err = complete(c, answer)
	}
	if err != nil {
		err = s.fail(err, c.Service, c.Operation, c.Resource())
		var e *Error
		if errors.As(err, &e) && e.Operation == c.Operation {
			e.Attempts = count.sent
		}
		return Outputs{}, err
	}
	out := Outputs{Values: map[string]string{}}
	for name, path := range c.Outputs {
		out.Values[name] = lookupPath(answer, path)
	}
	out.Secret, out.Token = secretsOf(answer)
	out.At = answerTime(answer)
	return out, nil
}

// answerTime is the time by AWS's clock in the answer of any operation.
func answerTime(answer any) time.Time {
	v := reflect.Indirect(reflect.ValueOf(answer))
	if v.Kind() != reflect.Struct {
		return time.Time{}
	}
	metadata, ok := v.FieldByName("ResultMetadata").Interface().(middleware.Metadata)
	if !ok {
		return time.Time{}
	}
	at, _ := awsmiddleware.GetServerTime(metadata) // zero where the answer tells none
	return at
}

// secretsOf are the secrets in an answer.
func secretsOf(answer any) (key, token secret.Secret) {
	switch a := answer.(type) {
	case *iam.CreateAccessKeyOutput:
		key = secret.New(lookupPath(a, "AccessKey.SecretAccessKey"))
	case *iam.CreateVirtualMFADeviceOutput:
		if a.VirtualMFADevice != nil {
			key = secret.New(string(a.VirtualMFADevice.Base32StringSeed))
		}
	case *sts.GetSessionTokenOutput:
		key = secret.New(lookupPath(a, "Credentials.SecretAccessKey"))
		token = secret.New(lookupPath(a, "Credentials.SessionToken"))
	}
	return key, token
}

// sender sends one operation's input through a session's client.
type sender func(ctx context.Context, s *Session, input any) (any, error)

// via makes a sender of a client's method, so that adding an operation to
// [senders] takes one line.
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

// senders are the operations that a plan may hold: those that change something,
// and GetSessionToken, whose answer goes into a file.
var senders = map[string]sender{
	"dynamodb/CreateTable":             via((*Session).dynamodb, (*dynamodb.Client).CreateTable),
	"dynamodb/DeleteItem":              via((*Session).dynamodb, (*dynamodb.Client).DeleteItem),
	"dynamodb/PutItem":                 via((*Session).dynamodb, (*dynamodb.Client).PutItem),
	"dynamodb/TagResource":             via((*Session).dynamodb, (*dynamodb.Client).TagResource),
	"dynamodb/UpdateContinuousBackups": via((*Session).dynamodb, (*dynamodb.Client).UpdateContinuousBackups),
	"dynamodb/UpdateTable":             via((*Session).dynamodb, (*dynamodb.Client).UpdateTable),

	"iam/AddUserToGroup":                  via((*Session).iam, (*iam.Client).AddUserToGroup),
	"iam/AttachGroupPolicy":               via((*Session).iam, (*iam.Client).AttachGroupPolicy),
	"iam/AttachRolePolicy":                via((*Session).iam, (*iam.Client).AttachRolePolicy),
	"iam/AttachUserPolicy":                via((*Session).iam, (*iam.Client).AttachUserPolicy),
	"iam/CreateAccessKey":                 via((*Session).iam, (*iam.Client).CreateAccessKey),
	"iam/CreateGroup":                     via((*Session).iam, (*iam.Client).CreateGroup),
	"iam/CreatePolicy":                    via((*Session).iam, (*iam.Client).CreatePolicy),
	"iam/CreatePolicyVersion":             via((*Session).iam, (*iam.Client).CreatePolicyVersion),
	"iam/CreateRole":                      via((*Session).iam, (*iam.Client).CreateRole),
	"iam/CreateUser":                      via((*Session).iam, (*iam.Client).CreateUser),
	"iam/CreateVirtualMFADevice":          via((*Session).iam, (*iam.Client).CreateVirtualMFADevice),
	"iam/DeactivateMFADevice":             via((*Session).iam, (*iam.Client).DeactivateMFADevice),
	"iam/DeleteAccessKey":                 via((*Session).iam, (*iam.Client).DeleteAccessKey),
	"iam/DeleteGroupPolicy":               via((*Session).iam, (*iam.Client).DeleteGroupPolicy),
	"iam/DeleteLoginProfile":              via((*Session).iam, (*iam.Client).DeleteLoginProfile),
	"iam/DeletePolicyVersion":             via((*Session).iam, (*iam.Client).DeletePolicyVersion),
	"iam/DeleteRolePolicy":                via((*Session).iam, (*iam.Client).DeleteRolePolicy),
	"iam/DeleteSSHPublicKey":              via((*Session).iam, (*iam.Client).DeleteSSHPublicKey),
	"iam/DeleteServiceSpecificCredential": via((*Session).iam, (*iam.Client).DeleteServiceSpecificCredential),
	"iam/DeleteSigningCertificate":        via((*Session).iam, (*iam.Client).DeleteSigningCertificate),
	"iam/DeleteUser":                      via((*Session).iam, (*iam.Client).DeleteUser),
	"iam/DeleteUserPolicy":                via((*Session).iam, (*iam.Client).DeleteUserPolicy),
	"iam/DeleteVirtualMFADevice":          via((*Session).iam, (*iam.Client).DeleteVirtualMFADevice),
	"iam/DetachGroupPolicy":               via((*Session).iam, (*iam.Client).DetachGroupPolicy),
	"iam/DetachRolePolicy":                via((*Session).iam, (*iam.Client).DetachRolePolicy),
	"iam/DetachUserPolicy":                via((*Session).iam, (*iam.Client).DetachUserPolicy),
	"iam/EnableMFADevice":                 via((*Session).iam, (*iam.Client).EnableMFADevice),
	"iam/PutGroupPolicy":                  via((*Session).iam, (*iam.Client).PutGroupPolicy),
	"iam/PutRolePermissionsBoundary":      via((*Session).iam, (*iam.Client).PutRolePermissionsBoundary),
	"iam/PutRolePolicy":                   via((*Session).iam, (*iam.Client).PutRolePolicy),
	"iam/RemoveUserFromGroup":             via((*Session).iam, (*iam.Client).RemoveUserFromGroup),
	"iam/TagPolicy":                       via((*Session).iam, (*iam.Client).TagPolicy),
	"iam/TagRole":                         via((*Session).iam, (*iam.Client).TagRole),
	"iam/TagUser":                         via((*Session).iam, (*iam.Client).TagUser),
	"iam/UpdateAccessKey":                 via((*Session).iam, (*iam.Client).UpdateAccessKey),
	"iam/UpdateAssumeRolePolicy":          via((*Session).iam, (*iam.Client).UpdateAssumeRolePolicy),
	"iam/UpdateSSHPublicKey":              via((*Session).iam, (*iam.Client).UpdateSSHPublicKey),
	"iam/UpdateServiceSpecificCredential": via((*Session).iam, (*iam.Client).UpdateServiceSpecificCredential),
	"iam/UpdateSigningCertificate":        via((*Session).iam, (*iam.Client).UpdateSigningCertificate),

	"kms/CancelKeyDeletion":    via((*Session).kms, (*kms.Client).CancelKeyDeletion),
	"kms/CreateAlias":          via((*Session).kms, (*kms.Client).CreateAlias),
	"kms/CreateKey":            via((*Session).kms, (*kms.Client).CreateKey),
	"kms/DisableKey":           via((*Session).kms, (*kms.Client).DisableKey),
	"kms/EnableKey":            via((*Session).kms, (*kms.Client).EnableKey),
	"kms/EnableKeyRotation":    via((*Session).kms, (*kms.Client).EnableKeyRotation),
	"kms/PutKeyPolicy":         via((*Session).kms, (*kms.Client).PutKeyPolicy),
	"kms/TagResource":          via((*Session).kms, (*kms.Client).TagResource),
	"kms/UpdateKeyDescription": via((*Session).kms, (*kms.Client).UpdateKeyDescription),

	"organizations/CreateAccount": via((*Session).organizations, (*organizations.Client).CreateAccount),

	"s3/CopyObject":                      via((*Session).s3, (*s3.Client).CopyObject),
	"s3/CreateBucket":                    via((*Session).s3, (*s3.Client).CreateBucket),
	"s3/DeleteObject":                    via((*Session).s3, (*s3.Client).DeleteObject),
	"s3/PutBucketEncryption":             via((*Session).s3, (*s3.Client).PutBucketEncryption),
	"s3/PutBucketLifecycleConfiguration": via((*Session).s3, (*s3.Client).PutBucketLifecycleConfiguration),
	"s3/PutBucketOwnershipControls":      via((*Session).s3, (*s3.Client).PutBucketOwnershipControls),
	"s3/PutBucketPolicy":                 via((*Session).s3, (*s3.Client).PutBucketPolicy),
	"s3/PutBucketTagging":                via((*Session).s3, (*s3.Client).PutBucketTagging),
	"s3/PutBucketVersioning":             via((*Session).s3, (*s3.Client).PutBucketVersioning),
	"s3/PutPublicAccessBlock":            via((*Session).s3, (*s3.Client).PutPublicAccessBlock),

	"sts/GetSessionToken": via((*Session).sts, (*sts.Client).GetSessionToken),
}
