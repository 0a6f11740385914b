package diagnosis

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// TestATokensClaimsAreFoundInWhateverTellsThem: the token, claims that a job printed, and
// CloudTrail's event, as it is and as lookup-events has it.
func TestATokensClaimsAreFoundInWhateverTellsThem(t *testing.T) {
	t.Parallel()
	const claims = `{"iss":"https://token.actions.githubusercontent.com","aud":"sts.amazonaws.com","sub":"repo:acme/infra:ref:refs/heads/main","run_id":"1","exp":1}`
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2lnbmF0dXJlLW9mLWl0"
	const event = `{"eventVersion":"1.08","userIdentity":{"type":"WebIdentityUser","principalId":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:acme/infra:ref:refs/heads/main","userName":"repo:acme/infra:ref:refs/heads/main","identityProvider":"arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"},
  "eventSource":"sts.amazonaws.com","eventName":"AssumeRoleWithWebIdentity","errorCode":"AccessDenied","errorMessage":"An unknown error occurred","requestParameters":{"roleArn":"arn:aws:iam::111111111111:role/ci","roleSessionName":"run"}}`
	quoted, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, role string }{
		"a token":                {token, ""},
		"a token in a log":       {"+ echo " + token + "\nError: no\n", ""},
		"claims in a log":        {"2026-11-29T10:00:00Z {not json}\nclaims of the token:\n{\n  \"jti\": \"x\",\n" + claims[1:] + "\nError: no\n", ""},
		"CloudTrail's event":     {event, "arn:aws:iam::111111111111:role/ci"},
		"a log file of it":       {`{"Records":[{"eventName":"GetCallerIdentity"},` + event + `]}`, "arn:aws:iam::111111111111:role/ci"},
		"lookup-events":          {`{"Events":[{"EventName":"AssumeRoleWithWebIdentity","CloudTrailEvent":` + string(quoted) + `}]}`, "arn:aws:iam::111111111111:role/ci"},
		"a subject in its input": {strings.ReplaceAll(strings.ReplaceAll(event, `"userName":"repo:acme/infra:ref:refs/heads/main",`, ""), `"roleSessionName"`, `"subjectFromWebIdentityToken":"repo:acme/infra:ref:refs/heads/main","roleSessionName"`), "arn:aws:iam::111111111111:role/ci"},
	} {
		got, found := ClaimsIn(c.text)
		if !found || got.Issuer() != "https://token.actions.githubusercontent.com" || got.Subject() != "repo:acme/infra:ref:refs/heads/main" || got.Role != c.role || len(got.All["aud"]) != 1 || got.All["aud"][0] != "sts.amazonaws.com" {
			t.Errorf("%s: %t %+v", name, found, got)
		}
	}
	for name, text := range map[string]string{
		"nothing": "Error: no\n", "braces": strings.Repeat("{", 10000), "another event": strings.ReplaceAll(event, "WithWebIdentity", "WithSAML"),
		"a token of something else": "eyJhbGciOiJSUzI1NiJ9.eyJub3QiOiJjbGFpbXMifQ.c2ln", "no token": "eyJhbGciOiJSUzI1NiJ9.eyJnot-base64!.c2ln",
		"deep": strings.Repeat(`{"a":`, 50) + claims + strings.Repeat("}", 50),
	} {
		if got, found := ClaimsIn(text); found {
			t.Errorf("%s has %+v", name, got)
		}
	}
	if got := FromText(event); got[0].ID != WebIdentityDenied.ID {
		t.Errorf("the event leads to %s", got[0].ID)
	}
}
