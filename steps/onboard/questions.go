package onboard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// The questions by which somebody comes on board. The command line answers
// those of its flags.
const (
	PathWay        = "way"
	PathHandover   = "handover"
	PathPassphrase = "passphrase"
	PathIdentity   = "identity"
	PathAccount    = "account"
	PathKeyID      = "access_key_id"
	PathSecret     = "secret_access_key"
)

// The two ways to bring a key.
const (
	WayHandover = "A handover file from the operator"
	WayPair     = "An access key of mine, to paste"
)

// maxPassphrase bounds a file whose first line is a passphrase.
const maxPassphrase = 64 << 10

// Start is what is known of somebody who comes on board before anything is
// asked.
type Start struct {
	// Repository is the blueprint of the folder; nil without one.
	Repository *blueprint.Blueprint
	// Returning says that the profile holds a key already, so that none is
	// asked for.
	Returning bool
	// Found and Identity are the handover file and the private key to offer;
	// empty offers nothing.
	Found, Identity string
	// Brought is what was read from the paths of the command line.
	Brought map[string][]byte
	Me      string
	Rotate  bool
	Now     func() time.Time
}

// HoldsKey tells whether a key of an admin's lies on this laptop already.
func HoldsKey(getenv func(string) string, a *blueprint.Answers) bool {
	path, err := profiles.CredentialsPath(getenv)
	if err != nil {
		return false
	}
	credentials, _ := files.Read(path) // the flow tells of a file that cannot be read
	return profiles.KeyID(credentials, a.AdminProfile) != "" || profiles.KeyID(credentials, a.LongTermProfile()) != ""
}

// Questions are those that follow from the answers given so far; none means that
// all is asked. An answer that cannot be is a [plan.Problem].
func (s *Start) Questions(given plan.Given) ([]plan.Question, error) {
	switch b := s.Repository; {
	case b != nil && len(b.IdentityGroups()) > 0 && len(b.AllUsers()) == 0:
		return nil, &plan.Refusal{
			Finding: "iam.identity-sign-in",
			What:    "This team's admins sign in with Identity Center: there is no access key to collect.",
			Remedy:  fmt.Sprintf("Ask the operator for the lines of ~/.aws/config that stateroom setup shows, then run aws sso login --profile %s.", b.AdminProfile),
		}
	case given.Asked(PathHandover):
		return s.unlocking(given)
	case given.Asked(PathKeyID) || s.Returning && !given.Asked(PathWay):
		return nil, nil
	case s.Repository != nil && !given.Asked(PathWay):
		return []plan.Question{{
			Path: PathWay, Flag: "--handover FILE", Prompt: "How do you get your key?", Kind: plan.Choice, Options: []string{WayHandover, WayPair}, Default: WayHandover, Required: true,
			Means: map[string]string{
				WayHandover: "The operator sealed it for you alone, with stateroom handover USER.",
				WayPair:     "It is renewed like one that was handed over: afterwards nobody else has it.",
			},
		}}, nil
	case s.Repository != nil && given.Text(PathWay) == WayPair:
		return keyPair(), nil
	}
	help := "The file USER.age that the operator sent. It opens only with your private key or with the passphrase that you were told."
	if s.Repository == nil {
		help += " With an access key alone, begin in a clone of the team's repository: a handover contains the blueprint, and a key does not."
	}
	return []plan.Question{{
		Path: PathHandover, Flag: "--handover FILE", Prompt: "Handover file", Kind: plan.Text, Default: s.Found, Required: true, Keep: true, Check: s.readable,
		Help: help,
	}}, nil
}

// keyPair asks for an access key, which takes a blueprint beside it.
func keyPair() []plan.Question {
	return []plan.Question{
		{Path: PathKeyID, Prompt: "Access key id", Kind: plan.Text, Required: true, Help: "It begins with " + handover.UserKey + "."},
		{Path: PathSecret, Prompt: "Secret access key", Kind: plan.Secret, Required: true, Help: "It is not shown, and goes nowhere but into your credentials file; a new one takes its place at once."},
	}
}

// unlocking asks for what opens the handover that was named.
func (s *Start) unlocking(given plan.Given) ([]plan.Question, error) {
	sealed, err := s.readSealed(given.Text(PathHandover))
	if err != nil {
		return nil, at(PathHandover, err)
	}
	byPassphrase, err := handover.NeedsPassphrase(sealed)
	if err != nil {
		return nil, at(PathHandover, err)
	}
	var questions []plan.Question
	switch {
	case byPassphrase && !given.Asked(PathPassphrase):
		questions = append(questions, plan.Question{
			Path: PathPassphrase, Flag: "--passphrase-file FILE", Prompt: "Passphrase of the handover", Kind: plan.Secret, Required: true,
			Help: "Six groups of four letters and digits. The operator tells it to you over a different channel than the file.",
		})
	case !byPassphrase && !given.Asked(PathIdentity):
		questions = append(questions, plan.Question{
			Path: PathIdentity, Flag: "--identity FILE", Prompt: "Your private key", Kind: plan.Text, Default: s.Identity, Required: true, Keep: true, Check: s.readable,
			Help: "The age identity file or the ssh-ed25519 private key whose public half is your recipient in the blueprint. It is read, and never copied.",
		})
	}
	if s.Repository == nil && !given.Asked(PathAccount) {
		questions = append(questions, plan.Question{
			Path: PathAccount, Prompt: "Id of the team's admin account", Kind: plan.Text, Required: true,
			Help: "There is no stateroom.hcl here to check the handover against, and a seal does not say who made it: type the 12 digits as your team told you.",
		})
	}
	return questions, nil
}

// Begin makes the onboarding of the answers, and gives the key with which its
// sessions are to be opened. An answer that cannot be is a [plan.Problem].
func (s *Start) Begin(given plan.Given) (*Onboarding, awsops.KeyPair, error) {
	o := &Onboarding{Answers: &blueprint.Answers{Blueprint: s.Repository, Me: s.Me}, Rotate: s.Rotate, Now: s.Now}
	switch {
	case given.Asked(PathHandover):
		return s.open(o, given)
	case given.Asked(PathKeyID):
		pair, err := handover.ParseKeyPair(given.Text(PathKeyID), given.Text(PathSecret))
		if err != nil {
			return nil, pair, at(wrongPart(err), err)
		}
		o.KeyID = pair.ID
		return o, pair, nil
	case s.Repository == nil:
		return nil, awsops.KeyPair{}, &plan.Refusal{
			Finding: "onboard.no-blueprint", What: "There is no stateroom.hcl here, so stateroom does not know the environments and projects.",
			Remedy:   "Run the command in a clone of the team's repository, or name the handover with --handover FILE.",
			Commands: []plan.ShellCommand{{Does: "Open a handover", Line: "stateroom onboard --handover FILE"}},
			Anyway:   &plan.Anyway{Path: PathWay, Value: WayHandover, Text: "open a handover file"},
		}
	}
	return o, awsops.KeyPair{}, nil
}

// open unseals the handover and holds it against the repository.
func (s *Start) open(o *Onboarding, given plan.Given) (*Onboarding, awsops.KeyPair, error) {
	none := awsops.KeyPair{}
	sealed, err := s.readSealed(given.Text(PathHandover))
	if err != nil {
		return nil, none, at(PathHandover, err)
	}
	unlock, path := handover.Unlock{Passphrase: given[PathPassphrase]}, PathPassphrase
	if given.Asked(PathIdentity) {
		path = PathIdentity
		if unlock.Identity, err = s.readSealed(given.Text(PathIdentity)); err != nil {
			return nil, none, at(path, err)
		}
	}
	if o.Handover, err = handover.Open(sealed, unlock); err != nil {
		return nil, none, at(path, err)
	}
	if o.Answers.Blueprint, err = handover.Check(o.Handover, s.Repository, given.Text(PathAccount), s.Now()); err != nil {
		if s.Repository == nil {
			return nil, none, at(PathAccount, err)
		}
		return nil, none, at(PathHandover, err)
	}
	pair := handover.KeyPair(o.Handover)
	o.KeyID = pair.ID
	return o, pair, nil
}

// at puts what is wrong to the question that led to it.
func at(path string, err error) error {
	problem := &plan.Problem{Path: path, Text: err.Error()}
	var refusal *plan.Refusal
	if errors.As(err, &refusal) {
		problem.Text = refusal.What + " " + refusal.Remedy
	}
	return problem
}

// wrongPart is the question whose answer a pasted key fails by.
func wrongPart(err error) string {
	var refusal *plan.Refusal
	if errors.As(err, &refusal) && refusal.Finding == handover.SecretForm {
		return PathSecret
	}
	return PathKeyID
}

// readSealed gives a file of bounded size, or what was brought in its place.
func (s *Start) readSealed(path string) ([]byte, error) {
	if text, brought := s.Brought[path]; brought {
		return text, nil
	}
	file, err := files.Read(path)
	switch {
	case err != nil:
		return nil, err
	case !file.Exists:
		return nil, fmt.Errorf("there is no file %s", path)
	}
	return file.Bytes, nil
}

// readable says why a file cannot be read.
func (s *Start) readable(path string) error {
	_, err := s.readSealed(path)
	return err
}

// Bring reads a file that was named on the command line, which may be a pipe:
// what comes from one can be read only once.
func Bring(ctx context.Context, path string) ([]byte, error) {
	return files.Load(ctx, path, files.Limit{Bytes: handover.MaxHandover, Pipe: true})
}

// PassphraseFrom reads a passphrase from the first line of a file or a pipe.
func PassphraseFrom(ctx context.Context, path string) (secret.Secret, error) {
	data, err := files.Load(ctx, path, files.Limit{Bytes: maxPassphrase, Pipe: true})
	if err != nil {
		return secret.Secret{}, err
	}
	if end := bytes.IndexAny(data, "\r\n"); end >= 0 {
		data = data[:end]
	}
	return secret.New(string(data)), nil
}
