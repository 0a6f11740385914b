package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"stateroom/steps"
	"stateroom/steps/terraform"
)

const (
	// hangUpWait is how long a run may go on after its terminal has gone, or after
	// it was told to terminate: nobody can press Ctrl-C again. An answer that is
	// under way comes within it.
	hangUpWait = 30 * time.Second
	// grace is how long the end may take once everything is cancelled.
	grace = time.Second
)

// interruption turns signals into an orderly end, and into an end. The first
// lets the changes under way finish and starts no other; where none is under way
// everything is cancelled. The second cancels everything, kills the children and
// ends the process within a second, whatever it hangs on. After a signal that
// nobody can repeat the second follows by itself.
type interruption struct {
	stop, done chan struct{}
	cancel     context.CancelFunc
	guard      *terraform.Guard
	out        io.Writer
	applying   atomic.Bool
	seen       atomic.Bool
	restore    func()
	exit       func(int)
	// hangUp and grace are [hangUpWait] and [grace].
	hangUp, grace time.Duration
}

func newInterruption(cancel context.CancelFunc, guard *terraform.Guard, sys system) *interruption {
	i := &interruption{
		stop: make(chan struct{}), done: make(chan struct{}), cancel: cancel, guard: guard, out: sys.err,
		restore: sys.restore, exit: sys.exit, hangUp: cmp.Or(sys.hangUp, hangUpWait), grace: grace,
	}
	if i.restore == nil {
		i.restore = func() {}
	}
	if i.exit == nil {
		i.exit = os.Exit
	}
	return i
}

// watch ends when the run is done.
func (i *interruption) watch(signals <-chan os.Signal) {
	var first os.Signal
	select {
	case <-i.done:
		return
	case first = <-signals:
	}
	i.seen.Store(true)
	close(i.stop)
	var itself <-chan time.Time
	if first != os.Interrupt {
		itself = time.After(i.hangUp)
	}
	if i.applying.Load() {
		fmt.Fprintln(i.out, "Interrupted: the changes under way are finished first. Interrupt again to cancel them.")
	} else {
		i.cancel()
	}
	select {
	case <-i.done:
		return
	case <-signals:
	case <-itself:
	}
	i.guard.Kill()
	i.cancel()
	select {
	case <-i.done:
	case <-time.After(i.grace):
		i.end()
	}
}

// end ends the process in the middle of whatever it hangs on.
func (i *interruption) end() {
	i.restore()
	fmt.Fprintln(i.out, "Interrupted twice: ended at once. What was changed so far stays. Run it again to go on from here.")
	i.nameLeft()
	i.exit(steps.ExitInterrupted)
}

// nameLeft names what the run leaves behind.
func (i *interruption) nameLeft() {
	for _, what := range i.guard.Left() {
		fmt.Fprintln(i.out, "Left behind: "+what+".")
	}
}
