package awsops

import (
	"context"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// endpointVariable points the services at an address, but not what the Go SDK
// asks for credentials.
const endpointVariable = "AWS_ENDPOINT_URL"

// ignoredVariable says whether all of these variables are to be ignored.
const ignoredVariable = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"

// EndpointVariables are the variables that point every AWS SDK, the AWS CLI and
// Terraform at one address with everything they ask. AWS_ENDPOINT_URL alone
// leaves out the credentials of the Go SDK and so of Terraform: sign-in, SSO and
// a role profile's AssumeRole would still go to AWS (facts/identity-center.md,
// "AWS_ENDPOINT_URL does not reach the Go SDK's credential chain"). One of them says
// that they count, for a variable or the shared config file may say that they do not.
func EndpointVariables(url string) map[string]string {
	set := map[string]string{endpointVariable: url}
	for _, service := range []string{"STS", "SSO", "SSO_OIDC", "SIGNIN"} {
		set[endpointVariable+"_"+service] = url
	}
	if url != "" {
		set[ignoredVariable] = "false"
	}
	return set
}

// chainEndpoint gives the clients of the credential chain the endpoint that the
// configuration gives every other client. The SDK resolves it after the
// credentials, so that it is filled in when the configuration is read; a client
// that has an endpoint of its own, as by AWS_ENDPOINT_URL_STS, keeps it unless this
// is the only one.
type chainEndpoint struct {
	url  *string
	only bool
	// tokens is the folder of the tokens of sign-ins, empty for the SDK's own.
	tokens string
}

func (e *chainEndpoint) sts(o *sts.Options) { e.fill(&o.BaseEndpoint) }

func (e *chainEndpoint) sso(o *sso.Options) { e.fill(&o.BaseEndpoint) }

func (e *chainEndpoint) ssooidc(o *ssooidc.Options) { e.fill(&o.BaseEndpoint) }

func (e *chainEndpoint) fill(own **string) {
	if *own == nil || e.only {
		*own = e.url
	}
}

// options lead the chain's requests through the endpoint; ask says where the code of an
// MFA device comes from.
func (e *chainEndpoint) options(ask func(*stscreds.AssumeRoleOptions)) []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			ask(o)
			o.Client = roleAsker{o.Client, e}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) {
			if o.Client != nil { // a first call looks whether there is one already
				o.Client = webAsker{o.Client, e}
			}
		}),
		config.WithSSOProviderOptions(func(o *ssocreds.Options) { o.Client = portalAsker{o.Client, e} }),
		config.WithSSOTokenProviderOptions(func(o *ssocreds.SSOTokenProviderOptions) {
			o.Client = tokenAsker{o.Client, e}
			if e.tokens != "" {
				o.CachedTokenFilepath = filepath.Join(e.tokens, filepath.Base(o.CachedTokenFilepath))
			}
		}),
	}
}

type (
	roleAsker struct {
		stscreds.AssumeRoleAPIClient
		at *chainEndpoint
	}
	webAsker struct {
		stscreds.AssumeRoleWithWebIdentityAPIClient
		at *chainEndpoint
	}
	portalAsker struct {
		ssocreds.GetRoleCredentialsAPIClient
		at *chainEndpoint
	}
	tokenAsker struct {
		ssocreds.CreateTokenAPIClient
		at *chainEndpoint
	}
)

func (a roleAsker) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, options ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return a.AssumeRoleAPIClient.AssumeRole(ctx, in, append(options, a.at.sts)...) //nolint:wrapcheck // the SDK's own caller gets it
}

func (a webAsker) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, options ...func(*sts.Options)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return a.AssumeRoleWithWebIdentityAPIClient.AssumeRoleWithWebIdentity(ctx, in, append(options, a.at.sts)...) //nolint:wrapcheck // as above
}

func (a portalAsker) GetRoleCredentials(ctx context.Context, in *sso.GetRoleCredentialsInput, options ...func(*sso.Options)) (*sso.GetRoleCredentialsOutput, error) {
	return a.GetRoleCredentialsAPIClient.GetRoleCredentials(ctx, in, append(options, a.at.sso)...) //nolint:wrapcheck // as above
}

func (a tokenAsker) CreateToken(ctx context.Context, in *ssooidc.CreateTokenInput, options ...func(*ssooidc.Options)) (*ssooidc.CreateTokenOutput, error) {
	return a.CreateTokenAPIClient.CreateToken(ctx, in, append(options, a.at.ssooidc)...) //nolint:wrapcheck // as above
}
