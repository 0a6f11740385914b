// Package caller says why a run could not ask AWS as anybody: which credentials it has
// looked for and where, which of what was given holds characters that nobody sees, and how
// to begin again.
//
// What does not live here: the cause of an error that AWS itself gave (steps/diagnosis),
// and who the caller of a run is, which the first step finds (package steps).
package caller

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// Asker is as whom a run asks AWS, as far as the command line and this laptop say it.
type Asker struct {
	Getenv func(string) string
	// Profile is --profile, which comes before all that the environment says.
	Profile string
	// Endpoint is the custom one that was asked, empty for AWS itself.
	Endpoint string
	// Brought says that the run has a key of its own, whatever the environment says.
	Brought bool
	// Region is --region.
	Region string
	// Command are the words that begin the run again, to which flags can be added.
	Command []string
}

// again begins the run again with another value of a flag.
func (a Asker) again(flag, value string) string {
	var words []string
	for i, word := range a.Command {
		if word == flag || strings.HasPrefix(word, flag+"=") || i > 0 && a.Command[i-1] == flag {
			continue
		}
		words = append(words, word)
	}
	return plan.Shell(append(words, flag, value)...)
}

// Unasked makes a [plan.Refusal] of an error for which AWS could not be asked anything:
// no credentials, some that do not count any more, or no way to AWS. It says where
// credentials were looked for, or which were used and what AWS answered, and the commands
// that get others. Every other error stays as it is. It reads the AWS files and asks
// nobody.
func (a Asker) Unasked(err error) error {
	var told *plan.Refusal
	var failed *awsops.Error
	switch {
	case errors.As(err, &told), !errors.As(err, &failed), awsops.IsCancelled(err):
		return err
	case awsops.IsUnreachable(err), awsops.IsUnanswered(err):
		if r := a.source().unseenInput(); r != nil {
			r.Err = err
			return r
		}
		return a.unreachable(failed, err)
	case !awsops.IsCredentials(err):
		return err
	}
	s := a.source()
	cause := diagnosis.CredentialsMissing
	if d, known := diagnosis.FromError(err); known {
		cause = d
	}
	if slices.Contains([]*diagnosis.Diagnosis{diagnosis.CredentialsMissing, diagnosis.ProfileMissing, diagnosis.KeyInvalid, diagnosis.SignatureMismatch}, cause) {
		if r := s.unseen(); r != nil {
			r.Err = err
			return r
		}
	}
	r := &plan.Refusal{Finding: cause.ID, Title: s.title(cause, failed), What: failed.Meaning, Remedy: s.remedy(cause, failed), Err: err}
	if awsops.IsNoCredentials(err) {
		r.Tried = s.looked()
	} else {
		r.Tried = slices.Concat(s.used(), callAndAnswer(failed))
	}
	r.Commands = s.commands(cause, failed)
	return r
}

// callAndAnswer are a failed call and its answer.
func callAndAnswer(failed *awsops.Error) []plan.Fact {
	var facts []plan.Fact
	if failed.Service != "" {
		facts = append(facts, plan.Fact{Name: "Asked", Value: failed.Service + ":" + failed.Operation + inRegion(failed)})
	}
	answer := diagnosis.Answer(failed)
	if sent := (&url.Error{}); errors.As(failed, &sent) { // what the SDK puts before it says nothing
		answer = diagnosis.Sentence(sent.Err.Error())
	}
	return append(facts, plan.Fact{Name: "Answer", Value: answer})
}

func inRegion(failed *awsops.Error) string {
	if failed.Region == "" {
		return ""
	}
	return " in " + failed.Region
}

// unreachable is the refusal of a run that AWS gave no answer.
func (a Asker) unreachable(failed *awsops.Error, err error) *plan.Refusal {
	r := &plan.Refusal{
		Finding: diagnosis.NetworkUnreachable.ID, Title: "AWS could not be reached.", What: failed.Meaning,
		Remedy: failed.Remedy, Tried: callAndAnswer(failed), Err: err,
	}
	if d, known := diagnosis.FromError(err); known {
		r.Finding = d.ID
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "HTTPS_PROXY", "NO_PROXY", "AWS_CA_BUNDLE"} {
		value := cmp.Or(a.Getenv(name), a.Getenv(strings.ToLower(name)))
		if value != "" {
			r.Tried = append(r.Tried, plan.Fact{Name: name, Value: diagnosis.Redact(secret.Address(value))})
		}
	}
	at := cmp.Or(a.Endpoint, a.Getenv("AWS_ENDPOINT_URL"), "https://"+stsOf(failed.Region))
	r.Commands = []plan.ShellCommand{{Does: "Check the way to AWS without stateroom", Line: "curl --head " + plan.Shell(secret.Address(at))}}
	return r
}

// stsOf is where STS answers in a region (AWS General Reference, "AWS Security Token
// Service endpoints and quotas").
func stsOf(region string) string {
	switch {
	case region == "":
		return "sts.amazonaws.com"
	case strings.HasPrefix(region, "cn-"):
		return "sts." + region + ".amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		return "sts." + region + ".amazonaws.eu"
	}
	return "sts." + region + ".amazonaws.com"
}

// source is where the operator's credentials come from, or would.
type source struct {
	Asker
	// profile is the one that counts, and named what names it.
	profile, named string
	// variables says that keys of the environment count before any profile.
	variables           bool
	credentials, config files.Snapshot
}

// source reads the AWS files. One that cannot be read says nothing here: the SDK has told
// of it.
func (a Asker) source() source {
	s := source{Asker: a, profile: "default"}
	if path, err := profiles.CredentialsPath(a.Getenv); err == nil {
		s.credentials, _ = files.Read(path)
	}
	if path, err := profiles.ConfigPath(a.Getenv); err == nil {
		s.config, _ = files.Read(path)
	}
	switch {
	case a.Profile != "":
		s.profile, s.named = a.Profile, "--profile"
	case a.Getenv("AWS_PROFILE") != "":
		s.profile, s.named = a.Getenv("AWS_PROFILE"), "AWS_PROFILE"
	case a.Getenv("AWS_DEFAULT_PROFILE") != "":
		s.profile, s.named = a.Getenv("AWS_DEFAULT_PROFILE"), "AWS_DEFAULT_PROFILE"
	}
	s.variables = a.Profile == "" && a.Getenv("AWS_ACCESS_KEY_ID") != "" && a.Getenv("AWS_SECRET_ACCESS_KEY") != ""
	return s
}

// title is what is so, in a few words.
func (s source) title(cause *diagnosis.Diagnosis, failed *awsops.Error) string {
	switch cause {
	case diagnosis.CredentialsMissing:
		if !awsops.IsNoCredentials(failed) {
			return "Your AWS credentials could not be read."
		}
		return "You are not signed in to AWS."
	case diagnosis.ProfileMissing:
		return "There is no profile " + s.profile + "."
	case diagnosis.SSOExpired:
		return "You are not signed in to IAM Identity Center."
	case diagnosis.TokenExpired:
		return "Your session credentials have expired."
	case diagnosis.KeyInvalid:
		if awsops.IsStaleToken(failed) {
			return "There is a session token for a different access key."
		}
		return "AWS does not know your access key."
	case diagnosis.SignatureMismatch:
		return "Your secret access key does not belong to the access key id."
	}
	return cause.Meaning
}

// remedy is the one thing to do. Variables are this process's own: whoever sets others
// begins again.
func (s source) remedy(cause *diagnosis.Diagnosis, failed *awsops.Error) string {
	switch {
	case cause == diagnosis.CredentialsMissing && awsops.IsNoCredentials(failed), cause == diagnosis.ProfileMissing:
		return "Sign in to the admin account in another window, then try again."
	case cause == diagnosis.SSOExpired:
		return "Sign in again in another window, then try again."
	case cause == diagnosis.SSONotAssigned, cause == diagnosis.SSOSettingsIncomplete:
		return cause.Remedy
	case cause != diagnosis.TokenExpired && cause != diagnosis.KeyInvalid && cause != diagnosis.SignatureMismatch, awsops.IsStaleToken(failed):
		return failed.Remedy
	case s.Brought:
		return "Ask the operator for another key, or check the one that you have."
	case s.variables:
		return "The keys come from variables of this terminal. Set others or remove them, then start stateroom again."
	}
	return "Renew the credentials of profile " + s.profile + " in another window, then try again."
}

// looked is every place where credentials were looked for, in the order of the SDK
// (AWS SDK for Go, "Specifying Credentials"), and what was found there.
func (s source) looked() []plan.Fact {
	var facts []plan.Fact
	add := func(name, value string) { facts = append(facts, plan.Fact{Name: name, Value: value}) }
	if s.Profile == "" {
		missing := "AWS_ACCESS_KEY_ID"
		if s.Getenv(missing) != "" {
			missing = "AWS_SECRET_ACCESS_KEY"
		}
		add("Environment", missing+" is not set")
	}
	add("Profile "+s.profile, s.inFiles())
	if s.Profile == "" {
		for _, name := range []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
			if s.Getenv(name) != "" {
				add("Environment", name+" is set, and gives no credentials")
			}
		}
	}
	machine := "its metadata service gives no role"
	if strings.EqualFold(s.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		machine = "not asked: AWS_EC2_METADATA_DISABLED is true"
	}
	add("This machine", machine)
	return facts
}

// there tells which of the AWS files have the profile.
func (s source) there() (inCredentials, inConfig bool) {
	_, inCredentials = profiles.Read(profiles.Credentials, s.credentials, s.profile)
	_, inConfig = profiles.Read(profiles.Config, s.config, s.profile)
	return inCredentials, inConfig
}

// inFiles says what the AWS files say of the profile.
func (s source) inFiles() string {
	named := ""
	if s.named != "" {
		named = " (named by " + s.named + ")"
	}
	inCredentials, inConfig := s.there()
	at := s.short(s.config.Path)
	switch {
	case !s.credentials.Exists && !s.config.Exists:
		return fmt.Sprintf("there is neither %s nor %s", s.short(s.credentials.Path), at) + named
	case !inCredentials && !inConfig:
		return fmt.Sprintf("in neither %s nor %s", s.short(s.credentials.Path), at) + named
	case inCredentials:
		at = s.short(s.credentials.Path)
	}
	return at + " has it, without credentials" + named
}

// used are the credentials that the run has asked with.
func (s source) used() []plan.Fact {
	id := profiles.KeyID(s.credentials, s.profile)
	switch {
	case s.Brought:
		return nil // the answer names the key
	case s.variables:
		return []plan.Fact{{Name: "Credentials", Value: "access key " + s.Getenv("AWS_ACCESS_KEY_ID") + ", from AWS_ACCESS_KEY_ID"}}
	case id != "":
		return []plan.Fact{{Name: "Credentials", Value: fmt.Sprintf("access key %s, from profile %s in %s", id, s.profile, s.short(s.credentials.Path))}}
	}
	return []plan.Fact{{Name: "Profile " + s.profile, Value: s.inConfig()}}
}

// inConfig says how the profile gets its credentials.
func (s source) inConfig() string {
	p, there := profiles.Read(profiles.Config, s.config, s.profile)
	for _, key := range []string{"sso_session", "sso_start_url", "credential_process", "source_profile", "web_identity_token_file"} {
		value := p.Get(key)
		if key == "credential_process" { // its arguments may be anything
			value, _, _ = strings.Cut(value, " ")
		}
		if value != "" {
			return fmt.Sprintf("%s = %s in %s", key, diagnosis.Redact(value), s.short(s.config.Path))
		}
	}
	if !there {
		return s.inFiles()
	}
	return "in " + s.short(s.config.Path)
}

// commands are those that get credentials, the likeliest first.
func (s source) commands(cause *diagnosis.Diagnosis, failed *awsops.Error) []plan.ShellCommand {
	flag := ""
	if s.profile != "default" {
		flag = " --profile " + plan.Shell(s.profile)
	}
	check := plan.ShellCommand{Does: "Check whose credentials they are", Line: "aws sts get-caller-identity" + flag}
	key := plan.ShellCommand{Does: "Write another access key", Line: "aws configure" + flag}
	switch {
	case cause == diagnosis.ClockSkew:
		return []plan.ShellCommand{{Does: "Set the clock", Line: setClock[runtime.GOOS]}}
	case s.Brought:
		return nil
	case s.variables && awsops.IsStaleToken(failed):
		return []plan.ShellCommand{{Does: "Remove the token", Line: unset("AWS_SESSION_TOKEN")}}
	case s.variables:
		return []plan.ShellCommand{
			{Does: "Remove the variables, so that a profile counts", Line: unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")},
			{Does: check.Does, Line: "aws sts get-caller-identity"},
		}
	case cause == diagnosis.SSOExpired:
		return []plan.ShellCommand{{Does: "Sign in", Line: "aws sso login" + flag}}
	case cause == diagnosis.CredentialsMissing && awsops.IsNoCredentials(failed), cause == diagnosis.ProfileMissing:
		return append(s.others(),
			plan.ShellCommand{Does: "Sign in with IAM Identity Center", Line: "aws configure sso" + flag},
			plan.ShellCommand{Does: "Store an access key", Line: "aws configure" + flag})
	case cause == diagnosis.KeyInvalid && !awsops.IsStaleToken(failed), cause == diagnosis.SignatureMismatch:
		return append([]plan.ShellCommand{key, check}, s.others()...)
	}
	return append([]plan.ShellCommand{check}, s.others()...)
}

// othersShown is how many other profiles are offered.
const othersShown = 2

// others begin again with another profile that is there. Those that only assume a role are
// of people who sign in with another.
func (s source) others() []plan.ShellCommand {
	var names []string
	for _, p := range slices.Concat(profiles.All(profiles.Config, s.config), profiles.All(profiles.Credentials, s.credentials)) {
		if p.Name != s.profile && p.Get("role_arn") == "" && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	var commands []plan.ShellCommand
	for _, name := range names[:min(len(names), othersShown)] {
		commands = append(commands, plan.ShellCommand{Does: "Start again with profile " + name, Line: s.again("--profile", name)})
	}
	return commands
}

// short is a path with the home directory as a shell writes it.
func (s source) short(path string) string {
	home := cmp.Or(s.Getenv("HOME"), s.Getenv("USERPROFILE"))
	if rest, in := strings.CutPrefix(path, home+"/"); in && home != "" {
		return "~/" + rest
	}
	return path
}

// unset takes variables out of a terminal, in the shell of its system.
func unset(names ...string) string {
	if runtime.GOOS == "windows" {
		return "Remove-Item Env:" + strings.Join(names, ",Env:")
	}
	return "unset " + strings.Join(names, " ")
}

// setClock sets a machine's clock by the network, by its system.
var setClock = map[string]string{
	"linux": "sudo timedatectl set-ntp true", "darwin": "sudo sntp -sS time.apple.com", "windows": "w32tm /resync",
}
