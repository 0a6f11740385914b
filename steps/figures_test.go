package steps

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
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

// everyAccount is the team's blueprint with an environment in every account of the
// organization.
func everyAccount(w *world) *blueprint.Blueprint {
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

// brief keeps the requests from now on without what they brought, and gives them.
func (w *world) brief() (log func() []sandbox.Entry) {
	var mu sync.Mutex
	var all []sandbox.Entry
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		e.Input = nil
		all = append(all, e)
		return sandbox.Fault{}
	})
	return func() []sandbox.Entry {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// peakOf runs something as the program does (main.memory) and gives the most memory that the
// process took meanwhile, in MiB.
func peakOf(run func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(240 << 20))
	debug.FreeOSMemory()
	var peak uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
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
	run()
	close(stop)
	<-stopped
	return peak >> 20
}

// atRates is how long AWS's rates make these requests take.
func atRates(log []sandbox.Entry) time.Duration {
	type kind struct{ service, operation string }
	most, in := map[kind]int{}, map[[3]string]int{}
	for _, e := range log {
		k := kind{e.Service, e.Operation}
		in[[3]string{e.Service, e.Operation, e.Account}]++
		most[k] = max(most[k], in[[3]string{e.Service, e.Operation, e.Account}])
	}
	var calls []awsops.Expected
	for k, n := range most {
		calls = append(calls, awsops.Expected{Service: k.service, Operation: k.operation, Most: n})
	}
	return (&awsops.Sessions{}).Pace(1, calls...).ByRate
}

// BenchmarkEveryAccountAt20ms prints how long setting up an organization of a thousand
// accounts takes, or of ten thousand in .ci/run long: the whole run beside the larger of
// calls × latency ÷ parallelism and calls ÷ AWS's rates, of which it may take 1.3 times as
// much; the changes beside theirs; and the memory of the whole process, sandbox included,
// of which 300 MiB are wanted for ten thousand.
func BenchmarkEveryAccountAt20ms(b *testing.B) {
	const latency, most = 20 * time.Millisecond, 1.3
	accounts := stepstest.Environments()
	for range b.N {
		w := newWorld(b, sandbox.Options{Accounts: accounts, Latency: latency, Logged: 1}) // what they brought weighs too much
		blueprint, brief := everyAccount(w), w.brief()
		var summary *plan.Summary
		var p phases
		mebibytes := peakOf(func() { summary, p = w.measured(w.setup(blueprint)) })
		w.healthy(summary)
		log := brief()
		byLatency := func(calls int) time.Duration { return time.Duration(calls) * latency / engine.DefaultParallel }
		wall, rates := p.end.Sub(p.start), atRates(log)
		bound := max(byLatency(len(log)), rates)
		made := between(log, p.first, p.last)
		b.ReportMetric(wall.Seconds()/bound.Seconds(), "wall/bound")
		b.ReportMetric(p.last.Sub(p.first).Seconds()/byLatency(len(made)).Seconds(), "made/ideal")
		b.ReportMetric(float64(mebibytes), "MiB")
		fmt.Printf("%d accounts at 20 ms: whole run %.1fs, at most %.1fs is wanted: 1.3 × the larger of %d calls × 20 ms ÷ %d = %.1fs and calls ÷ AWS's rates = %.1fs\n",
			accounts, wall.Seconds(), most*bound.Seconds(), len(log), engine.DefaultParallel, byLatency(len(log)).Seconds(), rates.Seconds())
		fmt.Printf("%d accounts at 20 ms: %d calls of roles and policies in %.2fs, ÷ %d × latency = %.2fs; %d MiB with the sandbox\n",
			accounts, len(made), p.last.Sub(p.first).Seconds(), engine.DefaultParallel, byLatency(len(made)).Seconds(), mebibytes)
	}
}
