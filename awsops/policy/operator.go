package policy

// OperatorAccess names what the operator works on: the answers of one blueprint.
type OperatorAccess struct {
	Partition string
	Account   string // the admin account
	Region    string // of the state
	Bucket    string
	Alias     string // of the state encryption key, with "alias/"
	Table     string // the DynamoDB lock table; empty: none
	// Tag is the key and Value the value of the tag on all that the blueprint makes.
	Tag, Value string
	// Reach are the roles (path and name, without the leading slash) through which the
	// environments' accounts are entered; empty where there is none to enter.
	Reach []string
	// Roles are the ARNs of the environment roles that the operator makes with rights of
	// its own, since the environment is the admin account itself.
	Roles []string
	// Administrators are the ARNs of the roles that administer the key. They are looked up.
	Administrators []string
	// Accounts says that accounts of environments are to be created.
	Accounts bool
}

// Operator is what whoever runs set-up needs in the admin account, and no more: to look
// at all that is inspected, to make what is missing and to repair what differs. In the
// environments' accounts the role that is entered does the work.
//
// It is narrowed by path, tag and iam:PolicyARN to what the blueprint makes, so that a
// slip of the hand touches nobody else's users, groups and keys. What was there before
// and is adopted has neither path nor tag, and is not in it.
func Operator(a OperatorAccess) Document {
	iam, kms, bucket := a.arn("iam", ""), a.arn("kms", a.Region), "arn:"+a.Partition+":s3:::"+a.Bucket
	group, own := iam+"group/stateroom/"+a.Bucket+"/*", iam+"policy/stateroom/*"
	d := Document{Version: Version2012}
	d.allow("LookAround", nil, []string{"*"}, "account:ListRegions", "iam:GetAccountSummary", "iam:ListPolicies", "kms:ListAliases", "kms:ListKeys",
		"organizations:DescribeOrganization", "organizations:ListAccounts", "s3:ListAllMyBuckets", "tag:GetResources")
	d.enter("EnterEnvironments", a)
	d.allow("ReadUsersAndGroups", nil, []string{iam + "group/*", iam + "user/*"}, "iam:GetAccessKeyLastUsed", "iam:GetGroup", "iam:GetUser",
		"iam:ListAccessKeys", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:ListMFADevices", "iam:SimulatePrincipalPolicy")
	d.allow("Groups", nil, []string{group}, "iam:AddUserToGroup", "iam:CreateGroup")
	d.allow("AttachOwnPolicies", Conditions{"ArnLike": {"iam:PolicyARN": {own}}}, []string{group}, "iam:AttachGroupPolicy", "iam:DetachGroupPolicy")
	d.allow("MakeUsers", a.asked(), []string{iam + "user/*"}, "iam:CreateUser", "iam:TagUser")
	d.allow("OwnUsers", a.tagged(), []string{iam + "user/*"}, "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:TagUser", "iam:UpdateAccessKey")
	d.allow("GroupPolicies", nil, []string{own}, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:GetPolicy",
		"iam:GetPolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy")
	d.allow("MakeKey", a.asked(), []string{"*"}, "kms:CreateKey")
	d.allow("TagNewKey", a.asked(), []string{kms + "key/*"}, "kms:TagResource")
	d.allow("ReadKeys", nil, []string{kms + "key/*", kms + "alias/*"}, "kms:DescribeKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
		"kms:GetKeyRotationStatus", "kms:ListResourceTags")
	d.allow("NameKey", nil, []string{kms + "key/*", kms + a.Alias}, "kms:CreateAlias")
	d.allow("OwnKey", a.tagged(), []string{kms + "key/*"}, "kms:CancelKeyDeletion", "kms:DisableKey", "kms:EnableKey", "kms:PutKeyPolicy",
		"kms:TagResource", "kms:UpdateKeyDescription")
	d.allow("Bucket", nil, []string{bucket}, "s3:CreateBucket", "s3:GetBucketAbac", "s3:GetBucketAcl", "s3:GetBucketObjectLockConfiguration",
		"s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:GetBucketVersioning",
		"s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListBucket", "s3:ListBucketVersions",
		"s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
		"s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:TagResource")
	d.allow("SeeWhetherAStateIsThere", nil, []string{bucket + "/*"}, "s3:GetObject", "s3:GetObjectVersion")
	if a.Table != "" {
		d.allow("LockTable", nil, []string{a.arn("dynamodb", a.Region) + "table/" + a.Table}, "dynamodb:CreateTable", "dynamodb:DescribeContinuousBackups",
			"dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable")
	}
	d.special(a)
	return d
}

// special is what not every blueprint needs.
func (d *Document) special(a OperatorAccess) {
	if len(a.Roles) > 0 {
		d.allow("RolesOfTheAdminAccount", nil, a.Roles, "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy",
			"iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy")
	}
	if len(a.Administrators) > 0 {
		d.allow("SeeTheKeysAdministrators", nil, a.Administrators, "iam:GetRole")
	}
	if a.Accounts {
		d.allow("CreateAccounts", nil, []string{"*"}, "organizations:CreateAccount", "organizations:DescribeCreateAccountStatus",
			"organizations:ListAWSServiceAccessForOrganization", "organizations:ListCreateAccountStatus", "organizations:TagResource")
	}
}

// People is what the operator needs besides to hand keys over and to see people off. Of
// all policies it lets the operator attach to a user only the one that denies
// everything. Without the last statement the rights are taken all the same, and the user
// stays.
func People(a OperatorAccess) Document {
	iam, kms, bucket := a.arn("iam", ""), a.arn("kms", a.Region), "arn:"+a.Partition+":s3:::"+a.Bucket
	users := []string{iam + "user/*"}
	d := Document{Version: Version2012}
	d.allow("ReadUsers", nil, users, "iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys")
	d.allow("HandOver", a.tagged(), users, "iam:CreateAccessKey", "iam:DeleteAccessKey")
	d.allow("DenyEverything", Conditions{"ArnEquals": {"iam:PolicyARN": {DenyAll(a.Partition)}}}, users, "iam:AttachUserPolicy")
	d.allow("TakeRights", nil, []string{iam + "group/*", iam + "mfa/*", iam + "user/*"}, "iam:DeleteLoginProfile", "iam:DeleteVirtualMFADevice",
		"iam:GetLoginProfile", "iam:ListAttachedUserPolicies", "iam:ListGroupsForUser", "iam:ListMFADevices", "iam:ListSSHPublicKeys",
		"iam:ListServiceSpecificCredentials", "iam:ListSigningCertificates", "iam:ListUserPolicies", "iam:RemoveUserFromGroup",
		"iam:SimulatePrincipalPolicy", "iam:UpdateAccessKey", "iam:UpdateSSHPublicKey", "iam:UpdateServiceSpecificCredential", "iam:UpdateSigningCertificate")
	d.allow("SeeDevices", nil, []string{"*"}, "iam:ListVirtualMFADevices")
	d.allow("ReadTheKey", nil, []string{kms + "key/*", kms + "alias/*"}, "kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListResourceTags")
	d.allow("LeaveTheKey", a.tagged(), []string{kms + "key/*"}, "kms:PutKeyPolicy")
	d.allow("LeaveTheBucket", nil, []string{bucket}, "s3:GetBucketPolicy", "s3:GetBucketTagging", "s3:PutBucketPolicy")
	d.enter("LeaveTheRoles", a)
	d.allow("DeleteUsers", nil, users, "iam:DeactivateMFADevice", "iam:DeleteSSHPublicKey", "iam:DeleteServiceSpecificCredential",
		"iam:DeleteSigningCertificate", "iam:DeleteUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy")
	return d
}

func (d *Document) allow(sid string, conditions Conditions, resources []string, actions ...string) {
	d.Statements = append(d.Statements, Statement{Sid: sid, Effect: Allow, Actions: actions, Resources: resources, Conditions: conditions})
}

// enter lets the operator assume the roles through which environments are entered.
func (d *Document) enter(sid string, a OperatorAccess) {
	var roles []string
	for _, role := range a.Reach {
		roles = append(roles, "arn:"+a.Partition+":iam::*:role/"+role)
	}
	if len(roles) > 0 {
		d.allow(sid, nil, roles, "sts:AssumeRole")
	}
}

// arn begins the ARNs of a service's resources in the admin account.
func (a OperatorAccess) arn(service, region string) string {
	return "arn:" + a.Partition + ":" + service + ":" + region + ":" + a.Account + ":"
}

// asked holds for what is made with the blueprint's tag, tagged for what carries it.
func (a OperatorAccess) asked() Conditions  { return a.tag("aws:RequestTag/") }
func (a OperatorAccess) tagged() Conditions { return a.tag("aws:ResourceTag/") }

func (a OperatorAccess) tag(of string) Conditions {
	return Conditions{"StringEquals": {of + a.Tag: {a.Value}}}
}
