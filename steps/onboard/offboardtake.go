package onboard

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// deny attaches AWS's policy that denies everything. A deny overrides every
// right, whoever gave it, and the sessions of a user's keys have the user's
// rights: they end with it at once, while a deactivated key leaves them alive
// for up to 36 hours.
func (o *Offboard) deny(f offboardFacts) []plan.Change {
	if f.denied {
		return nil
	}
	return []plan.Change{o.change(f, plan.Change{
		ID: denyChange(f.name), Action: plan.Update, Intent: map[string]string{},
		Title:  fmt.Sprintf("Deny %s everything, open sessions included", f.name),
		Fields: []plan.Field{{Name: "attached policy", After: f.denyAll}},
		Calls:  []awsops.Call{awsops.AttachUserPolicy(f.name, f.denyAll)},
		Undo:   fmt.Sprintf("aws iam detach-user-policy --user-name %s --policy-arn %s", f.name, f.denyAll),
	})}
}

// taking is a change of what a user has, which comes after the deny and is made
// even where that failed.
func (o *Offboard) taking(f offboardFacts, c plan.Change) plan.Change {
	c.Action, c.After = plan.Update, []string{denyChange(f.name)}
	return o.change(f, c)
}

// takeKeys deactivates the access keys, which can be undone.
func (o *Offboard) takeKeys(f offboardFacts) []plan.Change {
	var changes []plan.Change
	for _, k := range f.keys {
		if k.Active {
			changes = append(changes, o.taking(f, plan.Change{
				ID:     "offboard.key." + k.ID,
				Title:  fmt.Sprintf("Deactivate %s's access key %s", f.name, k.ID),
				Fields: deactivated(),
				Calls:  []awsops.Call{awsops.UpdateAccessKey(f.name, k.ID, inactive)},
				Undo:   fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Active", f.name, k.ID),
			}))
		}
	}
	return changes
}

const inactive = "Inactive"

func deactivated() []plan.Field {
	return []plan.Field{{Name: "status", Before: "Active", After: inactive}}
}

// takeCredentials deactivates the credentials that are no access keys.
func (o *Offboard) takeCredentials(f offboardFacts) []plan.Change {
	var changes []plan.Change
	for _, kind := range []struct {
		id, words string
		have      []awsops.Credential
		call      func(user, id, status string) awsops.Call
		undo      string // the AWS CLI's command and argument
	}{
		{"ssh", "SSH key", f.belongings.SSHKeys, awsops.UpdateSSHPublicKey, "update-ssh-public-key --ssh-public-key-id"},
		{"certificate", "signing certificate", f.belongings.Certificates, awsops.UpdateSigningCertificate, "update-signing-certificate --certificate-id"},
		{"service", "service credential", f.belongings.ServiceCredentials, awsops.UpdateServiceCredential, "update-service-specific-credential --service-specific-credential-id"},
	} {
		for _, c := range kind.have {
			if !c.Active {
				continue
			}
			changes = append(changes, o.taking(f, plan.Change{
				ID:     "offboard." + kind.id + "." + c.ID,
				Title:  fmt.Sprintf("Deactivate %s's %s %s", f.name, kind.words, c.ID),
				Fields: deactivated(),
				Calls:  []awsops.Call{kind.call(f.name, c.ID, inactive)},
				Undo:   fmt.Sprintf("aws iam %s %s --user-name %s --status Active", kind.undo, c.ID, f.name),
			}))
		}
	}
	return changes
}

// takePassword takes the console password. The MFA devices stay until the user
// is deleted: without a second factor a password would be enough for who got it
// in again.
func (o *Offboard) takePassword(f offboardFacts) []plan.Change {
	if !f.password {
		return nil
	}
	return []plan.Change{o.taking(f, plan.Change{
		ID: "offboard.password", Title: fmt.Sprintf("Take %s's console password", f.name),
		Fields: []plan.Field{{Name: "console password", Before: "set"}},
		Calls:  []awsops.Call{awsops.DeleteLoginProfile(f.name)},
		Undo:   "aws iam create-login-profile --user-name " + f.name + ", with a new password",
	})}
}

// takeMemberships ends all of them: those of other groups give rights, too.
func (o *Offboard) takeMemberships(f offboardFacts) []plan.Change {
	var changes []plan.Change
	for _, g := range f.groups {
		title := fmt.Sprintf("Take %s out of the group %s", f.name, g)
		if !slices.ContainsFunc(o.Answers.Groups, func(have blueprint.Group) bool { return strings.EqualFold(have.Name, g) }) {
			title += ", which is not the blueprint's"
		}
		changes = append(changes, o.taking(f, plan.Change{
			ID: "offboard.member." + g, Title: title,
			Fields: []plan.Field{{Name: "member of", Before: g}},
			Calls:  []awsops.Call{awsops.RemoveUserFromGroup(g, f.name)},
			Undo:   fmt.Sprintf("aws iam add-user-to-group --group-name %s --user-name %s", g, f.name),
		}))
	}
	return changes
}
