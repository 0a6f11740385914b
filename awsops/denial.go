package awsops

import (
	"cmp"
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
	// PolicyARN is the policy that denied, which AWS names to callers of the same account
	// or organization; AuthorizationID and Link lead to AWS's own evaluation of the
	// request, for about a day
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied-authorization-id.html).
	PolicyARN, AuthorizationID, Link string
}

// policyTypes are the types of policies that AWS's words name.
const policyTypes = `((?:identity-based|resource-based|service control|resource control|session|role trust|VPC endpoint) polic(?:y|ies)|permissions boundar(?:y|ies))`

var (
	// deniedOn is the action that AWS names in a refusal. It may differ from the call:
	// s3:TagResource for a CreateBucket with tags.
	deniedOn   = regexp.MustCompile(`perform: ([\w-]+:\w+)(?: on resource: "?([^" ]+)"?)?`)
	deniedBy   = regexp.MustCompile(`with an explicit deny in (?:an?|the) ` + policyTypes + `(?:: "?(arn:[^\s",]+))?`)
	notGivenBy = regexp.MustCompile(`because no ` + policyTypes + ` allows?`)
	// evaluation is a link to AWS's own console, and to nowhere else: the text may come from
	// anybody, and the link is shown as AWS's.
	evaluation = regexp.MustCompile(`(https://(?:[\w-]+\.)*console\.(?:aws\.amazon\.com|amazonaws-us-gov\.com|amazonaws\.cn|amazonaws-eusc\.eu)/[^\s#]*#/authorization-details/\w+)|(?i:authorization id: (\w+))`)
)

// DenialOf reads a refusal; ok is false for every other error.
func DenialOf(err error) (d Denial, ok bool) {
	if !IsAccessDenied(err) {
		return Denial{}, false
	}
	return DenialIn(messageOf(err)), true
}

// DenialIn is what a text of AWS's says of a refusal; empty for any other text.
func DenialIn(text string) (d Denial) {
	if m := deniedOn.FindStringSubmatch(text); m != nil {
		d.Action, d.Resource = m[1], m[2]
	}
	if m := notGivenBy.FindStringSubmatch(text); m != nil {
		d.Policy = singular(m[1])
	}
	if m := deniedBy.FindStringSubmatch(text); m != nil {
		d.Policy, d.PolicyARN = singular(m[1]), strings.TrimRight(m[2], ".")
	}
	for _, m := range evaluation.FindAllStringSubmatch(text, -1) {
		d.Link, d.AuthorizationID = cmp.Or(d.Link, m[1]), cmp.Or(d.AuthorizationID, m[2])
	}
	d.Explicit = strings.Contains(text, explicitDeny)
	return d
}

// singular is the type of policies as that of one.
func singular(types string) string {
	return strings.Replace(strings.Replace(types, "policies", "policy", 1), "boundaries", "boundary", 1)
}

// IsUnanswered says that AWS was asked and gave no answer at all, whatever stood between.
func IsUnanswered(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == 0 && e.Code == "" && !IsCancelled(err) && !IsCredentials(err) && !unread(err)
}
