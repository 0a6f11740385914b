package awsops

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"stateroom/awsops/secret"
)

// SignIn signs somebody in at a portal (IAM Identity Center OIDC API reference). None of
// its calls is signed, and none changes anything but who is signed in.
type SignIn struct {
	*Session
	client *ssooidc.Client
	portal Portal
}

// SignIn begins to sign in at a portal.
func (s *Sessions) SignIn(at Portal) *SignIn {
	cfg := s.nobody(at.Region)
	session := s.session(&login{provider: cfg.Credentials, who: "somebody who is signing in"}, at.Region)
	return &SignIn{session, ssooidc.NewFromConfig(cfg), at}
}

// nobody is a configuration in which nothing is signed, for the calls that a portal takes.
func (s *Sessions) nobody(region string) aws.Config {
	cfg := s.base.Copy()
	cfg.Region, cfg.Credentials = region, aws.AnonymousCredentials{}
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), s.addWholeAnswer)
	return cfg
}

const (
	clientName = "stateroom"
	// accessScope is what credentials of permission sets take. Without a scope there is no
	// refresh token.
	accessScope = "sso:account:access"
	// The grants (CreateToken).
	byCode    = "authorization_code"
	byDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	byRefresh = "refresh_token"
	// callbackHost and callbackPath are where the browser brings the code back to: a port
	// of this machine alone, which a registration does not name (RFC 8252, section 7.3).
	callbackHost = "http://127.0.0.1"
	callbackPath = "/oauth/callback"
)

// CallbackPath is the path at which the browser brings the answer back.
const CallbackPath = callbackPath

// register makes this program known at the portal.
func (i *SignIn) register(ctx context.Context, in *ssooidc.RegisterClientInput) (SignInClient, error) {
	in.ClientName, in.ClientType, in.Scopes = aws.String(clientName), aws.String("public"), []string{accessScope}
	out, err := i.client.RegisterClient(ctx, in)
	if err != nil {
		return SignInClient{}, i.fail(err, i.portal.StartURL)
	}
	return SignInClient{
		ID: aws.ToString(out.ClientId), Secret: secret.New(aws.ToString(out.ClientSecret)), Expires: time.Unix(out.ClientSecretExpiresAt, 0),
	}, nil
}

// token asks for a token by one of the grants.
func (i *SignIn) token(ctx context.Context, client SignInClient, in *ssooidc.CreateTokenInput) (PortalToken, error) {
	in.ClientId, in.ClientSecret = aws.String(client.ID), aws.String(client.Secret.Reveal())
	out, err := i.client.CreateToken(ctx, in)
	if err != nil {
		return PortalToken{}, i.fail(err, i.portal.StartURL)
	}
	return PortalToken{
		Access: secret.New(aws.ToString(out.AccessToken)), Refresh: secret.New(aws.ToString(out.RefreshToken)),
		Expires: time.Now().Add(time.Duration(out.ExpiresIn) * time.Second).Truncate(time.Second), Client: client,
	}, nil
}

// Renew gives a token anew, without anybody signing in.
func (i *SignIn) Renew(ctx context.Context, t PortalToken) (PortalToken, error) {
	renewed, err := i.token(ctx, t.Client, &ssooidc.CreateTokenInput{GrantType: aws.String(byRefresh), RefreshToken: aws.String(t.Refresh.Reveal())})
	if err == nil && renewed.Refresh.IsZero() { // the one that there is counts on
		renewed.Refresh = t.Refresh
	}
	return renewed, err
}

// BrowserSignIn is a sign-in by the browser of this machine: authorization code with PKCE
// (RFC 7636).
type BrowserSignIn struct {
	// Address is the page that the browser opens.
	Address secret.Secret
	// State has to come back with the code.
	State secret.Secret

	signIn   *SignIn
	client   SignInClient
	verifier secret.Secret
	redirect string
}

// Browser begins a sign-in by the browser of this machine, which brings its answer back to
// the port.
func (i *SignIn) Browser(ctx context.Context, port string) (*BrowserSignIn, error) {
	client, err := i.register(ctx, &ssooidc.RegisterClientInput{
		GrantTypes: []string{byCode, byRefresh}, RedirectUris: []string{callbackHost + callbackPath}, IssuerUrl: aws.String(i.portal.StartURL),
	})
	if err != nil {
		return nil, err
	}
	endpoint, err := i.endpoint(ctx)
	if err != nil {
		return nil, err
	}
	b := &BrowserSignIn{signIn: i, client: client, verifier: random(), State: random(), redirect: callbackHost + ":" + port + callbackPath}
	challenge := sha256.Sum256([]byte(b.verifier.Reveal()))
	b.Address = secret.New(endpoint + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {b.redirect}, "state": {b.State.Reveal()},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"scopes": {accessScope}, // not scope (the AWS CLI's own request)
	}.Encode())
	return b, nil
}

// Redeem turns the code that the browser brought into a token. It can be done once.
func (b *BrowserSignIn) Redeem(ctx context.Context, code secret.Secret) (PortalToken, error) {
	return b.signIn.token(ctx, b.client, &ssooidc.CreateTokenInput{
		GrantType: aws.String(byCode), Code: aws.String(code.Reveal()), CodeVerifier: aws.String(b.verifier.Reveal()), RedirectUri: aws.String(b.redirect),
	})
}

// random is a text that nobody guesses, of the characters that PKCE allows.
func random() secret.Secret {
	const bytes = 48 // 64 characters
	text := make([]byte, bytes)
	_, _ = rand.Read(text) // it never fails (crypto/rand)
	return secret.New(base64.RawURLEncoding.EncodeToString(text))
}

// endpoint is where the portal's sign-in answers, without a slash at its end.
func (i *SignIn) endpoint(ctx context.Context) (string, error) {
	o := i.client.Options()
	at, err := o.EndpointResolverV2.ResolveEndpoint(ctx, ssooidc.EndpointParameters{
		Region: aws.String(o.Region), Endpoint: o.BaseEndpoint,
		UseFIPS: aws.Bool(o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled), UseDualStack: aws.Bool(o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		return "", i.fail(misread("SSO OIDC", "Authorize", err), i.portal.StartURL)
	}
	return strings.TrimRight(at.URI.String(), "/"), nil
}

// DeviceSignIn is a sign-in on any other device, which shows a code of ours.
type DeviceSignIn struct {
	// Address is the page, and Code what is compared there, or typed on Page.
	Address    secret.Secret
	Page, Code string
	// Until is when it is too late.
	Until time.Time

	signIn   *SignIn
	client   SignInClient
	code     secret.Secret
	interval time.Duration
}

// The pauses between two polls where AWS says nothing, and what a "slow down" adds (RFC
// 8628, section 3.5).
const (
	usualInterval = 5 * time.Second
	slowedBy      = 5 * time.Second
)

// Device begins a sign-in on another device.
func (i *SignIn) Device(ctx context.Context) (*DeviceSignIn, error) {
	client, err := i.register(ctx, &ssooidc.RegisterClientInput{})
	if err != nil {
		return nil, err
	}
	out, err := i.client.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
		ClientId: aws.String(client.ID), ClientSecret: aws.String(client.Secret.Reveal()), StartUrl: aws.String(i.portal.StartURL),
	})
	if err != nil {
		return nil, i.fail(err, i.portal.StartURL)
	}
	return &DeviceSignIn{
		Address: secret.New(cmp.Or(aws.ToString(out.VerificationUriComplete), aws.ToString(out.VerificationUri))),
		Page:    aws.ToString(out.VerificationUri), Code: aws.ToString(out.UserCode), Until: time.Now().Add(time.Duration(out.ExpiresIn) * time.Second),
		signIn: i, client: client, code: secret.New(aws.ToString(out.DeviceCode)), interval: cmp.Or(time.Duration(out.Interval)*time.Second, usualInterval),
	}, nil
}

// Await asks until the person has decided, as often as AWS allows.
func (d *DeviceSignIn) Await(ctx context.Context) (PortalToken, error) {
	for interval := d.interval; ; {
		t, err := d.signIn.token(ctx, d.client, &ssooidc.CreateTokenInput{GrantType: aws.String(byDevice), DeviceCode: aws.String(d.code.Reveal())})
		switch {
		case HasCode(err, "SlowDownException"):
			interval += slowedBy
		case !HasCode(err, "AuthorizationPendingException"):
			return t, err
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return PortalToken{}, ctx.Err() //nolint:wrapcheck // the caller's own context
		}
	}
}

// IsSignInOver tells that a token or a code does not count any more, so that somebody has
// to sign in: the session at the portal is over, was ended, or the registration is.
func IsSignInOver(err error) bool {
	return HasCode(err, "InvalidGrantException") || HasCode(err, "InvalidClientException") || HasCode(err, "UnauthorizedClientException") ||
		HasCode(err, "ExpiredTokenException") || HasCode(err, "UnauthorizedException")
}

// IsSignInRefused tells that the person said no on the other device.
func IsSignInRefused(err error) bool {
	return HasCode(err, "AccessDeniedException")
}
