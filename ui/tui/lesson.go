package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
	"stateroom/ui/tui/theme"
)

// lesson is what somebody who practises is told of a fault, a little at a time. It lies
// on the run in which the fault is, and the run looks when it is asked to from here.
type lesson struct {
	chooser

	course *course
	fault  Fault
	run    *runScreen
	// surprise says that the fault is not named before it is solved.
	surprise bool
	// hints are how many were given, fixed says that the fix was shown, and named that
	// the checks have named the cause.
	hints        int
	fixed, named bool
	// flow is the run's, once the rehearsal is there; terminal are the commands for a
	// window of one's own.
	flow     *engine.Flow
	terminal []string
	// solved says that the goal was reached.
	solved bool
}

func newLesson(t *theme.Theme, of *course, f Fault, surprise bool, run *runScreen) *lesson {
	l := &lesson{course: of, fault: f, surprise: surprise, run: run, chooser: chooser{theme: t, title: "What is wrong here?", stays: true}}
	l.fill()
	return l
}

// points are what solving it is worth now.
func (l *lesson) points() int {
	if l.fixed {
		return 0
	}
	lost := l.hints
	if l.named {
		lost++
	}
	return max(1, mostPoints-lost)
}

// fill writes down what is told so far, and what can be done.
func (l *lesson) fill() {
	f := l.fault
	l.text = []string{"Goal: " + f.Goal, "Terraform says: " + strings.Join(strings.Fields(strings.TrimPrefix(f.Says, "Error: ")), " ")}
	switch {
	case l.fixed:
		l.text = append(l.text, "The cause: "+f.Text, "The fix: "+f.Fix)
	case l.hints > 0: // one at a time
		l.text = append(l.text, fmt.Sprintf("Hint %d of %d: %s", l.hints, len(f.Hints), f.Hints[l.hints-1]))
	}
	check := choice{"Run the checks", "They name the cause and offer to fix it, which costs a point. After your own fix they only confirm it.", l.check}
	if l.named {
		check.text = "They look again at everything."
	}
	l.items = []choice{check}
	if l.hints < len(f.Hints) && !l.fixed {
		l.items = append(l.items, choice{"Give me a hint", fmt.Sprintf("Number %d of %d. It costs a point.", l.hints+1, len(f.Hints)), l.hint})
	}
	if !l.fixed {
		l.items = append(l.items, choice{"Show me the fix", "The cause and what to do about it. Then there are no points to win.", l.fix})
	}
	l.items = append(l.items, choice{"Use my own terminal", l.window(), l.terminalView},
		choice{"Back to the list", "This rehearsal ends, and its files go.", l.back})
	l.list.resize(len(l.items), l.height)
}

// window says what is there for a window of one's own.
func (l *lesson) window() string {
	if l.flow == nil {
		return "The sandbox is being made: a few seconds."
	}
	return "The commands for terraform and aws in another window, against this sandbox."
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

func (l *lesson) hint() (nav, tea.Cmd) {
	if l.hints++; l.hints == len(l.fault.Hints) {
		l.list.cursor = 0 // and not on the fix, which nobody asked for
	}
	l.fill()
	return nav{}, nil
}

func (l *lesson) fix() (nav, tea.Cmd) {
	l.fixed, l.list.cursor = true, 0
	l.fill()
	return nav{}, nil
}

func (l *lesson) terminalView() (nav, tea.Cmd) {
	if l.flow == nil {
		return nav{}, nil
	}
	commands := strings.Join(l.terminal, "\n")
	text := "Copy these into another window:\n\n" + commands +
		"\n\nThe first line sets the variables of this sandbox. Then aws acts as the\noperator and terraform as the admin alice, and both reach nothing else.\n\nCome back and run the checks: they confirm what you have fixed."
	v := newViewer(l.theme, "Your own terminal", text, nil)
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
