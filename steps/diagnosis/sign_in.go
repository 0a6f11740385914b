package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// What keeps somebody from signing in with IAM Identity Center, or a profile from using the
// sign-in. The texts are those of facts/identity-center.md, section 8.
var (
	SSOExpired = &Diagnosis{
		ID: "sso-expired", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile's single sign-on session has expired or was never started.",
		Named:   "The single sign-on session of profile %s has expired or was never started.",
		Remedy:  "Sign in again: stateroom login, or aws sso login --profile PROFILE.",
		text: []sign{
			{
				pattern: wording(`failed to parse cached SSO token|Error loading SSO Token: Invalid token`),
				meaning: "The file that keeps the profile's sign-in cannot be read: it is damaged, or was written by something that is not AWS's.",
				remedy:  "Sign in again, which writes the file anew: stateroom login, or aws sso login --profile PROFILE.",
			},
			{
				pattern: wording(`failed to (?:read|load|open) cached SSO token file.{0,300}no such file|Error loading SSO Token: Token for .{1,200} does not exist`),
				meaning: "Nobody has signed in for the profile on this laptop, or under a different session name, start URL or home directory.",
				remedy:  "Sign in: stateroom login, or aws sso login --profile PROFILE. If you did, compare: the file's name is the SHA-1 of the name of the profile's sso_session, or of its sso_start_url, letter by letter, and it is looked for in HOME.",
			},
			{
				pattern: wording(`operation error SSO: GetRoleCredentials, .*StatusCode: 401|\(UnauthorizedException\) when calling the GetRoleCredentials|Session token not found or invalid`),
				meaning: "The profile's sign-in was ended at AWS, by signing out or by an administrator, although the file that keeps it looks valid.",
			},
			{pattern: wording(`SSO session (?:associated with this profile )?has expired or is (?:otherwise )?invalid|cached SSO token is expired|failed to (?:read|load|open) cached SSO token|refresh cached SSO token failed|Token has expired and refresh failed|Error loading SSO Token|Error when retrieving token from sso|SSOProviderInvalidToken|operation error SSO OIDC: CreateToken, .*StatusCode: 40[01]`)},
		},
		is: awsops.IsSignedOut,
	}
	SSONotAssigned = &Diagnosis{
		ID: "sso-not-assigned", Family: Credentials, Step: plan.StepIAM,
		Meaning:  "The sign-in counts, but IAM Identity Center does not give its person that permission set in that account.",
		Named:    "The sign-in of profile %s counts, but IAM Identity Center does not give its person that permission set in that account.",
		Remedy:   "Compare sso_account_id and sso_role_name in the profile with what the start page offers: sso_role_name is the permission set's name, without AWSReservedSSO_. If it does not offer it, the person has to be added to the group that has the permission set, or stateroom setup has to assign it to the group.",
		Operator: "Compare sso_account_id and sso_role_name in the profile with what the start page offers. If it does not offer it, ask the operator to add you to the group.",
		text:     []sign{{pattern: wording(`operation error SSO: GetRoleCredentials, .*(?:ForbiddenException|StatusCode: 403)|\(ForbiddenException\) when calling the GetRoleCredentials`)}},
		is:       func(err error) bool { return awsops.IsSSO(err) && awsops.HasCode(err, "ForbiddenException") },
	}
	SSOSignInRefused = &Diagnosis{
		ID: "sso-sign-in-refused", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The sign-in was refused in the browser.",
		Remedy:  "Sign in again, and allow it in the browser if the code on the page is the one in the terminal. If you did not start it, somebody else's sign-in was refused, and nothing needs fixing.",
		text: []sign{
			{pattern: wording(`operation error SSO OIDC: CreateToken, .*AccessDeniedException|\(AccessDeniedException\) when calling the CreateToken`)},
			{
				pattern: wording(`operation error SSO OIDC: CreateToken, .*ExpiredTokenException|\(ExpiredTokenException\) when calling the CreateToken|Device authorization expired|PendingAuthorizationExpired`),
				meaning: "The code ran out before anybody had signed in with it.",
				remedy:  "Start the sign-in again, and allow it in the browser within ten minutes.",
			},
		},
		is: func(err error) bool { return awsops.IsSSO(err) && awsops.IsSignInRefused(err) },
	}
	SSOSettingsIncomplete = &Diagnosis{
		ID: "sso-settings-incomplete", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile signs in with IAM Identity Center, and a setting for it is missing or wrong.",
		Named:   "Profile %s signs in with IAM Identity Center, and a setting for it is missing or wrong.",
		Remedy:  "Complete it in ~/.aws/config: sso_start_url and sso_region in the section [sso-session NAME], and sso_session, sso_account_id and sso_role_name in the profile. stateroom onboard writes them.",
		text: []sign{
			{
				pattern: wording(`profile "(?P<profile>[^"]+)" is configured to use SSO but is missing required configuration: .{0,60}sso_(?:account_id|role_name)`),
				meaning: "The profile does not say which account and which permission set the sign-in is for.",
				remedy:  "Write sso_account_id and sso_role_name into the profile: the permission set's name, without AWSReservedSSO_. stateroom onboard writes them.",
			},
			{
				pattern: wording(`profile "(?P<profile>[^"]+)" is configured to use SSO but is missing required configuration: sso_region, sso_start_url`),
				meaning: "The profile signs in by an sso_session, which this engine does not know yet: it wants sso_start_url and sso_region in the profile.",
				remedy:  "Use Terraform 1.6 or later, or OpenTofu; or write sso_start_url and sso_region in the profile's section as well. If the engine is newer, the two are missing in the section [sso-session NAME].",
			},
			{
				pattern: wording(`(?P<setting>sso_region|sso_start_url) in profile "(?P<profile>[^"]+)" must match|value for (?P<setting>sso_region|sso_start_url) is inconsistent between profile`),
				meaning: "The profile and its sso-session disagree about where to sign in.",
				remedy:  "Remove sso_region and sso_start_url from the profile: they belong in the section [sso-session NAME] alone.",
			},
			{
				pattern: wording(`\(InvalidRequestException\) when calling the (?:StartDeviceAuthorization|RegisterClient)|operation error SSO OIDC: (?:StartDeviceAuthorization|RegisterClient), .*InvalidRequestException`),
				meaning: "AWS knows no start page of that address in that region.",
				remedy:  "Correct sso_start_url and sso_region in the section [sso-session NAME]: the address as the Identity Center console shows it, and the region in which Identity Center is.",
			},
			{pattern: wording(`profile "(?P<profile>[^"]+)" is configured to use SSO but is missing required configuration|Missing the following required SSO configuration values`)},
		},
		is: awsops.IsSSOSettings,
	}
	AWSLoginProfile = &Diagnosis{
		ID: "aws-login-profile", Family: Credentials, Step: plan.StepIAM,
		Meaning: "The profile gets its credentials from aws login (login_session), which this Terraform cannot use.",
		Named:   "Profile %s gets its credentials from aws login (login_session), which this Terraform cannot use.",
		Remedy:  "Pass the credentials on: a profile with credential_process = aws configure export-credentials --profile NAME --format process, or the variables that aws configure export-credentials prints.",
		text: []sign{
			{
				pattern: wording(`(?:load|validate) login token: |login session (?:has expired|password has changed), please reauthenticate|create oauth2 token: |[Rr]eauthenticate using 'aws login'`),
				meaning: "The profile's session of aws login has expired or was never started.",
				remedy:  "Sign in again: aws login --profile PROFILE.",
			},
			{pattern: wording(`login_session`), unless: wording(`perform: `)},
		},
	}
)
