package policy

import (
	"maps"
	"slices"
	"strings"
)

// tokenKeys are the claims of which AWS has condition keys, beside those of every issuer
// ("Available keys for AWS OIDC federation", IAM User Guide; facts/ci-access.md, section
// 1). repository_owner is none: a condition on it never holds.
var tokenKeys = map[string][]string{
	"token.actions.githubusercontent.com": {"actor", "actor_id", "repository", "repository_id", "ref", "environment", "workflow", "job_workflow_ref", "enterprise_id"},
	"gitlab.com":                          {"project_id", "namespace_id", "ref_protected", "pipeline_source"},
}

// ClaimTexts are the claims of a token that are texts or lists of texts; no other does a trust
// policy compare.
func ClaimTexts(claims map[string]any) map[string][]string {
	all := map[string][]string{}
	for name, value := range claims {
		switch value := value.(type) {
		case string:
			all[name] = []string{value}
		case []any:
			for _, one := range value {
				if text, is := one.(string); is {
					all[name] = append(all[name], text)
				}
			}
		}
	}
	return all
}

// TokenClaims are what AWS compares of a token's claims with a trust policy: those of every
// issuer, and those of which it has condition keys for this one, a host with its path.
func TokenClaims(host string, all map[string][]string) map[string][]string {
	seen := map[string][]string{"aud": Audience(all), "oaud": all["aud"]}
	for _, claim := range slices.Concat([]string{"sub", "amr", "email"}, tokenKeys[host]) {
		seen[claim] = all[claim]
	}
	maps.DeleteFunc(seen, func(_ string, values []string) bool { return len(values) == 0 })
	return seen
}

// Audience is for whom a token is: azp where there is one (as above).
func Audience(all map[string][]string) []string {
	if azp := all["azp"]; len(azp) > 0 && azp[0] != "" {
		return azp[:1]
	}
	return all["aud"]
}

// Unmet is a condition of a trust policy that a token does not meet.
type Unmet struct {
	// Key is the condition key as the policy writes it, and Claim the token's claim that it
	// compares; empty for a key that is about no token of the provider's.
	Key, Claim string
	Operator   string
	// Wants is what the policy asks for, one of which is enough, and Has what the token says.
	Wants, Has []string
	// NoKey says that AWS has no such condition key of this issuer: it is never met.
	NoKey bool
}

// UnmetBy are the conditions that keep such a token from a role, of the statement that comes
// nearest to letting it in; trusts is false where none lets in tokens of that provider at
// all. Claims are those of [TokenClaims].
func UnmetBy(d Document, provider string, claims map[string][]string) (unmet []Unmet, trusts bool) {
	host := providerHost(provider)
	r := newRequest(tokenRequest(provider, claims))
	r.variables = d.Version != Version2008
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != Allow || !s.admitsTokens() || !slices.Contains(s.Principals["Federated"], provider) {
			continue
		}
		of := s.Conditions.unmet(r, host)
		if !trusts || len(of) < len(unmet) {
			unmet = of
		}
		trusts = true
	}
	return unmet, trusts
}

// unmet are the conditions that do not hold, in the order of their keys.
func (c Conditions) unmet(r *request, host string) (unmet []Unmet) {
	for _, operator := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[operator])) {
			if r.holds(operator, key, c[operator][key]) {
				continue
			}
			u := Unmet{Key: key, Operator: operator, Wants: c[operator][key], Has: r.lookup(key)}
			if of, claim, found := cutLast(key, ":"); found && strings.EqualFold(of, host) {
				u.Claim = claim
				u.NoKey = len(u.Has) == 0 && !hasTokenKey(host, claim)
			}
			unmet = append(unmet, u)
		}
	}
	return unmet
}

// hasTokenKey tells whether AWS has a condition key for a claim, as far as is known: of
// issuers that are not in [tokenKeys] the common ones.
func hasTokenKey(host, claim string) bool {
	return slices.ContainsFunc(slices.Concat([]string{"aud", "oaud", "sub", "amr", "email"}, tokenKeys[host]), func(known string) bool { return strings.EqualFold(known, claim) })
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// tokenRequest is what IAM asks a role's trust policy for a token.
func tokenRequest(provider string, claims map[string][]string) Request {
	host, context := providerHost(provider), map[string][]string{}
	for name, values := range claims {
		context[host+":"+name] = values
	}
	return Request{Principal: provider, Action: webIdentityAction, Context: context}
}
