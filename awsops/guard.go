package awsops

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// permission is what a context may change: exactly one call, the probes' object
// and lock writes, or those of one project's states.
type permission struct {
	call   *Call
	probe  bool
	states *StateWrites
}

type permissionKey struct{}

// permit lets exactly this call through the guard.
func permit(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, permissionKey{}, permission{call: &c})
}

// WithProbe permits the object and lock writes of probes and nothing else: S3
// PutObject and DeleteObject, DynamoDB PutItem and DeleteItem.
func WithProbe(ctx context.Context) context.Context {
	return context.WithValue(ctx, permissionKey{}, permission{probe: true})
}

// StateWrites are the objects and lock items that a move of states may write,
// which its plan lists. Every write of them is conditional.
type StateWrites struct {
	Bucket string
	// Keys are the states' keys.
	Keys []string
	// Table is the lock table, empty without one.
	Table string
}

// WithStateWrites permits to create each state and its lock file, to replace a
// state by its ETag, to delete the lock file, and to write and delete the items of
// lock and digest under a condition, and nothing else.
func WithStateWrites(ctx context.Context, w StateWrites) context.Context {
	return context.WithValue(ctx, permissionKey{}, permission{states: &w})
}

// LockFile is the key of a state's S3 lock file (Terraform 1.10).
func LockFile(key string) string { return key + ".tflock" }

// DigestID is the id of the item in which the table keeps a state's digest.
func DigestID(id string) string { return id + "-md5" }

func (w *StateWrites) allows(input any) bool {
	isKey := func(bucket, key *string, name func(string) string) bool {
		return aws.ToString(bucket) == w.Bucket && slices.ContainsFunc(w.Keys, func(k string) bool { return name(k) == aws.ToString(key) })
	}
	state := func(key string) string { return key }
	isItem := func(table *string, item map[string]types.AttributeValue, condition *string) bool {
		id := textAttribute(item[lockKey])
		return w.Table != "" && aws.ToString(table) == w.Table && condition != nil && slices.ContainsFunc(w.Keys, func(k string) bool {
			return id == w.Bucket+"/"+k || id == DigestID(w.Bucket+"/"+k)
		})
	}
	switch in := input.(type) {
	case *s3.PutObjectInput:
		creates := aws.ToString(in.IfNoneMatch) == "*"
		return creates && isKey(in.Bucket, in.Key, LockFile) || (creates || aws.ToString(in.IfMatch) != "") && isKey(in.Bucket, in.Key, state)
	case *s3.DeleteObjectInput:
		return isKey(in.Bucket, in.Key, LockFile)
	case *dynamodb.PutItemInput:
		return isItem(in.TableName, in.Item, in.ConditionExpression)
	case *dynamodb.DeleteItemInput:
		return isItem(in.TableName, in.Key, in.ConditionExpression)
	}
	return false
}

func (p permission) allows(service, operation string, input any) bool {
	if p.states != nil {
		return p.states.allows(input)
	}
	if p.probe {
		switch service + "/" + operation {
		case "s3/PutObject", "s3/DeleteObject", "dynamodb/PutItem", "dynamodb/DeleteItem":
			return true
		}
	}
	return p.call != nil && p.call.Service == service && p.call.Operation == operation &&
		reflect.DeepEqual(p.call.Input, input)
}

// isRead says whether an operation changes nothing. AssumeRole and
// GenerateDataKey hand out credentials and keys but leave AWS as it was.
func isRead(operation string) bool {
	for _, prefix := range []string{"Get", "List", "Describe", "Head", "Simulate"} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return strings.HasPrefix(operation, "AssumeRole") || operation == "Decrypt" || operation == "GenerateDataKey"
}

// GuardError reports a mutating call that is in no change being applied: a
// fault of the program, stopped before anything was sent.
type GuardError struct {
	Service   string
	Operation string
}

func (e *GuardError) Error() string {
	return fmt.Sprintf("%s %s was refused before it was sent: it is not a call of the change being applied", e.Service, e.Operation)
}

// addGuard puts the guard last in an operation's first step: service and
// operation are registered by then, and the input is what will be sent.
func addGuard(stack *middleware.Stack) error {
	guard := middleware.InitializeMiddlewareFunc("stateroomGuard", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		operation := awsmiddleware.GetOperationName(ctx)
		if !isRead(operation) {
			service := serviceName(awsmiddleware.GetServiceID(ctx))
			granted, _ := ctx.Value(permissionKey{}).(permission)
			if !granted.allows(service, operation, in.Parameters) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, &GuardError{Service: service, Operation: operation}
			}
		}
		return next.HandleInitialize(ctx, in)
	})
	return stack.Initialize.Add(guard, middleware.After) //nolint:wrapcheck // the SDK reports it with the operation
}

// serviceName turns the SDK's service id, or the name of its package, into the lower-case SigV4 name.
func serviceName(id string) string {
	switch id {
	case "Resource Groups Tagging API":
		return "tagging"
	case "SSO Admin", "ssoadmin": // which IAM's actions go by as well
		return "sso"
	}
	return strings.ReplaceAll(strings.ToLower(id), " ", "")
}
