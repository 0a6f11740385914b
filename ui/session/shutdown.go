package session

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
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

// Ending is how a process ends in the middle of something.
type Ending struct {
	// Out is where it is said.
	Out io.Writer
	// Restore gives the terminal back, and Exit ends the process then; nil is to
	// do nothing, and os.Exit.
	Restore func()
	Exit    func(int)
	// HangUp is how long a run goes on after a hang-up, half a minute where not
	// given.
	HangUp time.Duration
}

// Shutdown turns interrupts, signals and the Ctrl-C of the screens alike, into
// an orderly end, and into an end. The first lets the changes under way finish and
// starts no other; where none is under way everything is cancelled. The second
// cancels everything, kills the children and ends the process within a second,
// whatever it hangs on. After a signal that nobody can repeat the second follows
// by itself.
type Shutdown struct {
	ending     Ending
	grace      time.Duration
	stop, done chan struct{}
	keys       chan press
	cancel     context.CancelFunc
	guard      *terraform.Guard

	applying, seen, screens atomic.Bool
}

// press is one interrupt.
type press struct {
	// once says that nobody can repeat it, second that the first was answered
	// already.
	once, second bool
}

// Interruptible returns the context of a run that can be interrupted. The run
// ends with [Shutdown.Close].
func Interruptible(ctx context.Context, e Ending) (context.Context, *Shutdown) {
	if e.Restore == nil {
		e.Restore = func() {}
	}
	if e.Exit == nil {
		e.Exit = os.Exit
	}
	e.HangUp = cmp.Or(e.HangUp, hangUpWait)
	i := &Shutdown{ending: e, grace: grace, stop: make(chan struct{}), done: make(chan struct{}), keys: make(chan press, 2)}
	ctx, i.cancel = context.WithCancel(ctx)
	ctx, i.guard = terraform.Guarded(ctx)
	return ctx, i
}

// Close ends the run's context and the watch.
func (i *Shutdown) Close() {
	close(i.done)
	i.cancel()
}

// Seen tells whether the run was interrupted, and Applying whether changes are
// being made.
func (i *Shutdown) Seen() bool     { return i.seen.Load() }
func (i *Shutdown) Applying() bool { return i.applying.Load() } //nolint:revive // said above

// Screens says that screens are shown, which tell of interrupts themselves.
func (i *Shutdown) Screens() { i.screens.Store(true) }

// Around gives a system what its runs need of the interruption.
func (i *Shutdown) Around(sys System) System {
	sys.Stop, sys.Applying, sys.Interrupt = i.stop, i.applying.Store, i.Interrupt
	return sys
}

// Interrupt is a Ctrl-C that came as a key, for a terminal in raw mode sends no
// signal. Second says that it is the second for the changes under way.
func (i *Shutdown) Interrupt(second bool) {
	select {
	case i.keys <- press{second: second}:
	default: // two are on their way, and no third means more
	}
}

// Watch answers interrupts until the run is done.
func (i *Shutdown) Watch(signals <-chan os.Signal) {
	first, met := i.next(signals, nil)
	if !met {
		return
	}
	i.seen.Store(true)
	close(i.stop)
	if !first.second {
		var itself <-chan time.Time
		if first.once {
			itself = time.After(i.ending.HangUp)
		}
		i.first()
		if _, met := i.next(signals, itself); !met {
			return
		}
	}
	i.guard.Kill()
	i.cancel()
	select {
	case <-i.done:
	case <-time.After(i.grace):
		i.end()
	}
}

// next waits for an interrupt; met is false when the run is done before.
func (i *Shutdown) next(signals <-chan os.Signal, itself <-chan time.Time) (p press, met bool) {
	select {
	case <-i.done:
		return press{}, false
	case s := <-signals:
		return press{once: s != os.Interrupt}, true
	case p := <-i.keys:
		return p, true
	case <-itself:
		return press{}, true
	}
}

func (i *Shutdown) first() {
	switch {
	case !i.applying.Load():
		i.cancel()
	case !i.screens.Load():
		fmt.Fprintln(i.ending.Out, "Interrupted: the changes under way are finished first. Interrupt again to cancel them.")
	}
}

// end ends the process in the middle of whatever it hangs on.
func (i *Shutdown) end() {
	i.ending.Restore()
	fmt.Fprintln(i.ending.Out, "Interrupted twice: ended at once. What was changed so far stays. Run the command again to go on from here.")
	i.NameLeft()
	i.ending.Exit(plan.ExitInterrupted)
}

// NameLeft names what the run leaves behind.
func (i *Shutdown) NameLeft() {
	for _, what := range i.guard.Left() {
		fmt.Fprintln(i.ending.Out, leftBehind(what))
	}
}

// leftBehind says what a broken-off proof leaves and what becomes of it: not at
// once, for a child that was not killed may still be at work there.
func leftBehind(what string) string {
	return fmt.Sprintf("Left behind: %s. The first stateroom setup more than %.0f minutes from now removes it.", what, engine.ProofOld.Minutes())
}
