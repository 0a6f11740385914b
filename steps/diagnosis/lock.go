package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// takingLock is how the engines begin to say that a lock was not to be had.
const takingLock = `(?:Error acquiring the state lock|[Ff]ailed to lock s3 state|Error locking (?:source |destination )?state).*`

// The lock: its file, its table, and the checksum that the table keeps.
var (
	LockCorrupt = &Diagnosis{
		ID: "lock-corrupt", Family: Lock, Step: plan.StepLock,
		Meaning: "There is a lock, but its content is not valid.",
		Remedy:  "Make sure that nobody is running Terraform, then delete the lock file or the lock's item.",
		text:    []sign{{pattern: wording(`failed to unmarshal JSON data into LockInfo|unable to json parse the lock info|failed to retrieve lock info.{0,80}invalid character|could not unmarshal lock info|The conditional request failed (?:status code: \d+, request id: \S+ )?(?:\* )?(?:unexpected end of JSON input|invalid character|json: )`), at: outside}},
	}
	LockIDWrong = &Diagnosis{
		ID: "lock-id-wrong", Family: Lock, Step: plan.StepLock,
		Meaning: "The lock is held under a different id than the one given to force-unlock.",
		Remedy:  "Find the lock's actual id and holder before trying again.",
		text: []sign{
			{
				pattern: wording(`(?i)Local state cannot be unlocked by another process`),
				meaning: "The state of this folder is a file on this machine, whose lock goes with the process that holds it: it is not the one that is locked.",
				remedy:  "Run it where the project is initialized on its backend (terraform init), in the workspace that is locked. A local lock is released by ending the process that holds it.",
			},
			{pattern: wording(`(?i)lock ID (?:["']?[\w-]+["']? )?(?:from \w+ )?does not match|invalid lock id: "`), at: outside},
			{
				pattern: wording(`Failed to unlock state:? .*(?:unexpected end of JSON input|NoSuchKey|StatusCode: 404|no lock info found)`), at: outside,
				meaning: "There is no lock of that state any more.",
				remedy:  "Nothing needs to be released: run the command that was locked out. If the state is still locked, check that backend and workspace are those of the lock's Path.",
			},
		},
	}
	LockHeld = &Diagnosis{
		ID: "lock-held", Family: Lock, Step: plan.StepLock,
		Meaning: "Someone else holds the lock, or a run that died left it behind.",
		Remedy:  "Wait for the holder; force-unlock only when that run is surely over.",
		text: []sign{
			{
				pattern: wording(takingLock + `(?:PreconditionFailed|StatusCode: 412|ConditionalCheckFailedException).*(?:NoSuchKey|StatusCode: 404|no lock info found)`), at: outside,
				meaning: "The lock was held when Terraform tried to take it, and gone when Terraform looked at it.",
				remedy:  "Run the command again: whoever held the lock has released it. If this happens every time, the store does not keep what is written to it; there is nothing to force-unlock.",
			},
			{
				pattern: wording(takingLock + `ConditionalRequestConflict`), at: outside,
				meaning: "Another run took or released the lock at the same moment.",
				remedy:  "Run the command again.",
			},
			{pattern: wording(takingLock + `(?:ConditionalCheckFailedException|PreconditionFailed|StatusCode: 412|googleapi: Error 412)(?:.*?Lock Info: ID: \S+(?: Path: \S+)?(?: Operation: \S+)?(?: Who: .+? Version: \S+ Created: [\d-]+ [\d:.]+(?: [+-]\d+)?(?: [A-Z]+)?)?)?`), at: outside},
			{pattern: wording(takingLock + `(?:already locked|Lock Info: ID: \S+|resource temporarily unavailable|another process has locked)`), unless: wording(`AccessDenied|StatusCode: [0345]|status code: [345]|request send failed`), at: outside},
		},
	}
	TableMissing = &Diagnosis{
		ID: "table-missing", Family: Lock, Step: plan.StepLock,
		Meaning:  "The lock table does not exist in this account and region.",
		Named:    "There is no lock table %s in this account and region.",
		Remedy:   "Create the table with key LockID of type S, or correct its name in the backend.",
		Operator: "Ask the operator to run stateroom setup, which makes it.",
		text:     []sign{{pattern: wording(`ResourceNotFoundException: (?:Requested resource not found|Cannot do operations on a non-existent table)|Requested resource not found: Table: \S+ not found|DynamoDB.*ResourceNotFoundException`), at: outside}},
		is:       func(err error) bool { return from("dynamodb", err) && awsops.IsNotFound(err) },
	}
	TableSchema = &Diagnosis{
		ID: "table-schema", Family: Lock, Step: plan.StepLock,
		Meaning: "The lock table's key is not LockID of type S.",
		Remedy:  "Name a table with the right key in the backend; a key schema cannot be changed.",
		text:    []sign{{pattern: wording(`ValidationException: .*(?:Missing the key \w+|does not match)`), at: outside}},
	}
	TableDenied = &Diagnosis{
		ID: "table-denied", Family: Lock, Step: plan.StepLock,
		Meaning:  "The identity may not use the lock table.",
		Named:    "%s may not use the lock table.",
		Remedy:   "Allow GetItem, PutItem and DeleteItem on the table to the group.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text: []sign{{
			pattern: wording(`perform: (?P<action>dynamodb:(?:DescribeTable|CreateTable|UpdateTable|TagResource|DescribeContinuousBackups))\b`), unless: wording(`perform: \S+ .*with an explicit deny|because no (?:permissions|service|resource|session|VPC)`), at: outside,
			meaning: "The identity may not look at, or make, the lock table itself, which Terragrunt does before Terraform uses it.",
			remedy:  "Allow dynamodb:DescribeTable on the table in addition to GetItem, PutItem and DeleteItem, or set disable_init = true in remote_state.",
		}, {pattern: wording(`(?:AccessDeniedException|perform): .*(?P<action>dynamodb:\w+)|operation error DynamoDB: \w+, .*AccessDenied`), at: outside}},
		is: refused("dynamodb"),
	}
	DigestMismatch = &Diagnosis{
		ID: "digest-mismatch", Family: Lock, Step: plan.StepLock,
		Meaning: "The state in the bucket is not the one whose checksum the lock table holds.",
		Remedy:  "Compare the versions of the state object, then repair the item BUCKET/KEY-md5 of the table.",
		text: []sign{{
			pattern: wording(`\binvalid (?:payload )?md5$`),
			meaning: "What the lock table holds as the state's checksum is not one.",
			remedy:  "Compare the versions of the state object, then write the checksum of the correct one into the item BUCKET/KEY-md5 of the table.",
		}, {pattern: wording(`state data in S3 does not have the expected content\.?(?:.*?Bucket: (?P<bucket>\S+) Key: \S+ Calculated checksum: \S* ?Stored checksum: \w*)?`)}},
	}
	LockReleaseFailed = &Diagnosis{
		ID: "lock-release-failed", Family: Lock, Step: plan.StepLock,
		Meaning: "The work was done, but its lock was not released.",
		Remedy:  "Fix the cause, then release the remaining lock by its id.",
		text: []sign{
			{
				pattern: wording(`Error releasing the state lock.*(?:unexpected end of JSON input|NoSuchKey|StatusCode: 404)`), at: outside,
				meaning: "The work was done, and its lock was gone before it could be released: somebody released it by force.",
				remedy:  "Nothing needs to be released. Check whether two runs changed the state at once: terraform plan shows what differs.",
			},
			{pattern: wording(`Error releasing the state lock|Error unlocking S3 state|failed to unlock (?:both S3 and DynamoDB|S3|DynamoDB): |lock released but (?:s3|dynamoDB) failed`), at: outside},
		},
		consequence: true,
	}
)
