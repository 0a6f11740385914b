package session

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// TestTheBrowserIsWhatTheVariableSays as xdg-open reads it: several with colons between,
// words, and the place of the address in them.
func TestTheBrowserIsWhatTheVariableSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environ engine.Environment
		want    [][]string
	}{
		"one":                 {engine.Environment{"BROWSER=firefox"}, [][]string{{"firefox"}}},
		"several":             {engine.Environment{"BROWSER=my browser --new %s::w3m", "DISPLAY=:0"}, [][]string{{"my", "browser", "--new", "%s"}, {"w3m"}, {"xdg-open"}}},
		"a desktop":           {engine.Environment{"WAYLAND_DISPLAY=wayland-0"}, [][]string{{"xdg-open"}}},
		"Windows' Linux":      {engine.Environment{"WSL_DISTRO_NAME=Debian", "DISPLAY=:0"}, [][]string{{"wslview"}}},
		"no desktop":          {engine.Environment{"BROWSER= : "}, nil},
		"over SSH, elsewhere": {engine.Environment{"BROWSER=firefox", "SSH_TTY=/dev/pts/0"}, nil},
	} {
		if got := browsersOf("linux", c.environ); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestTheFirstBrowserThatCanOpensThePage: one that is not there or fails is passed over, and
// one that goes on is left to itself.
func TestTheFirstBrowserThatCanOpensThePage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // it has one command, and no shell for those of this test
	}
	dir := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	opened := filepath.Join(dir, "opened")
	works, fails, lasts := script("works", `echo "$@" >`+opened), script("fails", "exit 3"), script("lasts", "exec sleep 5")
	const address = "https://x/?a=b%20c"
	for want, commands := range map[string][][]string{
		"--to " + address + " %s.":      {{"/none/there", "%s"}, {fails}, {works, "--to", "%s", "%%s."}},
		"--to=" + address + " " + "100": {{works, "--to=%s", "100"}},
		"100% " + address:               {{works, "100%"}},
	} {
		if err := openBrowser(t.Context(), commands, address); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(opened); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("opened %q, want %q: %v", got, want, err)
		}
	}
	if err := openBrowser(t.Context(), [][]string{{fails}, {"/none/there"}}, address); err == nil {
		t.Error("no browser opened the page, and none is missed")
	}
	began := time.Now()
	if err := openBrowser(t.Context(), [][]string{{lasts}}, address); err != nil || time.Since(began) > 4*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// TestACodeIsAskedForByTheProfileThatIsUsed, whichever of the variables names it.
func TestACodeIsAskedForByTheProfileThatIsUsed(t *testing.T) {
	t.Parallel()
	for want, environ := range map[string]engine.Environment{
		"first":   {"AWS_PROFILE=first", "AWS_DEFAULT_PROFILE=second"},
		"second":  {"AWS_DEFAULT_PROFILE=second"},
		"default": {},
	} {
		var note string
		s := &session{process: environ}
		_, err := s.codes(plan.Asks{Code: func(in plan.SignIn) (string, error) { note = in.Note; return "123456", nil }})(awsops.Assuming{Device: "d", Role: "r"})
		if err != nil || !strings.HasPrefix(note, "The profile "+want+" assumes") {
			t.Errorf("%s: %q, %v", want, note, err)
		}
	}
}
