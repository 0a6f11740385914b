package awsops

import (
	"errors"
	"regexp"
	"strings"
)

// Denial is what AWS's own words say of a refusal. It names one type of policy
// only, and none for a HEAD, whose answer has no words.
type Denial struct {
	Action   string // such as kms:Decrypt, which may differ from the call's own
	Resource string
	// Policy is the type of policy that denied or that should have allowed, in
	// AWS's words: "identity-based policy", "resource-based policy", "service
	// control policy", "permissions boundary", "session policy", "role trust
	// policy"; empty where the answer names none.
	Policy   string
	Explicit bool // a Deny statement decided
}

var (
	// deniedOn is the action that AWS names in a refusal. It may differ from the call:
	// s3:TagResource for a CreateBucket with tags.
	deniedOn   = regexp.MustCompile(`perform: ([\w-]+:\w+)(?: on resource: "?([^" ]+)"?)?`)
	deniedBy   = regexp.MustCompile(`with an explicit deny in an? ((?:identity-based|resource-based|service control|resource control|session|role trust|VPC endpoint) policy|permissions boundary)`)
	notGivenBy = regexp.MustCompile(`because no ((?:identity-based|resource-based|service control|resource control|session|role trust|VPC endpoint) policy|permissions boundary) allows`)
)

// DenialOf reads a refusal; ok is false for every other error.
func DenialOf(err error) (d Denial, ok bool) {
	if !IsAccessDenied(err) {
		return Denial{}, false
	}
	text := messageOf(err)
	if m := deniedOn.FindStringSubmatch(text); m != nil {
		d.Action, d.Resource = m[1], m[2]
	}
	if m := notGivenBy.FindStringSubmatch(text); m != nil {
		d.Policy = m[1]
	}
	if m := deniedBy.FindStringSubmatch(text); m != nil {
		d.Policy = m[1]
	}
	d.Explicit = strings.Contains(text, explicitDeny)
	return d, true
}

// IsUnanswered says that AWS gave no answer at all, whatever stood between.
func IsUnanswered(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == 0 && e.Code == "" && !IsCancelled(err) && !IsCredentials(err)
}
