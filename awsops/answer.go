package awsops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// unfinished is an answer that is none: it did not come in time, broke off or
// lacks what makes it one. AWS may have done the work. It does not unwrap to the
// deadline that ended it, which would look like the caller's own.
type unfinished struct {
	text string
	// late is set when time ran out, dial when that was before there was a
	// connection.
	late, dial bool
}

func (u *unfinished) Error() string { return u.text }

// RetryableError tells the SDK's retryer that another attempt may fare better.
func (u *unfinished) RetryableError() bool { return true }

func isUnfinished(err error) bool {
	var u *unfinished
	return errors.As(err, &u)
}

// isLate says that an attempt ran out of time. The credential providers of the
// SDK have clients of their own, whose timeouts come as they are.
func isLate(err error) bool {
	var u *unfinished
	if errors.As(err, &u) {
		return u.late
	}
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// addWholeAnswer reads every answer whole before anything is made of it, so that
// the attempt's deadline covers the body, an object's too, and a body that broke
// off is seen where the attempt can still be repeated.
func (s *Sessions) addWholeAnswer(stack *middleware.Stack) error {
	whole := middleware.DeserializeMiddlewareFunc("stateroomWholeAnswer", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err != nil {
			return out, metadata, s.inTime(ctx, err)
		}
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok {
			err = s.swallow(ctx, response)
		}
		return out, metadata, err
	})
	return stack.Deserialize.Add(whole, middleware.After) //nolint:wrapcheck // the SDK reports it with the operation
}

// inTime tells an attempt's own deadline from the caller's.
func (s *Sessions) inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil || !isLate(err) {
		return err
	}
	if isDial(err) {
		return &unfinished{text: fmt.Sprintf("no connection came about in time: %v", err), late: true, dial: true}
	}
	return &unfinished{text: fmt.Sprintf("no whole answer came within %s", s.bounds.Attempt), late: true}
}

// swallow reads a response's body and puts what it read in its place.
func (s *Sessions) swallow(ctx context.Context, response *smithyhttp.Response) error {
	limit := longest(ctx)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case ctx.Err() != nil:
		return &smithy.CanceledError{Err: ctx.Err()}
	case int64(len(body)) > limit:
		return &stranger{fmt.Sprintf("more than %d MiB", limit>>20)}
	case response.StatusCode == http.StatusBadRequest && saysTLS(body):
		return errPlainToTLS // whatever became of the connection
	case err == nil && strange(response.Response, body):
		return &stranger{response.Status}
	case err == nil && len(body) == 0 && response.StatusCode < http.StatusMultipleChoices && answersWithBody(ctx):
		return &unfinished{text: "the answer is empty"}
	case err == nil:
		return nil
	case isLate(err):
		return s.inTime(ctx, err)
	}
	return &unfinished{text: "the answer broke off: " + err.Error()}
}

// longest is how long an answer may be: what is no object AWS gives in pages of a
// megabyte, and an object that is read here is a state.
func longest(ctx context.Context) int64 {
	if awsmiddleware.GetOperationName(ctx) == "GetObject" {
		return 256 << 20
	}
	return 16 << 20
}

// answersWithBody says that an operation has nothing to tell in an answer
// without a body: every read but those of headers alone and of an object, which
// may be empty. (KMS answers some writes so; see [operations] for the others.)
func answersWithBody(ctx context.Context) bool {
	operation := awsmiddleware.GetOperationName(ctx)
	return isRead(operation) && !strings.HasPrefix(operation, "Head") && operation != "GetObject"
}
