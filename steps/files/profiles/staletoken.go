package profiles

import (
	"strings"

	"stateroom/steps/files"
)

// StaleToken is a session token that is left beside an access key of a user's
// own. Such a key takes none: AWS refuses every call that carries both
// (InvalidClientTokenId).
type StaleToken struct {
	Kind  Kind
	Place files.Place
	// KeyID is the access key that the token would be sent with, empty where
	// neither file has one yet.
	KeyID string
	// Both says that the AWS CLI sends the two, as the AWS SDK for Go and so
	// Terraform do. It takes no token from another file than the key's.
	Both bool
}

// longTerm begins the ids of the access keys of users. Those of sessions begin
// with ASIA (IAM User Guide, Unique identifiers).
const longTerm = "AKIA"

// FindStaleToken is [Pair.StaleToken] of one profile.
func FindStaleToken(credentials, config files.Snapshot, name string) (StaleToken, bool) {
	return Together(credentials, config).StaleToken(name)
}

// usersOwn tells that the token is beside a key of a user's own, or beside none.
func (t StaleToken) usersOwn() bool { return t.KeyID == "" || strings.HasPrefix(t.KeyID, longTerm) }

// WithoutToken is the removal of a profile's session token from one file.
func WithoutToken(name string) Wanted {
	return Wanted{Name: name, Remove: []string{sessionToken, securityToken}}
}

func (p Profile) hasPair() bool { return p.Get(AccessKeyID) != "" && p.Get(SecretAccessKey) != "" }

// LineOf is where a setting stands, zero where it does not.
func (p Profile) LineOf(key string) int {
	for _, v := range p.Values {
		if v.Key == key {
			return v.Line
		}
	}
	return 0
}
