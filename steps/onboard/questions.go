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
	PathFolder     = "folder"
	PathKeyID      = "access_key_id"
	PathSecret     = "secret_access_key"
	PathGroup      = "group"
	PathSet        = "permission_set"
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
	// Projects is what the folder's Terraform files tell where there is no blueprint; nil
	// where they do not tell enough, and Untold then says why.
	Projects *blueprint.Blueprint
	Untold   string
	// Tells says why a folder tells too little to work in, nil for one that tells enough.
	Tells func(folder string) error
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
	case !given.Asked(PathWay):
		return []plan.Question{s.way()}, nil
	case given.Text(PathWay) != WayHandover && s.team() == nil:
		return []plan.Question{s.folder()}, nil
	case given.Text(PathWay) == WaySignIn: // the folder that was named has a blueprint
		return nil, &plan.Problem{Path: PathWay, Text: "Nobody signs in with Identity Center by the blueprint of that folder: choose another way."}
	case given.Text(PathWay) == WayPair:
		return keyPair(), nil
	}
	return []plan.Question{{
		Path: PathHandover, Flag: "--handover FILE", Prompt: "Handover file", Kind: plan.Text, Default: s.Found, Required: true, Keep: true, Check: s.readable,
		Help: "The file USER.age that the operator sent. It opens only with your private key or with the passphrase that you were told.",
	}}, nil
}

// Stage says what is known without a blueprint, and what is not; nil with one.
func (s *Start) Stage() *plan.Stage {
	stage := &plan.Stage{Title: "Join without a blueprint"}
	switch p := s.Projects; {
	case s.Repository != nil:
		return nil
	case p != nil:
		const named = 3
		where := plan.Counted(len(p.Projects), "folder")
		if len(p.Projects) <= named {
			var dirs []string
			for _, project := range p.Projects {
				dirs = append(dirs, project.Dir)
			}
			where = plan.Enumerated(dirs)
		}
		stage.Why = fmt.Sprintf("There is no stateroom.hcl here, so the Terraform files in %s say what you work with: bucket %s in account %s, and the role of each environment.",
			where, p.Bucket.Name, p.AdminAccount)
	default:
		stage.Why = "There is no stateroom.hcl here. A handover contains it. A key or a sign-in alone does not tell where the state is and which roles there are; your team's Terraform files do, but " + s.Untold + "."
	}
	return stage
}

// way asks what the person has been given.
func (s *Start) way() plan.Question {
	q := plan.Question{
		Path: PathWay, Flag: "--handover FILE", Prompt: "How do you get your key?", Kind: plan.Choice, Options: []string{WayHandover, WayPair}, Default: WayHandover, Required: true,
		Means: map[string]string{
			WayHandover: "The operator sealed it for you alone, with stateroom handover USER.",
			WayPair:     "It is renewed like one that was handed over: afterwards nobody else has it.",
		},
	}
	if s.Repository == nil || len(s.Repository.IdentityGroups()) > 0 {
		q.Options, q.Flag = append(q.Options, WaySignIn), "--handover FILE or --me GROUP"
		q.Means[WaySignIn] = "The browser opens, and nobody has a key."
	}
	if s.Repository == nil {
		q.Flag, q.Means[WaySignIn] = "--handover FILE", "You need the start URL of the AWS access portal and its region. The browser opens, and nobody has a key."
	}
	return q
}

// folder asks for what neither a key nor a sign-in tells.
func (s *Start) folder() plan.Question {
	return plan.Question{
		Path: PathFolder, Flag: "--dir DIR", Prompt: "Folder of your team's Terraform files", Kind: plan.Text, Required: true, Keep: true, Check: s.Tells,
		Help: "A clone of the team's repository, or one project's folder. Without it stateroom cannot go on by a key or a sign-in.",
	}
}

// team is what is known of the team without a handover: what its blueprint says, or its
// projects; nil where neither is there.
func (s *Start) team() *blueprint.Blueprint {
	if s.Repository != nil {
		return s.Repository
	}
	return s.Projects
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
	case s.team() == nil || given.Asked(PathKeyID):
		return false
	case s.Repository != nil && len(groups) == 0:
		return false
	case given.Asked(PathWay):
		return given.Text(PathWay) == WaySignIn
	case s.Repository == nil:
		return s.Member != ""
	case s.Me != "":
		return slices.Contains(groups, s.Me)
	}
	return s.Member != "" || len(s.Repository.People()) == 0
}

// group is whose member the person is; empty where that has to be asked. Without a
// blueprint it is that of the permission set.
func (s *Start) group(given plan.Given) string {
	groups := s.groups()
	switch {
	case s.Repository == nil && given.Asked(PathSet):
		return blueprint.GroupOf(given.Text(PathSet)).Name
	case s.Repository == nil:
		return s.Member
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
	judged := func(problem func(string) string) func(string) error {
		return func(value string) error {
			if wrong := problem(value); wrong != "" {
				return errors.New(wrong)
			}
			return nil
		}
	}
	if s.group(given) == "" && s.Repository != nil {
		q := plan.Question{Path: PathGroup, Flag: "--me GROUP", Prompt: "Which group are you in?", Kind: plan.Choice, Options: s.groups(), Required: true, Means: map[string]string{}}
		for _, g := range s.Repository.IdentityGroups() {
			q.Means[g.Name] = fmt.Sprintf("%q in Identity Center.", g.IdentityCenter)
		}
		questions = append(questions, q)
	}
	at := s.portal(given)
	if at.StartURL == "" {
		questions = append(questions, plan.Question{
			Path: PathStartURL, Flag: "--set identity_center.start_url=URL", Prompt: "Start URL of the AWS access portal", Kind: plan.Text, Required: true,
			Check: judged(blueprint.StartURLProblem),
			Help:  "Where you sign in to AWS, such as https://d-1234567890.awsapps.com/start. No call of AWS's tells it, and neither do the files here.",
		})
	}
	if at.Region == "" {
		questions = append(questions, plan.Question{
			Path: PathRegion, Flag: "--set identity_center.region=REGION", Prompt: "Region of Identity Center", Kind: plan.Text, Required: true, Default: s.team().StateRegion,
			Check: judged(blueprint.RegionProblem),
			Help:  "The operator knows it; it need not be that of the state.",
		})
	}
	if s.Repository == nil && s.group(given) == "" {
		questions = append(questions, plan.Question{
			Path: PathSet, Prompt: "Permission set in account " + s.Projects.AdminAccount, Kind: plan.Text, Required: true, Default: blueprint.Group{Name: "admins", IdentityCenter: "admins"}.PermissionSet(),
			Check: judged(blueprint.PermissionSetProblem),
			Help:  "The AWS access portal lists it under that account once you have signed in there. Setup names it Terraform- and then the group.",
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
	o := &Onboarding{Answers: &blueprint.Answers{Blueprint: s.team(), WithoutBlueprint: s.Repository == nil, Me: s.Me}, Rotate: s.Rotate, Now: s.Now}
	switch {
	case given.Asked(PathHandover):
		return s.open(o, given)
	case s.signsIn(given):
		o.Answers.Blueprint = s.team().Clone()
		o.Answers.IdentityCenter = s.portal(given)
		if given.Asked(PathSet) {
			o.Answers.Groups = []blueprint.Group{blueprint.GroupOf(given.Text(PathSet))}
		}
		o.Answers.IAm(s.group(given))
		return o, awsops.KeyPair{}, nil
	case given.Asked(PathKeyID):
		pair, err := handover.ParseKeyPair(given.Text(PathKeyID), given.Text(PathSecret))
		if err != nil {
			return nil, pair, at(wrongPart(err), err)
		}
		o.KeyID = pair.ID
		return o, pair, nil
	case s.team() == nil:
		return nil, awsops.KeyPair{}, &plan.Refusal{
			Finding: "onboard.no-blueprint", What: "There is no stateroom.hcl here, so stateroom does not know the environments and projects.",
			Remedy: "Run the command in a clone of the team's repository, or name the handover with --handover FILE.",
			Tried:  []plan.Fact{{Name: "Terraform files", Value: s.Untold}},
			Commands: []plan.ShellCommand{
				{Does: "Name the folder of your team's Terraform files", Line: "stateroom onboard --dir DIR"},
				{Does: "Open a handover", Line: "stateroom onboard --handover FILE"},
			},
			Anyway: &plan.Anyway{Path: PathWay, Value: WayHandover, Text: "open a handover file"},
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
	o.Answers.WithoutBlueprint = false // a handover contains it
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
