package awsops

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// chainConfig has a profile for each way in which the SDK gets credentials from
// AWS itself.
const chainConfig = `[profile keys]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = not-a-secret
[profile role]
role_arn = arn:aws:iam::444444444444:role/Admin
source_profile = keys
[profile web]
role_arn = arn:aws:iam::444444444444:role/Admin
web_identity_token_file = WEBTOKEN
[profile portal]
sso_session = acme
sso_account_id = 111111111111
sso_role_name = Admin
[profile legacy]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111111111111
sso_role_name = Admin
[sso-session acme]
sso_start_url = https://acme.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
[profile own-role]
role_arn = arn:aws:iam::444444444444:role/Admin
source_profile = keys
endpoint_url = ENDPOINT
`

// credentialServer plays STS, the portal and OIDC, and notes what it was asked.
type credentialServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newCredentialServer(t *testing.T) *credentialServer {
	s := &credentialServer{}
	const expires = "2099-01-01T00:00:00Z"
	role := func(action string) string {
		return "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" +
			expires + "</Expiration></Credentials></" + action + "Result></" + action + "Response>"
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Path
		if err := r.ParseForm(); err == nil && r.Form.Get("Action") != "" {
			asked = r.Form.Get("Action")
		}
		s.mu.Lock()
		s.asked = append(s.asked, asked)
		s.mu.Unlock()
		switch asked {
		case "AssumeRole", "AssumeRoleWithWebIdentity":
			_, _ = w.Write([]byte(role(asked)))
		case "/token":
			_, _ = w.Write([]byte(`{"accessToken":"fresh","expiresIn":3600,"tokenType":"Bearer"}`))
		case "/federation/credentials":
			_, _ = w.Write([]byte(`{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}`))
		default:
			_, _ = w.Write([]byte("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::444444444444:assumed-role/Admin/x</Arn><Account>444444444444</Account><UserId>A:x</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// writeChain writes the profiles and the tokens of somebody who signed in
// yesterday (by session) and today (by start URL).
func writeChain(t *testing.T, endpoint string) {
	t.Helper()
	home := os.Getenv("HOME")
	web := filepath.Join(home, "web.token")
	config := []byte(chainConfig)
	for from, to := range map[string]string{"WEBTOKEN": web, "ENDPOINT": endpoint} {
		config = bytes.ReplaceAll(config, []byte(from), []byte(to))
	}
	cache := filepath.Join(home, ".aws", "sso", "cache")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	token := func(key string, until time.Time) (path, text string) {
		sum := sha1.Sum([]byte(key))
		return filepath.Join(cache, hex.EncodeToString(sum[:])+".json"), `{"accessToken":"old","expiresAt":"` + until.UTC().Format(time.RFC3339) +
			`","clientId":"c","clientSecret":"s","refreshToken":"r","registrationExpiresAt":"2099-01-01T00:00:00Z"}`
	}
	expired, expiredText := token("acme", time.Now().Add(-time.Hour))
	good, goodText := token("https://acme.awsapps.com/start", time.Now().Add(time.Hour))
	for path, text := range map[string]string{
		os.Getenv("AWS_CONFIG_FILE"): string(config), web: "web", expired: expiredText, good: goodText,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhereverCredentialsComeFromTheyAreAskedOfTheEndpointThatIsSet(t *testing.T) {
	for profile, want := range map[string][]string{
		"role":     {"AssumeRole"},
		"web":      {"AssumeRoleWithWebIdentity"},
		"portal":   {"/token", "/federation/credentials"},
		"legacy":   {"/federation/credentials"},
		"own-role": {"AssumeRole"},
	} {
		for _, way := range []string{"flag", "variable", "both", "every variable", "profile"} {
			if (way == "profile") != (profile == "own-role") {
				continue // that profile brings its endpoint with it
			}
			t.Run(profile+" by "+way, func(t *testing.T) {
				isolate(t)
				t.Setenv("AWS_MAX_ATTEMPTS", "1")
				server := newCredentialServer(t)
				writeChain(t, server.URL)
				c := Config{Region: "eu-west-1"}
				if way == "flag" || way == "both" {
					c.Endpoint = server.URL
				}
				if way == "variable" || way == "both" {
					t.Setenv("AWS_ENDPOINT_URL", server.URL)
				}
				if way == "every variable" {
					t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
					for name, value := range EndpointVariables(server.URL) {
						t.Setenv(name, value)
					}
				}
				sessions, err := Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				session, err := sessions.Profile(t.Context(), profile, "")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := session.login.provider.Retrieve(t.Context()); err != nil || !slices.Equal(server.asked, want) {
					t.Errorf("the endpoint was asked for %q, want %q; %v", server.asked, want, err)
				}
			})
		}
	}
}

func TestAnEndpointOfSTSsOwnStaysItsOwn(t *testing.T) {
	isolate(t)
	server, other := newCredentialServer(t), newCredentialServer(t)
	writeChain(t, "")
	t.Setenv("AWS_ENDPOINT_URL", other.URL)
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	sessions, err := Open(t.Context(), Config{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	session, err := sessions.Profile(t.Context(), "role", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.login.provider.Retrieve(t.Context()); err != nil || len(other.asked) > 0 || !slices.Equal(server.asked, []string{"AssumeRole"}) {
		t.Errorf("%q, and the general endpoint %q; %v", server.asked, other.asked, err)
	}
}
