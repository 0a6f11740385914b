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

// phases splits a run at its first and last applied change.
type phases struct {
	start, first, last, end time.Time
}

func (w *world) measured(s *engine.Flow) (*plan.Summary, phases) {
	var p phases
	emit := s.Emit
	s.Emit = func(e plan.Event) {
		switch e.Kind {
		case plan.EventChange:
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
