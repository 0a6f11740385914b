package policy

// OwnCredentials lets the members of a group see themselves, manage their own access
// keys and MFA devices, without which nobody could rotate a key, and ask what they may do.
//
// aws:username is the name without the path, while a user's ARN has the path,
// so there are two forms of each resource. The second, with a wildcard for the
// path, reaches nobody else: a name holds no "/" and is unique in an account
// whatever its path. A role session has no aws:username and gets nothing.
//
// Listing virtual devices cannot be narrowed to one user (IAM, "Actions,
// resources, and condition keys"), and DeactivateMFADevice asks for the second
// factor, so that a stolen key alone cannot remove it.
func OwnCredentials(partition string) Document {
	users := own(partition, "user")
	return Document{Version: Version2012, Statements: []Statement{{
		Sid:    "ManageOwnAccessKeys",
		Effect: Allow,
		Actions: []string{
			"iam:GetUser", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed",
			"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey",
			"iam:SimulatePrincipalPolicy",
		},
		Resources: users,
	}, {
		Sid:       "EnrolOwnMFA",
		Effect:    Allow,
		Actions:   []string{"iam:ListMFADevices", "iam:EnableMFADevice", "iam:ResyncMFADevice"},
		Resources: users,
	}, {
		Sid:       "MakeOwnVirtualMFA",
		Effect:    Allow,
		Actions:   []string{"iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"},
		Resources: []string{"arn:" + partition + ":iam::*:mfa/${aws:username}"},
	}, {
		Sid:        "RemoveOwnMFAWithMFA",
		Effect:     Allow,
		Actions:    []string{"iam:DeactivateMFADevice"},
		Resources:  users,
		Conditions: Conditions{"Bool": {"aws:MultiFactorAuthPresent": {"true"}}},
	}}}
}

func own(partition, kind string) []string {
	prefix := "arn:" + partition + ":iam::*:" + kind + "/"
	return []string{prefix + "${aws:username}", prefix + "*/${aws:username}"}
}
