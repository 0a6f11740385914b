package awsops

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	maxAttempts = 8
	// dialAttempts is how often an endpoint that has answered before is dialled,
	// how often an answer may be none, and how often one that never answered may
	// end the connection.
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
// which would fail the accounts that come last when many are throttled at once,
// and without patience for what no attempt can heal.
func (s *Sessions) newRetryer() aws.Retryer {
	hopeless := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		if s.hopeless(err) || isGivenUp(err) {
			return aws.FalseTernary
		}
		return aws.UnknownTernary
	})
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = s.attempts
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{hopeless}, o.Retryables...)
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: contention})
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			if attempt >= dialAttempts && brokeOff(err) && !s.reached.Load() {
				return 0, err
			}
			return backoff(attempt, err)
		})
	})
}

// attemptsAtMost is how often a request is sent: as the AWS CLI and every SDK
// take it from AWS_MAX_ATTEMPTS, but not more often than is of use.
func (c Config) attemptsAtMost() int {
	env, err := config.NewEnvConfig()
	if c.Files != nil || err != nil || env.RetryMaxAttempts < 1 {
		return maxAttempts
	}
	return min(env.RetryMaxAttempts, maxAttempts)
}

// backoff doubles from [firstBackoff] with full jitter. An error of its own
// ends the retries and takes the place of the failure, so that giving up hands
// that failure back.
func backoff(attempt int, err error) (time.Duration, error) {
	switch {
	case isLate(err):
		if attempt >= slowAttempts {
			return 0, err
		}
	case attempt >= dialAttempts && (isDial(err) || isUnfinished(err)):
		return 0, err
	}
	ceiling := min(maxBackoff, firstBackoff<<min(attempt, maxAttempts))
	return rand.N(ceiling), nil //nolint:gosec // jitter is no secret
}

// givenUp is the last failure of a call whose time for another attempt is over.
type givenUp struct{ error }

func (g givenUp) Unwrap() error { return g.error }

func isGivenUp(err error) bool { return errors.As(err, new(givenUp)) }

// onceRetryer repeats a call only when the error proves that it did not happen.
type onceRetryer struct{ aws.RetryerV2 }

func (r onceRetryer) IsErrorRetryable(err error) bool {
	return provesNothingHappened(err) && r.RetryerV2.IsErrorRetryable(err)
}

// provesNothingHappened is true of a refusal by AWS (4xx) and of a connection
// that never came about.
func provesNothingHappened(err error) bool {
	if answer := responseOf(err); answer != nil {
		return answer.StatusCode >= 400 && answer.StatusCode < 500
	}
	return neverSent(err)
}

// addOnce replaces the retry loop of an operation that must not be doubled.
func (s *Session) addOnce(stack *middleware.Stack) error {
	if !sentOnce(stack.ID()) { // the stack's id is the operation's name
		return nil
	}
	standard, ok := s.all.newRetryer().(aws.RetryerV2)
	if !ok {
		return errors.New("the SDK's standard retryer has lost its second version")
	}
	once := retry.NewAttemptMiddleware(onceRetryer{standard}, smithyhttp.RequestCloner)
	_, err := stack.Finalize.Swap(once.ID(), once)
	return err //nolint:wrapcheck // the SDK reports it with the operation
}
