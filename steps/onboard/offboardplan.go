package onboard

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/files"
)

// plan takes the rights first, and deletes with the operator's word only.
func (o *Offboard) plan(f offboardFacts) steps.Review {
	var r steps.Review
	if f.user != nil {
		r.Changes = slices.Concat(o.takeKeys(f), o.takeMemberships(f), o.takeSignIn(f))
		r.Changes = append(r.Changes, o.remove(f, r.Changes)...)
		r.Findings = append(r.Findings, o.kept(f)...)
	}
	for _, serial := range f.left {
		r.Changes = append(r.Changes, o.change(f, steps.Change{
			ID: "offboard.device." + lastPart(serial), Action: steps.Delete,
			Title:  fmt.Sprintf("Delete the MFA device %s, which is nobody's", serial),
			Target: serial, Calls: []awsops.Call{awsops.DeleteVirtualMFADevice(serial)},
		}))
	}
	o.sealedFile(f, &r)
	o.blueprint(f, &r)
	return r
}

// change fills in what all changes of an offboarding have in common.
func (o *Offboard) change(f offboardFacts, c steps.Change) steps.Change {
	c.Step, c.Account, c.Region = 2, o.Answers.AdminAccount, o.Answers.StateRegion
	c.Judge() // who leaves gains nothing by what is taken: the keys and the password go first
	if c.Target == "" {
		c.Target = f.user.ARN
	}
	return c
}

// takeKeys deactivates the access keys, which can be undone.
func (o *Offboard) takeKeys(f offboardFacts) []steps.Change {
	var changes []steps.Change
	for _, k := range f.keys {
		if !k.Active {
			continue
		}
		changes = append(changes, o.change(f, steps.Change{
			ID: "offboard.key." + k.ID, Action: steps.Update,
			Title:  fmt.Sprintf("Deactivate %s's access key %s", f.name, k.ID),
			Fields: []steps.Field{{Name: "status", Before: "Active", After: "Inactive"}},
			Calls:  []awsops.Call{awsops.UpdateAccessKey(f.name, k.ID, "Inactive")},
			Undo:   fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", f.name, k.ID),
		}))
	}
	return changes
}

func (o *Offboard) takeMemberships(f offboardFacts) []steps.Change {
	var changes []steps.Change
	for _, g := range f.groups {
		changes = append(changes, o.change(f, steps.Change{
			ID: "offboard.member." + g, Action: steps.Update,
			Title:  fmt.Sprintf("Take %s out of the group %s", f.name, g),
			Fields: []steps.Field{{Name: "member of", Before: g}},
			Calls:  []awsops.Call{awsops.RemoveUserFromGroup(g, f.name)},
			Undo:   fmt.Sprintf("aws iam add-user-to-group --group-name %s --user-name %s", g, f.name),
		}))
	}
	return changes
}

// takeSignIn takes the console password and then the MFA devices: without its
// second factor the password alone would open the console.
func (o *Offboard) takeSignIn(f offboardFacts) []steps.Change {
	const password = "offboard.password"
	var changes []steps.Change
	if f.password {
		changes = append(changes, o.change(f, steps.Change{
			ID: password, Action: steps.Update, Title: fmt.Sprintf("Take %s's console password", f.name),
			Fields: []steps.Field{{Name: "console password", Before: "set"}},
			Calls:  []awsops.Call{awsops.DeleteLoginProfile(f.name)},
			Undo:   "aws iam create-login-profile --user-name " + f.name + ", with a new password",
		}))
	}
	for _, d := range f.devices {
		calls := []awsops.Call{awsops.DeactivateMFADevice(f.name, d.Serial)}
		if d.Virtual() {
			calls = append(calls, awsops.DeleteVirtualMFADevice(d.Serial))
		}
		changes = append(changes, o.change(f, steps.Change{
			ID: "offboard.mfa." + lastPart(d.Serial), Action: steps.Update,
			Title:  fmt.Sprintf("Take %s's MFA device %s", f.name, d.Serial),
			Fields: []steps.Field{{Name: "MFA device", Before: d.Serial}},
			Calls:  calls, Needs: []string{password},
			Undo: "enrol a device anew",
		}))
	}
	return changes
}

// lastPart is what of a serial number an id may hold.
func lastPart(serial string) string { return serial[strings.LastIndexByte(serial, '/')+1:] }

// remove deletes the keys and the user, after all that was taken. It takes
// typing the user's name.
func (o *Offboard) remove(f offboardFacts, taken []steps.Change) []steps.Change {
	if f.unseen != nil {
		return nil
	}
	var needs []string
	for _, c := range taken {
		needs = append(needs, c.ID)
	}
	var changes []steps.Change
	add := func(c steps.Change) {
		c.Needs, c.Foreign, c.Typed = needs, f.name, true
		changes = append(changes, o.change(f, c))
	}
	for _, k := range f.keys {
		add(steps.Change{
			ID: "offboard.key." + k.ID + ".delete", Action: steps.Delete,
			Title:  fmt.Sprintf("Delete %s's access key %s", f.name, k.ID),
			Fields: []steps.Field{{Name: "access key", Before: k.ID}},
			Calls:  []awsops.Call{awsops.DeleteAccessKey(f.name, k.ID)},
		})
	}
	for _, c := range changes {
		needs = append(needs, c.ID)
	}
	add(steps.Change{
		ID: "offboard.user", Action: steps.Delete, Title: fmt.Sprintf("Delete the user %s for good", f.name),
		Fields: append([]steps.Field{{Name: "name", Before: f.name}}, belongingFields(f.belongings)...),
		Calls:  append(awsops.RemoveBelongings(f.name, f.belongings), awsops.DeleteUser(f.name)),
		Risk:   "A deleted user cannot be brought back: one of the same name is somebody else to every policy that names it.",
	})
	return changes
}

// belongingFields list what goes with the user.
func belongingFields(b awsops.Belongings) []steps.Field {
	var attached []string
	for _, p := range b.Attached {
		attached = append(attached, p.Name)
	}
	var fields []steps.Field
	for _, f := range []struct {
		name string
		have []string
	}{
		{"attached policies", attached},
		{"inline policies", b.Inline},
		{"SSH keys", b.SSHKeys},
		{"signing certificates", b.Certificates},
		{"service credentials", b.ServiceCredentials},
	} {
		if len(f.have) > 0 {
			fields = append(fields, steps.Field{Name: f.name, Before: strings.Join(f.have, ", ")})
		}
	}
	return fields
}

// kept tells of the user that is still there after all.
func (o *Offboard) kept(f offboardFacts) []steps.Finding {
	if f.unseen != nil {
		return []steps.Finding{{
			ID: "offboard.not-seen", Step: 2, Severity: steps.Warning, Evidence: f.unseen.Error(),
			Remedy: fmt.Sprintf("Have somebody with that right run stateroom offboard %s: the user cannot be deleted while something hangs on it.", f.name),
		}}
	}
	if o.Answers.Adopted(f.name) {
		return nil
	}
	return []steps.Finding{{
		ID: "offboard.user-kept", Step: 2, Severity: steps.Info,
		Evidence: fmt.Sprintf("User %s stays in account %s until its deletion is confirmed%s.", f.name, o.Answers.AdminAccount, rights(f.belongings)),
		Remedy:   fmt.Sprintf("Run it again and type %s, or pass --adopt %s, to delete the user.", f.name, f.name),
	}}
}

// rights warns of policies that the user has beside the groups'.
func rights(b awsops.Belongings) string {
	if len(b.Attached)+len(b.Inline) == 0 {
		return ", without any right"
	}
	return ", with policies of its own that no key opens any more"
}

func (o *Offboard) sealedFile(f offboardFacts, r *steps.Review) {
	switch {
	case f.link:
		r.Findings = append(r.Findings, steps.Finding{
			ID: "offboard.handover-link", Step: 2, Severity: steps.Warning,
			Evidence: f.sealed.Path + " is a symbolic link, and what it points to is not ours to delete.",
			Remedy:   "Remove the link.",
		})
	case f.sealed.Exists:
		r.Changes = append(r.Changes, o.change(f, steps.Change{
			ID: "offboard.handover", Action: steps.Delete,
			Title:  fmt.Sprintf("Delete %s's sealed key", f.name),
			Target: f.sealed.Path, Write: &steps.Write{Edit: files.Edit{Before: f.sealed}, Remove: true},
		}))
	}
}

func (o *Offboard) blueprint(f offboardFacts, r *steps.Review) {
	switch {
	case f.unedited != nil:
		r.Findings = append(r.Findings, steps.Finding{
			ID: "offboard.blueprint", Step: 2, Severity: steps.Warning, Evidence: f.unedited.Error(),
			Remedy: fmt.Sprintf("Take %s out of the blueprint by hand: the next stateroom setup would make the user again.", f.name),
		})
	case f.blueprint.Changes():
		r.Changes = append(r.Changes, o.change(f, steps.Change{
			ID: blueprintChange(f.name), Action: steps.WriteFile, Intent: map[string]string{},
			Title:  fmt.Sprintf("Take %s out of %s", f.name, filepath.Base(f.blueprint.Before.Path)),
			Target: f.blueprint.Before.Path,
			Write:  &steps.Write{Edit: f.blueprint, Diff: f.blueprint.Diff()},
			Undo:   "a backup lies beside the file",
		}))
	}
}
