package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

type tokenIn struct {
	ClientID, ClientSecret, GrantType string

	Code, RedirectURI, CodeVerifier string
	DeviceCode                      string
	RefreshToken                    string
}

// createToken gives an access token for a code, a device code or a refresh token.
func (s *portalService) createToken(r *request, in tokenIn) (any, error) {
	client, err := s.client(in.ClientID, in.ClientSecret, r.now)
	if err != nil {
		return nil, err
	}
	give := map[string]func(*request, *signInClient, tokenIn) (*portalSession, error){byCode: s.redeem, byDevice: s.poll, byRefresh: s.renew}[in.GrantType]
	switch {
	case give == nil:
		return nil, signInError("UnsupportedGrantTypeException", "unsupported_grant_type")
	case !slices.Contains(client.grants, in.GrantType):
		return nil, signInError("UnauthorizedClientException", "unauthorized_client")
	}
	session, err := give(r, client, in)
	if err != nil {
		return nil, err
	}
	return s.token(session, r.now), nil
}

// redeem takes a code once, from the client that sent the browser and knows the verifier
// (RFC 7636).
func (s *portalService) redeem(r *request, client *signInClient, in tokenIn) (*portalSession, error) {
	i := s.signIns[in.Code]
	if i == nil || i.person == nil || i.client != client {
		return nil, invalidGrant
	}
	delete(s.signIns, in.Code)
	sum := sha256.Sum256([]byte(in.CodeVerifier))
	if !r.now.Before(i.expires) || in.RedirectURI != i.redirect || base64.RawURLEncoding.EncodeToString(sum[:]) != i.challenge {
		return nil, invalidGrant
	}
	return s.begin(client, i.person, r.now), nil
}

// poll answers a device: the person decides after [CenterOptions.Pending] polls.
func (s *portalService) poll(r *request, client *signInClient, in tokenIn) (*portalSession, error) {
	i := s.signIns[in.DeviceCode]
	if i == nil || i.person != nil || i.client != client {
		return nil, invalidGrant
	}
	early := !i.last.IsZero() && r.now.Before(i.last.Add(s.interval()))
	i.last = r.now
	switch {
	case !r.now.Before(i.expires):
		return nil, signInError("ExpiredTokenException", "expired_token")
	case early:
		return nil, signInError("SlowDownException", "slow_down")
	}
	if i.polls++; i.polls <= s.center.options.Pending || s.browser == nil && !s.refuses {
		return nil, signInError("AuthorizationPendingException", "authorization_pending")
	}
	delete(s.signIns, in.DeviceCode)
	if s.refuses {
		return nil, signInError("AccessDeniedException", "access_denied")
	}
	return s.begin(client, s.browser, r.now), nil
}

// renew goes on with a session that is not over, under the same refresh token.
func (s *portalService) renew(r *request, client *signInClient, in tokenIn) (*portalSession, error) {
	session := s.sessions[in.RefreshToken]
	if session == nil || session.client != client || !s.alive(session, r.now) {
		return nil, invalidGrant
	}
	return session, nil
}

// begin makes a portal session, which can be renewed by a client that has the scope.
func (s *portalService) begin(client *signInClient, who *person, now time.Time) *portalSession {
	session := &portalSession{person: who, client: client, ends: now.Add(sessionLasts)}
	if slices.Contains(client.scopes, accessScope) && slices.Contains(client.grants, byRefresh) {
		session.refresh = s.secretToken("refresh-")
		s.sessions[session.refresh] = session
	}
	return session
}

// alive says whether a session is not over, and whose it is still there.
func (s *portalService) alive(session *portalSession, now time.Time) bool {
	return now.Before(session.ends) && s.center.people[session.person.id] == session.person
}

// token gives an access token of a session.
func (s *portalService) token(session *portalSession, now time.Time) map[string]any {
	lasts := session.ends.Sub(now)
	if session.refresh != "" {
		lasts = min(lasts, tokenLasts)
	}
	token := s.secretToken("aoa")
	s.tokens[token] = &portalToken{session, now.Add(lasts)}
	out := map[string]any{"accessToken": token, "tokenType": "Bearer", "expiresIn": int(lasts.Seconds())}
	if session.refresh != "" {
		out["refreshToken"] = session.refresh
	}
	return out
}
