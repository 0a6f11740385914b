package sandboxtest

import (
	"fmt"
	"maps"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
)

// Trips lets an AWS answer in round trips: what is asked waits until the process has asked
// all that it asks without another answer, and then all of it is answered at once. The
// number of trips is that of the longest chain of requests of which each waits for the one
// before it, whatever else the machine is busy with. The zero value is ready to use; tests
// that run at the same time in the process would make it wait for them.
type Trips struct {
	mu    sync.Mutex
	held  []sandbox.Entry
	open  chan struct{} // closed when what is held is answered
	phase string
	taken []Trip
	count int
}

// Trip is what was asked at once, in a phase that [Trips.Begin] has named.
type Trip struct {
	Phase string
	Asked []string // "service:Operation", sorted
}

// Conduct makes an AWS answer so until the test ends. It takes the place of
// [sandbox.Server.Intercept].
func (t *Trips) Conduct(tb testing.TB, server *sandbox.Server) {
	tb.Helper()
	t.open = make(chan struct{})
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		t.conduct(done)
	}()
	server.Intercept(t.hold)
	tb.Cleanup(func() {
		server.Intercept(nil)
		close(done)
		<-over
	})
}

// Now is a clock for [sandbox.Options] by which every trip takes a second: what AWS takes
// its time for is there a trip later.
func (t *Trips) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Add(time.Duration(t.count) * time.Second)
}

func (t *Trips) hold(e sandbox.Entry) sandbox.Fault {
	t.mu.Lock()
	t.held = append(t.held, e)
	open := t.open
	t.mu.Unlock()
	<-open
	return sandbox.Fault{}
}

// settling is how many times in a row the process has to be found waiting: what was
// written to a connection is at its other end, but nobody may have been told yet.
const settling = 5

// conduct answers what is held whenever the process waits for nothing else.
func (t *Trips) conduct(done <-chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for quiet := 0; ; {
		select {
		case <-done:
			t.answer()
			return
		case <-tick.C:
		}
		if !waiting() {
			quiet = 0
			continue
		}
		if quiet++; quiet >= settling {
			t.answer()
			quiet = 0
		}
	}
}

func (t *Trips) answer() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.held) == 0 {
		return
	}
	trip := Trip{Phase: t.phase}
	for _, e := range t.held {
		trip.Asked = append(trip.Asked, e.Service+":"+e.Operation)
	}
	slices.Sort(trip.Asked)
	t.taken, t.held = append(t.taken, trip), nil
	t.count++
	close(t.open)
	t.open = make(chan struct{})
}

// waiting tells whether every goroutine but the one that asks waits for something.
func waiting() bool {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
		{Name: "/sched/goroutines/not-in-go:goroutines"},
	}
	metrics.Read(samples)
	return samples[0].Value.Uint64() == 0 && samples[1].Value.Uint64() <= 1 && samples[2].Value.Uint64() == 0
}

// Begin names the phase of what is asked from now on.
func (t *Trips) Begin(phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase = phase
}

// Take gives the trips since it was called last.
func (t *Trips) Take() []Trip {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.taken
	t.taken = nil
	return taken
}

// String is one line: what was asked at once, and how often.
func (t Trip) String() string {
	count := map[string]int{}
	for _, name := range t.Asked {
		count[name]++
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if count[name] > 1 {
			name = fmt.Sprintf("%s ×%d", name, count[name])
		}
		parts = append(parts, name)
	}
	return fmt.Sprintf("%-9s %s", t.Phase, strings.Join(parts, ", "))
}
