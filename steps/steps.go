// Package steps holds the nine numbered steps of the article and set-up as one flow
// over them.
//
// A step never writes by itself. Inspect reads into [Observed], Plan is pure and
// returns changes as data, and Prove probes the result the way its real user would.
//
// What does not live here: the answers (steps/blueprint), what a change and a finding
// are (steps/plan), carrying changes out (steps/engine), sealed keys (steps/handover),
// the byte-preserving editors (steps/files), running Terraform (steps/terraform), the
// AWS SDK (package awsops) and everything a person sees (package ui).
package steps

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Step is one numbered step of the article.
type Step struct {
	// Number is the step's place in the article, from 1 on. It follows from the list
	// in which the step stands.
	Number int
	// Name is the first word of the step's finding ids: "account", "iam", "region".
	Name plan.StepName
	// Title is the heading, in the article's words.
	Title string
	// Short is the heading where there is little room.
	Short string
	// Why tells in two sentences why the step exists, and Cost what it costs and what
	// AWS calls it; empty where it costs nothing.
	Why, Cost string
	// Questions are the answers that the step needs, with their defaults; nil where
	// it asks nothing.
	Questions func(a *blueprint.Answers) []plan.Question
	// Inspect reads what is there and stores it in its own part of o. It makes
	// no mutating call and writes no file. An error means that nothing can be
	// said of the step; a part that cannot be read (one unreachable account)
	// is recorded in o instead.
	Inspect func(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error
	// Plan compares what was observed with the answers. It is pure: no clock,
	// no network, no files.
	Plan func(o *Observed, a *blueprint.Answers) plan.Proposal
	// Facts are what a screen shows of what was observed; nil where there is nothing.
	Facts func(o *Observed, a *blueprint.Answers, env *engine.Env) []plan.Fact
	// Prove probes the finished step as its real user would, and says how far that
	// shows that it works; nil where another step's proof shows it.
	Prove func(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding)
	// Tests says that the step is there to prove the whole set-up.
	Tests bool
	// First says that nothing else means anything where this step cannot be
	// inspected, so that it is inspected before the others.
	First bool
	// AWSOnly says that AWS alone answers for the step, whatever lies on this laptop.
	AWSOnly bool
}

// Ask are the step's questions.
func (s Step) Ask(a *blueprint.Answers) []plan.Question {
	if s.Questions == nil {
		return nil
	}
	return s.Questions(a)
}

// All returns the nine steps in the article's order.
func All() []Step {
	return List(accountStep(), iamStep(), regionStep(), keyStep(), bucketStep(), lockStep(), filesStep(), initStep(), doneStep())
}

// List gives each of the steps the number of its place.
func List(list ...Step) []Step {
	for i := range list {
		list[i].Number = i + 1
	}
	return list
}

// Order are the names of the article's steps in their order.
func Order() plan.StepOrder { return orderOf(All()) }

func orderOf(list []Step) plan.StepOrder {
	names := make(plan.StepOrder, len(list))
	for i, step := range list {
		names[i] = step.Name
	}
	return names
}

// Failures say by a step's name why it could not be inspected.
type Failures map[plan.StepName]error

// Look inspects steps. Those that come first are inspected before all others: with
// the wrong account or an unknown region no other answer means anything, and the
// steps after one of them fail in the same words.
type Look struct {
	Env     *engine.Env
	Answers *blueprint.Answers
	Steps   []Step
	// Whole says that a part of the answer is of no use: nothing more is asked once a
	// step that comes first has failed, or the clock is off.
	Whole bool
	// Inspected, when set, is told of every step as soon as its inspection has
	// ended, from several goroutines at once.
	Inspected func(step int, err error)
	// Listed are the organization's accounts where they need not be listed again, and
	// Without the environments where no role for plans need be looked for again.
	Listed  []awsops.Account
	Without map[string]bool
}

// Take looks. Each step keeps its own failure, none the others from being inspected.
func (l Look) Take(ctx context.Context) (*Observed, Failures) {
	o, failed := l.First(ctx)
	if l.Whole && (len(failed) > 0 || engine.ClockOff(l.Env.Sessions.Home(l.Answers.StateRegion)) != nil) {
		return o, failed
	}
	l.Rest(ctx, o, failed)
	return o, failed
}

// First inspects the steps that come first. Whoever goes on with what they found while
// [Look.Rest] adds what the others find touches no more of it.
func (l Look) First(ctx context.Context) (*Observed, Failures) {
	o, failed := &Observed{}, Failures{}
	o.IAM.Machines.Without = maps.Clone(l.Without)
	if l.Listed != nil {
		o.Account.list(l.Listed)
		o.Account.Listed = true
	}
	l.inspect(ctx, l.first(), o, failed)
	return o, failed
}

func (l Look) first() []Step {
	return slices.DeleteFunc(slices.Clone(l.Steps), func(s Step) bool { return !s.First })
}

// Rest inspects the other steps.
func (l Look) Rest(ctx context.Context, o *Observed, failed Failures) {
	first := l.first()
	var rest []Step
	for _, step := range l.Steps {
		if step.First {
			continue
		}
		before := slices.IndexFunc(first, func(s Step) bool { return s.Number < step.Number && failed[s.Name] != nil })
		if before < 0 {
			rest = append(rest, step)
		} else {
			failed[step.Name] = failed[first[before].Name]
		}
	}
	l.inspect(ctx, rest, o, failed)
	if l.Whole && len(failed) > 0 {
		return
	}
	if err := inspectStored(ctx, l.Env, l.Answers, o); err != nil && failed[plan.StepKey] == nil {
		failed[plan.StepKey] = err
	}
}

// inspect inspects steps at once.
func (l Look) inspect(ctx context.Context, group []Step, o *Observed, failed Failures) {
	failures, looks := make([]error, len(group)), make([]func(), len(group))
	for i, step := range group {
		looks[i] = func() {
			failures[i] = engine.Guarded(func() error { return step.Inspect(ctx, l.Env, l.Answers, o) })
			if l.Inspected != nil {
				l.Inspected(step.Number, failures[i])
			}
		}
	}
	engine.Together(0, looks...)
	for i, err := range failures {
		if err != nil {
			failed[group[i].Name] = fmt.Errorf("step %d (%s): %w", group[i].Number, group[i].Title, err)
		}
	}
}

// first is the failure of the first of the steps that failed. A refusal comes before
// all: it knows why the other calls failed, as where the region of all of them does
// not exist.
func (f Failures) first(list []Step) error {
	var first error
	for _, step := range list {
		err := f[step.Name]
		var refusal *plan.Refusal
		if errors.As(err, &refusal) {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// stamp says that something belongs to the step, unless it is of another.
func (s Step) stamp(of *plan.StepName, number *int) {
	if *of == "" || *of == s.Name {
		*of, *number = s.Name, s.Number
	}
}

func (s Step) stampAll(findings []plan.Finding) {
	for i := range findings {
		s.stamp(&findings[i].Of, &findings[i].Step)
	}
}

// Propose is what the steps would change, but for those that could not be inspected,
// each change and finding with its step's number. It is pure.
func Propose(list []Step, o *Observed, a *blueprint.Answers, failed Failures) (all plan.Proposal) {
	for _, step := range list {
		if failed[step.Name] != nil {
			continue
		}
		p := step.Plan(o, a)
		for i := range p.Changes {
			step.stamp(&p.Changes[i].Of, &p.Changes[i].Step)
		}
		step.stampAll(p.Findings)
		all.Add(p)
	}
	return all
}

// Setup is the nine steps as one flow: inspect all, plan, and prove the result.
type Setup struct {
	Env     *engine.Env
	Answers *blueprint.Answers
	// Steps are the article's where it is nil.
	Steps []Step
	// Inspected, when set, is told of every step as soon as its inspection has
	// ended, from several goroutines at once.
	Inspected func(step int, err error)

	// observed is what the newest look has found; nil where it could not look.
	observed *Observed
}

// Flow is the run of the set-up.
func (s *Setup) Flow() *engine.Flow {
	if s.Steps == nil {
		s.Steps = All()
	}
	return &engine.Flow{
		Env: s.Env, Answers: s.Answers, Steps: orderOf(s.Steps), Look: s.look, Replan: s.plan, Preflight: s.preflight, Explain: s.explain, Prove: s.prove, Close: s.close,
		Outline: func() plan.Outline { return plan.Outline{Stages: Outline()} },
	}
}

// Observed is what the newest look has found; nil without one. It is not to be
// called while the flow looks.
func (s *Setup) Observed() *Observed { return s.observed }

// look inspects every step; set-up begins only where all of them could be inspected.
func (s *Setup) look(ctx context.Context, _ *engine.Env) (plan.Review, error) {
	look := Look{Env: s.Env, Answers: s.Answers, Steps: s.Steps, Whole: true, Inspected: s.Inspected}
	if engine.Settling(ctx) && s.observed != nil {
		look.Without = s.observed.IAM.Machines.Without
		if !creates(s.Answers) { // a minute for ten thousand, at AWS's rate
			look.Listed = s.observed.Account.Accounts
		}
	}
	s.observed = nil
	o, failed := look.Take(ctx)
	if err := failed.first(s.Steps); err != nil {
		return plan.Review{}, AskFactor(ctx, s.Env, s.Answers, err)
	}
	if off := engine.ClockOff(s.Env.Sessions.Home(s.Answers.StateRegion)); off != nil {
		return plan.Review{}, off
	}
	s.observed = o
	review := s.plan(nil)
	if review.Blocked() && ReadQuotas(ctx, s.Env, s.Answers, o, review.Changes) {
		review = s.plan(nil)
	}
	return review, nil
}

// plan makes the review of what was observed: the same observation and answers
// give the same one. It is pure but for whether files can be written. What is forbidden
// is left out of what several environments share, too.
func (s *Setup) plan(forbidden []plan.Finding) plan.Review {
	s.observed.Forbidden = nil
	p := Propose(s.Steps, s.observed, s.Answers, nil)
	if len(forbidden) > 0 {
		s.observed.Forbidden = plan.StoppedBy(p.Changes, forbidden)
		p = Propose(s.Steps, s.observed, s.Answers, nil)
	}
	review := plan.Review{Findings: p.Findings, Outcome: s.outcome(), Actor: s.actor(), Proof: plan.Unproved(plan.NotTried)}
	tieFiles(p.Changes)
	p.Changes, review.Stopped = plan.Stopped(p.Changes, p.Findings)
	changes := heldBack(p.Changes, s.observed, s.Answers)
	orderRuns(changes)
	changes = afterAlias(changes)
	review.Changes, review.NotOurs = plan.Permitted(changes, s.Answers)
	review.Findings = append(review.Findings, BeyondQuotas(s.observed, s.Answers, review.Changes)...)
	review.Findings = append(review.Findings, notOursFindings(review.NotOurs)...)
	for _, user := range s.Answers.AllUsers() {
		review.Findings = append(review.Findings, engine.Unwritten(s.Env, handoverPath(s.Env, user))...)
	}
	return review
}

// prove lets the steps prove themselves, all at once, and gives what they found in the
// steps' order. A proof that rests on what was not made, whoever left it out, is not tried,
// and says so.
func (s *Setup) prove(ctx context.Context, _ *engine.Env, r plan.Review, made *plan.Summary) plan.Review {
	s.observed.Fresh, s.observed.Undone = made.Applied > 0, slices.Concat(r.Changes, r.NotOurs)
	s.observed.Obstacles = r.Obstacles(made.Failures)
	found, proofs := make([][]plan.Finding, len(s.Steps)), make([]plan.Proof, len(s.Steps))
	var probes []func()
	for i, step := range s.Steps {
		if step.Prove == nil {
			continue
		}
		probes = append(probes, func() {
			proofs[i], found[i] = step.Prove(ctx, s.Env, s.Answers, s.observed)
			step.stampAll(found[i])
		})
	}
	engine.Together(0, probes...)
	r.Findings = slices.Concat(r.Findings, slices.Concat(found...))
	r.Proof = plan.Proof{}
	for _, p := range proofs {
		r.Proof = r.Proof.Weaker(p)
	}
	r.Proof.At = time.Now()
	return r
}

func (s *Setup) close(summary *plan.Summary) (notes []string, then string) {
	if plan.Blocking(summary.Findings) {
		return nil, ""
	}
	return closingNotes(s.observed, s.Answers, summary)
}

// PlanSeen is what the steps that AWS alone answers for would change, as far as they
// could be inspected. A change that waits for one of a step that could not be is left
// out: nothing is made on a guess. It is pure.
func PlanSeen(o *Observed, a *blueprint.Answers, failed Failures) plan.Proposal {
	if failed[plan.StepAccount] != nil {
		return plan.Proposal{}
	}
	p := Propose(AWSOnly(), o, a, failed)
	// Step 5 gives the groups their state policy, which is IAM's.
	p.Changes = slices.DeleteFunc(p.Changes, func(c plan.Change) bool {
		return c.Sends("iam") && failed[plan.StepIAM] != nil
	})
	p.Changes = afterAlias(plan.Unstopped(p.Changes, p.Findings))
	all := slices.Clone(p.Changes)
	p.Changes = slices.DeleteFunc(p.Changes, func(c plan.Change) bool { return waitsForNothing(c, all) })
	return p
}

// Named are the steps of these names, in the article's order.
func Named(names ...plan.StepName) []Step {
	return slices.DeleteFunc(All(), func(s Step) bool { return !slices.Contains(names, s.Name) })
}

// AWSOnly are the steps that AWS alone answers for.
func AWSOnly() []Step {
	return slices.DeleteFunc(All(), func(s Step) bool { return !s.AWSOnly })
}

// waitsForNothing tells a change that refers to the output of one that is not
// planned.
func waitsForNothing(c plan.Change, all []plan.Change) bool {
	refs := awsops.FindRefs(c.Account)
	for _, call := range c.Calls {
		refs = append(refs, awsops.Refs(call)...)
	}
	return slices.ContainsFunc(refs, func(r awsops.Reference) bool {
		return !slices.ContainsFunc(all, func(other plan.Change) bool { return other.ID == r.Change })
	})
}

// notOursFindings names what exists already and is not this blueprint's.
func notOursFindings(notOurs []plan.Change) []plan.Finding {
	var findings []plan.Finding
	seen := map[string]bool{}
	for _, c := range notOurs {
		if c.NotOurs == "" || seen[c.NotOurs] || c.Leads { // where it leads is a finding already
			continue
		}
		seen[c.NotOurs] = true
		if c.Unconfirmed != nil {
			findings = append(findings, *c.Unconfirmed)
			continue
		}
		if c.Write != nil || c.Run != nil {
			f := stateElsewhere(c.NotOurs, notOurs)
			f.Details = plan.WouldChange(notOurs, c.NotOurs)
			findings = append(findings, f)
			continue
		}
		why := "exists already and does not carry this blueprint's tag"
		if len(c.Takes) > 0 {
			why = "is used by others, who would lose something: " + plan.Enumerated(c.Takes)
		}
		findings = append(findings, plan.Finding{
			ID: c.FindingID("not-ours"), Of: c.Of, Step: c.Step, Severity: plan.Warning,
			Evidence: fmt.Sprintf("%s %s, so it was left as it is.", c.NotOurs, why),
			Remedy:   "Allow the change, or choose another name.", Commands: plan.Allow("Allow it", c.NotOurs),
			Details: plan.WouldChange(notOurs, c.NotOurs),
		})
	}
	return findings
}
