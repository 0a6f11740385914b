package tui

import "fmt"

// stops are the stages of the run, or its phases where it is of one piece.
func (v *runScreen) stops() []stop {
	var stops []stop
	for _, s := range v.outline.Stages {
		state, word := v.state(s.Number)
		stops = append(stops, stop{s.Name, state, word, s.Number == v.current})
	}
	if v.staged() {
		return stops
	}
	if len(v.pages) > 0 {
		s := stop{name: "Questions", state: stateRight, current: v.phase == asking || v.phase == opening}
		if v.phase == asking {
			s.state = stateToChange
		}
		stops = append(stops, s)
	}
	return append(stops, v.lookStop(), v.reviewStop(), v.applyStop(), v.resultStop())
}

func (v *runScreen) lookStop() stop {
	s := stop{name: "Checks", current: v.phase == inspecting || v.phase == opening && len(v.pages) == 0}
	switch {
	case v.phase == inspecting || v.phase == opening && len(v.pages) == 0:
		s.state = stateChecking
	case v.checks.failed > 0:
		s.state, s.word = stateAttention, fmt.Sprintf("%d failed", v.checks.failed)
		return s
	case v.err != nil:
		s.state, s.word, s.current = stateFailed, "failed", true
		return s
	case v.flow != nil:
		s.state = stateRight
	}
	if n := v.checks.total(); n > 0 {
		s.word = fmt.Sprint(n)
	}
	return s
}

func (v *runScreen) reviewStop() stop {
	s := stop{name: "Review", current: v.phase == reviewing && v.result == nil && v.err == nil}
	wrong, changes := v.found.pressing(), len(v.review.Changes)-len(v.left)
	switch {
	case v.flow == nil || v.phase == inspecting || v.phase == opening || v.phase == asking:
		return s
	case v.phase == applying || v.result != nil:
		s.state = stateRight
	case changes > 0:
		s.state, s.word = stateToChange, fmt.Sprintf("%d to do", changes)
	case wrong > 0:
		s.state, s.word = stateAttention, "look"
	default:
		s.state, s.word = stateRight, "right"
	}
	return s
}

func (v *runScreen) applyStop() stop {
	s := stop{name: "Changes", current: v.phase == applying}
	switch {
	case v.phase == applying && v.progress.failed > 0:
		s.state, s.word = stateFailed, fmt.Sprintf("%d failed", v.progress.failed)
	case v.phase == applying:
		s.state, s.word = stateChecking, fmt.Sprintf("%d/%d", v.progress.ended, v.progress.total)
	case v.result != nil && v.bad():
		s.state, s.word = stateFailed, "not all"
	case v.result != nil:
		s.state, s.word = stateDone, fmt.Sprintf("%d made", v.result.Applied)
	}
	return s
}

func (v *runScreen) resultStop() stop {
	s := stop{name: "Result", current: v.result != nil && v.phase == reviewing}
	switch {
	case !s.current:
	case v.bad():
		s.state, s.word = stateFailed, "failed"
	case v.found.pressing() > 0:
		s.state, s.word = stateAttention, "look"
	default:
		s.state, s.word = stateDone, "done"
	}
	return s
}
