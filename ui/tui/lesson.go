package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
	"stateroom/ui/learn"
	"stateroom/ui/tui/theme"
)

// lesson is what somebody who practises is told of a fault, a little at a time. It lies
// on the run in which the fault is, and the run looks when it is asked to from here.
type lesson struct {
	chooser
	learn.Attempt

	course *course
	run    *runScreen
	// flow is the run's, once the rehearsal is there; terminal are the commands for a
	// window of one's own.
	flow     *engine.Flow
	terminal []string
}

func newLesson(t *theme.Theme, of *course, f learn.Fault, surprise bool, run *runScreen) *lesson {
	l := &lesson{course: of, Attempt: learn.Attempt{Fault: f, Surprise: surprise}, run: run, chooser: chooser{theme: t, title: learn.AttemptTitle, stays: true}}
	l.fill()
	return l
}

// fill writes down what is told so far, and what can be done.
func (l *lesson) fill() {
	l.text, l.items = l.Told(), nil
	for _, c := range l.Choices(l.flow != nil) {
		do := map[learn.Way]action{learn.Check: l.check, learn.Hint: l.help(learn.Hint), learn.Fix: l.help(learn.Fix), learn.Terminal: l.terminalView, learn.Leave: l.back}[c.Way]
		l.items = append(l.items, choice{c.Name, c.Text, do})
	}
	l.list.resize(len(l.items), l.height)
}

func (l *lesson) update(msg tea.Msg) (nav, tea.Cmd) {
	switch msg := msg.(type) {
	case begunMsg:
		if msg.err == nil { // otherwise a screen of its own tells
			l.terminal = msg.start.Terminal
		}
	case openedMsg:
		if msg.err == nil {
			l.flow = msg.opened.Flow
			l.fill()
		}
	}
	return l.ways().update(msg, l.list.key)
}

// check lets the run look, now or as soon as it can.
func (l *lesson) check() (nav, tea.Cmd) {
	l.run.held = false
	if l.flow == nil {
		return nav{pop: true}, nil
	}
	return nav{pop: true}, l.run.look()
}

// help gives a hint or the fix. The cursor stays where the next hint is, and does not come
// to rest on the fix, which nobody asked for.
func (l *lesson) help(way learn.Way) action {
	return func() (nav, tea.Cmd) {
		before := len(l.items)
		if l.Help(way); len(l.Choices(true)) < before {
			l.list.cursor = 0
		}
		l.fill()
		return nav{}, nil
	}
}

func (l *lesson) terminalView() (nav, tea.Cmd) {
	if l.flow == nil {
		return nav{}, nil
	}
	commands := strings.Join(l.terminal, "\n")
	v := newViewer(l.theme, "Your own terminal", learn.Window(commands), nil)
	v.part = clip{"the commands", commands}
	return nav{push: v}, nil
}

// back leaves the lesson and its run.
func (l *lesson) back() (nav, tea.Cmd) { return nav{pop: true, then: goTo(nav{pop: true})}, nil }

// ways are the keys of every choice, but that the last, back, leaves the run, too.
func (l *lesson) ways() hotkeys {
	list := l.hotkeys()
	list[len(list)-1].do = l.back
	return list
}
