package diagnosis

import (
	"errors"
	"slices"
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
		Meaning:  "The state encryption key is scheduled for deletion; once it is deleted, every state encrypted with it is lost.",
		Named:    "The state encryption key %s is scheduled for deletion; once it is deleted, every state encrypted with it is lost.",
		Remedy:   "Cancel the deletion of the key and enable it again, at once.",
		Operator: "Ask the operator to keep the key from being deleted, with stateroom setup, at once.",
		text:     []sign{{pattern: wording(aKey + `pending (?:replica )?deletion`), at: outside}},
		is:       inState("pending deletion", "pending replica deletion"),
	}
	KMSPendingImport = &Diagnosis{
		ID: "kms-pending-import", Family: Key, Step: plan.StepKey,
		Meaning: "The state encryption key has no key material: it is one whose material you import yourselves, and that was deleted or has expired.",
		Remedy:  "Import the same key material again, with aws kms get-parameters-for-import and aws kms import-key-material.",
		text:    []sign{{pattern: wording(aKey + `pending import`), at: outside}},
		is:      inState("pending import"),
	}
	KMSUnavailable = &Diagnosis{
		ID: "kms-unavailable", Family: Key, Step: plan.StepKey,
		Meaning: "The state encryption key is in a custom key store, and KMS cannot reach it.",
		Remedy:  "Connect the key store again with aws kms connect-custom-key-store.",
		text:    []sign{{pattern: wording(aKey + `unavailable`), at: outside}},
		is:      inState("unavailable"),
	}
	KMSUpdating = &Diagnosis{
		ID: "kms-updating", Family: Key, Step: plan.StepKey,
		Meaning: "AWS has not finished with the state encryption key: it is being created, or its primary Region is being changed, during which it can be used and some of its settings cannot be changed.",
		Remedy:  "Wait a few minutes, then try again.",
		text:    []sign{{pattern: wording(aKey + `(?:creating|updating)`), at: outside}},
		is:      inState("creating", "updating"),
	}
	// KMSUnusable is what the code alone says ("Key states of AWS KMS keys", KMS developer
	// guide).
	KMSUnusable = &Diagnosis{
		ID: "kms-unusable", Family: Key, Step: plan.StepKey,
		Meaning:  "The state encryption key is in a state in which it cannot be used: pending deletion, pending import, unavailable or creating.",
		Remedy:   "Find out which with aws kms describe-key, or run stateroom troubleshoot, which says what to do about it.",
		Operator: "Ask the operator to run stateroom setup, which says what to do about it.",
		text:     []sign{{pattern: wording(`KMSInvalidStateException`), at: outside}},
		codes:    []string{"KMS.KMSInvalidStateException", "KMSInvalidStateException"},
	}
	KMSDisabled = &Diagnosis{
		ID: "kms-disabled", Family: Key, Step: plan.StepKey,
		Meaning:  "The state encryption key is disabled.",
		Named:    "The state encryption key %s is disabled.",
		Remedy:   "Enable the key.",
		Operator: "Ask the operator to enable the key with stateroom setup.",
		text:     []sign{{pattern: wording(`KMS\.DisabledException|\bDisabledException\b|(?P<resource>arn:[\w-]+:kms:\S+) is disabled`), at: outside}},
		codes:    []string{"KMS.DisabledException", "DisabledException"},
	}
	KMSNotFound = &Diagnosis{
		ID: "kms-not-found", Family: Key, Step: plan.StepKey,
		Meaning:  "There is no such key in the bucket's region.",
		Named:    "There is no key %s in the bucket's region.",
		Remedy:   "Write the ARN of a key in the bucket's own region.",
		Operator: "Ask the operator to run stateroom setup.",
		text:     []sign{{pattern: wording(`KMS\.NotFoundException|Key '?(?P<resource>arn:[\w-]+:kms:[^\s']+)'? does not exist`), at: outside}},
		codes:    []string{"KMS.NotFoundException"},
		is:       func(err error) bool { return from("kms", err) && awsops.HasCode(err, "NotFoundException") },
	}
	KMSDenied = &Diagnosis{
		ID: "kms-denied", Family: Key, Step: plan.StepKey,
		Meaning:  "The identity may not use the state encryption key.",
		Named:    "%s may not use the state encryption key.",
		Remedy:   "Allow the action on the key in the group's policy, or in the key policy if that does not delegate to the account.",
		Operator: "Ask the operator to run stateroom setup, which gives the group its permissions on the state.",
		text: []sign{{
			pattern: wording(`[Tt]he ciphertext refers to a (?:customer master|KMS) key that does not exist`), at: outside,
			meaning: "The object is encrypted with a key that no longer exists or that the identity may not use; KMS does not say which.",
			remedy:  "Find out which key it is (aws s3api head-object: SSEKMSKeyId). Allow the identity kms:Decrypt on it, in its own policies and, where the key is another account's, in the key policy; a key that is deleted can only be replaced by an older version of the object.",
		}, {pattern: wording(`perform: (?P<action>kms:\w+)|KMS (?:key )?access (?:was )?denied|\bKMSAccessDenied(?:Exception)?\b`), at: outside}},
		// S3 says so of the key, too, which it uses in the caller's name.
		is: func(err error) bool {
			d, denied := awsops.DenialOf(err)
			return denied && !d.Explicit && (from("kms", err) || strings.HasPrefix(d.Action, "kms:"))
		},
	}
)

// aKey begins KMS's refusal of a key for its state.
const aKey = `(?P<resource>arn:[\w-]+:kms:\S+) is `

// inState recognises that KMS, or S3 in its place, refused for the state of a key: the
// message ends with it.
func inState(states ...string) func(error) bool {
	return func(err error) bool {
		var e *awsops.Error
		return errors.As(err, &e) && slices.ContainsFunc(states, func(state string) bool {
			return strings.HasSuffix(strings.TrimSuffix(e.Message, "."), " is "+state) && strings.Contains(e.Message, ":kms:")
		})
	}
}
