package diagnosis

import (
	"stateroom/awsops"
	"stateroom/steps/plan"
)

// The lock: its file, its table, and the checksum that the table keeps.
var (
	LockCorrupt = &Diagnosis{
		ID: "lock-corrupt", Family: Lock, Step: plan.StepLock,
		Meaning: "A lock is there, but what it holds is no lock.",
		Remedy:  "Make sure that nobody is running Terraform, then delete the lock file or the lock's item.",
		text:    []sign{{pattern: wording(`failed to unmarshal JSON data into LockInfo|unable to json parse the lock info|(?i)failed to retrieve lock info.{0,80}(?:unexpected end of JSON|invalid character)|The conditional request failed (?:\* )?(?:unexpected end of JSON input|invalid character|json: )`), at: outside}},
	}
	LockIDWrong = &Diagnosis{
		ID: "lock-id-wrong", Family: Lock, Step: plan.StepLock,
		Meaning: "The lock is held under another id than the one given to force-unlock.",
		Remedy:  "Look at the lock's true id and holder before trying again.",
		text:    []sign{{pattern: wording(`(?i)lock ID (?:"?[\w-]+"? )?does not match`), at: outside}},
	}
	LockHeld = &Diagnosis{
		ID: "lock-held", Family: Lock, Step: plan.StepLock,
		Meaning: "Someone else holds the lock, or a run that died left it behind.",
		Remedy:  "Wait for the holder; force-unlock only when that run is surely over.",
		text:    []sign{{pattern: wording(`Error acquiring the state lock.*(?:ConditionalCheckFailedException|PreconditionFailed|StatusCode: 412)(?:.*?Lock Info: ID: \S+(?: Path: \S+)?(?: Operation: \S+)?(?: Who: .+? Version: \S+ Created: .+? (?:Info:|Terraform|OpenTofu))?)?`), at: outside}},
	}
	TableMissing = &Diagnosis{
		ID: "table-missing", Family: Lock, Step: plan.StepLock,
		Meaning:  "The lock table does not exist in this account and region.",
		Remedy:   "Create the table with key LockID of type S, or correct its name in the backend.",
		Operator: "Let the operator run stateroom setup, which makes it.",
		text:     []sign{{pattern: wording(`ResourceNotFoundException: (?:Requested resource not found|Cannot do operations on a non-existent table)|DynamoDB.*ResourceNotFoundException`), at: outside}},
		is:       func(err error) bool { return of("dynamodb", err) && awsops.IsNotFound(err) },
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
		Remedy:   "Allow GetItem, PutItem and DeleteItem on the table to the group.",
		Operator: "Let the operator run stateroom setup, which gives the group its rights on the state.",
		text:     []sign{{pattern: wording(`AccessDeniedException: .*(?P<action>dynamodb:\w+)`), at: outside}},
		is:       refused("dynamodb"),
	}
	DigestMismatch = &Diagnosis{
		ID: "digest-mismatch", Family: Lock, Step: plan.StepLock,
		Meaning: "The state in the bucket is not the one whose checksum the lock table holds.",
		Remedy:  "Compare the versions of the state object, then repair the item BUCKET/KEY-md5 of the table.",
		text:    []sign{{pattern: wording(`state data in S3 does not have the expected content\.?(?:.*?Bucket: (?P<bucket>\S+) Key: \S+ Calculated checksum: \S* ?Stored checksum: \w*)?`)}},
	}
	LockReleaseFailed = &Diagnosis{
		ID: "lock-release-failed", Family: Lock, Step: plan.StepLock,
		Meaning:     "The work was done, but its lock was not taken away.",
		Remedy:      "Mend the cause, then release the lock that is left with its id.",
		text:        []sign{{pattern: wording(`Error releasing the state lock`), at: outside}},
		consequence: true,
	}
)
