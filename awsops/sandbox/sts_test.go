package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestAssumeRoleHoldsItsLimits(t *testing.T) {
	s := serve(t, Options{})
	long := environmentRole(t, s, "Long", trustIf(""))
	staging := inStaging(t, s)
	inside := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}]}`
	chained := "arn:aws:iam::222222222222:role/Chained"
	_, err := iamAs(s, staging).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Chained"), AssumeRolePolicyDocument: &inside, MaxSessionDuration: aws.Int32(43200),
	})
	wantError(t, err, "", "")
	for name, test := range map[string]struct {
		who           Credentials
		role, session string
		seconds       int32
		code, message string
	}{
		"session name too short": {s.Operator(), long, "a", 900, "ValidationError", "roleSessionName"},
		"no role ARN":            {s.Operator(), "Long-role-without-an-arn", "me", 900, "ValidationError", "is invalid"},
		"too short":              {s.Operator(), long, "me", 60, "ValidationError", "greater than or equal to 900"},
		"beyond any role":        {s.Operator(), long, "me", 43201, "ValidationError", "less than or equal to 43200"},
		"beyond this role":       {s.Operator(), long, "me", 7200, "ValidationError", "exceeds the MaxSessionDuration set for this role"},
		"chained beyond an hour": {staging, chained, "me", 7200, "ValidationError", "1 hour session limit for roles assumed by role chaining"},
		"chained within an hour": {staging, chained, "me", 3600, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := stsAs(s, test.who).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &test.role, RoleSessionName: &test.session, DurationSeconds: &test.seconds})
			wantError(t, err, test.code, test.message)
		})
	}
}

func TestAccessKeyInfoTellsTheAccountOfAKey(t *testing.T) {
	s := serve(t, Options{})
	staging := inStaging(t, s)
	out, err := stsAs(s, s.Operator()).GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: &staging.AccessKeyID})
	wantError(t, err, "", "")
	if *out.Account != "222222222222" {
		t.Errorf("account %s", *out.Account)
	}
}

func TestSessionTokenNeedsLongLivedKeys(t *testing.T) {
	s := serve(t, Options{})
	_, err := stsAs(s, inStaging(t, s)).GetSessionToken(t.Context(), nil)
	wantError(t, err, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	out, err := stsAs(s, s.Root()).GetCallerIdentity(t.Context(), nil)
	wantError(t, err, "", "")
	if *out.Arn != "arn:aws:iam::111111111111:root" || *out.UserId != managementAccount {
		t.Errorf("root is %s", *out.Arn)
	}
}
