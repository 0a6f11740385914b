//go:build !windows

package files

import "golang.org/x/sys/unix"

// modesMean says that permission bits say who may read a file.
const modesMean = true

// mayWrite asks the system whether files can be made in a directory, without
// making one.
func mayWrite(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }
