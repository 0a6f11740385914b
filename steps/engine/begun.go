package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// AwaitBegun calls shown until it says that AWS shows what a run of this laptop set out
// to make in a change, or there is nothing to show, or AWS has had time enough since: a
// list may be older than what was begun a moment ago, and whatever has no name of its own
// would be made a second time. What is waited for, "the access key of bob", is told once.
func AwaitBegun(ctx context.Context, env *Env, change, what string, shown func(context.Context) (bool, error)) error {
	given, told := env.Patience/newsShare, false
	err := awsops.Poll(ctx, given, settleInterval, func(ctx context.Context) (bool, error) {
		early := env.Journal.undecided(change, given) // as it is asked
		if done, err := shown(ctx); err != nil || done || !early {
			return true, err
		}
		if !told {
			told = true
			env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf("Waiting for AWS to show %s, which this laptop set out to make a moment ago.", what)})
		}
		return false, nil
	})
	if errors.Is(err, awsops.ErrTimeout) {
		return nil
	}
	return err
}

// MakingOf is the change by which this laptop made what has that id, such as an access
// key; empty where it made none.
func (j *Journal) MakingOf(id string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range slices.Backward(j.records) {
		if r.Phase == PhaseGot && r.Values["id"] == id {
			return r.Change
		}
	}
	return ""
}

// undecided tells whether AWS may still show what the newest intent has made, if that was
// not refused: it is given so long from what was noted last.
func (j *Journal) undecided(change string, given time.Duration) bool {
	r := j.last(change, "")
	return r != nil && r.Phase != phaseRefused && time.Since(r.Time) < given
}
