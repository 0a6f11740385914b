package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// The phases of a run, as its round trips name them.
const (
	phaseLook      = "look"
	phasePreflight = "preflight"
	phaseApply     = "apply"
	phaseAgain     = "again"
	phaseProve     = "prove"
)

// journey is the round trips of one run.
type journey []sandboxtest.Trip

// count is how many round trips these phases took.
func (j journey) count(phases ...string) (n int) {
	for _, trip := range j {
		if slices.Contains(phases, trip.Phase) {
			n++
		}
	}
	return n
}

// changing is how many round trips a run needs for what it changes: preflight and proofs
// are counted apart.
func (j journey) changing() int { return j.count(phaseLook, phaseApply, phaseAgain) }

// calls is how many requests there were in all.
func (j journey) calls() (n int) {
	for _, trip := range j {
		n += len(trip.Asked)
	}
	return n
}

// String draws the chain, a round trip a line.
func (j journey) String() string {
	var b strings.Builder
	for i, trip := range j {
		fmt.Fprintf(&b, "%3d %s\n", i+1, trip)
	}
	return b.String()
}

// journeys are those of a first set-up of the team and of the run after it.
func journeys(t testing.TB) (first, second journey) {
	t.Helper()
	var trips sandboxtest.Trips
	w := newWorld(t, sandbox.Options{Now: trips.Now})
	trips.Conduct(t, w.server)
	w.healthy(w.run(phased(&trips, w.setup(team()))))
	first = trips.Take()
	w.healthy(w.run(phased(&trips, w.setup(team()))))
	return first, trips.Take()
}

// phased tells the trips which phase of the flow they belong to.
func phased(trips *sandboxtest.Trips, f *engine.Flow) *engine.Flow {
	look, preflight, prove, phase := f.Look, f.Preflight, f.Prove, phaseLook
	f.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
		trips.Begin(phase)
		phase = phaseAgain
		return look(ctx, env)
	}
	f.Preflight = func(ctx context.Context, env *engine.Env, r plan.Review) []plan.Finding {
		trips.Begin(phasePreflight)
		defer trips.Begin(phaseApply)
		return preflight(ctx, env, r)
	}
	f.Prove = func(ctx context.Context, env *engine.Env, r plan.Review, made *plan.Summary) plan.Review {
		trips.Begin(phaseProve)
		return prove(ctx, env, r, made)
	}
	return f
}

// TestWhatNeedNotWaitDoesNot bounds how many requests of a set-up of three environments
// wait for one another: a person waits for each of them. It draws the chain where it has
// grown.
func TestWhatNeedNotWaitDoesNot(t *testing.T) {
	first, second := journeys(t)
	for _, run := range []struct {
		name    string
		journey journey
		most    map[string]int
	}{
		// A new role is assumed twice, with a pause between, in each of three environments.
		{"first", first, map[string]int{phaseLook: 4, phasePreflight: 3, phaseApply: 6, phaseAgain: 3, phaseProve: 6 + 3}},
		{"second", second, map[string]int{phaseLook: 5, phasePreflight: 0, phaseApply: 0, phaseAgain: 0, phaseProve: 6}},
	} {
		for phase, most := range run.most {
			if n := run.journey.count(phase); n > most {
				t.Errorf("%s run, %s: %d round trips, at most %d are wanted:\n%s", run.name, phase, n, most, run.journey)
			}
		}
	}
}

// printChain prints the round trips of a run beside what they were when the figures were
// first asked for, with proofs and all in one.
func printChain(b *testing.B, name string, j journey, before string, wall, latency time.Duration) {
	b.Helper()
	b.ReportMetric(float64(j.calls()), "calls")
	b.ReportMetric(float64(j.changing()), "trips")
	b.ReportMetric(wall.Seconds()/(float64(len(j))*latency.Seconds()), "wall/chain")
	fmt.Printf("%s: %d calls in %d round trips for what changes (before: %s), %d of the preflight, %d of the proofs; at %s a call %.2fs, of which all %d round trips take %.2fs\n%s",
		name, j.calls(), j.changing(), before, j.count(phasePreflight), j.count(phaseProve), latency, wall.Seconds(), len(j), float64(len(j))*latency.Seconds(), j)
}

// BenchmarkSetupAt50ms prints the round trips of a whole set-up of three environments and
// two users, what was asked in each, and the wall time beside them: at most 20 for what
// changes are wanted, and at most 1.5 times their latency.
func BenchmarkSetupAt50ms(b *testing.B) {
	const latency = 50 * time.Millisecond
	first, _ := journeys(b)
	for range b.N {
		w := newWorld(b, sandbox.Options{Latency: latency})
		start := time.Now()
		w.healthy(w.run(w.setup(team())))
		printChain(b, "setup", first, "128 calls, 30", time.Since(start), latency)
	}
}

// BenchmarkSecondRunAt50ms prints the round trips of a run over a finished set-up, what was
// asked in each, and the wall time beside them: at most 8 are wanted, the proofs' apart.
func BenchmarkSecondRunAt50ms(b *testing.B) {
	const latency = 50 * time.Millisecond
	_, second := journeys(b)
	for range b.N {
		w := newWorld(b, sandbox.Options{Latency: latency})
		w.healthy(w.run(w.setup(team())))
		start := time.Now()
		w.healthy(w.run(w.setup(team())))
		printChain(b, "second run", second, "10", time.Since(start), latency)
	}
}
