package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// membershipInterval is the longest pause between two looks at whether a new member's
// rights count.
const membershipInterval = 3 * time.Second

// topicOnboard is the topic of what is changed of a person's own.
const topicOnboard = "onboard"

// keyChange is the id of the change that makes the user's own key, and the name
// under which the journal knows it.
func keyChange(user string) string { return "onboard.key." + user }

// proveSuffix ends the id of the proof that a new key works everywhere.
const proveSuffix = ".prove"

// userKeys are what IAM knows of the user's keys.
type userKeys struct {
	engine.UserKeys
	// oldKeyLeft is the key that an earlier run began to replace and did not get to
	// delete; empty without one.
	oldKeyLeft string
}

// readKeys reads what IAM knows of the user's keys, and tells how old the one in use
// is.
func readKeys(ctx context.Context, in *inputs, who *identity) (keys userKeys, err error) {
	// The membership may be as new as the key, and so unknown to the part that decides.
	_ = awsops.Poll(ctx, in.keyPatience(who.user), membershipInterval, func(ctx context.Context) (bool, error) {
		keys.UserKeys, err = engine.ReadKeys(ctx, in.env, who.caller, who.Name, keyChange(who.user), who.held)
		return !awsops.IsAccessDenied(err) || awsops.IsExplicitDeny(err), nil
	}) // what ran out is the last answer
	switch {
	case awsops.IsExplicitDeny(err):
		in.find(denied(who, err))
		return keys, nil
	case awsops.IsAccessDenied(err) && in.answers.WithoutBlueprint:
		in.find(plan.Finding{
			ID: "onboard.not-in-group", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence:   fmt.Sprintf("User %s may not see its own access keys, so the key that others have seen cannot be replaced: %s", who.user, diagnosis.Describe(err)),
			RequestIDs: awsops.RequestIDs(err),
			Remedy:     "Ask the operator to allow the user, on itself, iam:ListAccessKeys, iam:GetAccessKeyLastUsed, iam:CreateAccessKey, iam:UpdateAccessKey and iam:DeleteAccessKey.",
		})
		return keys, nil
	case awsops.IsAccessDenied(err):
		in.find(plan.Finding{
			ID: "onboard.not-in-group", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("User %s may not see its own access keys, which every member of %s may: %s",
				who.user, strings.Join(in.answers.GroupsOf(who.user), ", "), diagnosis.Describe(err)),
			RequestIDs: awsops.RequestIDs(err),
			Remedy:     "Ask the operator to run stateroom setup, which adds " + who.user + " to the group.",
		})
		return keys, nil
	case err != nil:
		return keys, err // it says what was asked of whom
	}
	if who.status == owned {
		// It was handed over, or the journal names it.
		for _, id := range []string{who.given, in.env.Journal.Intent(keyChange(who.user))["old"]} {
			if id != "" && id != who.held && keys.Find(id) != nil && keys.oldKeyLeft == "" {
				keys.oldKeyLeft = id
			}
		}
	}
	if keys.oldKeyLeft != "" {
		if err := in.knows(ctx, who, keys.oldKeyLeft); err != nil {
			return keys, engine.Unseen(err)
		}
	}
	in.tellAge(who, keys.Find(who.key()))
	return keys, nil
}

// denied is the finding of a user of whom a Deny refuses even what every member of a group
// may see of itself: an offboarding begins with one on everything, and no group helps.
func denied(who *identity, err error) plan.Finding {
	return plan.Finding{
		ID: "onboard.denied", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
		Evidence:   fmt.Sprintf("A Deny keeps user %s from seeing its own access keys, as the policy AWSDenyAll does, with which stateroom offboard begins: %s", who.user, diagnosis.Describe(err)),
		RequestIDs: awsops.RequestIDs(err),
		Remedy:     fmt.Sprintf("Ask the operator whether %s is being offboarded. If not: remove the Deny (aws iam detach-user-policy, if it is AWSDenyAll), then run the command again.", who.user),
	}
}

// knows gives the refusal with which IAM tells a user, who may ask for the keys of its
// own, that a key is none of them: it was deleted just now, or is too new, and is listed
// all the same. A key in use that is too new itself tells nothing of what the user may.
func (in *inputs) knows(ctx context.Context, who *identity, key string) error {
	_, refusal := who.caller.KeyLastUsed(ctx, key)
	if !awsops.IsAccessDenied(refusal) && !awsops.IsNotFound(refusal) {
		return nil
	}
	var err error
	_ = awsops.Poll(ctx, in.keyPatience(who.user), membershipInterval, func(ctx context.Context) (bool, error) {
		_, err = who.caller.KeyLastUsed(ctx, who.key())
		return !awsops.IsNotFound(err), nil
	}) // what ran out is the last answer
	if err != nil {
		return nil //nolint:nilerr // who may ask for none learns nothing of this one
	}
	return refusal
}

func (in *inputs) tellAge(who *identity, k *awsops.AccessKey) {
	if k == nil {
		return
	}
	old := max(0, in.now().Sub(k.Created))
	days := plan.Counted(int(old.Hours()/24), "day")
	in.passed(plan.Check{Name: checkAge, Asked: "iam:ListAccessKeys as " + who.ARN}, days)
	if who.status == owned && old > engine.KeyAge && !in.rotate {
		in.find(plan.Finding{
			ID: "onboard.key-old", Of: plan.StepIAM, Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s is %s old.", k.ID, days),
			Remedy:   "Renew it with stateroom onboard --rotate.",
		})
	}
}

// readStateKey finds the key of the state by its alias, whose ARN the backend blocks
// name; nil where it may not be seen or there is none, which is told.
func readStateKey(ctx context.Context, in *inputs, who *identity) (*awsops.Key, error) {
	key, err := who.caller.Key(ctx, in.answers.Key.Alias)
	if f, ok := askOperator(err); ok {
		f.Stops = projectIDs(in.projects(who.user))
		in.find(f)
		return key, nil
	}
	if err != nil {
		return key, err
	}
	if unusable := diagnosis.OfKey(key); unusable != nil {
		f := plan.Finding{
			ID: unusable.ID, Of: unusable.Step, Severity: plan.Failure, Remedy: unusable.Operator,
			Evidence: fmt.Sprintf("There is no key %s in account %s, region %s.", in.answers.Key.Alias, in.answers.AdminAccount, in.answers.StateRegion),
			Stops:    projectIDs(in.projects(who.user)),
		}
		if key != nil {
			f.Evidence = fmt.Sprintf("Key %s: %s", key.ARN, unusable.Meaning)
		}
		in.find(f)
	}
	return key, nil
}

// keyPlan is what makes the key the user's own.
type keyPlan struct {
	*inputs
	who  *identity
	keys userKeys
}

// planKeys makes the key the user's own. In whatever state a killed run left it,
// the same rules lead on from there:
//
//   - what a killed run made and did not get to write is deleted: nobody has its
//     secret;
//   - a new key is made where the profile holds none of the user's, where it
//     holds the very key that was handed over, or for a renewal. Its secret goes
//     to the profile before any other call;
//   - the key before it goes only after the new one has been proven, and is
//     deactivated, with the new one proven again, before it is deleted. Until
//     then IAM's two keys leave no room for a third, so that nothing is doubled.
func planKeys(ctx context.Context, in *inputs, who *identity, keys userKeys, newKeyPlanned bool) error {
	p := &keyPlan{inputs: in, who: who, keys: keys}
	var needs []string
	for _, k := range keys.Lost {
		c := p.change(".lost."+k.ID, plan.Delete, fmt.Sprintf("Delete %s access key", plan.Whose(who.user)), awsops.DeleteAccessKey(who.Name, k.ID))
		k.Describe(&c)
		needs = append(needs, p.add(c))
	}
	if !newKeyPlanned {
		p.removeOld(keys.oldKeyLeft, nil)
		return nil
	}
	if kept := keys.Kept(); len(kept) >= engine.MaxKeys {
		c, err := p.makeRoom(ctx, kept)
		if err != nil {
			return err
		}
		needs = append(needs, p.add(c))
	}
	if create, ok := p.newKey(needs); ok {
		p.removeOld(who.key(), []string{p.add(create)})
	}
	return nil
}

// change is a change of the user's keys, sent by who the caller is until the new
// key is there.
func (p *keyPlan) change(suffix string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
	return plan.Change{
		ID: keyChange(p.who.user) + suffix, Topic: topicOnboard, Of: plan.StepIAM, Action: action, Title: title, Target: p.who.ARN,
		Account: p.answers.AdminAccount, Region: p.answers.StateRegion, Profile: p.who.as, Calls: calls,
	}
}

// makeRoom deletes the user's other key, of which nothing is known here but that
// it is there: only after consent, typed, since somebody may be using it.
func (p *keyPlan) makeRoom(ctx context.Context, kept []awsops.AccessKey) (plan.Change, error) {
	i := slices.IndexFunc(kept, func(k awsops.AccessKey) bool { return k.ID != p.who.key() })
	id := kept[i].ID
	if err := p.knows(ctx, p.who, id); err != nil {
		return plan.Change{}, engine.Unseen(err)
	}
	used, err := p.who.caller.KeyLastUsed(ctx, id)
	if err != nil && !awsops.IsAccessDenied(err) {
		return plan.Change{}, err
	}
	last := "never, according to IAM"
	switch {
	case err != nil:
		last = "not known"
	case !used.Never():
		last = used.At.UTC().Format("2 January 2006") + " for " + used.Service
	}
	c := p.change(".other."+id, plan.Delete, fmt.Sprintf("Delete %s other access key %s", plan.Whose(p.who.user), id),
		awsops.DeleteAccessKey(p.who.Name, id))
	c.Fields = []plan.Field{{Name: "access key", Before: id}, {Name: "last used", Before: last}}
	c.NotOurs, c.ConfirmByName, c.Intent = id, true, plan.Deleting(id)
	c.Risk = "Whatever uses this key stops working, and it cannot be brought back."
	p.find(plan.Finding{
		ID: "onboard.two-keys", Of: plan.StepIAM, Severity: plan.Warning,
		Evidence: fmt.Sprintf("User %s has two access keys, IAM's limit, so no new one can be made beside them. The other is %s, last used: %s. It may be another laptop's, or wait in a handover.", p.who.user, id, last),
		Remedy:   fmt.Sprintf("If another laptop of yours has it, copy its profile %s into %s. If nothing uses it, have it deleted.", p.who.profile, p.credentials.Path),
		Commands: plan.Allow("Delete it", id),
	})
	return c, nil
}

// newKey makes the user's own key and writes it to the profile. It is false
// where the file cannot take it, which is told with what to add by hand.
func (p *keyPlan) newKey(needs []string) (plan.Change, bool) {
	who, id := p.who, keyChange(p.who.user)
	want := func(key string) profiles.Wanted { return profiles.KeyPair(who.profile, key, awsops.Ref(id, "secret")) }
	edit, err := profiles.EditCredentials(p.credentials, p.config, want(awsops.Ref(id, "id")))
	if err != nil {
		f := cannotEdit(err)
		f.Blocks = true
		f.Details = "By hand, in " + p.credentials.Path + ":\n" + want(who.key()).ByHand(profiles.Credentials)
		p.find(f)
		return plan.Change{}, false
	}
	c := p.change("", plan.Create, fmt.Sprintf("Create %s own access key and write it to profile %s", plan.Whose(who.user), who.profile),
		awsops.CreateAccessKey(who.Name))
	c.Needs = needs
	c.Judge() // it takes the place of the key that signs this very call
	c.Fields = []plan.Field{
		{Name: "access key", Before: who.key(), After: plan.KnownAfterApply},
		{Name: "secret", Before: secret.Redacted, After: secret.Redacted},
		{Name: "profile", After: who.profile + " in " + p.credentials.Path},
	}
	c.Fields = append(c.Fields, plan.ModeFields(edit)...)
	var have []string
	for _, k := range p.keys.Kept() {
		have = append(have, k.ID)
	}
	c.Intent = map[string]string{"keys": strings.Join(have, ","), "old": who.key()}
	c.Write = plan.WriteOf(edit)
	c.Risk = "A long-lived credential. Its secret is given once and goes straight to the file named here."
	c.Undo = fmt.Sprintf("aws iam delete-access-key --user-name %s --access-key-id ID", who.Name)
	if who.held != "" && who.status != owned {
		c.NotOurs = who.held
		p.findTaken()
	}
	return c, true
}

// findTaken tells that the profile holds a key that is not known to be the user's.
func (p *keyPlan) findTaken() {
	whatOf := "which AWS rejects"
	if p.who.status == foreign {
		whatOf = "which belongs to somebody else"
	}
	p.find(plan.Finding{
		ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Profile %s in %s holds access key %s, %s.", p.who.profile, p.credentials.Path, p.who.held, whatOf),
		Remedy:   "Rename that profile, or have it replaced, with a backup.", Commands: plan.Allow("Replace it", p.who.held),
	})
}

// notEdited is the id of the finding of an AWS file that must be left as it is.
const notEdited = "onboard.cannot-edit"

// cannotEdit is the finding of an AWS file that must be left as it is.
func cannotEdit(err error) plan.Finding {
	f := plan.Finding{
		ID: notEdited, Of: plan.StepFiles, Severity: plan.Failure, Evidence: diagnosis.Sentence(err.Error()),
		Remedy: "Correct the line, or add by hand what is shown, then run the command again.",
	}
	var conflict *profiles.ConflictError
	if errors.As(err, &conflict) {
		f.ID, f.Remedy = "onboard.profile-conflict", "Rename your profile "+conflict.Profile+": the team's files use that name."
	}
	return f
}

// removeOld takes the old key out of use once the new one has been proven.
func (p *keyPlan) removeOld(old string, needs []string) {
	key := p.keys.Find(old)
	if key == nil {
		return
	}
	who := p.who
	asOwn := func(c plan.Change, needs ...string) string {
		c.Profile, c.Needs = who.profile, needs
		return p.add(c)
	}
	prove := func(suffix, title string, needs ...string) string {
		c := p.change(suffix, plan.RunCommand, title)
		c.Run = engine.ProveKey(p.answers, who.profile, who.user)
		return asOwn(c, needs...)
	}
	last := prove(proveSuffix, "Prove the new key on every service that Terraform's state uses", needs...)
	if key.Active {
		off := p.change(".deactivate."+old, plan.Update, "Deactivate "+plan.Whose(who.user)+" old access key "+old,
			awsops.UpdateAccessKey(who.Name, old, inactive))
		off.Fields = deactivated()
		off.Undo = fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", who.Name, old)
		off.Risk = "Anyone else who has this key can no longer use it, which is intended."
		last = prove(".check", "Prove the new key again, with the old one deactivated", asOwn(off, last))
	}
	gone := p.change(".delete."+old, plan.Delete, "Delete "+plan.Whose(who.user)+" old access key "+old,
		awsops.DeleteAccessKey(who.Name, old))
	gone.Fields, gone.Intent = []plan.Field{{Name: "access key", Before: old}}, plan.Deleting(old)
	gone.Risk = "A deleted key cannot be brought back; the new one works without it."
	asOwn(gone, last)
}
