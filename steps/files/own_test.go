package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// names are what lies in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAnOwnFileIsReplacedWholePrivatelyAndLeavesNothingBeside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "drafts")
	path := filepath.Join(dir, "one.json")
	for _, text := range []string{"the first, which is longer", "the second"} {
		if err := PutOwn(t.Context(), path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadOwn(t.Context(), path, Limit{Bytes: 100}); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left beside it: %v", left)
	}
	for at, want := range map[string]fs.FileMode{path: 0o600, dir: 0o700} {
		if info, err := os.Stat(at); err != nil || modesMean && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", at, info.Mode(), err)
		}
	}
	killed := filepath.Join(dir, tmpPrefix(path)+"123"+tmpSuffix) // what a kill left
	if err := errors.Join(os.WriteFile(killed, []byte("half"), 0o600), PutOwn(t.Context(), path, []byte("third"))); err != nil {
		t.Fatal(err)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("after a kill: %v", left)
	}
}

func TestAnOwnFileIsNeverWrittenThroughALink(t *testing.T) {
	dir := t.TempDir()
	others, path := filepath.Join(dir, "others"), filepath.Join(dir, "own.json")
	if err := errors.Join(os.WriteFile(others, []byte("theirs"), 0o600), os.Symlink(others, path)); err != nil {
		t.Fatal(err)
	}
	if err := PutOwn(t.Context(), path, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(others)
	mine, loadErr := LoadOwn(t.Context(), path, Limit{})
	if string(theirs) != "theirs" || string(mine) != "mine" || err != nil || loadErr != nil {
		t.Errorf("theirs %q, mine %q, %v, %v", theirs, mine, err, loadErr)
	}
}

func TestWhatOthersMayHavePutInAnOwnFilesPlaceIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no bits say who may write there
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(at("target"), []byte("x"), 0o600))
	must(os.Symlink(at("target"), at("link")))
	must(os.WriteFile(at("open"), []byte("x"), 0o600))
	must(os.Chmod(at("open"), 0o622))
	must(os.WriteFile(at("huge"), make([]byte, 2000), 0o600))
	must(os.Mkdir(at("folder"), 0o700))
	for name, want := range map[string]string{"link": "it is a link", "open": "others can write to it", "huge": "larger than 1 KiB", "folder": "a directory"} {
		if got, err := LoadOwn(t.Context(), at(name), Limit{Bytes: 1 << 10}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := LoadOwn(t.Context(), at("none"), Limit{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
