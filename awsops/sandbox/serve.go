package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// ServeHTTP answers one request. A dropped one ends the connection by the
// panic that net/http has for it.
//
// Only names of this machine are answered to: a page whose name was pointed at
// 127.0.0.1 after it was loaded would reach the port, but under that name.
func (s *Server) ServeHTTP(w http.ResponseWriter, h *http.Request) {
	if !isLocalName(h.Host) {
		http.Error(w, "The sandbox answers to localhost and loopback addresses alone.", http.StatusMisdirectedRequest)
		return
	}
	if !wait(h.Context(), s.options.Latency) {
		return
	}
	r := &request{ctx: h.Context(), http: h, answer: w, id: s.ids.uuid(), now: s.options.Now(), secure: true}
	defer func() { s.bodies.Release(r.held) }()
	answer, drop := s.answer(r)
	if drop {
		panic(http.ErrAbortHandler)
	}
	r.write(answer)
}

// answer authenticates the request, lets [Server.Intercept] interfere and does
// the work. With drop, nothing is to be sent.
func (s *Server) answer(r *request) (out response, drop bool) {
	target, e := s.admit(r)
	if e != nil {
		out = r.fail(e)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.record(r, out.status)
		return out, false
	}
	s.mu.Lock()
	hook, busy := s.intercept, s.busy(r)
	s.mu.Unlock()
	var fault Fault
	if hook != nil {
		fault = hook(r.entry())
	}
	s.mu.Lock()
	var entry Entry
	switch {
	case fault.DropRequest:
		entry = s.record(r, 0)
	case fault.Deny:
		out = r.fail(accessDenied.in(r.protocol, ""))
		entry = s.record(r, out.status)
	case fault.Code != "":
		out = r.fail(fail(cmp.Or(fault.Status, http.StatusBadRequest), fault.Code, "%s", fault.Message))
		entry = s.record(r, out.status)
	case fault.Throttle || busy:
		out = r.fail(throttle(r))
		entry = s.record(r, out.status)
	default:
		s.settle(r.now)
		out = s.stale(r, target.answer(r))
		entry = s.record(r, out.status)
	}
	s.mu.Unlock()
	if fault.After != nil {
		fault.After(entry)
	}
	return out, fault.DropRequest || fault.DropAnswer
}

// answer does the work of a request.
func (t service) answer(r *request) response {
	out, err := t.serve(r)
	if err != nil {
		return r.fail(err)
	}
	out.status = cmp.Or(out.status, http.StatusOK)
	return out
}

// admit finds the service and the operation, reads the body and verifies the
// signature. An object's body is read last, and only from who has signed it.
func (s *Server) admit(r *request) (service, *apiError) {
	r.protocol = guessProtocol(r.http)
	g, signed, problem := parseSignature(r.http)
	if !signed {
		if call, ok := unsigned(r); ok {
			return s.admitUnsigned(r, call)
		}
		if r.protocol == queryProtocol && r.http.Method == http.MethodPost {
			return s.admitWebIdentity(r)
		}
		return service{}, missingToken.in(r.protocol, "")
	}
	target, ok := s.services[g.service]
	if ok {
		r.protocol = target.protocol
	}
	r.service, r.region = g.service, g.region
	if problem != "" {
		return target, incompleteSignature.in(r.protocol, problem)
	}
	if !ok {
		return target, badRequest("UnknownService", "The sandbox has no service %q.", g.service)
	}
	if r.protocol != s3Protocol || g.payload == "" {
		if e := s.read(r, maxBody); e != nil {
			return target, e
		}
	}
	e := s.authenticate(r, g)
	r.operation = target.route(r)
	r.describe()
	return target, e
}

// guessProtocol serves the errors of requests that do not say their service.
func guessProtocol(h *http.Request) protocol {
	switch {
	case h.Header.Get("X-Amz-Target") != "":
		return jsonProtocol
	case strings.HasPrefix(h.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return queryProtocol
	}
	return s3Protocol
}

// busy takes one request off the service's rate for the caller's account, or for all
// who have not signed.
func (s *Server) busy(r *request) bool {
	if s.options.Rate <= 0 || s.choked[r.service] {
		return s.choked[r.service]
	}
	key := r.service + "/"
	if r.account != nil {
		key += r.account.id
	}
	limiter, ok := s.limiters[key]
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(s.options.Rate), s.options.Rate)
		s.limiters[key] = limiter
	}
	return !limiter.AllowN(r.now, 1)
}

// write sends the answer with the request id in the header of its service.
func (r *request) write(out response) {
	w := r.answer
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bodyWait)) // a recorder of a test has none
	header := w.Header()
	for name, values := range out.header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	header.Set("Date", r.now.UTC().Format(http.TimeFormat))
	header.Set("X-Amzn-Requestid", r.id)
	if r.protocol == s3Protocol {
		header.Set("X-Amz-Request-Id", r.id)
		header.Set("X-Amz-Id-2", r.id)
	}
	if r.http.Method == http.MethodHead {
		w.WriteHeader(out.status)
		return
	}
	if len(out.body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // the client has gone: nobody is left to tell
}

// wait sleeps for d unless the context ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
