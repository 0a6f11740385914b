package sandbox

import (
	"crypto/sha512"
	"encoding/base32"
	"time"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// iamCatalog holds AWS's own managed policies by ARN.
type iamCatalog map[string]*managedPolicy

// awsPolicies are the managed policies of AWS that the article, the blueprint's
// choices and people's own groups name most; path and name to document. The
// read-only ones are cut to the services of the sandbox.
var awsPolicies = []struct{ path, name, text string }{
	{"/", "AdministratorAccess", allowAll},
	{"/", "AWSDenyAll", `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}`},
	{"/", "PowerUserAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]}`},
	{"/", "ReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["account:Get*","account:List*","dynamodb:BatchGet*","dynamodb:Describe*","dynamodb:Get*","dynamodb:List*","dynamodb:Query","dynamodb:Scan","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","organizations:Describe*","organizations:List*","s3:Describe*","s3:Get*","s3:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","tag:Get*"],"Resource":"*"}]}`},
	{"/job-function/", "ViewOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:DescribeLimits","dynamodb:DescribeTable","dynamodb:List*","iam:GetAccountSummary","iam:List*","kms:ListAliases","kms:ListKeys","organizations:List*","s3:ListAllMyBuckets","s3:ListBucket"],"Resource":"*"}]}`},
	{"/", "SecurityAudit", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:Describe*","dynamodb:ListTables","iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","organizations:Describe*","organizations:List*","s3:GetBucket*","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration","s3:ListAllMyBuckets","s3:ListBucket"],"Resource":"*"}]}`},
	{"/", "IAMFullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}`},
	{"/", "IAMReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}`},
	{"/", "AmazonS3FullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}`},
	{"/", "AmazonS3ReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*"],"Resource":"*"}]}`},
	{"/", "AmazonDynamoDBFullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:*"],"Resource":"*"}]}`},
	{"/", "AWSKeyManagementServicePowerUser", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:CreateAlias","kms:CreateKey","kms:DeleteAlias","kms:Describe*","kms:GenerateRandom","kms:Get*","kms:List*","kms:TagResource","kms:UntagResource","iam:ListGroups","iam:ListRoles","iam:ListUsers"],"Resource":"*"}]}`},
	{"/", "AWSOrganizationsFullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["organizations:*"],"Resource":"*"}]}`},
	{"/", "AWSOrganizationsReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["organizations:Describe*","organizations:List*"],"Resource":"*"}]}`},
	{"/", "IAMUserChangePassword", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]}`},
}

func newIAMCatalog(in *partition, now time.Time) iamCatalog {
	out := iamCatalog{}
	for _, known := range awsPolicies {
		sum := sha512.Sum512([]byte(known.name))
		p := &managedPolicy{
			id:  "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17],
			arn: in.arn("iam", "", "aws", "policy"+known.path+known.name), path: known.path, name: known.name, created: now, next: 1,
		}
		p.add(in.rewrite(known.text), true, now, now)
		out[p.arn] = p
	}
	return out
}
