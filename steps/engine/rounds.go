package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// maxRounds bounds how often a plan is made again because an answer was lost.
const maxRounds = 6

// carryOut applies a confirmed review and looks again. Where an answer was lost it
// goes on with what the new look still plans of what was confirmed, so that
// nothing is made twice; anything else is left for the next run, which shows it.
// It counts in summary what was done, and returns the last look's review: after a
// stop or an error nothing has been looked at, and it holds only what was found
// on the way.
func (f *Flow) carryOut(ctx context.Context, review plan.Review, summary *plan.Summary) (plan.Review, error) {
	x := NewExecutor(f.Env, f.Answers, f.Emit, f.Stop)
	var found []plan.Finding
	var left []plan.Change
	shown, due, before := review.Changes, review.Changes, review.Findings
	for range maxRounds {
		result := x.Apply(ctx, due)
		found = append(found, result.Findings...)
		book(summary, result)
		if summary.Stopped = x.stopped(ctx); summary.Stopped {
			return plan.Review{Findings: found}, nil
		}
		applied := appliedIDs(due, result)
		after, err := f.settled(ctx, due, applied, result.Unknown, before)
		if summary.Stopped = x.stopped(ctx); summary.Stopped {
			return plan.Review{Findings: found}, nil
		}
		if err != nil {
			return plan.Review{Findings: found}, err
		}
		review, summary.NotOurs = after, after.NotOurs
		summary.Applied += len(carriedOut(nil, slices.DeleteFunc(slices.Clone(result.Unknown), func(c plan.Change) bool { return slices.Contains(result.Taken, c.ID) }), review))
		if len(result.Unknown) == 0 {
			found = append(found, notHeld(due, applied, review)...)
			_, left = plan.Confirmed(review.Changes, shown, x.lookup)
			break
		}
		due, left = plan.Confirmed(review.Changes, shown, x.lookup)
		if len(due) == 0 {
			summary.Skipped, summary.Unknown = len(left), 0 // the look has told what became of them
			break
		}
		if !lookOf(review).take() {
			break
		}
	}
	if len(left) > 0 {
		_, left = plan.Confirmed(review.Changes, shown, x.lookup) // as the last look has it
	}
	review.Findings = slices.Concat(review.Findings, plan.Unconfirmed(left), found)
	return review, nil
}

// book adds the outcome of one round. What failed or was skipped before is in
// this round's plan again, if it is still to be made.
func book(s *plan.Summary, r Result) {
	s.Backups = append(s.Backups, r.Backups...)
	s.Applied += r.Applied
	s.Failures, s.Failed = r.Failed, len(r.Failed)
	s.Skipped, s.Unknown = len(r.Skipped), len(r.Unknown)
}

// settled looks until what was applied is seen, or until AWS has had time enough
// to show it: a policy that was mended counts seconds later. Reads lag in part: what is
// listed may not be found yet, and what stands beside what was made may look wrong that
// is not. Neither is told before time has shown that it is so.
func (f *Flow) settled(ctx context.Context, made []plan.Change, applied map[string]bool, lost []plan.Change, before []plan.Finding) (review plan.Review, err error) {
	looking, done := untilStopped(context.WithValue(ctx, settlingKey{}, true), f.Stop)
	defer done()
	begun := time.Now()
	pollErr := awsops.Poll(looking, f.Env.Patience, settleInterval, func(ctx context.Context) (bool, error) {
		early := time.Since(begun) < f.Env.Patience/newsShare // as the look begins: one that waits itself has seen what was early
		if review, err = f.look(ctx); err != nil {
			return len(applied) == 0 || !awsops.IsNotFound(err), nil
		}
		done := carriedOut(applied, lost, review)
		doubtful := callsAWS(made, done) && anyNews(before, review.Findings) || doubling(lost, review)
		return !(doubtful && early) && !unseen(made, done, review), nil
	})
	if err == nil && pollErr != nil && !errors.Is(pollErr, awsops.ErrTimeout) {
		err = fmt.Errorf("looking again after the changes: %w", pollErr)
	}
	return review, err
}

// carriedOut are what was applied and what was sent without an answer that a look no
// longer plans: AWS has it, and may show its effects as late as those of any other.
func carriedOut(applied map[string]bool, lost []plan.Change, r plan.Review) map[string]bool {
	done, again := make(map[string]bool, len(applied)), plannedAgain(r)
	maps.Copy(done, applied)
	for i := range lost {
		if !again[lost[i].ID] {
			done[lost[i].ID] = true
		}
	}
	return done
}

type settlingKey struct{}

// Settling tells a look that waits until AWS shows what the run has made: what nothing of
// that changes was seen by the look before, and need not be asked again.
func Settling(ctx context.Context) bool { return ctx.Value(settlingKey{}) != nil }

func appliedIDs(made []plan.Change, result Result) map[string]bool {
	applied := plan.IDs(made)
	for _, f := range result.Failed {
		delete(applied, f.Change.ID)
	}
	for _, c := range append(result.Skipped, result.Unknown...) {
		delete(applied, c.ID)
	}
	for _, c := range made {
		if c.Run == nil {
			continue
		}
		switch c.Run.Command.(type) {
		case plan.BackUp, plan.Move:
			delete(applied, c.ID) // both are due before every attempt to initialise on a moved state
		}
	}
	return applied
}

// newsShare is the part of the patience for which a finding that came up only after the
// changes is doubted, or that what was sent without an answer is not there: unlike what
// is still to do either may well be so.
const newsShare = 4

// anyNews tells whether something stands against a set-up now that did not before it was
// changed.
func anyNews(before, now []plan.Finding) bool {
	known := make(map[string]bool, len(before))
	for _, f := range before {
		known[f.Key()] = true
	}
	return slices.ContainsFunc(now, func(f plan.Finding) bool { return f.Severity != plan.Info && !known[f.Key()] })
}

// doubling tells whether a look still plans what was sent, without an answer, and is sent
// once only: AWS would make it a second time.
func doubling(lost []plan.Change, r plan.Review) bool {
	again := plannedAgain(r)
	return slices.ContainsFunc(lost, func(c plan.Change) bool {
		return slices.ContainsFunc(c.Calls, awsops.Call.OnceOnly) && again[c.ID]
	})
}

func callsAWS(made []plan.Change, applied map[string]bool) bool {
	return slices.ContainsFunc(made, func(c plan.Change) bool { return applied[c.ID] && len(c.Calls) > 0 })
}

// unseen tells whether AWS does not show yet what was applied: it is still to do,
// or has not mended yet what its calls were to mend. Files and commands are seen at
// once.
func unseen(made []plan.Change, applied map[string]bool, r plan.Review) bool {
	again := plannedAgain(r)
	failures := plan.Keys(slices.DeleteFunc(slices.Clone(r.Findings), func(f plan.Finding) bool { return f.Severity != plan.Failure }))
	for i := range made {
		if c := &made[i]; applied[c.ID] && len(c.Calls) > 0 && (again[c.ID] || c.FixesAny(failures)) {
			return true
		}
	}
	return false
}

// plannedAgain are the ids of what a look plans, but for what it plans since it takes away
// first what is there.
func plannedAgain(r plan.Review) map[string]bool {
	again, gone := map[string]bool{}, takenAway(r)
	for i := range r.Changes {
		if c := &r.Changes[i]; !gone[c.Target] {
			again[c.ID] = true
		}
	}
	return again
}

// notHeld are the findings of changes that were made and are due once more, the
// same, when looked at again; where a finding says already what was not mended by
// one, that is enough. A command tells itself what it left undone, such as
// providers that could not be had, and is proven besides.
func notHeld(made []plan.Change, applied map[string]bool, r plan.Review) []plan.Finding {
	var findings []plan.Finding
	gone, told := takenAway(r), plan.Keys(r.Findings)
	before := make(map[string]*plan.Change, len(made))
	for i := range made {
		before[made[i].ID] = &made[i]
	}
	for _, c := range r.Changes {
		m := before[c.ID]
		if !applied[c.ID] || c.Run != nil || gone[c.Target] || m == nil || !m.Covers(c) || c.FixesAny(told) {
			continue
		}
		evidence := fmt.Sprintf("%s: this was done, and a fresh look shows that it is needed again.", c.Title)
		if len(c.Calls) > 0 {
			evidence = fmt.Sprintf("%s: AWS accepted the change to %s, but reading it back still differs.", c.Title, c.Target)
		}
		findings = append(findings, plan.Finding{
			ID: c.NotHeldID(), Of: c.Of, Step: c.Step, Severity: plan.Failure, Evidence: evidence,
			Remedy: "Run the command again; if it still differs, something else is changing it.",
		})
	}
	return findings
}

// takenAway are the targets that a look plans to delete: it has seen what was made there,
// and wants it made anew, as an MFA device that was never enabled.
func takenAway(r plan.Review) map[string]bool {
	gone := map[string]bool{}
	for i := range r.Changes {
		if r.Changes[i].Action == plan.Delete {
			gone[r.Changes[i].Target] = true
		}
	}
	return gone
}
