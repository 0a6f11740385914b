package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stateroom/awsops"
)

// Flow is a run that is not the nine steps: troubleshooting, onboarding, handing
// over, offboarding. It looks, shows what it would change, asks once, applies
// with the same executor, and looks again.
type Flow struct {
	Env     *Env
	Answers *Answers
	// Look reads and plans. It makes no mutating call and writes no file. What
	// it has checked it tells by EventCheck, too, as each check ends.
	Look func(ctx context.Context, env *Env) (Review, error)
	// Prove, which may be nil, adds what only a probe or Terraform can tell to
	// the last look: the object and lock writes of probes are its own. It runs
	// when nothing is left to be applied, and never in a dry run.
	Prove func(ctx context.Context, env *Env, r Review) Review
	// Close gives what is to be told at the end; it may be nil.
	Close func(*Summary) []string
	// Emit receives the events; it is called by one goroutine at a time.
	Emit Emit
	// Confirm is asked before the first change. It is never asked in a dry run,
	// nor when there is nothing to change.
	Confirm func(context.Context, Review) (Decision, error)
	DryRun  bool
	// Stop, once closed, lets the changes under way finish and starts no other.
	Stop <-chan struct{}
	// Without are the ids of changes that are left out.
	Without map[string]bool

	// told are the findings that were emitted already.
	told []Finding
}

// Review looks and plans, and splits off what touches something that nobody
// agreed to.
func (f *Flow) Review(ctx context.Context) (Review, error) {
	f.Emit = serialised(f.Emit)
	f.Env.Report(f.Emit)
	review, err := f.look(ctx)
	if err != nil {
		return review, err
	}
	review.Findings = append(review.Findings, standing(f.Env, review.Changes)...)
	review.Findings = append(review.Findings, Unwritten(f.Env, f.Env.CredentialsPath)...)
	return review, nil
}

func (f *Flow) look(ctx context.Context) (Review, error) {
	if err := f.Env.mark(f.Answers); err != nil {
		return Review{}, err
	}
	review, err := f.Look(ctx, f.Env)
	if err != nil {
		return review, err
	}
	review.Looked = &Looked{}
	return f.Permit(review), nil
}

// Permit splits the changes of a review anew, after an adoption or after a
// change was left out. It is pure.
func (f *Flow) Permit(r Review) Review {
	all := slices.Concat(r.Changes, r.Foreign, r.Left)
	slices.SortStableFunc(all, func(a, b Change) int { return a.Step - b.Step })
	r.Changes, r.Foreign = Permitted(all, f.Answers)
	r.Left = nil
	return r.Without(f.Without)
}

// Run is the whole flow. The error is one that kept it from starting; what
// failed later stands in the summary.
func (f *Flow) Run(ctx context.Context) (*Summary, error) {
	review, err := f.Review(ctx)
	if err != nil {
		return nil, err
	}
	f.tell(review.Findings)
	for i := range review.Changes {
		f.Emit(Event{Kind: EventPlanned, Change: &review.Changes[i]})
	}
	summary := f.summarise(review)
	if f.DryRun || review.Blocked() {
		return f.finish(summary, review), nil
	}
	if len(review.Changes)+len(review.Foreign) == 0 {
		return f.finish(summary, f.prove(ctx, summary, review)), nil
	}
	decision, err := f.Confirm(ctx, review)
	if err != nil {
		return nil, err
	}
	if summary.Declined = !decision.Yes; summary.Declined {
		return f.finish(summary, review), nil
	}
	if len(decision.Adopt) > 0 {
		told := len(review.Changes)
		f.Answers.Adopt = append(f.Answers.Adopt, decision.Adopt...)
		review = f.Permit(review)
		f.tellNew(review.Changes, told)
	}
	summary, _, err = f.Make(ctx, review)
	return summary, err
}

// tellNew tells of the changes that an adoption has added to those told.
func (f *Flow) tellNew(changes []Change, told int) {
	if len(changes) == told {
		return
	}
	for i := range changes {
		if changes[i].Foreign != "" || anyForeign(changes, changes[i].Needs) {
			f.Emit(Event{Kind: EventPlanned, Change: &changes[i]})
		}
	}
}

func anyForeign(changes []Change, ids []string) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Foreign != "" && slices.Contains(ids, c.ID) })
}

// Make applies a confirmed review, looks again and tells how it ended. It
// returns what is still to do, too. It needs [Flow.Review] before it. Where an
// answer was lost it applies once more what the new look still plans, so that
// nothing is made twice.
func (f *Flow) Make(ctx context.Context, review Review) (*Summary, Review, error) {
	summary := f.summarise(review)
	executor := NewExecutor(f.Env, f.Answers, f.Emit, f.Stop)
	var found []Finding
	release := func() {}
	defer func() { release() }()
	for round := range maxRounds {
		if len(review.Changes) == 0 {
			break
		}
		if !review.Looked.take() {
			return summary, Review{}, errStale
		}
		if round == 0 {
			var err error
			if release, err = f.Env.claim(ctx); err != nil {
				return summary, Review{}, err
			}
		}
		result := executor.Apply(ctx, review.Changes)
		found = append(found, result.Findings...)
		summary.Backups = append(summary.Backups, result.Backups...)
		summary.Applied += result.Applied
		summary.Failures, summary.Failed = result.Failed, len(result.Failed)
		summary.Skipped, summary.Unknown = len(result.Skipped), len(result.Unknown)
		if summary.Stopped = executor.stopped(ctx); summary.Stopped {
			break
		}
		after, err := f.settled(ctx, review.Changes, result)
		if summary.Stopped = executor.stopped(ctx); summary.Stopped {
			break
		}
		if err != nil {
			return f.finish(summary, Review{Findings: found}), Review{}, err // what was done is told all the same
		}
		review = after
		summary.Foreign = review.Foreign
		if summary.Unknown == 0 {
			break
		}
	}
	release()
	if !summary.Stopped {
		review.Findings = append(review.Findings, found...)
		review = f.prove(ctx, summary, review)
	}
	if summary.Stopped { // nothing has been looked at since
		review = Review{Findings: found}
	}
	return f.finish(summary, review), review.after(summary), nil
}

// settled looks until what was applied is seen, or until AWS has had time enough
// to show it: a policy that was mended counts seconds later.
func (f *Flow) settled(ctx context.Context, made []Change, result Result) (review Review, err error) {
	applied := appliedIDs(made, result)
	looking, done := untilStopped(ctx, f.Stop)
	defer done()
	pollErr := awsops.Poll(looking, f.Env.Patience, settleInterval, func(ctx context.Context) (bool, error) {
		if review, err = f.look(ctx); err != nil {
			return true, err
		}
		return !unseen(made, applied, review), nil
	})
	if err == nil && pollErr != nil && !errors.Is(pollErr, awsops.ErrTimeout) {
		err = fmt.Errorf("looking again after the changes: %w", pollErr)
	}
	return review, err
}

// unseen tells whether something that was applied is still to do, or has not
// mended yet what its calls were to mend.
func unseen(made []Change, applied map[string]bool, r Review) bool {
	for _, c := range made {
		if !applied[c.ID] || len(c.Calls) == 0 {
			continue
		}
		planned := slices.ContainsFunc(r.Changes, func(again Change) bool { return again.ID == c.ID })
		if planned && !takesAway(r, c.Target) || slices.ContainsFunc(r.Findings, func(x Finding) bool { return x.Severity == Failure && c.MendsFinding(x) }) {
			return true
		}
	}
	return false
}

// takesAway tells whether a look plans to delete a target: it has seen what was
// made there, and wants it made anew, as an MFA device that was never enabled.
func takesAway(r Review, target string) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Action == Delete && c.Target == target })
}

// prove lets a flow prove its result, unless it is stopped: a proof that was
// broken off proves nothing, nor that anything is wrong.
func (f *Flow) prove(ctx context.Context, s *Summary, r Review) Review {
	if f.Prove == nil {
		return r
	}
	proving, done := untilStopped(ctx, f.Stop)
	defer done()
	proven := f.Prove(proving, f.Env, r)
	if s.Stopped = proving.Err() != nil; s.Stopped {
		return r
	}
	return proven
}

// summarise counts what a review would change.
func (f *Flow) summarise(r Review) *Summary {
	s := &Summary{DryRun: f.DryRun, Foreign: r.Foreign}
	s.Add, s.Change, s.Destroy = Counts(r.Changes)
	return s
}

// finish emits the findings that are new and the summary, which holds all that
// remain.
func (f *Flow) finish(s *Summary, r Review) *Summary {
	s.Findings, s.Checks = r.Findings, r.Checks
	s.Notes = s.backupNotes()
	if f.Close != nil {
		s.Notes = append(s.Notes, f.Close(s)...)
	}
	f.tell(r.Findings)
	f.Emit(Event{Kind: EventSummary, Summary: s})
	return s
}

// tell emits the findings that were not told before: what is wrong is known
// before it is mended, and said once.
func (f *Flow) tell(findings []Finding) {
	for i := range findings {
		if !slices.ContainsFunc(f.told, findings[i].same) {
			f.told = append(f.told, findings[i])
			f.Emit(Event{Kind: EventFinding, Finding: &findings[i]})
		}
	}
}
