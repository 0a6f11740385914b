//go:build linux

package session_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/ui/ptytest"
)

// atOnce is what no run takes on the busiest machine that waits for nobody.
const atOnce = 90 * time.Second

// signsIn is the clone of an admin of a team that signs in with Identity Center. Nobody sits
// at the portal, so that a sign-in is never finished.
func signsIn(t *testing.T) *laptop { return signsInWith(t, nil) }

// signsInWith is the same with a mirror for Terraform; nil is no Terraform.
func signsInWith(t *testing.T, mirror map[string]string) *laptop {
	t.Helper()
	c := &company{t: t, dir: filepath.Join(t.TempDir(), "team"), mirror: mirror}
	c.server = sandboxtest.Start(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Interval: 100 * time.Millisecond}})
	c.must(c.server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}}))
	b := enginetest.Team(nil, "staging")
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{blueprint.Everything}}}
	c.must(os.MkdirAll(c.dir, 0o700))
	c.must(os.WriteFile(filepath.Join(c.dir, "stateroom.hcl"), b.HCL(), 0o600))
	c.found()
	b.IdentityCenter.StartURL, b.IdentityCenter.Region = c.server.StartURL(), "eu-central-1"
	l := c.laptop("alice").clone()
	c.must(os.WriteFile(filepath.Join(l.folder, "stateroom.hcl"), b.HCL(), 0o600))
	return l
}

// comes gives the laptop its profiles, and no sign-in.
func (l *laptop) comes() *laptop {
	l.t.Helper()
	if got := l.stateroom("", "onboard", "--yes"); got.code != plan.ExitFindings {
		l.t.Fatalf("the onboarding: %+v", got)
	}
	return l
}

// tokens are what sign-ins have left.
func (l *laptop) tokens() []string {
	l.t.Helper()
	found, err := filepath.Glob(filepath.Join(l.home, ".aws", "sso", "cache", "*"))
	l.must(err)
	return found
}

// TestWhereNobodySeesItNobodyIsWaitedFor: without a terminal a sign-in by the browser says
// what to do and ends, and nothing is kept of it.
func TestWhereNobodySeesItNobodyIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := signsIn(t)
	browser := filepath.Join(l.path, "browser")
	l.must(os.WriteFile(browser, []byte("#!/bin/sh\necho \"$@\" >>"+l.base+"/opened\n"), 0o700))
	for _, args := range [][]string{{"onboard", "--yes"}, {"login", "--yes"}, {"login", "--plain"}, {"login", "--yes", "--device"}} {
		for _, env := range [][]string{nil, {"BROWSER=" + browser}} {
			began := time.Now()
			got := l.in(l.folder, "yes\n", env, l.program(), append(args, "--endpoint-url", l.server.URL())...)
			if took := time.Since(began); got.code != plan.ExitFindings || took > atOnce {
				t.Errorf("%v: exit %d after %s:\n%s%s", args, got.code, took, got.out, got.err)
			}
			says(t, strings.Join(strings.Fields(got.out), " "), "Run stateroom login in a terminal, and sign in in the browser.")
		}
	}
	if _, err := os.Stat(filepath.Join(l.base, "opened")); err == nil || len(l.tokens()) > 0 {
		t.Errorf("a browser was opened: %v, and left is %q", err, l.tokens())
	}
}

// TestCtrlCEndsTheWaitForABrowserAtOnce, on the screens and in lines, whether the browser or
// another device is waited for.
func TestCtrlCEndsTheWaitForABrowserAtOnce(t *testing.T) {
	t.Parallel()
	l := signsIn(t).comes()
	l.must(os.WriteFile(filepath.Join(l.path, "browser"), []byte("#!/bin/sh\nexit 0\n"), 0o700))
	for name, c := range map[string]struct {
		args  []string
		env   string
		shows string
	}{
		"lines, browser":   {[]string{"login", "--yes"}, "BROWSER=browser", "Your browser shows"},
		"lines, device":    {[]string{"login", "--yes"}, "BROWSER=none", "shows the code"},
		"events, device":   {[]string{"login", "--yes", "--json"}, "BROWSER=", "shows the code"},
		"screens, browser": {[]string{"login"}, "BROWSER=none:browser %s", "Finish there"},
		"screens, device":  {[]string{"login"}, "BROWSER=", "code, and confirm:"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &terminal{ptytest.New(t, 80, 24), t}
			p.Patience = 25 * time.Second
			command := exec.CommandContext(t.Context(), l.program(), append(c.args, "--endpoint-url", l.server.URL())...)
			command.Dir, command.Env = l.folder, l.environment(c.env)
			p.Start(command)
			if len(c.args) == 1 {
				p.applies()
			}
			p.Finds(strings.ReplaceAll(c.shows, " ", `\s+`)) // a sentence may go over two lines
			began := time.Now()
			p.Type("\x03")
			if len(c.args) == 1 { // a screen says it and waits to be left, as after any other stop
				p.Until("the sign-in was interrupted")
				p.Type("q")
			}
			p.Ended(plan.ExitInterrupted)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if len(l.tokens()) > 0 {
				t.Errorf("left %q", l.tokens())
			}
		})
	}
}

// TestWhoKeepsTheOutputSeesWhereToSignIn: whoever keeps the output in a file is told at the
// terminal.
func TestWhoKeepsTheOutputSeesWhereToSignIn(t *testing.T) {
	t.Parallel()
	l := signsIn(t).comes()
	p := &terminal{ptytest.New(t, 80, 24), t}
	command := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("exec %s login --yes --endpoint-url %s >kept", l.program(), l.server.URL()))
	command.Dir, command.Env = l.folder, l.environment()
	p.Start(command)
	p.Finds(`shows\s+the\s+code`)
	p.Type("\x03")
	p.Ended(plan.ExitInterrupted)
}
