package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// SpareKey is a key with this blueprint's tag that the alias does not point at:
// two who set up at the same time make two keys, and the alias can be only one's.
type SpareKey struct {
	ARN     string
	Enabled bool
	// Aliased says that it goes by a name of its own, so that it is in use for
	// something, and was not lost by anybody; Unseen says why that is not known.
	Aliased bool
	Unseen  error
}

// changeSpare begins the ids of the changes that disable a key that was lost.
const changeSpare = "key.orphan."

// spareKeys are the other keys with this blueprint's tag that are not on their
// way out.
func spareKeys(ctx context.Context, home *awsops.Session, search keySearch, inUse string) ([]SpareKey, error) {
	tagged, err := search()
	if err != nil {
		return nil, err
	}
	var found []SpareKey
	for _, arn := range tagged {
		if arn == inUse {
			continue
		}
		key, err := home.Key(ctx, arn)
		if err != nil {
			return nil, err
		}
		if !usable(key) {
			continue
		}
		names, err := home.Aliases(ctx, arn)
		if err != nil && !awsops.IsAccessDenied(err) {
			return nil, err
		}
		found = append(found, SpareKey{ARN: arn, Enabled: key.Enabled, Aliased: len(names) > 0, Unseen: err})
	}
	return found, nil
}

// inspectStored reads which keys the stored versions need. That takes a call for
// every version, so that it is asked only where more than one key is in play.
func inspectStored(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	if o.Bucket.Bucket == nil || o.Bucket.Bucket.Ownership != awsops.BucketOurs || !o.Key.Aliased || !severalKeys(o, a) {
		return nil
	}
	var err error
	o.Key.Stored, o.Key.Unseen, err = env.Sessions.Home(a.StateRegion).VersionKeys(ctx, a.Bucket.Name, a.AdminAccount)
	return err
}

// severalKeys tells whether a key beside the alias's is named by the bucket or
// carries our tag.
func severalKeys(o *Observed, a *blueprint.Answers) bool {
	return len(o.Key.Spare) > 0 || len(KeyDisagreements(o, a)) > 0
}

// readKeys are the keys beside the alias's that a stored version needs: whoever
// works with the states keeps Decrypt for them. Where nobody knows which these
// are, a group keeps it for those that it has it for.
func (o *Observed) readKeys(group string) []string {
	var others []string
	for _, arn := range o.Key.Stored {
		if o.Key.Key == nil || arn != o.Key.Key.ARN {
			others = append(others, arn)
		}
	}
	if o.Key.Unseen == nil {
		return others
	}
	has := attachedTo(o, group)
	for _, spare := range o.Key.Spare {
		if !slices.Contains(others, spare.ARN) && slices.ContainsFunc(has.Statements, func(s policy.Statement) bool { return slices.Contains(s.Resources, spare.ARN) }) {
			others = append(others, spare.ARN)
		}
	}
	slices.Sort(others)
	return others
}

// planSpareKeys disables the keys that were lost, unless something needs them. No
// key is deleted: that cannot be undone.
func planSpareKeys(o *Observed, a *blueprint.Answers, p *plan.Proposal) {
	for _, spare := range o.Key.Spare {
		found := plan.Finding{
			ID: "key.orphan", Severity: plan.Info,
			Evidence: fmt.Sprintf("Key %s carries this blueprint's tag, too, but %s points at %s.", spare.ARN, a.Key.Alias, o.Key.Key.ARN),
			Remedy:   "No action needed: it was kept.",
		}
		switch {
		case spare.Aliased:
			found.Evidence += " It has an alias of its own."
		case spare.Unseen != nil && spare.Enabled:
			found.Severity = plan.Warning
			found.Evidence += " Whether it has an alias of its own, for something else, is not known, so it was left enabled: " + refusal(spare.Unseen)
			found.Remedy = grant(spare.Unseen)
		case namedByOthers(o, a, spare.ARN):
			found.Evidence += " The bucket's settings name it, and in a way that the blueprint does not describe."
		case slices.Contains(o.Key.Stored, spare.ARN):
			found.Evidence += " Stored versions of states are encrypted with it, so it has to stay enabled for them."
		case !spare.Enabled:
			found.Evidence += " It is disabled, and no stored version is known to need it."
			found.Remedy = "It costs as much as the other one. Delete it if you will never need what was encrypted with it."
			found.Commands = plan.Copy("Delete it in thirty days", "aws kms schedule-key-deletion --key-id %s --pending-window-in-days 30", spare.ARN)
		case !o.Key.Aliased || o.Key.Unseen != nil:
			unseenVersions(o, spare, &found)
		default:
			p.Change(disableKey(a, spare))
			continue
		}
		p.Find(found)
	}
}

// unseenVersions tells that a key was left enabled, since a stored version may need it.
func unseenVersions(o *Observed, spare SpareKey, f *plan.Finding) {
	f.Severity = plan.Warning
	f.Evidence += " Not every stored version could be read, so it was left enabled"
	f.Remedy = "Disable it if nothing was encrypted with it."
	f.Commands = plan.Copy("Disable it", "aws kms disable-key --key-id %s", spare.ARN)
	switch err := o.Key.Unseen; {
	case err == nil:
		f.Evidence += "."
	case awsops.IsAccessDenied(err):
		f.Evidence += ": " + refusal(err)
		f.Remedy = grant(err)
	default:
		f.Evidence += ": " + err.Error() + "."
	}
}

// refusal says of a call that AWS denied who may not do what.
func refusal(err error) string {
	e := awsFailure(err)
	return fmt.Sprintf("%s may not %s on %s.", e.Identity, e.Action, e.Resource)
}

// grant is the remedy of a call that AWS denied.
func grant(err error) string {
	e := awsFailure(err)
	return fmt.Sprintf("Grant %s on %s, then run the command again.", e.Action, e.Resource)
}

func awsFailure(err error) (e *awsops.Error) {
	if !errors.As(err, &e) {
		return &awsops.Error{}
	}
	return e
}

// namedByOthers tells whether something in the bucket's settings names a key
// that set-up would not lead back to the alias's.
func namedByOthers(o *Observed, a *blueprint.Answers, arn string) bool {
	b := o.Bucket.Bucket
	if b == nil {
		return false
	}
	if e := b.Encryption; e != nil && e.Algorithm != "aws:kms" && strings.HasSuffix(arn, e.KeyID) && e.KeyID != "" {
		return true
	}
	return slices.ContainsFunc(policy.ParseOrEmpty(b.Policy).Statements, func(s policy.Statement) bool {
		return slices.Contains(demandedKeys(s), arn) && (!ourBucket(o, a) || ownStatement(o, a, s) == nil)
	})
}

func disableKey(a *blueprint.Answers, spare SpareKey) plan.Change {
	c := plan.InAdminAccount(a, spareChange(spare.ARN), plan.Update, "Disable the key that lost the alias to another", spare.ARN, awsops.DisableKey(spare.ARN))
	c.Fields = []plan.Field{{Name: "state", Before: "Enabled", After: "Disabled"}}
	c.Needs = []string{"bucket.encryption", "bucket.policy"} // which may name it until then
	c.Risk = "What was encrypted with it cannot be read while it is disabled; no stored version of the bucket was."
	c.Undo = "aws kms enable-key --key-id " + spare.ARN
	c.Undoes = awsops.Reference{Change: changeKey, Output: "arn"}
	c.Unconfirmed = othersKey(spare)
	return c
}

func spareChange(arn string) string { return changeSpare + arn[strings.LastIndexByte(arn, '/')+1:] }

// afterAlias lets everything that is made with the key wait until the alias is
// the key's own: whoever loses it to another set-up goes on with that one's key,
// and nothing may name the lost one by then.
func afterAlias(changes []plan.Change) []plan.Change {
	alias := slices.IndexFunc(changes, func(c plan.Change) bool { return c.ID == changeAlias })
	if alias < 0 {
		return changes
	}
	making := slices.ContainsFunc(changes, func(c plan.Change) bool { return c.ID == changeKey })
	for i, c := range changes {
		if c.Step > changes[alias].Step && (!making || slices.Contains(c.Needs, changeKey)) {
			changes[i].Needs = append(slices.Clone(c.Needs), changeAlias)
		}
	}
	return changes
}

// othersKey tells of a key that another set-up made at the same time: to disable
// it was never confirmed here.
func othersKey(spare SpareKey) *plan.Finding {
	return &plan.Finding{
		ID: "key.orphan", Of: plan.StepKey, Severity: plan.Info,
		Evidence: fmt.Sprintf("Another setup took the alias at the same time, so key %s is not in use.", spare.ARN),
		Remedy:   "Run stateroom setup again: it shows the key and disables it, unless the other setup has done so.",
	}
}
