package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// webIdentityOperation is the call of STS that nobody signs.
const webIdentityOperation = "AssumeRoleWithWebIdentity"

// maxTokenForm bounds the call: a token has at most 20,000 characters.
const maxTokenForm = 32 << 10

// admitWebIdentity reads a query that nobody has signed, which is one call of STS's or
// refused.
func (s *Server) admitWebIdentity(r *request) (service, *apiError) {
	if e := s.read(r, maxTokenForm); e != nil {
		return service{}, e
	}
	if form, err := url.ParseQuery(string(r.body)); err != nil || form.Get("Action") != webIdentityOperation {
		return service{}, missingToken.in(r.protocol, "")
	}
	r.service, r.protocol, r.region = "sts", queryProtocol, s.options.Region
	r.operation = routeQuery(r)
	token := r.form.Get("WebIdentityToken")
	r.form.Set("WebIdentityToken", "") // the log holds no token
	r.describe()
	r.form.Set("WebIdentityToken", token)
	return s.services["sts"], nil
}

// assumeByToken checks in IAM's order: the issuer, the signature, the times, the audience,
// and then the role's trust. A role that is not there is refused like one that does not
// trust.
func (s *stsService) assumeByToken(r *request) (any, error) {
	match, name := roleARN.FindStringSubmatch(r.arg("RoleArn")), r.arg("RoleSessionName")
	switch {
	case !sessionName.MatchString(name):
		return nil, invalid("ValidationError", name, "roleSessionName", `satisfy regular expression pattern: [\w+=,.@-]*`)
	case match == nil || match[1] != s.partition.id:
		return nil, validation("%s is invalid", r.arg("RoleArn"))
	case r.form.Has("Policy") || r.form.Has("PolicyArns.member.1.arn"):
		return nil, validation("The sandbox knows no session policies.")
	}
	lasting := time.Hour
	if text := r.arg("DurationSeconds"); text != "" {
		if seconds := atoi(text); seconds < 900 || seconds > 43200 {
			return nil, invalid("ValidationError", text, "durationSeconds", "have value between 900 and 43200")
		}
		lasting = time.Duration(atoi(text)) * time.Second
	}
	account := s.accounts[match[2]]
	token, provider, err := s.verifyToken(r, account)
	if err != nil {
		return nil, err
	}
	ro := s.trusting(r, account, match[3], token, provider)
	if ro == nil {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	opened, err := s.open(r, account, ro, name, lasting)
	if err != nil {
		return nil, err
	}
	return struct {
		*roleSession
		SubjectFromWebIdentityToken, Audience, Provider string
	}{opened, token.text("sub"), strings.Join(policy.Audience(token.texts()), ","), provider.arn}, nil
}

func invalidToken(format string, args ...any) *apiError {
	return badRequest("InvalidIdentityToken", format, args...)
}

// verifyToken reads the token of a request and finds the account's provider for it.
func (s *stsService) verifyToken(r *request, a *account) (idToken, *oidcProvider, error) {
	token, err := s.issuers.readToken(r.arg("WebIdentityToken"))
	if err != nil {
		return token, nil, invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	issuer := token.text("iss")
	var provider *oidcProvider
	if a != nil && a.state == "ACTIVE" {
		provider = a.providers[a.partition.arn("iam", "", a.id, "oidc-provider/"+strings.TrimPrefix(issuer, "https://"))]
	}
	const leeway = 5 * time.Minute
	switch {
	case provider == nil:
		return token, nil, invalidToken("No OpenIDConnect provider found in your account for %s", issuer)
	case !token.signed:
		return token, nil, invalidToken("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	case !r.now.Before(token.at("exp").Add(leeway)):
		return token, nil, badRequest("ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", r.now.Unix(), token.at("exp").Unix())
	case token.at("nbf").After(r.now) || token.at("iat").After(r.now):
		return token, nil, invalidToken("The token is not valid yet")
	case !slices.ContainsFunc(policy.Audience(token.texts()), func(aud string) bool { return slices.Contains(provider.audience, aud) }):
		return token, nil, invalidToken("Incorrect token audience")
	}
	return token, provider, nil
}

// trusting is the role that a token opens, nil where there is none.
func (s *stsService) trusting(r *request, a *account, resource string, token idToken, provider *oidcProvider) *role {
	kind, name, _ := strings.Cut(resource, "/")
	e := a.principal(kind, name)
	if e == nil {
		return nil
	}
	claims := policy.TokenClaims(provider.url, token.texts())
	seen, _ := e.grants.seen(r.now)
	if !policy.Admits(s.document(seen.trust), provider.arn, claims).Allowed && !s.options.Unenforced {
		return nil
	}
	return a.roles[strings.ToLower(e.name)]
}
