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
	patience := env.Patience / newsShare
	return await(ctx, env, patience, func(err error) time.Duration {
		if disagrees(err) == nil {
			return 0
		}
		return patience
	}, look)
}

// await looks, and looks again while what it meets may heal: healing says how long from
// the beginning on that may take, which is 0 for what does not heal and at most most. What
// is waited for is told once.
func await(ctx context.Context, env *Env, most time.Duration, healing func(error) time.Duration, look func(context.Context) error) error {
	var err error
	begun, told := time.Now(), false
	pollErr := awsops.Poll(ctx, most, settleInterval, func(ctx context.Context) (bool, error) {
		waited := time.Since(begun) // as the look begins: one that takes long has seen what was there before
		err = look(ctx)
		patience := healing(err)
		if patience == 0 || waited >= patience {
			return true, nil
		}
		if !told {
			told = true
			env.Emit(plan.Event{Kind: plan.EventProgress, Text: awaited(err, patience)})
		}
		return false, nil
	})
	if pollErr == nil && disagrees(err) != nil {
		return fmt.Errorf("AWS names something that it does not find, and still did after %s: %w", healing(err).Round(time.Second), err)
	}
	return errors.Join(err, pollErr)
}

// awaited says what is waited for, and for how long.
func awaited(err error, patience time.Duration) string {
	up := patience.Round(time.Second)
	if missing := disagrees(err); missing != nil {
		return fmt.Sprintf("AWS names %s, and %s:%s does not find it. It may have been made or deleted just now, so this looks again for up to %s.",
			missing.Resource, missing.Service, missing.Operation, up)
	}
	var refused *awsops.Error
	if !errors.As(err, &refused) {
		return fmt.Sprintf("This asks again for up to %s: %v", up, err)
	}
	return fmt.Sprintf("AWS refuses %s:%s on %s (%s). A new key or policy may not be in force everywhere yet, so this asks again for up to %s.",
		refused.Service, refused.Operation, refused.Resource, refused.Code, up)
}
