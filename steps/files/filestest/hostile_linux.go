package filestest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Hostile makes what may lie where a file is expected.
func Hostile(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("huge"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(at("huge"), 1<<30); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"device": "/dev/zero", "pipe-link": at("pipe"), "circle": at("circle")} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"device": at("device"), "pipe": at("pipe"), "pipe-link": at("pipe-link"), "directory": at("directory"),
		"huge": at("huge"), "circle": at("circle"),
	}
}
