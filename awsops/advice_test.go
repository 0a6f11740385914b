package awsops

import (
	"errors"
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
	} {
		_, remedy := advice(&Error{Code: c.code, Err: errors.New(text)})
		if !strings.Contains(remedy, c.says) {
			t.Errorf("%s: %q", text, remedy)
		}
	}
}
