package stepstest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// immutableFlag is FS_IMMUTABLE_FL of linux/fs.h.
const immutableFlag = 0x10

// Immutable makes a file one that not even root can replace, where the file system
// and the rights allow that; elsewhere a directory in its way does. What it
// returns takes the obstacle away, and so does the end of the test.
func Immutable(t *testing.T, path string) (undo func()) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	if err := flag(path, immutableFlag); err == nil {
		undo = func() { _ = flag(path, 0) } // it may be gone
		t.Cleanup(undo)
		return undo
	}
	must(t, os.Remove(path))
	must(t, os.Mkdir(path, 0o700))
	return func() {
		must(t, os.Remove(path))
		must(t, os.WriteFile(path, text, 0o600))
	}
}

// flag sets or clears what makes a file immutable.
func flag(path string, to int) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("flag: %w", err)
	}
	defer func() { _ = f.Close() }()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags)&^immutableFlag|to)
	}
	if err != nil {
		return fmt.Errorf("flag: %w", err)
	}
	return nil
}

// Full leaves no room in a directory, where a file system can be mounted on it, with
// the files that it holds; elsewhere a file takes the directory's place. What it
// returns takes the obstacle away, with what was written meanwhile kept.
func Full(t *testing.T, dir string) (undo func()) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	held := contents(t, dir)
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		must(t, os.Rename(dir, dir+".aside"))
		must(t, os.WriteFile(dir, nil, 0o600))
		return func() { must(t, os.Remove(dir)); must(t, os.Rename(dir+".aside", dir)) }
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // it may be gone
	write(t, dir, held)
	Fill(t, dir)
	return func() {
		must(t, os.Remove(filepath.Join(dir, filler)))
		now := contents(t, dir)
		must(t, unix.Unmount(dir, unix.MNT_DETACH))
		write(t, dir, now)
	}
}

// filler takes what room there is.
const filler = "filler"

// Fill writes to a directory of [Full] until there is no room left.
func Fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, filler), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	for _, size := range []int{4096, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(bytes.Repeat([]byte{'x'}, size))
		}
	}
	_ = f.Close() // the disk is full, as it should be
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	held := map[string][]byte{}
	for _, e := range entries {
		if e.Type().IsRegular() {
			held[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
			must(t, err)
		}
	}
	return held
}

func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
