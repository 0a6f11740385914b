package onboard

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	PathGroup      = "group"
	PathStartURL   = "start_url"
	PathRegion     = "sso_region"
)

// The ways to come to credentials: two to bring a key, and one without any.
const (
	WayHandover = "A handover file from the operator"
	WayPair     = "An access key of mine, to paste"
	WaySignIn   = "None: I sign in with Identity Center"
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
	// Member is the group of Identity Center that this laptop's profile signs in for, and
	// Portal where people sign in, as far as that is known.
	Member string
	Portal blueprint.IdentityCenter
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
	switch {
	case given.Asked(PathHandover):
		return s.unlocking(given)
	case s.signsIn(given):
		return s.signingIn(given), nil
	case given.Asked(PathKeyID) || s.Returning && !given.Asked(PathWay):
		return nil, nil
	case s.Repository != nil && !given.Asked(PathWay):
		q := plan.Question{
			Path: PathWay, Flag: "--handover FILE", Prompt: "How do you get your key?", Kind: plan.Choice, Options: []string{WayHandover, WayPair}, Default: WayHandover, Required: true,
			Means: map[string]string{
				WayHandover: "The operator sealed it for you alone, with stateroom handover USER.",
				WayPair:     "It is renewed like one that was handed over: afterwards nobody else has it.",
			},
		}
		if len(s.Repository.IdentityGroups()) > 0 {
			q.Options, q.Flag = append(q.Options, WaySignIn), "--handover FILE or --me GROUP"
			q.Means[WaySignIn] = "The browser opens, and nobody has a key."
		}
		return []plan.Question{q}, nil
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

// groups are those of which somebody may be a member who signs in with Identity Center.
func (s *Start) groups() (names []string) {
	if s.Repository == nil {
		return nil
	}
	for _, g := range s.Repository.IdentityGroups() {
		names = append(names, g.Name)
	}
	return names
}

// signsIn tells whether the person signs in with Identity Center: as they say, as this
// laptop does, or since nobody of the team has a key.
func (s *Start) signsIn(given plan.Given) bool {
	switch groups := s.groups(); {
	case len(groups) == 0 || given.Asked(PathKeyID):
		return false
	case given.Asked(PathWay):
		return given.Text(PathWay) == WaySignIn
	case s.Me != "":
		return slices.Contains(groups, s.Me)
	}
	return s.Member != "" || len(s.Repository.People()) == 0
}

// group is whose member the person is; empty where that has to be asked.
func (s *Start) group(given plan.Given) string {
	groups := s.groups()
	switch {
	case given.Asked(PathGroup):
		return given.Text(PathGroup)
	case slices.Contains(groups, s.Me):
		return s.Me
	case slices.Contains(groups, s.Member):
		return s.Member
	case len(groups) == 1:
		return groups[0]
	}
	return ""
}

// portal is where the person signs in.
func (s *Start) portal(given plan.Given) blueprint.IdentityCenter {
	at := s.Portal
	at.StartURL, at.Region = cmp.Or(given.Text(PathStartURL), at.StartURL), cmp.Or(given.Text(PathRegion), at.Region)
	return at
}

// signingIn asks what nobody but Identity Center knows, where the blueprint does not say it.
func (s *Start) signingIn(given plan.Given) (questions []plan.Question) {
	if s.group(given) == "" {
		q := plan.Question{Path: PathGroup, Flag: "--me GROUP", Prompt: "Which group are you in?", Kind: plan.Choice, Options: s.groups(), Required: true, Means: map[string]string{}}
		for _, g := range s.Repository.IdentityGroups() {
			q.Means[g.Name] = fmt.Sprintf("%q in Identity Center.", g.IdentityCenter)
		}
		questions = append(questions, q)
	}
	judged := func(problem func(string) string) func(string) error {
		return func(value string) error {
			if wrong := problem(value); wrong != "" {
				return errors.New(wrong)
			}
			return nil
		}
	}
	at := s.portal(given)
	if at.StartURL == "" {
		questions = append(questions, plan.Question{
			Path: PathStartURL, Flag: "--set identity_center.start_url=URL", Prompt: "Start URL of the AWS access portal", Kind: plan.Text, Required: true,
			Check: judged(blueprint.StartURLProblem),
			Help:  "Where you sign in to AWS, such as https://d-1234567890.awsapps.com/start. No call of AWS's tells it, and the blueprint does not say it.",
		})
	}
	if at.Region == "" {
		questions = append(questions, plan.Question{
			Path: PathRegion, Flag: "--set identity_center.region=REGION", Prompt: "Region of Identity Center", Kind: plan.Text, Required: true, Default: s.Repository.StateRegion,
			Check: judged(blueprint.RegionProblem),
			Help:  "The operator knows it; it need not be that of the state.",
		})
	}
	return questions
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
	case s.signsIn(given):
		o.Answers.Blueprint = s.Repository.Clone()
		o.Answers.IdentityCenter = s.portal(given)
		o.Answers.IAm(s.group(given))
		return o, awsops.KeyPair{}, nil
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
