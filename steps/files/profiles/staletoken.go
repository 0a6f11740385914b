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

// FindStaleToken tells whether a profile has a stale token. Both files count,
// as the Go SDK merges them (config v1.33.15, mergeSections): the key pair of
// the credentials file wins over that of the config file, but a token of the
// config file stays where the credentials file names none, even an empty one.
// Without a key pair there, a token of the credentials file is ignored.
func FindStaleToken(credentials, config files.Snapshot, name string) (StaleToken, bool) {
	own, _ := Read(Credentials, credentials, name)
	other, _ := Read(Config, config, name)
	out := StaleToken{Kind: Config, Both: other.hasPair()}
	if own.hasPair() {
		out.KeyID, out.Both = own.Get(accessKeyID), false
		if own.line(sessionToken) > 0 {
			out.Kind, out.Both, other = Credentials, true, own
		}
	} else if other.hasPair() {
		out.KeyID = other.Get(accessKeyID)
	}
	out.Place = files.Place{Path: config.Path, Line: other.line(sessionToken)}
	if out.Kind == Credentials {
		out.Place.Path = credentials.Path
	}
	stale := out.KeyID == "" || strings.HasPrefix(out.KeyID, longTerm)
	return out, stale && other.Get(sessionToken) != ""
}

// WithoutToken is the removal of a profile's session token from one file.
func WithoutToken(name string) Wanted {
	return Wanted{Name: name, Remove: []string{sessionToken, securityToken}}
}

func (p Profile) hasPair() bool { return p.Get(accessKeyID) != "" && p.Get(secretAccessKey) != "" }

// line is where a setting stands, zero where it does not.
func (p Profile) line(key string) int {
	for _, v := range p.Values {
		if v.Key == key {
			return v.Line
		}
	}
	return 0
}
