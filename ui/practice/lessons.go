package practice

import (
	"cmp"
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/ui/learn"
)

// Lesson is what somebody who practices is told of the fault.
func (f Fault) Lesson() learn.Fault {
	var l lesson
	if i := slices.IndexFunc(lessons, func(l lesson) bool { return l.of == f.Diagnosis }); i >= 0 {
		l = lessons[i]
	}
	if i := slices.IndexFunc(quotes, func(q struct{ fault, says string }) bool { return q.fault == f.Name() }); i >= 0 {
		l.says = quotes[i].says
	}
	done := learn.Fault{
		Name: f.Name(), Text: f.About, Goal: cmp.Or(l.goal, "terraform plan works again in live/staging."), Says: l.says, Short: l.short, Hints: []string{l.look, l.try, f.About}, Fix: f.Diagnosis.Remedy,
	}
	done.Engine = slices.Contains(ofInit, f.Name())
	if slices.Contains(toFind, f.Name()) {
		done.Goal, done.Find = l.find, true
	}
	return done
}

// toFind are the faults that nobody who practices can remove.
var toFind = []string{
	"clock-skew", "credentials-missing", "credentials-missing-file", "environment-denied-scp", "key-invalid", "kms-not-found", "profile-missing",
	"provider-lock-file", "provider-unavailable", "signature-mismatch", "sso-expired", "state-format", "table-schema", "throttled", "token-expired",
	"wrong-account-keys",
}

// ofInit are the faults of a project that Terraform or OpenTofu has initialized.
var ofInit = []string{"backend-changed", "backend-not-initialized", "provider-lock-file", "provider-unavailable"}

// lesson is what all faults of a diagnosis have in common.
type lesson struct {
	of *diagnosis.Diagnosis
	// short is what it is listed as, in Terraform's words.
	short string
	// goal is empty where it is that a plan works again, and find the goal of a fault
	// whose cause is to be found.
	goal, find string
	// says is what Terraform 1.11 says, word for word but for what differs from run to run
	// ([quotes] has those of some faults of their own), look where to look, and try what to run there.
	says, look, try string
}

const inProfile = "Look at the profile admin_iam on this laptop: the backend and the provider name it."

// lessons is a list since the code that fills a map of texts takes more room than they do.
var lessons = []lesson{
	{
		diagnosis.CredentialsMissing, "No valid credential sources found", "", "Find out what Terraform looks for, and where the key has to come from.",
		"Error: No valid credential sources found", inProfile,
		"Run aws configure list --profile admin_iam: it says where each value comes from.",
	},
	{
		diagnosis.ProfileMissing, "Failed to get shared config profile", "", "Find out what is missing, and where the key has to come from.", "Error: failed to get shared config profile, admin_iam", "Compare two names: the profile in live/staging/backend.tf and the ones on this laptop.",
		"Run aws configure list-profiles, and grep profile live/staging/*.tf.",
	},
	{
		diagnosis.SSOExpired, "Refreshing the SSO token failed", "", "Find out how the profile signs in, and what has to be done in a browser.",
		"Error: No valid credential sources found Please see https://developer.hashicorp.com/terraform/language/backend/s3 for more information about providing credentials. Error: failed to refresh cached credentials, the SSO session has expired or is invalid: failed to read cached SSO token file, open …: no such file or directory", "Look at how the profile signs in: it holds no access key of its own.",
		"Run aws configure list --profile admin_iam, then read its section in the config file.",
	},
	{
		diagnosis.MFAProfile, "Assume role with MFA enabled", "", "", "Error: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set", "Look at what the profile asks of whoever uses it. Terraform cannot be asked.",
		"Read the section admin_iam in the config file, and look for mfa_serial.",
	},
	{
		diagnosis.TokenExpired, "ExpiredToken", "", "Find out which values are old, and who can give you new ones.",
		"Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, … api error ExpiredToken: The security token included in the request is expired", "The profile works like an entry pass: look for a value in it that has an end.",
		"Read the section admin_iam in the credentials file, and look for aws_session_token.",
	},
	{
		diagnosis.KeyInvalid, "InvalidClientTokenId", "", "Find out whether the key is there, active and whole, and who can give you a new one.",
		"Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, … api error InvalidClientTokenId: The security token included in the request is invalid.", "AWS does not know the key that Terraform sends. Look at the key, then at what is sent with it.",
		"Run aws sts get-caller-identity --profile admin_iam, then aws iam list-access-keys --user-name alice.",
	},
	{
		diagnosis.SignatureMismatch, "SignatureDoesNotMatch", "", "Find out which half of the key is wrong, and who can give you a new one.",
		"Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, … api error SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the …", "AWS knows the access key ID. The other half of the key is what signs.",
		"Compare the secret in the credentials file with the one that you were given.",
	},
	{
		diagnosis.ClockSkew, "RequestTimeTooSkewed", "", "Find out what AWS compares with the time in each request.",
		"Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, … api error SignatureDoesNotMatch: Signature expired: … is now earlier than … (… - 15 min.)", "The key is right. Look at this machine itself.",
		"Compare date -u with the Date header of any answer of AWS.",
	},
	{
		diagnosis.WrongAccount, "AWS account ID not allowed", "terraform init works again in live/staging, in the account that holds the state.", "Find out whose key the profile holds.",
		"Error: Invalid account ID AWS account ID not allowed: 111111111111", "Two accounts are mixed up. Look at which one the credentials belong to, and which one the files allow.",
		"Run aws sts get-caller-identity --profile admin_iam, and grep allowed_account_ids live/staging/*.tf.",
	},
	{
		diagnosis.AssumeRoleDenied, "Cannot assume IAM role", "", "", "Error: Cannot assume IAM Role with provider[\"registry.terraform.io/hashicorp/aws\"], on provider.tf line 1, in provider \"aws\": 1: provider \"aws\" { IAM Role (arn:aws:iam::222222222222:role/TerraformAdmin) cannot be assumed. There are a number of possible causes of this - the most common are: * The credentials used in order to assume the …",
		"Two policies have to agree: the group's, in the admin account, and the role's trust policy, in the environment.",
		"Run aws iam list-attached-group-policies --group-name admins, then aws iam get-role in the environment.",
	},
	{
		diagnosis.EnvironmentDenied, "AccessDenied while creating a bucket", "terraform apply makes a bucket in staging again.", "Find out who forbids it.",
		"Error: creating S3 Bucket (acme-app): operation error S3: CreateBucket, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:sts::222222222222:assumed-role/TerraformAdmin/… is not authorized to perform: s3:CreateBucket on resource: … because no identity-based policy allows the s3:CreateBucket action with …",
		"The role was assumed, so the way in works. Look at what the role may do, and at what its account may.",
		"In the environment: aws iam get-role-policy --role-name TerraformAdmin --policy-name terraform.",
	},
	{
		diagnosis.RegionWrong, "Requested bucket from another location", "", "", "Error: Failed to get existing workspaces: Unable to list objects in S3 bucket \"…\" with prefix \"env:/\": operation error S3: ListObjectsV2, https response error StatusCode: 301, … requested bucket from \"eu-north-1\", actual location \"eu-west-1\"", "The bucket is there, but somewhere else. Look at one argument of the backend.",
		"Run aws s3api get-bucket-location, and compare it with region in live/staging/backend.tf.",
	},
	{
		diagnosis.RegionInvalid, "Invalid AWS region", "", "", "Error: Invalid region value on backend.tf line 8, in terraform: 8: region = \"eu-west-11\" Invalid AWS Region: eu-west-11", "Look at region in the backend. It is not optional, and it is spelled exactly.",
		"Run grep region live/staging/backend.tf.",
	},
	{
		diagnosis.BucketMissing, "S3 bucket does not exist", "", "", "Error: Failed to get existing workspaces: S3 bucket \"terraform-state-111111111111-eu-west-1s\" does not exist. The referenced S3 bucket must have been previously created. If the S3 bucket was created within the last minute, please wait for a minute or two and try again. Error: operation error S3: ListObjectsV2, https response error …", "Compare two names: the bucket in the backend, and the ones that exist.",
		"Run aws s3 ls, and grep bucket live/staging/backend.tf.",
	},
	{
		diagnosis.S3ListDenied, "403 from S3, where there is no state", "terraform init works again in live/preprod, which has no state yet.", "",
		"Error: Error refreshing state: Unable to access object \"common/preprod\" in S3 bucket \"…\": operation error S3: HeadObject, https response error StatusCode: 403, … api error Forbidden: Forbidden", "A bucket and what is in it are two ARNs. Look at which one the group's policy names.",
		"Run stateroom policy state, or aws iam get-policy-version, and look at the statement ListStates.",
	},
	{
		diagnosis.S3HeadDenied, "403 from S3: HeadObject", "", "", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: HeadObject, https response error StatusCode: 403, … api error Forbidden: Forbidden", "Look at what alice may do with the state objects, and where she has it from.",
		"Run aws iam list-groups-for-user --user-name alice, then look at the policies of the group.",
	},
	{
		diagnosis.S3GetDenied, "403 from S3: GetObject", "", "", "Error: Error releasing the state lock Error message: failed to unlock S3: unable to retrieve file from S3 bucket '…' with key 'common/staging.tflock': operation error S3: GetObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:GetObject on …", "The state can be read. Look at what is beside it while Terraform runs: its lock file.",
		"Look at the statement LockWithFile of the group's state policy.",
	},
	{
		diagnosis.S3PutDenied, "403 from S3: PutObject", "", "", "Error: Error acquiring the state lock Error message: operation error S3: PutObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:PutObject on resource: … because no identity-based policy allows the s3:PutObject action unable to retrieve file …", "Reading works, and a plan writes no state. Look at what it does write: the lock file.",
		"Look at the statement LockWithFile of the group's state policy.",
	},
	{
		diagnosis.ExplicitDeny, "403 with an explicit deny", "terraform plan takes its lock again in live/staging.", "",
		"Error: Error acquiring the state lock Error message: operation error S3: PutObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:PutObject on resource: … with an explicit deny in a resource-based policy unable to retrieve file from S3 bucket …", "A Deny wins over every Allow. Look at the bucket's policy: which header does it want to see?",
		"Run aws s3api get-bucket-policy, and compare it with encrypt and kms_key_id in live/staging/backend.tf.",
	},
	{
		diagnosis.KMSDenied, "403 from KMS: Decrypt", "", "", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: kms:Decrypt on resource: … because no identity-based policy allows the …", "Whoever reads the state has to decrypt it. Look at both: the group's policy and the key's own.",
		"Look at UseStateKey in the group's state policy, then run aws kms get-key-policy --key-id alias/terraform.",
	},
	{
		diagnosis.KMSDisabled, "KMS.DisabledException", "", "", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 400, … api error KMS.DisabledException: arn:aws:kms:eu-west-1:111111111111:key/… is disabled.", "Nobody's permissions have changed. Look at the key itself.",
		"Run aws kms describe-key --key-id alias/terraform, and look at KeyState.",
	},
	{
		diagnosis.KMSPendingDeletion, "KMSInvalidStateException", "The key stays, and terraform plan works again in live/staging.", "",
		"Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 400, … api error KMS.KMSInvalidStateException: arn:aws:kms:eu-west-1:111111111111:key/… is pending deletion.", "Look at the key itself, and at a date. All states are lost on that day.",
		"Run aws kms describe-key --key-id alias/terraform, and look at DeletionDate.",
	},
	{
		diagnosis.KMSNotFound, "KMS.NotFoundException", "", "Find out what is lost, and where the next states can go.",
		"Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 400, … api error KMS.NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/…' does not exist", "Look at the key that the bucket and the backend name. No alias leads to it any more.",
		"Run aws kms list-keys, and compare it with kms_key_id in live/staging/backend.tf.",
	},
	{
		diagnosis.KMSIDInvalid, "Invalid KMS key ID", "", "", "Error: Invalid KMS Key ID", "Look at kms_key_id in the backend: what form does it want?",
		"Run grep kms_key_id live/staging/backend.tf: it takes an ID or an ARN, and no alias.",
	},
	{
		diagnosis.LockHeld, "Error acquiring the state lock", "The lock is free, and terraform plan works again in live/staging.", "",
		"Error: Error acquiring the state lock Error message: operation error S3: PutObject, https response error StatusCode: 412, … api error PreconditionFailed: At least one of the pre-conditions you specified did not hold Lock Info: ID: 33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f Path: …/common/staging Operation: OperationTypeApply Who: bob@laptop …", "Before anything else: who holds the lock, and since when?",
		"Read the lock's Who and Created, which Terraform prints. Then ask that person.",
	},
	{
		diagnosis.LockCorrupt, "Failed to unmarshal LockInfo", "", "", "Error: Error acquiring the state lock Error message: operation error S3: PutObject, https response error StatusCode: 412, … api error PreconditionFailed: At least one of the pre-conditions you specified did not hold failed to unmarshal JSON data into LockInfo struct: unexpected end of JSON input Terraform acquires a state lock to protect …", "Something is where the lock belongs, and it is not a lock. Look at what it holds.",
		"Run aws s3 cp s3://BUCKET/common/staging.tflock -, or look at the item in terraform_locks.",
	},
	{
		diagnosis.LockReleaseFailed, "Error releasing the state lock", "Locks can be taken and released again, and the one that is left is gone.", "",
		"Error: Error releasing the state lock", "The work was done; only the lock stayed. Releasing it takes a permission of its own: which action is it?",
		"Look at the statements LockWithFile and LockWithTable of the group's state policy.",
	},
	{
		diagnosis.TableMissing, "ResourceNotFoundException from DynamoDB", "", "", "Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, … ResourceNotFoundException: Requested resource not found Unable to retrieve item from DynamoDB table \"terraform_locks\": operation error DynamoDB: GetItem, https response error StatusCode: 400, …", "One of the two places for a lock answers. Look for the other.",
		"Run aws dynamodb list-tables, and compare it with dynamodb_table in live/staging/backend.tf.",
	},
	{
		diagnosis.TableSchema, "ValidationException from DynamoDB", "", "Find out which key the table has, and which one Terraform needs.",
		"Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, … api error ValidationException: One or more parameter values were invalid: Missing the key id in the item Unable to retrieve item from DynamoDB table \"terraform_locks\": operation error DynamoDB: GetItem, https …", "The table is there. Look at how it was made.",
		"Run aws dynamodb describe-table --table-name terraform_locks, and look at KeySchema.",
	},
	{
		diagnosis.TableDenied, "AccessDeniedException from DynamoDB", "", "", "Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, … api error AccessDeniedException: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: dynamodb:PutItem on resource: … because no identity-based policy allows the dynamodb:PutItem action …", "The lock in S3 is taken, the one in DynamoDB is not. Look at the table's name, then at the permissions on it.",
		"Run grep dynamodb_table live/staging/backend.tf, and look at LockWithTable in the group's state policy.",
	},
	{
		diagnosis.DigestMismatch, "State data does not have the expected content", "The state in the bucket is the right one, and terraform plan works again.", "",
		"Error: Error refreshing state: state data in S3 does not have the expected content. The checksum calculated for the state stored in S3 does not match the checksum stored in DynamoDB. Bucket: … Key: common/staging Calculated checksum: … Stored checksum: … This may be caused by unusually long delays in S3 processing a previous state …", "Two places say what the state is. Find out which one is right before you touch either.",
		"Run aws s3api list-object-versions, and compare the MD5 of the newest with the item BUCKET/KEY-md5.",
	},
	{
		diagnosis.StateNotSaved, "Failed to save state", "What was in errored.tfstate is in the bucket, and the group may write it again.", "",
		"Error: Failed to save state", "The resources are there, and the bucket does not know of them. Never apply again before it does.",
		"Look at errored.tfstate in live/staging, and at ReadAndWriteStates in the group's state policy.",
	},
	{
		diagnosis.StateFormat, "Unsupported state file format", "", "Find out which engine wrote the state.",
		"Error: Error refreshing state: Unsupported state file format: The state file uses format version 5, which is not supported by Terraform 1.11.4. This state file was created by Terraform 1.4.0.", "Nothing is damaged. Look at a number in the state.",
		"Run aws s3 cp s3://BUCKET/common/staging - and look at version and terraform_version.",
	},
	{
		diagnosis.BackendNotInitialized, "Backend initialization required", "", "", "Error: Backend initialization required, please run \"terraform init\"", "Nothing is broken. Look at what a clone does not bring along.",
		"Look for .terraform in live/staging.",
	},
	{
		diagnosis.BackendChanged, "Backend configuration changed", "", "", "Error: Backend configuration changed", "The backend is not what it was when init ran. Is the state in another place now, or only reached in another way?",
		"Compare live/staging/backend.tf with .terraform/terraform.tfstate there.",
	},
	{
		diagnosis.MigrationNeedsAnswer, "Error asking for state migration action", "The state of live/staging is in the bucket, and nothing of it is lost.", "",
		"Error: Can't ask approval for state migration when interactive input is disabled. Please remove the \"-input=false\" option and try again.", "There are two places for the state. Look at which one holds it.",
		"Look for terraform.tfstate in live/staging, and list the bucket.",
	},
	{
		diagnosis.ProviderUnavailable, "Failed to query available provider packages", "", "Find out which version is asked for, and which ones there are.",
		"Error: Failed to query available provider packages", "AWS is not at fault. Look at what the project asks of the registry.",
		"Run terraform version and grep -r version live/staging/*.tf.",
	},
	{
		diagnosis.ProviderLockFile, "Failed to install provider", "", "Find out where the right checksums come from.",
		"Error: Failed to install provider Error while installing hashicorp/aws v5.100.0: the local package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of the checksums previously recorded in the dependency lock file (this might be because the available checksums are for packages targeting different platforms); for more …", "Terraform compares what it gets with what it got before. Look at where that is written down.",
		"Run git log -p .terraform.lock.hcl in a repository of yours: here it was edited by hand.",
	},
	{
		diagnosis.ConfigInvalid, "Unsupported argument", "terraform validate accepts live/staging again.", "",
		"Error: Unsupported argument on provider.tf line 5, in provider \"aws\": 5: assume_role = { An argument named \"assume_role\" is not expected here. Did you mean to define a block of type \"assume_role\"?", "Nothing was asked of AWS yet. Look at the file and the line that Terraform names.",
		"Run terraform validate in live/staging, and compare: an argument has an equals sign, a block has none.",
	},
	{
		diagnosis.NetworkUnreachable, "Connection refused", "", "", "Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 1, https response error StatusCode: 0, … request send failed, Post \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused", "Look at the address in the message. Whose is it?",
		"Run grep -n endpoint live/staging/*.tf, and env | grep -i -e proxy -e endpoint.",
	},
	{
		diagnosis.TLSUntrusted, "Certificate signed by unknown authority", "", "", "Error: validating provider credentials: retrieving caller identity from STS: operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 1, https response error StatusCode: 0, … request send failed, Post \"https://127.0.0.1:…/\": tls: failed to verify certificate: x509: certificate signed by unknown authority", "Somebody between you and AWS shows a certificate of its own. Look at which way the requests go.",
		"Run env | grep -i proxy, and grep -n -e proxy -e ca_bundle live/staging/*.tf.",
	},
	{
		diagnosis.Throttled, "ThrottlingException", "", "Find out whose requests are too many.",
		"Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, exceeded maximum number of attempts, 1, https response error StatusCode: 400, … api error ThrottlingException: Rate exceeded Unable to retrieve item from DynamoDB table \"terraform_locks\": operation error DynamoDB: GetItem, exceeded maximum number of …", "Nothing is wrong with your permissions or files. Look at how busy the service is.",
		"Wait, then try again with terraform plan -parallelism=2.",
	},
}
