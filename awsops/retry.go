package awsops

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	maxAttempts = 8
	// dialAttempts is how often an endpoint that nobody answers at is dialled:
	// waiting longer does not help who mistyped it or is offline.
	dialAttempts = 3
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 15 * time.Second
)

// contention are codes that mean "another writer, try again" and that the SDK
// does not retry by itself (facts of S3, Organizations and IAM).
var contention = map[string]struct{}{
	"OperationAborted":                       {},
	"ConcurrentModification":                 {},
	"ConcurrentModificationException":        {},
	"EntityTemporarilyUnmodifiable":          {},
	"EntityTemporarilyUnmodifiableException": {},
}

// newRetryer is the SDK's standard retryer without its shared token bucket,
// which would fail the accounts that come last when many are throttled at once.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attemptsAtMost()
		o.RateLimiter = ratelimit.None
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: contention})
		o.Backoff = retry.BackoffDelayerFunc(backoff)
	})
}

// attemptsAtMost is how often a request is sent: as the AWS CLI and every SDK
// take it from AWS_MAX_ATTEMPTS, but not more often than is of use.
func attemptsAtMost() int {
	asked, err := strconv.Atoi(os.Getenv("AWS_MAX_ATTEMPTS"))
	if err != nil || asked < 1 {
		return maxAttempts
	}
	return min(asked, maxAttempts)
}

// backoff doubles from [firstBackoff] with full jitter. An error of its own
// ends the retries and takes the place of the failure, so that giving up on an
// endpoint hands that failure back.
func backoff(attempt int, err error) (time.Duration, error) {
	if attempt >= dialAttempts && isDial(err) {
		return 0, err
	}
	ceiling := min(maxBackoff, firstBackoff<<min(attempt, maxAttempts))
	return rand.N(ceiling), nil //nolint:gosec // jitter is no secret
}

// isDial says that no connection came about, so that nothing was sent.
func isDial(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return (errors.As(err, &op) && op.Op == "dial") || errors.As(err, &dns)
}

// onceRetryer repeats a call only when the error proves that it did not happen.
type onceRetryer struct{ aws.RetryerV2 }

func (r onceRetryer) IsErrorRetryable(err error) bool {
	return provesNothingHappened(err) && r.RetryerV2.IsErrorRetryable(err)
}

// provesNothingHappened is true of a refusal by AWS (4xx) and of a connection
// that never came about.
func provesNothingHappened(err error) bool {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500
	}
	return isDial(err)
}

// addOnce replaces the retry loop of an operation that must not be doubled.
func addOnce(stack *middleware.Stack) error {
	if _, once := onceOnly[stack.ID()]; !once { // the stack's id is the operation's name
		return nil
	}
	standard, ok := newRetryer().(aws.RetryerV2)
	if !ok {
		return errors.New("the SDK's standard retryer has lost its second version")
	}
	once := retry.NewAttemptMiddleware(onceRetryer{standard}, smithyhttp.RequestCloner)
	_, err := stack.Finalize.Swap(once.ID(), once)
	return err //nolint:wrapcheck // the SDK reports it with the operation
}

// withAttempts counts the requests sent under the context it returns.
func withAttempts(ctx context.Context) (context.Context, *attempts) {
	count := &attempts{}
	return context.WithValue(ctx, attemptsKey{}, count), count
}
