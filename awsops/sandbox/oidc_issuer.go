package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// issuerService is every OpenID Connect issuer: the platforms that run pipelines, each
// under its own URL with a key pair of its own. Real IAM refuses ports and http, so that
// what an issuer publishes is served here below [issuerPath] and the tokens name the real
// URL.
type issuerService struct {
	*core
	keys map[string]*ecdsa.PrivateKey // by issuer
}

func newIssuers(c *core) *issuerService {
	return &issuerService{core: c, keys: map[string]*ecdsa.PrivateKey{}}
}

const (
	issuerPath    = "/oidc/"
	discoveryPath = "/.well-known/openid-configuration"
	keysPath      = "/.well-known/jwks"
	tokenPath     = issuerPath + "token"

	tokenLife   = 5 * time.Minute // GitHub's
	mostIssuers = 100             // whoever asks has not signed
)

// routeIssuer names the operation of a call below [issuerPath].
func routeIssuer(path string) string {
	switch {
	case path == tokenPath:
		return "GetToken"
	case strings.HasSuffix(path, discoveryPath):
		return "GetDiscovery"
	case strings.HasSuffix(path, keysPath):
		return "GetKeys"
	}
	return ""
}

func (s *issuerService) serve(r *request) (response, error) {
	path := strings.TrimPrefix(r.http.URL.Path, issuerPath)
	out, err := any(nil), error(nil)
	switch r.operation {
	case "GetToken":
		claims := map[string]any{}
		for name, values := range r.http.URL.Query() {
			claims[name] = values[0]
		}
		var token string
		token, err = s.mint(claims, r.now)
		out = map[string]string{"value": token}
	case "GetDiscovery":
		issuer := "https://" + strings.TrimSuffix(path, discoveryPath)
		out = map[string]any{
			"issuer": issuer, "jwks_uri": "http://" + r.http.Host + issuerPath + strings.TrimPrefix(issuer, "https://") + keysPath,
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"ES256"}, "scopes_supported": []string{"openid"},
		}
	case "GetKeys":
		var key *ecdsa.PrivateKey
		issuer := "https://" + strings.TrimSuffix(path, keysPath)
		if key, err = s.key(issuer); err == nil {
			out = map[string]any{"keys": []any{map[string]string{
				"kid": keyID(issuer), "kty": "EC", "alg": "ES256", "use": "sig", "crv": "P-256", "x": base64URL(key.X.FillBytes(make([]byte, 32))), "y": base64URL(key.Y.FillBytes(make([]byte, 32))),
			}}}
		}
	default:
		err = fail(http.StatusNotFound, "NotFound", "The sandbox has nothing at %s.", r.http.URL.Path)
	}
	if err != nil {
		return response{}, err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return response{}, fmt.Errorf("sandbox: write the answer of %s: %w", r.operation, err)
	}
	return response{header: http.Header{"Content-Type": {"application/json"}}, body: body}, nil
}

// Token is a token of an issuer's for a job: iss, sub, aud and whatever else is given as
// claims. What is not given of iat, nbf and exp is from now on for five minutes.
func (s *Server) Token(claims map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issuers.mint(claims, s.options.Now())
}

func (s *issuerService) mint(given map[string]any, now time.Time) (string, error) {
	issuer, _ := given["iss"].(string)
	if at, err := url.Parse(issuer); err != nil || at.Scheme != "https" || at.Host == "" {
		return "", badRequest("InvalidInput", "The claim iss is the URL of an issuer, such as https://token.actions.githubusercontent.com.")
	}
	key, err := s.key(issuer)
	if err != nil {
		return "", err
	}
	claims := map[string]any{"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(), "jti": s.ids.uuid()}
	for name, value := range given {
		claims[name] = value
	}
	header, err := json.Marshal(map[string]string{"alg": "ES256", "kid": keyID(issuer), "typ": "JWT"})
	if err != nil {
		return "", fmt.Errorf("sandbox: write a token: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sandbox: write a token: %w", err)
	}
	text := base64URL(header) + "." + base64URL(body)
	sum := sha256.Sum256([]byte(text))
	a, b, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", fmt.Errorf("sandbox: sign a token: %w", err)
	}
	signature := append(a.FillBytes(make([]byte, 32)), b.FillBytes(make([]byte, 32))...)
	token := text + "." + base64URL(signature)
	s.issued = append(s.issued, token)
	return token, nil
}

// key is an issuer's, made when it is first asked for.
func (s *issuerService) key(issuer string) (*ecdsa.PrivateKey, error) {
	if key := s.keys[issuer]; key != nil {
		return key, nil
	}
	if len(s.keys) >= mostIssuers {
		return nil, throttled.in(restJSONProtocol, "")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sandbox: make an issuer's key: %w", err)
	}
	s.keys[issuer] = key
	return key, nil
}

func keyID(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	return base64URL(sum[:8])
}

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// idToken is a token that was read, whose signature may hold or not.
type idToken struct {
	claims map[string]any
	signed bool
}

var errNotAToken = errors.New("not a token")

// readToken reads a token and verifies its signature with the key of the issuer that it
// names.
func (s *issuerService) readToken(text string) (idToken, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return idToken{}, errNotAToken
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return idToken{}, errNotAToken
		}
	}
	var header struct{ Alg, Kid string }
	var out idToken
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &out.claims) != nil {
		return idToken{}, errNotAToken
	}
	issuer := out.text("iss")
	key := s.keys[issuer]
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	out.signed = key != nil && header.Alg == "ES256" && header.Kid == keyID(issuer) && len(raw[2]) == 64 &&
		ecdsa.Verify(&key.PublicKey, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:]))
	return out, nil
}

// text is a claim that is a text, and empty of others.
func (t idToken) text(name string) string {
	text, _ := t.claims[name].(string)
	return text
}

// texts are the claims that are texts or lists of them.
func (t idToken) texts() map[string][]string { return policy.ClaimTexts(t.claims) }

// at is a claim that is a time.
func (t idToken) at(name string) time.Time {
	seconds, _ := t.claims[name].(float64)
	return time.Unix(int64(seconds), 0)
}
