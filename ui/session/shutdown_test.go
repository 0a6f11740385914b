package session

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"stateroom/steps/plan"
)

// interrupting is an interruption of a run that hangs until the test is over,
// what it prints, and the exit codes that it ends the process with.
func interrupting(t *testing.T, applying bool, hangUp time.Duration) (*Shutdown, context.Context, *bytes.Buffer, chan int) {
	t.Helper()
	var out bytes.Buffer
	exits := make(chan int, 1)
	ctx, i := Interruptible(context.Background(), Ending{Out: &out, Exit: func(code int) { exits <- code }, HangUp: hangUp})
	t.Cleanup(i.Close)
	i.grace = time.Millisecond
	i.applying.Store(applying)
	return i, ctx, &out, exits
}

func TestInterruptBeforeAnyChangeCancelsAtOnce(t *testing.T) {
	i, ctx, _, _ := interrupting(t, false, time.Hour)
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	go i.Watch(signals)
	<-i.stop
	<-ctx.Done()
}

func TestInterruptWhileApplyingStopsFirstAndCancelsThen(t *testing.T) {
	i, ctx, out, exits := interrupting(t, true, time.Hour)
	signals := make(chan os.Signal)
	go i.Watch(signals)
	signals <- syscall.SIGTERM
	<-i.stop
	if ctx.Err() != nil {
		t.Error("the first signal cancelled the changes under way")
	}
	signals <- os.Interrupt
	<-ctx.Done()
	if code := <-exits; code != plan.ExitInterrupted {
		t.Errorf("a run that hangs was ended with %d", code)
	}
	if !strings.Contains(out.String(), "Interrupt again") || !strings.Contains(out.String(), "Interrupted twice") {
		t.Errorf("said %q", out.String())
	}
}

// Nobody can press Ctrl-C again when the terminal has gone.
func TestAHangUpIsFollowedByTheSecondInterruptByItself(t *testing.T) {
	i, _, _, exits := interrupting(t, true, time.Millisecond)
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGHUP
	go i.Watch(signals)
	if code := <-exits; code != plan.ExitInterrupted {
		t.Errorf("a run that hangs was ended with %d", code)
	}
}

// A set-up that comes sooner leaves what a killed proof left, see
// [engine.TidyProofs].
func TestWhatIsLeftBehindIsNotPromisedToTheNextSetUp(t *testing.T) {
	if got := leftBehind("the workspace w"); !strings.HasPrefix(got, "Left behind: the workspace w.") || !strings.Contains(got, "more than 10 minutes from now") {
		t.Errorf("it says %q", got)
	}
}
