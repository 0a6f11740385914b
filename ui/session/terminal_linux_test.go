//go:build linux

package session_test

import (
	"os/exec"
	"testing"

	"stateroom/steps/plan"
	"stateroom/ui/ptytest"
)

// terminal is a real pseudo-terminal in which the program runs.
type terminal struct {
	*ptytest.Terminal
	t *testing.T
}

// sits opens a terminal of 110 by 40 and runs the program in it.
func (l *laptop) sits(args ...string) *terminal {
	l.t.Helper()
	return l.sitsAt(110, 40, args...)
}

// sitsAt is sits in a terminal of another size: at 80 by 24 the answer has to fit.
func (l *laptop) sitsAt(columns, lines uint16, args ...string) *terminal {
	l.t.Helper()
	p := &terminal{ptytest.New(l.t, columns, lines), l.t}
	command := exec.CommandContext(l.t.Context(), l.program(), args...)
	command.Dir, command.Env = l.folder, l.environment()
	p.Start(command)
	return p
}

// applies confirms what a screen proposes.
func (p *terminal) applies() {
	p.t.Helper()
	p.Until(" to do")
	p.Type("\r")
	p.Until("Apply ")
	p.Type("\x1b[B\r")
}

// leaves goes out by the screen that says how it ended.
func (p *terminal) leaves(says string) {
	p.t.Helper()
	p.Until(says)
	p.Type("q")
	p.Ended(plan.ExitDone)
	p.Restored(0)
}
