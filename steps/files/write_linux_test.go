package files

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"stateroom/steps/files/filestest"
)

// TestReadOnlyDirectoryIsOneSentence takes the file system's identity of nobody
// for one thread: chmod alone does not stop root, as which CI often runs.
func TestReadOnlyDirectoryIsOneSentence(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	filestest.Put(t, path, "[a]\n", 0o644)
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o755) }()

	state := t.TempDir()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Getuid() == 0 {
		_ = syscall.Setfsuid(65534)
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	e := extended(mustRead(t, path), "x")
	_, err := Write(context.Background(), e, state)
	if err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Fatalf("got %v", err)
	}
	if string(mustRead(t, path).Bytes) != "[a]\n" {
		t.Fatal("the file changed")
	}
}

// TestFullDiskLeavesTheOldFile runs itself under a file size limit, which cuts
// a write in the middle as a full disk does.
func TestFullDiskLeavesTheOldFile(t *testing.T) {
	if dir := os.Getenv("STATEROOM_TEST_FULL_DISK"); dir != "" {
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: 4096, Max: 4096}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		s := mustRead(t, filepath.Join(dir, "credentials"))
		_, err := Write(context.Background(), Edit{Before: s, After: Content(strings.Repeat("x", 1<<20)), Mode: 0o600}, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "file too large") {
			t.Fatalf("got %v", err)
		}
		return
	}
	dir := t.TempDir()
	filestest.Put(t, filepath.Join(dir, "credentials"), "[a]\n", 0o600)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDiskLeavesTheOldFile$")
	cmd.Env = append(os.Environ(), "STATEROOM_TEST_FULL_DISK="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || string(mustRead(t, filepath.Join(dir, "credentials")).Bytes) != "[a]\n" {
		t.Fatalf("left behind: %v, %v", entries, err)
	}
}
