package files

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/steps/files/filestest"
	"stateroom/steps/stepstest"
)

// TestANoteThatIsNotWholeDoesNotStay writes notes where there is no room, and where
// their scratch directories cannot be made: nobody must take them for the trace of
// a work that was begun.
func TestANoteThatIsNotWholeDoesNotStay(t *testing.T) {
	full, taken := t.TempDir(), t.TempDir()
	room := stepstest.Full(t, full)
	filestest.Put(t, filepath.Join(taken, "one"+scratchSuffix), "", 0o600)
	for _, dir := range []string{full, taken} {
		if n, err := TakeNote(dir, "one", []byte(`{"begun":"2026-11-28T09:00:00Z"}`)); err == nil {
			n.Leave()
			t.Errorf("%s: the note was taken", dir)
		}
	}
	room()
	for _, dir := range []string{full, taken} {
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", dir, left, err)
		}
	}
}
