package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// lookState is how far one stage's inspection is.
type lookState struct {
	checking, seen bool
	err            error
}

// staged tells whether the run has stages.
func (v *runScreen) staged() bool { return len(v.outline.Stages) > 0 }

// stage is the one that is shown.
func (v *runScreen) stage() plan.Stage { return v.outline.Stages[v.current-1] }

// last tells whether what is shown is the end of the run's review.
func (v *runScreen) last() bool { return !v.staged() || v.current == len(v.outline.Stages) }

// title is the stage's heading. The last one's is a cheer, which would come too
// early while there is something to do.
func (v *runScreen) title() string {
	if v.last() && (v.phase != reviewing || v.err != nil || v.review.toDo() > 0) {
		return "The whole plan"
	}
	if v.last() && v.review.bad() {
		return "Not done yet"
	}
	return v.stage().Title
}

// goToStage shows another stage.
func (v *runScreen) goToStage(n int) {
	if n < 1 || n > len(v.outline.Stages) {
		return
	}
	v.current, v.moved, v.notice = n, true, ""
	v.list.rewind()
	v.rebuild()
}

// firstToDo is the first stage that differs, or the last one.
func (v *runScreen) firstToDo() int {
	for _, s := range v.outline.Stages {
		if state, _ := v.state(s.Number); state != stateRight && state != stateDone {
			return s.Number
		}
	}
	return max(1, len(v.outline.Stages))
}

// state is what is known of stage n, with a word or two for the stepper.
//
// The last stage says that all is done, so it is not while others have changes to
// make, whatever its own are.
func (v *runScreen) state(n int) (stepState, string) {
	state, word := v.ownState(n)
	if n == len(v.outline.Stages) && (state == stateRight || state == stateDone) && v.pending() {
		return stateToChange, "not yet"
	}
	return state, word
}

// pending tells whether a stage before the last has something to change or has
// failed.
func (v *runScreen) pending() bool {
	for n := 1; n < len(v.outline.Stages); n++ {
		if state, _ := v.ownState(n); state != stateRight && state != stateDone && state != stateAttention {
			return true
		}
	}
	return false
}

// ownState is what a stage's own changes and findings say of it.
func (v *runScreen) ownState(n int) (stepState, string) {
	look := v.looking[n]
	switch {
	case look.err != nil:
		return stateFailed, "failed"
	case v.phase == applying:
		return v.progress.state(n)
	case look.checking && look.seen:
		return stateChecking, "seen"
	case look.checking:
		return stateChecking, "checking"
	case !look.seen:
		return stateNotYet, ""
	}
	return v.inReview(n)
}

// inReview is the state of a stage whose changes are known.
func (v *runScreen) inReview(n int) (stepState, string) {
	t := v.review.tallies[n]
	if t == nil {
		t = &tally{}
	}
	switch {
	case t.failures > 0:
		return stateFailed, "failed"
	case t.changes > t.left:
		return stateToChange, fmt.Sprintf("%d to do", t.changes-t.left)
	case t.changes > 0:
		return stateToChange, "left out"
	case t.attention > 0:
		return stateAttention, "look"
	case v.progress != nil && v.progress.touched(n):
		return stateDone, "done"
	}
	return stateRight, "right"
}

// signs explain what the run shows.
func (v *runScreen) signs() []string {
	g := v.theme.Glyphs
	if v.staged() {
		return []string{"Marks: " + strings.Join([]string{
			g.NotYet + " not looked at yet", g.Right + " right already", g.ToChange + " to change",
			g.Done + " done", g.Attention + " needs attention", g.Failed + " failed",
		}, ", ")}
	}
	return []string{
		fmt.Sprintf("Marks: %s passed, %s failed, %s undecided: a right is missing, or another answer is needed first. %s needs attention, %s to change, %s left out.",
			g.Right, g.Failed, g.Unknown, g.Attention, g.ToChange, g.Out),
		"Findings stand in the order of causes: fix the first one first. Below each is what fixes it; without such a change, it says what to do by hand.",
	}
}
