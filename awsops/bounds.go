package awsops

import (
	"cmp"
	"time"
)

// Bounds are how long AWS is waited for. The zero value is what people get;
// tests bring shorter ones.
type Bounds struct {
	// Dial bounds how long a connection may take to come about, and Attempt one
	// request with the whole of its answer: AWS's slowest calls here answer
	// within seconds.
	Dial, Attempt time.Duration
	// Call bounds all attempts of one call together, pauses included. What the
	// limiter holds back does not count: that is our wait, not AWS's.
	Call time.Duration
	// Tell is after how long, and how often, a call that waits for its answer is
	// told of.
	Tell time.Duration
}

// slowAttempts is how many attempts that get no answer in time fit into a call.
const slowAttempts = 4

// orDefault fills in what was not given.
func (b Bounds) orDefault() Bounds {
	return Bounds{
		Dial:    cmp.Or(b.Dial, 10*time.Second),
		Attempt: cmp.Or(b.Attempt, 30*time.Second),
		Call:    cmp.Or(b.Call, 2*time.Minute),
		Tell:    cmp.Or(b.Tell, 10*time.Second),
	}
}
