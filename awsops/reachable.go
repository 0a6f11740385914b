package awsops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// reachWait bounds the wait for an endpoint that may not be there.
const reachWait = 10 * time.Second

// Reachable says whether anybody answers at an endpoint, whatever the answer:
// an unsigned HEAD with the proxies and certificates of every other call.
// [IsUntrusted] and [IsUnanswered] tell what an error means.
func (s *Sessions) Reachable(ctx context.Context, endpoint string) error {
	asked := &Error{Operation: "HEAD", Resource: endpoint}
	ctx, cancel := context.WithTimeoutCause(ctx, reachWait, errors.New("no answer within "+reachWait.String()))
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, endpoint, http.NoBody)
	if err != nil {
		return failed(err, asked)
	}
	answer, err := s.base.HTTPClient.Do(request)
	if err == nil {
		return answer.Body.Close() //nolint:wrapcheck // the body of a HEAD is empty
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w", context.Cause(ctx))
	}
	return failed(err, asked)
}
