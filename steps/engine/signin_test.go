package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// TestNobodyIsWaitedForWithoutAnEnd: a sign-in that nobody finishes ends with what to do, and
// an interrupt ends it at once.
func TestNobodyIsWaitedForWithoutAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		interrupted bool
		after       time.Duration
		want        error
	}{
		"nobody comes": {false, signInWait, errNotSignedIn},
		"interrupted":  {true, 0, stoppedSignIn{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := make(chan struct{})
				ctx, done := untilStopped(t.Context(), stop)
				defer done()
				if c.interrupted {
					close(stop)
				}
				began := time.Now()
				_, err := patiently(ctx, func(ctx context.Context) (none awsops.PortalToken, err error) {
					return visiting(ctx, func(ctx context.Context, _ plan.Visit) error { <-ctx.Done(); return nil }, plan.Visit{}, func(ctx context.Context) (awsops.PortalToken, error) {
						<-ctx.Done()
						return none, ctx.Err()
					})
				})
				if took := time.Since(began); !errors.Is(err, c.want) || took != c.after {
					t.Errorf("ended with %v after %s", err, took)
				}
			})
		})
	}
}
