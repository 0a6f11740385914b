package sandbox

import (
	"net/http"
	"strings"
)

// authenticate finds who signed the request and verifies the signature, the
// clock and the body, which for S3, where its hash is a signed header, is not
// read before. On success the request knows its caller.
func (s *Server) authenticate(r *request, g signature) *apiError {
	s.mu.Lock()
	known, ok := s.credentials[g.keyID]
	var key credential // a copy, so that hashing needs no lock
	enabled := false
	if ok {
		key, enabled = *known, known.account.uses(r.region)
	}
	s.mu.Unlock()

	switch {
	case !ok || key.inactive || r.now.Before(key.visible) || !enabled:
		return unknownKey.in(r.protocol, "")
	case key.token != g.token:
		return badToken.in(r.protocol, "")
	case !key.expires.IsZero() && !r.now.Before(key.expires):
		return expiredToken.in(r.protocol, "")
	case r.service == "iam" && key.user != nil && key.session != nil && key.session.mfa.IsZero():
		// GetSessionToken: "You cannot call any IAM API operations unless MFA
		// authentication information is included in the request."
		return unknownKey.in(r.protocol, "")
	}
	if late := g.skew(r.now); late != "" {
		return skewed.in(r.protocol, late)
	}
	signingKey := g.key(key.secret)
	if !g.matches(r.http, r.body, signingKey) {
		return badSignature.in(r.protocol, "")
	}
	if strings.HasPrefix(g.payload, "STREAMING-") {
		return fail(http.StatusNotImplemented, "NotImplemented", "The sandbox takes no bodies that are signed in chunks.")
	}
	if r.protocol == s3Protocol && g.payload != "" {
		if e := s.read(r, r.limit()); e != nil {
			return e
		}
	}
	if e := r.verifyBody(g); e != nil {
		return e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known.lastUsed, known.lastService, known.lastRegion = r.now, r.service, r.region
	if known.role != nil {
		known.role.lastUsed, known.role.lastRegion = r.now, r.region
	}
	r.caller = known.caller()
	r.account = known.account
	return nil
}

// verifyBody compares the body with its signed hash.
func (r *request) verifyBody(g signature) *apiError {
	if g.payload == "" || g.payload == unsignedBody || hash(r.body) == g.payload {
		return nil
	}
	if r.protocol == s3Protocol {
		return badRequest("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return badSignature.in(r.protocol, "")
}
