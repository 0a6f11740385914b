package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// maxKeys is IAM's fixed quota of access keys per user.
const maxKeys = 2

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
func (s *scene) planKeys(ctx context.Context) error {
	leftover := s.leftover()
	s.coming = s.needsNew(leftover)
	var needs []string
	for _, k := range s.lost {
		needs = append(needs, s.add(s.lostKey(k)))
	}
	if !s.coming {
		if leftover != "" {
			s.retire(leftover, nil)
		}
		return nil
	}
	kept := slices.DeleteFunc(slices.Clone(s.keys), func(k awsops.AccessKey) bool { return engine.IsLost(s.lost, k.ID) })
	if len(kept) >= maxKeys {
		c, err := s.makeRoom(ctx, kept)
		if err != nil {
			return err
		}
		needs = append(needs, s.add(c))
	}
	create, ok := s.newKey(needs)
	if !ok {
		return nil
	}
	s.retire(s.key(), []string{s.add(create)})
	return nil
}

// leftover is the key that an earlier run began to replace and did not get to
// delete: the one that was handed over, or the one that the journal names.
func (s *scene) leftover() string {
	if s.standing != own {
		return ""
	}
	for _, id := range []string{s.o.KeyID, s.env.Journal.Intent(keyChange(s.user))["old"]} {
		if id != "" && id != s.held && s.hasKey(id) {
			return id
		}
	}
	return ""
}

func (s *scene) hasKey(id string) bool {
	return slices.ContainsFunc(s.keys, func(k awsops.AccessKey) bool { return k.ID == id })
}

// needsNew tells whether a new key has to be made. A renewal is due once in a
// run, and finishing one that was cut short is one.
func (s *scene) needsNew(leftover string) bool {
	const nothing = "nothing" // no key has this id
	switch {
	case s.standing != own, s.held == s.o.KeyID:
		s.o.began = nothing // the key that is made is new
		return true
	case !s.o.Rotate:
		return false
	case s.o.began == "" && leftover != "":
		s.o.began = nothing
	case s.o.began == "":
		s.o.began = s.held
	}
	return s.o.began == s.held
}

// add plans a change and gives its id.
func (s *scene) add(c plan.Change) string {
	s.review.Changes = append(s.review.Changes, c)
	return c.ID
}

// change is a change of the user's keys, sent by who the caller is until the new
// key is there.
func (s *scene) change(suffix string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
	return plan.Change{
		ID: keyChange(s.user) + suffix, Topic: topicOnboard, Of: plan.StepIAM, Action: action, Title: title, Target: s.identity.ARN,
		Account: s.a.AdminAccount, Region: s.region, Profile: s.as, Calls: calls,
	}
}

// lostKey deletes a key that nobody can use, as far as is known.
func (s *scene) lostKey(k engine.LostKey) plan.Change {
	c := s.change(".lost."+k.ID, plan.Delete, fmt.Sprintf("Delete %s access key", whose(s.user)),
		awsops.DeleteAccessKey(s.identity.Name, k.ID))
	k.Describe(&c)
	return c
}

// makeRoom deletes the user's other key, of which nothing is known here but that
// it is there: only after consent, typed, since somebody may be using it.
func (s *scene) makeRoom(ctx context.Context, kept []awsops.AccessKey) (plan.Change, error) {
	i := slices.IndexFunc(kept, func(k awsops.AccessKey) bool { return k.ID != s.key() })
	id := kept[i].ID
	used, err := s.caller.KeyLastUsed(ctx, id)
	if err != nil && !awsops.IsAccessDenied(err) {
		return plan.Change{}, err
	}
	last := "never, as far as IAM knows"
	switch {
	case err != nil:
		last = "not known"
	case !used.Never():
		last = used.At.UTC().Format("2 January 2006") + " for " + used.Service
	}
	c := s.change(".other."+id, plan.Delete, fmt.Sprintf("Delete %s other access key %s", whose(s.user), id),
		awsops.DeleteAccessKey(s.identity.Name, id))
	c.Fields = []plan.Field{{Name: "access key", Before: id}, {Name: "last used", Before: last}}
	c.NotOurs, c.ConfirmByName = id, true
	c.Risk = "Whatever uses this key stops working, and it cannot be brought back."
	s.find(plan.Finding{
		ID: "onboard.two-keys", Of: plan.StepIAM, Severity: plan.Warning,
		Evidence: fmt.Sprintf("User %s has two access keys, IAM's limit, so no new one can be made beside them. The other is %s, last used: %s. It may be another laptop's, or wait in a handover.", s.user, id, last),
		Remedy: fmt.Sprintf("If another laptop of yours has it, copy its profile %s into %s. If nothing uses it, let it be deleted with --adopt %s.",
			s.profile, s.credentials.Path, id),
	})
	return c, nil
}

// newKey makes the user's own key and writes it to the profile. It is false
// where the file cannot take it.
func (s *scene) newKey(needs []string) (plan.Change, bool) {
	id := keyChange(s.user)
	edit, ok := s.keyEdit(awsops.Ref(id, "id"), awsops.Ref(id, "secret"))
	if !ok {
		return plan.Change{}, false
	}
	c := s.change("", plan.Create, fmt.Sprintf("Create %s own access key and write it to profile %s", whose(s.user), s.profile),
		awsops.CreateAccessKey(s.identity.Name))
	c.Needs = needs
	c.Judge() // it takes the place of the key that signs this very call
	c.Fields = []plan.Field{
		{Name: "access key", Before: s.key(), After: plan.KnownAfterApply},
		{Name: "secret", Before: secret.Redacted, After: secret.Redacted},
		{Name: "profile", After: s.profile + " in " + s.credentials.Path},
	}
	c.Fields = append(c.Fields, plan.ModeFields(edit)...)
	var before []string
	for _, k := range s.keys {
		if !engine.IsLost(s.lost, k.ID) {
			before = append(before, k.ID)
		}
	}
	c.Intent = map[string]string{"keys": strings.Join(before, ","), "old": s.key()}
	c.Write = plan.FileChange(s.a, edit, c.Title).Write
	c.Risk = "A long-lived credential. Its secret is given once and goes straight to the file named here."
	c.Undo = fmt.Sprintf("aws iam delete-access-key --user-name %s --access-key-id ID", s.identity.Name)
	if s.held != "" && s.standing != own {
		c.NotOurs = s.held
		s.taken()
	}
	return c, true
}

// taken tells that the profile holds a key that is not known to be the user's.
func (s *scene) taken() {
	f := plan.Finding{
		ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Profile %s in %s holds access key %s, which AWS does not take.", s.profile, s.credentials.Path, s.held),
		Remedy:   "Rename that profile, or let it be replaced, with a backup, by --adopt " + s.held + ".",
	}
	if s.standing == other {
		f.Evidence = fmt.Sprintf("Profile %s in %s holds access key %s, which is somebody else's.", s.profile, s.credentials.Path, s.held)
	}
	s.find(f)
}

// keyEdit is the edit that puts a key into the profile; it is false where the
// file must not be touched, which is told with what to add by hand.
func (s *scene) keyEdit(id, key string) (files.Edit, bool) {
	want := profiles.Wanted{Name: s.profile, Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", id), {Key: "aws_secret_access_key", Value: secret.New(key)},
	}}
	err := want.Conflict(s.credentials, s.config)
	var edit files.Edit
	if err == nil {
		edit, err = profiles.Edit(profiles.Credentials, s.credentials, want)
	}
	if err == nil {
		return edit, true
	}
	f := s.cannotEdit(err)
	f.Blocks = true
	f.Details = "By hand, in " + s.credentials.Path + ":\n" + profiles.Wanted{Name: s.profile, Set: []profiles.KeyValue{
		profiles.KV("aws_access_key_id", s.key()), {Key: "aws_secret_access_key", Value: secret.New(key)},
	}}.ByHand(profiles.Credentials)
	s.find(f)
	return edit, false
}

// cannotEdit is the finding of an AWS file that must be left as it is.
func (s *scene) cannotEdit(err error) plan.Finding {
	var conflict *profiles.ConflictError
	if errors.As(err, &conflict) {
		return plan.Finding{
			ID: "onboard.profile-conflict", Of: plan.StepFiles, Severity: plan.Failure, Evidence: sentence(err),
			Remedy: "Rename your profile " + conflict.Profile + ": the team's files use that name.",
		}
	}
	return plan.Finding{
		ID: "onboard.cannot-edit", Of: plan.StepFiles, Severity: plan.Failure, Evidence: sentence(err),
		Remedy: "Correct the line, or add by hand what is shown, then run it again.",
	}
}

// proveSuffix ends the id of the proof that a new key works everywhere.
const proveSuffix = ".prove"

// retire takes the old key out of use once the new one has been proven.
func (s *scene) retire(old string, needs []string) {
	if !s.hasKey(old) {
		return
	}
	asOwn := func(c plan.Change, needs ...string) string {
		c.Profile, c.Needs = s.profile, needs
		return s.add(c)
	}
	prove := s.change(proveSuffix, plan.RunCommand, "Prove the new key on every service that Terraform's state uses")
	prove.Run = engine.ProveKey(s.a, s.profile, s.user)
	last := asOwn(prove, needs...)
	i := slices.IndexFunc(s.keys, func(k awsops.AccessKey) bool { return k.ID == old })
	if s.keys[i].Active {
		off := s.change(".deactivate."+old, plan.Update, "Deactivate "+whose(s.user)+" old access key "+old,
			awsops.UpdateAccessKey(s.identity.Name, old, "Inactive"))
		off.Fields = []plan.Field{{Name: "status", Before: "Active", After: "Inactive"}}
		off.Undo = fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", s.identity.Name, old)
		off.Risk = "Whoever else has this key can no longer use it, which is meant."
		last = asOwn(off, last)
		again := s.change(".check", plan.RunCommand, "Prove the new key once more, with the old one off")
		again.Run = engine.ProveKey(s.a, s.profile, s.user)
		last = asOwn(again, last)
	}
	gone := s.change(".delete."+old, plan.Delete, "Delete "+whose(s.user)+" old access key "+old,
		awsops.DeleteAccessKey(s.identity.Name, old))
	gone.Fields = []plan.Field{{Name: "access key", Before: old}}
	gone.Risk = "A deleted key cannot be brought back; the new one works without it."
	asOwn(gone, last)
}
