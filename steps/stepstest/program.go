package stepstest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// started is the environment before any test changed it: Go finds its caches by
// HOME, which tests hide.
var started = os.Environ()

// buildWait bounds a build in which everything is compiled, on a busy machine.
const buildWait = 8 * time.Minute

// Build compiles the main package that args name to go run, in a directory or the
// current one, with the environment that the process began with. What go run links
// stays in Go's cache, unlike what go build does, so that the packages whose tests
// need a program link it once; in the program's place it starts a copy of it. Build
// gives the binary as bytes: a file that outlives the test which built it would
// outlive the process too.
func Build(dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildWait)
	defer cancel()
	scratch, err := os.MkdirTemp("", "stateroom-program-")
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", args, err)
	}
	defer func() { _ = os.RemoveAll(scratch) }() // a scratch directory of the system
	path := filepath.Join(scratch, "program")
	//nolint:gosec // G204: the arguments are the tests' own
	build := exec.CommandContext(ctx, "go", append(append([]string{"run", "-buildvcs=false", "-exec", "cp"}, args...), path)...)
	build.Dir, build.Env = dir, started
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s: %w\n%s", args, err, out)
	}
	return os.ReadFile(path) //nolint:wrapcheck // it names the file
}

var compiled = sync.OnceValues(func() ([]byte, error) { return Build("", "stateroom") })

// Program compiles stateroom as a user would get it, once a process, and gives
// the test a copy.
func Program(t testing.TB) string {
	t.Helper()
	binary, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stateroom.exe")
	// A process that another test starts meanwhile would hold the file open for
	// writing until it runs its own program, and what is written to does not run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, binary, 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	return path
}
