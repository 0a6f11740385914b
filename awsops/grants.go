package awsops

// grantsNothing are the mutating operations that give nobody access to anything
// that was closed to them: they make what nobody can reach yet, take something
// away, or set what has no say in access. Whatever is not listed may give some:
// tags and aliases, too, since policies may go by them (aws:PrincipalTag,
// aws:ResourceTag, kms:ResourceAliases), and so whatever is made with tags.
var grantsNothing = map[string]bool{
	"dynamodb/DeleteItem": true, "dynamodb/PutItem": true,
	"dynamodb/UpdateContinuousBackups": true, "dynamodb/UpdateTable": true,

	"iam/CreateGroup": true, "iam/CreateVirtualMFADevice": true, "iam/EnableMFADevice": true,
	"iam/DeleteAccessKey": true, "iam/DeleteLoginProfile": true, "iam/DeletePolicyVersion": true, "iam/DeleteSSHPublicKey": true,
	"iam/DeleteServiceSpecificCredential": true, "iam/DeleteSigningCertificate": true, "iam/DeleteUser": true,
	"iam/DeleteVirtualMFADevice": true, "iam/RemoveUserFromGroup": true,

	"kms/EnableKeyRotation": true, "kms/UpdateKeyDescription": true,

	"s3/CopyObject": true, "s3/DeleteObject": true, "s3/PutBucketEncryption": true,
	"s3/PutBucketLifecycleConfiguration": true, "s3/PutBucketOwnershipControls": true, "s3/PutBucketVersioning": true, "s3/PutPublicAccessBlock": true,

	"sts/GetSessionToken": true,
}

// MayGrant tells whether the call may give somebody access: what it does is for
// whoever knows what was there before to judge.
func (c Call) MayGrant() bool {
	if !c.Mutating() || grantsNothing[c.Service+"/"+c.Operation] {
		return false
	}
	return lookupPath(c.Input, "Status") != "Inactive" // of a key or a certificate
}
