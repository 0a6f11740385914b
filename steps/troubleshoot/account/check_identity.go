package account

import (
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// mostSkew is the difference between two clocks beyond which AWS refuses a
// signature ("Signature Version 4 request elements", IAM User Guide).
const mostSkew = 5 * time.Minute

// justMade is how long a new key or role may be unknown to parts of AWS
// (facts/aws.md, "Eventual consistency").
const justMade = time.Minute

// checkIdentity tells whether Terraform's identity is the one that is meant.
func checkIdentity(f *facts, id *identity) []health.Result {
	as := "the default credentials"
	if id.profile != "" {
		as = "profile " + id.profile
	}
	return []health.Result{checkCaller(f, id, as), checkClock(f, id, as)}
}

func checkCaller(f *facts, id *identity, as string) health.Result {
	c := health.Question{Name: nameIdentity, Asked: "sts:GetCallerIdentity, as " + as, Apart: as}
	switch outage := diagnosis.Outage(id.err); {
	case outage == diagnosis.KeyInvalid:
		return invalidKey(f, id, c)
	case outage == diagnosis.ProfileMissing && f.answers.Watching:
		return c.Undecided("The nightly watch has no admin's profile.")
	case outage == diagnosis.CredentialProcessFailed:
		x := outageOf(c, outage, id.err)
		if id.processAt != "" {
			x.Evidence += fmt.Sprintf(" %s names it: %s.", id.processAt, id.process)
		}
		return x
	case outage != nil:
		x := outageOf(c, outage, id.err)
		x.Name = id.profile
		return x
	case id.err != nil:
		if d, denied := awsops.DenialOf(id.err); denied && d.Action == "sts:AssumeRole" {
			x := faultOf(diagnosis.AssumeRoleDenied, "profile "+id.profile, diagnosis.Describe(id.err))
			x.Err = id.err
			x.Remedy = fmt.Sprintf("Give profile %s an admin's own access key, or allow its source profile to assume the role.", id.profile)
			return c.Failed(diagnosis.Answer(id.err), x)
		}
		return c.Undecided("%s", diagnosis.Describe(id.err))
	case !id.works:
		x := faultOf(diagnosis.WrongAccount, id.profile,
			fmt.Sprintf("AWS knows %s as %s in account %s, but %s.", as, id.ARN, id.Account, f.accountMeant()))
		x.Remedy = "Name the profile of the admin account in backend and provider, or put an access key of that account into this one."
		return c.Failed("It is "+id.ARN+".", x)
	}
	return c.Passed("It is %s.", id.ARN)
}

// accountMeant says which account is meant, and who says so.
func (f *facts) accountMeant() string {
	switch account := f.answers.AdminAccount; {
	case f.guessed:
		return "another profile of the project is of account " + account
	case f.withoutBlueprint():
		return "the key that the backend names is of account " + account
	default:
		return "the blueprint's admin account is " + account
	}
}

// checkClock compares AWS's clock with ours. The SDK corrects itself, so that a clock
// may be wrong and the identity be answered all the same.
func checkClock(f *facts, id *identity, as string) health.Result {
	c := health.Question{Name: "clock", Asked: "the date in AWS's answer to " + as + " beside this machine's clock", Apart: as}
	for _, err := range []error{id.err, f.operatorErr} {
		if awsops.IsClock(err) {
			return outageOf(c, diagnosis.ClockSkew, err)
		}
	}
	if id.skew == nil {
		return c.Undecided("There was no answer to compare with.")
	}
	if id.skew.Abs() < mostSkew {
		return c.Passed("AWS and this machine agree.")
	}
	behind := "behind"
	if *id.skew < 0 {
		behind = "ahead of"
	}
	text := fmt.Sprintf("This machine's clock is %s %s AWS's.", id.skew.Abs().Round(time.Second), behind)
	return c.Failed(text, faultOf(diagnosis.ClockSkew, diagnosis.ClockSkew.ID, text))
}

// invalidKey tells a key that was made inactive from one that is gone, as far
// as the operator may see keys.
func invalidKey(f *facts, id *identity, c health.Question) health.Result {
	x := faultOf(diagnosis.KeyInvalid, id.profile, diagnosis.Describe(id.err))
	x.Err, x.Name = id.err, id.profile
	x.Needs = []string{"aws iam list-access-keys --user-name USER, then a new key with: stateroom handover USER"}
	user, key, found := ownerOf(f, id.keyID)
	switch {
	case id.shadowed != nil:
		x.Evidence += " " + id.shadowed.Evidence
		x.Needs, x.Remedy, x.Lead = nil, id.shadowed.Remedy, diagnosis.Lead(id.shadowed.ID)
	case found && !key.Active:
		x.Evidence += fmt.Sprintf(" Access key %s of user %s is inactive.", key.ID, user)
		x.Changes = []plan.Change{activateKey(f, user, key)}
	case found && f.now.Sub(key.Created) < justMade:
		x.Evidence += fmt.Sprintf(" Access key %s of user %s was made less than a minute ago.", key.ID, user)
		x.Remedy = "Wait a minute, then run the command again: AWS is still telling its services of the key."
	case id.knownIn != "":
		evidence, remedy := steps.KnownElsewhere(id.knownIn, f.answers.StateRegion)
		x.Evidence += " " + evidence
		x.Needs, x.Remedy = nil, remedy
	case found:
		x.Evidence += fmt.Sprintf(" Access key %s of user %s is active, which leaves a typing error in the token.", key.ID, user)
	case id.keyAccount != "" && id.keyAccount != f.answers.AdminAccount:
		x.Evidence += fmt.Sprintf(" Access key %s belongs to account %s and not to %s.", id.keyID, id.keyAccount, f.answers.AdminAccount)
		x.Remedy = "Put the access key of the admin account into the profile."
	case id.keyID != "" && f.looked(plan.StepIAM):
		x.Evidence += fmt.Sprintf(" No user of the blueprint has the access key %s: it was deleted, or it is mistyped.", id.keyID)
		x.Remedy = "Get a new key: the operator runs stateroom handover USER, you run stateroom onboard."
	}
	return c.Failed(diagnosis.Answer(id.err), x)
}

// ownerOf finds the user of the blueprint who has an access key.
func ownerOf(f *facts, keyID string) (user string, key awsops.AccessKey, found bool) {
	if keyID == "" || !f.looked(plan.StepIAM) {
		return "", awsops.AccessKey{}, false
	}
	for _, name := range f.answers.AllUsers() {
		keys := f.observed.IAM.Users[name].Keys.All
		if i := slices.IndexFunc(keys, func(k awsops.AccessKey) bool { return k.ID == keyID }); i >= 0 {
			return name, keys[i], true
		}
	}
	return "", awsops.AccessKey{}, false
}

// activateKey undoes somebody's decision, and so asks for consent to the key.
func activateKey(f *facts, user string, key awsops.AccessKey) plan.Change {
	c := plan.Change{
		ID: "iam.key." + user + ".activate", Of: plan.StepIAM, Action: plan.Update,
		Title:  fmt.Sprintf("Make %s access key %s active again", plan.Whose(user), key.ID),
		Target: key.ID, Account: f.answers.AdminAccount, Region: f.answers.StateRegion,
		Fields:  []plan.Field{{Name: "status", Before: "Inactive", After: "Active"}},
		Calls:   []awsops.Call{awsops.UpdateAccessKey(user, key.ID, "Active")},
		NotOurs: key.ID, Asks: "somebody made the key inactive", Agreeing: "activate",
		Risk: "Somebody made it inactive, perhaps because its secret got out. A new key is the safer choice then.",
		Undo: fmt.Sprintf("aws iam update-access-key --user-name %s --access-key-id %s --status Inactive", user, key.ID),
	}
	c.Judge(plan.Gives(plan.WidensKey, user, fmt.Sprintf("Anyone who has access key %s is %s again.", key.ID, user)))
	return c
}

// checkKeyAges is about the keys of all admins.
func checkKeyAges(f *facts) []health.Result {
	if !f.looked(plan.StepIAM) || len(f.answers.AllUsers()) == 0 {
		return nil // the step's own check tells
	}
	c := health.Question{Name: nameKeyAges, Asked: "iam:ListAccessKeys of every admin, as the operator"}
	for _, old := range steps.OldKeys(f.observed, f.answers) {
		return []health.Result{c.Failed(old.Evidence, health.Result{Finding: &old, Cause: old.ID})}
	}
	return []health.Result{c.Passed("None is due for renewal.")}
}
