package diagnosis

import (
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// What is wrong with the credentials themselves: no call with them can work.
var (
	SSOExpired = &Diagnosis{
		ID: "sso-expired", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The single sign-on session of the profile is over or was never begun.",
		Remedy:  "Sign in again: aws sso login --profile PROFILE.",
		text:    []sign{{pattern: wording(`SSO session has expired or is invalid|cached SSO token is expired|failed to read cached SSO token file|refresh cached SSO token failed`)}},
		is:      awsops.IsSSO,
	}
	MFAProfile = &Diagnosis{
		ID: "mfa-profile", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile asks for an MFA code, and Terraform cannot ask for one.",
		Remedy:  "Get session credentials with the MFA code first (stateroom login), and name the profile that holds them.",
		text:    []sign{{pattern: wording(`assume role with MFA enabled, but AssumeRoleTokenProvider`)}},
		is:      func(err error) bool { return strings.Contains(err.Error(), "AssumeRoleTokenProvider") },
	}
	ProfileMissing = &Diagnosis{
		ID: "profile-missing", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile that is named is in neither the credentials nor the config file.",
		Remedy:  "Write the profile, or correct its name in backend, provider and AWS_PROFILE.",
		text:    []sign{{pattern: wording(`failed to get shared config profile, (?P<profile>[^\s,]+)`)}},
		is:      awsops.IsNoProfile,
	}
	ClockSkew = &Diagnosis{
		ID: "clock-skew", Family: Credentials, Step: plan.StepAccount,
		Meaning: "The clock of this machine differs from AWS's by more than AWS accepts.",
		Remedy:  "Set this machine's clock, for example by NTP.",
		text:    []sign{{pattern: wording(`RequestTimeTooSkewed|Signature expired:|Signature not yet current:`)}},
		is:      awsops.IsClock,
	}
	SignatureMismatch = &Diagnosis{
		ID: "signature-mismatch", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The secret does not belong to the access key id.",
		Remedy:  "Write access key id and secret again as they were handed out, or get a new one: the operator runs stateroom handover USER, you run stateroom onboard.",
		text:    []sign{{pattern: wording(`SignatureDoesNotMatch|InvalidSignatureException`)}},
		is:      awsops.IsBadSecret,
	}
	TokenExpired = &Diagnosis{
		ID: "token-expired", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The session credentials are past their end.",
		Remedy:  "Get new session credentials the way you got these, and unset the AWS_* variables that hold old ones.",
		text:    []sign{{pattern: wording(`\bExpiredToken(?:Exception)?\b|security token included in the request is expired`)}},
		is:      awsops.IsExpired,
	}
	KeyInvalid = &Diagnosis{
		ID: "key-invalid", Family: Credentials, Step: plan.StepIAM,
		Meaning: "AWS does not know the access key: it is deleted, inactive, mistyped, of another partition, or seconds old.",
		Remedy:  "Use an active access key; wait a minute if it was just made.",
		text:    []sign{{pattern: wording(`InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|\bAuthFailure\b`)}},
		is:      func(err error) bool { return awsops.IsUnknownKey(err) || awsops.IsStaleToken(err) },
	}
	CredentialsMissing = &Diagnosis{
		ID: "credentials-missing", Family: Credentials, Step: plan.StepIAM,
		Meaning: "Terraform found no credentials for AWS at all.",
		Remedy:  "Write the profile to the credentials file, and name it in the backend and in the provider.",
		text:    []sign{{pattern: wording(`(?i)no valid credential sources (?:for \S+ Backend )?found|no EC2 IMDS role found|NoCredentialProviders: no valid providers in chain|partial credentials found for profile (?P<profile>[^\s,.]+)|failed to load assume role \S+, of profile|credential type source_profile requires role_arn|failed to find SSO session section`), unless: wording(`perform: sts:AssumeRole\b`)}},
		// A source of credentials that is not to be trusted is not a lack of them.
		is: func(err error) bool { return awsops.IsCredentials(err) && !awsops.IsUntrusted(err) },
	}
)
