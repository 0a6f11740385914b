package plan

import (
	"strings"
	"testing"

	"stateroom/awsops"
)

// TestACommandLineNamesTheServiceAsTheAWSCLIDoes, whose names for S3 and Identity Center are
// others than AWS's own.
func TestACommandLineNamesTheServiceAsTheAWSCLIDoes(t *testing.T) {
	t.Parallel()
	for want, call := range map[string]awsops.Call{
		"aws s3api put-bucket-versioning ":           awsops.PutBucketVersioning("b", "111111111111"),
		"aws sso-admin create-permission-set ":       awsops.CreatePermissionSet("arn:aws:sso:::instance/ssoins-1", "Terraform-admins", "", "PT1H", nil),
		"aws identitystore delete-group-membership ": awsops.DeleteStoreMembership("d-1", "m"),
	} {
		if line := CommandLine(Change{}, call); !strings.HasPrefix(line, want) {
			t.Errorf("%q", line)
		}
	}
}
