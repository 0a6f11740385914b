package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// oidcProvider is an OpenID Connect provider of an account: which issuer's tokens roles may
// trust, made for whom.
type oidcProvider struct {
	arn, url string // the URL without https://, as AWS gives it
	audience []string
	thumbs   []string
	created  time.Time
	tags     tagSet
}

// CreateOpenIDConnectProvider, IAM API reference.
const (
	maxProviderURL = 255
	maxAudiences   = 100
	maxThumbs      = 5
)

var thumbprint = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

// providerOperations are those on OpenID Connect providers.
func (s *iamService) providerOperations() map[string]iamOperation {
	return map[string]iamOperation{
		"CreateOpenIDConnectProvider":             {newProviderARN, s.createProvider},
		"GetOpenIDConnectProvider":                onProvider(getProvider),
		"ListOpenIDConnectProviders":              {func(*request) string { return "*" }, listProviders},
		"ListOpenIDConnectProviderTags":           onProvider(listProviderTags),
		"AddClientIDToOpenIDConnectProvider":      onProvider(addClientID),
		"RemoveClientIDFromOpenIDConnectProvider": onProvider(removeClientID),
		"TagOpenIDConnectProvider":                onProvider(func(r *request, p *oidcProvider) (any, error) { return nil, r.addTags(&p.tags) }),
		"DeleteOpenIDConnectProvider": {func(r *request) string { return r.arg("OpenIDConnectProviderArn") }, func(r *request) (any, error) {
			delete(r.account.providers, r.arg("OpenIDConnectProviderArn")) // one that is not there is no error
			return nil, nil
		}},
	}
}

// newProviderARN is the ARN of the provider that a request is to make.
func newProviderARN(r *request) string {
	return r.account.partition.arn("iam", "", r.account.id, "oidc-provider/"+strings.TrimPrefix(r.arg("Url"), "https://"))
}

func onProvider(do func(*request, *oidcProvider) (any, error)) iamOperation {
	return iamOperation{func(r *request) string { return r.arg("OpenIDConnectProviderArn") }, func(r *request) (any, error) {
		arn := r.arg("OpenIDConnectProviderArn")
		if p := r.account.providers[arn]; p != nil {
			return do(r, p)
		}
		return nil, noSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
	}}
}

func (s *iamService) createProvider(r *request) (any, error) {
	address, audience, thumbs := r.arg("Url"), r.list("ClientIDList"), r.list("ThumbprintList")
	at, err := url.Parse(address)
	switch {
	case err != nil || at.Scheme != "https" || at.Host == "" || at.Port() != "" || at.RawQuery != "" || len(address) > maxProviderURL:
		return nil, badRequest("InvalidInput", "Invalid Open ID Connect Provider URL")
	case len(audience) > maxAudiences || slices.ContainsFunc(audience, func(id string) bool { return id == "" || len(id) > 255 }):
		return nil, limitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxAudiences)
	case len(thumbs) > maxThumbs || slices.ContainsFunc(thumbs, func(t string) bool { return !thumbprint.MatchString(t) }):
		return nil, badRequest("InvalidInput", "Thumbprint list must contain fewer than %d entries.", maxThumbs)
	}
	if err := checkTags(r.tags()); err != nil {
		return nil, err
	}
	arn := newProviderARN(r)
	if r.account.providers[arn] != nil {
		return nil, alreadyExists("Provider with url %s already exists.", address)
	}
	r.account.providers[arn] = &oidcProvider{
		arn: arn, url: strings.TrimPrefix(address, "https://"), audience: audience, thumbs: thumbs, created: r.now, tags: r.tags(),
	}
	s.appears(arn, r.now)
	return struct {
		OpenIDConnectProviderArn string
		Tags                     *members[tag]
	}{arn, xmlTags(r.tags())}, nil
}

func getProvider(_ *request, p *oidcProvider) (any, error) {
	return struct {
		Url, CreateDate              string
		ClientIDList, ThumbprintList struct {
			Member []string `xml:"member"`
		}
		Tags *members[tag]
	}{
		Url: p.url, CreateDate: stamp(p.created), Tags: xmlTags(p.tags),
		ClientIDList: struct {
			Member []string `xml:"member"`
		}{p.audience},
		ThumbprintList: struct {
			Member []string `xml:"member"`
		}{p.thumbs},
	}, nil
}

func listProviders(r *request) (any, error) {
	type entry struct{ Arn string }
	out := struct {
		OpenIDConnectProviderList struct {
			Member []entry `xml:"member"`
		}
	}{}
	for _, p := range inOrder(r.account.providers) {
		out.OpenIDConnectProviderList.Member = append(out.OpenIDConnectProviderList.Member, entry{p.arn})
	}
	return out, nil
}

func listProviderTags(r *request, p *oidcProvider) (any, error) {
	return listed(r, "Tags", p.tags.list(), same[tag])
}

// addClientID adds an audience; one that is there already is no error.
func addClientID(r *request, p *oidcProvider) (any, error) {
	id := r.arg("ClientID")
	if !slices.Contains(p.audience, id) {
		if len(p.audience) >= maxAudiences {
			return nil, limitExceeded("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxAudiences)
		}
		p.audience = append(slices.Clone(p.audience), id)
	}
	return nil, nil
}

func removeClientID(r *request, p *oidcProvider) (any, error) {
	p.audience = slices.DeleteFunc(slices.Clone(p.audience), func(id string) bool { return id == r.arg("ClientID") })
	return nil, nil
}

// sharedIssuers are the issuers that many customers share, with the claims of which a
// trust has to ask one ("Identity-provider controls for shared OIDC providers", IAM User
// Guide).
var sharedIssuers = map[string][]string{
	"token.actions.githubusercontent.com": {"sub", "job_workflow_ref"},
	"gitlab.com":                          {"sub"},
	"agent.buildkite.com":                 {"sub"},
	"app.terraform.io":                    {"sub"},
}

// checkShared refuses what IAM refuses of a trust in a shared issuer. Like IAM it looks at
// the first value of a list alone, and takes repo:* for scoped (facts/ci-access.md,
// "Identity-provider controls": observed in 2026).
func checkShared(conditions policy.Conditions, provider string) error {
	_, host, _ := strings.Cut(provider, ":oidc-provider/")
	claims, shared := sharedIssuers[host]
	if !shared {
		return nil
	}
	var keys []string
	for _, claim := range claims {
		keys = append(keys, host+":"+claim)
		for _, operator := range []string{"StringEquals", "StringLike", "StringEqualsIgnoreCase"} {
			for _, values := range conditions.Spellings(operator, host+":"+claim) {
				if len(values) > 0 && values[0] != "*" {
					return nil
				}
			}
		}
	}
	return fail(http.StatusBadRequest, "MalformedPolicyDocument",
		"Trust policy with trusted principal %s must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, %s which is not scoped to all.", provider, strings.Join(keys, " or "))
}
