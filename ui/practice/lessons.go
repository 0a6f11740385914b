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
	done := learn.Fault{
		Name: f.Name(), Text: f.About, Goal: cmp.Or(l.goal, "terraform plan works again in live/staging."), Says: l.says, Short: l.short, Hints: []string{l.look, l.try, f.About}, Fix: f.Diagnosis.Remedy,
	}
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

// lesson is what all faults of a diagnosis have in common.
type lesson struct {
	of *diagnosis.Diagnosis
	// short is what it is listed as, in Terraform's words.
	short string
	// goal is empty where it is that a plan works again, and find the goal of a fault
	// whose cause is to be found.
	goal, find string
	// says is a text of Terraform 1.11, look where to look, and try what to run there.
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
		"Error: refresh cached SSO token failed, unable to refresh SSO token", "Look at how the profile signs in: it holds no access key of its own.",
		"Run aws configure list --profile admin_iam, then read its section in the config file.",
	},
	{
		diagnosis.MFAProfile, "Assume role with MFA enabled", "", "", "Error: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set", "Look at what the profile asks of whoever uses it. Terraform cannot be asked.",
		"Read the section admin_iam in the config file, and look for mfa_serial.",
	},
	{
		diagnosis.TokenExpired, "ExpiredToken", "", "Find out which values are old, and who can give you new ones.",
		"Error: ExpiredToken: The security token included in the request is expired", "The profile works like an entry pass: look for a value in it that has an end.",
		"Read the section admin_iam in the credentials file, and look for aws_session_token.",
	},
	{
		diagnosis.KeyInvalid, "InvalidClientTokenId", "", "Find out whether the key is there, active and whole, and who can give you a new one.",
		"Error: InvalidClientTokenId: The security token included in the request is invalid.", "AWS does not know the key that Terraform sends. Look at the key, then at what is sent with it.",
		"Run aws sts get-caller-identity --profile admin_iam, then aws iam list-access-keys --user-name alice.",
	},
	{
		diagnosis.SignatureMismatch, "SignatureDoesNotMatch", "", "Find out which half of the key is wrong, and who can give you a new one.",
		"Error: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.", "AWS knows the access key ID. The other half of the key is what signs.",
		"Compare the secret in the credentials file with the one that you were given.",
	},
	{
		diagnosis.ClockSkew, "RequestTimeTooSkewed", "", "Find out what AWS compares with the time in each request.",
		"Error: RequestTimeTooSkewed: The difference between the request time and the current time is too large.", "The key is right. Look at this machine itself.",
		"Compare date -u with the Date header of any answer of AWS.",
	},
	{
		diagnosis.WrongAccount, "AWS account ID not allowed", "terraform init works again in live/staging, in the account that holds the state.", "Find out whose key the profile holds.",
		"Error: AWS account ID not allowed: 111111111111", "Two accounts are mixed up. Look at which one the credentials belong to, and which one the files allow.",
		"Run aws sts get-caller-identity --profile admin_iam, and grep allowed_account_ids live/staging/*.tf.",
	},
	{
		diagnosis.AssumeRoleDenied, "Cannot assume IAM role", "", "", "Error: Cannot assume IAM Role. api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/TerraformAdmin",
		"Two policies have to agree: the group's, in the admin account, and the role's trust policy, in the environment.",
		"Run aws iam list-attached-group-policies --group-name admins, then aws iam get-role in the environment.",
	},
	{
		diagnosis.EnvironmentDenied, "AccessDenied while creating a bucket", "terraform apply makes a bucket in staging again.", "Find out who forbids it.",
		"Error: creating S3 Bucket: api error AccessDenied: User: arn:aws:sts::222222222222:assumed-role/TerraformAdmin/s is not authorized to perform: s3:CreateBucket, with aws_s3_bucket.this, on main.tf line 1, in resource \"aws_s3_bucket\" \"this\"",
		"The role was assumed, so the way in works. Look at what the role may do, and at what its account may.",
		"In the environment: aws iam get-role-policy --role-name TerraformAdmin --policy-name terraform.",
	},
	{
		diagnosis.RegionWrong, "Requested bucket from another location", "", "", "Error: requested bucket from \"us-east-1\", actual location \"eu-west-1\"", "The bucket is there, but somewhere else. Look at one argument of the backend.",
		"Run aws s3api get-bucket-location, and compare it with region in live/staging/backend.tf.",
	},
	{
		diagnosis.RegionInvalid, "Invalid AWS region", "", "", "Error: Invalid region value: invalid AWS region: eu-west-11", "Look at region in the backend. It is not optional, and it is spelled exactly.",
		"Run grep region live/staging/backend.tf.",
	},
	{
		diagnosis.BucketMissing, "S3 bucket does not exist", "", "", "Error: S3 bucket \"terraform-state-111111111111-eu-west-1s\" does not exist.", "Compare two names: the bucket in the backend, and the ones that exist.",
		"Run aws s3 ls, and grep bucket live/staging/backend.tf.",
	},
	{
		diagnosis.S3ListDenied, "403 from S3: ListObjectsV2", "terraform init works again in live/preprod, which has no state yet.", "",
		"Error: operation error S3: ListObjectsV2, https response error StatusCode: 403, AccessDenied", "A bucket and what is in it are two ARNs. Look at which one the group's policy names.",
		"Run stateroom policy state, or aws iam get-policy-version, and look at the statement ListStates.",
	},
	{
		diagnosis.S3HeadDenied, "403 from S3: HeadObject", "", "", "Error: operation error S3: HeadObject, https response error StatusCode: 403, Forbidden", "Look at what alice may do with the state objects, and where she has it from.",
		"Run aws iam list-groups-for-user --user-name alice, then look at the policies of the group.",
	},
	{
		diagnosis.S3GetDenied, "403 from S3: GetObject", "", "", "Error: operation error S3: GetObject, https response error StatusCode: 403, AccessDenied: not authorized to perform: s3:GetObject", "The state can be read. Look at what is beside it while Terraform runs: its lock file.",
		"Look at the statement LockWithFile of the group's state policy.",
	},
	{
		diagnosis.S3PutDenied, "403 from S3: PutObject", "", "", "Error: operation error S3: PutObject, https response error StatusCode: 403, AccessDenied: not authorized to perform: s3:PutObject", "Reading works, and a plan writes no state. Look at what it does write: the lock file.",
		"Look at the statement LockWithFile of the group's state policy.",
	},
	{
		diagnosis.ExplicitDeny, "403 with an explicit deny", "terraform plan takes its lock again in live/staging.", "",
		"Error: api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: s3:PutObject with an explicit deny in a resource-based policy", "A Deny wins over every Allow. Look at the bucket's policy: which header does it want to see?",
		"Run aws s3api get-bucket-policy, and compare it with encrypt and kms_key_id in live/staging/backend.tf.",
	},
	{
		diagnosis.KMSDenied, "403 from KMS: Decrypt", "", "", "Error: api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: kms:Decrypt on the resource", "Whoever reads the state has to decrypt it. Look at both: the group's policy and the key's own.",
		"Look at UseStateKey in the group's state policy, then run aws kms get-key-policy --key-id alias/terraform.",
	},
	{
		diagnosis.KMSDisabled, "KMS.DisabledException", "", "", "Error: api error KMS.DisabledException: arn:aws:kms:eu-west-1:111111111111:key/1 is disabled.", "Nobody's rights have changed. Look at the key itself.",
		"Run aws kms describe-key --key-id alias/terraform, and look at KeyState.",
	},
	{
		diagnosis.KMSPendingDeletion, "KMSInvalidStateException", "The key stays, and terraform plan works again in live/staging.", "",
		"Error: KMSInvalidStateException: arn:aws:kms:eu-west-1:111111111111:key/1 is pending deletion.", "Look at the key itself, and at a date. All states are lost on that day.",
		"Run aws kms describe-key --key-id alias/terraform, and look at DeletionDate.",
	},
	{
		diagnosis.KMSNotFound, "KMS.NotFoundException", "", "Find out what is lost, and where the next states can go.",
		"Error: KMS.NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/1' does not exist", "Look at the key that the bucket and the backend name. No alias leads to it any more.",
		"Run aws kms list-keys, and compare it with kms_key_id in live/staging/backend.tf.",
	},
	{
		diagnosis.KMSIDInvalid, "Invalid KMS key ID", "", "", "Error: Invalid KMS Key ID", "Look at kms_key_id in the backend: what form does it want?",
		"Run grep kms_key_id live/staging/backend.tf: it takes an ID or an ARN, and no alias.",
	},
	{
		diagnosis.LockHeld, "Error acquiring the state lock", "The lock is free, and terraform plan works again in live/staging.", "",
		"Error: Error acquiring the state lock\n\nError message: operation error S3: PutObject, https response error StatusCode: 412, PreconditionFailed", "Before anything else: who holds the lock, and since when?",
		"Read the lock's Who and Created, which Terraform prints. Then ask that person.",
	},
	{
		diagnosis.LockCorrupt, "Failed to unmarshal LockInfo", "", "", "Error: Error acquiring the state lock: failed to unmarshal JSON data into LockInfo struct: unexpected end of JSON input", "Something is where the lock belongs, and it is not a lock. Look at what it holds.",
		"Run aws s3 cp s3://BUCKET/common/staging.tflock -, or look at the item in terraform_locks.",
	},
	{
		diagnosis.LockReleaseFailed, "Error releasing the state lock", "Locks can be taken and released again, and the one that is left is gone.", "",
		"Error: Error releasing the state lock", "The work was done; only the lock stayed. To release it is a right of its own: which action is it?",
		"Look at the statements LockWithFile and LockWithTable of the group's state policy.",
	},
	{
		diagnosis.TableMissing, "ResourceNotFoundException from DynamoDB", "", "", "Error: Error acquiring the state lock: operation error DynamoDB: PutItem, ResourceNotFoundException: Requested resource not found", "One of the two places for a lock answers. Look for the other.",
		"Run aws dynamodb list-tables, and compare it with dynamodb_table in live/staging/backend.tf.",
	},
	{
		diagnosis.TableSchema, "ValidationException from DynamoDB", "", "Find out which key the table has, and which one Terraform needs.",
		"Error: Error acquiring the state lock: ValidationException: One or more parameter values were invalid: Missing the key ID in the item", "The table is there. Look at how it was made.",
		"Run aws dynamodb describe-table --table-name terraform_locks, and look at KeySchema.",
	},
	{
		diagnosis.TableDenied, "AccessDeniedException from DynamoDB", "", "", "Error: Error acquiring the state lock: AccessDeniedException: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: dynamodb:PutItem", "The lock in S3 is taken, the one in DynamoDB is not. Look at the table's name, then at the rights on it.",
		"Run grep dynamodb_table live/staging/backend.tf, and look at LockWithTable in the group's state policy.",
	},
	{
		diagnosis.DigestMismatch, "State data does not have the expected content", "The state in the bucket is the right one, and terraform plan works again.", "",
		"Error: state data in S3 does not have the expected content.", "Two places say what the state is. Find out which one is right before you touch either.",
		"Run aws s3api list-object-versions, and compare the MD5 of the newest with the item BUCKET/KEY-md5.",
	},
	{
		diagnosis.StateNotSaved, "Failed to save state", "What was in errored.tfstate is in the bucket, and the group may write it again.", "",
		"Error: Failed to save state", "The resources are there, and the bucket does not know of them. Never apply again before it does.",
		"Look at errored.tfstate in live/staging, and at ReadAndWriteStates in the group's state policy.",
	},
	{
		diagnosis.StateFormat, "Unsupported state file format", "", "Find out which engine wrote the state.",
		"Error: Error loading the state: unsupported state file format: The state file uses format version 5, which is not supported", "Nothing is damaged. Look at a number in the state.",
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
		"Error: Error asking for state migration action: input is disabled", "There are two places for the state. Look at which one holds it.",
		"Look for terraform.tfstate in live/staging, and list the bucket.",
	},
	{
		diagnosis.ProviderUnavailable, "Failed to query available provider packages", "", "Find out which version is asked for, and which ones there are.",
		"Error: Failed to query available provider packages", "AWS is not at fault. Look at what the project asks of the registry.",
		"Run terraform version and grep -r version live/staging/*.tf.",
	},
	{
		diagnosis.ProviderLockFile, "Failed to install provider", "", "Find out where the right checksums come from.",
		"Error: Failed to install provider: the local package does not match any of the checksums recorded in the dependency lock file", "Terraform compares what it gets with what it got before. Look at where that is written down.",
		"Run git log -p .terraform.lock.hcl in a repository of yours: here it was edited by hand.",
	},
	{
		diagnosis.ConfigInvalid, "Unsupported argument", "terraform validate accepts live/staging again.", "",
		"Error: Unsupported argument\n\n  on provider.tf line 4, in provider \"aws\":\n\nAn argument named \"assume_role\" is not expected here. Did you mean to define a block of type \"assume_role\"?", "Nothing was asked of AWS yet. Look at the file and the line that Terraform names.",
		"Run terraform validate in live/staging, and compare: an argument has an equals sign, a block has none.",
	},
	{
		diagnosis.NetworkUnreachable, "Connection refused", "", "", "Error: operation error S3: HeadObject, dial tcp 127.0.0.1:1: connect: connection refused", "Look at the address in the message. Whose is it?",
		"Run grep -n endpoint live/staging/*.tf, and env | grep -i -e proxy -e endpoint.",
	},
	{
		diagnosis.TLSUntrusted, "Certificate signed by unknown authority", "", "", "Error: tls: failed to verify certificate: x509: certificate signed by unknown authority", "Somebody between you and AWS shows a certificate of its own. Look at which way the requests go.",
		"Run env | grep -i proxy, and grep -n -e proxy -e ca_bundle live/staging/*.tf.",
	},
	{
		diagnosis.Throttled, "ThrottlingException", "", "Find out whose requests are too many.",
		"Error: ThrottlingException: Rate exceeded", "Nothing is wrong with your rights or files. Look at how busy the service is.",
		"Wait, then try again with terraform plan -parallelism=2.",
	},
}
