//go:build integration && linux

package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
)

// ctrlC is the key, which a terminal in raw mode makes no signal of.
const ctrlC = "\x03"

// soon bounds the end of a run that was interrupted twice, on a busy machine: well
// below the half minute for which a child is waited for.
const soon = 15 * time.Second

// endedSoon is ended, within the bound.
func (p *terminal) endedSoon(code int) {
	p.t.Helper()
	late := time.AfterFunc(soon, func() { _ = p.process.Process.Kill() })
	defer late.Stop()
	p.ended(code)
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
		if !strings.Contains(p.text(), sequence) {
			p.t.Errorf("the terminal was left without %q", sequence)
		}
	}
}

// cooked waits until the screens have given the terminal back.
func (p *terminal) cooked() {
	p.t.Helper()
	for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if now, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS); err == nil && *now == *p.before {
			return
		}
	}
	p.t.Fatal("the terminal was never given back")
}

// TestCtrlCTwiceInAScreenEndsACallThatIsNeverAnswered makes changes of which one
// is never answered: the first key waits for it, and the second ends the program.
func TestCtrlCTwiceInAScreenEndsACallThatIsNeverAnswered(t *testing.T) {
	c := founded(t)
	held, open := make(chan struct{}, 1), make(chan struct{})
	defer close(open)
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if !e.Mutating {
			return sandbox.Fault{}
		}
		select {
		case held <- struct{}{}:
		default:
		}
		<-open
		return sandbox.Fault{DropRequest: true}
	})
	p := c.operator().sits("offboard", "bob", "--endpoint-url", c.server.URL())
	p.applies()
	select {
	case <-held:
	case <-time.After(time.Minute):
		t.Fatalf("no change was begun:\n%s", p.text())
	}
	p.types(ctrlC)
	p.until("Stopping: the changes under way are finished first")
	p.types(ctrlC)
	p.endedSoon(steps.ExitInterrupted)
}

// TestCtrlCTwiceInAScreenEndsAChildThatIgnoresIt looks by a Terraform that no
// interrupt ends.
func TestCtrlCTwiceInAScreenEndsAChildThatIgnoresIt(t *testing.T) {
	c := founded(t)
	l := c.operator()
	real, err := os.ReadFile(filepath.Join(l.path, "terraform"))
	c.must(err)
	begun := filepath.Join(l.base, "begun")
	script := "#!/bin/sh\ncase \"$1\" in init|plan) trap '' INT; touch " + begun + "; while :; do sleep 1; done;; esac\n"
	c.must(os.WriteFile(filepath.Join(l.path, "terraform"), append([]byte(script), real...), 0o700))
	p := l.sits("troubleshoot", "--run", "--endpoint-url", c.server.URL())
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(begun); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("Terraform was not run:\n%s", p.text())
		}
	}
	p.types(ctrlC)
	p.cooked()
	p.types(ctrlC)
	p.endedSoon(steps.ExitInterrupted)
}
