package account_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

const harshLag = 400 * time.Millisecond

// slowFaults take several changes of one thing, each of which AWS has to be at the end of
// first: a person breaks them slowly.
var slowFaults = []string{"bucket missing", "table missing", "the bucket demands the key of a setup that lost the alias"}

// TestAHealthCheckHoldsOnAnAWSThatLagsAndFails: a healthy set-up is called healthy, a fault
// found and mended, and what is called mended is so, though reads and principals lag and
// one request in nine fails as a seed draws it.
func TestAHealthCheckHoldsOnAnAWSThatLagsAndFails(t *testing.T) {
	t.Parallel()
	breakable := slices.DeleteFunc(slices.Clone(faults), func(f fault) bool { return !f.mends || slices.Contains(slowFaults, f.name) })
	for _, seed := range stepstest.HardSeeds(t, "1", "2", "3") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			f := breakable[sandboxtest.Kind(seed, len(breakable))]
			w := newWorld(t, sandbox.Options{Lag: harshLag + time.Duration(sandboxtest.Kind(seed, 4)), Propagation: harshLag / 2})
			w.Server.Intercept(sandbox.Rough(seed))
			if found := failures(w.Review()); len(found) > 0 {
				t.Errorf("a healthy setup has the failures %q", found)
			}
			w.Server.Intercept(nil)
			f.breaking(w)
			time.Sleep(harshLag + harshLag/2) // until then a look may find what is gone
			w.Server.Intercept(sandbox.Rough("fixed " + seed))
			if diff := cmp.Diff(f.want, failures(w.Review())); diff != "" {
				t.Errorf("%s: findings (-want +got):\n%s", f.name, diff)
			}
			summary := w.Mended()
			if summary.ExitCode(false) != plan.ExitDone {
				t.Errorf("%s, fixed: exit %d, %v", f.name, summary.ExitCode(false), summary.Findings)
			}
			w.Server.Intercept(nil)
			time.Sleep(harshLag)
			if found := failures(w.Review()); len(found) > 0 {
				t.Errorf("%s was called fixed, and has the failures %q", f.name, found)
			}
		})
	}
}
