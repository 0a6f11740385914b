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
