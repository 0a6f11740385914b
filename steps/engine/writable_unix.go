//go:build !windows

package engine

import (
	"io/fs"
	"syscall"
)

// access(2): to write and to search.
const writeAndSearch = 0x2 | 0x1

// writableDir tells whether files can be made in a folder.
func writableDir(dir string, mode fs.FileMode) bool {
	return mode&0o200 != 0 && syscall.Access(dir, writeAndSearch) == nil
}
