package onboard

import (
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// plan plans what makes the sealed file. The keys decide: IAM allows two, and one
// that may be in use goes only with the operator's word.
func (p *handoverPlan) plan() error {
	recipient := p.answers.RecipientOf(p.name)
	waiting := p.waiting(recipient)
	noReader := recipient == "" && !p.answers.Passphrases
	switch {
	case p.mine && !slices.ContainsFunc(p.keys, func(k awsops.AccessKey) bool { return k.ID == p.sealed["id"] }):
		p.findSuperseded()
	case waiting != nil && len(p.keys) > 1:
		p.settle(*waiting)
	case waiting != nil && p.mine:
		p.findWaiting(nil)
	case p.HandoverLink:
		return &plan.Refusal{
			Finding: "handover.link",
			What:    fmt.Sprintf("%s is a symbolic link, and a sealed key must not replace what it points to.", p.Handover.Path),
			Remedy:  "Remove the link, then run the command again.",
		}
	case noReader && waiting != nil:
		p.findWaiting(nil)
	case noReader:
		return &plan.Refusal{
			Finding: "handover.no-reader",
			What:    fmt.Sprintf("User %s has no recipient in the blueprint, and a passphrase can only be shown in a terminal.", p.name),
			Remedy:  fmt.Sprintf("Run it in a terminal, or give user %q an age or ssh-ed25519 recipient.", p.name),
		}
	case waiting != nil:
		p.findWaiting(plan.Allow("Make it again anyway", waiting.ID))
		p.replace(*waiting, waiting.ID, plan.Whose(p.name)+" key waits already")
	case p.elsewhere() != nil:
		old := *p.elsewhere()
		p.findElsewhere(old)
		p.replace(old, old.ID, "another operator's handover may wait")
	case len(p.keys) == 0:
		p.add(p.create("")...)
	case len(p.keys) == 1:
		p.second(p.keys[0])
	default:
		p.full()
	}
	return nil
}

// create makes a key and seals it; the key is the last change. What it stands in for
// is replaces.
func (p *handoverPlan) create(replaces string) []plan.Change {
	changes := steps.HandoverChanges(p.answers, p.name, p.User.ARN, p.UserFacts)
	key := &changes[len(changes)-1]
	if replaces != "" {
		key.Intent["replaces"] = replaces
	}
	if !plan.Ours(p.answers, p.User.Tags) {
		key.NotOurs = p.User.ARN // somebody else made the user
	}
	return changes
}

// second makes a second key and, once it is sealed, deletes the first: by itself
// if nobody ever used it, else with the operator's word.
func (p *handoverPlan) second(old awsops.AccessKey) {
	use, consent, asks := p.uses[old.ID], "", ""
	if !use.Never() {
		consent, asks = old.ID, "the old key has been used"
		p.find(plan.Finding{
			ID: "handover.key-in-use", Of: plan.StepIAM, Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s of %s was %s; %s may still need it.", old.ID, p.name, usedWhen(use), p.name),
			Remedy:   "It stays until you allow its deletion.", Commands: plan.Allow("Delete it", old.ID),
		})
	}
	changes := p.create(old.ID)
	removal := p.deleteKey(old, consent, steps.KeyChange(p.name))
	removal.Asks = asks
	p.add(append(changes, removal)...)
}

// replace makes a key in the place of one that waits sealed, with consent: that handover
// opens nothing any more then, and asks says why that matters.
func (p *handoverPlan) replace(old awsops.AccessKey, consent, asks string) {
	changes := p.create(old.ID)
	key := &changes[len(changes)-1]
	removal := p.deleteKey(old, consent, key.ID)
	key.NotOurs, key.Asks, key.Agreeing = consent, asks, "replace"
	removal.Asks, removal.Agreeing = asks, "replace"
	p.add(append(changes, removal)...)
}

// elsewhere is the key that a sealed file may hold of which this laptop has no record:
// another operator, or another laptop, has made it. What it holds cannot be seen without
// its reader. Nil without such a file, and where the key is older than a handover lives.
func (f *handoverFacts) elsewhere() *awsops.AccessKey {
	_, notOne := handover.NeedsPassphrase(f.Handover.Bytes)
	if len(f.keys) != 1 || f.sealed["id"] == f.keys[0].ID || f.HandoverLink || notOne != nil {
		return nil
	}
	k := f.keys[0]
	if !k.Active || !f.uses[k.ID].Never() || !f.now.Before(k.Created.Add(plan.HandoverLife)) {
		return nil
	}
	return &k
}

// findElsewhere tells of a sealed file that another operator may have made.
func (p *handoverPlan) findElsewhere(k awsops.AccessKey) {
	p.find(plan.Finding{
		ID: "handover.made-elsewhere", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("%s was not made on this laptop. It may hold %s access key %s, made on %s, which nobody has used yet; only its reader can see that.",
			p.Handover.Path, plan.Whose(p.name), k.ID, k.Created.UTC().Format(time.DateOnly)),
		Remedy: fmt.Sprintf("Ask whoever made it, or send it to %s.", p.name), Commands: plan.Allow("Replace it", k.ID),
	})
}

// settle finishes a replacement: the new key waits sealed, and the old one is
// still there. A killed run has left it, or nobody has agreed yet.
func (p *handoverPlan) settle(waiting awsops.AccessKey) {
	p.findWaiting(nil)
	for _, k := range p.keys {
		if k.ID == waiting.ID {
			continue
		}
		consent := k.ID
		if p.uses[k.ID].Never() && p.sealed["replaces"] == k.ID {
			consent = "" // it was part of the plan that made the new one
		}
		p.add(p.deleteKey(k, consent))
	}
}

// full is for a user with two keys, neither of which waits sealed: IAM allows no
// third, so one must go before another is made. Only a key that nobody uses is
// offered.
func (p *handoverPlan) full() {
	f := plan.Finding{
		ID: "handover.two-keys", Of: plan.StepIAM, Severity: plan.Warning,
		Evidence: fmt.Sprintf("User %s has two access keys already, IAM's limit:", p.name),
	}
	for i, k := range p.keys {
		f.Evidence += fmt.Sprintf(" %s is %s%s", k.ID, p.state(k), []string{" and", "."}[min(i, 1)])
	}
	idle := slices.IndexFunc(p.keys, func(k awsops.AccessKey) bool { return !k.Active || p.uses[k.ID].Never() })
	if idle < 0 {
		f.Severity, f.Blocks = plan.Failure, true
		f.Remedy = fmt.Sprintf("Find out from %s which of them is not needed, deactivate it, then run the command again.", p.name)
		f.Commands = plan.Copy("Deactivate it", "aws iam update-access-key --user-name %s --status Inactive --access-key-id ID", p.name)
		p.find(f)
		return
	}
	gone := p.keys[idle]
	f.Remedy = fmt.Sprintf("Have %s deleted, and a new key made and sealed.", gone.ID)
	f.Commands = plan.Allow("Delete it", gone.ID)
	p.find(f)
	removal := p.deleteKey(gone, gone.ID)
	changes := p.create("")
	key := &changes[len(changes)-1]
	key.Needs = append(key.Needs, removal.ID)
	p.add(removal)
	p.add(changes...)
}

func (p *handoverPlan) state(k awsops.AccessKey) string {
	if !k.Active {
		return "inactive"
	}
	return usedWhen(p.uses[k.ID])
}

// findWaiting tells of a sealed file that is as it should be.
func (p *handoverPlan) findWaiting(again []plan.ShellCommand) {
	remedy := fmt.Sprintf("Send the file to %s.", p.name)
	if p.env.Scratch {
		remedy = "No action needed in a rehearsal, which deletes the file."
	}
	p.find(plan.Finding{
		ID: "handover.waiting", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("%s holds access key %s.", p.Handover.Path, p.sealed["id"]),
		Remedy:   remedy, Commands: again,
	})
}

// findSuperseded tells of a sealed file whose key somebody else has taken out of use
// as soon as it was made.
func (p *handoverPlan) findSuperseded() {
	p.find(plan.Finding{
		ID: "handover.superseded", Of: plan.StepIAM, Severity: plan.Failure,
		Evidence: fmt.Sprintf("Access key %s, which this run has sealed into %s, is gone already: somebody else has made a handover for %s at the same time, and that one counts.",
			p.sealed["id"], p.Handover.Path, p.name),
		Remedy: "Do not send this file: let the other one be sent, or run the command again to make a new one.",
	})
}

func (p *handoverPlan) deleteKey(k awsops.AccessKey, consent string, needs ...string) plan.Change {
	return plan.Change{
		ID: "iam.old-key." + k.ID, Of: plan.StepIAM, Action: plan.Delete,
		Title:  fmt.Sprintf("Delete %s access key %s, %s", plan.Whose(p.name), k.ID, p.state(k)),
		Target: p.User.ARN, Account: p.answers.AdminAccount, Region: p.answers.StateRegion,
		Fields: []plan.Field{{Name: "access key", Before: k.ID}},
		Calls:  []awsops.Call{awsops.DeleteAccessKey(p.name, k.ID)},
		Intent: plan.Deleting(k.ID),
		Needs:  needs, NotOurs: consent,
		Risk: "A deleted key cannot be brought back, and IAM shows a use only some time later.",
	}
}
