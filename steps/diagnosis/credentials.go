package diagnosis

import (
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// What is wrong with the credentials themselves: no call with them can work.
var (
	MFAProfile = &Diagnosis{
		ID: "mfa-profile", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile asks for an MFA code, and Terraform cannot ask for one.",
		Named:   "Profile %s asks for an MFA code, and Terraform cannot ask for one.",
		Remedy:  "Get session credentials with the MFA code first (stateroom login), and name the profile that holds them.",
		text:    []sign{{pattern: wording(`assume role with MFA enabled, but AssumeRoleTokenProvider|AssumeRoleTokenProviderNotSetError|MultiFactorAuthentication failed|multi-factor authentication is required`)}},
		is:      func(err error) bool { return strings.Contains(err.Error(), "AssumeRoleTokenProvider") },
	}
	ProfileMissing = &Diagnosis{
		ID: "profile-missing", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile that is named is in neither the credentials nor the config file.",
		Named:   "Profile %s is in neither the credentials nor the config file.",
		Remedy:  "Write the profile, or correct its name in backend, provider and AWS_PROFILE.",
		text: []sign{
			{pattern: wording(`failed to get (?:shared config )?profile, (?P<profile>[^\s,]+)|SharedConfigProfileNotExistsError|The config profile \((?P<profile>[^)]+)\) could not be found`)},
			{
				pattern: wording(`failed to find SSO session section, (?P<profile>.{1,80}?)(?: with | on |$)|specified sso-session does not exist: "+(?P<profile>[^"]{1,80})`),
				meaning: "The profile names an sso_session that the config file does not have.",
				remedy:  "Write a section [sso-session NAME] in ~/.aws/config, named exactly as sso_session names it, and without quotes: a name in quotes is a different name for Terraform, and sso_session in quotes is one for the AWS CLI.",
			},
			{
				pattern: wording(`fetching config from profile, (?P<profile>[^\s,]+), failed to load|failed to load \w+ from shared config`),
				meaning: "A setting of the profile is not valid, so Terraform cannot read the profile.",
				remedy:  "Correct the setting that is named, or remove it from the profile's section in ~/.aws/config.",
			},
		},
		is: awsops.IsNoProfile,
	}
	ClockSkew = &Diagnosis{
		ID: "clock-skew", Family: Credentials, Step: plan.StepAccount,
		Meaning: "The clock of this machine differs from AWS's by more than AWS accepts.",
		Remedy:  "Set this machine's clock, for example by NTP.",
		text:    []sign{{pattern: wording(`RequestTimeTooSkewed|RequestInTheFuture|Signature expired:|Signature not yet current:|x509: certificate has expired or is not yet valid: current time \S+ is before`)}},
		is:      awsops.IsClock,
	}
	SignatureMismatch = &Diagnosis{
		ID: "signature-mismatch", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The secret does not belong to the access key id.",
		Named:   "The secret of profile %s does not belong to its access key id.",
		Remedy:  "Write access key id and secret again exactly as you received them, or get a new one: the operator runs stateroom handover USER, you run stateroom onboard.",
		text:    []sign{{pattern: wording(`SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature`)}},
		is:      awsops.IsBadSecret,
	}
	CredentialProcessFailed = &Diagnosis{
		ID: "credential-process-failed", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The program that the profile names as credential_process gave no credentials.",
		Remedy:  "Run the program of credential_process by hand, as the same user and in the same environment: it says what is missing, often a sign-in. It has to print JSON with Version 1 and to exit with 0.",
		text:    []sign{{pattern: wording(`error in credential_process|process provider error(?:: parse failed of process output: .*, error: .{0,160})?|ProcessProvider\w*Error|Error when retrieving credentials from custom-process|credential_process (?:failed|returned|exited)`)}},
		is:      func(err error) bool { return strings.Contains(err.Error(), "error in credential_process") },
	}
	TokenExpired = &Diagnosis{
		ID: "token-expired", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The session credentials have expired.",
		Remedy:  "Get new session credentials the way you got these, and unset the AWS_* variables that hold old ones.",
		text:    []sign{{pattern: wording(`\bExpiredToken(?:Exception)?\b|security token included in the request is expired|The provided token has expired|\bRequestExpired\b|TokenRefreshRequired`)}},
		is:      awsops.IsExpired,
	}
	RegionNotEnabled = &Diagnosis{
		ID: "region-not-enabled", Family: Credentials, Step: plan.StepRegion,
		Meaning: "The region does not know the credentials: it is not enabled in their account, or they come from the global STS endpoint.",
		Remedy:  "Enable the region in the account that the credentials belong to, or use one that is, and use STS in that region (AWS_STS_REGIONAL_ENDPOINTS=regional, sts_region in the backend). If the region is enabled, the access key itself is unknown: get a new one.",
		text: []sign{
			{
				pattern: wording(`RegionDisabled(?:Exception)?\b|STS is not activated in this region|region is (?:not enabled|disabled)|\bOptInRequired\b|is not enabled in (?:this|your) account`),
				meaning: "The region is not enabled in this account.",
				remedy:  "Enable the region in the account (AWS Account Management, Regions), wait some minutes, then run the command again; or use a region that is enabled.",
			},
			{pattern: wording(`failed to refresh cached credentials, operation error STS: AssumeRole, .*InvalidClientTokenId|IllegalLocationConstraintException: The .{0,20}opt-in|InvalidToken: .{0,80}region`)},
		},
	}
	KeyInvalid = &Diagnosis{
		ID: "key-invalid", Family: Credentials, Step: plan.StepIAM,
		Meaning: "AWS does not know the access key: it is deleted, inactive, mistyped, of another partition, or seconds old.",
		Named:   "AWS does not know the access key of profile %s: it is deleted, inactive, mistyped, of another partition, or seconds old.",
		Remedy:  "Use an active access key; wait a minute if it was just made.",
		text:    []sign{{pattern: wording(`InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|\bAuthFailure\b|\bInvalidToken\b: The provided token is malformed|security token included in the request is invalid`), unless: wording(noSTS)}},
		is:      func(err error) bool { return awsops.IsUnknownKey(err) || awsops.IsStaleToken(err) },
	}
	CredentialsMissing = &Diagnosis{
		ID: "credentials-missing", Family: Credentials, Step: plan.StepIAM,
		Meaning: "Terraform found no credentials for AWS at all.",
		Named:   "Terraform finds no credentials for AWS in profile %s.",
		Remedy:  "Write the profile to the credentials file, and name it in the backend and in the provider. In CI, let a step before Terraform sign in (a role by OIDC), or give the job AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
		text: []sign{{
			pattern: wording(`failed to load credentials, .*(?:169\.254\.170\.\d+|404 page not found|\[fd00:ec2::23\])|EcsContainer|CredentialsEndpointError|AWS_CONTAINER_CREDENTIALS_(?:RELATIVE|FULL)_URI`),
			meaning: "The container's own source of credentials (the task's role of ECS, or the pod identity of EKS) gave none.",
			remedy:  "Give the task a role (taskRoleArn), or the pod's service account a pod identity association whose agent runs on the node; take AWS_CONTAINER_CREDENTIALS_* out of the environment where neither is meant.",
		}, {
			pattern: wording(`failed to load assume role .{1,200}?, of profile (?P<profile>[^\s,]+)`),
			meaning: "The profile that source_profile names has no credentials that Terraform can use.",
			remedy:  "Give that profile its access key. If it signs in with aws login (login_session), which Terraform cannot use, let it have credential_process = aws configure export-credentials --profile NAME, with NAME the one that signs in.",
		}, {pattern: wording(`(?i)no valid credential sources (?:for (?:\S+ ){1,4})?found|no EC2 IMDS role found|operation error ec2imds|NoCredentialProviders|partial credentials found (?:for profile|in) (?P<profile>[^\s,.]+)|failed to load assume role .{1,200}?, of profile|credential type source_profile requires role_arn|static credentials are empty|unable to locate credentials|no EC2 instance role found|MissingAuthenticationToken|failed to (?:refresh cached|retrieve|load) credentials\b`), unless: wording(`perform: [\w-]+:\w|operation error (?:SSO|STS)`)}},
		// A source of credentials that is not to be trusted is not a lack of them.
		is: func(err error) bool { return awsops.IsCredentials(err) && !awsops.IsUntrusted(err) },
	}
)
