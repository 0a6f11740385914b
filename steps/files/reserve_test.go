package files

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/files/filestest"
)

// reserved is a credentials file that is about to get a key, and the room for it.
func reserved(t *testing.T, before string) (path, state string, e Edit, r *Reservation) {
	t.Helper()
	path, state = filepath.Join(t.TempDir(), "credentials"), t.TempDir()
	filestest.Put(t, path, before, 0o600)
	e = extended(mustRead(t, path), "x")
	var err error
	if r, err = Reserve(t.Context(), e, state); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return path, state, e, r
}

func TestARoomThatIsNotUsedLeavesNothing(t *testing.T) {
	path, state, _, r := reserved(t, "[a]\n")
	r.Close()
	left := 0
	_ = filepath.WalkDir(state, func(_ string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			left++
		}
		return nil
	})
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || left > 0 || string(mustRead(t, path).Bytes) != "[a]\n" {
		t.Errorf("%v and %d files in the state directory, %v", entries, left, err)
	}
}

// TestASecretOutlivesTheStateDirectory takes both places away after the room was
// made: what was staged is the only file that still has the text.
func TestASecretOutlivesTheStateDirectory(t *testing.T) {
	path, state, e, r := reserved(t, "[a]\n")
	filestest.Put(t, path, "[mine]\n", 0o600)
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write(t.Context(), e); !errors.Is(err, ErrChangedMeanwhile) {
		t.Fatalf("got %v", err)
	}
	at, err := r.Keep(e.After)
	r.Close()
	if err != nil || filepath.Dir(at) != filepath.Dir(path) {
		t.Fatalf("kept in %q, %v", at, err)
	}
	sweep(filepath.Dir(path), path)
	if kept := mustRead(t, at); string(kept.Bytes) != string(e.After) || (modesMean && kept.Mode != 0o600) {
		t.Errorf("kept %q with mode %o", kept.Bytes, kept.Mode)
	}
}

// TestWhatCannotBePutInItsPlaceIsKept edits the file after the room was made, as a
// person does between the call and the write.
func TestWhatCannotBePutInItsPlaceIsKept(t *testing.T) {
	path, state, e, r := reserved(t, "[a]\n")
	filestest.Put(t, path, "[mine]\n", 0o600)
	if _, err := r.Write(t.Context(), e); !errors.Is(err, ErrChangedMeanwhile) {
		t.Fatalf("got %v", err)
	}
	at, err := r.Keep(e.After)
	r.Close()
	if err != nil || !strings.HasPrefix(at, state) {
		t.Fatalf("kept in %s, %v", at, err)
	}
	kept := mustRead(t, at)
	if string(kept.Bytes) != string(e.After) || (modesMean && kept.Mode != 0o600) || string(mustRead(t, path).Bytes) != "[mine]\n" {
		t.Errorf("kept %v with mode %o", kept.Bytes, kept.Mode)
	}
	if found := Unwritten(state, path); len(found) != 1 || found[0] != at {
		t.Errorf("what was kept is not found: %v", found)
	}
}

// TestAnAppendInTheMomentOfTheRenameIsKept lets another program append after the
// last comparison, before the rename, which nothing can prevent.
func TestAnAppendInTheMomentOfTheRenameIsKept(t *testing.T) {
	path, _, e, r := reserved(t, "[a]\n")
	before := r.openBefore(e)
	if before == nil {
		return // Windows lets nobody replace what is open
	}
	filestest.Put(t, path, "[a]\n[late]\n", 0o600)
	if err := os.Rename(r.staged, path); err != nil {
		t.Fatal(err)
	}
	late := r.overtaken(e, before)
	if late == "" || string(mustRead(t, late).Bytes) != "[a]\n[late]\n" {
		t.Errorf("what was appended is in %q", late)
	}
	if err := before.Close(); err != nil {
		t.Error(err)
	}
}
