package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Server is one AWS: an organization with its accounts and everything in them.
// It is an [http.Handler]; [Server.Start] gives it a port of its own.
type Server struct {
	*core
	services map[string]service // by the name that clients sign with
	kms      *kmsService
	s3       *s3Service
	dynamodb *dynamodbService
	portal   *portalService
	bodies   *semaphore.Weighted

	// The core's lock guards these as well.
	operator  Credentials
	root      Credentials
	limiters  map[string]*rate.Limiter
	choked    map[string]bool // services that refuse everything
	log       []Entry
	logged    int // requests, those that the log no longer keeps too
	intercept func(Entry) Fault

	listener net.Listener
	http     *http.Server
	https    *http.Server // nil before StartTLS
	serving  sync.WaitGroup

	connections atomic.Int64
}

// service is one AWS service: how it names the operation of a request, which
// protocol its errors speak, and who answers.
type service struct {
	protocol protocol
	route    func(*request) string
	serve    func(*request) (response, error)
}

// New makes an organization: the management account 111111111111 ("admin") and
// the member accounts of [Options.Accounts], each with the role
// OrganizationAccountAccessRole.
func New(options Options) *Server {
	c := newCore(options)
	kms := newKMS(c)
	s := &Server{
		core: c, kms: kms, s3: newS3(c, kms), dynamodb: newDynamoDB(c), portal: newPortal(c),
		bodies: semaphore.NewWeighted(maxBodies), limiters: map[string]*rate.Limiter{}, choked: map[string]bool{},
	}
	c.holders = []func(rewrite){kms.rewritePolicies, s.s3.rewritePolicies}
	iam := newIAM(c)
	tagging := &taggingService{c, []func(*account, string) map[string]tagSet{kms.tagged, s.s3.tagged, s.dynamodb.tagged}}
	s.services = map[string]service{
		"sts":           {queryProtocol, routeQuery, newSTS(c).serve},
		"iam":           {queryProtocol, routeQuery, iam.serve},
		"organizations": {jsonProtocol, routeJSON, newOrganizations(c).serve},
		"account":       {restJSONProtocol, routeAccount, (&accountService{c}).serve},
		"tagging":       {jsonProtocol, routeJSON, tagging.serve},
		"kms":           {jsonProtocol, routeJSON, kms.serve},
		"dynamodb":      {jsonProtocol, routeJSON, s.dynamodb.serve},
		"s3":            {s3Protocol, s.s3.route, s.s3.serve},
		"sso":           {jsonProtocol, routeJSON, newSSOAdmin(c, kms).serve},
		"sso-oauth":     {restJSONProtocol, routeUnsigned, s.portal.serveSignIn},
		"awsssoportal":  {restJSONProtocol, routeUnsigned, s.portal.servePortal},
		"oidc":          {restJSONProtocol, routeUnsigned, c.issuers.serve},
		"identitystore": {jsonProtocol, routeJSON, newIdentityStore(c, kms).serve},
	}
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
