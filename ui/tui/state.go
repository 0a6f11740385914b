package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// railNames are the steps' names as short as the rail needs them.
var railNames = [stepCount + 1]string{"", "Account", "IAM", "Region", "KMS key", "Bucket", "Lock", "Files", "Test", "Done"}

// state is what is known of step n, with a word or two for the rail.
//
// The last step says that all is done, so it is not while others have changes to
// make, whatever its own are.
func (w *wizard) state(n int) (stepState, string) {
	state, word := w.ownState(n)
	if n == stepCount && (state == stateRight || state == stateDone) && w.pending() {
		return stateToChange, "not yet"
	}
	return state, word
}

// pending tells whether a step before the last has something to change or has
// failed.
func (w *wizard) pending() bool {
	for n := 1; n < stepCount; n++ {
		if state, _ := w.ownState(n); state != stateRight && state != stateDone && state != stateAttention {
			return true
		}
	}
	return false
}

// ownState is what a step's own changes and findings say of it.
func (w *wizard) ownState(n int) (stepState, string) {
	look := w.looking[n]
	switch {
	case look.err != nil:
		return stateFailed, "failed"
	case w.phase == applying:
		return w.progress.state(n)
	case look.checking || w.phase == inspecting && look.seen:
		if look.seen {
			return stateChecking, "seen"
		}
		return stateChecking, "checking"
	case !look.seen:
		return stateNotYet, ""
	}
	return w.reviewed(n)
}

// tally is what a review says of one step.
type tally struct {
	changes, left       int
	attention, failures int
}

// count tallies all steps at once.
func (w *wizard) count() {
	w.tallies = [stepCount + 1]tally{}
	for n, changes := range w.ofStep {
		w.tallies[n].changes = len(changes)
	}
	for id := range w.left {
		if n, planned := w.stepOf[id]; planned {
			w.tallies[n].left++
		}
	}
	for _, f := range w.findings() {
		switch f.Severity {
		case plan.Failure:
			w.tallies[f.Step].failures++
		case plan.Warning:
			w.tallies[f.Step].attention++
		case plan.Info:
		}
	}
	if w.result != nil {
		for _, f := range w.result.Failures {
			w.tallies[f.Change.Step].failures++
		}
	}
}

// reviewed is the state of a step whose changes are known.
func (w *wizard) reviewed(n int) (stepState, string) {
	t := w.tallies[n]
	switch {
	case t.failures > 0:
		return stateFailed, "failed"
	case t.changes > t.left:
		return stateToChange, fmt.Sprintf("%d to do", t.changes-t.left)
	case t.changes > 0:
		return stateToChange, "left out"
	case t.attention > 0:
		return stateAttention, "look"
	case w.progress != nil && w.progress.touched(n):
		return stateDone, "done"
	}
	return stateRight, "right"
}

// findings are those of the newest look, or of the proof that followed it.
func (w *wizard) findings() []plan.Finding {
	if w.result != nil && w.phase == reviewing {
		return w.result.Findings
	}
	return w.review.Findings
}

// stops are the nine steps as the rail shows them.
func (w *wizard) stops() []stop {
	stops := make([]stop, 0, stepCount)
	for n := 1; n <= stepCount; n++ {
		state, word := w.state(n)
		stops = append(stops, stop{railNames[n], state, word, n == w.current})
	}
	return stops
}

// legend explains the rail's signs.
func (w *wizard) legend() string {
	g := w.theme.Glyphs
	return strings.Join([]string{
		g.NotYet + " not looked at yet", g.Right + " right already", g.ToChange + " to change",
		g.Done + " done", g.Attention + " needs attention", g.Failed + " failed",
	}, ", ")
}
