package practice

import (
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
)

var (
	// usual is what meets most faults, and fails where a change is planned; apply
	// is what is met in the environment.
	usual = [][]string{{"init"}, {"plan", "-detailed-exitcode"}}
	apply = [][]string{{"apply", "-auto-approve"}}
	// write changes the state without a change of the configuration.
	write = [][]string{{"apply", "-auto-approve", "-replace=terraform_data.example"}}
	// theState is what a written state changes.
	theState = []string{"/common/staging"}
)

// ofLockFile are the faults that a set-up without a lock file cannot have, which is all
// that an engine before 1.10 can work with.
var ofLockFile = []string{"lock-corrupt", "lock-held-file", "lock-release-failed", "s3-get-denied", "s3-put-denied"}

// particular are the proofs of the faults that are not like the others.
var particular = map[string]proof{
	// On the laptop. A secret is with whoever holds it: none of these can be
	// mended by a program, which says where to get another.
	"credentials-missing":      {beyond: "the key went with the section", asks: "aws configure --profile admin_iam"},
	"credentials-missing-file": {beyond: "the key went with the file", asks: "aws configure --profile admin_iam"},
	"profile-missing":          {beyond: "the key went with the profile", asks: "aws configure --profile admin_iam"},
	"sso-expired":              {beyond: "it takes a person at a browser", asks: "aws sso login"},
	"token-expired":            {beyond: "it takes a person with a key, or with an MFA device", asks: "Get new session credentials"},
	"signature-mismatch":       {beyond: "nobody knows what the secret was", asks: "Write access key id and secret again"},
	"wrong-account-keys": {
		beyond: "only its owner has the right key", asks: "put an access key of that account into this one", says: []string{"s3-head-denied"},
		back: takeStrangerAway,
	},
	"clock-skew": {
		beyond: "setting the clock is the machine's owner's to do", asks: "Set this machine's clock",
		back: func(at *byHand) { at.Server.SetClock(0) },
	},

	// The files of the project.
	"backend-not-initialized": {commands: [][]string{{"plan"}}},
	"wrong-account":           {real: true, differs: []string{"/live/staging/backend.tf"}}, // the argument stays, with the right account
	"config-invalid-block":    {moved: true},
	"explicit-deny":           {moved: true},
	"explicit-deny-aes256":    {moved: true},
	"region-invalid-missing":  {moved: true},
	"migration-needs-answer":  {real: true, differs: append([]string{"/live/staging/terraform.tfstate"}, theState...), back: stateAgain},
	"provider-lock-file":      {beyond: "whether a package is genuine is for a person to find out", asks: "Restore the lock file from version control"},
	"provider-unavailable": {
		finds: []string{"provider-lock-file"}, says: []string{"provider-lock-file"},
		beyond: "only a registry knows that there is no such version", asks: "terraform init -upgrade", tries: "provider-unavailable",
	},

	// What somebody may do.
	"environment-denied":        {commands: apply, bucket: true, differs: theState, back: stateAgain},
	"environment-denied-scp":    {commands: apply, bucket: true, beyond: "it is the organization's to decide", asks: "service control policy", spent: true},
	"kms-denied-deny":           {says: []string{"explicit-deny"}},                  // what the key policy forbids is the checks' to find
	"kms-denied-key-policy":     {differs: []string{":key/"}, back: keyPolicyAgain}, // what somebody else put there stays
	"lock-release-failed":       {says: []string{"s3-put-denied", "lock-release-failed"}, finds: []string{"lock-held", "lock-release-failed"}, leaves: []string{"lock-held"}},
	"lock-release-failed-table": {says: []string{"table-denied", "lock-release-failed"}, finds: []string{"lock-held", "lock-release-failed"}, leaves: []string{"lock-held"}},
	"s3-get-denied":             {says: []string{"s3-get-denied", "lock-release-failed"}, finds: []string{"lock-held", "s3-get-denied"}, leaves: []string{"lock-held"}},
	"s3-list-denied":            {project: "preprod", says: []string{"s3-head-denied"}},
	"state-not-saved":           {commands: write, says: []string{"s3-put-denied", "state-not-saved"}, finds: []string{"s3-put-denied", "state-not-saved"}, real: true, differs: append([]string{"errored.tfstate"}, theState...), back: stateAgain},

	// What there is in AWS.
	"bucket-missing-deleted": {commands: [][]string{{"init"}, {"plan"}}, differs: theState, back: stateAgain}, // what was in it is lost
	"key-invalid":            {beyond: "a deleted key never comes back", asks: "stateroom handover", spent: true},
	"kms-not-found":          {beyond: "a deleted key never comes back", asks: "bucket.name", spent: true},
	"table-missing":          {differs: []string{"-md5"}, back: stateAgain}, // the next apply writes it again
	"table-schema":           {beyond: "a table of somebody's is never deleted", asks: "Name another table", spent: true},
	"throttled": {
		beyond: "it is over when it is over", asks: "Wait a minute, then run the command again",
		back: func(at *byHand) { at.Server.Throttle("dynamodb", false) },
	},
	"state-format": {beyond: "it takes the engine that wrote it", asks: "the version of Terraform that wrote", back: stateAgain},
}

// withTableAlone are the proofs that are others in a set-up without a lock file: nothing
// is then written to S3 before a state is, so that a bucket that takes nothing is met by
// an apply alone, and the state stays in errored.tfstate.
var withTableAlone = map[string]proof{
	"explicit-deny":               unsaved(proof{moved: true}),
	"explicit-deny-aes256":        unsaved(proof{moved: true}),
	"explicit-deny-key-id":        unsaved(proof{}),
	"explicit-deny-bucket-policy": unsaved(proof{finds: []string{"explicit-deny", "state-not-saved"}}),
}

// unsaved is a proof whose fault an apply meets as it saves the state.
func unsaved(p proof) proof {
	p.commands, p.says, p.leaves, p.real = [][]string{{"init"}, write[0]}, []string{"explicit-deny", "state-not-saved"}, []string{"state-not-saved"}, true
	if p.finds == nil {
		p.finds = p.says
	}
	p.differs, p.back = append([]string{"errored.tfstate"}, theState...), stateAgain
	return p
}

// beforeOurFiles are the proofs with a Terraform before 1.6 that are others than those of
// today's: it has no allowed_account_ids, does not look at a key's form, gets a state
// without asking for its head first, and says of a profile that is not there what it says
// of one without a key.
var beforeOurFiles = map[string]proof{
	"kms-id-invalid":          unsaved(proof{}),
	"profile-missing":         {says: []string{"credentials-missing"}},
	"profile-missing-name":    {says: []string{"credentials-missing"}},
	"s3-head-denied":          {says: []string{"s3-get-denied"}},
	"s3-head-denied-detached": {says: []string{"s3-get-denied"}},
	"s3-head-denied-group":    {says: []string{"s3-get-denied"}},
	"s3-list-denied":          {project: "preprod"},
	"wrong-account":           {says: []string{"config-invalid"}},
	"wrong-account-keys":      {says: []string{"s3-get-denied"}},
}

// pairs are faults that are there at once: Terraform's text shows both where
// both come to pass in one run, the checks always do.
var pairs = []proof{
	{
		faults: []string{"environment-denied", "lock-release-failed-table"}, commands: apply, bucket: true,
		says:  []string{"environment-denied", "table-denied", "lock-release-failed"},
		finds: []string{"environment-denied", "lock-held", "lock-release-failed"}, leaves: []string{"lock-held"},
		differs: theState, back: stateAgain,
	},
	{
		faults: []string{"state-not-saved", "lock-release-failed"}, commands: write, real: true,
		says:  []string{"s3-put-denied", "state-not-saved", "lock-release-failed"},
		finds: []string{"lock-held", "s3-put-denied", "state-not-saved", "lock-release-failed"}, leaves: []string{"lock-held"},
		differs: append([]string{"errored.tfstate"}, theState...), back: stateAgain,
	},
	{
		faults: []string{"config-invalid", "profile-missing-name"}, commands: usual,
		says: []string{"profile-missing"}, finds: []string{"config-invalid", "profile-missing"},
	},
	{
		faults: []string{"kms-disabled", "assume-role-denied"}, commands: usual,
		says: []string{"kms-disabled"}, finds: []string{"assume-role-denied", "kms-disabled"},
	},
	{
		faults: []string{"table-missing", "region-wrong"}, commands: usual,
		says: []string{"region-wrong"}, finds: []string{"region-wrong", "table-missing"},
		differs: []string{"-md5"}, back: stateAgain,
	},
	{
		faults: []string{"lock-held", "key-invalid-inactive"}, commands: usual,
		says: []string{"key-invalid"}, finds: []string{"key-invalid", "lock-held"},
	},
}

// stateAgain puts the first project's state back.
func stateAgain(at *byHand) { at.putState(exampleState(2, exampleInput)) }

// keyPolicyAgain puts back what the set-up gave the key.
func keyPolicyAgain(at *byHand) {
	at.putKeyPolicy(policy.KeyPolicy("aws", at.blueprint.AdminAccount, at.blueprint.Key.Administrators, nil))
}

// takeStrangerAway takes the user of the environment's account away.
func takeStrangerAway(at *byHand) {
	user := sandbox.ActInput{"UserName": at.Me}
	at.actIn(at.environment().Account, "iam", "DeleteAccessKey", also(user, "AccessKeyId", at.key().AccessKeyID))
	at.actIn(at.environment().Account, "iam", "DeleteUser", user)
}
