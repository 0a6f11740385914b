package awsops

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// permission is what a context may change: exactly one call, or the probes'
// object and lock writes.
type permission struct {
	call  *Call
	probe bool
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

func (p permission) allows(service, operation string, input any) bool {
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
	return operation == "AssumeRole" || operation == "Decrypt" || operation == "GenerateDataKey"
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

// serviceName turns the SDK's service id into the lower-case SigV4 name.
func serviceName(id string) string {
	if id == "Resource Groups Tagging API" {
		return "tagging"
	}
	return strings.ToLower(id)
}
