//go:build integration && linux

package session_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// ctrlC is the key, which a terminal in raw mode makes no signal of.
const ctrlC = "\x03"

// soon bounds the end of a run that was interrupted twice, on a busy machine: well
// below the half minute for which a child is waited for.
const soon = 15 * time.Second

// endedSoon is ended, within the bound.
func (p *terminal) endedSoon(code int) {
	p.t.Helper()
	late := time.AfterFunc(soon, func() { _ = p.Process.Process.Kill() })
	defer late.Stop()
	p.Ended(code)
	p.Restored(0)
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
		t.Fatalf("no change was begun:\n%s", p.Text())
	}
	p.Type(ctrlC)
	p.Until("Stopping: the changes under way are finished first")
	p.Type(ctrlC)
	p.endedSoon(plan.ExitInterrupted)
}

// TestCtrlCTwiceInAScreenEndsAChildThatIgnoresIt looks by a Terraform that no
// interrupt ends.
func TestCtrlCTwiceInAScreenEndsAChildThatIgnoresIt(t *testing.T) {
	c := founded(t)
	l := c.operator()
	spied, err := os.ReadFile(filepath.Join(l.path, "terraform"))
	c.must(err)
	begun := filepath.Join(l.base, "begun")
	script := "#!/bin/sh\ncase \"$1\" in init|plan) trap '' INT; touch " + begun + "; while :; do sleep 1; done;; esac\n"
	c.must(os.WriteFile(filepath.Join(l.path, "terraform"), append([]byte(script), spied...), 0o700))
	p := l.sits("troubleshoot", "--run", "--endpoint-url", c.server.URL())
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(begun); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("Terraform was not run:\n%s", p.Text())
		}
	}
	p.Type(ctrlC)
	p.GivenBack()
	p.Type(ctrlC)
	p.endedSoon(plan.ExitInterrupted)
}
