package awsops

// grantsNothing are the mutating operations that give nobody access to anything
// that was closed to them: they make what nobody can reach yet, take something
// away, or set what has no say in access. Whatever is not listed may give some.
var grantsNothing = map[string]bool{
	"dynamodb/CreateTable": true, "dynamodb/DeleteItem": true, "dynamodb/PutItem": true, "dynamodb/TagResource": true,
	"dynamodb/UpdateContinuousBackups": true, "dynamodb/UpdateTable": true,

	"iam/CreateGroup": true, "iam/CreatePolicy": true, "iam/CreateVirtualMFADevice": true, "iam/EnableMFADevice": true,
	"iam/DeleteAccessKey": true, "iam/DeleteLoginProfile": true, "iam/DeletePolicyVersion": true, "iam/DeleteSSHPublicKey": true,
	"iam/DeleteServiceSpecificCredential": true, "iam/DeleteSigningCertificate": true, "iam/DeleteUser": true,
	"iam/DeleteVirtualMFADevice": true, "iam/RemoveUserFromGroup": true,
	"iam/TagPolicy": true, "iam/TagRole": true, "iam/TagUser": true,

	"kms/CreateAlias": true, "kms/EnableKeyRotation": true, "kms/TagResource": true, "kms/UpdateKeyDescription": true,

	"s3/CopyObject": true, "s3/CreateBucket": true, "s3/DeleteObject": true, "s3/PutBucketEncryption": true,
	"s3/PutBucketLifecycleConfiguration": true, "s3/PutBucketOwnershipControls": true, "s3/PutBucketTagging": true,
	"s3/PutBucketVersioning": true, "s3/PutPublicAccessBlock": true,

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
