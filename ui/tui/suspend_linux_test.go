package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stateroom/steps/plan"
	"stateroom/ui/practice"
	"stateroom/ui/ptytest"
)

// underShell is a shell with job control that starts this test binary as the
// wizard, says so when that was stopped, and continues it after a line was typed.
const underShell = `set -m; "$0"; echo "[stopped]"; read line; fg`

const ctrlZ = "\x1a"

// openUnderShell starts the wizard as operators do: below a shell.
func openUnderShell(t *testing.T, env []string) *terminal {
	t.Helper()
	p := &terminal{ptytest.New(t, 110, 34), t}
	p.start(env, "sh", "-c", underShell, os.Args[0])
	return p
}

// suspended presses Ctrl-Z, and holds that the shell has its terminal back.
func (p *terminal) suspended() {
	p.t.Helper()
	mark := len(p.Text())
	p.Type(ctrlZ)
	p.Until("[stopped]")
	p.Restored(mark)
}

// continued lets the shell go on with the wizard in a terminal of another size.
func (p *terminal) continued(columns, lines uint16) {
	p.t.Helper()
	p.Resize(columns, lines)
	p.Type("\r")
	p.Until("\x1b[?1049h")
}

func TestSuspendedWizardComesBackInTheTerminalsNewSize(t *testing.T) {
	t.Parallel()
	lab, _ := rehearsal(t, practice.Options{})
	p := openUnderShell(t, asChild(lab, lab.Endpoint()))
	p.Until("Practice in the sandbox")
	p.suspended()
	p.continued(90, 28)
	p.Until(strings.Repeat("─", 90))
	p.Until("Practice in the sandbox")
	back := p.Since()
	back = back[strings.LastIndex(back, "\x1b[?1049h"):]
	for _, sequence := range []string{"\x1b[?25l", "\x1b[?2004h"} {
		if !strings.Contains(p.Since(), sequence) {
			t.Errorf("it came back without %q: %q", sequence, back)
		}
	}
	p.Type("q")
	p.ended(plan.ExitDone)
}

func TestWizardIsNotSuspendedWhileChangesAreMade(t *testing.T) {
	t.Parallel()
	lab, _ := rehearsal(t, practice.Options{})
	users := newGate(t, lab, "Action=CreateUser&")
	p := openTerminal(t, lab, users.endpoint)
	p.setUp()
	users.wait(t)
	p.Type(ctrlZ)
	p.Until("Not suspended: changes are under way")
	users.open()
	p.Until("Proven as alice")
	p.Type("\r")
	p.ended(plan.ExitDone)
}

func TestWizardThatNoShellCouldContinueIsNotSuspended(t *testing.T) {
	t.Parallel()
	lab, _ := rehearsal(t, practice.Options{})
	p := openTerminal(t, lab, lab.Endpoint())
	p.Until("Practice in the sandbox")
	p.Type("\x1b[B\r")
	p.Until("17 to do")
	p.Type(ctrlZ)
	p.Until("Not suspended: no shell with job control")
	p.Type("9")
	p.Until("The whole plan")
	p.Type("\x03")
	p.ended(plan.ExitInterrupted)
}

// ticking is a script that stands for a long run of Terraform: it begins, waits
// for a file, and then says that it has ended.
const ticking = `#!/bin/sh
touch begun
until [ -e go ]; do sleep 0.02; done
touch ended
echo "No changes."
`

func TestTerraformGoesOnWhileTheWizardIsSuspended(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "terraform")
	if err := os.WriteFile(script, []byte(ticking), 0o700); err != nil {
		t.Fatal(err)
	}
	p := openUnderShell(t, append(os.Environ(), childEnv+"="+dir, scriptEnv+"="+script))
	there(t, filepath.Join(dir, "begun"))
	p.suspended()
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	there(t, filepath.Join(dir, "ended"))
	p.continued(110, 34)
	p.Until("Everything already matches")
	p.Type("\r")
	p.ended(plan.ExitDone)
}

// there waits for a file.
func there(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s never came", path)
}
