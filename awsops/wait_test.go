package awsops

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPollProbesAtOnceAndEndsWithTheProbe(t *testing.T) {
	t.Parallel()
	probes := 0
	err := Poll(t.Context(), time.Minute, time.Second, func(context.Context) (bool, error) {
		probes++
		return probes == 2, nil
	})
	if err != nil || probes != 2 {
		t.Errorf("%d probes, %v", probes, err)
	}
	broken := errors.New("broken")
	if err := Poll(t.Context(), time.Minute, time.Second, func(context.Context) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("the probe's error became %v", err)
	}
}

func TestPollIsBoundedAndTellsTheLastFailure(t *testing.T) {
	t.Parallel()
	last := &Error{Code: "AccessDenied"}
	err := pollWhile(t.Context(), time.Nanosecond, time.Second, IsAccessDenied, func(context.Context) (bool, error) { return false, last })
	if !errors.Is(err, ErrTimeout) || !IsAccessDenied(err) {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Poll(ctx, time.Minute, time.Second, func(context.Context) (bool, error) { return false, nil }); !IsCancelled(err) {
		t.Errorf("the error is %v", err)
	}
}

// TestPollAsksOnceMoreAfterAProbeThatOutlastedTheTimeout: what it has seen is as old as
// its beginning.
func TestPollAsksOnceMoreAfterAProbeThatOutlastedTheTimeout(t *testing.T) {
	t.Parallel()
	const timeout = 20 * time.Millisecond
	for name, c := range map[string]struct{ heals, probes int }{"seen by then": {heals: 2, probes: 2}, "never seen": {probes: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probes := 0
			err := Poll(t.Context(), timeout, time.Minute, func(context.Context) (bool, error) {
				probes++
				time.Sleep(2 * timeout)
				return probes == c.heals, nil
			})
			if probes != c.probes || errors.Is(err, ErrTimeout) != (c.heals == 0) {
				t.Errorf("%d probes, %v", probes, err)
			}
		})
	}
}
