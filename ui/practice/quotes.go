package practice

// quotes are what Terraform 1.11 says of the faults of which it says something else than of
// the other faults of their diagnosis. What differs from run to run is left out: …
var quotes = []struct{ fault, says string }{
	{"bucket-missing-deleted", "Error: Failed to get existing workspaces: S3 bucket \"terraform-state-111111111111-eu-west-1\" does not exist. The referenced S3 bucket must have been previously created. If the S3 bucket was created within the last minute, please wait for a minute or two and try again. Error: operation error S3: ListObjectsV2, https response error …"},
	{"config-invalid-block", "Error: Unsupported block type on backend.tf line 15, in terraform: 15: assume_role { Blocks of type \"assume_role\" are not expected here. Did you mean to define argument \"assume_role\"? If so, use the equals sign to assign it a value."},
	{"config-invalid-variable", "Error: Variables not allowed on backend.tf line 5, in terraform: 5: bucket = var.bucket Variables may not be used here."},
	{"environment-denied-scp", "Error: creating S3 Bucket (acme-app): operation error S3: CreateBucket, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:sts::222222222222:assumed-role/TerraformAdmin/… is not authorized to perform: s3:CreateBucket on resource: … with an explicit deny in a service control policy with aws_s3_bucket.app, on …"},
	{"kms-denied-deny", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: kms:Decrypt on resource: … with an explicit deny in a resource-based policy"},
	{"kms-denied-key-policy", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: GetObject, https response error StatusCode: 403, … api error AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: kms:Decrypt on resource: … because no resource-based policy allows the …"},
	{"lock-corrupt-table", "Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, … ConditionalCheckFailedException: The conditional request failed unexpected end of JSON input Terraform acquires a state lock to protect the state from being written by multiple users at the same time. Please …"},
	{"lock-held-table", "Error: Error acquiring the state lock Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, … ConditionalCheckFailedException: The conditional request failed Lock Info: ID: 33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f Path: …/common/staging Operation: OperationTypeApply Who: bob@laptop Version: 1.11.4 Created: …"},
	{"profile-missing-name", "Error: failed to get shared config profile, admin-iam"},
	{"region-invalid-missing", "Error: Missing region value on backend.tf line 4, in terraform: 4: backend \"s3\" { The \"region\" attribute or the \"AWS_REGION\" or \"AWS_DEFAULT_REGION\" environment variables must be set."},
	{"wrong-account-keys", "Error: Error refreshing state: Unable to access object \"common/staging\" in S3 bucket \"…\": operation error S3: HeadObject, https response error StatusCode: 403, … api error Forbidden: Forbidden"},
}
