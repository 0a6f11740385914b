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

// lastPart is what of a serial number an id may hold.
func lastPart(serial string) string { return serial[strings.LastIndexByte(serial, '/')+1:] }

// removeUser deletes the keys, the MFA devices and the user, after all that was
// taken. It takes typing the user's name. What is not ours and names the user
// does not keep the user: it is told of.
func (o *offboarding) removeUser() {
	o.findKept()
	if o.belongings.Unseen != nil {
		return
	}
	var needs, after []string
	for _, c := range o.review.Changes {
		if c.NotOurs == "" {
			needs = append(needs, c.ID)
		} else {
			after = append(after, c.ID)
		}
	}
	taken := len(o.review.Changes)
	remove := func(c plan.Change) {
		c.Needs, c.After, c.NotOurs, c.ConfirmByName = needs, after, o.name, true
		o.add(o.change(c))
	}
	for _, k := range o.Keys.All {
		remove(plan.Change{
			ID: "offboard.key." + k.ID + ".delete", Action: plan.Delete,
			Title:  fmt.Sprintf("Delete %s access key %s", plan.Whose(o.name), k.ID),
			Fields: []plan.Field{{Name: "access key", Before: k.ID}},
			Calls:  []awsops.Call{awsops.DeleteAccessKey(o.name, k.ID)},
			Intent: plan.Deleting(k.ID),
		})
	}
	for _, d := range o.devices {
		calls := []awsops.Call{awsops.DeactivateMFADevice(o.name, d.Serial)}
		if d.Virtual() {
			calls = append(calls, awsops.DeleteVirtualMFADevice(d.Serial))
		}
		remove(plan.Change{
			ID: "offboard.mfa." + lastPart(d.Serial), Action: plan.Delete,
			Title:  fmt.Sprintf("Remove %s MFA device %s", plan.Whose(o.name), lastPart(d.Serial)),
			Fields: []plan.Field{{Name: "MFA device", Before: d.Serial}}, Calls: calls,
		})
	}
	for _, c := range o.review.Changes[taken:] {
		needs = append(needs, c.ID)
	}
	remove(plan.Change{
		ID: "offboard.user", Action: plan.Delete, Title: fmt.Sprintf("Delete the user %s for good", o.name),
		Fields: append([]plan.Field{{Name: "name", Before: o.name}}, belongingFields(o.belongings)...),
		Calls:  append(awsops.RemoveBelongings(o.name, o.denyLast()), awsops.DeleteUser(o.name)),
		Risk:   "A deleted user cannot be brought back: one of the same name is somebody else to every policy that names it.",
	})
}

// denyLast are the user's belongings with the deny of everything at the end, so
// that it counts until nothing else does. This run attaches it where it is not
// there yet.
func (o *offboarding) denyLast() awsops.Belongings {
	b := o.belongings
	b.Attached = slices.DeleteFunc(slices.Clone(b.Attached), func(p awsops.PolicyRef) bool { return p.ARN == o.denyAll })
	b.Attached = append(b.Attached, awsops.PolicyRef{Name: lastPart(o.denyAll), ARN: o.denyAll})
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

// findKept tells of the user that is still there after all.
func (o *offboarding) findKept() {
	if unseen := o.belongings.Unseen; unseen != nil {
		o.notSeen("offboard.not-seen", plan.StepIAM, unseen, ": the user cannot be deleted while something is attached to it.")
		return
	}
	if o.answers.Adopted(o.name) {
		return
	}
	o.find(plan.Finding{
		ID: "offboard.user-kept", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("User %s stays in account %s until its deletion is confirmed%s.", o.name, o.answers.AdminAccount, o.hangingOn()),
		Remedy:   "Delete the user as well, once it is no longer needed.", Commands: plan.Allow("Delete the user", o.name),
	})
}

// hangingOn names what stays with a user who stays.
func (o *offboarding) hangingOn() string {
	var parts []string
	for _, k := range o.Keys.All {
		parts = append(parts, "access key "+k.ID)
	}
	for _, d := range o.devices {
		parts = append(parts, "MFA device "+d.Serial)
	}
	b := o.denyLast()
	b.Attached = b.Attached[:len(b.Attached)-1]
	for _, field := range belongingFields(b) {
		parts = append(parts, field.Name+" "+field.Before)
	}
	if len(parts) == 0 {
		return ""
	}
	return ", with " + strings.Join(parts, "; ")
}

// removeUnassigned deletes the virtual devices in the user's name that are nobody's
// factor.
func (o *offboarding) removeUnassigned() {
	for _, serial := range o.left {
		o.add(o.change(plan.Change{
			ID: "offboard.device." + lastPart(serial), Action: plan.Delete,
			Title:  fmt.Sprintf("Delete the MFA device %s, which is assigned to nobody", lastPart(serial)),
			Target: serial, Calls: []awsops.Call{awsops.DeleteVirtualMFADevice(serial)},
		}))
	}
}

func (o *offboarding) removeSealedFile() {
	switch {
	case o.HandoverLink:
		o.find(plan.Finding{
			ID: "offboard.handover-link", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: o.Handover.Path + " is a symbolic link, and what it points to is not ours to delete.",
			Remedy:   "Remove the link.",
		})
	case o.Handover.Exists:
		o.add(o.change(plan.Change{
			ID: "offboard.handover", Action: plan.Delete, After: []string{denyChange(o.name)},
			Title:  fmt.Sprintf("Delete %s sealed key", plan.Whose(o.name)),
			Target: o.Handover.Path, Write: &plan.Write{Edit: files.Edit{Before: o.Handover}, Remove: true},
		}))
	}
}

func (o *offboarding) leaveBlueprint() {
	switch {
	case o.unedited != nil:
		o.find(plan.Finding{
			ID: "offboard.blueprint", Of: plan.StepIAM, Severity: plan.Warning, Evidence: o.unedited.Error(),
			Remedy: fmt.Sprintf("Remove %s from the blueprint by hand: the next stateroom setup would make the user again.", o.name),
		})
	case o.blueprint.Changes():
		o.add(o.change(plan.Change{
			ID: blueprintChange(o.name), Action: plan.WriteFile, Intent: map[string]string{}, After: []string{denyChange(o.name)},
			Title:  fmt.Sprintf("Remove %s from %s", o.name, filepath.Base(o.blueprint.Before.Path)),
			Target: o.blueprint.Before.Path,
			Write:  plan.WriteOf(o.blueprint),
			Undo:   "a backup of the file is kept, and named at the end",
		}))
	}
}
