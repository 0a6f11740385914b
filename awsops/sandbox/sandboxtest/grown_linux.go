package sandboxtest

import (
	"syscall"
	"testing"
	"time"
)

// Grown is how many times as much of the processor's time a work takes for a text that is
// eight times as long: eight is wanted, and 64 would be a loop in a loop. Time on the wall
// would tell what else the machine has to do.
func Grown(b *testing.B, work func(size int)) float64 {
	b.Helper()
	const small, times = 1 << 17, 8 // less would be lost in how coarsely the system counts
	var took [2]time.Duration
	for i, size := range []int{small, times * small} {
		began := used(b)
		work(size)
		took[i] = used(b) - began
	}
	return took[1].Seconds() / took[0].Seconds()
}

// used is the processor's time that this process has taken.
func used(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
