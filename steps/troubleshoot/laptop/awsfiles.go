package laptop

import (
	"crypto/sha1" //nolint:gosec // the SDK names its token files by it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
)

// awsFiles are the two files of this laptop as the AWS SDK merges them.
type awsFiles struct {
	credentials, config       files.Snapshot
	credentialsErr, configErr error
	getenv                    func(string) string
	now                       time.Time
	// wanted is the blueprint's profile, for which a look-alike may be meant.
	wanted string
}

func readAWSFiles(credentials, config string, getenv func(string) string, now time.Time) *awsFiles {
	f := &awsFiles{getenv: getenv, now: now}
	f.credentials, f.credentialsErr = files.Read(credentials)
	f.config, f.configErr = files.Read(config)
	return f
}

// profile is one profile with what each file says of it.
type profile struct {
	name                  string
	credentials, config   profiles.Profile
	inCredentials, inFile bool
	files                 *awsFiles
}

func (f *awsFiles) profile(name string) profile {
	p := profile{name: name, files: f}
	p.credentials, p.inCredentials = profiles.Read(profiles.Credentials, f.credentials, name)
	config, inConfig := profiles.Read(profiles.Config, f.config, name)
	p.config, p.inFile = config, p.inCredentials || inConfig
	return p
}

// get gives a setting; the credentials file wins over the config file.
func (p profile) get(key string) string {
	if value := p.credentials.Get(key); value != "" {
		return value
	}
	return p.config.Get(key)
}

// at is the place of a setting.
func (p profile) at(key string) string {
	if line := p.credentials.LineOf(key); line > 0 {
		return files.Place{Path: p.files.credentials.Path, Line: line}.String()
	}
	return files.Place{Path: p.files.config.Path, Line: p.config.LineOf(key)}.String()
}

// hasKeys tells whether one of the files holds both halves of an access key.
func (p profile) hasKeys() bool {
	whole := func(f profiles.Profile) bool {
		return f.Get(profiles.AccessKeyID) != "" && f.Get(profiles.SecretAccessKey) != ""
	}
	return whole(p.credentials) || whole(p.config)
}

// half gives the place of one half of an access key whose other half is not in
// the same file, and which one it is; the SDK refuses the profile then.
func (p profile) half() (at, has, lacks string) {
	for _, of := range []struct {
		path string
		in   profiles.Profile
	}{{p.files.credentials.Path, p.credentials}, {p.files.config.Path, p.config}} {
		id, secret := of.in.LineOf(profiles.AccessKeyID), of.in.LineOf(profiles.SecretAccessKey)
		switch {
		case id > 0 && of.in.Get(profiles.SecretAccessKey) == "":
			return files.Place{Path: of.path, Line: id}.String(), profiles.AccessKeyID, profiles.SecretAccessKey
		case secret > 0 && of.in.Get(profiles.AccessKeyID) == "":
			return files.Place{Path: of.path, Line: secret}.String(), profiles.SecretAccessKey, profiles.AccessKeyID
		}
	}
	return "", "", ""
}

// sourceTrouble is why a profile gives Terraform no credentials.
type sourceTrouble struct {
	id       string
	evidence string
	remedy   string
	// also is how Terraform's text names it, where that is another id, and lead what is
	// wrong where the id's own words say less.
	also []string
	lead string
	// name is the profile that it is about.
	name string
}

// source follows a profile to its credentials as the SDK for Go does
// (config/resolve_credentials.go). It tells where they come from, or what is
// wrong. Nothing is asked of AWS or of a program.
func (f *awsFiles) source(name string) (from string, wrong *sourceTrouble) {
	return f.follow(name, nil)
}

func (f *awsFiles) follow(name string, through []string) (string, *sourceTrouble) {
	p := f.profile(name)
	if !p.inFile {
		return "", f.absent(name)
	}
	if at, has, lacks := p.half(); at != "" {
		return "", &sourceTrouble{
			name: name,
			id:   diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: profile %s has %s without %s, so Terraform ignores both.", at, name, has, lacks),
			remedy: "Write the missing half again, or a new access key.",
		}
	}
	if stale := steps.StaleToken(f.credentials, f.config, name); stale != nil {
		return "", &sourceTrouble{name: name, id: diagnosis.KeyInvalid.ID, evidence: stale.Evidence, remedy: stale.Remedy}
	}
	source, session := p.get("source_profile"), f.sessionMissing(p)
	switch {
	case source != "" && p.get("credential_source") != "":
		return "", &sourceTrouble{
			id: diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: profile %s has source_profile and credential_source, and the SDK accepts only one.", p.at("source_profile"), name),
			remedy: "Remove one of the two.",
		}
	case source != "" && p.get("role_arn") == "":
		return "", &sourceTrouble{
			id: diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: profile %s has a source_profile without a role_arn, which Terraform refuses.", p.at("source_profile"), name),
			remedy: "Write the role_arn, or remove source_profile.",
		}
	// The SDK reads the session before anything else of the profile that it is asked for,
	// and of a source profile only where that has no key (SharedConfig.setFromIniSections).
	case session != nil && (len(through) == 0 || !p.hasKeys()):
		return "", session
	case p.get("role_arn") != "":
		return f.role(p, through)
	}
	return f.direct(p)
}

// absent is a profile that is in neither file.
func (f *awsFiles) absent(name string) *sourceTrouble {
	evidence := fmt.Sprintf("Profile %s is in neither %s nor %s.", name, f.credentials.Path, f.config.Path)
	for kind, file := range []files.Snapshot{profiles.Credentials: f.credentials, profiles.Config: f.config} {
		kind := profiles.Kind(kind)
		if line, written := profiles.Misnamed(kind, file, name); line > 0 && name == f.wanted {
			takes := "which Terraform does not take for it"
			if kind == profiles.Config && strings.ContainsAny(written, `"'`) {
				takes = "which the AWS CLI takes for it and Terraform does not"
			}
			evidence += fmt.Sprintf(" %s reads %s, %s.", files.Place{Path: file.Path, Line: line}, written, takes)
		}
	}
	return &sourceTrouble{
		name: name,
		id:   diagnosis.ProfileMissing.ID, evidence: evidence,
		remedy: "Write the profile with your access key (aws configure --profile " + name + "), or correct the name.",
	}
}

// role is a profile that assumes a role with another profile's credentials.
func (f *awsFiles) role(p profile, through []string) (string, *sourceTrouble) {
	role, source := p.get("role_arn"), p.get("source_profile")
	if p.get("mfa_serial") != "" {
		return "", &sourceTrouble{
			name: p.name,
			id:   diagnosis.MFAProfile.ID, evidence: fmt.Sprintf("%s: profile %s assumes %s with an MFA code, and Terraform cannot ask for one.", p.at("mfa_serial"), p.name, role),
			remedy: "Point Terraform at a profile without mfa_serial, whose credentials are a session made with the code.",
		}
	}
	through = append(through, p.name)
	switch {
	case source == p.name && !p.hasKeys():
		return "", loop(p, through)
	case source != "" && source != p.name:
		for _, seen := range through {
			if seen == source && !f.profile(source).hasKeys() {
				return "", loop(p, append(through, source))
			}
			if seen == source {
				return "role " + role + " with the access key of profile " + source, nil
			}
		}
		if f.profile(source).signsInWithLogin() {
			return "", &sourceTrouble{
				id: diagnosis.AWSLoginProfile.ID, also: []string{diagnosis.CredentialsMissing.ID},
				lead:     "The role is to be assumed with a session of aws login, which Terraform cannot do.",
				evidence: fmt.Sprintf("%s: profile %s takes its credentials from profile %s, which has a login_session (%s). The AWS CLI does that, the Go SDK and so Terraform do not.", p.at("source_profile"), p.name, source, f.profile(source).at("login_session")),
				remedy:   fmt.Sprintf("Write a profile with credential_process = aws configure export-credentials --profile %s --format process, and name it as source_profile of %s.", source, p.name),
			}
		}
		from, wrong := f.follow(source, through)
		if wrong != nil {
			wrong.evidence = fmt.Sprintf("%s: profile %s takes its credentials from profile %s. %s", p.at("source_profile"), p.name, source, wrong.evidence)
			return "", wrong
		}
		return "role " + role + " through profile " + source + ", " + from, nil
	}
	if p.get("credential_source") != "" {
		return "role " + role + " with the credentials of this machine", nil
	}
	from, wrong := f.direct(p)
	if wrong != nil {
		wrong.evidence = fmt.Sprintf("%s: profile %s assumes %s and names no source of credentials for it.", p.at("role_arn"), p.name, role)
		wrong.remedy = "Add source_profile = PROFILE, the profile that holds your access key."
	}
	return "role " + role + " with " + from, wrong
}

func loop(p profile, through []string) *sourceTrouble {
	return &sourceTrouble{
		id: diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: the source profiles lead in a circle: %s.", p.at("source_profile"), strings.Join(append(through[:len(through):len(through)], p.get("source_profile")), " → ")),
		remedy: "Give the last of them an access key.",
	}
}

// signsInWithLogin tells whether a profile's credentials are a session of aws login, with
// nothing that the SDK takes before it (resolveCredsFromProfile).
func (p profile) signsInWithLogin() bool {
	if p.get("login_session") == "" || p.hasKeys() {
		return false
	}
	return !slices.ContainsFunc([]string{"source_profile", "credential_source", "web_identity_token_file", "sso_session", "sso_start_url"}, func(key string) bool { return p.get(key) != "" })
}

// direct is a profile's own way to credentials, in the SDK's order.
func (f *awsFiles) direct(p profile) (string, *sourceTrouble) {
	switch {
	case p.hasKeys():
		return fmt.Sprintf("access key %s (%s)", p.get(profiles.AccessKeyID), p.at(profiles.AccessKeyID)), nil
	case p.get("web_identity_token_file") != "":
		token := p.get("web_identity_token_file")
		if _, err := os.Stat(token); err != nil {
			return "", &sourceTrouble{
				id: diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: the web identity token %s of profile %s cannot be read.", p.at("web_identity_token_file"), token, p.name),
				remedy: "Put the token there, or correct the path.",
			}
		}
		return "the web identity token " + token, nil
	case p.get("sso_session") != "" || p.get("sso_start_url") != "":
		return f.signOn(p)
	case p.get("login_session") != "":
		return "the session of aws login", nil
	case p.get("credential_process") != "":
		return "the program of credential_process (" + p.at("credential_process") + ")", nil
	}
	return "", &sourceTrouble{
		name:     p.name,
		id:       diagnosis.CredentialsMissing.ID,
		evidence: fmt.Sprintf("Profile %s is in %s, but neither %s nor %s holds an access key or another source of credentials for it.", p.name, p.where(), f.credentials.Path, f.config.Path),
		remedy:   "Write your access key into the profile: aws configure --profile " + p.name + ".",
	}
}

// where is the place of the profile's header.
func (p profile) where() string {
	if p.inCredentials {
		return files.Place{Path: p.files.credentials.Path, Line: p.credentials.Line}.String()
	}
	return files.Place{Path: p.files.config.Path, Line: p.config.Line}.String()
}

// token is what the SDK keeps of a sign-on in ~/.aws/sso/cache.
type token struct {
	ExpiresAt             time.Time `json:"expiresAt"`
	RefreshToken          string    `json:"refreshToken"`
	ClientID              string    `json:"clientId"`
	RegistrationExpiresAt time.Time `json:"registrationExpiresAt"`
}

// sessionMissing tells of a sign-on session that a profile names and the config file does
// not have; nil where all is well.
func (f *awsFiles) sessionMissing(p profile) *sourceTrouble {
	session := p.get("sso_session")
	if _, there := profiles.SSOSession(f.config, session); session == "" || there {
		return nil
	}
	return &sourceTrouble{
		id: diagnosis.CredentialsMissing.ID, evidence: fmt.Sprintf("%s: profile %s names the sign-on session %s, and %s has no section [sso-session %s].", p.at("sso_session"), p.name, session, f.config.Path, session),
		remedy: "Write the section (aws configure sso), or correct the name.", also: []string{diagnosis.ProfileMissing.ID},
		lead: "The profile names a sign-on session that the config file does not have.",
	}
}

// incomplete tells of a setting that a sign-on needs and has not, or that contradicts its
// session (config/shared_config.go of the SDK, validateSSOConfiguration; that account and
// role are there it does not check, and IAM Identity Center refuses a sign-on without).
func (f *awsFiles) incomplete(p profile) *sourceTrouble {
	lacks := func(section, at string, get func(string) string, keys ...string) *sourceTrouble {
		missing := slices.DeleteFunc(keys, func(key string) bool { return get(key) != "" })
		if len(missing) == 0 {
			return nil
		}
		return &sourceTrouble{
			name: p.name, id: diagnosis.SSOSettingsIncomplete.ID,
			evidence: fmt.Sprintf("%s: %s, with which profile %s signs in, has no %s.", at, section, p.name, strings.Join(missing, " and no ")),
			remedy:   fmt.Sprintf("Write %s into %s. stateroom onboard writes what your team uses.", strings.Join(missing, " and "), section),
		}
	}
	named := p.get("sso_session")
	session, _ := profiles.SSOSession(f.config, named)
	if named == "" {
		if wrong := lacks("[profile "+p.name+"]", p.where(), p.get, "sso_start_url", "sso_region"); wrong != nil {
			return wrong
		}
	} else {
		if wrong := lacks("[sso-session "+named+"]", files.Place{Path: f.config.Path, Line: session.Line}.String(), session.Get, "sso_start_url", "sso_region"); wrong != nil {
			return wrong
		}
		for _, key := range []string{"sso_region", "sso_start_url"} {
			if own := p.get(key); own != "" && own != session.Get(key) {
				return &sourceTrouble{
					name: p.name, id: diagnosis.SSOSettingsIncomplete.ID,
					lead:     "The profile and its sso-session disagree about where to sign in.",
					evidence: fmt.Sprintf("%s: profile %s says %s = %s, and [sso-session %s] says %s.", p.at(key), p.name, key, own, named, session.Get(key)),
					remedy:   fmt.Sprintf("Remove %s from the profile: it belongs in the section [sso-session %s] alone.", key, named),
				}
			}
		}
	}
	return lacks("[profile "+p.name+"]", p.where(), p.get, "sso_account_id", "sso_role_name")
}

// signOn looks for the cached token of a single sign-on.
func (f *awsFiles) signOn(p profile) (string, *sourceTrouble) {
	if wrong := f.incomplete(p); wrong != nil {
		return "", wrong
	}
	name := p.get("sso_start_url")
	session := p.get("sso_session")
	if session != "" {
		name = session
	}
	sum := sha1.Sum([]byte(name)) //nolint:gosec // the SDK's own name of the file
	path := filepath.Join(f.getenv("HOME"), ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
	expired := &sourceTrouble{name: p.name, id: diagnosis.SSOExpired.ID, remedy: "Sign in again: stateroom login, or aws sso login --profile " + p.name + "."}
	text, err := files.Read(path)
	if err != nil || !text.Exists {
		expired.evidence = fmt.Sprintf("Profile %s (%s) signs in by single sign-on, and there is no token of it in %s.", p.name, p.where(), path)
		return "", expired
	}
	var cached token
	if err := json.Unmarshal(text.Bytes, &cached); err != nil {
		expired.evidence = fmt.Sprintf("The sign-on token of profile %s in %s cannot be read.", p.name, path)
		return "", expired
	}
	renewable := session != "" && cached.RefreshToken != "" && cached.ClientID != "" && f.now.Before(cached.RegistrationExpiresAt)
	if f.now.After(cached.ExpiresAt) && !renewable {
		expired.evidence = fmt.Sprintf("The sign-on of profile %s (%s) ended at %s (%s).", p.name, p.where(), cached.ExpiresAt.UTC().Format("15:04 UTC on 2 January 2006"), path)
		return "", expired
	}
	return "the sign-on token in " + path, nil
}
