package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Delete takes a file away, if it is still what the snapshot says
// ([ErrChangedMeanwhile] otherwise). A file that is not there is no error. There
// is no backup: what is removed is meant to be gone.
func Delete(ctx context.Context, before Snapshot) error {
	if !before.Exists {
		return nil
	}
	target, err := resolve(before.Path)
	if err != nil {
		return deleteError(before, err)
	}
	unlock, err := lock(ctx, target)
	if err != nil {
		return deleteError(before, err)
	}
	defer unlock()
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := unchanged(Edit{Before: before}, target, "delete"); err != nil {
		return err
	}
	if err := os.Remove(target); err != nil {
		return deleteError(before, err)
	}
	syncDir(filepath.Dir(target))
	return nil
}

func deleteError(s Snapshot, err error) error {
	return &Error{Action: "delete", Path: s.Path, Err: Bare(err)}
}
