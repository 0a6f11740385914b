package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stateroom/awsops"
)

// maxRounds bounds how often a plan is made again because an answer was lost.
const maxRounds = 6

// rounds carries out a review that was confirmed and looks again. Where an
// answer was lost it goes on with what the new look still plans of what was
// confirmed, so that nothing is made twice; anything else is left for the next
// run, which shows it.
type rounds struct {
	env      *Env
	executor *Executor
	stop     <-chan struct{}
	look     func(context.Context) (Review, error)
	// unseen tells whether a look does not show yet what was applied.
	unseen func(made []Change, applied map[string]bool, r Review) bool
	// own is [confirmed]'s; it may be nil.
	own func(Change) bool

	// found is what the commands found on the way, and left is what the last look
	// plans and nobody has confirmed.
	found []Finding
	left  []Change
}

// carryOut counts in summary what was done, and returns the last look's review.
// After a stop or an error nothing has been looked at, and it holds only what was
// found on the way.
func (r *rounds) carryOut(ctx context.Context, review Review, summary *Summary) (Review, error) {
	shown, due := review.Changes, review.Changes
	for range maxRounds {
		result := r.executor.Apply(ctx, due)
		r.found = append(r.found, result.Findings...)
		summary.book(result)
		if summary.Stopped = r.executor.stopped(ctx); summary.Stopped {
			return Review{Findings: r.found}, nil
		}
		after, err := r.settled(ctx, due, result)
		if summary.Stopped = r.executor.stopped(ctx); summary.Stopped {
			return Review{Findings: r.found}, nil
		}
		if err != nil {
			return Review{Findings: r.found}, err
		}
		review, summary.Foreign = after, after.Foreign
		if len(result.Unknown) == 0 {
			break
		}
		due, r.left = confirmed(review.Changes, shown, r.own)
		if len(due) == 0 {
			summary.Skipped, summary.Unknown = len(r.left), 0 // the look has told what became of them
			break
		}
		if !review.Looked.take() {
			break
		}
	}
	if len(r.left) > 0 {
		_, r.left = confirmed(review.Changes, shown, r.own) // as the last look has it
	}
	review.Findings = slices.Concat(review.Findings, unconfirmed(r.left), r.found)
	return review, nil
}

// book adds the outcome of one round. What failed or was skipped before is in
// this round's plan again, if it is still to be made.
func (s *Summary) book(r Result) {
	s.Backups = append(s.Backups, r.Backups...)
	s.Applied += r.Applied
	s.Failures, s.Failed = r.Failed, len(r.Failed)
	s.Skipped, s.Unknown = len(r.Skipped), len(r.Unknown)
}

// settled looks until what was applied is seen, or until AWS has had time enough
// to show it: a policy that was mended counts seconds later.
func (r *rounds) settled(ctx context.Context, made []Change, result Result) (review Review, err error) {
	applied := appliedIDs(made, result)
	looking, done := untilStopped(ctx, r.stop)
	defer done()
	pollErr := awsops.Poll(looking, r.env.Patience, settleInterval, func(ctx context.Context) (bool, error) {
		if review, err = r.look(ctx); err != nil {
			return true, err
		}
		return !r.unseen(made, applied, review), nil
	})
	if err == nil && pollErr != nil && !errors.Is(pollErr, awsops.ErrTimeout) {
		err = fmt.Errorf("looking again after the changes: %w", pollErr)
	}
	return review, err
}

func appliedIDs(made []Change, result Result) map[string]bool {
	applied := make(map[string]bool, len(made))
	for _, c := range made {
		applied[c.ID] = true
	}
	for _, f := range result.Failed {
		delete(applied, f.Change.ID)
	}
	for _, c := range append(result.Skipped, result.Unknown...) {
		delete(applied, c.ID)
	}
	for _, c := range made {
		if c.Run != nil && (c.Run.Command == runBackup || c.Run.Command == runMove) {
			delete(applied, c.ID) // both are due before every attempt to initialise on a moved state
		}
	}
	return applied
}

// stillPlanned is set-up's unseen: what was applied is planned again.
func stillPlanned(_ []Change, applied map[string]bool, r Review) bool {
	for _, c := range r.Changes {
		if applied[c.ID] {
			return true
		}
	}
	return false
}

// unmended is a flow's unseen: what was applied is still to do, or has not
// mended yet what its calls were to mend.
func unmended(made []Change, applied map[string]bool, r Review) bool {
	for _, c := range made {
		if !applied[c.ID] || len(c.Calls) == 0 {
			continue
		}
		for _, again := range r.Changes {
			if again.ID == c.ID && !takesAway(r, c.Target) {
				return true
			}
		}
		for _, f := range r.Findings {
			if f.Severity == Failure && c.MendsFinding(f) {
				return true
			}
		}
	}
	return false
}

// takesAway tells whether a look plans to delete a target: it has seen what was
// made there, and wants it made anew, as an MFA device that was never enabled.
func takesAway(r Review, target string) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Action == Delete && c.Target == target })
}
