package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// Unseen marks a refusal as that of something which AWS has just listed, and knows
// nothing of when it is asked about it.
func Unseen(refusal error) error { return unseenError{refusal} }

type unseenError struct{ error }

func (e unseenError) Unwrap() error { return e.error }

// disagrees is the call that does not find what another one has named; nil where none
// does.
func disagrees(err error) (call *awsops.Error) {
	var unseen unseenError
	if (awsops.IsNotFound(err) || errors.As(err, &unseen)) && errors.As(err, &call) {
		return call
	}
	return nil
}

// Agreed looks, and looks again while AWS names something that it does not find: its
// reads are not of one moment (facts/aws.md, "Eventual consistency"). What is waited for
// is told once. Where it is not found for all that, the error says so.
func Agreed(ctx context.Context, env *Env, look func(context.Context) error) error {
	var err error
	patience, told := env.Patience/newsShare, false
	pollErr := awsops.Poll(ctx, patience, settleInterval, func(ctx context.Context) (bool, error) {
		err = look(ctx)
		missing := disagrees(err)
		if missing == nil {
			return true, nil
		}
		if !told {
			told = true
			env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf(
				"AWS names %s, and %s:%s does not find it. It may have been made or deleted just now, so this looks again for up to %s.",
				missing.Resource, missing.Service, missing.Operation, patience.Round(time.Second))})
		}
		return false, nil
	})
	if errors.Is(pollErr, awsops.ErrTimeout) {
		return fmt.Errorf("AWS names something that it does not find, and still did after %s: %w", patience.Round(time.Second), err)
	}
	return errors.Join(err, pollErr)
}
