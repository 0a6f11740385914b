package onboard

import (
	"context"
	"slices"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// preflight tells what of a new admin's changes AWS will refuse: all of them are the
// user's own.
func (o *Onboarding) preflight(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
	l := o.last
	if l == nil || l.who.caller == nil || l.member != "" { // whose files and sign-in no policy judges
		return nil
	}
	return judged(ctx, r, &steps.Preflight{
		Env: env, Answers: o.Answers, Observed: seenOf(l.who.Identity, l.who.Name, &awsops.User{Name: l.who.Name, ARN: l.who.ARN}), Caller: l.who.caller,
		Used: usedOn("iam:ListAccessKeys", l.who.ARN), Policy: "credentials",
	})
}

// preflight tells what of a handover's changes AWS will refuse.
func (h *Handover) preflight(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
	f := h.last.handoverFacts
	return judged(ctx, r, &steps.Preflight{
		Env: env, Answers: h.Answers, Observed: seenOf(f.operator, f.name, f.User), Used: usedOn("iam:ListAccessKeys", f.User.ARN), Policy: "people",
	})
}

// preflight tells what of an offboarding's changes AWS will refuse.
func (o *Offboard) preflight(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
	if o.last == nil { // of the directory, of which one call is made, and AWS says itself whether it may
		return nil
	}
	f := o.last.offboardFacts
	seen := seenOf(f.operator, f.name, f.User)
	seen.IAM.Groups, seen.IAM.Roles = map[string]steps.GroupFacts{}, map[string]steps.RoleFacts{}
	for _, g := range f.groups {
		seen.IAM.Groups[g.Name] = steps.GroupFacts{Group: &awsops.Group{ARN: g.ARN}}
	}
	for _, role := range f.access.Roles {
		seen.IAM.Roles[role.Environment.Name] = role.RoleFacts
	}
	used := usedOn("iam:GetUser", "*")
	if f.User != nil {
		used = usedOn("iam:GetUser", f.User.ARN)
	}
	if key := f.access.Key; key.ARN != "" {
		seen.Key.Key, seen.Key.Policy, seen.Key.Tags = &awsops.Key{ID: key.ID, ARN: key.ARN}, key.Policy, key.Tags
		used["kms"] = awsops.Right{Action: "kms:ListAliases", Resource: "*"}
	}
	if bucket := f.access.Bucket; bucket.ARN != "" {
		seen.Bucket.Bucket = &awsops.Bucket{Name: o.Answers.Bucket.Name, Ownership: awsops.BucketOurs, Policy: bucket.Policy.JSON(), Tags: bucket.Tags}
		used["s3"] = awsops.Right{Action: "s3:GetBucketPolicy", Resource: bucket.ARN}
	}
	return judged(ctx, r, &steps.Preflight{Env: env, Answers: o.Answers, Observed: seen, Used: used, Policy: "people"})
}

// judged asks about all that a review may make.
func judged(ctx context.Context, r plan.Review, p *steps.Preflight) []plan.Finding {
	changes := slices.Concat(r.Changes, r.NotOurs)
	if len(changes) == 0 {
		return nil
	}
	if p.Caller == nil { // an admin has no right to ask, and what rests on an organization that nobody sees is not judged
		if front, err := p.Env.Sessions.Front(ctx, p.Answers.StateRegion); err == nil {
			p.Observed.Account.Organization, p.Observed.Account.OrganizationDenied = front.Organization(ctx)
		}
	}
	return p.Judge(ctx, changes)
}

// seenOf is what a flow about one user knows of AWS; the user is nil where there is none.
func seenOf(caller awsops.Identity, name string, user *awsops.User) *steps.Observed {
	o := &steps.Observed{}
	o.Account.Identity = caller
	o.IAM.Users = map[string]steps.UserFacts{name: {User: user}}
	return o
}

// usedOn are the rights that a look has used, of which one on a user is IAM's.
func usedOn(action, user string) map[string]awsops.Right {
	return map[string]awsops.Right{"iam": {Action: action, Resource: user}}
}
