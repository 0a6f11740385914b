package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// The bounds of a request. A program on this machine, or a page in a browser on
// it, must not be able to fill the memory: who has not signed is answered from
// the headers alone, but for what somebody signs in with, which is short.
const (
	maxUnsigned = 4 << 10
	maxBody     = 1 << 20   // of every service but S3's objects; the longest document is a policy
	maxObject   = 256 << 20 // of an object or a part, whose signature is verified before the body is read
	maxBodies   = 256 << 20 // of all bodies that are being worked on
	maxHeader   = 64 << 10  // of headers, a session token among them

	headerWait = 10 * time.Second
	bodyWait   = time.Minute // for a body, and for an answer to be taken
	idleWait   = 2 * time.Minute
)

// newHTTP is the HTTP server of a sandbox, whose every wait for a client ends.
// The bound on the body is lifted by [Server.read], because the deadline would
// otherwise end the request's context while it is being worked on.
func (s *Server) newHTTP() *http.Server {
	return &http.Server{
		Handler: s, ReadHeaderTimeout: headerWait, ReadTimeout: bodyWait, IdleTimeout: idleWait, MaxHeaderBytes: maxHeader,
		ConnState: func(_ net.Conn, now http.ConnState) {
			switch now {
			case http.StateNew:
				s.connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.connections.Add(-1)
			case http.StateActive, http.StateIdle:
			}
		},
	}
}

// Connections is how many connections are open. None are left of a client that is gone only
// when all that it had sent has been worked on.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// limit is how long the body of a request to S3 may be whose signature holds.
func (r *request) limit() int64 {
	if _, key := s3Address(r.http); key != "" && r.http.Method == http.MethodPut {
		return maxObject
	}
	return maxBody
}

// read takes the body in, of at most limit bytes, once there is room for it among those that are being
// read or worked on. The room is given back when the request ends.
func (s *Server) read(r *request, limit int64) *apiError {
	size := r.http.ContentLength
	if size > limit {
		return tooLarge(r.protocol)
	}
	if size < 0 {
		size = limit // not told: chunked
	}
	if err := s.bodies.Acquire(r.ctx, size); err != nil {
		return timedOut
	}
	r.held = size
	control := http.NewResponseController(r.answer)
	_ = control.SetReadDeadline(time.Now().Add(bodyWait)) // a recorder of a test has none
	var body bytes.Buffer
	body.Grow(int(max(0, r.http.ContentLength)))
	_, err := io.Copy(&body, http.MaxBytesReader(r.answer, r.http.Body, limit))
	_ = control.SetReadDeadline(time.Time{})
	r.body = body.Bytes()
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(r.protocol)
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled):
		return timedOut
	case err != nil:
		return badRequest("IncompleteBody", "The request body terminated unexpectedly")
	}
	return nil
}

func tooLarge(p protocol) *apiError {
	if p == s3Protocol {
		return badRequest("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	return fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is longer than the sandbox takes.")
}

var timedOut = badRequest("RequestTimeout",
	"Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.")

// isLocalName says whether a host, with or without a port, is a name of this
// machine: localhost, a name below it, or a loopback address.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// listen opens a port on this machine alone: what the sandbox takes for secure
// transport is none on a network.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says for what
	}
	if host == "localhost" {
		host = "127.0.0.1" // whatever the machine's files call localhost
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, errors.New("it is no loopback address")
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port)) //nolint:wrapcheck // the caller says for what
}
