package profiles

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// ConflictError says that a profile already gets its credentials in another
// way than the one being written, so that it takes a person to decide. Passing
// Keys in [Wanted].Remove settles it.
type ConflictError struct {
	Path    string
	Profile string
	Keys    []string // in the order of the file, lower case
	Lines   []int    // the line of each key, counted from 1
}

// Error names the profile, the settings in the way and their lines.
func (e *ConflictError) Error() string {
	at := make([]string, len(e.Keys))
	for i, k := range e.Keys {
		at[i] = fmt.Sprintf("%s (line %d)", k, e.Lines[i])
	}
	return fmt.Sprintf("cannot edit %s: profile %q already gets its credentials from %s; "+
		"choose another profile name or agree to remove that", e.Path, e.Profile, strings.Join(at, ", "))
}

// KeyValue is one setting of a profile. Every value is held as a secret, since
// the same type carries access keys; what may be shown is decided by the key.
type KeyValue struct {
	Key   string // lower case, such as "aws_access_key_id"
	Value secret.Secret
}

// KV is short for a KeyValue of a plain text.
func KV(key, value string) KeyValue { return KeyValue{Key: key, Value: secret.New(value)} }

// KeyPair is a profile that holds an access key. No session's token stays beside it.
func KeyPair(name, id, secretKey string) Wanted {
	return Wanted{Name: name, Set: []KeyValue{KV(AccessKeyID, id), KV(SecretAccessKey, secretKey)}}
}

// Session is a profile that holds a session's keys.
func Session(name, id, secretKey, token string) Wanted {
	e := KeyPair(name, id, secretKey)
	e.Set = append(e.Set, KV(sessionToken, token))
	e.Remove = []string{securityToken} // an older name of the token, of which one tool would read the old
	return e
}

// WithoutKeys is the removal of whatever access key or session a profile of one file holds,
// or a half of, and of the section where nothing else is in it.
func WithoutKeys(name string) Wanted {
	return Wanted{Name: name, Remove: []string{AccessKeyID, SecretAccessKey, sessionToken, securityToken}, Drop: true}
}

// Held is what a profile of one file holds of an access key: both are empty for none, and
// one for half of one. Session says that it is a session's.
func (p Profile) Held() (id string, key secret.Secret, session bool) {
	return p.Get(AccessKeyID), secret.New(p.Get(SecretAccessKey)), p.Get(sessionToken)+p.Get(securityToken) != ""
}

// Wanted says what one profile, or one [sso-session], must hold. Keys that are not named
// stay.
type Wanted struct {
	Name   string     // of the profile or the session, without "profile " or "sso-session "
	SSO    bool       // it is an sso-session, which only the config file has
	Set    []KeyValue // in the order in which missing keys are added
	Remove []string   // keys to take out when they are there
	Drop   bool       // the section itself goes where nothing is left in it
}

// The settings of a profile that carry credentials themselves, as the AWS CLI and the SDKs
// name them.
const (
	AccessKeyID     = "aws_access_key_id"
	SecretAccessKey = "aws_secret_access_key" // #nosec G101 -- the name of a setting
	sessionToken    = "aws_session_token"     // #nosec G101 -- the name of a setting
	securityToken   = "aws_security_token"    // #nosec G101 -- what older boto reads as the session token
)

// source groups the settings by the way in which they give credentials. Two
// ways in one profile contradict each other: the Go SDK refuses some pairs and
// silently prefers one side of the others.
var source = map[string]string{
	AccessKeyID: "keys", SecretAccessKey: "keys", sessionToken: "keys", securityToken: "keys",
	"role_arn": "role", "source_profile": "role",
	"credential_source":       "instance",
	"credential_process":      "process",
	"web_identity_token_file": "web identity",
	"sso_session":             "sso", "sso_start_url": "sso", "sso_account_id": "sso", "sso_role_name": "sso", "sso_region": "sso",
	"login_session": "login",
}

// public lists the settings whose values may be shown. Anything else, known or
// not, reads "(secret)".
var public = map[string]bool{
	AccessKeyID: true, "region": true, "output": true, "role_arn": true, "source_profile": true,
	"role_session_name": true, "mfa_serial": true, "duration_seconds": true, "credential_source": true,
	"sso_session": true, "sso_start_url": true, "sso_account_id": true, "sso_role_name": true, "sso_region": true,
	"sso_registration_scopes": true,
	"web_identity_token_file": true, "sts_regional_endpoints": true, "endpoint_url": true,
}

var (
	newName      = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	existingName = regexp.MustCompile("^[^\\s\\[\\]#;\"'`=:\\\\\\pC]+$")
	keyName      = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// ssoSession begins the header of a session of IAM Identity Center.
const ssoSession = "sso-session "

// section names the section among those of a file: as a person would take it.
func (e Wanted) section() string {
	if e.SSO {
		return ssoSession + e.Name
	}
	return e.Name
}

// header is the section's header, without its brackets.
func (e Wanted) header(kind Kind) string {
	if e.SSO {
		return e.section()
	}
	return kind.header(e.Name)
}

// quoted names the section for people, with the name in quotes.
func (e Wanted) quoted() string {
	if e.SSO {
		return fmt.Sprintf("sso-session %q", e.Name)
	}
	return fmt.Sprintf("profile %q", e.Name)
}

// String names the section for people.
func (e Wanted) String() string {
	if e.SSO {
		return e.section()
	}
	return "profile " + e.Name
}

// normal gives e with values trimmed of the white space that pasting brings,
// and refuses what cannot be written so that every parser reads it back.
func (e Wanted) normal(path string) (Wanted, error) {
	fail := func(problem, remedy string) (Wanted, error) {
		return e, &files.Error{Action: "edit", Path: path, Problem: problem, Remedy: remedy}
	}
	if !existingName.MatchString(e.Name) || e.Name == "DEFAULT" || e.SSO && !newName.MatchString(e.Name) {
		return fail("the profile name has characters that the AWS CLI and SDKs read differently",
			"use letters, digits, _ and - (and not DEFAULT)")
	}
	out := Wanted{Name: e.Name, SSO: e.SSO, Remove: slices.Clone(e.Remove), Drop: e.Drop}
	seen := map[string]bool{}
	for _, kv := range e.Set {
		value := strings.TrimSpace(kv.Value.Reveal())
		if !keyName.MatchString(kv.Key) || seen[kv.Key] || slices.Contains(e.Remove, kv.Key) {
			return fail("the setting "+kv.Key+" is named twice or is not a setting's name", "")
		}
		if problem := unwritable(value); problem != "" {
			return fail("the value of "+kv.Key+" "+problem, "check what was pasted")
		}
		seen[kv.Key] = true
		out.Set = append(out.Set, KV(kv.Key, value))
	}
	if seen[AccessKeyID] && seen[SecretAccessKey] && !seen[sessionToken] {
		// A token left from a session would be sent with the long-term key
		// and refused (InvalidClientTokenId).
		out.Remove = append(out.Remove, sessionToken, securityToken)
	}
	return out, nil
}

// unwritable says why a value cannot stand in the file, or "".
func unwritable(value string) string {
	switch {
	case value == "":
		return "is empty"
	case !utf8.ValidString(value):
		return "is not UTF-8"
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || breaksForPython(r) }):
		return "contains a line break or control character"
	case meaning(value) != value:
		return "would be cut by the AWS SDKs: it is quoted or contains # or ; after a space"
	case strings.HasPrefix(value, "`"), strings.HasPrefix(value, `"""`), loneQuote(value):
		return "starts with a quote that the AWS SDKs would misread"
	}
	return ""
}

// loneQuote tells a value of one quote character, on which the Go SDK (v1.33 of
// its config module) panics while cutting the pair that is not there.
func loneQuote(value string) bool { return value == `"` || value == "'" }

// ByHand gives the section as a person would type it, for a file that must not
// be touched. Secrets read "(secret)".
func (e Wanted) ByHand(kind Kind) string {
	var b strings.Builder
	b.WriteString("[" + e.header(kind) + "]\n")
	for _, kv := range e.Set {
		value := secret.Redacted
		if public[kv.Key] {
			value = kv.Value.Reveal()
		}
		b.WriteString(kv.Key + " = " + value + "\n")
	}
	return b.String()
}

// ByHand gives the sections of several profiles as [Wanted.ByHand] does.
func ByHand(kind Kind, wanted []Wanted) string {
	sections := make([]string, len(wanted))
	for i, e := range wanted {
		sections[i] = e.ByHand(kind)
	}
	return strings.Join(sections, "\n")
}

// Conflict is [Pair.Conflict] of one profile.
func (e Wanted) Conflict(credentials, config files.Snapshot) error {
	return Together(credentials, config).Conflict(e)
}

// Conflict returns a [*ConflictError] when carrying out e would leave p with
// two ways to credentials, and nil otherwise. [Edit] asks it about the
// profile that it edits; [Pair.Conflict] asks about both files.
func (p Profile) Conflict(path string, e Wanted) error {
	ways := map[string]bool{}
	kept := map[string]bool{}
	for _, kv := range e.Set {
		kept[kv.Key] = true
		if way := source[kv.Key]; way != "" {
			ways[way] = true
		}
	}
	if len(ways) == 0 {
		return nil
	}
	out := &ConflictError{Path: path, Profile: p.Name}
	for _, v := range p.Values {
		way := source[v.Key]
		if way != "" && !ways[way] && !kept[v.Key] && !slices.Contains(e.Remove, v.Key) {
			out.Keys = append(out.Keys, v.Key)
			out.Lines = append(out.Lines, v.Line)
		}
	}
	if len(out.Keys) == 0 {
		return nil
	}
	return out
}
