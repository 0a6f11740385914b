package steps

import (
	"context"
	"slices"
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
// returns what is still to do, too. It needs [Flow.Review] before it.
func (f *Flow) Make(ctx context.Context, review Review) (*Summary, Review, error) {
	summary := f.summarise(review)
	made := rounds{
		env: f.Env, executor: NewExecutor(f.Env, f.Answers, f.Emit, f.Stop), stop: f.Stop,
		look: f.look, unseen: unmended,
	}
	if len(review.Changes) > 0 {
		if !review.Looked.take() {
			return summary, Review{}, errStale
		}
		release, err := f.Env.claim(ctx)
		if err != nil {
			return summary, Review{}, err
		}
		review, err = made.carryOut(ctx, review, summary)
		release()
		if err != nil {
			return f.finish(summary, review), Review{}, err // what was done is told all the same
		}
	}
	if !summary.Stopped {
		review = f.prove(ctx, summary, review)
		if summary.Stopped { // nothing has been looked at since
			review = Review{Findings: made.found}
		}
	}
	return f.finish(summary, review), review.after(summary), nil
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
