package onboard

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// planAll denies everything first, takes the rights then, and deletes with the
// operator's word only.
func (o *offboarding) planAll() {
	if o.User != nil {
		o.deny()
		o.takeCredentials()
		o.takePassword()
		o.takeMemberships()
	}
	o.leaveKeyPolicy()
	o.leaveBucketPolicy()
	for _, role := range o.access.Roles {
		o.leaveTrust(role)
	}
	if o.User != nil {
		o.removeUser()
	}
	o.endSessions()
	o.removeUnassigned()
	o.removeSealedFile()
	o.leaveBlueprint()
}

// change fills in what all changes of an offboarding have in common.
func (o *offboarding) change(c plan.Change) plan.Change {
	c.Topic, c.Of, c.Account, c.Region = topicOffboard, plan.StepIAM, o.answers.AdminAccount, o.answers.StateRegion
	c.Judge() // who leaves is denied everything first, and gains nothing by what is taken then
	if c.Target == "" {
		c.Target = o.User.ARN
	}
	return c
}

// deny attaches AWS's policy that denies everything. A deny overrides every
// right, whoever gave it, and the sessions of a user's keys have the user's
// rights: they end with it at once, while a deactivated key leaves them alive
// for up to 36 hours.
func (o *offboarding) deny() {
	if o.denied {
		return
	}
	o.add(o.change(plan.Change{
		ID: denyChange(o.name), Action: plan.Update, Intent: map[string]string{},
		Title:  fmt.Sprintf("Deny %s everything, open sessions included", o.name),
		Fields: []plan.Field{{Name: "attached policy", After: o.denyAll}},
		Calls:  []awsops.Call{awsops.AttachUserPolicy(o.name, o.denyAll)},
		Undo:   fmt.Sprintf("aws iam detach-user-policy --user-name %s --policy-arn %s", o.name, o.denyAll),
	}))
}

// taking is a change of what a user has, which comes after the deny and is made
// even where that failed.
func (o *offboarding) taking(c plan.Change) plan.Change {
	c.Action, c.After = plan.Update, []string{denyChange(o.name)}
	return o.change(c)
}

// takeCredentials deactivates access keys and other credentials, which can be
// undone.
func (o *offboarding) takeCredentials() {
	var keys []awsops.Credential
	for _, k := range o.Keys.All {
		keys = append(keys, awsops.Credential{ID: k.ID, Active: k.Active})
	}
	for _, kind := range []struct {
		id, words string
		have      []awsops.Credential
		call      func(user, id, status string) awsops.Call
		undo      string // the AWS CLI's command, of user and id
	}{
		{"key", "access key", keys, awsops.UpdateAccessKey, "update-access-key --user-name %s --access-key-id %s"},
		{"ssh", "SSH key", o.belongings.SSHKeys, awsops.UpdateSSHPublicKey, "update-ssh-public-key --ssh-public-key-id %[2]s --user-name %[1]s"},
		{"certificate", "signing certificate", o.belongings.Certificates, awsops.UpdateSigningCertificate, "update-signing-certificate --certificate-id %[2]s --user-name %[1]s"},
		{"service", "service credential", o.belongings.ServiceCredentials, awsops.UpdateServiceCredential, "update-service-specific-credential --service-specific-credential-id %[2]s --user-name %[1]s"},
	} {
		for _, c := range kind.have {
			if !c.Active {
				continue
			}
			o.add(o.taking(plan.Change{
				ID:     "offboard." + kind.id + "." + c.ID,
				Title:  fmt.Sprintf("Deactivate %s %s %s", plan.Whose(o.name), kind.words, c.ID),
				Fields: deactivated(),
				Calls:  []awsops.Call{kind.call(o.name, c.ID, inactive)},
				Undo:   fmt.Sprintf("aws iam "+kind.undo+" --status Active", o.name, c.ID),
			}))
		}
	}
}

// takePassword takes the console password. The MFA devices stay until the user
// is deleted: without a second factor a password would be enough for who got it
// in again.
func (o *offboarding) takePassword() {
	if !o.password {
		return
	}
	o.add(o.taking(plan.Change{
		ID: "offboard.password", Title: fmt.Sprintf("Remove %s console password", plan.Whose(o.name)),
		Fields: []plan.Field{{Name: "console password", Before: "set"}},
		Calls:  []awsops.Call{awsops.DeleteLoginProfile(o.name)},
		Undo:   "aws iam create-login-profile --user-name " + o.name + ", with a new password",
	}))
}

// takeMemberships ends all of them: those of other groups give rights, too.
func (o *offboarding) takeMemberships() {
	for _, g := range o.groups {
		g := g.Name
		title := fmt.Sprintf("Remove %s from the group %s", o.name, g)
		if !slices.ContainsFunc(o.answers.Groups, func(have blueprint.Group) bool { return strings.EqualFold(have.Name, g) }) {
			title += ", which is not the blueprint's"
		}
		o.add(o.taking(plan.Change{
			ID: "offboard.member." + g, Title: title,
			Fields: []plan.Field{{Name: "member of", Before: g}},
			Calls:  []awsops.Call{awsops.RemoveUserFromGroup(g, o.name)},
			Undo:   fmt.Sprintf("aws iam add-user-to-group --group-name %s --user-name %s", g, o.name),
		}))
	}
}

// The policies that name the user's ARN, be it the blueprint's doing or somebody
// else's, are cut as they are, so that nobody else gains or loses by it. Whom they name
// that was deleted goes with it, since AWS takes no policy that does; once the user is
// gone, that may be the user.

func (o *offboarding) leaveKeyPolicy() {
	key := o.access.Key
	if key.Unseen != nil && o.User != nil {
		o.notSeen("offboard.key-not-seen", plan.StepKey, key.Unseen, ", in case the key's policy names the user.")
	}
	what := "policy of key " + key.ARN
	if key.ARN == "" || !o.named(key.Policy, what, "key", plan.StepKey) || key.Unseen != nil || o.undecided("key.deleted-spared", what, key.Policy, plan.StepKey) {
		return
	}
	have := policy.WithoutDeleted(key.Policy)
	after := policy.WithoutPrincipal(have, o.arn())
	c := o.taking(plan.Change{
		ID: "offboard.key-policy", Title: o.takenOutOf("the state encryption key's policy"),
		Target: key.ARN, Fields: []plan.Field{{Name: "policy", Before: key.Policy.JSON(), After: after.JSON()}},
		Calls: []awsops.Call{awsops.PutKeyPolicy(key.ID, after.JSON())},
		Undo:  fmt.Sprintf("aws kms put-key-policy --key-id %s --policy-name default, with the policy of before", key.ID),
	})
	o.findAs(plan.StepKey, c.Drop("key.deleted-principal", "policy of key "+o.answers.Key.Alias, key.Policy))
	c.JudgePolicy(plan.WidensKeyPolicy, have, after, "key "+key.ARN, "The "+what+" allows more than before.")
	o.planOn(c, key.ARN, key.Tags)
}

func (o *offboarding) leaveBucketPolicy() {
	bucket, name := o.access.Bucket, o.answers.Bucket.Name
	if bucket.Unseen != nil && o.User != nil {
		o.notSeen("offboard.bucket-not-seen", plan.StepBucket, bucket.Unseen, ", in case the bucket's policy names the user.")
	}
	what := "policy of bucket " + name
	if bucket.ARN == "" || !o.named(bucket.Policy, what, "bucket", plan.StepBucket) || o.undecided("bucket.deleted-spared", what, bucket.Policy, plan.StepBucket) {
		return
	}
	have := policy.WithoutDeleted(bucket.Policy)
	after := policy.WithoutPrincipal(have, o.arn())
	if len(after.Statements) == 0 { // S3 stores no policy without a statement
		whom := o.name
		if o.User == nil {
			whom = "who was deleted"
		}
		o.find(plan.Finding{
			ID: "offboard.bucket-policy", Of: plan.StepBucket, Severity: plan.Warning,
			Evidence: fmt.Sprintf("The policy of bucket %s names nobody but %s.", name, whom),
			Remedy:   "Run stateroom setup, which writes the bucket's own policy, or delete the policy; then run the command again.",
			Commands: plan.Copy("Delete the policy", "aws s3api delete-bucket-policy --bucket %s", name),
		})
		return
	}
	c := o.taking(plan.Change{
		ID: "offboard.bucket-policy", Title: o.takenOutOf("the state bucket's policy"),
		Target: bucket.ARN, Fields: []plan.Field{{Name: "policy", Before: bucket.Policy.JSON(), After: after.JSON()}},
		Calls: []awsops.Call{awsops.PutBucketPolicy(name, o.answers.AdminAccount, after.JSON())},
		Undo:  fmt.Sprintf("aws s3api put-bucket-policy --bucket %s, with the policy of before", name),
	})
	o.findAs(plan.StepBucket, c.Drop("bucket.deleted-principal", what, bucket.Policy))
	c.JudgePolicy(plan.WidensBucket, have, after, bucket.ARN, "The "+what+" allows more than before.")
	o.planOn(c, bucket.ARN, bucket.Tags)
}

func (o *offboarding) leaveTrust(role roleAccess) {
	environment := role.Environment.Name
	if role.Unreachable != nil && o.User == nil {
		return
	}
	if role.Unreachable != nil {
		o.find(plan.Finding{
			ID: "offboard.role-not-seen", Subject: environment, Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Role %s cannot be read: %v", role.ARN, role.Unreachable),
			Remedy:   fmt.Sprintf("Ask the account's owner to check whether its trust policy names %s, and to end its sessions.", o.name),
		})
		return
	}
	if role.Role == nil {
		return
	}
	what := "trust of " + role.ARN
	before, err := policy.Parse(role.Role.Trust)
	if err != nil || !o.named(before, what, environment, plan.StepIAM) || o.undecided("iam.role-deleted-spared", what, before, plan.StepIAM) {
		return
	}
	have := policy.WithoutDeleted(before)
	after := policy.TrustWithout(have, o.arn())
	c := role.change(plan.Change{
		ID: "offboard.trust." + environment, Topic: topicOffboard, After: []string{denyChange(o.name)},
		Title:  o.takenOutOf(fmt.Sprintf("the trust of %s in %s", role.Role.Name, environment)),
		Fields: []plan.Field{{Name: "trust", Before: role.Role.Trust, After: after.JSON()}},
		Calls:  []awsops.Call{awsops.UpdateAssumeRolePolicy(role.Role.Name, after.JSON())},
		Undo:   fmt.Sprintf("aws iam update-assume-role-policy --role-name %s, with the trust of before", role.Role.Name),
	})
	o.findAs(plan.StepIAM, c.Drop("iam.role-deleted-principal", fmt.Sprintf("trust policy of role %s in %s", role.Role.Name, environment), before))
	c.JudgePolicy(plan.WidensTrust, have, after, role.ARN, "The "+what+" allows more than before.")
	o.planOn(c, role.ARN, role.Role.Tags)
}

// planOn books a change of a thing, with the operator's word where that is not the
// blueprint's.
func (o *offboarding) planOn(c plan.Change, arn string, tags map[string]string) {
	if !plan.Ours(o.answers, tags) {
		c.NotOurs = arn
	}
	o.add(c)
}

// takenOutOf is the title of a change of a policy; empty where it only drops who was
// deleted.
func (o *offboarding) takenOutOf(what string) string {
	if o.User == nil {
		return ""
	}
	return fmt.Sprintf("Remove %s from %s", o.name, what)
}

// arn is the user's, which no policy names any more once the user is gone.
func (o *offboarding) arn() string {
	if o.User == nil {
		return ""
	}
	return o.User.ARN
}

// findAs tells findings about what a step makes.
func (o *offboarding) findAs(step plan.StepName, found []plan.Finding) {
	for _, f := range found {
		f.Of = step
		o.find(f)
	}
}

// named tells whether a policy allows the user's ARN something, or names, once the user
// is gone, who was deleted. It tells of the statements that are for the user in another
// way, which are left: one of the same name, made later, would have what they give.
func (o *offboarding) named(d policy.Document, what, subject string, step plan.StepName) bool {
	if o.User == nil {
		return len(policy.Deleted(d)) > 0
	}
	if left := policy.StillNames(d, o.User.ARN); len(left) > 0 {
		o.find(plan.Finding{
			ID: "offboard.still-named", Subject: subject, Of: step, Severity: plan.Warning,
			Evidence: fmt.Sprintf("The %s names %s in conditions or as an exception to a deny (%s), which are left as they are.", what, o.name, strings.Join(left, ", ")),
			Remedy:   fmt.Sprintf("Remove %s from these statements by hand: a user of the same name that is made later would have what they give.", o.name),
		})
	}
	return policy.Names(d, o.User.ARN)
}

// undecided tells of a policy of which nothing can be changed before a person has decided
// whom a statement is for.
func (o *offboarding) undecided(id, what string, d policy.Document, step plan.StepName) bool {
	f := plan.SparesDeleted(id, what, d)
	if f == nil {
		return false
	}
	o.findAs(step, []plan.Finding{*f})
	return true
}

// notSeen tells of what the operator may not look at.
func (o *offboarding) notSeen(id string, step plan.StepName, unseen error, why string) {
	o.find(plan.Finding{
		ID: id, Of: step, Severity: plan.Warning, Evidence: unseen.Error(), RequestIDs: awsops.RequestIDs(unseen),
		Remedy: fmt.Sprintf("Ask somebody with that permission to run stateroom offboard %s%s", o.name, why),
	})
}

// inactive is the status of a credential that was deactivated.
const inactive = "Inactive"

func deactivated() []plan.Field {
	return []plan.Field{{Name: "status", Before: "Active", After: inactive}}
}
