package diagnosis

import (
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// What keeps a job from its role, where it shows the token of a platform. The texts are
// those of facts/ci-access.md, section 2.
var (
	WebIdentityMissing = &Diagnosis{
		ID: "web-identity-missing", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The job has no web identity token (OIDC) to show to AWS.",
		Remedy:  "Let the job ask for one: permissions: id-token: write (and contents: read) on GitHub, id_tokens: with aud: sts.amazonaws.com on GitLab. A pipeline of a fork gets none.",
		text: []sign{
			{
				pattern: wording(`failed to retrieve jwt|unable to read (?:the )?(?:file|token file)[^,]*|WebIdentityTokenFile|AWS_WEB_IDENTITY_TOKEN_FILE`), unless: wording(`perform: `),
				meaning: "The file that should hold the web identity token cannot be read.",
				remedy:  "Point AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file, at a file with a token in it, mounted where Terraform runs.",
			},
			{
				pattern: wording(`ID Token provided is not a valid JWT`),
				meaning: "What was shown to AWS as a web identity token is none: the file is empty, or holds something else.",
				remedy:  "Write the job's ID token into the file, and nothing else: on GitLab the variable that id_tokens: names (not CI_JOB_TOKEN), elsewhere the token for audience sts.amazonaws.com.",
			},
			{
				pattern: wording("ACTIONS_ID_TOKEN_REQUEST|id-token|Could not load credentials from any providers"),
				meaning: "The job may not ask for a web identity token, or no credentials were given to it.",
				remedy:  "Give the job permissions: id-token: write (and contents: read), and role-to-assume; a workflow from a fork gets no token.",
			},
		},
	}
	WebIdentityExpired = &Diagnosis{
		ID: "web-identity-expired", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The web identity token has expired.",
		Remedy:  "Get a new token just before Terraform needs it: in CI, sign in again in the job that failed. GitHub's lasts five minutes, so write the profile from the role's credentials and not from a file with the token.",
		text:    []sign{{pattern: wording(`AssumeRoleWithWebIdentity.*(?:ExpiredTokenException|Token expired)|Token expired: current date/time`)}},
		is: func(err error) bool {
			return strings.Contains(err.Error(), "AssumeRoleWithWebIdentity") && awsops.IsExpired(err)
		},
	}
	WebIdentityDenied = &Diagnosis{
		ID: "web-identity-denied", Family: Credentials, Step: plan.StepIAM,
		Meaning: "AWS did not accept the web identity token (OIDC) for the role.",
		Remedy:  "Name the OIDC provider in the role's trust policy, and make its conditions on aud and sub match the token: repository, branch or environment, or the service account.",
		text: []sign{
			{
				pattern: wording(`Couldn't retrieve verification key from your identity provider|IDPCommunicationError`),
				meaning: "AWS could not fetch the keys of the identity provider with which it checks the token.",
				remedy:  "Run the command again: this passes by itself. If it does not, the provider's address has to be reachable from the internet, at .well-known/openid-configuration.",
			},
			{
				pattern: wording(`No OpenIDConnect provider found in your account`),
				meaning: "The role's account has no OIDC provider of the token's issuer.",
				remedy:  "Make the IAM OIDC provider for exactly that issuer in the role's account, with sts.amazonaws.com as its audience.",
			},
			{
				pattern: wording(`Incorrect token audience`),
				meaning: "The token is for a different audience than the OIDC provider in IAM accepts.",
				remedy:  "Ask for the token with the audience sts.amazonaws.com, or add the token's audience to the IAM OIDC provider.",
			},
			{
				pattern: wording(`HTTPS certificate doesn't match configured thumbprint`),
				meaning: "The certificate of the identity provider is not the one whose thumbprint IAM keeps.",
				remedy:  "Renew it: aws iam update-open-id-connect-provider-thumbprint, with the thumbprint of the certificate authority that signs the provider's certificate now. IAM needs one only where that authority is private.",
			},
			{pattern: wording(`(?i)(?:AssumeRoleWithWebIdentity.*(?:AccessDenied|not authorized)|not authorized to perform:? sts:AssumeRoleWithWebIdentity)|cannot be assumed with web identity token|InvalidIdentityToken|IDPRejectedClaim|WebIdentityErr`)},
		},
		is: func(err error) bool {
			return strings.Contains(err.Error(), "AssumeRoleWithWebIdentity") && awsops.IsAccessDenied(err)
		},
	}
)
