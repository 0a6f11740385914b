package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stateroom/steps/files/filestest"
)

func TestOnlyRegularFilesOfABoundedSizeAreRead(t *testing.T) {
	want := map[string]string{
		"device": "a device", "pipe": "a pipe", "pipe-link": "a pipe", "directory": "a directory", "huge": "larger than 32 MiB", "circle": "symbolic links",
	}
	for name, path := range filestest.Hostile(t) {
		_, err := Load(t.Context(), path, Limit{})
		var ours *Error
		if !errors.As(err, &ours) || !strings.Contains(err.Error(), want[name]) || !strings.Contains(err.Error(), path) {
			t.Errorf("Load %s: %v", name, err)
		}
		if _, err := Read(path); err == nil {
			t.Errorf("Read took %s", name)
		}
		if _, streamed := io.ReadAll(Open(t.Context(), path, Limit{})); streamed == nil || streamed.Error() != err.Error() {
			t.Errorf("Open %s: %v, and Load says %v", name, streamed, err)
		}
	}
	if _, err := Load(t.Context(), filepath.Join(t.TempDir(), "none"), Limit{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	// A file of /proc says that it is empty.
	if text, err := Load(t.Context(), "/proc/self/status", Limit{}); err != nil || len(text) == 0 {
		t.Errorf("/proc/self/status: %d bytes, %v", len(text), err)
	}
	if _, err := Load(t.Context(), "/proc/self/status", Limit{Bytes: 10}); err == nil {
		t.Error("more than the limit was taken from a file that says that it is empty")
	}
}

// readers are the two ways in which a path of the command line is read.
var readers = map[string]func(context.Context, string, Limit) ([]byte, error){
	"whole": Load,
	"streamed": func(ctx context.Context, path string, limit Limit) ([]byte, error) {
		return io.ReadAll(Open(ctx, path, limit))
	},
}

func TestAPipeOfTheCommandLineIsBoundedInSizeAndTime(t *testing.T) {
	odd := filestest.Hostile(t)
	for way, read := range readers {
		for _, name := range []string{"device", "directory", "huge"} {
			if _, err := read(t.Context(), odd[name], Limit{Pipe: true}); err == nil {
				t.Errorf("%s was read %s", name, way)
			}
		}
		if _, err := read(t.Context(), odd["pipe"], Limit{Pipe: true, Wait: time.Millisecond}); err == nil || !strings.Contains(err.Error(), "nothing came from it") {
			t.Errorf("a pipe that nobody writes to, %s: %v", way, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := read(ctx, odd["pipe"], Limit{Pipe: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("an interrupted pipe, %s: %v", way, err)
		}
		for text, fits := range map[string]bool{"secret\n": true, strings.Repeat("x", 20): false} {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = w.WriteString(text)
				_ = w.Close()
			}()
			path := filepath.Join("/dev/fd", strconv.Itoa(int(r.Fd())))
			got, err := read(t.Context(), path, Limit{Pipe: true, Bytes: 10})
			if fits != (err == nil) || fits && string(got) != text {
				t.Errorf("%q from a pipe, %s: %q, %v", text, way, got, err)
			}
			_ = r.Close()
		}
	}
}

// TestAPipeThatGoesOnForEverIsBounded has a writer that is there and never ends.
func TestAPipeThatGoesOnForEverIsBounded(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errors.Join(w.Close(), r.Close()) }()
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("/dev/fd", strconv.Itoa(int(r.Fd())))
	for way, read := range readers {
		if _, err := read(t.Context(), path, Limit{Pipe: true, Wait: time.Hour, Whole: time.Millisecond}); err == nil || !strings.Contains(err.Error(), "had not ended after 1ms") {
			t.Errorf("%s: got %v", way, err)
		}
	}
}

// Whatever lies where the last holder of a claim is noted, nobody waits for it.
func TestAClaimsHolderIsReadWithinBounds(t *testing.T) {
	for name, path := range filestest.Hostile(t) {
		claim := filepath.Join(t.TempDir(), "run.lock")
		if err := os.WriteFile(claim, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, holderPath(claim)); err != nil {
			t.Fatal(err)
		}
		if mark, err := PeekClaim(claim); err != nil || mark.held || mark.last != "" {
			t.Errorf("%s: %+v, %v", name, mark, err)
		}
	}
}

// A path is below a directory by where both lead, and not by how they are spelt.
func TestAPathIsBelowADirectoryThroughLinksOnEitherSide(t *testing.T) {
	base := t.TempDir()
	for _, dir := range []string{"prod/data", "production"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"linked": "prod", "prod/out": "../production"} {
		if err := os.Symlink(target, filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		dir, path string
		want      bool
	}{
		{"prod", "prod/data/x", true},
		{"linked", "prod/data/x", true},
		{"prod", "linked/data/x", true},
		{"prod", "production/x", false},
		{"prod", "prod/out/x", false},
		{"production", "prod/out/x", true},
	} {
		if got := Within(filepath.Join(base, c.dir), filepath.Join(base, c.path)); got != c.want {
			t.Errorf("%s in %s: %t", c.path, c.dir, got)
		}
	}
}

// TestAFileThatIsReadNoFurtherIsClosed: beyond its limit, by an interrupt, and where nobody
// reads on at all.
func TestAFileThatIsReadNoFurtherIsClosed(t *testing.T) {
	for name, stop := range map[string]func(in io.Reader, cancel func()){
		"an interrupt": func(in io.Reader, cancel func()) {
			_, _ = in.Read(make([]byte, 1)) // of a file that has much more
			cancel()
		},
		"nobody reads": func(_ io.Reader, cancel func()) { cancel() },
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, make([]byte, 4*pieceSize), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop(Open(ctx, path, Limit{}), cancel)
		if !within(time.Minute, func() bool { return !isOpen(t, path) }) {
			t.Errorf("%s: the file stays open", name)
		}
		cancel()
	}

	// Whoever writes into a pipe learns that nobody reads it any more.
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() {
		pipe, err := os.OpenFile(path, os.O_WRONLY, 0)
		for err == nil {
			_, err = pipe.Write(make([]byte, pieceSize))
		}
		wrote <- errors.Join(err, pipe.Close())
	}()
	if _, err := io.ReadAll(Open(t.Context(), path, Limit{Bytes: 3 * pieceSize, Pipe: true})); err == nil {
		t.Error("more than the limit was taken")
	}
	select {
	case err := <-wrote:
		if !errors.Is(err, syscall.EPIPE) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the pipe stays open beyond its limit")
	}
}

// within tells whether something comes true in time.
func within(limit time.Duration, holds func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// isOpen tells whether this process has the file open.
func isOpen(t *testing.T, path string) bool {
	t.Helper()
	there, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(there, func(fd os.DirEntry) bool {
		target, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		return target == path
	})
}
