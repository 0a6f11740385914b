package policy

import (
	"slices"
	"strings"
	"testing"
)

// TestWhatKeepsATokenOutIsNamed by claim, of the statement that comes nearest; a token that
// is let in has nothing against it.
func TestWhatKeepsATokenOutIsNamed(t *testing.T) {
	t.Parallel()
	const provider = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
	const gitLab = "arn:aws:iam::111111111111:oidc-provider/gitlab.com"
	trust := WebIdentityTrust(WebIdentity{Provider: provider, Audience: "sts.amazonaws.com", Subjects: []string{"repo:acme/infra:pull_request", "repo:acme/infra:ref:refs/heads/main"}})
	statement := func(condition string) Document {
		return ParseOrEmpty(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}]}`)
	}
	claims := func(sub, aud string, more ...string) map[string][]string {
		all := map[string][]string{"sub": {sub}, "aud": {aud}, "repository_owner": {"acme"}, "repository": {"acme/infra"}}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = []string{more[i+1]}
		}
		return all
	}
	right := claims("repo:acme/infra:pull_request", "sts.amazonaws.com")
	for name, c := range map[string]struct {
		trust    Document
		provider string
		claims   map[string][]string
		want     string // KEY OPERATOR HAS…, one after the other
		trusts   bool
	}{
		"let in":                {trust, provider, right, "", true},
		"other branch":          {trust, provider, claims("repo:acme/infra:ref:refs/heads/x", "sts.amazonaws.com"), "sub StringEquals repo:acme/infra:ref:refs/heads/x", true},
		"other audience":        {trust, provider, claims("repo:acme/infra:pull_request", "acme"), "aud StringEquals acme", true},
		"azp decides":           {trust, provider, claims("repo:acme/infra:pull_request", "sts.amazonaws.com", "azp", "acme"), "aud StringEquals acme", true},
		"both":                  {trust, provider, claims("x", "y"), "aud StringEquals y; sub StringEquals x", true},
		"other issuer":          {trust, gitLab, right, "", false},
		"nobody":                {TrustNobody(), provider, right, "", false},
		"no such condition key": {statement(`{"StringEquals":{"token.actions.githubusercontent.com:repository_owner":"acme"}}`), provider, right, "repository_owner! StringEquals ", true},
		"a claim of its own":    {statement(`{"StringLike":{"token.actions.githubusercontent.com:repository":"acme/site*"}}`), provider, right, "repository StringLike acme/infra", true},
		"a key of AWS's":        {statement(`{"StringEquals":{"aws:SourceIp":"1.2.3.4"}}`), provider, right, " StringEquals ", true},
		"the nearest statement": {Document{Version: Version2012, Statements: append(statement(`{"StringEquals":{"token.actions.githubusercontent.com:sub":"z","token.actions.githubusercontent.com:aud":"z"}}`).Statements, trust.Statements...)}, provider, claims("repo:acme/infra:pull_request", "acme"), "aud StringEquals acme", true},
	} {
		host := providerHost(c.provider)
		unmet, trusts := UnmetBy(c.trust, c.provider, TokenClaims(host, c.claims))
		var got []string
		for _, u := range unmet {
			claim := u.Claim
			if u.NoKey {
				claim += "!"
			}
			got = append(got, claim+" "+u.Operator+" "+strings.Join(u.Has, ","))
		}
		if strings.Join(got, "; ") != c.want || trusts != c.trusts {
			t.Errorf("%s: %q, trusts %t", name, got, trusts)
		}
		if admits := Admits(c.trust, c.provider, TokenClaims(host, c.claims)).Allowed; admits != (c.trusts && len(unmet) == 0) {
			t.Errorf("%s: AWS lets it in: %t, and unmet is %v", name, admits, unmet)
		}
	}
	if unmet, _ := UnmetBy(trust, provider, TokenClaims(providerHost(provider), claims("x", "sts.amazonaws.com"))); !slices.Equal(unmet[0].Wants, []string{"repo:acme/infra:pull_request", "repo:acme/infra:ref:refs/heads/main"}) {
		t.Errorf("wanted are %v", unmet[0].Wants)
	}
}
