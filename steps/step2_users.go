package steps

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// UserFacts are a user as found; User is nil when it is not there.
type UserFacts struct {
	User *awsops.User
	// Groups are all that the user is in, where the blueprint adds one.
	Groups []string
	Keys   engine.UserKeys
	// Handover is the snapshot of the user's sealed file; HandoverLink says that
	// a symbolic link lies in its place.
	Handover     files.Snapshot
	HandoverLink bool
	// SealedTo is the recipient of the user's last handover that this laptop has
	// made; empty without one, and for a passphrase.
	SealedTo string
	// Devices are the MFA devices of a user who needs one, where DevicesKnown.
	Devices      []awsops.MFADevice
	DevicesKnown bool
	// Uses are when the keys of a user for emergencies were last used, by their ids.
	Uses map[string]engine.AskedUse
	// Boundary is the document of the user's permissions boundary; empty without one, and
	// where it could not be read.
	Boundary string
}

func (f *IAMFacts) inspectUsers(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	credentials, err := files.Read(env.CredentialsPath)
	if err != nil {
		return err
	}
	f.ProfileKey, f.OwnKey = profiles.KeyID(credentials, a.AdminProfile), ownKey(credentials, a)
	users := a.AllUsers()
	f.Asked = time.Now()
	found, err := forEach(ctx, 0, users, func(ctx context.Context, name string) (UserFacts, error) {
		user, err := inspectUser(ctx, env, home, name, f.OwnKey)
		if err == nil {
			err = user.inspectDevices(ctx, home, a, name)
		}
		if err == nil && user.User != nil && a.BreaksGlass(name) {
			_, user.Uses, err = engine.KeyUses(ctx, env, home, name, func(all []awsops.AccessKey) []awsops.AccessKey { return all })
		}
		return user, err
	})
	f.Users = map[string]UserFacts{}
	for i, name := range users {
		f.Users[name] = found[i]
	}
	if err != nil {
		return err
	}
	return f.inspectProfile(ctx, env, a, credentials)
}

// InspectUser reads one user with the operator's credentials: the user, the
// access keys, and the sealed file that may wait for it.
func InspectUser(ctx context.Context, env *engine.Env, a *blueprint.Answers, name string) (UserFacts, error) {
	credentials, err := files.Read(env.CredentialsPath)
	if err != nil {
		return UserFacts{}, err
	}
	return inspectUser(ctx, env, env.Sessions.Home(a.StateRegion), name, ownKey(credentials, a))
}

func inspectUser(ctx context.Context, env *engine.Env, home *awsops.Session, name, own string) (facts UserFacts, err error) {
	if facts.Handover, err = files.Read(handoverPath(env, name)); err != nil {
		return facts, err
	}
	if info, err := os.Lstat(handoverPath(env, name)); err == nil {
		facts.HandoverLink = info.Mode()&os.ModeSymlink != 0
	}
	// Who has a key that this laptop made is there, whatever a read says that is older.
	err = engine.AwaitBegun(ctx, env, KeyChange(name), "the user "+name, func(ctx context.Context) (shown bool, err error) {
		facts.User, err = home.User(ctx, name)
		return facts.User != nil, err
	})
	if err != nil || facts.User == nil {
		return facts, err
	}
	if sealed, finished := env.Journal.Finished(KeyChange(name)); finished {
		facts.SealedTo = sealed["recipient"]
	}
	if arn := facts.User.Boundary; arn != "" {
		if boundary, err := home.Policy(ctx, arn); err == nil && boundary != nil {
			facts.Boundary = boundary.Document
		}
	}
	facts.Keys, err = engine.ReadKeys(ctx, env, home, name, KeyChange(name), own)
	return facts, err
}

func handoverPath(env *engine.Env, user string) string {
	return filepath.Join(env.HandoverDir(), user+".age")
}

// ProfileKey is the access key id that a profile of this laptop's holds, or empty; why
// the file cannot be read is told to whoever opens the profile.
func ProfileKey(env *engine.Env, name string) string {
	credentials, err := files.Read(env.CredentialsPath)
	if err != nil || name == "" {
		return ""
	}
	return profiles.KeyID(credentials, name)
}

// ShadowedBy is [KeysShadowSignIn] of a profile of this laptop's; nil, too, where a file cannot
// be read.
func ShadowedBy(env *engine.Env, a *blueprint.Answers, name string) *plan.Finding {
	credentials, err := files.Read(env.CredentialsPath)
	if err != nil || name == "" {
		return nil
	}
	config, err := files.Read(env.ConfigPath)
	if err != nil {
		return nil
	}
	return KeysShadowSignIn(credentials, config, a, name)
}

// ownKey is the id of the key that is this laptop's admin's own, or empty.
func ownKey(credentials files.Snapshot, a *blueprint.Answers) string {
	return cmp.Or(profiles.KeyID(credentials, a.LongTermProfile()), profiles.KeyID(credentials, a.AdminProfile))
}

// userARN names a user as IAM does: one that was there before may have a path
// or be written in other letters, and policies must match both.
func userARN(o *Observed, a *blueprint.Answers, user string) string {
	if have := o.IAM.Users[user].User; have != nil {
		return have.ARN
	}
	return iamARN(o, a, "user/"+user)
}

func userChange(user string) string { return "iam.user." + user }

// KeyChange is the id of the change that makes a user's access key, under which
// the journal keeps it.
func KeyChange(user string) string { return "iam.key." + user }

// planUsers creates the users and one access key for each new one.
func planUsers(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	for _, name := range a.AllUsers() {
		f := o.IAM.Users[name]
		switch {
		case f.User == nil:
			p.Change(createUser(o, a, name))
		case plan.Ours(a, f.User.Tags): // nobody else's user is tagged
			c := plan.InAdminAccount(a, userChange(name)+".tags", plan.Update, "Tag the user "+name, f.User.ARN)
			c.User = name
			p.Tag(a, c, name, f.User.Tags, func(missing map[string]string) awsops.Call { return awsops.TagUser(f.User.Name, missing) })
		}
		p.Add(planKey(o, a, name))
		if a.BreaksGlass(name) {
			p.Find(brokenGlass(o, name)...)
		} else {
			p.Find(enrolment(name, f)...)
		}
		p.Find(boundedBy(o, a, name, f)...)
	}
	p.Find(OldKeys(o, a)...)
	return p
}

// OldKeys tells of the admins' access keys that are due for renewal, by the time at which IAM
// made them, none where all are younger. One that is inactive opens nothing, and one for
// emergencies lies sealed.
func OldKeys(o *Observed, a *blueprint.Answers) []plan.Finding {
	var old []string
	for _, name := range a.AllUsers() {
		if a.BreaksGlass(name) {
			continue
		}
		for _, k := range o.IAM.Users[name].Keys.All {
			if age := o.IAM.Asked.Sub(k.Created); k.Active && age > engine.KeyAge {
				old = append(old, fmt.Sprintf("%s of %s, %s old", k.ID, name, plan.Counted(int(age/(24*time.Hour)), "day")))
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	return []plan.Finding{{
		ID: "iam.key-old", Of: plan.StepIAM, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Access keys are due for renewal after %d days: %s.", int(engine.KeyAge/(24*time.Hour)), strings.Join(old, "; ")),
		Remedy:   "Ask each of them to run stateroom onboard --rotate.",
	}}
}

// boundedBy is the finding of a user whose permissions boundary, which somebody else has
// set, does not let it do what the groups give it, or of one that could not be read. What
// rests on a condition is AWS's to decide.
func boundedBy(o *Observed, a *blueprint.Answers, name string, f UserFacts) []plan.Finding {
	if f.User == nil || f.User.Boundary == "" {
		return nil
	}
	if f.Boundary == "" {
		return []plan.Finding{{
			ID: "iam.user-boundary", Subject: name, Severity: plan.Info,
			Evidence: fmt.Sprintf("User %s has the permissions boundary %s, which could not be read: it bounds what the group gives.", name, f.User.Boundary),
			Remedy:   "No action needed: whether Terraform works for that user is seen when it is used.",
		}}
	}
	var refused []string
	var trust *policy.Named // a role's
	bound := &policy.Named{Name: f.User.Boundary, Document: policy.ParseOrEmpty(f.Boundary)}
	ask := func(resource string, actions ...string) {
		for _, action := range actions {
			d := policy.Evaluate(policy.Request{
				Principal: f.User.ARN, PrincipalAccount: a.AdminAccount, Action: action, Resource: resource, ResourceAccount: a.AdminAccount,
				Context: map[string][]string{"aws:SecureTransport": {"true"}, "aws:PrincipalArn": {f.User.ARN}, "aws:PrincipalAccount": {a.AdminAccount}, "aws:RequestedRegion": {a.StateRegion}, "aws:username": {f.User.Name}},
			}, policy.Policies{Identity: everything, Boundary: bound, Resource: trust})
			if !d.Allowed && len(d.Missing) == 0 {
				refused = append(refused, action+" on "+resource)
			}
		}
	}
	for _, e := range o.environments(a.EnvironmentsFor(name)) {
		if len(awsops.FindRefs(e.Account)) == 0 {
			trust = &policy.Named{Document: policy.EnvironmentTrust(o.partition(), a.AdminAccount, "", nil, false)} // what it asks for besides is not the boundary's
			ask(a.RoleARN(o.partition(), e), "sts:AssumeRole")
		}
	}
	trust = nil
	ask(bucketARN(o, a), "s3:ListBucket")
	ask(bucketARN(o, a)+"/*", "s3:GetObject", "s3:PutObject")
	if key := o.Key.Key; key != nil {
		ask(key.ARN, "kms:Decrypt", "kms:GenerateDataKey")
	}
	if a.Lock.DynamoDBTable != "" {
		ask("arn:"+o.partition()+":dynamodb:"+a.StateRegion+":"+a.AdminAccount+":table/"+a.Lock.DynamoDBTable, "dynamodb:PutItem", "dynamodb:DeleteItem")
	}
	if len(refused) == 0 {
		return nil
	}
	what := refused[0]
	if len(refused) > 1 {
		what += fmt.Sprintf(" and %d more", len(refused)-1)
	}
	return []plan.Finding{{
		ID: "iam.user-boundary", Subject: name, Severity: plan.Warning, Details: strings.Join(refused, "\n"),
		Evidence: fmt.Sprintf("User %s has the permissions boundary %s, which does not let it do %s: Terraform does not work for that user, whatever the group gives.", name, f.User.Boundary, what),
		Remedy:   "Ask whoever manages the boundary to allow it. No other permission helps.",
	}}
}

func createUser(o *Observed, a *blueprint.Answers, name string) plan.Change {
	c := plan.InAdminAccount(a, userChange(name), plan.Create, "Create the user "+name, iamARN(o, a, "user/"+name), awsops.CreateUser(name, "/", plan.TagsOf(a)))
	c.Purpose, c.User = plan.Make, name
	c.Fields = plan.Created("name", name)
	c.Undo = "aws iam delete-user --user-name " + name
	c.Judge(plan.Widening{
		Kind: plan.WidensUser, For: name, Subject: name,
		Tail: " becomes a user of account " + a.AdminAccount + ".", Tails: " become users of account " + a.AdminAccount + ".",
	})
	c.JudgeTags(a, name, plan.TagsOf(a))
	return c
}

// planKey gives a new user one access key, and replaces one that a killed run
// made and nobody can use. An existing user's key is never touched.
func planKey(o *Observed, a *blueprint.Answers, name string) (p plan.Proposal) {
	f := o.IAM.Users[name]
	kept := len(f.Keys.Kept())
	switch {
	case name == a.Me && o.Files.hidden(): // step 7 tells
	case kept >= engine.MaxKeys && name == a.Me && f.Keys.Find(o.IAM.OwnKey) == nil:
		p.Find(plan.Finding{
			ID: "iam.two-keys", Severity: plan.Warning,
			Evidence: fmt.Sprintf("User %s has two access keys already, IAM's limit, and profile %s holds neither.", name, a.AdminProfile),
			Remedy:   fmt.Sprintf("Delete the one that is not in use, then run stateroom handover %s.", name),
			Commands: plan.Copy("Delete it", "aws iam delete-access-key --user-name %s --access-key-id ID", name),
		})
	case kept > 0 && name == a.Me && o.IAM.ProfileKey == "":
		p.Find(plan.Finding{
			ID: "iam.key-elsewhere", Severity: plan.Info,
			Evidence: fmt.Sprintf("User %s has access key %s already, and profile %s on this laptop holds none.", name, f.Keys.All[0].ID, a.AdminProfile),
			Remedy:   "Write that key there, then run stateroom setup again.",
			Commands: plan.Copy("Write it", "aws configure --profile %s", a.AdminProfile),
		})
	case kept > 0: // the user has another by now
		p.Change(lostKeys(a, name, iamARN(o, a, "user/"+name), f)...)
		p.Find(doubtfulKeys(name, f)...)
	case f.User != nil && !plan.Ours(a, f.User.Tags):
	case !deliverable(a, name):
		p.Find(plan.Finding{
			ID: "iam.key-to-make", Severity: plan.Info,
			Evidence: fmt.Sprintf("User %s has no access key yet: nobody is here to receive one.", name),
			Remedy:   fmt.Sprintf("Run stateroom handover %s in a terminal, or give user %q a recipient in the blueprint.", name, name),
		})
	case name != a.Me && f.HandoverLink:
		p.Find(plan.Finding{
			ID: "iam.handover-link", Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("%s is a symbolic link, and a sealed key must not replace what it points to.", f.Handover.Path),
			Remedy:   "Remove the link, then run stateroom setup again.",
		})
	case name != a.Me:
		p.Change(HandoverChanges(a, name, iamARN(o, a, "user/"+name), f)...)
	case o.IAM.ProfileKey != "" && !f.Keys.IsLost(o.IAM.ProfileKey): // profileRefused tells
	default:
		planOwnKey(o, a, name, &p)
	}
	return p
}

// profileCannotEdit is the finding of a credentials file that cannot be written.
const profileCannotEdit = "iam.profile-cannot-edit"

// planOwnKey lets the key go straight into this laptop's own profile.
func planOwnKey(o *Observed, a *blueprint.Answers, name string, p *plan.Proposal) {
	f, target := o.IAM.Users[name], iamARN(o, a, "user/"+name)
	lost := lostKeys(a, name, target, f)
	key := newKey(a, name, target, f, lost)
	key.Title = fmt.Sprintf("Create %s access key and write it to profile %s", plan.Whose(name), a.AdminProfile)
	key.Judge(plan.Gives(plan.WidensKey, name, fmt.Sprintf("%s gets an access key, in profile %s of this laptop.", name, a.AdminProfile)))
	edit, err := profiles.EditCredentials(o.Files.Credentials, o.Files.Config, profiles.KeyPair(a.AdminProfile, awsops.Ref(key.ID, "id"), awsops.Ref(key.ID, "secret")))
	if err != nil {
		p.Find(plan.Finding{
			ID: profileCannotEdit, Severity: plan.Failure, Blocks: true,
			Evidence: err.Error(), Remedy: "Correct the file, then run stateroom setup again.",
		})
		return
	}
	key.Write = plan.WriteOf(edit)
	key.Fields = append(key.Fields, plan.ModeFields(edit)...)
	p.Change(append(lost, key)...)
	if file := o.Files.Credentials; file.LooseMode() {
		p.Find(plan.Finding{
			ID: "iam.credentials-open", Severity: plan.Warning,
			Evidence: fmt.Sprintf("%s can be read by others on this machine (mode %04o), and %s new secret is to go into it.", file.Path, file.Mode.Perm(), plan.Whose(name)),
			Remedy:   "No action needed: it is closed to others with the change that writes the secret.",
		})
	}
}

// deliverable tells whether a new key of the user has somewhere safe to go.
func deliverable(a *blueprint.Answers, user string) bool {
	return user == a.Me || a.RecipientOf(user) != "" || a.Passphrases
}

// lostKeys deletes the keys that nobody can use, as far as is known.
func lostKeys(a *blueprint.Answers, name, target string, f UserFacts) []plan.Change {
	var changes []plan.Change
	for _, k := range f.Keys.Lost {
		c := plan.InAdminAccount(a, "iam.lost-key."+k.ID, plan.Delete, fmt.Sprintf("Delete %s access key", plan.Whose(name)), target, awsops.DeleteAccessKey(name, k.ID))
		c.Purpose, c.User = plan.Handover, name
		k.Describe(&c)
		changes = append(changes, c)
	}
	return changes
}

// doubtfulKeys name the keys that may be lost, and what would tell.
func doubtfulKeys(name string, f UserFacts) []plan.Finding {
	var findings []plan.Finding
	for _, k := range f.Keys.Doubtful {
		findings = append(findings, plan.Finding{
			ID: "iam.key-doubtful", Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s of user %s was %s (iam:GetAccessKeyLastUsed), so it is left: it may be in use.", k.ID, name, k.Known()),
			Remedy:   "If nobody has it, delete it, then run stateroom setup again.",
			Commands: plan.Copy("Delete it", "aws iam delete-access-key --user-name %s --access-key-id %s", name, k.ID),
		})
	}
	return findings
}

// newKey is the change that makes a user's access key, without the file that it
// goes to. It needs the lost keys gone, as IAM allows two.
func newKey(a *blueprint.Answers, name, target string, f UserFacts, lost []plan.Change) plan.Change {
	needs := []string{userChange(name)}
	for _, c := range lost {
		needs = append(needs, c.ID)
	}
	var before []string
	for _, k := range f.Keys.All {
		before = append(before, k.ID)
	}
	c := plan.InAdminAccount(a, KeyChange(name), plan.Create, "", target, awsops.CreateAccessKey(name))
	c.Purpose, c.User, c.Needs = plan.Handover, name, needs
	c.Fields = plan.Created("access key", awsops.Ref(c.ID, "id"), "secret", secret.Redacted)
	c.Intent = map[string]string{"keys": strings.Join(before, ",")}
	c.Risk = "A long-lived credential. Its secret is given once and goes straight to the file named here."
	c.Undo = "aws iam delete-access-key --user-name " + name + " --access-key-id ID"
	return c
}

// HandoverChanges make one access key of a user, whose ARN is target, and seal it
// to the user's recipient or to a passphrase. What killed runs left is deleted
// first. The last change is the key's; its id is KeyChange's.
func HandoverChanges(a *blueprint.Answers, name, target string, f UserFacts) []plan.Change {
	changes := lostKeys(a, name, target, f)
	key := newKey(a, name, target, f, changes)
	recipient := a.RecipientOf(name)
	reader := "a passphrase that is shown once"
	if recipient != "" {
		reader = plan.Whose(name) + " public key"
	}
	key.Title = fmt.Sprintf("Create %s access key and seal it to %s", plan.Whose(name), reader)
	key.Intent["recipient"] = recipient
	key.Judge(sealedFor(name, recipient, f)...)
	text := handover.New(a, name, key.ID).Template()
	if a.BreaksGlass(name) { // which is kept for years, and opened by hand
		text = glassText(a, key.ID)
	}
	file := f.Handover
	file.Mode &^= 0o077 // an older file may be open to others; the new one is not
	key.Fields = append(key.Fields, plan.Field{Name: "sealed file", After: file.Path}, plan.Field{Name: "reader", After: reader})
	key.Write = &plan.Write{
		Edit: files.Edit{Before: file, After: files.Content(text), Mode: 0o600},
		Seal: &plan.Seal{User: name, Recipient: recipient},
	}
	changes = append(changes, key)
	for i := range changes {
		changes[i].Of = plan.StepIAM
	}
	return changes
}

// sealedFor judges a handover: a key for somebody who has one is no more access,
// if it is sealed to the reader of the one before. Who reads a passphrase is not
// known, and a comment behind a public key is anybody's to write.
func sealedFor(name, recipient string, f UserFacts) []plan.Widening {
	reader := strings.Join(strings.Fields(recipient)[:min(2, len(strings.Fields(recipient)))], " ")
	if recipient == "" {
		reader = "a passphrase that is shown once"
	}
	has := slices.ContainsFunc(f.Keys.Kept(), func(k awsops.AccessKey) bool { return k.Active })
	switch {
	case !has:
		return []plan.Widening{plan.Gives(plan.WidensKey, name, fmt.Sprintf("%s gets an access key, sealed to %s.", name, reader))}
	case recipient != "" && recipient == f.SealedTo:
		return nil
	}
	return []plan.Widening{plan.Gives(plan.WidensRecipient, name,
		fmt.Sprintf("Anyone who opens what is sealed to %s gets an access key of %s; the last one was not sealed to that reader, according to this laptop's records.", reader, name))}
}

// pendingHandovers are the sealed files that wait to be handed on.
func pendingHandovers(env *engine.Env) []string {
	entries, err := os.ReadDir(env.HandoverDir())
	if err != nil {
		return nil
	}
	var waiting []string
	for _, e := range entries {
		if user, sealed := strings.CutSuffix(e.Name(), ".age"); sealed {
			waiting = append(waiting, user)
		}
	}
	return waiting
}
