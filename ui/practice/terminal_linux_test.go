package practice

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheTerminalOfALabLeadsToItAndNowhereElse runs what somebody copies in a shell that
// has credentials of its own.
func TestTheTerminalOfALabLeadsToItAndNowhereElse(t *testing.T) {
	t.Parallel()
	l := start(t, Options{})
	defer closeLab(t, l)
	if err := os.MkdirAll(filepath.Join(l.Root, "live", "staging"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteTerminal(); err != nil {
		t.Fatal(err)
	}
	lines := l.Terminal()
	shell := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(lines[:len(lines)-1], "\n")+"\nenv | grep -e ^AWS_ -e ^TF_; pwd")
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=real", "AWS_PROFILE=real", "AWS_ENDPOINT_URL_S3=https://real", "TF_DATA_DIR=real"}
	out, err := shell.CombinedOutput()
	if err != nil || strings.Contains(string(out), "real") || lines[len(lines)-1] != "terraform plan" {
		t.Errorf("%v: %s", err, out)
	}
	for _, want := range []string{
		"AWS_ENDPOINT_URL=" + l.Endpoint() + "\n", "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(l.Root, credentialsFile) + "\n",
		"AWS_CONFIG_FILE=" + filepath.Join(l.Root, configFile) + "\n", filepath.Join(l.WorkDir, "live", "staging") + "\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
}
