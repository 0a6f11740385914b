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

// allowance is a request rate: so many a second, and so many at once after a pause.
type allowance struct {
	perSecond float64
	burst     int
}

// rates are what AWS documents, by service or, before that, by service and operation, for
// each account that asks:
//
//   - STS: 600 requests a second for each account and region, charged to the caller ("IAM
//     and AWS STS quotas", IAM User Guide).
//   - Organizations: by operation, and what each account may ask, which is less than all of
//     an organization's may together ("Quotas and service limits for AWS Organizations",
//     throttling limits, Organizations User Guide). Operations that share a limit there
//     are held to it each: a run makes few of them beside each other.
//   - IAM Identity Center and its identity store: 20 requests a second over all operations
//     ("AWS IAM Identity Center quotas", IAM Identity Center User Guide, as of 2023).
//
// IAM, KMS, S3 and DynamoDB publish none that a set-up could come near: see [generous].
var rates = map[string]allowance{
	"sts":                         {perSecond: 600, burst: 600},
	"organizations":               {perSecond: 1, burst: 1}, // the least that it grants what a set-up may come to ask
	"organizations/CreateAccount": {perSecond: 0.1, burst: 3},
	"organizations/DescribeCreateAccountStatus":         {perSecond: 2, burst: 2},
	"organizations/DescribeOrganization":                {perSecond: 1, burst: 2},
	"organizations/DescribePolicy":                      {perSecond: 2, burst: 2},
	"organizations/ListAccounts":                        {perSecond: 8, burst: 12},
	"organizations/ListAWSServiceAccessForOrganization": {perSecond: 1, burst: 3},
	"organizations/ListCreateAccountStatus":             {perSecond: 5, burst: 8},
	"organizations/ListPoliciesForTarget":               {perSecond: 5, burst: 8},
	"sso":                                               {perSecond: 20, burst: 20},
	"identitystore":                                     {perSecond: 20, burst: 20},
}

// generous bounds what AWS publishes no rate for: it stops a run from hammering
// one account without slowing any real set-up.
var generous = allowance{perSecond: 100, burst: 100}

// rateOf is the rate of an operation, and what shares it: the operation alone, or all of
// its service.
func rateOf(service, operation string, loopback bool) (kind string, a allowance) {
	kind = service + "/" + operation
	a, known := rates[kind]
	if !known {
		kind = service
		if a, known = rates[kind]; !known {
			a = generous
		}
	}
	if loopback {
		a.perSecond *= loopbackFactor
		a.burst *= loopbackFactor
		kind = "loopback " + kind
	}
	return kind, a
}

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
	kind, allowed := rateOf(service, operation, loopback)
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
		sent := time.Now()
		out, metadata, err := next.HandleFinalize(ctx, in)
		if count.end(err); err == nil || statusOf(err) != 0 {
			s.all.reached.Store(true)
			s.all.answers.add(time.Since(sent))
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
