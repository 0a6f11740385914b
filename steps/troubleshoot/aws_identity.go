package troubleshoot

import (
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// mostSkew is the difference between two clocks beyond which AWS refuses a
// signature ("Signature Version 4 request elements", IAM User Guide).
const mostSkew = 5 * time.Minute

// justMade is how long a new key or role may be unknown to parts of AWS
// (facts/aws.md, "Eventual consistency").
const justMade = time.Minute

// judgeLogin tells whether Terraform's identity is the one that is meant.
func judgeLogin(f *facts, l *login) []ruling {
	as := "the default credentials"
	if l.profile != "" {
		as = "profile " + l.profile
	}
	return []ruling{
		identity(f, l, asked{name: checkIdentity, question: "sts:GetCallerIdentity, as " + as}),
		clock(f, l, asked{name: "clock", question: "the date in AWS's answer to " + as + " beside this machine's clock"}),
	}
}

func identity(f *facts, l *login, a asked) ruling {
	switch outage := diagnosis.Outage(l.err); {
	case outage == diagnosis.KeyInvalid:
		return invalidKey(f, l, a)
	case outage != nil:
		return a.failedBy(l.err)
	case l.err != nil:
		if d, denied := awsops.DenialOf(l.err); denied && d.Action == "sts:AssumeRole" {
			return a.broken(answer(l.err), trouble{
				id: diagnosis.AssumeRoleDenied.ID, cause: "profile " + l.profile, evidence: told(l.err), err: l.err,
				remedy: fmt.Sprintf("Let profile %s hold an admin's own access key, or allow its source profile to assume the role.", l.profile),
			})
		}
		return a.undecided("%s", told(l.err))
	case l.identity.Account != f.answers.AdminAccount:
		return a.broken("It is "+l.identity.ARN+".", trouble{
			id: diagnosis.WrongAccount.ID, cause: l.profile,
			evidence: fmt.Sprintf("%s is %s in account %s, but the blueprint's admin account is %s.", a.question[len("sts:GetCallerIdentity, as "):], l.identity.ARN, l.identity.Account, f.answers.AdminAccount),
			remedy:   "Name the profile of the admin account in backend and provider, or put the right access key into this one.",
		})
	}
	return a.passed("It is " + l.identity.ARN + ".")
}

// clock compares AWS's clock with ours. The SDK corrects itself, so that a clock
// may be wrong and the identity be answered all the same.
func clock(f *facts, l *login, a asked) ruling {
	for _, err := range []error{l.err, f.operatorErr} {
		if awsops.IsClock(err) {
			return a.failedBy(err)
		}
	}
	if l.skew == nil {
		return a.undecided("There was no answer to compare with.")
	}
	if l.skew.Abs() < mostSkew {
		return a.passed("They agree.")
	}
	behind := "behind"
	if *l.skew < 0 {
		behind = "ahead of"
	}
	text := fmt.Sprintf("This machine's clock is %s %s AWS's.", l.skew.Abs().Round(time.Second), behind)
	return a.broken(text, trouble{id: diagnosis.ClockSkew.ID, cause: diagnosis.ClockSkew.ID, evidence: text, remedy: diagnosis.ClockSkew.Remedy})
}

// invalidKey tells a key that was made inactive from one that is gone, as far
// as the operator may see keys.
func invalidKey(f *facts, l *login, a asked) ruling {
	t := trouble{id: diagnosis.KeyInvalid.ID, cause: l.profile, evidence: told(l.err), err: l.err, remedy: diagnosis.KeyInvalid.Remedy}
	user, key, found := f.ownerOf(l.keyID)
	switch {
	case found && !key.Active:
		t.evidence += fmt.Sprintf(" Access key %s of user %s is inactive.", key.ID, user)
		t.remedy = fmt.Sprintf("Ask why it was made inactive; then: aws iam update-access-key --user-name %s --access-key-id %s --status Active.", user, key.ID)
		t.changes = []plan.Change{activateKey(f, user, key)}
	case found && f.now.Sub(key.Created) < justMade:
		t.evidence += fmt.Sprintf(" Access key %s of user %s was made less than a minute ago.", key.ID, user)
		t.remedy = "Wait a minute and run again: AWS is still telling its services of the key."
	case found:
		t.evidence += fmt.Sprintf(" Access key %s of user %s is active, so that another partition or a typing error in the token remains.", key.ID, user)
	case l.keyAccount != "" && l.keyAccount != f.answers.AdminAccount:
		t.evidence += fmt.Sprintf(" Access key %s belongs to account %s and not to %s.", l.keyID, l.keyAccount, f.answers.AdminAccount)
		t.remedy = "Put the access key of the admin account into the profile."
	case l.keyID != "" && f.looked(plan.StepIAM):
		t.evidence += fmt.Sprintf(" No user of the blueprint has the access key %s: it was deleted, or it is mistyped.", l.keyID)
		t.remedy = "Get a new key: the operator runs stateroom handover USER, you run stateroom onboard."
	}
	if len(t.changes) == 0 {
		t.handOn = &handOn{failed: l.err, needs: []string{"aws iam list-access-keys --user-name USER, then a new key with: stateroom handover USER"}}
	}
	return a.broken(answer(l.err), t)
}

// ownerOf finds the user of the blueprint who has an access key.
func (f *facts) ownerOf(keyID string) (user string, key awsops.AccessKey, found bool) {
	if keyID == "" || !f.looked(plan.StepIAM) {
		return "", awsops.AccessKey{}, false
	}
	for _, name := range f.answers.AllUsers() {
		keys := f.observed.IAM.Users[name].Keys
		if i := slices.IndexFunc(keys, func(k awsops.AccessKey) bool { return k.ID == keyID }); i >= 0 {
			return name, keys[i], true
		}
	}
	return "", awsops.AccessKey{}, false
}

// looked tells whether the operator could look at what a step is about.
func (f *facts) looked(step plan.StepName) bool { return f.failed[step] == nil }

// activateKey undoes somebody's decision, and so asks for consent to the key.
func activateKey(f *facts, user string, key awsops.AccessKey) plan.Change {
	c := plan.Change{
		ID: "iam.key." + user + ".activate", Of: plan.StepIAM, Action: plan.Update,
		Title:  fmt.Sprintf("Make %s's access key %s active again", user, key.ID),
		Target: key.ID, Account: f.answers.AdminAccount, Region: f.answers.StateRegion,
		Fields:  []plan.Field{{Name: "status", Before: "Inactive", After: "Active"}},
		Calls:   []awsops.Call{awsops.UpdateAccessKey(user, key.ID, "Active")},
		Foreign: key.ID,
		Risk:    "Somebody made it inactive, perhaps because its secret got out. A new key is the safer choice then.",
		Undo:    fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Inactive", user, key.ID),
	}
	c.Judge(plan.Gives(plan.WidensKey, user, fmt.Sprintf("Whoever has access key %s is %s again.", key.ID, user)))
	return c
}
