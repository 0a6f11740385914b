package onboard

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// plan denies everything first, takes the rights then, and deletes with the
// operator's word only.
func (o *Offboard) plan(f offboardFacts) plan.Review {
	var r plan.Review
	if f.user != nil {
		o.named(f, &r)
		taken := slices.Concat(o.deny(f), o.takeKeys(f), o.takeCredentials(f), o.takePassword(f), o.takeMemberships(f))
		r.Changes = slices.Concat(taken, r.Changes)
		r.Changes = append(r.Changes, o.remove(f, r.Changes)...)
		r.Findings = append(r.Findings, o.kept(f)...)
	}
	o.sessions(f, &r)
	for _, serial := range f.left {
		r.Changes = append(r.Changes, o.change(f, plan.Change{
			ID: "offboard.device." + lastPart(serial), Action: plan.Delete,
			Title:  fmt.Sprintf("Delete the MFA device %s, which is nobody's", serial),
			Target: serial, Calls: []awsops.Call{awsops.DeleteVirtualMFADevice(serial)},
		}))
	}
	o.sealedFile(f, &r)
	o.blueprint(f, &r)
	return r
}

// change fills in what all changes of an offboarding have in common.
func (o *Offboard) change(f offboardFacts, c plan.Change) plan.Change {
	c.Topic, c.Of, c.Account, c.Region = topicOffboard, plan.StepIAM, o.Answers.AdminAccount, o.Answers.StateRegion
	c.Judge() // who leaves is denied everything first, and gains nothing by what is taken then
	if c.Target == "" {
		c.Target = f.user.ARN
	}
	return c
}

// lastPart is what of a serial number an id may hold.
func lastPart(serial string) string { return serial[strings.LastIndexByte(serial, '/')+1:] }

// remove deletes the keys, the MFA devices and the user, after all that was
// taken. It takes typing the user's name. What is not ours and names the user
// does not keep the user: it is told of.
func (o *Offboard) remove(f offboardFacts, taken []plan.Change) []plan.Change {
	if f.belongings.Unseen != nil {
		return nil
	}
	var needs, after []string
	for _, c := range taken {
		if c.Foreign == "" {
			needs = append(needs, c.ID)
		} else {
			after = append(after, c.ID)
		}
	}
	var changes []plan.Change
	add := func(c plan.Change) {
		c.Needs, c.After, c.Foreign, c.Typed = needs, after, f.name, true
		changes = append(changes, o.change(f, c))
	}
	for _, k := range f.keys {
		add(plan.Change{
			ID: "offboard.key." + k.ID + ".delete", Action: plan.Delete,
			Title:  fmt.Sprintf("Delete %s's access key %s", f.name, k.ID),
			Fields: []plan.Field{{Name: "access key", Before: k.ID}},
			Calls:  []awsops.Call{awsops.DeleteAccessKey(f.name, k.ID)},
		})
	}
	for _, d := range f.devices {
		calls := []awsops.Call{awsops.DeactivateMFADevice(f.name, d.Serial)}
		if d.Virtual() {
			calls = append(calls, awsops.DeleteVirtualMFADevice(d.Serial))
		}
		add(plan.Change{
			ID: "offboard.mfa." + lastPart(d.Serial), Action: plan.Delete,
			Title:  fmt.Sprintf("Take %s's MFA device %s", f.name, d.Serial),
			Fields: []plan.Field{{Name: "MFA device", Before: d.Serial}}, Calls: calls,
		})
	}
	for _, c := range changes {
		needs = append(needs, c.ID)
	}
	add(plan.Change{
		ID: "offboard.user", Action: plan.Delete, Title: fmt.Sprintf("Delete the user %s for good", f.name),
		Fields: append([]plan.Field{{Name: "name", Before: f.name}}, belongingFields(f.belongings)...),
		Calls:  append(awsops.RemoveBelongings(f.name, denyLast(f)), awsops.DeleteUser(f.name)),
		Risk:   "A deleted user cannot be brought back: one of the same name is somebody else to every policy that names it.",
	})
	return changes
}

// denyLast are the user's belongings with the deny of everything at the end, so
// that it counts until nothing else does. This run attaches it where it is not
// there yet.
func denyLast(f offboardFacts) awsops.Belongings {
	b := f.belongings
	b.Attached = slices.DeleteFunc(slices.Clone(b.Attached), func(p awsops.PolicyRef) bool { return p.ARN == f.denyAll })
	b.Attached = append(b.Attached, awsops.PolicyRef{Name: lastPart(f.denyAll), ARN: f.denyAll})
	return b
}

// belongingFields list what goes with the user.
func belongingFields(b awsops.Belongings) []plan.Field {
	var attached []string
	for _, p := range b.Attached {
		attached = append(attached, p.Name)
	}
	var fields []plan.Field
	for _, f := range []struct {
		name string
		have []string
	}{
		{"attached policies", attached},
		{"inline policies", b.Inline},
		{"SSH keys", credentialIDs(b.SSHKeys)},
		{"signing certificates", credentialIDs(b.Certificates)},
		{"service credentials", credentialIDs(b.ServiceCredentials)},
	} {
		if len(f.have) > 0 {
			fields = append(fields, plan.Field{Name: f.name, Before: strings.Join(f.have, ", ")})
		}
	}
	return fields
}

func credentialIDs(all []awsops.Credential) []string {
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

// kept tells of the user that is still there after all.
func (o *Offboard) kept(f offboardFacts) []plan.Finding {
	if unseen := f.belongings.Unseen; unseen != nil {
		return []plan.Finding{{
			ID: "offboard.not-seen", Of: plan.StepIAM, Severity: plan.Warning, Evidence: unseen.Error(), RequestIDs: awsops.RequestIDs(unseen),
			Remedy: fmt.Sprintf("Have somebody with that right run stateroom offboard %s: the user cannot be deleted while something hangs on it.", f.name),
		}}
	}
	if o.Answers.Adopted(f.name) {
		return nil
	}
	return []plan.Finding{{
		ID: "offboard.user-kept", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("User %s stays in account %s until its deletion is confirmed%s.", f.name, o.Answers.AdminAccount, hangingOn(f)),
		Remedy:   fmt.Sprintf("Run it again and type %s, or pass --adopt %s, to delete the user.", f.name, f.name),
	}}
}

// hangingOn names what stays with a user who stays.
func hangingOn(f offboardFacts) string {
	var parts []string
	for _, k := range f.keys {
		parts = append(parts, "access key "+k.ID)
	}
	for _, d := range f.devices {
		parts = append(parts, "MFA device "+d.Serial)
	}
	b := denyLast(f)
	b.Attached = b.Attached[:len(b.Attached)-1]
	for _, field := range belongingFields(b) {
		parts = append(parts, field.Name+" "+field.Before)
	}
	if len(parts) == 0 {
		return ""
	}
	return ", with " + strings.Join(parts, "; ")
}

func (o *Offboard) sealedFile(f offboardFacts, r *plan.Review) {
	switch {
	case f.link:
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.handover-link", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: f.sealed.Path + " is a symbolic link, and what it points to is not ours to delete.",
			Remedy:   "Remove the link.",
		})
	case f.sealed.Exists:
		r.Changes = append(r.Changes, o.change(f, plan.Change{
			ID: "offboard.handover", Action: plan.Delete, After: []string{denyChange(f.name)},
			Title:  fmt.Sprintf("Delete %s's sealed key", f.name),
			Target: f.sealed.Path, Write: &plan.Write{Edit: files.Edit{Before: f.sealed}, Remove: true},
		}))
	}
}

func (o *Offboard) blueprint(f offboardFacts, r *plan.Review) {
	switch {
	case f.unedited != nil:
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.blueprint", Of: plan.StepIAM, Severity: plan.Warning, Evidence: f.unedited.Error(),
			Remedy: fmt.Sprintf("Take %s out of the blueprint by hand: the next stateroom setup would make the user again.", f.name),
		})
	case f.blueprint.Changes():
		r.Changes = append(r.Changes, o.change(f, plan.Change{
			ID: blueprintChange(f.name), Action: plan.WriteFile, Intent: map[string]string{}, After: []string{denyChange(f.name)},
			Title:  fmt.Sprintf("Take %s out of %s", f.name, filepath.Base(f.blueprint.Before.Path)),
			Target: f.blueprint.Before.Path,
			Write:  &plan.Write{Edit: f.blueprint, Diff: f.blueprint.Diff()},
			Undo:   "a backup of the file is kept, and named at the end",
		}))
	}
}
