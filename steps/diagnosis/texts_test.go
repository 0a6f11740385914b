package diagnosis

// sample is an error as an engine words it, before it is wrapped and boxed.
type sample struct {
	id, summary, detail string
}

const (
	person = "arn:aws:iam::111111111111:user/ann"
	tail16 = ", RequestID: 91F11B60E33DD51A, HostID: Dl2TRE87ABvUrgDOngu370uxr1t4rIkh9BEdbeDLN2ComnaeGscgspYHoFpoprQ4x+EeYaEf/fs=, "
	tail15 = " status code: 403, request id: 91F11B60E33DD51A, host id: Dl2TRE87ABvUrgDOngu370uxr1t4rIkh9BEdbeDLN2ComnaeGscgspYHoFpoprQ4x+EeYaEf/fs="
	stateK = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	lockIs = "Lock Info: ID: 33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f Path: states/app.tfstate Operation: OperationTypeApply Who: ann@host Version: 1.11.4 Created: 2026-11-23 10:00:00.1 +0000 UTC Info: Terraform acquires a state lock to protect the state"
)

func denied(action, resource, reason string) string {
	return "User: " + person + " is not authorized to perform: " + action + " on resource: " + resource + " " + reason
}

func s3Denied(op, message string) string {
	return "operation error S3: " + op + ", https response error StatusCode: 403" + tail16 + "api error AccessDenied: " + message
}

// samples has at least one text for every id, and both wordings where the
// engines changed theirs.
var samples = []sample{
	{"config-invalid", "Unsupported argument", `An argument named "assume_rol" is not expected here. Did you mean "assume_role"?`},
	{"config-invalid", "Unsupported block type", `Blocks of type "assume_role" are not expected here. Did you mean to define argument "assume_role"?`},
	{"config-invalid", "Variables not allowed", "Variables may not be used here."},
	{"provider-lock-file", "Inconsistent dependency lock file", "The following dependency selections recorded in the lock file are inconsistent with the current configuration: - provider registry.terraform.io/hashicorp/aws: required by this configuration but no version is selected"},
	{"migration-needs-answer", "Error asking for state migration action", "input is disabled"},
	{"backend-changed", "Backend configuration changed", "A change in the backend configuration has been detected, which may require migrating existing state."},
	{"backend-changed", `Backend initialization required, please run "terraform init"`, "Reason: Backend configuration block has changed The \"backend\" is the interface that Terraform uses to store state"},
	{"state-format", "Error loading state", "The state file uses format version 5, which is not supported by Terraform 1.11.4."},
	{"state-format", "Error refreshing state", "state snapshot was created by Terraform v1.15.0, which is newer than current v1.11.4; upgrade to Terraform v1.15.0 or greater to work with this state"},
	{"state-format", "Failed to load the backend state file: invalid syntax: unexpected end of JSON input", ""}, // Terraform 1.16
	{"state-format", "Failed to load the backend state file: unsupported backend state version 9; you may need to use Terraform CLI v1.16.0 to work in this directory", ""},
	{"state-format", "Failed to load state: decoding CLI state file version failed: unexpected end of JSON input", ""}, // OpenTofu 1.12
	{"state-format", "Failed to load state: opentofu 1.12.6 does not support CLI state version 9, please update", ""},
	{"state-format", "Failed to load state: Terraform 1.5.7 does not support state version 9, please update.", ""},
	{"sso-expired", "No valid credential sources found", "Please see https://developer.hashicorp.com/terraform/language/backend/s3 for more information about providing credentials. Error: failed to refresh cached credentials, the SSO session has expired or is invalid: open /home/ann/.aws/sso/cache/x.json: no such file or directory"},
	{"mfa-profile", "No valid credential sources found", "Error: assume role with MFA enabled, but AssumeRoleTokenProvider session option not set."},
	{"profile-missing", "No valid credential sources found", "Error: failed to get shared config profile, admin_iam"},
	{"profile-missing", `error configuring S3 Backend: no valid credential sources for S3 Backend found.`, "Please see https://www.terraform.io/docs/language/settings/backends/s3.html Error: failed to get shared config profile, admin_iam"},
	{"profile-missing", "error fetching config from profile, admin_iam, failed to load max_attempts from shared config, invalid value max_attempts=abc, expect integer", ""}, // Terraform 1.11.4
	{"clock-skew", "Retrieving AWS account details", "operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, api error SignatureDoesNotMatch: Signature expired: 20261123T080000Z is now earlier than 20261123T100000Z"},
	{"clock-skew", "Failed to get existing workspaces", "RequestTimeTooSkewed: The difference between the request time and the current time is too large." + tail15},
	{"signature-mismatch", "error configuring S3 Backend", "error validating provider credentials: error calling sts:GetCallerIdentity: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. status code: 403, request id: 1"},
	{"token-expired", "Retrieving AWS account details", "operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, api error ExpiredToken: The security token included in the request is expired"},
	{"key-invalid", "validating provider credentials", "retrieving caller identity from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, api error InvalidClientTokenId: The security token included in the request is invalid."},
	{"key-invalid", "Failed to get existing workspaces", "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records." + tail15},
	{"credentials-missing", "No valid credential sources found", "Please see https://developer.hashicorp.com/terraform/language/backend/s3 for more information about providing credentials. Error: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded"},
	{"credentials-missing", "error configuring S3 Backend: no valid credential sources for S3 Backend found.", "Please see https://www.terraform.io/docs for more information about providing credentials."},
	{"credentials-missing", `Error configuring the backend "s3": No valid credential sources found for AWS Provider.`, "Please see https://terraform.io/docs/providers/aws/index.html for more information on providing credentials for the AWS Provider"},
	{"assume-role-denied", "Cannot assume IAM Role", "IAM Role (arn:aws:iam::222222222222:role/admin) cannot be assumed. There are a number of possible causes of this - the most common are: * The credentials used in order to assume the role are invalid Error: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: " + denied("sts:AssumeRole", "arn:aws:iam::222222222222:role/admin", "")},
	{"assume-role-denied", "No valid credential sources found", "Error: operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: " + denied("sts:AssumeRole", "arn:aws:iam::222222222222:role/admin", "")},
	{"wrong-account", "AWS account ID not allowed: 333333333333", ""},
	{"environment-denied", "creating EC2 VPC", "operation error EC2: CreateVpc, https response error StatusCode: 403, RequestID: 1, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::222222222222:assumed-role/admin/x is not authorized to perform: ec2:CreateVpc on resource: arn:aws:ec2:eu-west-1:222222222222:vpc/* because no identity-based policy allows the ec2:CreateVpc action with aws_vpc.main, on main.tf line 3, in resource \"aws_vpc\" \"main\":"},
	{"environment-denied", "creating S3 Bucket (app)", s3Denied("CreateBucket", "User: arn:aws:sts::222222222222:assumed-role/admin/x is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::app\" with an explicit deny in a service control policy") + ` with aws_s3_bucket.app, on main.tf line 3, in resource "aws_s3_bucket" "app":`},
	{"environment-denied", "creating IAM Role (x)", "AccessDenied: " + denied("iam:CreateRole", "arn:aws:iam::222222222222:role/x", "because no identity-based policy allows the iam:CreateRole action")},
	{"region-wrong", "Failed to get existing workspaces", `Unable to list objects in S3 bucket "states": operation error S3: ListObjectsV2, https response error StatusCode: 301` + tail16 + `requested bucket from "us-east-1", actual location "eu-west-1"`},
	{"region-wrong", `Error inspecting states in the "s3" backend:`, "AuthorizationHeaderMalformed: The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1' status code: 400, request id: 91F11B60E33DD51A"},
	{"region-invalid", "invalid AWS Region: eu-west-99", ""},
	{"region-invalid", "Missing region value", `The "region" attribute or the "AWS_REGION" or "AWS_DEFAULT_REGION" environment variables must be set.`},
	{"bucket-missing", "Failed to get existing workspaces", `S3 bucket "states" does not exist. The referenced S3 bucket must have been previously created. Error: operation error S3: ListObjectsV2, https response error StatusCode: 404` + tail16 + "NoSuchBucket:"},
	{"bucket-missing", "Failed to get existing workspaces: S3 bucket does not exist.", "Error: NoSuchBucket: The specified bucket does not exist status code: 404, request id: 1"},
	{"kms-id-invalid", "Invalid KMS Key ID", "Value must be a valid KMS Key ID, got \"alias/states\""},
	{"kms-pending-deletion", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is pending deletion."},
	{"kms-pending-deletion", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is pending replica deletion."},
	{"kms-pending-import", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is pending import."},
	{"kms-unavailable", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is unavailable."},
	{"kms-updating", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is creating."},
	{"kms-unusable", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException:"},
	{"kms-unusable", "Error refreshing state", s3Get(400) + "api error KMS.KMSInvalidStateException: " + stateK + " is not pending deletion."},
	{"kms-disabled", "Error refreshing state", s3Get(400) + "api error KMS.DisabledException: " + stateK + " is disabled."},
	{"kms-not-found", "Error refreshing state", s3Get(400) + "api error KMS.NotFoundException: Key '" + stateK + "' does not exist"},
	{"kms-denied", "Failed to save state", "Error saving state: failed to upload state: " + s3Denied("PutObject", denied("kms:GenerateDataKey", stateK, "because no identity-based policy allows the kms:GenerateDataKey action"))},
	{"kms-denied", "Error refreshing state: AccessDenied", denied("kms:Decrypt", stateK, "because no resource-based policy allows the kms:Decrypt action") + tail15},
	{"lock-corrupt", "Error acquiring the state lock", "Error message: operation error S3: PutObject, https response error StatusCode: 412" + tail16 + "api error PreconditionFailed: At least one of the pre-conditions you specified did not hold; failed to retrieve lock info: failed to unmarshal JSON data into LockInfo struct: invalid character"},
	{"lock-corrupt", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, ConditionalCheckFailedException: The conditional request failed unexpected end of JSON input"},
	{"provider-lock-file", "Failed to install provider", "Error while installing hashicorp/aws v5.100.0: the local package for registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of the checksums previously recorded in the dependency lock file (this might be because the available checksums are for packages targeting different platforms); for more information: https://developer.hashicorp.com/terraform/language/files/dependency-lock#checksum-verification"},
	{"lock-id-wrong", "Failed to unlock state", `failed to delete lock: lock id "aaaa" does not match existing lock`},
	{"lock-held", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, ConditionalCheckFailedException: The conditional request failed " + lockIs},
	{"lock-held", "Error acquiring the state lock", "Error message: operation error S3: PutObject, https response error StatusCode: 412" + tail16 + "api error PreconditionFailed: At least one of the pre-conditions you specified did not hold " + lockIs},
	{"lock-held", "Error acquiring the state lock", "Error message: ConditionalCheckFailedException: The conditional request failed"},
	{"table-missing", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, ResourceNotFoundException: Requested resource not found Unable to retrieve item from DynamoDB table \"locks\""},
	{"table-missing", "Error acquiring the state lock", "Error message: 2 errors occurred: * ResourceNotFoundException: Requested resource not found"},
	{"table-schema", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, api error ValidationException: One or more parameter values were invalid: Missing the key id in the item"},
	{"table-denied", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException: " + denied("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/locks", "because no identity-based policy allows the dynamodb:PutItem action")},
	{"digest-mismatch", "Error refreshing state: state data in S3 does not have the expected content.", "The checksum calculated for the state stored in S3 does not match the checksum stored in DynamoDB. Bucket: states Key: app.tfstate Calculated checksum: Stored checksum: 0123456789abcdef0123456789abcdef"},
	{"explicit-deny", "Failed to save state", "Error saving state: failed to upload state: " + s3Denied("PutObject", denied("s3:PutObject", `"arn:aws:s3:::states/app.tfstate"`, "with an explicit deny in a resource-based policy"))},
	{"s3-list-denied", "Failed to get existing workspaces", `Unable to list objects in S3 bucket "states" with prefix "env:/": ` + s3Denied("ListObjectsV2", "Access Denied")},
	{"s3-list-denied", "Failed to get existing workspaces", "AccessDenied: Access Denied" + tail15},
	{"s3-head-denied", "Error refreshing state", "Unable to access object \"app.tfstate\" in S3 bucket \"states\": operation error S3: HeadObject, https response error StatusCode: 403" + tail16 + "api error Forbidden: Forbidden"},
	{"s3-head-denied", "Error refreshing state", "Forbidden: Forbidden" + tail15},
	{"s3-get-denied", "Error refreshing state", s3Denied("GetObject", "Access Denied")},
	{"s3-get-denied", "Error refreshing state: AccessDenied", "Error loading state: AccessDenied: Access Denied" + tail15},
	{"s3-put-denied", "Error acquiring the state lock", "Error message: " + s3Denied("PutObject", denied("s3:PutObject", `"arn:aws:s3:::states/app.tfstate.tflock"`, "because no identity-based policy allows the s3:PutObject action"))},
	{"s3-put-denied", "Failed to save state", "Error saving state: failed to upload state: AccessDenied: Access Denied" + tail15},
	{"throttled", "Error acquiring the state lock", "operation error DynamoDB: PutItem, exceeded maximum number of attempts, 5, https response error StatusCode: 400, RequestID: 1, api error ThrottlingException: Rate exceeded"},
	{"tls-untrusted", "Retrieving AWS account details", `operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 5, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.eu-west-1.amazonaws.com/": tls: failed to verify certificate: x509: certificate signed by unknown authority`},
	{"throttled", "Cannot assume IAM Role", "IAM Role (arn:aws:iam::222222222222:role/admin) cannot be assumed. There are a number of possible causes of this Error: operation error STS: AssumeRole, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 1, api error Throttling: Rate exceeded"},
	{"network-unreachable", "Cannot assume IAM Role", `IAM Role (arn:aws:iam::222222222222:role/admin) cannot be assumed. There are a number of possible causes of this Error: operation error STS: AssumeRole, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.eu-west-1.amazonaws.com/": dial tcp 10.0.0.1:443: connect: connection refused`},
	{"network-unreachable", "Retrieving AWS account details", `operation error STS: GetCallerIdentity, request send failed, Post "https://sts.eu-west-1.amazonaws.com/": dial tcp: lookup sts.eu-west-1.amazonaws.com on 10.0.0.2:53: no such host`},
	{"provider-unavailable", "Failed to query available provider packages", "Could not retrieve the list of available versions for provider hashicorp/aws: could not query provider registry for registry.terraform.io/hashicorp/aws: the request failed after 2 attempts, please try again later: 500 Internal Server Error"},
	{"config-invalid", "Failed to query available provider packages", "Could not retrieve the list of available versions for provider hashicorp/awss: provider registry registry.terraform.io does not have a provider named registry.terraform.io/hashicorp/awss"},
	{"config-invalid", "Missing Required Value", `The attribute "bucket" is required by the backend.`},
	{"config-invalid", "Duplicate backend configuration", "A module may have only one backend configuration. The backend was previously configured at a.tf:2,3-15."},
	{"disk-full", "Failed to install provider", "Error while installing hashicorp/aws v5.94.1: write .terraform/providers/registry.terraform.io/hashicorp/aws/5.94.1/x: no space left on device"},
	{"engine-killed", "Plugin did not respond", "The plugin encountered an error, and failed to respond to the plugin.(*GRPCProvider).ReadResource call: signal: killed"},
	{"account-lookup-denied", `Error configuring the backend "s3": AccessDenied: User: arn:aws:iam::111111111111:user/alice is not authorized to perform: iam:GetUser on resource: user alice`, "status code: 403, request id: 1"},
	{"engine-missing", "exec: \"terraform\": executable file not found in $PATH", ""},
	{"file-denied", "Failed to install provider", "Error while installing hashicorp/aws v5.94.1: mkdir .terraform/providers: permission denied"},
	{"state-conflict", "Failed to write state: cannot import state with serial 3 over newer state with serial 7", ""},
	{"state-conflict", "Saved plan is stale", "The given plan file can no longer be applied because the state was changed by another operation after the plan was created."},
	{"web-identity-denied", "No valid credential sources found", "Error: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
	{"web-identity-denied", "error configuring S3 Backend: no valid credential sources for S3 Backend found.", "Error: WebIdentityErr: failed to retrieve credentials caused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com status code: 400, request id: 1"},
	{"web-identity-missing", "No valid credential sources found", "Error: failed to refresh cached credentials, failed to retrieve jwt from provide source, unable to read file at /builds/acme/infra/token: open /builds/acme/infra/token: no such file or directory"},
	{"web-identity-expired", "No valid credential sources found", "Error: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 1, ExpiredTokenException: Token expired: current date/time 1 must be before the expiration date/time 0"},
	{"sso-not-assigned", "No valid credential sources found", "Error: failed to refresh cached credentials, operation error SSO: GetRoleCredentials, https response error StatusCode: 403, RequestID: 1, api error ForbiddenException: No access"},
	{"sso-sign-in-refused", "operation error SSO OIDC: CreateToken, https response error StatusCode: 400, RequestID: 1, AccessDeniedException: ", ""},
	{"sso-settings-incomplete", `profile "admin_iam" is configured to use SSO but is missing required configuration: sso_region`, ""},
	{"aws-login-profile", "No valid credential sources found", "Error: failed to refresh cached credentials, load login token: token file not found, please reauthenticate"},
	{"credential-process-failed", "No valid credential sources found", "Error: failed to refresh cached credentials, process provider error: error in credential_process: exit status 1"},
	{"region-not-enabled", "Retrieving AWS account details", "operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 1, RegionDisabledException: STS is not activated in this region for account:111111111111. Your account administrator can activate STS in this region using the IAM Console."},
	{"explicit-deny", "Error acquiring the state lock", "Error message: operation error DynamoDB: PutItem, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException: " + denied("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111111111111:table/locks", "with an explicit deny in a service control policy: arn:aws:organizations::222222222222:policy/o-x/service_control_policy/p-1")},
	{"backend-not-initialized", `Backend initialization required, please run "terraform init"`, `Reason: Initial configuration of the requested backend "s3"`},
	{"state-not-saved", "Failed to persist state to backend", "The error shown above has prevented Terraform from writing the updated state to the configured backend."},
	{"lock-release-failed", "Error releasing the state lock", "Error message: failed to retrieve lock info: something else"},
	{"unknown", "Something nobody has seen", "The flux capacitor failed after 403 years."},
}

func s3Get(status int) string {
	return "operation error S3: GetObject, https response error StatusCode: " + string(rune('0'+status/100)) + "00" + tail16
}
