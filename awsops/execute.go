package awsops

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
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
	ssoadmin      lazy[ssoadmin.Client]
	identitystore lazy[identitystore.Client]
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

func (s *Session) ssoadmin() *ssoadmin.Client {
	return s.clients.ssoadmin.get(func() *ssoadmin.Client { return ssoadmin.NewFromConfig(s.cfg) })
}

func (s *Session) identitystore() *identitystore.Client {
	return s.clients.identitystore.get(func() *identitystore.Client { return identitystore.NewFromConfig(s.cfg) })
}

// Outputs are the values of a call's answer that [Call.Outputs] names.
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
	known := operations[c.name()]
	if len(Refs(c)) > 0 {
		return Outputs{}, s.failCall(errUnresolved, c)
	}
	if c.OnceOnly() && ctx.Err() == nil {
		longer, done := outlasting(ctx)
		defer done()
		ctx = longer
	}
	ctx, count := withAttempts(permit(ctx, c))
	answer, err := s.send(ctx, c)
	if err == nil {
		err = known.complete(answer)
	}
	if err != nil {
		err = s.failCall(err, c)
		var e *Error
		if errors.As(err, &e) && e.Operation == c.Operation {
			e.Attempts, e.Unanswered = count.sent, count.unanswered
		}
		return Outputs{}, err
	}
	out := Outputs{Values: map[string]string{}}
	for name, path := range known.outputs {
		out.Values[name] = lookupPath(answer, path)
	}
	out.Secret, out.Token = secret.New(lookupPath(answer, known.secret)), secret.New(lookupPath(answer, known.token))
	out.At = answerTime(answer)
	return out, nil
}

// failCall wraps the failure of a call, which may be none of the SDK's.
func (s *Session) failCall(err error, c Call) error {
	e := s.failing(c.Resource())
	e.Service, e.Operation = c.Service, c.Operation
	return failed(err, e)
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
