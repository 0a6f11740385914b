package diagnosis

import (
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// The state encryption key.
var (
	KMSIDInvalid = &Diagnosis{
		ID: "kms-id-invalid", Family: Key, Step: plan.StepKey,
		Meaning: "kms_key_id is not written as a key id or key ARN.",
		Remedy:  "Write the full ARN of the key, not of its alias.",
		text:    []sign{{pattern: wording(`Invalid KMS Key (?:ID|ARN)|KMS\.InvalidArnException`), at: outside}},
	}
	KMSPendingDeletion = &Diagnosis{
		ID: "kms-pending-deletion", Family: Key, Step: plan.StepKey,
		Meaning:  "The state encryption key is waiting to be deleted; when it is, every state under it is lost.",
		Remedy:   "Cancel the deletion of the key and enable it again, at once.",
		Operator: "Let the operator keep the key from being deleted, with stateroom setup, at once.",
		text:     []sign{{pattern: wording(`KMSInvalidStateException|(?P<resource>arn:[\w-]+:kms:\S+) is pending deletion`), at: outside}},
		codes:    []string{"KMS.KMSInvalidStateException", "KMSInvalidStateException"},
	}
	KMSDisabled = &Diagnosis{
		ID: "kms-disabled", Family: Key, Step: plan.StepKey,
		Meaning:  "The state encryption key is disabled.",
		Remedy:   "Enable the key.",
		Operator: "Let the operator enable the key with stateroom setup.",
		text:     []sign{{pattern: wording(`KMS\.DisabledException|\bDisabledException\b|(?P<resource>arn:[\w-]+:kms:\S+) is disabled`), at: outside}},
		codes:    []string{"KMS.DisabledException", "DisabledException"},
	}
	KMSNotFound = &Diagnosis{
		ID: "kms-not-found", Family: Key, Step: plan.StepKey,
		Meaning:  "There is no such key in the bucket's region.",
		Remedy:   "Write the ARN of a key in the bucket's own region.",
		Operator: "Let the operator run stateroom setup.",
		text:     []sign{{pattern: wording(`KMS\.NotFoundException|Key '?(?P<resource>arn:[\w-]+:kms:[^\s']+)'? does not exist`), at: outside}},
		codes:    []string{"KMS.NotFoundException"},
		is:       func(err error) bool { return from("kms", err) && awsops.HasCode(err, "NotFoundException") },
	}
	KMSDenied = &Diagnosis{
		ID: "kms-denied", Family: Key, Step: plan.StepKey,
		Meaning:  "The identity may not use the state encryption key.",
		Remedy:   "Allow the action on the key in the group's policy, or in the key policy if that does not delegate to the account.",
		Operator: "Let the operator run stateroom setup, which gives the group its rights on the state.",
		text:     []sign{{pattern: wording(`perform: (?P<action>kms:\w+)`), at: outside}},
		// S3 says so of the key, too, which it uses in the caller's name.
		is: func(err error) bool {
			d, denied := awsops.DenialOf(err)
			return denied && !d.Explicit && (from("kms", err) || strings.HasPrefix(d.Action, "kms:"))
		},
	}
)
