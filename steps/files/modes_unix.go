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

// strangers tells a file of somebody else: neither of this user nor of root, nor of
// the user over whose home root is at work.
func strangers(info os.FileInfo) bool {
	owner, known := ownerOf(info)
	if !known || owner == 0 || int(owner) == os.Geteuid() {
		return false
	}
	path, err := os.UserHomeDir()
	if err != nil || os.Geteuid() != 0 {
		return true
	}
	home, err := os.Stat(path)
	if err != nil {
		return true
	}
	whose, _ := ownerOf(home)
	return whose != owner
}

// ownerOf is the user whose file it is, as far as the system tells.
func ownerOf(info os.FileInfo) (uid uint32, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return stat.Uid, true
}

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

// OwnerAlone has nothing to do: mode 0600 says so.
func OwnerAlone(string) error { return nil }
