//go:build !windows

package files

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"stateroom/steps/files/filestest"
)

// TestRootLeavesAUsersFilesTheUsers edits and makes files in the home of another;
// who is not root can only find that they are its own.
func TestRootLeavesAUsersFilesTheUsers(t *testing.T) {
	home, owner := t.TempDir(), os.Getuid()
	path, fresh := filepath.Join(home, "credentials"), filepath.Join(home, "new", "deep", "config")
	filestest.Put(t, path, "[a]\n", 0o600)
	if owner == 0 {
		owner = 65534
		for _, at := range []string{home, path} {
			if err := os.Chown(at, owner, owner); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, at := range []string{path, fresh} {
		e := extended(mustRead(t, at), "x")
		if _, err := Write(t.Context(), e, filepath.Join(home, "state", "stateroom")); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(home, func(at string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && int(info.Sys().(*syscall.Stat_t).Uid) != owner {
			t.Errorf("%s belongs to %d, not to %d", at, info.Sys().(*syscall.Stat_t).Uid, owner)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Only root can give a file away; for anybody else the file stays the user's own, which is
// read.
func TestAFileOfSomebodyElsesIsNotReadAsOnesOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "draft.json")
	filestest.Put(t, path, "{}", 0o600)
	t.Setenv("HOME", t.TempDir())
	refused := os.Getuid() == 0
	if refused {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := LoadOwn(t.Context(), path, Limit{}); refused != (err != nil) {
		t.Errorf("refused %t, %v", refused, err)
	}
}
