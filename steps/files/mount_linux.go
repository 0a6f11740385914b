package files

import "golang.org/x/sys/unix"

// isMount says that something is mounted on the file itself. (The device tells
// nothing: a file mounted from the same file system has the same.)
func isMount(path string) bool {
	var info unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, 0, &info)
	return err == nil && info.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
