package awsops

import (
	"context"
	"net"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/time/rate"
)

// allowance is a documented request rate.
type allowance struct {
	perSecond float64
	burst     int
}

// generous bounds what AWS publishes no rate for: it stops a run from hammering
// one account without slowing any real set-up.
var generous = allowance{perSecond: 100, burst: 100}

// stsAllowance is charged to the caller ("IAM and AWS STS quotas"). What
// Organizations allows by the operation ("Quotas for AWS Organizations") stands in
// [operations].
var stsAllowance = allowance{perSecond: 600, burst: 600}

// loopbackFactor raises every rate for an endpoint on this machine: what
// answers there is the sandbox or an emulator, whose rates are its own.
const loopbackFactor = 100

// limiters holds one limiter per service (or operation with a rate of its own)
// and account.
type limiters struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func newLimiters() *limiters { return &limiters{all: map[string]*rate.Limiter{}} }

// wait blocks until the account may send one more request of this kind.
func (l *limiters) wait(ctx context.Context, account, service, operation string, loopback bool) error {
	return l.of(account, service, operation, loopback).Wait(ctx) //nolint:wrapcheck // the SDK reports it with the operation
}

func (l *limiters) of(account, service, operation string, loopback bool) *rate.Limiter {
	kind := service + "/" + operation
	allowed := operations[kind].rate
	if allowed == (allowance{}) {
		kind, allowed = service, generous
		if service == "sts" {
			allowed = stsAllowance
		}
	}
	if loopback {
		allowed.perSecond *= loopbackFactor
		allowed.burst *= loopbackFactor
		kind = "loopback " + kind
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := kind + " " + account
	if l.all[key] == nil {
		l.all[key] = rate.NewLimiter(rate.Limit(allowed.perSecond), allowed.burst)
	}
	return l.all[key]
}

// addLimiter places the limiter inside the retry loop, after the credentials
// and the endpoint are known and before the signature takes its time. There an
// attempt begins.
func (s *Session) addLimiter(stack *middleware.Stack) error {
	limit := middleware.FinalizeMiddlewareFunc("stateroomLimiter", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		service := serviceName(awsmiddleware.GetServiceID(ctx))
		operation := awsmiddleware.GetOperationName(ctx)
		request, _ := in.Request.(*smithyhttp.Request)
		loopback := request != nil && request.URL != nil && isLoopback(request.URL.Hostname())
		asked := time.Now()
		if err := s.all.limits.wait(ctx, s.login.scope(), service, operation, loopback); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		count := attemptsOf(ctx)
		if err := count.begin(time.Since(asked), s.all.bounds); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		defer s.all.telling.begin(service, s.Region(), count.begun)()
		out, metadata, err := next.HandleFinalize(ctx, in)
		if count.end(err); err == nil || statusOf(err) != 0 {
			s.all.reached.Store(true)
		}
		return out, metadata, err //nolint:wrapcheck // the SDK reports it with the operation
	})
	return stack.Finalize.Insert(limit, "Signing", middleware.Before) //nolint:wrapcheck // the SDK reports it with the operation
}

// isLoopback says whether a host name or address is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}
