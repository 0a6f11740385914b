//go:build !windows

package files

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// modesMean says that permission bits say who may read a file.
const modesMean = true

// mayWrite asks the system whether files can be made in a directory, without
// making one.
func mayWrite(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }

// ownLike gives a path the owner and group of another, where root is at work: a
// file in somebody's home stays that person's.
func ownLike(path, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was for
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || os.Geteuid() != 0 {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid)) //nolint:wrapcheck // as above
}
