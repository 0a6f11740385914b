//go:build integration

package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLineReachesIdentityServices drives the services of this half of
// the sandbox with the real AWS CLI, whose parsers are botocore's.
func TestCommandLineReachesIdentityServices(t *testing.T) {
	c := newChild(newStage(t, Options{Accounts: 25}), Credentials{})
	operator := c.st.Operator()
	home := strings.TrimPrefix(c.env[0], "HOME=")
	credentials := "[default]\naws_access_key_id = " + operator.AccessKeyID + "\naws_secret_access_key = " + operator.SecretAccessKey + "\n"
	c.st.must(os.WriteFile(filepath.Join(home, "credentials"), []byte(credentials), 0o600))
	// A profile with role_arn would ask AWS's own STS before version 2.13.
	role := strings.Fields(c.ok("aws", "sts", "assume-role", "--role-arn", bootstrapARN, "--role-session-name", "me",
		"--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]", "--output", "text"))
	credentials += "[staging]\naws_access_key_id = " + role[0] + "\naws_secret_access_key = " + role[1] + "\naws_session_token = " + role[2] + "\n"
	c.st.must(os.WriteFile(filepath.Join(home, "credentials"), []byte(credentials), 0o600))
	c.st.must(os.WriteFile(filepath.Join(home, "config"), []byte("[default]\nregion = eu-west-1\n[profile staging]\nregion = eu-west-1\n"), 0o600))

	for _, test := range []struct{ command, want string }{
		{"sts get-caller-identity", `"Arn": "arn:aws:iam::111111111111:user/operator"`},
		{"sts get-caller-identity --profile staging", "assumed-role/OrganizationAccountAccessRole/me"},
		{"sts get-session-token", `"SessionToken"`},
		{"sts get-access-key-info --access-key-id " + operator.AccessKeyID, managementAccount},
		{"organizations describe-organization", `"FeatureSet": "ALL"`},
		{"organizations list-accounts --query length(Accounts)", "26"},
		{"resourcegroupstaggingapi get-resources", "ResourceTagMappingList"},
		{"iam create-group --group-name admins", `"GroupName": "admins"`},
		{"iam create-user --user-name bob --tags Key=a,Value=b", `"UserName": "bob"`},
		{"iam add-user-to-group --group-name admins --user-name bob", ""},
		{"iam get-group --group-name admins", `"UserName": "bob"`},
		{"iam list-groups-for-user --user-name operator", `"Groups": []`},
		{"iam attach-group-policy --group-name admins --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess", ""},
		{"iam list-attached-group-policies --group-name admins", "ReadOnlyAccess"},
		{"iam create-access-key --user-name bob", `"SecretAccessKey"`},
		{"iam get-user", `"UserName": "operator"`},
		{"iam put-user-policy --user-name bob --policy-name p --policy-document " + allowAll, ""},
		{"iam list-user-policies --user-name bob", `"p"`},
		{"iam create-virtual-mfa-device --virtual-mfa-device-name bob --bootstrap-method Base32StringSeed --outfile seed", "mfa/bob"},
		{"iam simulate-principal-policy --policy-source-arn arn:aws:iam::111111111111:user/bob --action-names s3:GetObject", `"EvalDecision": "allowed"`},
		{"iam get-role --role-name " + bootstrapRole + " --profile staging", `"Effect": "Allow"`},
	} {
		if out := c.ok("aws", strings.Fields(test.command)...); !strings.Contains(out, test.want) {
			t.Errorf("%s: want %s in\n%s", test.command, test.want, out)
		}
	}
	c.refused(`\(NoSuchEntity\) when calling the GetUser operation: The user with name eve cannot be found\.`, "aws", "iam", "get-user", "--user-name", "eve")
	c.refused(`\(AccessDeniedException\).*You don't have permissions to access this resource`, "aws", "organizations", "list-accounts", "--profile", "staging")
	c.refused(`\(AccessDenied\).*is not authorized to perform: sts:AssumeRole on resource`, "aws", "sts", "assume-role",
		"--role-arn", bootstrapARN+"x", "--role-session-name", "me")
}
