package steps

import (
	"context"
	"slices"

	"stateroom/steps/blueprint"
)

// Flow is a run: setting up, troubleshooting, onboarding, handing over,
// offboarding. It looks, shows what it would change, asks once, applies what was
// shown, and looks again.
type Flow struct {
	Env     *Env
	Answers *blueprint.Answers
	// Look reads and plans. It makes no mutating call and writes no file. What
	// it has checked it tells by EventCheck, too, as each check ends.
	Look func(ctx context.Context, env *Env) (Review, error)
	// Replan makes the review of the newest look again, where an adoption changes
	// more than which of its changes are permitted. It makes no call. It may be nil.
	Replan func() Review
	// Prove, which may be nil, adds what only a probe or Terraform can tell to
	// the last look: the object and lock writes of probes are its own. It knows
	// what was made before, and never runs in a dry run.
	Prove func(ctx context.Context, env *Env, r Review, made *Summary) Review
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
	// findingsLast keeps the findings of the first look until the end: what set-up
	// finds, its plan mostly mends, and its events begin with the changes.
	findingsLast bool
}

// Review looks and plans, and splits off what touches something that nobody
// agreed to.
func (f *Flow) Review(ctx context.Context) (Review, error) {
	f.Emit = serialised(f.Emit)
	f.Env.Report(f.Emit)
	return f.look(ctx)
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

// Permit makes the review of a look anew, after an adoption or after a change was
// left out: what was split off before is split again, and what stands against the
// changes told again. It makes no call.
func (f *Flow) Permit(r Review) Review {
	looked := r.Looked
	if f.Replan != nil {
		r = f.Replan()
	}
	all := slices.Concat(r.Changes, r.Foreign, r.Left)
	slices.SortStableFunc(all, func(a, b Change) int { return a.Step - b.Step })
	r.Changes, r.Foreign = Permitted(all, f.Answers)
	r.Left, r.Looked = nil, looked
	r = r.Without(f.Without)
	before := r.against
	r.against = append(standing(f.Env, r.Changes), Unwritten(f.Env, f.Env.CredentialsPath)...)
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return slices.ContainsFunc(before, f.same) })
	r.Findings = append(r.Findings, r.against...)
	return r
}

// Run is the whole flow. The error is one that kept it from starting; what
// failed later stands in the summary.
func (f *Flow) Run(ctx context.Context) (*Summary, error) {
	review, err := f.Review(ctx)
	if err != nil {
		return nil, err
	}
	if !f.findingsLast {
		f.tell(review.Findings)
	}
	f.announce(nil, review.Changes)
	summary := f.summarise(review)
	if f.DryRun || review.Blocked() {
		return f.finish(summary, review), nil
	}
	if len(review.Changes)+len(review.Foreign) > 0 {
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
func (f *Flow) announce(told, changes []Change) {
	for i := range changes {
		if !slices.ContainsFunc(told, func(c Change) bool { return c.ID == changes[i].ID }) {
			f.Emit(Event{Kind: EventPlanned, Change: &changes[i]})
		}
	}
}

// Make applies a confirmed review, looks again, proves, and tells how it ended. It
// returns what is still to do, too. It needs [Flow.Review] before it.
func (f *Flow) Make(ctx context.Context, review Review) (*Summary, Review, error) {
	summary := f.summarise(review)
	if len(review.Changes) > 0 {
		if !review.Looked.take() {
			return summary, Review{}, errStale
		}
		release, err := f.Env.claim(ctx)
		if err != nil {
			return summary, Review{}, err
		}
		review, err = f.carryOut(ctx, review, summary)
		release()
		if err != nil {
			return f.finish(summary, review), Review{}, err // what was done is told all the same
		}
	}
	if !summary.Stopped {
		review = f.prove(ctx, summary, review)
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
	proven := f.Prove(proving, f.Env, r, s)
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
