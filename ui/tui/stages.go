package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
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

// title is the stage's heading. The last one's says that all is done, which it is not
// while there is something to do, and not more than it is where nothing proves it.
func (v *runScreen) title() string {
	if v.last() && (v.phase != reviewing || v.err != nil || v.review.toDo() > 0) {
		return "The whole plan"
	}
	if v.last() && (v.review.ended().Mark != words.Works || v.review.proof().State != plan.Proven) {
		return "What there is now"
	}
	if v.last() {
		return "Done"
	}
	return v.stage().Title
}

// goToStage shows another stage.
func (v *runScreen) goToStage(n int) {
	if n < 1 || n > len(v.outline.Stages) {
		return
	}
	v.current, v.moved, v.notice = n, true, noticeMsg{}
	v.list.rewind()
	v.rebuild()
}

// firstToDo is the first stage that differs, or the last one.
func (v *runScreen) firstToDo() int {
	for _, s := range v.outline.Stages {
		if state, _ := v.state(s.Number); !settledState(state) || state == stateAttention {
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
	switch {
	case n != len(v.outline.Stages) || state != stateRight && state != stateDone:
	case v.pending():
		return stateToChange, "not yet"
	case v.phase == reviewing:
		return v.proven()
	}
	return state, word
}

// proven is how far the result was shown to work, as the stages that rest on it show.
func (v *runScreen) proven() (stepState, string) {
	switch p := v.review.proof(); p.State {
	case plan.Proven:
		return stateDone, "proven"
	case plan.ProvenAsOperator:
		return stateOperator, "as operator"
	case plan.NotProven, plan.NothingToProve:
	}
	return stateUnproven, "not proven"
}

// settledState tells the states of a stage that asks for nothing more.
func settledState(state stepState) bool {
	switch state {
	case stateRight, stateDone, stateAttention, stateOperator, stateUnproven:
		return true
	case stateNotYet, stateChecking, stateToChange, stateFailed:
	}
	return false
}

// pending tells whether a stage before the last has something to change or has
// failed.
func (v *runScreen) pending() bool {
	for n := 1; n < len(v.outline.Stages); n++ {
		if state, _ := v.ownState(n); !settledState(state) {
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
	case v.review.result != nil && v.review.result.Stopped:
		return v.afterStop(n)
	case look.checking && look.seen:
		return stateChecking, "seen"
	case look.checking:
		return stateChecking, "checking"
	case !look.seen:
		return stateNotYet, ""
	}
	return v.inReview(n)
}

// afterStop is the state of a stage once the changes, or their proof, were stopped: nothing
// was looked at since.
func (v *runScreen) afterStop(n int) (stepState, string) {
	state, word := v.progress.stopped(n)
	if !v.outline.Stages[n-1].Proves || state == stateToChange || state == stateFailed {
		return state, word
	}
	for m := 1; m < n; m++ {
		if before, _ := v.progress.stopped(m); !settledState(before) {
			return stateNotYet, "not yet"
		}
	}
	return v.proven()
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
		return stateAttention, words.Plural(t.attention, "finding")
	case v.outline.Stages[n-1].Proves && v.pendingBefore(n):
		return stateNotYet, "not yet"
	case v.outline.Stages[n-1].Proves:
		return v.proven()
	case v.progress != nil && v.progress.touched(n):
		return stateDone, "done"
	}
	return stateRight, "in place"
}

// pendingBefore tells whether there is anything left to make in a stage before n.
func (v *runScreen) pendingBefore(n int) bool {
	for m := 1; m < n; m++ {
		if t := v.review.tallies[m]; t != nil && (t.changes > 0 || t.failures > 0) {
			return true
		}
	}
	return false
}

// signs explain what the run shows.
func (v *runScreen) signs() []string {
	g := v.theme.Glyphs
	if v.staged() {
		return []string{"Marks: " + strings.Join([]string{
			g.NotYet + " not checked yet", g.Right + " in place, done or proven", g.ToChange + " to change",
			g.Operator + " proven as the operator only", g.Unproven + " not proven",
			g.Attention + " needs attention", g.Failed + " failed",
		}, ", ")}
	}
	return []string{
		fmt.Sprintf("Marks: %s passed, %s failed, %s undecided: a permission is missing, or another answer is needed first. %s needs attention, %s to change, %s left out.",
			g.Right, g.Failed, g.Unknown, g.Attention, g.ToChange, g.Out),
		"Findings are in the order of causes: fix the first one first. Below each is what fixes it; without such a change, it says what to do by hand.",
	}
}
