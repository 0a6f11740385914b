package tui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// learn books what a look has shown of the fault that is practised: its cause, or that it
// is solved.
func (v *runScreen) learn() tea.Cmd {
	l := v.lesson
	if l == nil || v.err != nil || v.mustLook() || v.phase != reviewing {
		return nil
	}
	result, points, solved := l.Looked(v.review.found.pressing() > 0, v.review.toDo() > 0)
	l.fill()
	if !solved {
		return nil
	}
	v.tell(noticeMsg{text: result + " Press enter to go on.", done: true})
	return l.course.learn(l.Name, points, l.Surprise)
}

// onward goes back to the list from which the practice was begun.
func (v *runScreen) onward() (nav, tea.Cmd) { return nav{pop: true}, nil }

// lessonKeys go back to the lesson, and from it to the list.
func (v *runScreen) lessonKeys() hotkeys {
	if v.lesson == nil {
		return nil
	}
	return hotkeys{
		{bind("h", "hints", "h"), goTo(nav{push: v.lesson})},
		{keys.Back, v.onward},
	}
}
