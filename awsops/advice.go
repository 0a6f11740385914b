package awsops

import (
	"net/http"
	"strings"
)

// advice says what an error means and the one thing to do about it. It knows
// only what holds for every call; what a denied step needs is the steps' to
// say.
func advice(e *Error) (meaning, remedy string) {
	switch {
	case IsClock(e):
		return "This machine's clock is too far from AWS's.", "Set the clock (for example with NTP), then run the command again."
	case IsSSO(e) && HasCode(e, "ForbiddenException"):
		return "The sign-in counts, but IAM Identity Center does not give its person that permission set in that account.",
			"Compare sso_account_id and sso_role_name in the profile with what the start page offers; if they are right, the permission set has to be assigned to you."
	case IsSSOSettings(e):
		return "The profile signs in with IAM Identity Center, and a setting for it is missing or wrong.",
			"Complete sso_start_url and sso_region in the sso-session, and sso_session, sso_account_id and sso_role_name in the profile."
	case IsSSO(e) && HasCode(e, "InvalidRequestException"):
		return "AWS knows no start page of that address in that region.",
			"Correct the start URL and the region: the address as Identity Center's settings show it, and the region in which it is."
	case IsSSO(e) && HasCode(e, "AccessDeniedException"):
		return "IAM Identity Center does not let anybody sign in from here.", "Ask whoever runs it why: its network controls can demand a VPC endpoint."
	case IsSignedOut(e):
		return "The single sign-on session is missing or has expired.", "Sign in with: aws sso login" + profileFlag(e) + "."
	case IsNoProfile(e):
		return "The profile is in neither the credentials nor the config file.", "Check the name with: aws configure list-profiles."
	case IsExpired(e):
		return "The session credentials have expired.", "Get new ones the way you got these, then run the command again."
	case IsUnknownKey(e):
		return "AWS does not know this access key id: it was deleted or made inactive, belongs to another partition or to an account that has not enabled this region, or is only seconds old.",
			"Check it in IAM, under the user's security credentials."
	case IsBadSecret(e):
		return "The secret does not belong to this access key id.", "Write both again, exactly as you received them."
	case IsNoCredentials(e):
		return "No credentials were found in the environment, the shared files or the machine.",
			"Set AWS_PROFILE or pass --profile with a profile of the admin account."
	case IsThrottle(e):
		return "AWS kept throttling the requests.", "Wait a minute, then run the command again; what is done stays done."
	case HasCode(e, "OperationAborted"):
		return "S3 is still working on another change to this bucket, which can take minutes.",
			"Wait a few minutes, then run the command again; what is done stays done."
	case IsBusy(e):
		return "AWS is still working on another change to the same resource.", "Wait a minute, then run the command again; what is done stays done."
	case HasCode(e, "RegionDisabled"):
		return "The account has not enabled this region, or STS in this region.",
			"Enable it there (aws account enable-region), or choose another region."
	case HasCode(e, "OptInRequired"), HasCode(e, "SubscriptionRequired"), HasCode(e, "NotSignedUp"):
		return "The account may not use this service yet: its sign-up or its payment method is not complete.",
			"Finish it in the account's billing console, which can take AWS a day, then run the command again."
	case HasCode(e, "LimitExceeded"), HasCode(e, "TooManyBuckets"):
		return "The account has reached a quota of AWS.",
			"Delete what nobody needs, or request a higher quota (Service Quotas), then run the command again; what is done stays done."
	case IsWrongCode(e):
		return "The code has expired or was used before.",
			"Wait for the next code; if that is rejected too, check the clock of whatever shows it."
	case IsUnknownDevice(e):
		return "The user has no MFA device of that serial number.", "Check it in IAM, under the user's security credentials."
	case isStranger(e):
		return "It may be the sign-in page of a network or a proxy.", "Open any page in a browser to sign in there, or check the proxy and --endpoint-url."
	case e.Status == http.StatusProxyAuthRequired:
		return "The proxy requires a sign-in.", "Write http://NAME:PASSWORD@HOST in HTTPS_PROXY and HTTP_PROXY, or name the endpoint's host in NO_PROXY."
	case IsAccessDenied(e):
		return denial(e)
	case IsUnreachable(e):
		return unreachable(e)
	case speaksOther(e):
		return "What answered is not HTTP.", "Check --endpoint-url, AWS_ENDPOINT_URL and the proxy."
	case brokeOff(e):
		return "The connection was closed without an answer.", "Check that --endpoint-url or AWS_ENDPOINT_URL begins with http:// or https:// as the endpoint requires, and check the proxy."
	case isUnfinished(e):
		return "AWS, or something between here and AWS, sent an incomplete answer.", "Check the network and any proxy, then run the command again: it looks at what is there first."
	case isSource(e) && processTold(e) != "":
		return "The configured source of the credentials failed, the program of credential_process: " + processTold(e) + ".", "Run it by hand, in the same environment: it says what is missing."
	case isSource(e):
		return "The configured source of the credentials failed.", "Run: aws sts get-caller-identity" + profileFlag(e) + ", and fix what it names."
	case strings.Contains(rawText(e), "Missing Region"):
		return "No region is configured.", "Pass --region or set AWS_REGION."
	}
	return "", ""
}

// unreachable says why no connection came about that can be used.
func unreachable(e *Error) (meaning, remedy string) {
	switch {
	case IsUntrusted(e):
		return "The endpoint's certificate is not trusted on this machine.",
			"If a proxy opens TLS here, set AWS_CA_BUNDLE to the file with its certificate; otherwise, check --endpoint-url."
	case isNoAddress(e):
		return "The endpoint is not an HTTP address.", "Write it with http:// or https:// in --endpoint-url or AWS_ENDPOINT_URL."
	case speaksHTTP(e):
		return "The endpoint does not speak TLS.", "If it is meant to be plain HTTP, write http:// in --endpoint-url or AWS_ENDPOINT_URL."
	case speaksTLS(e):
		return "The endpoint does not speak plain HTTP.", "Write https:// in --endpoint-url or AWS_ENDPOINT_URL."
	case isProxyDown(e):
		return "No connection to the proxy that HTTPS_PROXY or HTTP_PROXY names could be made.", "Correct the variable, or name the endpoint's host in NO_PROXY."
	case isProxyRefusal(e):
		return "The proxy that HTTPS_PROXY names refused the connection.", "Allow the endpoint's host there, or name it in NO_PROXY."
	}
	return "No connection to the endpoint could be made.", "Check the network, the proxy and --endpoint-url."
}

// explicitDeny stands in every service's message when a Deny statement decided.
const explicitDeny = "with an explicit deny"

// denial says what kind of policy stands in the way, as far as AWS's message names it,
// and who can mend that: no grant helps against a Deny.
func denial(e *Error) (meaning, remedy string) {
	d, _ := DenialOf(e)
	grant := "Grant " + e.Action + ", or run as an identity that has it."
	switch {
	case d.Explicit:
		return "A policy denies this explicitly, so no Allow can help.",
			"Ask whoever manages that policy to change the Deny statement, or run as an identity that it does not apply to."
	case d.Policy != "":
		return "No policy of the type named allows it.", grant
	}
	return "The identity may not do this.", grant
}

func profileFlag(e *Error) string {
	if name, ok := strings.CutPrefix(e.Identity, "profile "); ok {
		return " --profile " + name
	}
	return ""
}

// otherActions are the IAM actions that have another name than their operation
// (Service Authorization Reference, "Actions, resources, and condition keys for
// Amazon S3"). S3 may name none when it refuses, and cannot in answer to a HEAD.
var otherActions = map[string]string{
	"s3:CopyObject":                      "s3:PutObject",
	"s3:HeadBucket":                      "s3:ListBucket",
	"s3:HeadObject":                      "s3:GetObject",
	"s3:ListBuckets":                     "s3:ListAllMyBuckets",
	"s3:ListObjectVersions":              "s3:ListBucketVersions",
	"s3:ListObjectsV2":                   "s3:ListBucket",
	"s3:PutBucketEncryption":             "s3:PutEncryptionConfiguration",
	"s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
	"s3:PutPublicAccessBlock":            "s3:PutBucketPublicAccessBlock",
}

// neededAction is the action that AWS named, that the call set, or that the
// operation needs.
func neededAction(e *Error) string {
	operation := e.Service + ":" + e.Operation
	switch m := deniedOn.FindStringSubmatch(e.Message); {
	case m != nil:
		return m[1]
	case e.Action != "":
		return e.Action
	case otherActions[operation] != "":
		return otherActions[operation]
	}
	return operation
}

// processTold is what became of the program of credential_process, as the SDK says it;
// empty where it was none.
func processTold(e *Error) string {
	_, told, _ := strings.Cut(rawText(e), "error in credential_process: ")
	return strings.TrimSuffix(strings.TrimSpace(told), ".")
}
