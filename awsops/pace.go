package awsops

import (
	"fmt"
	"net/url"
	"sync/atomic"
	"time"
)

// answers add up how long answers took to come.
type answers struct{ count, took atomic.Int64 }

func (a *answers) add(took time.Duration) {
	a.count.Add(1)
	a.took.Add(int64(took))
}

// usual is how long an answer takes on average; zero before the first.
func (a *answers) usual() time.Duration {
	if n := a.count.Load(); n > 0 {
		return time.Duration(a.took.Load() / n)
	}
	return 0
}

// Expected are calls of one operation that are still to be made.
type Expected struct {
	Service, Operation string
	Calls              int
	// Most is how many of them one account makes at most, of whose rate they are taken.
	Most int
}

// Pace is how long calls take at least.
type Pace struct {
	Calls, AtOnce int
	// Latency is how long an answer has taken until now, on average.
	Latency time.Duration
	// ByLatency is calls × latency ÷ parallelism, and ByRate how long AWS's rates make them
	// take: the longer of both counts.
	ByLatency, ByRate time.Duration
}

// Takes is how long the calls take at least.
func (p Pace) Takes() time.Duration { return max(p.ByLatency, p.ByRate) }

// longTime is from when on people are told before how long something takes.
const longTime = 10 * time.Second

// Long tells whether it takes so long that people are told before.
func (p Pace) Long() bool { return p.Takes() >= longTime }

// String says how long it takes at least, and why.
func (p Pace) String() string {
	return fmt.Sprintf("about %s: %d calls to AWS take %s at %s each and %d at a time, and %s by AWS's rates",
		p.Takes().Round(time.Second), p.Calls, p.ByLatency.Round(time.Second), p.Latency.Round(time.Millisecond), p.AtOnce, p.ByRate.Round(time.Second))
}

// Pace tells how long calls take of which so many are under way at once.
func (s *Sessions) Pace(atOnce int, calls ...Expected) Pace {
	p := Pace{AtOnce: atOnce, Latency: s.answers.usual()}
	most, allowed := map[string]int{}, map[string]allowance{}
	for _, c := range calls {
		p.Calls += c.Calls
		kind, a := rateOf(c.Service, c.Operation, s.onLoopback())
		most[kind] += c.Most
		allowed[kind] = a
	}
	for kind, n := range most {
		seconds := float64(max(0, n-allowed[kind].burst)) / allowed[kind].perSecond
		p.ByRate = max(p.ByRate, time.Duration(seconds*float64(time.Second)))
	}
	p.ByLatency = time.Duration(p.Calls) * p.Latency / time.Duration(max(1, atOnce))
	return p
}

// onLoopback tells whether all calls go to this machine: to the sandbox or an emulator.
func (s *Sessions) onLoopback() bool {
	if s.base.BaseEndpoint == nil {
		return false
	}
	at, err := url.Parse(*s.base.BaseEndpoint)
	return err == nil && isLoopback(at.Hostname())
}
