//go:build integration

package steps

import (
	"sync/atomic"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/stepstest"
)

// TestASetUpWithTerraformHoldsOnAnAWSThatLagsAndFails: the whole set-up, a second run,
// damage and its repair, proven with a real Terraform each time.
func TestASetUpWithTerraformHoldsOnAnAWSThatLagsAndFails(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.SomeHardSeeds(t, "1") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64 // by how much the sandbox's clock goes before
			w := newWorld(t, sandbox.Options{Seed: seed, Lag: harshLag, Propagation: harshLag / 2, Now: func() time.Time {
				return time.Now().Add(time.Duration(later.Load()))
			}})
			w.withTerraform()
			rough := func(seed string) { w.server.Intercept(sandboxtest.SparingStates(sandbox.Rough(seed))) }
			rough(seed)
			w.endsWell(team())
			w.undoubled()
			w.settledNow(team())
			w.damage()
			later.Add(int64(harshLag)) // until then a look may find what is gone
			rough("damaged " + seed)
			w.endsWell(team())
			w.undoubled()
			w.settledNow(team())
		})
	}
}
