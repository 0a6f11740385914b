package steps

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// sequential is how many of the requests came one after another: each began
// after the one before it could have been answered.
func sequential(log []sandbox.Entry, latency time.Duration) int {
	slices.SortFunc(log, func(a, b sandbox.Entry) int { return a.Time.Compare(b.Time) })
	count := 0
	var last time.Time
	for _, e := range log {
		if count == 0 || e.Time.Sub(last) >= latency {
			count, last = count+1, e.Time
		}
	}
	return count
}

// longestChain is the greatest number of calls in the plan that wait for one
// another.
func longestChain(changes []plan.Change) int {
	index := map[string]plan.Change{}
	for _, c := range changes {
		index[c.ID] = c
	}
	depth := map[string]int{}
	var of func(id string) int
	of = func(id string) int {
		c, there := index[id]
		if !there {
			return 0
		}
		if d, known := depth[id]; known {
			return d
		}
		longest := 0
		for _, need := range c.Needs {
			longest = max(longest, of(need))
		}
		depth[id] = longest + len(c.Calls)
		return depth[id]
	}
	longest := 0
	for _, c := range changes {
		longest = max(longest, of(c.ID))
	}
	return longest
}

// phases splits a run at its first and last applied change.
type phases struct {
	start, first, last, end time.Time
	changes                 []plan.Change
}

func (w *world) measured(s *engine.Flow) (*plan.Summary, phases) {
	var p phases
	emit := s.Emit
	s.Emit = func(e plan.Event) {
		switch e.Kind {
		case plan.EventChange:
			p.changes = append(p.changes, *e.Change)
			p.first = time.Now()
		case plan.EventApplied:
			p.last = time.Now()
		}
		emit(e)
	}
	p.start = time.Now()
	summary := w.run(s)
	p.end = time.Now()
	return summary, p
}

func between(log []sandbox.Entry, from, to time.Time) []sandbox.Entry {
	var part []sandbox.Entry
	for _, e := range log {
		if !e.Time.Before(from) && e.Time.Before(to) {
			part = append(part, e)
		}
	}
	return part
}

// BenchmarkSetupAt50ms prints the wall time of a whole set-up of three
// environments and two users beside the longest chain of dependent calls:
// what the inspections and probes make one after another, and the longest path
// through the plan. At most 1.5 times that chain is wanted.
func BenchmarkSetupAt50ms(b *testing.B) {
	const latency = 50 * time.Millisecond
	for range b.N {
		w := newWorld(b, sandbox.Options{Latency: latency})
		summary, p := w.measured(w.setup(team()))
		w.healthy(summary)
		log := w.server.Log()
		chain := sequential(between(log, p.start, p.first), latency) + longestChain(p.changes) +
			sequential(between(log, p.last, p.end), latency)
		wall := p.end.Sub(p.start)
		b.ReportMetric(float64(len(log)), "calls")
		b.ReportMetric(float64(chain), "chain")
		b.ReportMetric(wall.Seconds()/(float64(chain)*latency.Seconds()), "wall/chain")
		fmt.Printf("setup at 50 ms: wall %.2fs, %d calls, longest chain %d calls = %.2fs\n",
			wall.Seconds(), len(log), chain, float64(chain)*latency.Seconds())
	}
}

// BenchmarkSecondRunAt50ms prints the sequential round trips of a run over a
// finished set-up, Terraform's and the probes' own apart: at most 12 are wanted.
func BenchmarkSecondRunAt50ms(b *testing.B) {
	const latency = 50 * time.Millisecond
	for range b.N {
		w := newWorld(b, sandbox.Options{Latency: latency})
		w.healthy(w.run(w.setup(team())))
		mark := len(w.server.Log())
		start := time.Now()
		w.healthy(w.run(w.setup(team())))
		wall := time.Since(start)
		var reads []sandbox.Entry
		for _, e := range w.server.Log()[mark:] {
			if isProbe(e) {
				break // from here on the probe stands in for Terraform
			}
			reads = append(reads, e)
		}
		trips := sequential(reads, latency)
		b.ReportMetric(float64(trips), "round-trips")
		fmt.Printf("second run at 50 ms: wall %.2fs, %d reads in %d sequential round trips\n", wall.Seconds(), len(reads), trips)
	}
}

// thousand is the team's blueprint with a thousand environments.
func thousand(w *world) *blueprint.Blueprint {
	w.t.Helper()
	b := team()
	accounts, err := w.setup(b).Env.Sessions.Home(b.StateRegion).Accounts(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	b.Environments, b.Projects = nil, nil
	for i, account := range slices.DeleteFunc(accounts, func(a awsops.Account) bool { return a.ID == b.AdminAccount }) {
		e := blueprint.NewEnvironment(fmt.Sprintf("env-%04d", i+1))
		e.Account = account.ID
		b.Environments = append(b.Environments, e)
	}
	b.Projects = []blueprint.Project{{Name: "common-first", Environment: "env-0001"}}
	b.FillDefaults()
	return b
}

// BenchmarkThousandEnvironmentsAt20ms prints how long the roles of a thousand
// environments take beside calls ÷ parallelism × latency, and the memory of
// the whole process, sandbox included: at most 1.3 times and 150 MiB are wanted.
func BenchmarkThousandEnvironmentsAt20ms(b *testing.B) {
	const latency = 20 * time.Millisecond
	for range b.N {
		w := newWorld(b, sandbox.Options{Accounts: 1000, Latency: latency})
		blueprint := thousand(w)
		runtime.GC()
		var peak uint64
		stop := make(chan struct{})
		go func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.Sys-m.HeapReleased)
				}
			}
		}()
		summary, p := w.measured(w.setup(blueprint))
		close(stop)
		w.healthy(summary)
		applied := between(w.server.Log(), p.first, p.last)
		ideal := float64(len(applied)) / engine.DefaultParallel * latency.Seconds()
		wall := p.last.Sub(p.first).Seconds()
		b.ReportMetric(wall/ideal, "wall/ideal")
		b.ReportMetric(math.Round(float64(peak)/(1<<20)), "MiB")
		fmt.Printf("1,000 environments at 20 ms: %d calls of roles and policies in %.2fs, calls ÷ %d × latency = %.2fs; whole run %.1fs, %d calls; %d MiB with the sandbox\n",
			len(applied), wall, engine.DefaultParallel, ideal, p.end.Sub(p.start).Seconds(), len(w.server.Log()), peak>>20)
	}
}
