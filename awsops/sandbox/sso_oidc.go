package sandbox

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// portalService is how people sign in (SSO OIDC) and what they get for it (the access
// portal).
type portalService struct {
	*core
	clients  map[string]*signInClient  // by id
	signIns  map[string]*signIn        // by code or device code
	tokens   map[string]*portalToken   // by access token
	sessions map[string]*portalSession // by refresh token

	browser *person // whose it is
	refuses bool    // whoever is at the browser
}

func newPortal(c *core) *portalService {
	return &portalService{
		core: c, clients: map[string]*signInClient{}, signIns: map[string]*signIn{},
		tokens: map[string]*portalToken{}, sessions: map[string]*portalSession{},
	}
}

// The grants by which a client gets a token, and how long what lasts. The portal session
// is AWS's default ("Configure the session duration").
const (
	byCode    = "authorization_code"
	byDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	byRefresh = "refresh_token"

	accessScope = "sso:account:access"

	clientLasts  = 90 * 24 * time.Hour
	signInLasts  = 10 * time.Minute
	sessionLasts = 8 * time.Hour
	tokenLasts   = time.Hour // where it can be renewed

	mostSignIns = 1000 // registrations and sign-ins under way: whoever asks has not signed
)

// signInClient is a registration.
type signInClient struct {
	id, secret                   string
	expires                      time.Time
	scopes, redirectURIs, grants []string
}

// signIn is one under way: the code that the browser brought, or that a device polls for.
type signIn struct {
	client  *signInClient
	expires time.Time

	person              *person // of a browser's
	redirect, challenge string

	polls int // of a device's
	last  time.Time
}

// portalSession is somebody's, until it is over or they sign out.
type portalSession struct {
	person  *person
	client  *signInClient
	refresh string
	ends    time.Time
}

type portalToken struct {
	session *portalSession
	expires time.Time
}

// signInError is a refusal in the words of OAuth beside AWS's own.
func signInError(code, oauth string) *apiError {
	return badRequest(code, "").with(details{"error": oauth, "error_description": strings.ReplaceAll(oauth, "_", " ")})
}

var (
	invalidRequest = signInError("InvalidRequestException", "invalid_request")
	invalidGrant   = signInError("InvalidGrantException", "invalid_grant")
	invalidClient  = func() *apiError {
		e := signInError("InvalidClientException", "invalid_client")
		e.status = 401
		return e
	}()
)

func (s *portalService) serveSignIn(r *request) (response, error) {
	if r.operation == "Authorize" {
		return s.authorizeBrowser(r)
	}
	return serveJSON(r, map[string]jsonHandler{
		"RegisterClient": jsonOp(s.registerClient), "StartDeviceAuthorization": jsonOp(s.startDevice), "CreateToken": jsonOp(s.createToken),
	})
}

// secretToken is something that is given out and that [Server.Secrets] has to know.
func (s *core) secretToken(prefix string) string {
	text := prefix + s.ids.secret()
	s.issued = append(s.issued, text)
	return text
}

type registerIn struct {
	ClientName, ClientType, IssuerURL string
	Scopes, RedirectUris, GrantTypes  []string
}

// registerClient makes a client known. One that sends people to a browser belongs to a
// portal; scopes decide whether its tokens can be renewed.
func (s *portalService) registerClient(r *request, in registerIn) (any, error) {
	codes := slices.Contains(in.GrantTypes, byCode)
	switch {
	case in.ClientName == "" || in.ClientType != "public":
		return nil, signInError("InvalidClientMetadataException", "invalid_client_metadata")
	case slices.ContainsFunc(in.Scopes, func(scope string) bool { return scope != accessScope }):
		return nil, signInError("InvalidScopeException", "invalid_scope")
	case slices.ContainsFunc(in.GrantTypes, func(grant string) bool { return !slices.Contains([]string{byCode, byDevice, byRefresh}, grant) }):
		return nil, signInError("UnsupportedGrantTypeException", "unsupported_grant_type")
	case slices.ContainsFunc(in.RedirectUris, func(uri string) bool { return !ofThisMachine(uri) }):
		return nil, signInError("InvalidRedirectUriException", "invalid_redirect_uri")
	case (codes || in.IssuerURL != "") && !s.center.starts(in.IssuerURL), codes && len(in.RedirectUris) == 0:
		return nil, invalidRequest
	case !s.room(r.now):
		return nil, signInError("SlowDownException", "slow_down")
	}
	client := &signInClient{
		id: s.ids.lower(22), secret: s.secretToken("eyJ"), expires: r.now.Add(clientLasts),
		scopes: in.Scopes, redirectURIs: in.RedirectUris, grants: in.GrantTypes,
	}
	if len(in.GrantTypes) == 0 {
		client.grants = []string{byDevice, byRefresh}
	}
	s.clients[client.id] = client
	return map[string]any{
		"clientId": client.id, "clientSecret": client.secret, "clientIdIssuedAt": r.now.Unix(), "clientSecretExpiresAt": client.expires.Unix(),
	}, nil
}

// room forgets what has expired, and says whether there is room for more.
func (s *portalService) room(now time.Time) bool {
	maps.DeleteFunc(s.clients, func(_ string, c *signInClient) bool { return !now.Before(c.expires) })
	maps.DeleteFunc(s.signIns, func(_ string, i *signIn) bool { return now.After(i.expires.Add(signInLasts)) }) // until then it is told that it has expired
	return len(s.clients)+len(s.signIns) < mostSignIns
}

// ofThisMachine says whether an address is one at which a program on this machine listens.
func ofThisMachine(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && isLocalName(u.Host)
}

// client finds the client of a request, whose secret must be right.
func (s *portalService) client(id, secret string, now time.Time) (*signInClient, error) {
	client := s.clients[id]
	if client == nil || client.secret != secret || !now.Before(client.expires) {
		return nil, invalidClient
	}
	return client, nil
}

type deviceIn struct{ ClientID, ClientSecret, StartURL string }

func (s *portalService) startDevice(r *request, in deviceIn) (any, error) {
	client, err := s.client(in.ClientID, in.ClientSecret, r.now)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(client.grants, byDevice):
		return nil, signInError("UnauthorizedClientException", "unauthorized_client")
	case !s.center.starts(in.StartURL):
		return nil, invalidRequest
	case !s.room(r.now):
		return nil, signInError("SlowDownException", "slow_down")
	}
	code, user := s.secretToken("device-"), s.ids.text("BCDFGHJKLMNPQRSTVWXZ", 8)
	user = user[:4] + "-" + user[4:]
	s.signIns[code] = &signIn{client: client, expires: r.now.Add(signInLasts)}
	page := strings.TrimRight(in.StartURL, "#/") + "/#/device"
	return map[string]any{
		"deviceCode": code, "userCode": user, "verificationUri": page, "verificationUriComplete": page + "?user_code=" + user,
		"expiresIn": int(signInLasts.Seconds()), "interval": max(1, int(s.interval().Seconds())),
	}, nil
}

// interval is what has to lie between two polls.
func (s *portalService) interval() time.Duration {
	if s.center.options.Interval > 0 {
		return s.center.options.Interval
	}
	return time.Second
}
