package steps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// RestingDays is for how many days a key must have been seen deactivated, and nothing have used
// it, before it is deleted: whoever needs it notices within a week.
const RestingDays = 7

// takePermissions is the remedy where keys of others may not be read.
const takePermissions = "Give yourself the permissions that stateroom policy operator prints, then run stateroom setup again."

// FormerFacts are the users who are still in the IAM group of which a group that signs in with
// Identity Center has taken the place, or one whose keys a pipeline replaces.
type FormerFacts struct {
	Admins []FormerAdmin
	// Denied says why some of them, or their keys, could not be read.
	Denied error
}

// FormerAdmin is one of these users.
type FormerAdmin struct {
	User awsops.User
	Keys []FormerKey
}

// FormerKey is an access key of a former admin's.
type FormerKey struct {
	awsops.AccessKey
	Use engine.AskedUse
	// Deletable is when it may be deleted at the earliest, if nothing uses it until then, and
	// Rested that this has come.
	Deletable time.Time
	Rested    bool
}

// inspectFormer reads who of the IAM groups that have moved to Identity Center still has a
// key. What may not be read is a fact: what is read of the others counts.
func (f *IAMFacts) inspectFormer(ctx context.Context, env *engine.Env, home *awsops.Session, a *blueprint.Answers) error {
	f.Former = map[string]FormerFacts{}
	for _, g := range a.IdentityGroups() {
		old, err := inspectGroup(ctx, home, g.Name)
		switch {
		case awsops.IsAccessDenied(err):
			f.Former[g.Name] = FormerFacts{Denied: err}
			continue
		case err != nil:
			return err
		case old.Group == nil || !old.was(a, g.Name):
			continue
		}
		names := slices.DeleteFunc(slices.Clone(old.Group.Users), func(name string) bool {
			_, still := a.User(name)
			return still
		})
		found, err := forEach(ctx, 0, names, func(ctx context.Context, name string) (one FormerFacts, err error) {
			one.Admins = make([]FormerAdmin, 1)
			one.Admins[0], err = inspectFormerAdmin(ctx, env, home, name)
			if awsops.IsAccessDenied(err) {
				one.Denied, err = err, nil
			}
			return one, err
		})
		if err != nil {
			return err
		}
		var all FormerFacts
		for _, one := range found {
			all.Admins = append(all.Admins, one.Admins...)
			all.Denied = cmp.Or(all.Denied, one.Denied)
		}
		f.Former[g.Name] = all
	}
	return nil
}

// was tells whether the IAM group was the blueprint's: by its path, or by a policy that is
// that group's.
func (f GroupFacts) was(a *blueprint.Answers, group string) bool {
	return f.Group.Path == groupPath(a) || slices.ContainsFunc(f.Attached, func(arn string) bool {
		return strings.Contains(arn, ":policy"+policyPath+policyPrefix(group))
	})
}

func inspectFormerAdmin(ctx context.Context, env *engine.Env, home *awsops.Session, name string) (former FormerAdmin, err error) {
	user, err := home.User(ctx, name)
	if err != nil || user == nil {
		return former, err
	}
	former.User = *user
	all, uses, err := engine.KeyUses(ctx, env, home, name, func(all []awsops.AccessKey) []awsops.AccessKey { return all })
	now := time.Now()
	for _, k := range all {
		key := FormerKey{AccessKey: k, Use: uses[k.ID]}
		since := env.Journal.InactiveSince(k.ID)
		if since.IsZero() {
			since = now
		}
		if key.Use.At.After(since) {
			since = key.Use.At
		}
		key.Deletable = since.AddDate(0, 0, RestingDays)
		key.Rested = !k.Active && key.Use.Denied == nil && key.Deletable.Before(now)
		former.Keys = append(former.Keys, key)
	}
	return former, err
}

// keepFormer keeps which keys of former admins and of pipelines a run has seen out of use. What cannot be kept
// is seen by the next run, and rests for longer.
func (f *IAMFacts) keepFormer(env *engine.Env) {
	for _, some := range []map[string]FormerFacts{f.Former, f.Replaced} {
		for _, all := range some {
			for _, former := range all.Admins {
				for _, k := range former.Keys {
					_ = env.Journal.Saw(k.AccessKey)
				}
			}
		}
	}
}

// formerWithKeys are the ARNs of the users of such a group who still sign in with a key: until
// they have moved they are trusted beside the group's permission set.
func (f *IAMFacts) formerWithKeys(group string) (arns []string) {
	for _, former := range f.Former[group].Admins {
		if slices.ContainsFunc(former.Keys, func(k FormerKey) bool { return k.Active }) {
			arns = append(arns, former.User.ARN)
		}
	}
	return arns
}

// formerKey tells whether a key is one of a former admin's.
func (f *IAMFacts) formerKey(id string) bool {
	for _, all := range f.Former {
		for _, former := range all.Admins {
			if slices.ContainsFunc(former.Keys, func(k FormerKey) bool { return k.ID == id }) {
				return true
			}
		}
	}
	return false
}

// planFormer deletes the keys of former admins that were deactivated and that nothing has used
// for a while, and tells of the others.
func planFormer(o *Observed, a *blueprint.Answers, g blueprint.Group) (p plan.Proposal) {
	if f := unreadFormer(o, a, g); f != nil {
		p.Find(*f)
	}
	for _, former := range o.IAM.Former[g.Name].Admins {
		name := former.User.Name
		for _, k := range former.Keys {
			if k.Active {
				p.Find(plan.Finding{
					ID: "iam.former-key-active", Subject: g.Name, Severity: plan.Info,
					Evidence: fmt.Sprintf("User %s still has access key %s, though group %s signs in with Identity Center. %s", name, k.ID, g.Name, used(k.Use)),
					Remedy: fmt.Sprintf("Ask %s to run stateroom onboard, which moves the laptop to the sign-in and deactivates the key. If nothing needs it any more: aws iam update-access-key --user-name %s --access-key-id %s --status Inactive.",
						name, name, k.ID),
				})
				continue
			}
			p.Add(planDeactivated(a, g.Name, former.User, k))
		}
	}
	return p
}

// planDeactivated deletes a key that was deactivated once nothing has used it for a while.
func planDeactivated(a *blueprint.Answers, subject string, user awsops.User, k FormerKey) (p plan.Proposal) {
	if !k.Rested {
		p.Find(plan.Finding{
			ID: "iam.former-key-resting", Subject: subject, Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s of user %s is deactivated. %s", k.ID, user.Name, used(k.Use)),
			Remedy:   k.toRest(),
		})
		return p
	}
	c := plan.InAdminAccount(a, "iam.former-key."+k.ID, plan.Delete, fmt.Sprintf("Delete %s access key %s, deactivated and unused for %d days", plan.Whose(user.Name), k.ID, RestingDays),
		user.ARN, awsops.DeleteAccessKey(user.Name, k.ID))
	c.User, c.Purpose = user.Name, plan.Cosmetic
	c.Fields = []plan.Field{{Name: "access key", Before: k.ID}, {Name: "last used", Before: strings.TrimSuffix(used(k.Use), ".")}}
	c.Risk = "A deleted key cannot be brought back."
	p.Change(confirmedKey(a, user, k, c))
	return p
}

// confirmedKey is the change of a key, which takes typing out the key's id where the user is
// not one that set-up made.
func confirmedKey(a *blueprint.Answers, user awsops.User, k FormerKey, c plan.Change) plan.Change {
	if !plan.Ours(a, user.Tags) {
		c.NotOurs, c.ConfirmByName = k.ID, true
	}
	return c
}

// unreadFormer tells that it is not known who of a group has not moved yet; nil where it is.
func unreadFormer(o *Observed, a *blueprint.Answers, g blueprint.Group) *plan.Finding {
	denied := o.IAM.Former[g.Name].Denied
	if denied == nil {
		return nil
	}
	f := &plan.Finding{
		ID: "iam.former-unread", Subject: g.Name, Severity: plan.Info, Probed: true, RequestIDs: awsops.RequestIDs(denied),
		Evidence: fmt.Sprintf("Who of the IAM group %s still has an access key could not be read: %s", g.Name, diagnosis.Describe(denied)),
		Remedy:   takePermissions,
	}
	var listed []string
	for _, e := range a.EnvironmentsOf(g.Name) {
		if e.Trust == blueprint.TrustListed {
			listed = append(listed, e.Name)
		}
	}
	if len(listed) > 0 {
		f.Severity = plan.Warning
		f.Evidence += fmt.Sprintf(" Therefore nobody is taken out of the trust policies of %s.", plan.Enumerated(listed))
	}
	return f
}

// toRest says what becomes of a key that is deactivated.
func (k FormerKey) toRest() string {
	if k.Use.Denied != nil {
		return "It is not deleted while nobody can see whether something uses it: give yourself iam:GetAccessKeyLastUsed, which stateroom policy operator prints."
	}
	return fmt.Sprintf("No action needed: stateroom setup deletes it once this computer has seen it deactivated and unused for %d days, after %s at the earliest.",
		RestingDays, k.Deletable.UTC().Format("2 January 2006"))
}

// used says when a key was last used, as a sentence.
func used(u engine.AskedUse) string {
	switch {
	case u.Denied != nil:
		return "When it was last used is not known (iam:GetAccessKeyLastUsed)."
	case u.Never():
		return "It was never used."
	}
	return "It was last used on " + u.When() + "."
}
