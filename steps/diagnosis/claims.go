package diagnosis

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops/policy"
)

// TokenClaims are what a web identity token said that was shown to AWS. The token itself is
// not kept.
type TokenClaims struct {
	// All are its claims that are texts.
	All map[string][]string
	// Role is the ARN of the role that it was to open; empty where nothing tells.
	Role string
	// Refused is the error of the call, as the SDK words it, where an event of CloudTrail's
	// told of it; empty where none did, or where AWS took the token.
	Refused string
}

// Issuer is who made the token, a URL.
func (c TokenClaims) Issuer() string { return firstOf(c.All["iss"]) }

// Subject is whom the token is about: a job.
func (c TokenClaims) Subject() string { return firstOf(c.All["sub"]) }

func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// jsonToken is a JSON web token; its second part are the claims.
var jsonToken = wording(`eyJ[\w-]{8,}\.(eyJ[\w-]{8,})\.[\w-]*`)

// tokenCall is the call that shows a token to AWS.
const tokenCall = "AssumeRoleWithWebIdentity"

// mostObjects bounds how many objects of a text are read for claims.
const mostObjects = 60

// ClaimsIn finds what a token said in a text: in the token, in claims that a job printed, or
// in CloudTrail's event of the call, as it is or as lookup-events gives it. The claims of the
// first that has an issuer and a subject count.
func ClaimsIn(text string) (c TokenClaims, found bool) {
	for _, m := range jsonToken.regexp().FindAllStringSubmatch(text, mostObjects) {
		body, err := base64.RawURLEncoding.DecodeString(m[1])
		var claims map[string]any
		if err == nil && json.Unmarshal(body, &claims) == nil && c.take(claims) {
			return c, true
		}
	}
	for range mostObjects {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			break
		}
		text = text[at:]
		var value any
		decoder := json.NewDecoder(strings.NewReader(text))
		if decoder.Decode(&value) != nil {
			text = text[1:]
			continue
		}
		if c.search(value, 0) {
			return c, true
		}
		text = text[decoder.InputOffset():]
	}
	return TokenClaims{}, false
}

// take takes claims that name issuer and subject.
func (c *TokenClaims) take(claims map[string]any) bool {
	c.All = policy.ClaimTexts(claims)
	return c.Issuer() != "" && c.Subject() != ""
}

// claimsDepth bounds how deep claims may stand in a value.
const claimsDepth = 12

// search looks for claims in a value, and in JSON that stands in a text of it.
func (c *TokenClaims) search(value any, depth int) bool {
	if depth > claimsDepth {
		return false
	}
	switch value := value.(type) {
	case map[string]any:
		if value["eventName"] == tokenCall && c.event(value) || c.take(value) {
			return true
		}
		for _, name := range slices.Sorted(maps.Keys(value)) { // so that each run finds the same
			if c.search(value[name], depth+1) {
				return true
			}
		}
	case []any:
		for _, inner := range value {
			if c.search(inner, depth+1) {
				return true
			}
		}
	case string:
		var inner any
		if strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &inner) == nil {
			return c.search(inner, depth+1)
		}
	}
	return false
}

// event takes what CloudTrail tells of a token (CloudTrail user guide, userIdentity of
// AssumeRoleWithWebIdentity): principalId is PROVIDER:AUDIENCE:SUBJECT.
func (c *TokenClaims) event(e map[string]any) bool {
	who, _ := e["userIdentity"].(map[string]any)
	asked, _ := e["requestParameters"].(map[string]any)
	text := func(of map[string]any, name string) string { s, _ := of[name].(string); return s }
	provider, subject := text(who, "identityProvider"), text(who, "userName")
	if subject == "" {
		subject = text(asked, "subjectFromWebIdentityToken")
	}
	_, host, isARN := strings.Cut(provider, ":oidc-provider/")
	if !isARN {
		host = provider
	}
	claims := map[string]any{"iss": "https://" + host, "sub": subject}
	if middle, found := strings.CutPrefix(text(who, "principalId"), provider+":"); found {
		if audience, whole := strings.CutSuffix(middle, ":"+subject); whole {
			claims["aud"] = audience
		}
	}
	if host == "" || subject == "" {
		return false
	}
	c.Role = text(asked, "roleArn")
	if code := text(e, "errorCode"); code != "" {
		c.Refused = "operation error STS: AssumeRoleWithWebIdentity, api error " + code + ": " + text(e, "errorMessage")
	}
	return c.take(claims)
}
