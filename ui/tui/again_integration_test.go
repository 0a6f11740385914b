//go:build integration

package tui

import (
	"fmt"
	"testing"

	"stateroom/steps/plan"
	"stateroom/ui/practice"
)

// TestAStopAtAnyCallIsGoneOnFromByANewLook stops a set-up at each of its calls that
// change something, those of the proof among them.
func TestAStopAtAnyCallIsGoneOnFromByANewLook(t *testing.T) {
	t.Parallel()
	lab, begin := rehearsal(t, practice.Options{})
	tm, m, shown := flow(t, Options{Sandbox: true, Begin: begin})
	shown.until(t, "17 to do")
	shown.send(tm, "a", "down", "enter")
	shown.until(t, "enter leave")
	shown.send(tm, "enter")
	if s := end(t, tm, m); s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("the undisturbed run: %+v", s)
	}
	calls := 0
	for _, e := range lab.Server.Log() {
		if e.Mutating {
			calls++
		}
	}
	for n := 1; n <= calls; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			stoppedAt(t, n)
		})
	}
}
