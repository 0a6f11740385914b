package policy

// OperatorAccess names what the operator sets up.
type OperatorAccess struct {
	Partition string
	Account   string // the admin account
	Region    string // of the state
	Bucket    string
	Table     string // the DynamoDB lock table; empty: none
	// Reach is the role (path and name, no leading slash) through which the
	// environments' accounts are entered.
	Reach string
	// Accounts lets the operator create the environments' accounts, too.
	Accounts bool
}

// Operator is what the person who runs set-up needs in the admin account and
// no more: to look at everything that is inspected, to make what is missing,
// and to repair what differs. In the environments' accounts the reach role does
// the work. Statements that can name their resources do.
//
// KMS has no resource to name for a key that does not exist yet, and IAM's
// policy and user names are the blueprint's; both are held to the account.
func Operator(a OperatorAccess) Document {
	iam := "arn:" + a.Partition + ":iam::" + a.Account + ":"
	bucket := "arn:" + a.Partition + ":s3:::" + a.Bucket
	statements := []Statement{
		{Sid: "LookAround", Actions: lookAround(a.Accounts), Resources: []string{"*"}},
		{Sid: "EnterEnvironments", Actions: []string{"sts:AssumeRole"}, Resources: []string{"arn:" + a.Partition + ":iam::*:role/" + a.Reach}},
		{Sid: "UsersAndGroups", Actions: []string{
			"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:CreateAccessKey", "iam:CreateGroup", "iam:CreateUser",
			"iam:DeleteAccessKey", "iam:DetachGroupPolicy", "iam:GetAccessKeyLastUsed", "iam:GetGroup", "iam:GetUser", "iam:ListAccessKeys",
			"iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:SimulatePrincipalPolicy", "iam:TagUser", "iam:UpdateAccessKey",
		}, Resources: []string{iam + "group/*", iam + "user/*"}},
		{Sid: "GroupPolicies", Actions: []string{
			"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion",
			"iam:ListPolicyVersions", "iam:TagPolicy",
		}, Resources: []string{iam + "policy/stateroom/*"}},
		{Sid: "Key", Actions: []string{
			"kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
			"kms:ListResourceTags", "kms:PutKeyPolicy", "kms:TagResource", "kms:UpdateKeyDescription",
		}, Resources: []string{
			"arn:" + a.Partition + ":kms:" + a.Region + ":" + a.Account + ":key/*",
			"arn:" + a.Partition + ":kms:" + a.Region + ":" + a.Account + ":alias/*",
		}},
		{Sid: "Bucket", Actions: []string{
			"s3:CreateBucket", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
			"s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration",
			"s3:GetLifecycleConfiguration", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
			"s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
			"s3:PutLifecycleConfiguration", "s3:TagResource",
		}, Resources: []string{bucket}},
	}
	statements = append(statements, Statement{
		Sid: "SeeWhetherAStateIsThere", Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: []string{bucket + "/*"},
	})
	if a.Table != "" {
		statements = append(statements, Statement{
			Sid: "LockTable", Actions: []string{
				"dynamodb:CreateTable", "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable",
				"dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable",
			},
			Resources: []string{"arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table},
		})
	}
	for i := range statements {
		statements[i].Effect = Allow
	}
	return Document{Version: Version2012, Statements: statements}
}

// lookAround are the actions that AWS grants on every resource or none.
func lookAround(accounts bool) []string {
	actions := []string{
		"account:ListRegions", "iam:ListPolicies", "kms:CreateKey", "kms:ListAliases", "kms:ListKeys",
		"organizations:DescribeOrganization", "organizations:ListAccounts", "s3:ListAllMyBuckets", "tag:GetResources",
	}
	if accounts {
		actions = append(actions, "organizations:CreateAccount", "organizations:DescribeCreateAccountStatus",
			"organizations:ListAWSServiceAccessForOrganization", "organizations:ListCreateAccountStatus", "organizations:TagResource")
	}
	return actions
}
