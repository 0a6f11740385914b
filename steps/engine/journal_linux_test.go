package engine

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stateroom/steps/terraform"
)

// TestWhatTheStateDirectoryHoldsIsReadWithinBounds puts a pipe that nobody writes to
// and a device that never ends where the journal and a state's backup lie.
func TestWhatTheStateDirectoryHoldsIsReadWithinBounds(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	const scope = "111111111111/acme-terraform-state"
	for path, says := range map[string]string{pipe: "a pipe", "/dev/zero": "a device"} {
		state := filepath.Join(dir, "state-of-"+filepath.Base(path))
		journal, backup := filepath.Join(ScopeDir(state, scope), "journal.jsonl"), filepath.Join(state, "backup")
		for _, at := range []string{journal, filepath.Join(backup, "default.tfstate")} {
			if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, at); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := OpenJournal(state, scope); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the journal: %v", err)
		}
		if _, err := terraform.ReadBackup(t.Context(), backup); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the backup: %v", err)
		}
	}
}
