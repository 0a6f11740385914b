package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// What goes wrong in an AWS that somebody works with is mostly that somebody
// did something: [Server.Act] does it. The rest of this file is what no call of
// AWS can bring about.

// ActInput are the members of an operation's input by their names on the wire.
// For S3 they are Bucket, Key, Body, versionId and the headers of the request.
type ActInput map[string]any

// Act does one operation as the root user of an account, who may do nearly
// everything, and gives the body of the answer. It needs no signature, meets no
// [Server.Intercept] and no throttling, and is not in the log. IAM, STS and S3
// take texts only.
func (s *Server) Act(account, serviceName, operation string, in ActInput) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, known := s.accounts[account]
	target, ok := s.services[serviceName]
	if !known || !ok {
		return nil, fmt.Errorf("sandbox: there is no account %s or no service %s", account, serviceName)
	}
	h, body, err := s.byHand(target.protocol, operation, in)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %s:%s: %w", serviceName, operation, err)
	}
	r := &request{
		ctx: h.Context(), http: h, id: s.ids.uuid(), now: s.options.Now(), secure: true, body: body,
		service: serviceName, protocol: target.protocol, region: s.options.Region, account: a,
		caller: (&credential{account: a}).caller(),
	}
	if r.operation = target.route(r); r.operation != operation {
		return nil, fmt.Errorf("sandbox: %s has no operation %s", serviceName, operation)
	}
	s.settle(r.now)
	out := target.answer(r)
	if r.failure != nil {
		return nil, fmt.Errorf("sandbox: %s:%s: %w", serviceName, operation, r.failure)
	}
	return out.body, nil
}

// byHand makes the request of an operation in a protocol.
func (s *Server) byHand(p protocol, operation string, in ActInput) (h *http.Request, body []byte, err error) {
	h = &http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{Path: "/"}}
	switch p {
	case jsonProtocol, restJSONProtocol:
		h.Header.Set("X-Amz-Target", operation)
		if body, err = json.Marshal(in); err != nil {
			return nil, nil, fmt.Errorf("write the input: %w", err)
		}
	case queryProtocol:
		form := url.Values{"Action": {operation}}
		for name, value := range in {
			form.Set(name, fmt.Sprint(value))
		}
		body = []byte(form.Encode())
	case s3Protocol:
		body = s.s3.byHand(h, operation, in)
	}
	return h, body, nil
}

// byHand gives a request the method and address of an operation of S3.
func (s *s3Service) byHand(h *http.Request, operation string, in ActInput) (body []byte) {
	for _, op := range s.operations {
		if op.name == operation {
			h.Method = op.method
			h.URL.RawQuery = url.QueryEscape(op.mark)
		}
	}
	for name, value := range in {
		switch text := fmt.Sprint(value); name {
		case "Bucket":
			h.URL.Path = "/" + text + h.URL.Path[1:]
		case "Key":
			h.URL.Path += "/" + text
		case "Body":
			body = []byte(text)
		case "versionId":
			h.URL.RawQuery += "&versionId=" + url.QueryEscape(text)
		default:
			h.Header.Set(name, text)
		}
	}
	return body
}

// SetClock makes AWS's clock differ from this machine's.
func (s *Server) SetClock(ahead time.Duration) { s.ahead.Store(int64(ahead)) }

// SetKeyState brings a KMS key into a state that AWS alone brings it into, as by an
// outage of its key store: PendingImport, Unavailable, Creating or Updating. It says
// whether there is such a key.
func (s *Server) SetKeyState(arn, state string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok := s.kms.keys[arn]
	if ok {
		key.state = state
	}
	return ok
}

// AgeKey lets a user's access key have been made, and last used, some time earlier. It tells
// whether there is such a key.
func (s *Server) AgeKey(id string, by time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok := s.credentials[id]
	if !ok {
		return false
	}
	key.created = key.created.Add(-by)
	if !key.lastUsed.IsZero() {
		key.lastUsed = key.lastUsed.Add(-by)
	}
	return true
}

// Throttle makes a service refuse every request of everyone, or stop doing so.
func (s *Server) Throttle(serviceName string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.choked, serviceName); on {
		s.choked[serviceName] = true
	}
}

// Session gives session credentials of a user that were issued at some time and
// last for an hour, as GetSessionToken gives them.
func (s *Server) Session(account, userName string, issued time.Time) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[account]
	if a == nil || a.users[userName] == nil {
		return Credentials{}, fmt.Errorf("sandbox: account %s has no user %s", account, userName)
	}
	return s.temporary(credential{account: a, user: a.users[userName], session: &session{}}, issued, time.Hour).public(), nil
}
