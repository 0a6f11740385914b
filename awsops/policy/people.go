package policy

// DenyAll is the ARN of AWS's managed policy that denies everything.
func DenyAll(partition string) string { return "arn:" + partition + ":iam::aws:policy/AWSDenyAll" }

// People is what an operator needs in the admin account, and no more, to hand
// keys over and to offboard people. IAM lists virtual devices for the whole
// account or not at all. Of all policies that could be attached to a user this
// lets the operator attach the one that denies everything.
func People(a OperatorAccess) Document {
	iam := "arn:" + a.Partition + ":iam::" + a.Account + ":"
	kms := "arn:" + a.Partition + ":kms:" + a.Region + ":" + a.Account + ":"
	users := []string{iam + "user/*"}
	document := Document{Version: Version2012, Statements: []Statement{
		{Sid: "HandOver", Actions: []string{
			"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys",
		}, Resources: users},
		{
			Sid: "DenyEverything", Actions: []string{"iam:AttachUserPolicy"}, Resources: users,
			Conditions: Conditions{"ArnEquals": {"iam:PolicyARN": {DenyAll(a.Partition)}}},
		},
		{Sid: "TakeRights", Actions: []string{
			"iam:DeleteLoginProfile", "iam:DeleteVirtualMFADevice", "iam:GetLoginProfile", "iam:ListAttachedUserPolicies",
			"iam:ListGroupsForUser", "iam:ListMFADevices", "iam:ListSSHPublicKeys", "iam:ListServiceSpecificCredentials",
			"iam:ListSigningCertificates", "iam:ListUserPolicies", "iam:RemoveUserFromGroup", "iam:SimulatePrincipalPolicy",
			"iam:UpdateAccessKey", "iam:UpdateSSHPublicKey", "iam:UpdateServiceSpecificCredential", "iam:UpdateSigningCertificate",
		}, Resources: []string{iam + "group/*", iam + "mfa/*", iam + "user/*"}},
		{Sid: "SeeDevices", Actions: []string{"iam:ListVirtualMFADevices"}, Resources: []string{"*"}},
		{Sid: "LeaveTheKey", Actions: []string{
			"kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListResourceTags", "kms:PutKeyPolicy",
		}, Resources: []string{kms + "key/*", kms + "alias/*"}},
		{Sid: "LeaveTheBucket", Actions: []string{
			"s3:GetBucketPolicy", "s3:GetBucketTagging", "s3:PutBucketPolicy",
		}, Resources: []string{"arn:" + a.Partition + ":s3:::" + a.Bucket}},
		{Sid: "LeaveTheRoles", Actions: []string{"sts:AssumeRole"}, Resources: []string{"arn:" + a.Partition + ":iam::*:role/" + a.Reach}},
		{Sid: "DeleteUsers", Actions: []string{
			"iam:DeactivateMFADevice", "iam:DeleteSSHPublicKey", "iam:DeleteServiceSpecificCredential", "iam:DeleteSigningCertificate",
			"iam:DeleteUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy",
		}, Resources: users},
	}}
	for i := range document.Statements {
		document.Statements[i].Effect = Allow
	}
	return document
}
