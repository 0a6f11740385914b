// Package diagnosis is the one catalogue of causes: what can be wrong with a set-up,
// what that means and what mends it. [Read] takes a text of any size down to what
// matters; [FromText] names what is behind what Terraform printed, [FromError] what is
// behind an error of AWS's, and [OfKey] what keeps a key from being used; [Redact]
// takes the secrets out of a text that is to be shown. There is one file for each
// [Family] of causes.
//
// What does not live here: looking whether it is so (package troubleshoot).
package diagnosis

import (
	"errors"
	"regexp"
	"slices"
	"sync"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// Diagnosis is one cause, or one consequence, of what goes wrong.
type Diagnosis struct {
	// ID is fixed: people and scripts know it.
	ID     string
	Family Family
	// Step is the step of the set-up that it belongs to.
	Step plan.StepName
	// Meaning is one sentence on what it is, and Remedy the one thing to do.
	Meaning, Remedy string
	// Named is the meaning with the name of what it is about in the place of %s: a
	// profile, a bucket, a table, a key, or who is denied something. It is empty where
	// no name says more.
	Named string
	// Operator is the remedy for whoever may use a state and change nothing of the
	// set-up; empty where such a person mends it alone, or by waiting.
	Operator string
	// text says how Terraform and OpenTofu word it.
	text []sign
	// codes are AWS's codes for it that mean nothing else, whoever was asked.
	codes []string
	// is tells it where a code alone does not.
	is func(error) bool
	// consequence marks what is said beside a cause and never in its stead.
	consequence bool
}

// Family is what a cause is about.
type Family string

// The families, each with a file of this package.
const (
	Configuration Family = "configuration"
	Credentials   Family = "credentials"
	Role          Family = "role"
	Bucket        Family = "bucket"
	Key           Family = "key"
	Lock          Family = "lock"
	Network       Family = "network"
)

// sign is one way in which an engine words a cause.
type sign struct {
	// pattern is matched against one error, folded to one line.
	pattern *pattern
	// unless, if it matches too, takes the sign out: the error says more.
	unless *pattern
	at     place
	// meaning and remedy stand in place of the cause's own where this wording says more;
	// empty where it does not.
	meaning, remedy string
}

// pattern is a regular expression that is compiled when a text is first compared with
// it: most runs of the program read none, and start sooner.
type pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

func wording(text string) *pattern { return &pattern{text: text} }

func (p *pattern) regexp() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}

// place says where an error must come from for a sign to count. Without one a text
// means the same wherever it appears.
type place int

const (
	// outside is for texts about the state, which mean something else when a
	// resource of the project says them: its bucket is not the state bucket.
	outside place = iota + 1
	// inResource is for errors of a resource or data source of the project.
	inResource
)

// catalogue is every cause, in order. For every error the first that matches names
// the cause, so what is told exactly stands above what is told in general; the
// consequences match in addition and stand last. The same order puts the causes of
// several errors: what stands higher causes what stands lower.
// The wordings are those of Terraform 1.5 ("CODE: msg status code: N"), of
// Terraform 1.6 to 1.16 ("api error CODE: msg") and of OpenTofu 1.12.
//
// To teach a new text, add a sign to its cause; Unknown is what no sign matched.
var catalogue = []*Diagnosis{
	// Nothing below is reached before the configuration is right.
	EngineMissing, EngineKilled, DiskFull, FileDenied, ConfigInvalid, ProviderLockFile, MigrationNeedsAnswer, BackendChanged, StateFormat, StateConflict,
	SSONotAssigned, SSOSignInRefused, SSOExpired, SSOSettingsIncomplete, AWSLoginProfile, MFAProfile, ProfileMissing,
	ClockSkew, SignatureMismatch, WebIdentityMissing, WebIdentityExpired, WebIdentityDenied, CredentialProcessFailed,
	TokenExpired, RegionNotEnabled, KeyInvalid, CredentialsMissing,
	// What a Deny statement forbids no other policy allows.
	ExplicitDeny, AssumeRoleDenied, WrongAccount, AccountLookupDenied, EnvironmentDenied,
	RegionWrong, RegionInvalid, BucketMissing,
	KMSIDInvalid, KMSPendingDeletion, KMSPendingImport, KMSUnavailable, KMSUpdating, KMSUnusable, KMSDisabled, KMSNotFound, KMSDenied,
	LockCorrupt, LockIDWrong, LockHeld, TableMissing, TableSchema, TableDenied, DigestMismatch,
	// Denials, from the one that says most to the one that says least.
	S3ListDenied, S3HeadDenied, S3GetDenied, S3PutDenied,
	Throttled, TLSUntrusted, NetworkUnreachable,
	ProviderUnavailable, BackendNotInitialized, StateNotSaved, LockReleaseFailed,
}

// Unknown is the diagnosis of a text that nothing in the catalogue matches.
var Unknown = &Diagnosis{
	ID:      "unknown",
	Step:    plan.NoStep,
	Meaning: "stateroom does not recognize this error.",
	Remedy:  "Run stateroom troubleshoot without the text, which checks everything.",
}

// NoError is the diagnosis of a text in which nothing failed.
var NoError = &Diagnosis{
	ID:      "no-error",
	Step:    plan.NoStep,
	Meaning: "There is no error in this text.",
	Remedy:  "Nothing needs fixing. If a command did fail, give all that it printed, its standard error included (2>&1).",
}

// Rank is the place of an id in the catalogue, in which causes stand before what
// they cause. An id that is not in it comes last.
func Rank(id string) int {
	i := slices.IndexFunc(catalogue, func(d *Diagnosis) bool { return d.ID == id })
	if i < 0 {
		return len(catalogue)
	}
	return i
}

// ofID is the cause of an id; nil for one that the catalogue has not.
func ofID(id string) *Diagnosis {
	if i := Rank(id); i < len(catalogue) {
		return catalogue[i]
	}
	return nil
}

// Known tells whether an id is one of the catalogue.
func Known(id string) bool { return Rank(id) < len(catalogue) }

// FromError names the cause behind a failed call; ok is false where the catalogue
// has none.
func FromError(err error) (d *Diagnosis, ok bool) {
	if err == nil {
		return nil, false
	}
	i := slices.IndexFunc(catalogue, func(d *Diagnosis) bool {
		has := func(code string) bool { return awsops.HasCode(err, code) }
		return slices.ContainsFunc(d.codes, has) || d.is != nil && d.is(err)
	})
	if i < 0 {
		return nil, false
	}
	return catalogue[i], true
}

// Outage names the cause behind a call that failed for the credentials or the way to
// AWS, and not for what was asked; nil for every other.
func Outage(err error) *Diagnosis {
	d, ok := FromError(err)
	if !ok || d.Family != Credentials && d.Family != Network {
		return nil
	}
	return d
}

// OfKey names what keeps a key from being used; nil for one that can be. A key that is
// not there is nil itself.
func OfKey(k *awsops.Key) *Diagnosis {
	switch {
	case k == nil:
		return KMSNotFound
	case k.State == "PendingDeletion", k.State == "PendingReplicaDeletion":
		return KMSPendingDeletion
	case k.State == "PendingImport":
		return KMSPendingImport
	case k.State == "Unavailable":
		return KMSUnavailable
	case k.State == "Creating": // in Updating a key is used as ever
		return KMSUpdating
	case !k.Enabled:
		return KMSDisabled
	}
	return nil
}

// from tells whether a service gave the error.
func from(service string, err error) bool {
	var e *awsops.Error
	return errors.As(err, &e) && e.Service == service
}

// refused recognises that a service allowed one of some operations, or any, to nobody
// who asked. What a Deny statement refused is [ExplicitDeny], whatever was asked.
func refused(service string, operations ...string) func(error) bool {
	return func(err error) bool {
		var e *awsops.Error
		return awsops.IsAccessDenied(err) && !awsops.IsExplicitDeny(err) && errors.As(err, &e) && e.Service == service &&
			(len(operations) == 0 || slices.Contains(operations, e.Operation))
	}
}
