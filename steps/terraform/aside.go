package terraform

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// MoveAside moves what init left in the project's data directory to another
// directory, which is made (0700), and deletes nothing. The name of the selected
// workspace stays, and goes along as a copy, so that the next init is in the
// same workspace even after a kill. Git is told to ignore the new directory:
// init may have noted credentials. Called again it moves what is left.
func MoveAside(p Project, to string) error {
	entries, err := os.ReadDir(p.dataDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("move %s aside: %w", p.dataDir(), err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fmt.Errorf("move %s aside: %w", p.dataDir(), err)
	}
	if err := os.WriteFile(filepath.Join(to, ".gitignore"), []byte("*\n"), 0o600); err != nil {
		return fmt.Errorf("move %s aside: %w", p.dataDir(), err)
	}
	for _, entry := range entries {
		from, target := filepath.Join(p.dataDir(), entry.Name()), filepath.Join(to, entry.Name())
		if entry.Name() == tf.WorkspaceFile {
			err = copyFile(from, target)
		} else {
			err = os.Rename(from, target)
		}
		if err != nil {
			return fmt.Errorf("move %s aside: %w", from, err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	file, err := files.Read(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, file.Bytes, 0o600) //nolint:wrapcheck // the caller names both
}
