package handover

import (
	"regexp"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/plan"
)

// The forms of a user's access key: an id of AWS's alphabet and a secret of 40
// characters of base64 (IAM User Guide, "Understanding unique ID prefixes").
var (
	keyID     = regexp.MustCompile(`^[A-Z0-9]{16,128}$`)
	keySecret = regexp.MustCompile(`^[A-Za-z0-9/+=]{40}$`)
)

// The first letters of the id say what kind of key it is.
const (
	UserKey    = "AKIA"
	sessionKey = "ASIA"
)

// SecretForm is the finding of a secret that is none, where the id is one.
const SecretForm = "onboard.secret-form"

// ParseKeyPair reads a pasted access key. White space around both parts is cut.
// The error is a [*plan.Refusal]; it never repeats what was pasted as secret.
func ParseKeyPair(id, key string) (awsops.KeyPair, error) {
	id, key = strings.TrimSpace(id), strings.TrimSpace(key)
	refuse := func(finding, what, remedy string) (awsops.KeyPair, error) {
		return awsops.KeyPair{}, &plan.Refusal{Finding: finding, What: what, Remedy: remedy}
	}
	switch {
	case keyID.MatchString(key) && keySecret.MatchString(id):
		return refuse("onboard.key-swapped", "The access key id and the secret are the wrong way round.", "Paste the id, which begins with "+UserKey+", first.")
	case strings.HasPrefix(id, sessionKey):
		return refuse("onboard.key-temporary", "Access key "+id+" is a temporary one, which runs out by itself.", "Use the user's own access key, whose id begins with "+UserKey+".")
	case !keyID.MatchString(id) || !strings.HasPrefix(id, UserKey):
		return refuse("onboard.key-form", "This is not an access key id, which has at least 16 capital letters and digits and begins with "+UserKey+".", "Paste all of it again.")
	case !keySecret.MatchString(key):
		return refuse(SecretForm, "This is not a secret access key, which has 40 letters, digits, / and +.", "Paste all of it again.")
	}
	return awsops.KeyPair{ID: id, Secret: secret.New(key)}, nil
}
