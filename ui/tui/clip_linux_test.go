package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInsideTmuxAndScreenTheTextReachesTheTerminalAround(t *testing.T) {
	bin, taken := t.TempDir(), filepath.Join(t.TempDir(), "taken")
	script := "#!/bin/sh\necho \"$@\" > " + taken + "\ncat >> " + taken + "\n"
	if err := os.WriteFile(filepath.Join(bin, "tmux"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/bin:/usr/bin")
	press8 := func(env map[string]string) string {
		m := reviewingRoot(t, plainLook, Options{})
		out := onTerminal(m, env)
		press(m, "8", "y")
		return out.String()
	}
	plain := osc52("terraform init")
	if out := press8(map[string]string{"TMUX": "/tmp/tmux-0/default,1,0"}); out != "" {
		t.Errorf("tmux has it already: %q", out)
	}
	if got, err := os.ReadFile(taken); err != nil || string(got) != "load-buffer -w -\nterraform init" {
		t.Errorf("tmux got %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(bin, "tmux"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	wrapped := "\x1bPtmux;" + strings.ReplaceAll(plain, "\x1b", "\x1b\x1b") + "\x1b\\"
	if out := press8(map[string]string{"TMUX": "/tmp/tmux-0/default,1,0"}); out != plain+wrapped {
		t.Errorf("an old tmux: %q", out)
	}
	if out := press8(map[string]string{"STY": "1.pts"}); out != "\x1bP"+plain+"\x1b\\" {
		t.Errorf("screen: %q", out)
	}
}
