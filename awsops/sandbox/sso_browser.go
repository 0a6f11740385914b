package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// SignIn has the browser belong to somebody in the identity store, who agrees to every
// sign-in that they are asked about from now on.
func (s *Server) SignIn(userName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var who *person
	if s.center != nil {
		who = s.center.personNamed(userName)
	}
	if who == nil {
		return fmt.Errorf("sandbox: the identity store has no user %s", userName)
	}
	s.portal.browser, s.portal.refuses = who, false
	return nil
}

// RefuseSignIn has whoever is at the browser refuse every sign-in, until somebody signs
// in again.
func (s *Server) RefuseSignIn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.portal.browser, s.portal.refuses = nil, true
}

// authorizeBrowser sends a browser back to the program that opened it at once, with a
// code or with why there is none. Where it came from is believed once the client and the
// address are known: anybody else is told here.
func (s *portalService) authorizeBrowser(r *request) (response, error) {
	query := r.http.URL.Query()
	client, redirect := s.clients[query.Get("client_id")], query.Get("redirect_uri")
	switch {
	case client == nil || !r.now.Before(client.expires):
		return response{}, invalidRequest
	case !slices.ContainsFunc(client.redirectURIs, func(have string) bool { return sameButPort(have, redirect) }):
		return response{}, invalidRequest
	}
	back := url.Values{"state": {query.Get("state")}}
	switch {
	case query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "":
		back.Set("error", "invalid_request")
	case !slices.Contains(client.grants, byCode):
		back.Set("error", "unauthorized_client")
	case query.Get("scopes") != "" && !slices.Contains(client.scopes, query.Get("scopes")):
		back.Set("error", "invalid_scope")
	case s.browser == nil:
		back.Set("error", "access_denied")
	case !s.room(r.now):
		back.Set("error", "temporarily_unavailable")
	default:
		code := s.secretToken("code-")
		s.signIns[code] = &signIn{
			client: client, expires: r.now.Add(signInLasts), person: s.browser, redirect: redirect, challenge: query.Get("code_challenge"),
		}
		back.Set("code", code)
	}
	return response{status: http.StatusFound, header: http.Header{"Location": {redirect + "?" + back.Encode()}}}, nil
}

// sameButPort compares an address with a registered one, which has no port: a program
// listens on one that is free (RFC 8252, section 7.3).
func sameButPort(registered, address string) bool {
	have, err := url.Parse(registered)
	if err != nil {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && ofThisMachine(address) && u.Hostname() == have.Hostname() && u.Path == have.Path && u.RawQuery == "" &&
		cmp.Or(have.Port(), u.Port()) == u.Port()
}
