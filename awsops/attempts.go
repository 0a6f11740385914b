package awsops

import (
	"context"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// attempts are the requests that one call has sent; they travel in the context.
type attempts struct {
	sent  int
	begun time.Time
	// queued is how long the limiter has held the call back since it began.
	queued time.Duration
	// unanswered are those after which AWS may have done the work.
	unanswered int
	last       error
	// hasty says that a failure is not worth another attempt, unless AWS asked to slow down.
	hasty bool
}

type attemptsKey struct{}

// hastyKey marks the context of a call that a run can do without.
type hastyKey struct{}

// withAttempts counts the requests sent under the context it returns.
func withAttempts(ctx context.Context) (context.Context, *attempts) {
	count := &attempts{}
	return context.WithValue(ctx, attemptsKey{}, count), count
}

// attemptsOf is the count of the call that the context belongs to; [addAttempts]
// has seen to it that there is one.
func attemptsOf(ctx context.Context) *attempts {
	if count, ok := ctx.Value(attemptsKey{}).(*attempts); ok {
		return count
	}
	return &attempts{}
}

// addAttempts lets every call count its requests, not only those that somebody
// asks about.
func addAttempts(stack *middleware.Stack) error {
	count := middleware.InitializeMiddlewareFunc("stateroomAttempts", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		if _, ok := ctx.Value(attemptsKey{}).(*attempts); !ok {
			var count *attempts
			ctx, count = withAttempts(ctx)
			_, count.hasty = ctx.Value(hastyKey{}).(hastyKey)
		}
		return next.HandleInitialize(ctx, in)
	})
	return stack.Initialize.Add(count, middleware.Before) //nolint:wrapcheck // the SDK reports it with the operation
}

// begin books one more attempt, before which the limiter has held the call back
// for as long as queued. Where it could outlast the call's time the failure of
// the attempt before is the call's.
func (a *attempts) begin(queued time.Duration, b Bounds) error {
	if a.sent == 0 {
		a.begun = time.Now()
	} else if a.hasty && !IsThrottle(a.last) {
		return givenUp{a.last}
	} else if a.queued += queued; time.Since(a.begun)-a.queued > b.Call-b.Attempt {
		return givenUp{a.last}
	}
	a.sent++
	return nil
}

// end books how an attempt ended.
func (a *attempts) end(err error) {
	a.last = err
	if err != nil && !provesNothingHappened(err) && !IsThrottle(err) {
		a.unanswered++
	}
}
