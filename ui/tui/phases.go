package tui

import (
	"fmt"

	"stateroom/ui/words"
)

// steps are the stages of the run, or its phases where it is of one piece.
func (v *runScreen) steps() []stepItem {
	var items []stepItem
	for _, s := range v.outline.Stages {
		state, word := v.state(s.Number)
		items = append(items, stepItem{s.Name, state, word, s.Number == v.current})
	}
	if v.staged() {
		return items
	}
	if len(v.asked.pages) > 0 {
		s := stepItem{name: "Questions", state: stateRight, current: v.phase == asking || v.phase == opening}
		if v.phase == asking {
			s.state = stateToChange
		}
		items = append(items, s)
	}
	return append(items, v.lookStep(), v.reviewStep(), v.applyStep(), v.resultStep())
}

func (v *runScreen) lookStep() stepItem {
	s := stepItem{name: "Checks", current: v.phase == inspecting || v.phase == opening && len(v.asked.pages) == 0}
	switch {
	case v.phase == inspecting || v.phase == opening && len(v.asked.pages) == 0:
		s.state = stateChecking
	case v.review.checks.failed > 0:
		s.state, s.word = stateAttention, fmt.Sprintf("%d failed", v.review.checks.failed)
		return s
	case v.err != nil:
		s.state, s.word, s.current = stateFailed, "failed", true
		return s
	case v.flow != nil:
		s.state = stateRight
	}
	switch checks := v.review.checks.tallied; {
	case checks.total() == 0:
	case s.state != stateRight: // they are still being made
		s.word = fmt.Sprint(checks.total())
	case checks.undecided > 0:
		s.word = fmt.Sprintf("%d undecided", checks.undecided)
	default:
		s.word = fmt.Sprintf("%d passed", checks.passed)
	}
	return s
}

func (v *runScreen) reviewStep() stepItem {
	s := stepItem{name: "Review", current: v.phase == reviewing && !v.over() && v.err == nil}
	wrong, changes := v.review.found.pressing(), v.review.toDo()
	switch {
	case v.flow == nil || v.phase == inspecting || v.phase == opening || v.phase == asking:
		return s
	case v.phase == applying || v.review.result != nil:
		s.state = stateRight
	case changes > 0:
		s.state, s.word = stateToChange, fmt.Sprintf("%d to do", changes)
	case wrong > 0:
		s.state, s.word = stateAttention, words.Plural(wrong, "finding")
	default:
		s.state, s.word = stateRight, "no changes"
	}
	return s
}

func (v *runScreen) applyStep() stepItem {
	s := stepItem{name: "Changes", current: v.phase == applying}
	switch {
	case v.phase == applying && v.progress.failed > 0:
		s.state, s.word = stateFailed, fmt.Sprintf("%d failed", v.progress.failed)
	case v.phase == applying:
		s.state, s.word = stateChecking, fmt.Sprintf("%d/%d", v.progress.ended, v.progress.total)
	case v.review.result != nil && v.review.bad() && !v.review.result.Unproven():
		s.state, s.word = stateFailed, "not all"
	case v.review.result != nil:
		s.state, s.word = stateDone, fmt.Sprintf("%d made", v.review.result.Applied)
	}
	return s
}

func (v *runScreen) resultStep() stepItem {
	s := stepItem{name: "Result", current: v.over() && v.phase == reviewing && v.err == nil}
	if !s.current {
		return s
	}
	mark := v.review.ended().Mark
	_, _, s.state = marked(v.theme, mark)
	switch {
	case v.review.result != nil && v.review.result.Stopped:
		s.word = "interrupted"
	case v.review.found.pressing() > 0 && (mark == words.Look || v.review.result == nil): // nothing that was made has failed
		s.word = words.Plural(v.review.found.pressing(), "finding")
	default:
		s.word = resultWords[mark]
	}
	return s
}

// resultWords are what the stepper says of an ending.
var resultWords = map[words.Mark]string{
	words.Works: "done", words.OperatorOnly: "as operator", words.Unshown: "not proven", words.Waits: "not yet", words.Look: "not checked", words.Wrong: "failed",
}

// over tells whether the run has come to its end: changes were made, or there is none
// to make.
func (v *runScreen) over() bool { return v.review.result != nil || v.review.settled != nil }
