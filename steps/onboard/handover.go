package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Handover makes one admin's sealed key file, or makes it anew where it was
// lost, has expired or was sealed for a reader who cannot open it. The operator
// runs it. It is not safe for concurrent use.
type Handover struct {
	Answers *blueprint.Answers
	// User is the admin as the command line names it.
	User string

	// before is the key that the newest sealed file held when the run began; a
	// newer one is this run's own work, and is not to be done again.
	before *string
	// last is what the newest look found, told at the end.
	last *handoverPlan
}

// Flow is the run of a handover in env.
func (h *Handover) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: h.Answers, Steps: steps.Order(), Look: h.Look, Preflight: h.preflight, Close: h.Close}
}

// handoverFacts are what a handover is planned from.
type handoverFacts struct {
	steps.UserFacts
	name     string
	operator awsops.Identity
	// keys are the user's, but for those that nobody can use; the older first.
	keys []awsops.AccessKey
	uses map[string]awsops.KeyUse // by key id
	// sealed is what the journal says of the newest sealed file; nil without one.
	sealed map[string]string
	// mine says that this very run has sealed it.
	mine bool
	// denyAll is the ARN of the managed policy that denies everything, and denied
	// says that the user has it, as who was seen off does.
	denyAll string
	denied  bool
	now     time.Time
}

// handoverPlan is what one look found, with what makes the sealed file.
type handoverPlan struct {
	*report
	handoverFacts
	answers *blueprint.Answers
}

// Look reads the user's keys and plans the sealed file. It is the Look of a
// [engine.Flow]. A user that cannot have a handover is a [plan.Refusal].
func (h *Handover) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	identity, err := steps.Operator(ctx, env, h.Answers)
	if err != nil {
		return plan.Review{}, err
	}
	f, err := h.inspect(ctx, env)
	if err != nil {
		return plan.Review{}, steps.AskFactor(ctx, env, h.Answers, err)
	}
	f.operator = identity
	p := &handoverPlan{report: &report{env: env}, handoverFacts: f, answers: h.Answers}
	h.last = p
	p.tell(identity)
	for _, f := range engine.Unwritten(env, p.Handover.Path) {
		p.find(f)
	}
	err = p.plan()
	p.review.Outcome, p.review.Actor = p.outcome(env), steps.Acting(identity)
	return p.review, err
}

// Close tells what to do with the file.
func (h *Handover) Close(s *plan.Summary) (notes []string, then string) {
	if s.DryRun || s.Applied == 0 || s.Failed > 0 {
		return nil, ""
	}
	switch {
	case h.Answers.BreaksGlass(h.User): // whose key is opened by hand
		return nil, "move the file into a safe"
	case h.last.env.Scratch:
		return nil, fmt.Sprintf("send the file to %s", h.User)
	}
	return []string{
		fmt.Sprintf("The file holds the blueprint as well: %s", h.last.Handover.Path),
	}, fmt.Sprintf("send it to %s, who runs stateroom onboard --handover FILE in a clone of your repository", h.User)
}

// inspect reads what is there.
func (h *Handover) inspect(ctx context.Context, env *engine.Env) (handoverFacts, error) {
	f := handoverFacts{now: time.Now()}
	name, known := h.Answers.User(h.User)
	if !known {
		return f, &plan.Refusal{
			Finding: "handover.unknown-user",
			What:    fmt.Sprintf("The blueprint has no user %s%s; it has %s.", h.User, blueprint.DidYouMean(h.User, h.Answers.AllUsers()), plan.Enumerated(h.Answers.AllUsers())),
			Remedy:  "Add the user to a group in the blueprint and run stateroom setup, or correct the name.",
		}
	}
	h.User, f.name = name, name
	var err error
	if f.UserFacts, err = steps.InspectUser(ctx, env, h.Answers, f.name); err != nil {
		return f, err
	}
	if f.User == nil {
		return f, &plan.Refusal{
			Finding: "handover.not-made",
			What:    fmt.Sprintf("User %s is in the blueprint, but not in account %s yet.", f.name, h.Answers.AdminAccount),
			Remedy:  "Run stateroom setup first: it makes the user, and the handover with it.",
		}
	}
	if sealed, finished := env.Journal.Finished(steps.KeyChange(f.name)); finished {
		f.sealed = sealed
	}
	if h.before == nil {
		id := f.sealed["id"]
		h.before = &id
	}
	f.mine = f.sealed["id"] != "" && f.sealed["id"] != *h.before
	home := env.Sessions.Home(h.Answers.StateRegion)
	attached, err := home.UserAttached(ctx, f.name)
	if err != nil && !awsops.IsAccessDenied(err) {
		return f, err
	}
	f.denyAll = policy.DenyAll(home.Partition())
	f.denied = slices.ContainsFunc(attached, func(p awsops.PolicyRef) bool { return p.ARN == f.denyAll })
	f.uses = map[string]awsops.KeyUse{}
	_, uses, err := engine.KeyUses(ctx, env, home, f.name, func(all []awsops.AccessKey) []awsops.AccessKey {
		f.Keys.All = all
		f.keys = f.Keys.Kept()
		return f.keys
	})
	for id, use := range uses {
		f.uses[id] = use.KeyUse
		err = errors.Join(err, use.Denied)
	}
	sort.Slice(f.keys, func(i, j int) bool {
		a, b := f.keys[i], f.keys[j]
		return a.Created.Before(b.Created) || a.Created.Equal(b.Created) && a.ID < b.ID
	})
	return f, err
}

// expires is when the newest sealed file does.
func (f *handoverFacts) expires() time.Time {
	at, err := time.Parse(time.RFC3339, f.sealed["at"])
	if err != nil {
		return time.Time{}
	}
	return at.Add(plan.HandoverLife)
}

// waiting is the key in the sealed file that waits to be collected, as far as
// this laptop knows: it sealed the file for this reader, the file is still here,
// and nobody has used the key. Nil without one.
func (f *handoverFacts) waiting(recipient string) *awsops.AccessKey {
	at := slices.IndexFunc(f.keys, func(k awsops.AccessKey) bool { return k.ID == f.sealed["id"] })
	if at < 0 || !f.Handover.Exists || f.HandoverLink || f.sealed["recipient"] != recipient || !f.now.Before(f.expires()) {
		return nil
	}
	if k := f.keys[at]; k.Active && f.uses[k.ID].Never() {
		return &k
	}
	return nil
}

// tell tells of what was looked at, as who.
func (p *handoverPlan) tell(who awsops.Identity) {
	for _, k := range p.keys {
		answer := usedWhen(p.uses[k.ID])
		if !k.Active {
			answer = "inactive, " + answer
		}
		p.passed(plan.Check{Name: "access key " + k.ID, Asked: "iam:GetAccessKeyLastUsed as " + who.ARN}, answer)
	}
	answer := "not there"
	if p.Handover.Exists {
		answer = "there"
	}
	p.passed(plan.Check{Name: "sealed file", Asked: p.Handover.Path}, answer)
	if p.denied { // who was seen off is to come back
		p.find(plan.Finding{
			ID: "handover.denied", Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("User %s is denied everything by the policy AWSDenyAll, as stateroom offboard leaves a user: no key of the user's opens anything.", p.name),
			Remedy:   fmt.Sprintf("Detach that policy if %s is to come back.", p.name),
			Commands: plan.Copy("Detach it", "aws iam detach-user-policy --user-name %s --policy-arn %s", p.name, p.denyAll),
		})
	}
}

// outcome is which key waits for whom.
func (p *handoverPlan) outcome(env *engine.Env) plan.Delivery {
	out := plan.Delivery{User: p.name, Others: len(p.keys)}
	if p.waiting(p.answers.RecipientOf(p.name)) != nil {
		sealed := steps.SealedFile(env, p.answers, p.name)
		out.Sealed, out.Others = &sealed, out.Others-1
	}
	out.Superseded = p.mine && out.Sealed == nil && p.Handover.Exists &&
		!slices.ContainsFunc(p.keys, func(k awsops.AccessKey) bool { return k.ID == p.sealed["id"] })
	return out
}

// usedWhen is a key's last use in words.
func usedWhen(u awsops.KeyUse) string {
	if u.Never() {
		return "never used"
	}
	return fmt.Sprintf("last used %s for %s", u.At.UTC().Format(time.DateOnly), u.Service)
}
