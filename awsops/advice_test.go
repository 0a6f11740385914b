package awsops

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestARefusalOfTheAccountItselfHasARemedy: no right and no key is at fault.
func TestARefusalOfTheAccountItselfHasARemedy(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		"LimitExceeded": "Service Quotas", "LimitExceededException": "Service Quotas", "OptInRequired": "billing console",
		"SubscriptionRequiredException": "billing console", "RegionDisabledException": "enable-region",
	} {
		_, remedy := advice(&Error{Code: code, Status: 403})
		if !strings.Contains(remedy, says) {
			t.Errorf("%s: %q", code, remedy)
		}
	}
}

// TestWhatFailsOfASignInHasARemedyOfItsOwn: signing in again helps where nobody is signed in
// and nowhere else.
func TestWhatFailsOfASignInHasARemedyOfItsOwn(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct{ code, says string }{
		"operation error SSO: GetRoleCredentials, UnauthorizedException: Session token not found or invalid":            {"UnauthorizedException", "aws sso login"},
		"operation error SSO: GetRoleCredentials, ForbiddenException: No access":                                        {"ForbiddenException", "sso_role_name"},
		`profile "admin_iam" is configured to use SSO but is missing required configuration: sso_region`:                {"", "sso_region in the sso-session"},
		"failed to refresh cached credentials, failed to read cached SSO token file, open x: no such file or directory": {"", "aws sso login"},
		"operation error SSO OIDC: RegisterClient, InvalidRequestException: ":                                           {"InvalidRequestException", "start URL and the region"},
		"operation error SSO OIDC: RegisterClient, AccessDeniedException: ":                                             {"AccessDeniedException", "VPC endpoint"},
		"operation error SSO OIDC: CreateToken, InternalServerException: ":                                              {"InternalServerException", ""},
		"operation error SSO: GetRoleCredentials, deserialization failed, unexpected token at offset 0":                 {"", ""},
	} {
		_, remedy := advice(&Error{Code: c.code, Err: errors.New(text)})
		if c.says == "" && remedy != "" {
			t.Errorf("%s, which says nothing of who is signed in: %q", text, remedy)
		}
		if !strings.Contains(remedy, c.says) {
			t.Errorf("%s: %q", text, remedy)
		}
	}
}

// TestAPageOfANetworkInTheWayOfASignInIsNamed, and not taken for a session that has ended.
func TestAPageOfANetworkInTheWayOfASignInIsNamed(t *testing.T) {
	isolate(t)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Welcome to the hotel") }))
	t.Cleanup(page.Close)
	t.Setenv("AWS_ENDPOINT_URL_SSO_OIDC", page.URL)
	sessions, err := Open(t.Context(), Config{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sessions.SignIn(Portal{StartURL: "https://acme.awsapps.com/start", Region: "eu-west-1"}).Device(t.Context())
	if !isStranger(err) || IsSignedOut(err) || !strings.Contains(err.Error(), "Open any page in a browser") {
		t.Errorf("the error is %v", err)
	}
}
