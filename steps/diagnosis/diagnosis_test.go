package diagnosis

import (
	"errors"
	"testing"

	"stateroom/awsops"
)

func TestAnErrorLeadsToItsCause(t *testing.T) {
	refusal := func(service, operation, text string) error {
		return &awsops.Error{Service: service, Operation: operation, Code: "AccessDenied", Status: 403, Message: text}
	}
	const mfa = "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set"
	for _, c := range []struct {
		err    error
		want   *Diagnosis
		outage bool
	}{
		{nil, nil, false},
		{errors.New("nothing of AWS's"), nil, false},
		{&awsops.Error{Code: "AccessDenied", Status: 403}, nil, false},
		{&awsops.Error{Code: "ThrottlingException", Status: 400}, Throttled, true},
		{&awsops.Error{Code: "ExpiredToken", Status: 403}, TokenExpired, true},
		{&awsops.Error{Code: "InvalidClientTokenId", Status: 403}, KeyInvalid, true},
		{&awsops.Error{Code: "UnrecognizedClientException", Status: 400}, KeyInvalid, true},
		{&awsops.Error{Code: "SignatureDoesNotMatch", Status: 403, Message: "The request signature we calculated does not match"}, SignatureMismatch, true},
		{&awsops.Error{Code: "SignatureDoesNotMatch", Status: 403, Message: "Signature expired: 20250101T000000Z is now earlier than"}, ClockSkew, true},
		{&awsops.Error{Code: "RequestTimeTooSkewed", Status: 403}, ClockSkew, true},
		{&awsops.Error{Err: errors.New(mfa), Message: mfa}, MFAProfile, true},
		{&awsops.Error{Err: errors.New("the SSO session has expired or is invalid")}, SSOExpired, true},
		{&awsops.Error{Code: "UnauthorizedException", Status: 401, Err: errors.New("operation error SSO: GetRoleCredentials, UnauthorizedException: Session token not found or invalid")}, SSOExpired, true},
		{&awsops.Error{Code: "ForbiddenException", Status: 403, Err: errors.New("operation error SSO: GetRoleCredentials, ForbiddenException: No access")}, SSONotAssigned, true},
		{&awsops.Error{Code: "AccessDeniedException", Status: 400, Err: errors.New("operation error SSO OIDC: CreateToken, AccessDeniedException: ")}, SSOSignInRefused, true},
		{&awsops.Error{Err: errors.New(`profile "admin_iam" is configured to use SSO but is missing required configuration: sso_region`)}, SSOSettingsIncomplete, true},
		{&awsops.Error{Err: errors.New(`sso_region in profile "admin_iam" must match sso_region in sso-session`)}, SSOSettingsIncomplete, true},
		{&awsops.Error{Code: "ExpiredTokenException", Status: 400, Operation: "AssumeRoleWithWebIdentity", Err: errors.New("operation error STS: AssumeRoleWithWebIdentity, ExpiredTokenException: Token expired")}, WebIdentityExpired, true},
		{&awsops.Error{Err: errors.New("read tcp: connection reset by peer")}, NetworkUnreachable, true},
		{&awsops.Error{Code: "NoSuchBucket", Status: 404}, BucketMissing, false},
		{&awsops.Error{Code: "KMS.DisabledException", Status: 400}, KMSDisabled, false},
		{&awsops.Error{Code: "KMS.KMSInvalidStateException", Status: 400}, KMSUnusable, false},
		{&awsops.Error{Code: "KMSInvalidStateException", Status: 400, Message: stateK + " is not pending deletion."}, KMSUnusable, false},
		{&awsops.Error{Code: "KMS.KMSInvalidStateException", Status: 400, Message: stateK + " is pending deletion."}, KMSPendingDeletion, false},
		{&awsops.Error{Code: "KMSInvalidStateException", Status: 400, Message: stateK + " is pending import."}, KMSPendingImport, false},
		{&awsops.Error{Code: "KMSInvalidStateException", Status: 400, Message: stateK + " is unavailable."}, KMSUnavailable, false},
		{&awsops.Error{Code: "KMSInvalidStateException", Status: 400, Message: stateK + " is creating."}, KMSUpdating, false},
		{&awsops.Error{Service: "kms", Code: "NotFoundException", Status: 400}, KMSNotFound, false},
		{&awsops.Error{Service: "s3", Operation: "HeadObject", Code: "NotFound", Status: 404}, nil, false},
		{&awsops.Error{Service: "dynamodb", Code: "ResourceNotFoundException", Status: 400}, TableMissing, false},
		{refusal("dynamodb", "GetItem", "no"), TableDenied, false},
		{refusal("s3", "GetObject", "Access Denied"), S3GetDenied, false},
		{refusal("s3", "HeadObject", ""), S3HeadDenied, false},
		{refusal("s3", "PutObject", "Access Denied"), S3PutDenied, false},
		{refusal("s3", "DeleteObject", "Access Denied"), S3PutDenied, false},
		{refusal("s3", "PutObject", denied("kms:GenerateDataKey", stateK, "")), KMSDenied, false},
		{refusal("kms", "DescribeKey", "no"), KMSDenied, false},
		{refusal("s3", "GetObject", denied("s3:GetObject", "x", "with an explicit deny in a resource-based policy")), ExplicitDeny, false},
		{refusal("sts", "AssumeRole", denied("sts:AssumeRole", "x", "")), AssumeRoleDenied, false},
		{refusal("ec2", "CreateVpc", "no"), nil, false},
	} {
		got, ok := FromError(c.err)
		if got != c.want || ok != (c.want != nil) {
			t.Errorf("%v leads to %v, not to %v", c.err, got, c.want)
		}
		if (Outage(c.err) != nil) != c.outage {
			t.Errorf("%v is an outage: %v, want %v", c.err, !c.outage, c.outage)
		}
	}
}

func TestAKeyThatCannotBeUsedLeadsToItsCause(t *testing.T) {
	for _, c := range []struct {
		key  *awsops.Key
		want *Diagnosis
	}{
		{nil, KMSNotFound},
		{&awsops.Key{State: "PendingDeletion"}, KMSPendingDeletion},
		{&awsops.Key{State: "PendingReplicaDeletion"}, KMSPendingDeletion},
		{&awsops.Key{State: "PendingImport"}, KMSPendingImport},
		{&awsops.Key{State: "Unavailable"}, KMSUnavailable},
		{&awsops.Key{State: "Creating"}, KMSUpdating},
		{&awsops.Key{State: "Updating", Enabled: true}, nil},
		{&awsops.Key{State: "Disabled"}, KMSDisabled},
		{&awsops.Key{State: "Enabled", Enabled: true}, nil},
	} {
		if got := OfKey(c.key); got != c.want {
			t.Errorf("%+v leads to %v, not to %v", c.key, got, c.want)
		}
	}
}
