package tui

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/teatest"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/ui/practice"
	"stateroom/ui/words"
)

// hold keeps the n-th call of a lab that changes something waiting until it is
// let go.
type hold struct {
	held chan struct{}
	let  func()
}

func holdCall(t *testing.T, lab *practice.Lab, n int) *hold {
	t.Helper()
	let := make(chan struct{})
	h := &hold{held: make(chan struct{}), let: sync.OnceFunc(func() { close(let) })}
	t.Cleanup(h.let)
	var mu sync.Mutex
	seen := 0
	lab.Server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if !e.Mutating {
			return sandbox.Fault{}
		}
		mu.Lock()
		seen++
		mine := seen == n
		mu.Unlock()
		if mine {
			close(h.held)
			<-let
		}
		return sandbox.Fault{}
	})
	return h
}

// finds waits for a pattern to be shown since the last keys were sent, and gives
// what its groups have matched.
func (r *recorder) finds(t *testing.T, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	var found []string
	teatest.WaitFor(t, io.TeeReader(r.from, &r.all), func([]byte) bool {
		found = want.FindStringSubmatch(r.all.String()[r.mark:])
		return found != nil
	}, teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(10*time.Millisecond))
	return found
}

// number is a number that was shown.
func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// stoppedAt interrupts a set-up at its n-th call that changes something, takes
// what is offered from there on, and holds that nothing is doubled and that every
// number is the new look's.
func stoppedAt(t *testing.T, n int) {
	lab, begin := rehearsal(t, practice.Options{})
	h := holdCall(t, lab, n)
	tm, m, shown := flow(t, Options{Sandbox: true, Begin: begin})
	shown.until(t, "17 to do")
	shown.send(tm, "a")
	all := number(t, shown.finds(t, `Apply (\d+) changes`)[1])
	shown.send(tm, "down", "enter")
	select {
	case <-h.held:
	case <-time.After(20 * time.Second):
		t.Fatal("so many calls were never made")
	}
	shown.send(tm, "ctrl+c")
	shown.finds(t, `Stopping: the changes under way are finished first|Interrupted: what is done stays|Interrupted after every change was made`) // a proof ends at once
	h.let()
	made := number(t, shown.finds(t, `(\d+) changes? made, 0 failed`)[1])
	shown.until(t, "enter look again")
	shown.send(tm, "a")
	shown.until(t, "to look again first")
	shown.send(tm, "enter", "9")
	rest := 0
	if next := shown.finds(t, `proves it as its users would|asks once more, then applies`)[0]; strings.HasPrefix(next, "asks") {
		shown.send(tm, "enter")
		rest = number(t, shown.finds(t, `Apply (\d+) change`)[1])
		shown.send(tm, "down")
	}
	// A bucket that is there blocks public access by itself, so that is one less.
	if left := all - made - rest; left < 0 || left > 1 {
		t.Errorf("%d of %d changes were made, and %d are offered", made, all, rest)
	}
	shown.send(tm, "enter")
	shown.until(t, "enter leave")
	shown.send(tm, "enter")
	if s := end(t, tm, m); s.Failed > 0 || s.Applied != made+rest || s.ExitCode(false) != plan.ExitDone {
		t.Errorf("%d changes were made, then %d: %+v", made, rest, s)
	}
	notDoubled(t, lab.Server.Log())
}

// creates are the calls that make something new.
var creates = []string{"CreateKey", "CreateAlias", "CreateUser", "CreateAccessKey", "CreateGroup", "CreateTable", "CreateBucket", "CreateRole", "CreatePolicy"}

// notDoubled fails the test where anything was made twice, or could not be made
// since it was there.
func notDoubled(t *testing.T, log []sandbox.Entry) {
	t.Helper()
	made := map[string]int{}
	for _, e := range log {
		if !slices.Contains(creates, e.Operation) {
			continue
		}
		if e.Code != "" {
			t.Errorf("%s:%s on %s was answered with %s", e.Service, e.Operation, e.Resource, e.Code)
			continue
		}
		made[fmt.Sprint(e.Account, " ", e.Operation, " ", e.Resource)]++
	}
	for what, n := range made {
		if n > 1 {
			t.Errorf("made %d times: %s", n, what)
		}
	}
	if len(made) < 10 {
		t.Errorf("only %v were made", made)
	}
}

// TestAfterAStopOnlyANewLookIsOfferedAndNothingIsMadeTwice stops a set-up at a
// sample of its calls; the integration tests stop it at each.
func TestAfterAStopOnlyANewLookIsOfferedAndNothingIsMadeTwice(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 9, 30} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			stoppedAt(t, n)
		})
	}
}

// A stop whose last answer was lost may have changed something, and a screen offers
// the look that tells.
func TestWhatIsStoppedWithAnAnswerLostIsNotSaidToHaveChangedNothing(t *testing.T) {
	text := strings.Join(words.Outcome(&plan.Summary{Stopped: true, Unknown: 1, Skipped: 3}, "Look again", words.OnScreen).Lines(), " ")
	if strings.Contains(text, "nothing was changed") || !strings.Contains(text, "The answer to 1 change was lost. Look again") {
		t.Errorf("it says %q", text)
	}
}

// An interrupt that comes after the last change leaves nothing to do but the proof.
func TestWhatIsStoppedInTheProofIsNotSaidToBeUndone(t *testing.T) {
	s := &plan.Summary{Stopped: true, Applied: 42}
	text := strings.Join(words.Outcome(s, "Look again", words.OnScreen).Lines(), " ")
	if strings.Contains(text, "not begun") || !strings.Contains(text, "the result is not proven. Look again") {
		t.Errorf("it says %q", text)
	}
	s.Skipped = 1
	if text := strings.Join(words.Outcome(s, "Look again", words.OnScreen).Lines(), " "); strings.Contains(text, "proven") || !strings.Contains(text, "1 not begun") {
		t.Errorf("with a change that was not begun it says %q", text)
	}
}
