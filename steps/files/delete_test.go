package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"stateroom/steps/files/filestest"
)

func TestDeleteTakesOnlyWhatWasRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "bob.age")
	if err := Delete(context.Background(), mustRead(t, path)); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
	filestest.Put(t, path, "sealed", 0o600)
	before := mustRead(t, path)
	filestest.Put(t, path, "sealed anew", 0o600)
	if err := Delete(context.Background(), before); !errors.Is(err, ErrChangedMeanwhile) {
		t.Errorf("a file that changed was deleted: %v", err)
	}
	if err := Delete(context.Background(), mustRead(t, path)); err != nil {
		t.Fatal(err)
	}
	if left := litter(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := Delete(context.Background(), before); err != nil {
		t.Errorf("a file that is gone already: %v", err)
	}
}

func TestDeleteRefusesWhatItsOwnerMadeReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bob.age")
	filestest.Put(t, path, "sealed", 0o400)
	if err := Delete(context.Background(), mustRead(t, path)); err == nil {
		t.Error("a read-only file was deleted")
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
