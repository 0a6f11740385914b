package onboard

import (
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/plan"
)

// plan adds to the review what makes the sealed file. The keys decide: IAM
// allows two, and one that may be in use goes only with the operator's word.
func (h *Handover) plan(f handoverFacts, review *plan.Review) error {
	waiting := f.waiting(h.Answers.RecipientOf(f.name))
	switch {
	case f.mine && !slices.ContainsFunc(f.keys, func(k awsops.AccessKey) bool { return k.ID == f.sealed["id"] }):
		review.Findings = append(review.Findings, f.superseded())
		return nil
	case waiting != nil && len(f.keys) > 1:
		h.settle(f, *waiting, review)
		return nil
	case waiting != nil && f.mine:
		review.Findings = append(review.Findings, f.isWaiting(""))
		return nil
	case f.HandoverLink:
		return &plan.Refusal{
			Finding: "handover.link",
			What:    fmt.Sprintf("%s is a symbolic link, and a sealed key must not replace what it points to.", f.Handover.Path),
			Remedy:  "Remove the link, then run it again.",
		}
	case h.Answers.RecipientOf(f.name) == "" && !h.Answers.Passphrases:
		if waiting != nil {
			review.Findings = append(review.Findings, f.isWaiting(""))
			return nil
		}
		return &plan.Refusal{
			Finding: "handover.no-reader",
			What:    fmt.Sprintf("User %s has no recipient in the blueprint, and a passphrase can only be shown in a terminal.", f.name),
			Remedy:  fmt.Sprintf("Run it in a terminal, or give user %q an age or ssh-ed25519 recipient.", f.name),
		}
	case waiting != nil:
		review.Findings = append(review.Findings, f.isWaiting(" To make it anew all the same, agree with --adopt "+waiting.ID+"."))
		h.replace(f, *waiting, waiting.ID, waiting.ID, review)
	case len(f.keys) == 0:
		h.add(review, h.create(f, ""))
	case len(f.keys) == 1:
		h.second(f, f.keys[0], review)
	default:
		h.full(f, review)
	}
	return nil
}

func (h *Handover) add(review *plan.Review, changes []plan.Change) {
	review.Changes = append(review.Changes, changes...)
}

// create makes a key and seals it; replaces is the key that it stands in for.
func (h *Handover) create(f handoverFacts, replaces string) []plan.Change {
	changes := steps.HandoverChanges(h.Answers, f.name, f.User.ARN, f.UserFacts)
	key := &changes[len(changes)-1]
	if replaces != "" {
		key.Intent["replaces"] = replaces
	}
	if k, v := h.Answers.Tag(); f.User.Tags[k] != v {
		key.NotOurs = f.User.ARN // somebody else made the user
	}
	return changes
}

// second makes a second key and, once it is sealed, deletes the first: by itself
// if nobody ever used it, else with the operator's word.
func (h *Handover) second(f handoverFacts, old awsops.AccessKey, review *plan.Review) {
	use, consent := f.uses[old.ID], ""
	if !use.Never() {
		consent = old.ID
		review.Findings = append(review.Findings, plan.Finding{
			ID: "handover.key-in-use", Of: plan.StepIAM, Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s of %s was %s; %s may still need it.", old.ID, f.name, usedWhen(use), f.name),
			Remedy:   fmt.Sprintf("It stays beside the new one until you agree to delete it, with --adopt %s.", old.ID),
		})
	}
	h.replace(f, old, "", consent, review)
}

// replace makes a key in the place of old. Making it and deleting the old one
// may each ask for consent.
func (h *Handover) replace(f handoverFacts, old awsops.AccessKey, toMake, toDelete string, review *plan.Review) {
	changes := h.create(f, old.ID)
	key := &changes[len(changes)-1]
	if toMake != "" {
		key.NotOurs = toMake
	}
	h.add(review, append(changes, h.deleteKey(f, old, toDelete, key.ID)))
}

// settle finishes a replacement: the new key waits sealed, and the old one is
// still there. A killed run has left it, or nobody has agreed yet.
func (h *Handover) settle(f handoverFacts, waiting awsops.AccessKey, review *plan.Review) {
	review.Findings = append(review.Findings, f.isWaiting(""))
	for _, k := range f.keys {
		if k.ID == waiting.ID {
			continue
		}
		consent := k.ID
		if f.uses[k.ID].Never() && f.sealed["replaces"] == k.ID {
			consent = "" // it was part of the plan that made the new one
		}
		h.add(review, []plan.Change{h.deleteKey(f, k, consent)})
	}
}

// full is for a user with two keys, neither of which waits sealed: IAM allows no
// third, so one must go before another is made. Only a key that nobody uses is
// offered.
func (h *Handover) full(f handoverFacts, review *plan.Review) {
	idle := slices.DeleteFunc(slices.Clone(f.keys), func(k awsops.AccessKey) bool { return k.Active && !f.uses[k.ID].Never() })
	evidence := fmt.Sprintf("User %s has two access keys already, IAM's limit:", f.name)
	for i, k := range f.keys {
		evidence += fmt.Sprintf(" %s is %s%s", k.ID, f.state(k), []string{" and", "."}[min(i, 1)])
	}
	if len(idle) == 0 {
		review.Findings = append(review.Findings, plan.Finding{
			ID: "handover.two-keys", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true, Evidence: evidence,
			Remedy: fmt.Sprintf("Find out from %s which of them is not needed, deactivate it (aws iam update-access-key --user-name %s --status Inactive --access-key-id ID), then run it again.", f.name, f.name),
		})
		return
	}
	gone := idle[0]
	review.Findings = append(review.Findings, plan.Finding{
		ID: "handover.two-keys", Of: plan.StepIAM, Severity: plan.Warning, Evidence: evidence,
		Remedy: fmt.Sprintf("Agree to delete %s with --adopt %s: then a new key is made and sealed.", gone.ID, gone.ID),
	})
	removal := h.deleteKey(f, gone, gone.ID)
	changes := h.create(f, "")
	key := &changes[len(changes)-1]
	key.Needs = append(key.Needs, removal.ID)
	h.add(review, append([]plan.Change{removal}, changes...))
}

func (f *handoverFacts) state(k awsops.AccessKey) string {
	if !k.Active {
		return "inactive"
	}
	return usedWhen(f.uses[k.ID])
}

// isWaiting tells of a sealed file that is as it should be.
func (f *handoverFacts) isWaiting(more string) plan.Finding {
	return plan.Finding{
		ID: "handover.waiting", Of: plan.StepIAM, Severity: plan.Info,
		Evidence: fmt.Sprintf("%s holds %s's access key %s, which nobody has used yet; it can be opened until %s.",
			f.Handover.Path, f.name, f.sealed["id"], f.expires().UTC().Format(time.DateOnly)),
		Remedy: fmt.Sprintf("Send it to %s.%s", f.name, more),
	}
}

// superseded tells of a sealed file whose key somebody else has taken out of use as
// soon as it was made.
func (f *handoverFacts) superseded() plan.Finding {
	return plan.Finding{
		ID: "handover.superseded", Of: plan.StepIAM, Severity: plan.Failure,
		Evidence: fmt.Sprintf("Access key %s, which this run has sealed into %s, is gone already: somebody else has made a handover for %s at the same time, and that one counts.",
			f.sealed["id"], f.Handover.Path, f.name),
		Remedy: "Do not send this file: let the other one be sent, or run it again to make a new one.",
	}
}

func (h *Handover) deleteKey(f handoverFacts, k awsops.AccessKey, consent string, needs ...string) plan.Change {
	return plan.Change{
		ID: "iam.old-key." + k.ID, Of: plan.StepIAM, Action: plan.Delete,
		Title:  fmt.Sprintf("Delete %s's access key %s, %s", f.name, k.ID, f.state(k)),
		Target: f.User.ARN, Account: h.Answers.AdminAccount, Region: h.Answers.StateRegion,
		Fields: []plan.Field{{Name: "access key", Before: k.ID}},
		Calls:  []awsops.Call{awsops.DeleteAccessKey(f.name, k.ID)},
		Needs:  needs, NotOurs: consent,
		Risk: "A deleted key cannot be brought back, and IAM shows a use only some time later.",
	}
}
