package profiles

import "stateroom/steps/files"

// Pair is both AWS files, each read once: what is asked about ten thousand profiles costs no
// more reading than what is asked about one.
type Pair struct{ credentials, config read }

// read is a file with its profiles by their names.
type read struct {
	path     string
	profiles map[string]Profile
}

// Together reads both files.
func Together(credentials, config files.Snapshot) Pair {
	return Pair{
		credentials: read{credentials.Path, ByName(Credentials, credentials)},
		config:      read{config.Path, ByName(Config, config)},
	}
}

// Conflict is the conflict of a profile with what either file holds under its name:
// the SDKs merge the two, and a role in the one makes them pass over keys in the
// other.
func (f Pair) Conflict(e Wanted) error {
	if e.SSO {
		return nil // it is no profile, and gives no credentials itself
	}
	if err := f.config.profiles[e.Name].Conflict(f.config.path, e); err != nil {
		return err
	}
	return f.credentials.profiles[e.Name].Conflict(f.credentials.path, e)
}

// StaleToken tells whether a profile has a stale token. Both files count,
// as the Go SDK merges them (config v1.33.15, mergeSections): the key pair of
// the credentials file wins over that of the config file, but a token of the
// config file stays where the credentials file names none, even an empty one.
// Without a key pair there, a token of the credentials file is ignored.
func (f Pair) StaleToken(name string) (StaleToken, bool) {
	own, other := f.credentials.profiles[name], f.config.profiles[name]
	out := StaleToken{Kind: Config, Both: other.hasPair()}
	if own.hasPair() {
		out.KeyID, out.Both = own.Get(AccessKeyID), false
		if own.LineOf(sessionToken) > 0 {
			out.Kind, out.Both, other = Credentials, true, own
		}
	} else if other.hasPair() {
		out.KeyID = other.Get(AccessKeyID)
	}
	out.Place = files.Place{Path: f.config.path, Line: other.LineOf(sessionToken)}
	if out.Kind == Credentials {
		out.Place.Path = f.credentials.path
	}
	return out, out.usersOwn() && other.Get(sessionToken) != ""
}
