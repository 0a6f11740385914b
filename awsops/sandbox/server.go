package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Server is one AWS: an organization with its accounts and everything in them.
// It is an [http.Handler]; [Server.Start] gives it a port of its own.
type Server struct {
	options Options
	ids     *idSource
	ahead   atomic.Int64 // of the clock, in nanoseconds
	bodies  *semaphore.Weighted

	// mu guards everything below. Handlers run with it held.
	mu           sync.Mutex
	accounts     map[string]*account
	order        []string // account ids in the order they were made
	organization *organization
	credentials  map[string]*credential
	issued       []string // every secret given out
	operator     Credentials
	root         Credentials
	documents    documentCache
	iam          iamCatalog
	kms          kmsState
	s3           s3State
	dynamodb     dynamodbState
	limiters     map[string]*rate.Limiter
	choked       map[string]bool // services that refuse everything
	log          []Entry
	intercept    func(Entry) Fault

	listener net.Listener
	http     *http.Server
	https    *http.Server // nil before StartTLS
	serving  sync.WaitGroup
}

// service is one AWS service: how it names the operation of a request, which
// protocol its errors speak, and who answers. Its key in [services] is the name
// that clients sign with.
type service struct {
	protocol protocol
	route    func(*request) string
	serve    func(*Server, *request) response
}

// services are all that the sandbox knows.
func services() map[string]service {
	return map[string]service{
		"sts":           {queryProtocol, routeQuery, (*Server).serveSTS},
		"iam":           {queryProtocol, routeQuery, (*Server).serveIAM},
		"organizations": {jsonProtocol, routeJSON, (*Server).serveOrganizations},
		"account":       {restJSONProtocol, routeAccount, (*Server).serveAccount},
		"tagging":       {jsonProtocol, routeJSON, (*Server).serveTagging},
		"kms":           {jsonProtocol, routeJSON, (*Server).serveKMS},
		"dynamodb":      {jsonProtocol, routeJSON, (*Server).serveDynamoDB},
		"s3":            {s3Protocol, routeS3, (*Server).serveS3},
	}
}

// New makes an organization: the management account 111111111111 ("admin") and
// the member accounts of [Options.Accounts], each with the role
// OrganizationAccountAccessRole.
func New(options Options) *Server {
	options = options.withDefaults()
	s := &Server{
		options:     options,
		ids:         newIDSource(options.Seed),
		bodies:      semaphore.NewWeighted(maxBodies),
		accounts:    map[string]*account{},
		credentials: map[string]*credential{},
		limiters:    map[string]*rate.Limiter{},
		choked:      map[string]bool{},
		iam:         newIAMCatalog(options.Now()),
		kms:         newKMSState(),
		s3:          newS3State(),
		dynamodb:    newDynamoDBState(),
	}
	clock := options.Now
	s.options.Now = func() time.Time { return clock().Add(time.Duration(s.ahead.Load())) }
	s.populate()
	return s
}

// Start listens on addr, a loopback address ("127.0.0.1:0" takes a free port),
// and serves until [Server.Close]. The context bounds the listening only.
func (s *Server) Start(ctx context.Context, addr string) error {
	listener, err := listen(ctx, addr)
	if err != nil {
		return fmt.Errorf("sandbox: listen on %s: %w", addr, err)
	}
	s.listener = listener
	s.http = s.newHTTP()
	s.serveOn(s.http, listener)
	return nil
}

// serveOn answers on a listener until the HTTP server is closed.
func (s *Server) serveOn(server *http.Server, listener net.Listener) {
	s.serving.Go(func() {
		_ = server.Serve(listener) // always http.ErrServerClosed after Close
	})
}

// Close stops serving and drops open connections. A server that was never
// started closes without error.
func (s *Server) Close() error {
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	if s.https != nil {
		err = errors.Join(err, s.https.Close())
	}
	s.serving.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("sandbox: close: %w", err)
	}
	return nil
}

// URL is the endpoint for every service, "http://127.0.0.1:PORT", and empty
// before [Server.Start].
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String()
}
