// Package engine carries out what was planned: the [Env] that a run works in, the
// [Flow] that looks, shows, asks once, applies what was confirmed and looks again,
// the [Executor] that sends exactly the calls and writes that stand in the changes,
// the [Journal] of what this laptop set out to do, and the claims that keep two runs
// apart. The moves of states, the proofs of a back end and the waits until AWS shows
// what was made are here as well, since changes and flows need them.
//
// What does not live here: deciding what to change (package steps and the packages
// beside it), the AWS SDK (package awsops), and everything a person sees (package ui).
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
)

// Flow is a run: setting up, troubleshooting, onboarding, handing over,
// offboarding. It looks, shows what it would change, asks once, applies what was
// shown, and looks again.
type Flow struct {
	Env     *Env
	Answers *blueprint.Answers
	// Steps are the names of the article's steps in their order: a change and a
	// finding get the number of their step from it.
	Steps plan.StepOrder
	// Look reads and plans. It makes no mutating call and writes no file. What
	// it has checked it tells by EventCheck, too, as each check ends.
	Look func(ctx context.Context, env *Env) (plan.Review, error)
	// Replan makes the review of the newest look again, where an adoption, or what a
	// preflight forbids, changes more than which of its changes are permitted. It makes no
	// call. It may be nil.
	Replan func(forbidden []plan.Finding) plan.Review
	// Preflight, which may be nil, finds out what of a look's review AWS will refuse, before
	// anything is made. It makes no mutating call. What it finds stands against the changes
	// until the next review.
	Preflight func(ctx context.Context, env *Env, r plan.Review) []plan.Finding
	// Explain, which may be nil, finds out more of why changes failed than AWS said.
	Explain func(ctx context.Context, env *Env, failed []plan.FailedChange) []plan.Finding
	// Prove, which may be nil, adds what only a probe or Terraform can tell to
	// the last look: the object and lock writes of probes are its own. It knows
	// what was made before, and never runs in a dry run.
	Prove func(ctx context.Context, env *Env, r plan.Review, made *plan.Summary) plan.Review
	// Close gives what is to be told at the end, and what to do then; it may be nil.
	Close func(*plan.Summary) (notes []string, then string)
	// Emit receives the events; it is called by one goroutine at a time.
	Emit plan.Emit
	// Confirm is asked before the first change. It is never asked in a dry run,
	// nor when there is nothing to change.
	Confirm func(context.Context, plan.Review) (plan.Decision, error)
	DryRun  bool
	// Stop, once closed, lets the changes under way finish and starts no other.
	Stop <-chan struct{}
	// Exclude are the ids of changes that are left out.
	Exclude map[string]bool
	// Outline is what is shown of the newest look beside its review. It is nil for a
	// run of one piece, and not to be called while the flow looks.
	Outline func() plan.Outline

	// told are the findings that were emitted already, and forbidden those of the preflight.
	told      plan.Findings
	forbidden []plan.Finding
}

// Review looks and plans, and splits off what touches something that nobody
// agreed to.
func (f *Flow) Review(ctx context.Context) (plan.Review, error) {
	f.Emit = serialised(f.Emit)
	f.Env.Report(f.Emit)
	f.forbidden = nil
	review, err := f.look(ctx)
	if err != nil || f.Preflight == nil {
		return review, err
	}
	if f.forbidden = f.Preflight(ctx, f.Env, review); len(f.forbidden) == 0 {
		return review, nil // a second one would say the same
	}
	f.place(f.forbidden)
	return f.Permit(review), plan.Unplaced(nil, f.forbidden)
}

func (f *Flow) look(ctx context.Context) (plan.Review, error) {
	if err := f.Env.mark(f.Answers); err != nil {
		return plan.Review{}, err
	}
	var review plan.Review
	err := Agreed(ctx, f.Env, func(ctx context.Context) (err error) {
		review, err = f.Look(ctx, f.Env)
		return err
	})
	if err != nil {
		return review, err
	}
	if f.Replan != nil && len(f.forbidden) > 0 {
		review = f.Replan(f.forbidden)
	}
	review.Looked = &look{}
	review = f.permit(review)
	return review, plan.Unplaced(slices.Concat(review.Changes, review.NotOurs), review.Findings)
}

// Permit makes the review of a look anew, after an adoption or after a change was
// left out: what was split off before is split again, and what stands against the
// changes told again. It makes no call.
func (f *Flow) Permit(r plan.Review) plan.Review {
	if f.Replan != nil {
		looked := r.Looked
		r = f.Replan(f.forbidden)
		r.Looked = looked
	}
	return f.permit(r)
}

func (f *Flow) permit(r plan.Review) plan.Review {
	before := plan.FindingsOf(r.Against)
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), before.Has)
	all, stopped := plan.Stopped(slices.Concat(r.Changes, r.NotOurs, r.Excluded, r.Stopped), r.Findings)
	f.Steps.Number(all)
	sort.SliceStable(all, func(i, j int) bool { return all[i].Step < all[j].Step })
	r.Changes, r.NotOurs = plan.Permitted(all, f.Answers)
	forbidden := standing(f.forbidden, r.Changes)
	all, r.Stopped = plan.Stopped(all, forbidden)
	r.Stopped = append(r.Stopped, stopped...)
	r.Changes, r.NotOurs = plan.Permitted(all, f.Answers)
	if l := lookOf(r); l != nil {
		l.planned = r.Changes
	}
	r.Excluded = nil
	r = r.Exclude(f.Exclude)
	r.Pace = f.Env.paceOf(r.Changes)
	r.Against = slices.Concat(forbidden, Standing(f.Env, r.Changes), Unwritten(f.Env, f.Env.CredentialsPath))
	f.place(r.Findings)
	f.place(r.Against)
	r.Findings = append(r.Findings, r.Against...)
	return r
}

// standing are the findings that stop nothing, or one of these changes.
func standing(findings []plan.Finding, changes []plan.Change) []plan.Finding {
	if len(findings) == 0 {
		return nil
	}
	planned := plan.IDs(changes)
	return slices.DeleteFunc(slices.Clone(findings), func(f plan.Finding) bool {
		return len(f.Stops) > 0 && !slices.ContainsFunc(f.Stops, func(id string) bool { return planned[id] })
	})
}

// Run is the whole flow. The error is one that kept it from starting; what
// failed later stands in the summary.
func (f *Flow) Run(ctx context.Context) (*plan.Summary, error) {
	review, err := f.Review(ctx)
	if err != nil {
		return nil, err
	}
	if f.Outline == nil { // else they are told at the end: the plan of a set-up mends most of them
		f.tell(review.Findings)
	}
	f.announce(nil, review.Changes)
	summary := f.summarise(review)
	if f.DryRun || review.Blocked() {
		return f.finish(summary, review), nil
	}
	if len(review.Changes)+len(review.NotOurs) > 0 {
		decision, err := f.Confirm(ctx, review)
		if err != nil {
			return nil, err
		}
		if summary.Declined = !decision.Yes; summary.Declined {
			return f.finish(summary, review), nil
		}
		if len(decision.Adopt) > 0 {
			f.Answers.Adopt = append(f.Answers.Adopt, decision.Adopt...)
			told := review.Changes
			review = f.Permit(review)
			f.announce(told, review.Changes)
		}
	}
	summary, _, err = f.Make(ctx, review)
	return summary, err
}

// announce tells of the changes that were not told yet.
func (f *Flow) announce(told, changes []plan.Change) {
	known := plan.IDs(told)
	for i := range changes {
		if !known[changes[i].ID] {
			f.Emit(plan.Event{Kind: plan.EventChange, Change: &changes[i]})
		}
	}
}

// Make applies a confirmed review of a look, and nothing that the look did not plan or
// that waits for a consent, looks again, proves, and tells how it ended. It
// returns what is still to do, too. It needs [Flow.Review] before it.
func (f *Flow) Make(ctx context.Context, review plan.Review) (*plan.Summary, plan.Review, error) {
	own, all := lookOf(review).own(review.Changes)
	review.Changes = own
	before := review
	summary := f.summarise(review)
	if !all {
		return summary, plan.Review{}, ErrStale
	}
	if len(review.Changes) > 0 {
		if !lookOf(review).take() {
			return summary, plan.Review{}, ErrStale
		}
		f.Env.Foretell("Making the changes", f.Env.paceOf(review.Changes))
		release, err := f.Env.claim(ctx)
		if err != nil {
			return summary, plan.Review{}, err
		}
		review, err = f.carryOut(ctx, review, summary)
		release()
		f.place(review.Findings)
		if summary.Stale = summary.Stopped || err != nil; summary.Stale { // nothing was seen since
			review.Outcome, review.Proof = before.Outcome, before.Proof
			review.Excluded, review.Stopped = before.Excluded, before.Stopped
		}
		if err != nil {
			return f.finish(summary, review), plan.Review{}, err // what was done is told all the same
		}
	}
	if f.Explain != nil && len(summary.Failures) > 0 && !summary.Stopped {
		review.Findings = append(review.Findings, f.Explain(ctx, f.Env, summary.Failures)...)
	}
	if !summary.Stopped {
		review = f.prove(ctx, summary, review)
		f.place(review.Findings)
	}
	return f.finish(summary, review), review.After(summary), plan.Unplaced(nil, review.Findings)
}

// prove lets a flow prove its result, unless it is stopped: a proof that was
// broken off proves nothing, nor that anything is wrong.
func (f *Flow) prove(ctx context.Context, s *plan.Summary, r plan.Review) plan.Review {
	if f.Prove == nil {
		return r
	}
	proving, done := untilStopped(ctx, f.Stop)
	defer done()
	proven := f.Prove(proving, f.Env, r, s)
	if s.Stopped = proving.Err() != nil; s.Stopped {
		return r
	}
	return proven
}

// summarise counts what a review would change.
func (f *Flow) summarise(r plan.Review) *plan.Summary {
	s := &plan.Summary{DryRun: f.DryRun, NotOurs: r.NotOurs}
	s.Add, s.Change, s.Destroy = plan.Counts(r.Changes)
	s.Run = plan.Commands(r.Changes)
	return s
}

// finish emits the findings that are new and the summary, which holds all that
// remain.
func (f *Flow) finish(s *plan.Summary, r plan.Review) *plan.Summary {
	s.Findings, s.Checks = r.Findings, r.Checks
	s.Outcome, s.Proof, s.Due, s.Excluded, s.Barred = r.Outcome, r.Proof, len(r.Changes), len(r.Excluded), len(r.Stopped)
	s.DueRun = plan.Commands(r.Changes)
	if s.Ended = !s.Stopped; s.Stopped && s.Proof.State != plan.NothingToProve {
		s.Proof = plan.Unproved(plan.ProofInterrupted)
	}
	if !f.Env.Scratch {
		s.Notes = s.BackupNotes()
	}
	if f.Close != nil {
		notes, then := f.Close(s)
		s.Notes, s.Then = append(s.Notes, notes...), then
	}
	f.tell(r.Findings)
	f.Emit(plan.Event{Kind: plan.EventSummary, Summary: s})
	return s
}

// place gives findings the numbers of their steps, and lets each begin with what is wrong
// in words, unless it says so better itself. Each of its sentences is one line: a name in a
// repository or an account that holds a line end could say something else in its own words.
func (f *Flow) place(findings []plan.Finding) {
	f.Steps.NumberFindings(findings)
	for i := range findings {
		f := &findings[i]
		f.Lead = printable.Line(cmp.Or(f.Lead, diagnosis.LeadOf(f.ID, f.Name)))
		f.Evidence, f.Remedy = printable.Line(f.Evidence), printable.Line(f.Remedy)
	}
}

// tell emits the findings that were not told before: what is wrong is known
// before it is mended, and said once.
func (f *Flow) tell(findings []plan.Finding) {
	if f.told == nil {
		f.told = plan.Findings{}
	}
	for i := range findings {
		if f.told.Add(findings[i]) {
			f.Emit(plan.Event{Kind: plan.EventFinding, Finding: &findings[i]})
		}
	}
}

// Open says what follows from the answers given so far: more questions, or the
// flow when nothing is left to ask. A presenter calls it with no answers first,
// and again after every page of questions. It makes no mutating call and writes
// no file, but it may take a while: it opens sealed files and sessions. An
// answer that cannot be is a [plan.Problem]; any other error keeps the run from
// beginning.
type Open func(ctx context.Context, given plan.Given, asks plan.Asks) (Opened, error)

// Opened is what [Open] came to: questions or the flow, never both.
type Opened struct {
	Questions []plan.Question
	// Stage is whose questions they are, with the number 0 where they come before all
	// stages; it is nil in a run of one piece.
	Stage *plan.Stage
	// Who is the account and the identity that the run has, where that is known
	// before it looks.
	Who  string
	Flow *Flow
}

// ErrStale keeps a plan from being carried out twice.
var ErrStale = errors.New("this plan is based on what was there before the last changes, so nothing was changed. Look again first")

// Standing are the findings that stand against making these changes at all:
// files that cannot be written, and, where nobody is to get more access
// (Env.NoWidening), every change that gives some.
func Standing(env *Env, changes []plan.Change) []plan.Finding {
	findings := unwritable(changes)
	if !env.NoWidening {
		return findings
	}
	for _, c := range changes {
		if widens := c.Widens(); len(widens) > 0 {
			findings = append(findings, plan.Finding{
				ID: c.ID + "-widens", Of: c.Of, Step: c.Step, Severity: plan.Failure, Blocks: true,
				Evidence: fmt.Sprintf("%s: %s", c.Title, strings.Join(plan.Access(&c), " ")),
				Remedy:   "Ask somebody who may grant access to review it, then apply it without --no-widening.",
			})
		}
	}
	return findings
}

// errWidens stops a change that came up after the plan was judged.
func errWidens(c plan.Change) error {
	return fmt.Errorf("%s gives access, which --no-widening refuses: %s Nothing of it was made", c.ID, strings.Join(plan.Access(&c), " "))
}

// untilStopped gives a context that ends when the run is stopped: a probe has
// nothing to finish between changes, it tidies up and ends.
func untilStopped(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// serialised lets many goroutines emit to a presenter that is not safe for it.
func serialised(emit plan.Emit) plan.Emit {
	var mu sync.Mutex
	return func(e plan.Event) {
		mu.Lock()
		defer mu.Unlock()
		emit(e)
	}
}
