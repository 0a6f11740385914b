package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/policy"
)

const (
	gitHub      = "https://token.actions.githubusercontent.com"
	gitHubARN   = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
	forStaging  = "repo:acme@7/infra@42:environment:staging"
	stsAudience = "sts.amazonaws.com"
)

// byToken makes a provider and a role that trusts one subject of it.
func byToken(t *testing.T, s *Server, subjects ...string) string {
	t.Helper()
	client := iamAs(s, s.Operator())
	_, err := client.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String(gitHub), ClientIDList: []string{stsAudience}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	wantError(t, err, "", "")
	trust := policy.WebIdentityTrust(policy.WebIdentity{Provider: gitHubARN, Audience: stsAudience, Subjects: subjects}).JSON()
	_, err = client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: &trust})
	wantError(t, err, "", "")
	return "arn:aws:iam::111111111111:role/ci"
}

func assumeByToken(t *testing.T, s *Server, role, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	t.Helper()
	return sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: aws.String(s.URL())}).AssumeRoleWithWebIdentity(t.Context(),
		&sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: aws.String("run-1"), WebIdentityToken: &token})
}

// TestStrangersTokensOpenNoRole presents tokens, all of them truly signed by the issuer
// that they name but one, and lets in one alone.
func TestStrangersTokensOpenNoRole(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s := serve(t, Options{Now: clock.now})
	role := byToken(t, s, forStaging)
	right := map[string]any{"iss": gitHub, "sub": forStaging, "aud": stsAudience, "repository_owner": "acme"}
	with := func(claims map[string]any) map[string]any {
		out := maps.Clone(right)
		maps.Copy(out, claims)
		maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil })
		return out
	}
	for name, test := range map[string]struct {
		claims        map[string]any
		code, message string
	}{
		"the right one":                        {right, "", ""},
		"aud as a list":                        {with(map[string]any{"aud": []any{stsAudience}}), "", ""},
		"fork":                                 {with(map[string]any{"sub": "repo:mallory@9/infra@43:environment:staging"}), "AccessDenied", "Not authorized"},
		"other repository":                     {with(map[string]any{"sub": "repo:acme@7/site@44:environment:staging"}), "AccessDenied", "Not authorized"},
		"owner renamed and taken by somebody":  {with(map[string]any{"sub": "repo:acme@9/infra@45:environment:staging"}), "AccessDenied", "Not authorized"},
		"the other form of the subject":        {with(map[string]any{"sub": "repo:acme/infra:environment:staging"}), "AccessDenied", "Not authorized"},
		"other environment":                    {with(map[string]any{"sub": "repo:acme@7/infra@42:environment:production"}), "AccessDenied", "Not authorized"},
		"pull request":                         {with(map[string]any{"sub": "repo:acme@7/infra@42:pull_request"}), "AccessDenied", "Not authorized"},
		"other branch":                         {with(map[string]any{"sub": "repo:acme@7/infra@42:ref:refs/heads/x"}), "AccessDenied", "Not authorized"},
		"great letters":                        {with(map[string]any{"sub": strings.ToUpper(forStaging)}), "AccessDenied", "Not authorized"},
		"no subject":                           {with(map[string]any{"sub": nil}), "AccessDenied", "Not authorized"},
		"no audience":                          {with(map[string]any{"aud": nil}), "InvalidIdentityToken", "Incorrect token audience"},
		"other audience":                       {with(map[string]any{"aud": "https://github.com/acme"}), "InvalidIdentityToken", "Incorrect token audience"},
		"azp of somebody else":                 {with(map[string]any{"azp": "somebody"}), "InvalidIdentityToken", "Incorrect token audience"},
		"other issuer with the same subject":   {with(map[string]any{"iss": "https://oidc.evil.example"}), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://oidc.evil.example"},
		"expired beyond what IAM puts up with": {with(map[string]any{"exp": clock.now().Add(-5 * time.Minute).Unix()}), "ExpiredTokenException", "Token expired"},
		"expired just now":                     {with(map[string]any{"exp": clock.now().Add(-4 * time.Minute).Unix()}), "", ""},
		"not valid yet":                        {with(map[string]any{"nbf": clock.now().Add(time.Minute).Unix()}), "InvalidIdentityToken", "not valid yet"},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := s.Token(test.claims)
			if err != nil {
				t.Fatal(err)
			}
			out, err := assumeByToken(t, s, role, token)
			wantError(t, err, test.code, test.message)
			if test.code == "" && (*out.SubjectFromWebIdentityToken != forStaging || *out.AssumedRoleUser.Arn != "arn:aws:sts::111111111111:assumed-role/ci/run-1") {
				t.Errorf("%+v", out)
			}
			if !slices.Contains(s.Secrets(), token) {
				t.Error("the token is not among the secrets")
			}
		})
	}
	token, err := s.Token(right)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := s.Token(with(map[string]any{"sub": "repo:mallory/infra:pull_request"}))
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := strings.Split(token, "."), strings.Split(forged, ".")
	_, err = assumeByToken(t, s, role, theirs[0]+"."+theirs[1]+"."+ours[2])
	wantError(t, err, "InvalidIdentityToken", "Couldn't retrieve verification key")
	_, err = assumeByToken(t, s, role, "an access token")
	wantError(t, err, "InvalidIdentityToken", "not a valid JWT")
	_, err = assumeByToken(t, s, role+"-that-is-not-there", token)
	wantError(t, err, "AccessDenied", "Not authorized")
	for _, e := range s.Log() {
		if text, _ := json.Marshal(e.Input); strings.Contains(string(text), token) {
			t.Error("the log holds the token")
		}
	}
}

// TestSharedIssuersAreCheckedAsIAMDoes: what IAM refuses of a trust, and what it lets
// through although it should not.
func TestSharedIssuersAreCheckedAsIAMDoes(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	for name, test := range map[string]struct{ condition, code string }{
		"no subject":             {`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`, "MalformedPolicyDocument"},
		"every subject":          {`{"StringLike":{"token.actions.githubusercontent.com:sub":"*"}}`, "MalformedPolicyDocument"},
		"everything first":       {`{"StringLike":{"token.actions.githubusercontent.com:sub":["*","repo:acme/x"]}}`, "MalformedPolicyDocument"},
		"everything second":      {`{"StringLike":{"token.actions.githubusercontent.com:sub":["repo:acme/x","*"]}}`, ""},
		"every repository":       {`{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}}`, ""},
		"a workflow":             {`{"StringEquals":{"token.actions.githubusercontent.com:job_workflow_ref":"acme/x/.github/workflows/y.yml@refs/heads/main"}}`, ""},
		"an issuer of one's own": {`{}`, ""},
	} {
		provider := gitHubARN
		if test.condition == "{}" {
			provider = "arn:aws:iam::111111111111:oidc-provider/git.example.com"
		}
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + test.condition + `}]}`
		_, err := iamAs(s, s.Operator()).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String(strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "'", "")), AssumeRolePolicyDocument: &trust})
		t.Run(name, func(t *testing.T) { wantError(t, err, test.code, "") })
	}
}

// TestProvidersAreKeptByAccountAndURL: there is one for each, audiences are added, and
// neither http nor a port is an issuer.
func TestProvidersAreKeptByAccountAndURL(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	byToken(t, s, forStaging)
	client := iamAs(s, s.Operator())
	for address, code := range map[string]string{gitHub: "EntityAlreadyExists", "http://git.example.com": "InvalidInput", "https://git.example.com:8443": "InvalidInput"} {
		_, err := client.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: &address})
		wantError(t, err, code, "")
	}
	for range 2 {
		_, err := client.AddClientIDToOpenIDConnectProvider(t.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(gitHubARN), ClientID: aws.String("mine")})
		wantError(t, err, "", "")
	}
	got, err := client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(gitHubARN)})
	wantError(t, err, "", "")
	if !slices.Equal(got.ClientIDList, []string{stsAudience, "mine"}) || "https://"+*got.Url != gitHub || len(got.Tags) != 1 {
		t.Errorf("%+v", got)
	}
	roles, err := client.ListRoles(t.Context(), &iam.ListRolesInput{})
	wantError(t, err, "", "")
	if len(roles.Roles) != 1 || !strings.Contains(*roles.Roles[0].AssumeRolePolicyDocument, "githubusercontent") {
		t.Errorf("%+v", roles.Roles)
	}
	all, err := client.ListOpenIDConnectProviders(t.Context(), &iam.ListOpenIDConnectProvidersInput{})
	wantError(t, err, "", "")
	if len(all.OpenIDConnectProviderList) != 1 || *all.OpenIDConnectProviderList[0].Arn != gitHubARN {
		t.Errorf("%+v", all.OpenIDConnectProviderList)
	}
}

// TestIssuersPublishWhatVerifiersNeed: discovery names the issuer of the tokens and where
// its keys are, and a token is given for the asking.
func TestIssuersPublishWhatVerifiersNeed(t *testing.T) {
	t.Parallel()
	s := serve(t, Options{})
	get := func(address string, into any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(text, into) != nil {
			t.Fatalf("%s: %d %s %v", address, answer.StatusCode, text, err)
		}
	}
	var discovery struct {
		Issuer  string
		JwksURI string `json:"jwks_uri"`
	}
	get(s.URL()+"/oidc/token.actions.githubusercontent.com/.well-known/openid-configuration", &discovery)
	if discovery.Issuer != gitHub {
		t.Errorf("%+v", discovery)
	}
	var keys struct{ Keys []map[string]string }
	get(discovery.JwksURI, &keys)
	if len(keys.Keys) != 1 || keys.Keys[0]["alg"] != "ES256" || keys.Keys[0]["kid"] == "" {
		t.Errorf("%+v", keys)
	}
	role := byToken(t, s, forStaging)
	var token struct{ Value string }
	get(s.URL()+"/oidc/token?"+url.Values{"iss": {gitHub}, "sub": {forStaging}, "aud": {stsAudience}}.Encode(), &token)
	_, err := assumeByToken(t, s, role, token.Value)
	wantError(t, err, "", "")
	answer, err := http.Post(s.URL()+"/", "application/x-www-form-urlencoded", strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("another call without a signature: %d", answer.StatusCode)
	}
}
