package onboard

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// The ids of the changes by which an admin with a key comes to sign in with Identity Center.
const (
	moveProve  = "onboard.move.prove"
	moveAside  = "onboard.move.aside"
	moveCheck  = "onboard.move.check"
	moveForget = "onboard.move.forget"
)

// moveDeactivate is the id of the change that takes the key out of use, under which the
// journal keeps whose it was.
func moveDeactivate(key string) string { return "onboard.move.deactivate." + key }

// formerKey is an access key of somebody who signs in with Identity Center by now, or is
// about to.
type formerKey struct {
	id     string
	secret secret.Secret
	// owner is whose it is; zero where AWS does not take it.
	owner awsops.Identity
	// own says that the owner may list, and so deactivate, its own keys.
	own bool
	// used is when it was last used, but for this program.
	used engine.AskedUse
	// taken says that this laptop deactivated it itself.
	taken bool
}

// works tells whether AWS takes the key.
func (k *formerKey) works() bool { return k.owner.Account != "" }

// held are the keys in one profile of one file.
type held struct {
	kind    profiles.Kind
	profile string
	id      string
	secret  secret.Secret
	// session says that they are a session's, and any that there is something of a key.
	session, any bool
}

// mover is the way of an admin from a key to a sign-in with Identity Center. Whenever it is
// cut off, one of the two works, and the next run goes on from what lies there:
//
//   - the sign-in is proven first, by its token alone;
//   - the key goes from Terraform's profile to one of its own, and the sign-in is written in
//     its place. Beside a whole key in the credentials file the sign-in is written before the
//     key goes, since Terraform and every program in Go go by the key, and the AWS CLI by the
//     sign-in (facts/identity-center.md); where the key lies in the config file, whose edit
//     takes it away, it goes to its own profile first;
//   - the sign-in is proven once more, as Terraform has it by then;
//   - only then the key deactivates itself: no session of Identity Center may, since none has
//     an ${aws:username};
//   - last it leaves the file.
type mover struct {
	*member
	all []held
	key *formerKey
	// without is the edit after which Terraform's profile in the credentials file holds no key.
	without files.Edit
}

// newMover reads what the profiles of the team's hold of keys; nil where there is nothing.
func newMover(m *member) *mover {
	v := &mover{member: m}
	for kind, file := range []files.Snapshot{profiles.Credentials: m.credentials, profiles.Config: m.config} {
		for _, name := range []string{m.answers.AdminProfile, m.answers.LongTermProfile()} {
			p, _ := profiles.Read(profiles.Kind(kind), file, name)
			h := held{kind: profiles.Kind(kind), profile: name}
			h.id, h.secret, h.session = p.Held()
			if h.any = h.session || h.id != "" || !h.secret.IsZero(); h.any {
				v.all = append(v.all, h)
			}
		}
	}
	if len(v.all) == 0 {
		return nil
	}
	return v
}

// in are the keys that some profiles hold.
func (v *mover) in(some func(held) bool) bool { return slices.ContainsFunc(v.all, some) }

// shadows tells whether a key lies in Terraform's profile, beside the sign-in or in its place.
func (v *mover) shadows() bool {
	return v != nil && v.in(func(h held) bool { return h.profile == v.answers.AdminProfile })
}

// ask finds out whose the key is and what has used it. What stands against the move is told.
func (v *mover) ask(ctx context.Context, o *Onboarding) error {
	for _, h := range v.all {
		switch {
		case h.session || h.id == "" || h.secret.IsZero():
		case v.key != nil && v.key.id != h.id:
			v.find(plan.Finding{
				ID: "onboard.two-keys-here", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
				Evidence: fmt.Sprintf("The profiles %s and %s of this laptop hold two access keys, %s and %s.", v.answers.AdminProfile, v.answers.LongTermProfile(), v.key.id, h.id),
				Remedy:   "Take the one that you do not use out of the files, then run the command again.",
			})
			return nil
		default:
			v.key = &formerKey{id: h.id, secret: h.secret}
		}
	}
	k := v.key
	if k == nil {
		return nil
	}
	k.taken = v.env.Journal.Intended(moveDeactivate(k.id))
	s := v.env.Sessions.With(k.id, k.secret, secret.Secret{}, v.answers.StateRegion)
	k.used.KeyUse, k.used.Denied = s.KeyLastUsed(ctx, k.id) // before this program uses it
	who, err := s.Identity(ctx)
	switch {
	case awsops.IsClock(err): // which says nothing of the key
		f := because(err)
		f.ID, f.Of, f.Blocks, f.Remedy = diagnosis.ClockSkew.ID, plan.StepAccount, true, setClock
		v.broken(plan.Check{Name: checkKey, Asked: "sts:GetCallerIdentity as access key " + k.id}, f)
		return nil
	case awsops.IsCredentials(err):
		return nil
	case err != nil:
		return err
	case who.Account != v.answers.AdminAccount || who.Kind != awsops.KindUser:
		v.find(v.notYours(who))
		return nil
	}
	k.owner = who
	if o.leaving != nil && o.leaving.id == k.id {
		k.used = o.leaving.used
	}
	o.leaving = k
	_, err = s.AccessKeys(ctx, who.Name)
	if k.own = err == nil; err != nil && !awsops.IsAccessDenied(err) {
		return err
	}
	v.passed(plan.Check{Name: checkKey, Asked: "sts:GetCallerIdentity as access key " + k.id}, who.ARN)
	return nil
}

// notYours is the finding of a key that belongs to none of this account's users.
func (v *mover) notYours(who awsops.Identity) plan.Finding {
	return plan.Finding{
		ID: "files.profile-in-use", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
		Evidence: fmt.Sprintf("Profile %s holds access key %s of %s, and not a key of one of the users of account %s.", v.profileOf(v.key.id), v.key.id, who.ARN, v.answers.AdminAccount),
		Remedy:   "Rename that profile, or choose another name with --set admin_profile=NAME.",
	}
}

// tooOld stops the move where Terraform reads no session of Identity Center.
func (v *mover) tooOld() bool {
	e := v.env.Engine
	if e == nil || e.Supports(false) == nil {
		return false
	}
	v.find(plan.Finding{
		ID: "onboard.terraform-too-old", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
		Evidence: fmt.Sprintf("%s %s reads no sso_session, so it would have no credentials once the key is gone from profile %s.", e.Name, e.Version, v.answers.AdminProfile),
		Remedy: "Install Terraform 1.6 or newer, which the team's backend.tf asks for as well. For configurations of your own that must stay on 1.5, a profile with the older settings below works with aws sso login --profile OTHER; " +
			"its sign-in is never renewed.",
		Details: (profiles.Wanted{Name: "OTHER", Set: []profiles.KeyValue{
			profiles.KV("sso_start_url", v.at.StartURL), profiles.KV("sso_region", v.at.Region),
			profiles.KV("sso_account_id", v.answers.AdminAccount), profiles.KV("sso_role_name", v.group.PermissionSet()), profiles.KV("region", v.answers.StateRegion),
		}}).ByHand(profiles.Config),
	})
	return true
}

// aside is the edit of the credentials file that takes the keys out of Terraform's profile,
// and puts the one that is still to be deactivated into its own.
func (v *mover) aside() error {
	wanted := []profiles.Wanted{profiles.WithoutKeys(v.answers.AdminProfile)}
	switch long := v.answers.LongTermProfile(); {
	case v.key == nil || !v.key.works() || !v.key.own:
		wanted = append(wanted, profiles.WithoutKeys(long))
	case !v.in(func(h held) bool { return h.profile == long && h.kind == profiles.Credentials && h.id == v.key.id }):
		wanted = append(wanted, profiles.KeyPair(long, v.key.id, v.key.secret.Reveal()))
	}
	edit, err := profiles.EditAll(profiles.Credentials, v.credentials, wanted)
	v.without = edit
	return err
}

// sections are the member's, with what of keys lies beside them in the config file taken out.
func (v *mover) sections(wanted []profiles.Wanted) []profiles.Wanted {
	if v == nil {
		return wanted
	}
	for i, e := range wanted {
		if e.Name == v.answers.AdminProfile && !e.SSO {
			wanted[i].Remove = append(wanted[i].Remove, profiles.WithoutKeys(e.Name).Remove...)
		}
	}
	if v.in(func(h held) bool { return h.kind == profiles.Config && h.profile == v.answers.LongTermProfile() }) {
		wanted = append(wanted, profiles.WithoutKeys(v.answers.LongTermProfile()))
	}
	return wanted
}

// plan lets the key go. signIn and written are the ids of the changes that sign in and that
// write the sign-in into the config file; empty where that is done.
func (v *mover) plan(signIn, written, partition string) {
	a := v.answers
	if written == "" && (!v.named || v.in(func(h held) bool { return h.kind == profiles.Config })) {
		return // the sign-in cannot be written, which is told
	}
	prove := func(id, title, profile string, needs ...string) string {
		return v.add(plan.Change{
			ID: id, Topic: topicOnboard, Of: plan.StepFiles, Action: plan.RunCommand, Title: title, Target: v.env.TokenPath(a.SessionName()), Account: a.AdminAccount,
			Profile: profile, Needs: slices.DeleteFunc(needs, func(id string) bool { return id == "" }),
			Run: engine.ProveSignIn(a, v.signingIn(), v.group, partition, profile),
		})
	}
	var proven, aside string
	if v.shadows() {
		proven = prove(moveProve, "Prove the sign-in in every environment before the key goes", "", signIn)
	}
	if v.without.Changes() {
		c := v.edits(moveAside, v.without, v.asideTitle())
		c.Needs = []string{signIn, proven, written}
		if v.inConfig() { // whose edit takes the key out of the config file
			c.Needs = []string{signIn, proven}
			v.after(written, moveAside)
		}
		c.Needs = slices.DeleteFunc(c.Needs, func(id string) bool { return id == "" })
		aside = v.add(c)
	}
	v.after(written, proven)
	before := proven
	if v.inConfig() {
		before = aside
	}
	v.behind(written, before)
	k := v.key
	if k == nil || !k.works() || !k.own {
		v.tellKey()
		return
	}
	checked := prove(moveCheck, "Prove the sign-in again, as Terraform has it by then", a.AdminProfile, aside, written, signIn)
	off := plan.Change{
		ID: moveDeactivate(k.id), Topic: topicOnboard, Of: plan.StepFiles, Action: plan.Update, Title: fmt.Sprintf("Deactivate %s access key %s", plan.Whose(k.owner.Name), k.id),
		Target: k.owner.ARN, Account: a.AdminAccount, Region: a.StateRegion, Profile: a.LongTermProfile(), User: k.owner.Name, Needs: []string{checked},
		Calls:  []awsops.Call{awsops.UpdateAccessKey(k.owner.Name, k.id, inactive)},
		Fields: deactivated(),
		Intent: map[string]string{"user": k.owner.Name},
		Risk:   fmt.Sprintf("Whatever else uses this key stops working.%s It was last used: %s.%s", v.leaves(), lastUsed(k.used), v.elsewhere()),
		Undo:   goBack(k.owner.Name, k.id),
	}
	forget, err := profiles.EditAll(profiles.Credentials, v.without.Result(), []profiles.Wanted{profiles.WithoutKeys(a.LongTermProfile())})
	if err != nil {
		v.find(cannotEdit(err))
		return
	}
	gone := v.edits(moveForget, forget, fmt.Sprintf("Remove the deactivated key %s from this laptop", k.id))
	gone.Needs = []string{v.add(off)}
	v.add(gone)
}

// goBack is how somebody comes to use a deactivated key again.
func goBack(user, key string) string {
	return fmt.Sprintf("ask the operator, since a session of Identity Center may not: aws iam update-access-key --user-name %s --access-key-id %s --status Active", user, key)
}

// inConfig tells whether the config file holds a whole key in Terraform's profile, and the
// credentials file none before it.
func (v *mover) inConfig() bool {
	return v.in(func(h held) bool {
		return h.kind == profiles.Config && h.profile == v.answers.AdminProfile && h.id != "" && !h.secret.IsZero()
	})
}

// after lets the change that writes the sign-in wait for another.
func (v *mover) after(written, id string) {
	for i := range v.review.Changes {
		if c := &v.review.Changes[i]; c.ID == written && written != "" && id != "" {
			c.Needs = append(c.Needs, id)
		}
	}
}

// behind shows the change that writes the sign-in right after the one that it waits for.
func (v *mover) behind(written, before string) {
	all := v.review.Changes
	at := slices.IndexFunc(all, func(c plan.Change) bool { return c.ID == written })
	if at < 0 || before == "" {
		return
	}
	c := all[at]
	all = slices.Delete(all, at, at+1)
	to := slices.IndexFunc(all, func(c plan.Change) bool { return c.ID == before }) + 1
	v.review.Changes = slices.Insert(all, to, c)
}

// edits is a change of the credentials file. There are two in one plan, and so each has an id
// of its own.
func (v *mover) edits(id string, edit files.Edit, title string) plan.Change {
	c := plan.FileChange(v.answers, edit, title)
	c.ID, c.Topic = id, topicOnboard
	return c
}

func (v *mover) asideTitle() string {
	a, k := v.answers, v.key
	switch {
	case k == nil:
		return fmt.Sprintf("Take the session out of profile %s, whose place the sign-in takes", a.AdminProfile)
	case !k.works():
		return fmt.Sprintf("Remove access key %s, which AWS rejects, from this laptop", k.id)
	case !k.own:
		return fmt.Sprintf("Remove %s access key %s from this laptop", plan.Whose(k.owner.Name), k.id)
	}
	return fmt.Sprintf("Take %s access key %s out of profile %s, into %s until it is deactivated", plan.Whose(k.owner.Name), k.id, a.AdminProfile, a.LongTermProfile())
}

// tellKey tells of a key that goes and that nobody here can deactivate.
func (v *mover) tellKey() {
	k := v.key
	switch {
	case k == nil || k.taken && !k.works():
	case !k.works():
		for i := range v.review.Changes {
			if c := &v.review.Changes[i]; c.ID == moveAside {
				c.NotOurs = k.id
			}
		}
		v.find(plan.Finding{
			ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Profile %s of this laptop holds access key %s, which AWS rejects.", v.profileOf(k.id), k.id),
			Remedy:   "Rename that profile, or have the key removed, with a backup.", Commands: plan.Allow("Remove it", k.id),
		})
	default:
		v.find(staysActive(k, "it goes from this laptop and stays active"))
	}
}

// staysActive is the finding of a key that its owner may not deactivate.
func staysActive(k *formerKey, what string) plan.Finding {
	return plan.Finding{
		ID: "onboard.key-stays-active", Of: plan.StepIAM, Severity: plan.Warning,
		Evidence: fmt.Sprintf("User %s may not deactivate its own access key %s, so %s. It was last used: %s.", k.owner.Name, k.id, what, lastUsed(k.used)),
		Remedy:   fmt.Sprintf("Ask the operator to deactivate it: aws iam update-access-key --user-name %s --access-key-id %s --status Inactive.", k.owner.Name, k.id),
	}
}

// tellLeft tells once more of a key that has gone from the files in this run and stays active:
// the files say nothing of it any more.
func (o *Onboarding) tellLeft(l *look) {
	if k := o.leaving; k != nil && k.works() && !k.own {
		l.find(staysActive(k, "it has gone from this laptop and stays active"))
	}
}

// stillUser says of which group a key's owner is still a user by the blueprint; empty where it
// is none, and so has moved for good.
func (in *inputs) stillUser(k *formerKey) string {
	name, _ := in.answers.User(k.owner.Name)
	groups := in.answers.GroupsOf(name)
	if len(groups) == 0 {
		return ""
	}
	return fmt.Sprintf("%s is still a user of group %s in the blueprint", name, plan.Enumerated(groups))
}

// leaves says what the key's owner reaches as a user of another group, and the sign-in does
// not.
func (v *mover) leaves() string {
	still := v.stillUser(v.key)
	if still == "" {
		return ""
	}
	name, _ := v.answers.User(v.key.owner.Name)
	var lost []string
	for _, e := range v.answers.EnvironmentsFor(name) {
		if !v.answers.Reaches(v.group.Name, e.Name) {
			lost = append(lost, e.Name)
		}
	}
	if len(lost) == 0 {
		return " " + still + "."
	}
	return fmt.Sprintf(" %s, which reaches %s; the sign-in does not.", still, plan.Enumerated(lost))
}

// profileOf is where a key lies.
func (v *mover) profileOf(id string) string {
	return v.all[slices.IndexFunc(v.all, func(h held) bool { return h.id == id })].profile
}

// lastUsed says when a key was last used, and for what.
func lastUsed(u engine.AskedUse) string {
	switch {
	case u.Denied != nil:
		return "not known"
	case u.Never():
		return "never, according to IAM"
	}
	return u.When()
}

// elsewhere says what else on this laptop holds the key.
func (v *mover) elsewhere() string {
	var at []string
	for kind, file := range []files.Snapshot{profiles.Credentials: v.credentials, profiles.Config: v.config} {
		for _, p := range profiles.All(profiles.Kind(kind), file) {
			if id, _, _ := p.Held(); id == v.key.id && p.Name != v.answers.AdminProfile && p.Name != v.answers.LongTermProfile() {
				at = append(at, fmt.Sprintf("profile %s of %s", p.Name, file.Path))
			}
		}
	}
	if v.env.Environ.Get("AWS_ACCESS_KEY_ID") == v.key.id {
		at = append(at, "AWS_ACCESS_KEY_ID of this shell")
	}
	at = append(at, filesWith(append([]string{v.env.Root()}, v.projectDirs()...), v.key.id)...)
	if len(at) == 0 {
		return " It was not found in another profile, in this shell or in the team's folders."
	}
	v.find(plan.Finding{
		ID: "onboard.key-elsewhere", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Access key %s, which is to be deactivated, is also in %s.", v.key.id, plan.Enumerated(at)),
		Remedy:   "Let what uses it there sign in another way first, for example with profile " + v.answers.AdminProfile + ".",
	})
	return " On this laptop it is also in " + plan.Enumerated(at) + "."
}

func (v *mover) projectDirs() (dirs []string) {
	for _, p := range v.answers.Projects {
		dirs = append(dirs, v.env.ProjectDir(p))
	}
	return dirs
}

// maxSearched bounds a file that is searched for a key's id, and maxFiles how many are.
const (
	maxSearched = 1 << 20
	maxFiles    = 2000
)

// filesWith are the files of some folders, not of those below, in which a text stands.
func filesWith(dirs []string, text string) (found []string) {
	searched := 0
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		entries, _ := os.ReadDir(dir) // what is wrong with a project's folder is told where its files are read
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxSearched || searched >= maxFiles {
				continue
			}
			searched++
			path := filepath.Join(dir, e.Name())
			if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte(text)) { // #nosec G304 -- of the team's own folder
				found = append(found, path)
			}
		}
	}
	return found
}

// movedNote says what became of the key that this run moved away from; nothing where it moved
// from none.
func (o *Onboarding) movedNote(l *look) []string {
	k := o.leaving
	if k == nil {
		return nil
	}
	if _, done := l.env.Journal.Finished(moveDeactivate(k.id)); !done {
		return nil
	}
	if still := l.stillUser(k); still != "" {
		return []string{fmt.Sprintf("Access key %s of user %s is deactivated and gone from this laptop. %s, so stateroom setup leaves it, until the operator runs stateroom offboard %s. To use it again %s.",
			k.id, k.owner.Name, still, k.owner.Name, goBack(k.owner.Name, k.id))}
	}
	return []string{fmt.Sprintf("Access key %s of user %s is deactivated and gone from this laptop; the operator's stateroom setup deletes it once that has seen it deactivated and unused for %d days. To use it again %s.",
		k.id, k.owner.Name, steps.RestingDays, goBack(k.owner.Name, k.id))}
}
