package diagnosis

import (
	"regexp"
)

// place says where an error must come from for a row to match it. Without one a
// text means the same wherever it appears.
type place int

const (
	// outside is for texts about the state, which mean something else when a
	// resource of the project says them: its bucket is not the state bucket.
	outside place = iota + 1
	// inResource is for errors of a resource or data source of the project.
	inResource
)

// row is one diagnosis that a text can lead to.
type row struct {
	id string
	// pattern is matched against one error, folded to one line. Its named
	// groups become the subject.
	pattern *regexp.Regexp
	// unless, if it matches too, takes the row out: the error says more.
	unless *regexp.Regexp
	at     place
	// consequence marks what is said beside a cause and never in its stead.
	consequence bool
	meaning     string
	checks      []string
	fix         string
}

// Checks that more than one row asks for, in the article's words.
const (
	CheckCredentialsFile = "credentials file exists"
	CheckProfileInFile   = "profile is in the file"
	CheckProfileInCode   = "profile in backend and provider"
	CheckNamesAgree      = "profile names agree"
	CheckEnvironment     = "environment variables that override"
	CheckIdentity        = "identity"
	CheckBucket          = "bucket permissions"
	CheckKey             = "key permissions"
	CheckAssumeRole      = "permission to assume the role"
	CheckInside          = "permissions inside the environment"
	CheckRegion          = "region and .terraform"
	CheckKeyState        = "key state"
	CheckTable           = "lock table"
	CheckLock            = "lock holder"
	CheckDigest          = "state digest"
	CheckProject         = "project configuration"
	CheckBackend         = "configured backend and .terraform"
	CheckNetwork         = "endpoints and proxy"
	CheckEncryption      = "encryption arguments in backend"
	CheckLockFile        = "provider lock file"
)

var (
	fiveChecks = []string{
		CheckCredentialsFile, CheckProfileInFile, CheckProfileInCode, CheckNamesAgree, CheckEnvironment,
	}
	fourChecks = []string{CheckBucket, CheckKey, CheckAssumeRole, CheckInside}
)

// rows is the ordered table. For every error in a text the first row that
// matches names the cause, so specific texts stand above general ones; rows
// with consequence match in addition and stand last. The same order puts the
// diagnoses of several errors: what stands higher causes what stands lower.
// The wordings are those of Terraform 1.5 ("CODE: msg status code: N"), of
// Terraform 1.6 to 1.15 ("api error CODE: msg") and of OpenTofu 1.12.
//
// To teach a new text, add a row; Unknown is what no row matched.
var rows = []row{
	// Configuration: nothing below is reached before it is right.
	{
		id:      "config-invalid",
		pattern: regexp.MustCompile(`An argument named "(?P<argument>[^"]+)" is not expected here|Blocks of type "(?P<block>[^"]+)" are not expected here|Variables not allowed|(?:Unsupported argument|Unsupported block type|Missing required argument|Invalid backend type|Duplicate backend configuration|Invalid backend configuration|Invalid expression|Unclosed configuration block|Argument or block definition required|Unsupported Terraform Core version|Unsupported OpenTofu Core version)\b`),
		meaning: "The configuration itself is not accepted, so nothing was asked of AWS yet.",
		checks:  []string{CheckProject},
		fix:     "Correct the named argument or block: assume_role is an attribute in the backend and a block in the provider, and a backend of Terraform takes no variables.",
	},
	// What init left behind.
	{
		id:      "provider-lock-file",
		pattern: regexp.MustCompile(`Inconsistent dependency lock file|does(?: not|n't) match any of the checksums (?:previously )?recorded in the dependency lock file|does not match configured version constraint|failed to read dependency lock file`),
		meaning: "The provider lock file (.terraform.lock.hcl) does not agree with the configuration or the installed providers.",
		checks:  []string{CheckLockFile},
		fix:     "Run terraform init, with -upgrade when the version constraint was changed on purpose.",
	},
	{
		id:      "migration-needs-answer",
		pattern: regexp.MustCompile(`Error asking for state migration action|Can't ask approval for state migration|Migration aborted by user`),
		meaning: "The backend changed and Terraform asked whether to move the state, but nobody could answer.",
		checks:  []string{CheckBackend},
		fix:     "Let stateroom setup move the state when it must move; run init -reconfigure when it is the same state.",
	},
	{
		id:      "backend-changed",
		pattern: regexp.MustCompile(`Backend configuration changed|Reason: (?P<reason>Backend configuration block has changed|Backend type changed from "[^"]*" to "[^"]*"|Unsetting the previously set backend "[^"]*")`),
		meaning: "The backend in the configuration is not the one that this directory was initialised with.",
		checks:  []string{CheckBackend},
		fix:     "Run init -migrate-state when bucket, key or prefix differ, and init -reconfigure when only credentials, profile, encryption or lock do.",
	},
	{
		id:      "state-format",
		pattern: regexp.MustCompile(`uses format version (?P<format>\d+), which is not supported|state snapshot was created by (?:Terraform|OpenTofu) v(?P<version>[\w.+-]+), which is newer than current|Unsupported state file format|Failed to load state: (?:unsupported backend state version|invalid syntax)`),
		meaning: "The state, or what init left in .terraform, was written by a newer version of the engine, or is damaged.",
		checks:  []string{CheckBackend, "state readable", "engine version"},
		fix:     "Use the engine version that wrote it, or a newer one; move a damaged .terraform aside and init again.",
	},
	// Credentials.
	{
		id:      "sso-expired",
		pattern: regexp.MustCompile(`SSO session has expired or is invalid|cached SSO token is expired|failed to read cached SSO token file|refresh cached SSO token failed`),
		meaning: "The single sign-on session of the profile is over or was never begun.",
		checks:  []string{CheckProfileInCode, CheckIdentity},
		fix:     "Sign in again: aws sso login --profile PROFILE.",
	},
	{
		id:      "mfa-profile",
		pattern: regexp.MustCompile(`assume role with MFA enabled, but AssumeRoleTokenProvider`),
		meaning: "The profile asks for an MFA code, and Terraform cannot ask for one.",
		checks:  []string{CheckProfileInCode, CheckIdentity},
		fix:     "Get session credentials with the MFA code first, and name the profile that holds them.",
	},
	{
		id:      "profile-missing",
		pattern: regexp.MustCompile(`failed to get shared config profile, (?P<profile>[^\s,]+)`),
		meaning: "The profile that is named is in neither the credentials nor the config file.",
		checks:  fiveChecks,
		fix:     "Write the profile, or correct its name in backend, provider and AWS_PROFILE.",
	},
	{
		id:      "clock-skew",
		pattern: regexp.MustCompile(`RequestTimeTooSkewed|Signature expired:|Signature not yet current:`),
		meaning: "The clock of this machine differs from AWS's by more than AWS accepts.",
		checks:  []string{"clock"},
		fix:     "Set the clock of this machine by NTP.",
	},
	{
		id:      "signature-mismatch",
		pattern: regexp.MustCompile(`SignatureDoesNotMatch|InvalidSignatureException`),
		meaning: "The secret does not belong to the access key id.",
		checks:  []string{CheckProfileInFile, CheckEnvironment, CheckIdentity},
		fix:     "Write the secret again without missing or extra characters, or make a new access key.",
	},
	{
		id:      "token-expired",
		pattern: regexp.MustCompile(`\bExpiredToken(?:Exception)?\b|security token included in the request is expired`),
		meaning: "The session credentials are past their end.",
		checks:  []string{CheckEnvironment, CheckIdentity},
		fix:     "Get new session credentials, and unset the AWS_* variables that hold old ones.",
	},
	{
		id:      "key-invalid",
		pattern: regexp.MustCompile(`InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|\bAuthFailure\b`),
		meaning: "AWS does not know the access key: it is deleted, inactive, mistyped, of another partition, or seconds old.",
		checks:  []string{CheckProfileInFile, CheckEnvironment, CheckIdentity},
		fix:     "Use an active access key; wait a minute if it was just made.",
	},
	{
		id:      "credentials-missing",
		pattern: regexp.MustCompile(`(?i)no valid credential sources (?:for \S+ Backend )?found|no EC2 IMDS role found|NoCredentialProviders: no valid providers in chain|partial credentials found for profile (?P<profile>[^\s,.]+)|failed to load assume role \S+, of profile|credential type source_profile requires role_arn|failed to find SSO session section`),
		unless:  regexp.MustCompile(`perform: sts:AssumeRole\b`),
		meaning: "Terraform found no credentials for AWS at all.",
		checks:  fiveChecks,
		fix:     "Write the profile to the credentials file, and name it in the backend and in the provider.",
	},
	{
		id:      "assume-role-denied",
		pattern: regexp.MustCompile(`IAM Role \((?P<role>[^)]+)\) cannot be assumed|perform: (?P<action>sts:AssumeRole\w*)`),
		// The provider says so too where STS could not be asked at all.
		unless:  regexp.MustCompile(`StatusCode: 0,|request send failed|\bThrottling`),
		meaning: "The identity may not assume the role: its own policies or the role's trust policy do not allow it, or the role does not exist.",
		checks:  []string{CheckIdentity, CheckAssumeRole},
		fix:     "Allow sts:AssumeRole on the role to the identity, and the identity in the role's trust policy.",
	},
	{
		id:      "wrong-account",
		pattern: regexp.MustCompile(`(?i)AWS account ID not allowed: (?P<account>\d+)`),
		meaning: "The credentials work, but belong to another account than the configuration allows.",
		checks:  []string{CheckIdentity, CheckProfileInCode, CheckNamesAgree, CheckEnvironment},
		fix:     "Name the profile or the role of the right account, or correct allowed_account_ids.",
	},
	{
		id:      "environment-denied",
		pattern: regexp.MustCompile(`UnauthorizedOperation|AccessDenied(?:Exception)?\b|not authorized to perform|StatusCode: 403|status code: 403`),
		at:      inResource,
		meaning: "The role in the environment was assumed, but lacks a permission that the resource needs.",
		checks:  []string{CheckInside},
		fix:     "Add the action to the environment role's policy, unless a boundary or an SCP denies it.",
	},
	// Region and bucket.
	{
		id:      "region-wrong",
		pattern: regexp.MustCompile(`requested bucket from "(?P<configured>[^"]+)", actual location "(?P<region>[^"]*)"|(?:the region '(?P<asked>[^']+)' is wrong; )?expecting '(?P<expected>[^']+)'|BucketRegionError|PermanentRedirect|[Ss]tatus ?[Cc]ode: 301`),
		at:      outside,
		meaning: "The bucket is in another region than the backend says.",
		checks:  []string{CheckRegion},
		fix:     "Put the bucket's true region in the backend, then init -reconfigure.",
	},
	{
		id:      "region-invalid",
		pattern: regexp.MustCompile(`(?i)invalid AWS region: (?P<region>[^\s,]+)|Missing region value|Invalid region value`),
		meaning: "The region is missing or is not one that AWS has.",
		checks:  []string{CheckRegion},
		fix:     "Write a valid region in the backend and in the provider.",
	},
	{
		id:      "bucket-missing",
		pattern: regexp.MustCompile(`S3 bucket (?:"(?P<bucket>[^"]+)" )?does not exist\.|\bNoSuchBucket\b`),
		at:      outside,
		meaning: "There is no bucket of that name.",
		checks:  []string{"bucket exists", CheckIdentity},
		fix:     "Correct the name in the backend, or create the bucket with stateroom setup.",
	},
	// The key.
	{
		id:      "kms-id-invalid",
		pattern: regexp.MustCompile(`Invalid KMS Key (?:ID|ARN)|KMS\.InvalidArnException`),
		at:      outside,
		meaning: "kms_key_id is not written as a key id or key ARN.",
		checks:  []string{CheckEncryption},
		fix:     "Write the full ARN of the key, not of its alias.",
	},
	{
		id:      "kms-pending-deletion",
		pattern: regexp.MustCompile(`KMSInvalidStateException|(?P<resource>arn:[\w-]+:kms:\S+) is pending deletion`),
		at:      outside,
		meaning: "The state encryption key is waiting to be deleted; when it is, every state under it is lost.",
		checks:  []string{CheckKeyState},
		fix:     "Cancel the deletion of the key and enable it again, at once.",
	},
	{
		id:      "kms-disabled",
		pattern: regexp.MustCompile(`KMS\.DisabledException|\bDisabledException\b|(?P<resource>arn:[\w-]+:kms:\S+) is disabled`),
		at:      outside,
		meaning: "The state encryption key is disabled.",
		checks:  []string{CheckKeyState},
		fix:     "Enable the key.",
	},
	{
		id:      "kms-not-found",
		pattern: regexp.MustCompile(`KMS\.NotFoundException|Key '?(?P<resource>arn:[\w-]+:kms:[^\s']+)'? does not exist`),
		at:      outside,
		meaning: "There is no such key in the bucket's region.",
		checks:  []string{CheckKeyState, CheckEncryption},
		fix:     "Write the ARN of a key in the bucket's own region.",
	},
	{
		id:      "kms-denied",
		pattern: regexp.MustCompile(`perform: (?P<action>kms:\w+)`),
		at:      outside,
		meaning: "The identity may not use the state encryption key.",
		checks:  []string{CheckIdentity, CheckKey},
		fix:     "Allow the action on the key in the group's policy, or in the key policy if that does not delegate to the account.",
	},
	// The lock.
	{
		id:      "lock-corrupt",
		pattern: regexp.MustCompile(`failed to unmarshal JSON data into LockInfo|(?i)failed to retrieve lock info.{0,80}(?:unexpected end of JSON|invalid character)|The conditional request failed (?:unexpected end of JSON input|invalid character|json: )`),
		at:      outside,
		meaning: "A lock is there, but what it holds is no lock.",
		checks:  []string{CheckLock},
		fix:     "Make sure that nobody is running Terraform, then delete the lock file or the lock's item.",
	},
	{
		id:      "lock-id-wrong",
		pattern: regexp.MustCompile(`(?i)lock ID (?:"?(?P<given>[\w-]+)"? )?does not match(?: existing lock(?: (?:ID )?\(?"(?P<lock>[^"]+)"\)?)?)?`),
		at:      outside,
		meaning: "The lock is held under another id than the one given to force-unlock.",
		checks:  []string{CheckLock},
		fix:     "Look at the lock's true id and holder before trying again.",
	},
	{
		id:      "lock-held",
		pattern: regexp.MustCompile(`Error acquiring the state lock.*(?:ConditionalCheckFailedException|PreconditionFailed|StatusCode: 412)(?:.*?Lock Info: ID: (?P<lock>\S+)(?: Path: (?P<path>\S+))?(?: Operation: (?P<operation>\S+))?(?: Who: (?P<who>.+?) Version: (?P<version>\S+) Created: (?P<created>.+?) (?:Info:|Terraform|OpenTofu))?)?`),
		at:      outside,
		meaning: "Someone else holds the lock, or a run that died left it behind.",
		checks:  []string{CheckLock},
		fix:     "Wait for the holder; force-unlock only when that run is surely over.",
	},
	// The table.
	{
		id:      "table-missing",
		pattern: regexp.MustCompile(`ResourceNotFoundException: (?:Requested resource not found|Cannot do operations on a non-existent table)(?:: Table: (?P<table>[\w.-]+) not found)?|DynamoDB.*ResourceNotFoundException`),
		at:      outside,
		meaning: "The lock table does not exist in this account and region.",
		checks:  []string{CheckTable},
		fix:     "Create the table with key LockID of type S, or correct its name in the backend.",
	},
	{
		id:      "table-schema",
		pattern: regexp.MustCompile(`ValidationException: .*(?:Missing the key (?P<key>\w+)|does not match)`),
		at:      outside,
		meaning: "The lock table's key is not LockID of type S.",
		checks:  []string{CheckTable},
		fix:     "Name a table with the right key in the backend; a key schema cannot be changed.",
	},
	{
		id:      "table-denied",
		pattern: regexp.MustCompile(`AccessDeniedException: .*(?P<action>dynamodb:\w+)`),
		at:      outside,
		meaning: "The identity may not use the lock table.",
		checks:  []string{CheckIdentity, CheckTable},
		fix:     "Allow GetItem, PutItem and DeleteItem on the table to the group.",
	},
	{
		id:      "digest-mismatch",
		pattern: regexp.MustCompile(`state data in S3 does not have the expected content\.?(?:.*?Bucket: (?P<bucket>\S+) Key: (?P<key>\S+) Calculated checksum: (?P<calculated>\S*) ?Stored checksum: (?P<stored>\w*))?`),
		meaning: "The state in the bucket is not the one whose checksum the lock table holds.",
		checks:  []string{CheckDigest},
		fix:     "Compare the versions of the state object, then repair the item BUCKET/KEY-md5 of the table.",
	},
	// Denials, from the one that says most to the one that says least.
	{
		id:      "explicit-deny",
		pattern: regexp.MustCompile(`perform: (?P<action>(?:s3|sts|dynamodb):\w+) on resource: "?(?P<resource>[^" ]+)"? with an explicit deny in an? (?P<policy>[\w -]+?) policy`),
		at:      outside,
		meaning: "A policy forbids the action outright; no permission can outweigh it.",
		checks:  append([]string{CheckEncryption}, fourChecks...),
		fix:     "Meet the policy's condition: for a state bucket set encrypt = true and kms_key_id to the key's full ARN.",
	},
	{
		id:      "s3-list-denied",
		pattern: regexp.MustCompile(`ListObjects(?:V2)?, .*StatusCode: 403|perform: (?P<action>s3:ListBucket)\b|(?:Error inspecting states in the "s3" backend|Failed to get existing workspaces|Error loading workspaces?)..*AccessDenied: .*status code: 403`),
		at:      outside,
		meaning: "The identity may not list the state bucket.",
		checks:  fourChecks,
		fix:     "Allow s3:ListBucket on the bucket's own ARN, without /*.",
	},
	{
		id:      "s3-head-denied",
		pattern: regexp.MustCompile(`HeadObject, .*StatusCode: 403|Forbidden: Forbidden .*status code: 403`),
		at:      outside,
		meaning: "The identity may not look at the state object; without s3:ListBucket a missing state reads the same.",
		checks:  fourChecks,
		fix:     "Allow s3:GetObject on the state key and s3:ListBucket on the bucket.",
	},
	{
		id:      "s3-get-denied",
		pattern: regexp.MustCompile(`GetObject, .*StatusCode: 403|perform: (?P<action>s3:GetObject(?:Version)?)\b|Error (?:refreshing|loading) (?:the )?state.*AccessDenied: .*status code: 403`),
		at:      outside,
		meaning: "The identity may not read the state object.",
		checks:  fourChecks,
		fix:     "Allow s3:GetObject on the state key and kms:Decrypt on the key.",
	},
	{
		id:      "s3-put-denied",
		pattern: regexp.MustCompile(`(?:PutObject|DeleteObject|CreateMultipartUpload|UploadPart|CompleteMultipartUpload), .*StatusCode: 403|perform: (?P<action>s3:(?:Put|Delete)Object)\b|failed to upload state: .*AccessDenied: .*status code: 403`),
		at:      outside,
		meaning: "The identity may not write the state object or its lock file.",
		checks:  append([]string{CheckEncryption}, fourChecks...),
		fix:     "Allow s3:PutObject on the state key, and s3:PutObject and s3:DeleteObject on its lock file.",
	},
	{
		// The same cause as above, from a text cut off before the resource.
		id:      "environment-denied",
		pattern: regexp.MustCompile(`\bUnauthorizedOperation\b|not authorized to perform: (?P<action>[\w-]+:\w+)`),
		unless:  regexp.MustCompile(`perform: (?:(?:s3|sts|kms|dynamodb|organizations):|iam:(?:GetUser|ListRoles)\b)`),
		meaning: "The role in the environment was assumed, but lacks a permission that the resource needs.",
		checks:  []string{CheckInside},
		fix:     "Add the action to the environment role's policy, unless a boundary or an SCP denies it.",
	},
	// What passes by itself, and the way to AWS.
	{
		id:      "throttled",
		pattern: regexp.MustCompile(`\b(?:Throttling(?:Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|ProvisionedThroughputExceededException|SlowDown|RequestThrottled(?:Exception)?)\b`),
		meaning: "AWS asked for fewer requests.",
		checks:  []string{"service quotas"},
		fix:     "Run again in a minute, with a lower -parallelism if it comes back.",
	},
	{
		id:      "tls-untrusted",
		pattern: regexp.MustCompile(`x509: (?P<reason>[^"]{0,120})|tls: failed to verify certificate`),
		meaning: "The certificate of the server, or of a proxy between, is not trusted here.",
		checks:  []string{CheckNetwork, "CA bundle"},
		fix:     "Set AWS_CA_BUNDLE, or custom_ca_bundle in backend and provider, to the proxy's certificate authority.",
	},
	{
		id:      "network-unreachable",
		pattern: regexp.MustCompile(`lookup (?P<host>[\w.-]+)(?: on \S+)?: no such host|no such host|connection refused|connection reset by peer|i/o timeout|network is unreachable|no route to host|TLS handshake timeout|Client\.Timeout exceeded|proxyconnect tcp`),
		meaning: "The server could not be reached from here.",
		checks:  []string{CheckNetwork, CheckRegion},
		fix:     "Check the network, the proxy (HTTPS_PROXY, NO_PROXY), the region's spelling and any custom endpoint.",
	},
	// Consequences: said beside the cause, if the text holds it.
	{
		id:          "provider-unavailable",
		pattern:     regexp.MustCompile(`Failed to (?:query available|resolve) provider packages|Failed to install providers?\b`),
		unless:      regexp.MustCompile(`in the dependency lock file`),
		consequence: true,
		meaning:     "The provider could not be had from its registry.",
		checks:      []string{CheckNetwork, CheckProject},
		fix:         "Reach the registry or name a provider mirror, then init again.",
	},
	{
		id:          "backend-not-initialized",
		pattern:     regexp.MustCompile(`Backend initialization required[,:] please run|Reason: Initial configuration of the requested backend|Required plugins are not installed|\bModule not installed`),
		unless:      regexp.MustCompile(`Reason: (?:Backend configuration block has changed|Backend type changed|Unsetting the previously)`),
		consequence: true,
		meaning:     "This directory is not initialised.",
		checks:      []string{CheckBackend},
		fix:         "Run terraform init.",
	},
	{
		id:          "state-not-saved",
		pattern:     regexp.MustCompile(`Failed to save state\b|Failed to persist state to backend`),
		at:          outside,
		consequence: true,
		meaning:     "Resources were changed, but the new state did not reach the bucket; it is in errored.tfstate.",
		checks:      []string{CheckBucket, CheckKey, CheckEncryption},
		fix:         "Mend the cause, then run terraform state push errored.tfstate; never apply again before that.",
	},
	{
		id:          "lock-release-failed",
		pattern:     regexp.MustCompile(`Error releasing the state lock`),
		at:          outside,
		consequence: true,
		meaning:     "The work was done, but its lock was not taken away.",
		checks:      []string{CheckLock},
		fix:         "Mend the cause, then release the lock that is left with its id.",
	},
}

// Unknown is the id of a text that no row of the table matched.
const Unknown = "unknown"

func unknown(text string) Diagnosis {
	return Diagnosis{
		ID:       Unknown,
		Meaning:  "This text is not one that stateroom knows.",
		Evidence: []string{text},
		Subject:  map[string]string{},
		Checks:   []string{"full health check"},
		Fix:      "Run stateroom troubleshoot without the text, which checks everything.",
	}
}
