package policy

// People is what an operator needs in the admin account, and no more, to hand
// keys over and to offboard people. IAM lists virtual devices for the whole
// account or not at all.
func People(partition, account string) Document {
	iam := "arn:" + partition + ":iam::" + account + ":"
	return Document{Version: Version2012, Statements: []Statement{
		{Sid: "HandOver", Effect: Allow, Actions: []string{
			"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys",
		}, Resources: []string{iam + "user/*"}},
		{Sid: "TakeRights", Effect: Allow, Actions: []string{
			"iam:DeactivateMFADevice", "iam:DeleteLoginProfile", "iam:DeleteVirtualMFADevice", "iam:GetLoginProfile",
			"iam:ListGroupsForUser", "iam:ListMFADevices", "iam:RemoveUserFromGroup", "iam:UpdateAccessKey",
		}, Resources: []string{iam + "group/*", iam + "mfa/*", iam + "user/*"}},
		{Sid: "SeeDevices", Effect: Allow, Actions: []string{"iam:ListVirtualMFADevices"}, Resources: []string{"*"}},
		{Sid: "DeleteUsers", Effect: Allow, Actions: []string{
			"iam:DeleteSSHPublicKey", "iam:DeleteServiceSpecificCredential", "iam:DeleteSigningCertificate", "iam:DeleteUser",
			"iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:ListAttachedUserPolicies", "iam:ListSSHPublicKeys",
			"iam:ListServiceSpecificCredentials", "iam:ListSigningCertificates", "iam:ListUserPolicies",
		}, Resources: []string{iam + "user/*"}},
	}}
}
