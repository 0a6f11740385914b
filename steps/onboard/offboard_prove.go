package onboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// tried are the actions that AWS is asked about: what the back end and the
// environments' roles need, and what would get a user in again.
var tried = []string{"sts:AssumeRole", "s3:GetObject", "kms:Decrypt", "dynamodb:PutItem", "iam:CreateAccessKey"}

// Prove asks AWS what it decides for the user now, by simulation: no credential
// is made for it. It is the Prove of a [engine.Flow].
func (o *Offboard) Prove(ctx context.Context, env *engine.Env, r plan.Review, made *plan.Summary) plan.Review {
	f := o.last
	if f == nil || f.User == nil {
		return r
	}
	told := &report{env: env, review: r}
	c := plan.Check{
		Name: "AWS denies the user everything", Subject: f.name,
		Asked: "iam:SimulatePrincipalPolicy for " + f.User.ARN, Verdict: plan.Passed,
	}
	patience := time.Duration(0)
	if f.denied && made.Applied > 0 {
		patience = engine.PolicyDelay
	}
	open, err := stillOpen(ctx, env.Sessions.Home(o.Answers.StateRegion), f.User.ARN, patience)
	switch {
	case err != nil:
		c.Verdict, c.Answer = plan.Undecided, err.Error()
	case len(open) > 0:
		c.Verdict, c.Finding = plan.Failed, "offboard.not-denied"
		c.Answer = "there is no explicit deny of " + strings.Join(open, ", ")
		told.find(plan.Finding{
			ID: c.Finding, Of: plan.StepIAM, Severity: plan.Failure,
			Evidence: fmt.Sprintf("User %s: %s, so a session of the user's keys may stay open for up to 36 hours.", f.User.ARN, c.Answer),
			Remedy:   f.againWith(r.Obstacles(made.Failures)[denyChange(f.name)]),
		})
	default:
		c.Answer = "explicitly denied: " + strings.Join(tried, ", ")
	}
	if len(r.Changes) > 0 { // the user, or somebody, had more made between the plan and the deny
		told.find(plan.Finding{
			ID: "offboard.left-over", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("After the changes, this is still left of %s access: %s.", plan.Whose(f.name), r.Changes[0].Title),
			Remedy:   fmt.Sprintf("Run stateroom offboard %s again.", f.name),
		})
	}
	o.proven = c
	told.check(c)
	told.review.Outcome, told.review.Proof = f.outcome(c), proofOf(c)
	return told.review
}

// outcome is what is left to the user, by the last look and by what AWS said when asked,
// if it was.
func (o *offboarding) outcome(asked plan.Check) plan.Departure {
	out := plan.Departure{User: o.name, Account: o.answers.AdminAccount, Deny: plan.NotDenied, Now: o.now, Keys: len(o.Keys.All)}
	switch {
	case o.User == nil:
		out.Deny, out.Keys = plan.Gone, 0
	case o.denied && asked.Verdict == plan.Passed:
		out.Deny = plan.Denies
	case o.denied && asked.Verdict == plan.Failed:
		out.Deny = plan.NotInForce
	case o.denied:
		out.Deny = plan.Attached
	}
	for _, s := range o.roleSessions() {
		if s.over {
			continue
		}
		until := s.until
		if until.IsZero() && o.denied {
			until = o.now.Add(longest(s.role))
		}
		if !out.Open || until.After(out.Until) {
			out.Until = until
		}
		out.Open = true
	}
	return out
}

// proofOf is what AWS's answer shows.
func proofOf(asked plan.Check) plan.Proof {
	switch asked.Verdict {
	case plan.Passed:
		return plan.Proof{State: plan.Proven, With: plan.WithSimulator, At: time.Now()}
	case plan.Failed:
		return plan.Unproved(plan.ProofFailed)
	case plan.Undecided:
	}
	return plan.Unproved(plan.ProofNotAllowed)
}

// mostAttached is how many managed policies IAM lets a user have, unless the
// account's quota was raised.
const mostAttached = 10

// againWith says what has to be otherwise for the deny to be attached, by what kept it from
// being made.
func (o *offboarding) againWith(by plan.Obstacle) string {
	if by.LeftOut() {
		return by.Remedy("stateroom offboard " + o.name)
	}
	if have := o.belongings.Attached; !o.denied && len(have) >= mostAttached {
		return fmt.Sprintf("IAM attaches %d policies to a user: detach one (aws iam detach-user-policy --user-name %s --policy-arn %s), then run stateroom offboard %s again.", len(have), o.name, have[0].ARN, o.name)
	}
	return fmt.Sprintf("Run stateroom offboard %s again, with the permissions that stateroom policy people prints.", o.name)
}

// stillOpen are the actions tried that no Deny takes from the user, for all the patience
// with one that was made just now.
func stillOpen(ctx context.Context, home *awsops.Session, arn string, patience time.Duration) ([]string, error) {
	const interval = 3 * time.Second
	var open []string
	err := awsops.Poll(ctx, patience, interval, func(ctx context.Context) (bool, error) {
		decided, err := home.Simulate(ctx, awsops.Simulation{Principal: arn, Actions: tried})
		open = nil
		for _, d := range decided {
			if !d.Explicit {
				open = append(open, d.Action)
			}
		}
		return len(open) == 0, err
	})
	if errors.Is(err, awsops.ErrTimeout) {
		err = nil
	}
	return open, err
}

// Close tells what has ended and what has not, and until when.
func (o *Offboard) Close(s *plan.Summary) (notes []string, then string) {
	f := o.last
	if f == nil || !s.CarriedOut() {
		return nil, ""
	}
	notes = append([]string{f.state(o.proven)}, f.sessionNotes()...)
	if len(f.access.Roles) > 0 {
		notes = append(notes, "A session that was opened out of a role session lasts an hour at most. What the blueprint does not name was not looked at: other roles, keys and buckets may name the user.")
	}
	if s.Applied > 0 {
		notes = append(notes, "The state, its bucket and key, and the permissions of all others are unchanged.")
		if then = "commit the blueprint"; f.unedited != nil || f.blueprint.Changes() {
			then = "take " + f.name + " out of the blueprint"
		}
	}
	return notes, then
}

// state is what the user can still do, in a sentence that is true of the last
// look.
func (o *offboarding) state(proven plan.Check) string {
	switch {
	case o.User == nil:
		return fmt.Sprintf("User %s is not in account %s any more, nor are its keys, its password and the sessions of its keys.", o.name, o.answers.AdminAccount)
	case !o.denied:
		return fmt.Sprintf("User %s is not denied everything: sessions of its keys may stay open for up to 36 hours.", o.name)
	}
	text := fmt.Sprintf("User %s has no access any more: AWSDenyAll overrides every permission, in open sessions of its keys too, which would last up to 36 hours.", o.name)
	switch proven.Verdict {
	case plan.Passed:
		text += " AWS says so for " + strings.Join(tried, ", ") + " (" + proven.Asked + ")."
	case plan.Undecided:
		text += " It was read back, but AWS was not asked what it decides: " + proven.Answer
	case plan.Failed:
		text = fmt.Sprintf("AWSDenyAll is attached to user %s, but is not in force yet: %s.", o.name, proven.Answer)
	}
	return text
}
