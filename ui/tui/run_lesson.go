package tui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
)

// learn books what a look has shown of the fault that is practised: its cause, or that it
// is solved.
func (v *runScreen) learn() tea.Cmd {
	l := v.lesson
	if l == nil || l.solved || v.err != nil || v.mustLook() || v.phase != reviewing {
		return nil
	}
	wrong, todo := v.review.found.pressing() > 0, v.review.toDo() > 0
	points := l.points()
	if wrong && !l.named {
		l.named = true
		l.fill()
	}
	if l.solved = !wrong && !todo || l.fault.Find && wrong && !todo; !l.solved {
		return nil
	}
	if wrong { // the checks have found it
		points = l.points()
	}
	v.say(fmt.Sprintf("Solved: %s, %d of %d points. Press enter for the next one.", l.fault.Name, points, mostPoints))
	return l.course.learn(l.fault.Name, points, l.surprise)
}

// onward goes back to the list from which the practice was begun.
func (v *runScreen) onward() (nav, tea.Cmd) { return nav{pop: true}, nil }

// lessonKeys go back to the lesson, and from it to the list, or from practice to the run
// that gave way to it.
func (v *runScreen) lessonKeys() hotkeys {
	switch {
	case v.lesson == nil && v.returns:
		return hotkeys{{keys.Back, v.onward}}
	case v.lesson == nil:
		return nil
	}
	return hotkeys{
		{bind("h", "hints", "h"), goTo(nav{push: v.lesson})},
		{keys.Back, v.onward},
	}
}
