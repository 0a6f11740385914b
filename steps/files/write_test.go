package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/steps/files/filestest"
)

func mustRead(t *testing.T, path string) Snapshot {
	t.Helper()
	s, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// litter lists what is in a directory beside the named files.
func litter(t *testing.T, dir string, known ...string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		if !strings.Contains(strings.Join(known, " "), name) {
			out = append(out, name)
		}
	}
	return out
}

// extended is an edit that adds a section to a file, as the editors make one.
func extended(before Snapshot, name string) Edit {
	text := string(before.Bytes) + "\n[" + name + "]\nregion = eu-west-1\n"
	return Edit{Before: before, After: Content(text), Mode: 0o600}
}

// written carries out an edit and gives the path of the backup.
func written(ctx context.Context, e Edit, stateDir string) (string, error) {
	w, err := Write(ctx, e, stateDir)
	return w.Backup, err
}

func TestWriteMakesNewFilesPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home with spaces", ".aws")
	path := filepath.Join(dir, "credentials")
	e := extended(mustRead(t, path), "admin_iam")
	backup, err := written(context.Background(), e, t.TempDir())
	if err != nil || backup != "" {
		t.Fatalf("backup %q, error %v", backup, err)
	}
	got := mustRead(t, path)
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Mode != 0o600 || info.Mode().Perm() != 0o700 || string(got.Bytes) != string(e.After) {
		t.Fatalf("file %o, directory %o, content %v", got.Mode, info.Mode().Perm(), got.Bytes)
	}
	if left := litter(t, dir, "credentials"); left != nil {
		t.Fatalf("left behind: %v", left)
	}
}

func TestWriteKeepsModeAndBacksUpWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	old := "[a]\nk = v\n"
	filestest.Put(t, path, old, 0o644)
	before := mustRead(t, path)
	state := filepath.Join(t.TempDir(), "state")
	if !before.LooseMode() {
		t.Error("0644 must be reported as loose")
	}
	e := extended(before, "x")
	first, err := written(context.Background(), e, state)
	if err != nil {
		t.Fatal(err)
	}
	kept := mustRead(t, first)
	if string(kept.Bytes) != old || kept.Mode != 0o600 || mustRead(t, path).Mode != 0o644 {
		t.Fatalf("backup %v %o, file %o", kept.Bytes, kept.Mode, mustRead(t, path).Mode)
	}
	e = extended(mustRead(t, path), "y")
	second, err := written(context.Background(), e, state)
	if err != nil || second == first || filepath.Dir(second) != filepath.Join(state, "files", dir) {
		t.Fatalf("the second backup is %q, the first %q, error %v", second, first, err)
	}
	if left := litter(t, dir, "credentials"); left != nil {
		t.Errorf("beside the file lie %v", left)
	}
	if info, err := os.Stat(filepath.Dir(second)); err != nil || (modesMean && info.Mode().Perm() != 0o700) {
		t.Errorf("the backups' directory: %v %v", info, err)
	}
}

func TestWriteOfNothingTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	filestest.Put(t, path, "[x]\nregion = eu-west-1\n", 0o600)
	past := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	before := mustRead(t, path)
	e := Edit{Before: before, After: before.Bytes, Mode: 0o600}
	if backup, err := written(context.Background(), e, t.TempDir()); err != nil || backup != "" {
		t.Fatalf("backup %q, error %v", backup, err)
	}
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().Equal(past) || len(litter(t, dir, "credentials")) > 0 {
		t.Fatalf("touched: %v, %v, %v", info.ModTime(), litter(t, dir, "credentials"), err)
	}
}

func TestWriteKeepsSymlinks(t *testing.T) {
	for _, dangling := range []bool{false, true} {
		t.Run(fmt.Sprintf("dangling=%v", dangling), func(t *testing.T) {
			dir := t.TempDir()
			away := filepath.Join(dir, "dotfiles")
			if err := os.Mkdir(away, 0o700); err != nil {
				t.Fatal(err)
			}
			target, link := filepath.Join(away, "creds"), filepath.Join(dir, "credentials")
			if !dangling {
				filestest.Put(t, target, "[a]\n", 0o600)
			}
			if err := os.Symlink("dotfiles/creds", link); err != nil {
				t.Fatal(err)
			}
			e := extended(mustRead(t, link), "x")
			if _, err := Write(context.Background(), e, t.TempDir()); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Fatalf("the symlink is gone: %v", err)
			}
			if string(mustRead(t, target).Bytes) != string(e.After) {
				t.Fatal("the target was not written")
			}
			if left := litter(t, dir, "credentials dotfiles"); left != nil {
				t.Fatalf("left beside the link: %v", left)
			}
		})
	}
}

func TestSymlinksInACircleAreOneSentence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.Symlink(path, path); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Fatalf("got %v", err)
	}
}

func TestWriteNoticesAConcurrentEdit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	for name, meddle := range map[string]func(){
		"changed": func() { filestest.Put(t, path, "[b]\n", 0o600) },
		"removed": func() { _ = os.Remove(path) },
		"redirected": func() {
			_ = os.Remove(path)
			filestest.Put(t, path+"2", "[a]\n", 0o600)
			_ = os.Symlink(path+"2", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(path)
			filestest.Put(t, path, "[a]\n", 0o600)
			e := extended(mustRead(t, path), "x")
			meddle()
			before := mustRead(t, path)
			_, err := Write(context.Background(), e, t.TempDir())
			if !errors.Is(err, ErrChangedMeanwhile) {
				t.Fatalf("got %v", err)
			}
			if after := mustRead(t, path); string(after.Bytes) != string(before.Bytes) || after.Exists != before.Exists {
				t.Fatal("something was written all the same")
			}
		})
	}
}

// TestTwoWritersAtOnceLoseNothing lets many writers add a section each, every
// one reading again when another was faster, as two wizards would.
func TestTwoWritersAtOnceLoseNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	const writers = 8
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for {
				s, err := Read(path)
				if err != nil {
					t.Error(err)
					return
				}
				e := extended(s, fmt.Sprintf("p%d", i))
				if _, err = Write(context.Background(), e, t.TempDir()); err == nil {
					return
				}
				if !errors.Is(err, ErrChangedMeanwhile) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := strings.Count(string(mustRead(t, path).Bytes), "[p"); got != writers {
		t.Fatalf("%d of %d sections are there", got, writers)
	}
	if left := litter(t, dir, "credentials"); left != nil {
		t.Fatalf("left behind: %v", left)
	}
}

func TestLockWaitEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	unlock, err := lock(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := Edit{Before: mustRead(t, path), After: Content("x"), Mode: 0o600}
	if _, err := Write(ctx, e, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if mustRead(t, path).Exists {
		t.Fatal("written without the lock")
	}
}

// TestKillBetweenWriteAndRename stands still where a SIGKILL would: the staged
// file is complete and private, the real one untouched, and the next run
// finishes and sweeps up.
func TestKillBetweenWriteAndRename(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	filestest.Put(t, path, "[a]\n", 0o600)
	e := extended(mustRead(t, path), "x")
	staged, err := stage(dir, path, 1<<10)
	if err == nil {
		err = refill(staged, e.After, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s := mustRead(t, staged); s.Mode != 0o600 || string(mustRead(t, path).Bytes) != "[a]\n" {
		t.Fatalf("staged with mode %o, real file %v", s.Mode, mustRead(t, path).Bytes)
	}
	filestest.Put(t, filepath.Join(dir, ".credentials.mine.tmp"), "", 0o600)
	if _, err := Write(context.Background(), e, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if left := litter(t, dir, "credentials .credentials.mine.tmp"); left != nil {
		t.Fatalf("left behind: %v", left)
	}
}

func TestReadOnlyIsOneSentence(t *testing.T) {
	dir := t.TempDir()
	readOnly := filepath.Join(dir, "ro")
	filestest.Put(t, readOnly, "[a]\n", 0o444)
	filestest.Put(t, filepath.Join(dir, "file"), "", 0o600)
	for path, says := range map[string]string{
		readOnly: "read-only (mode 0444)",
		filepath.Join(dir, "file", "credentials"): "not a directory",
		dir: "not a regular file",
	} {
		s, err := Read(path)
		if err == nil {
			_, err = Write(context.Background(), Edit{Before: s, After: Content("x"), Mode: 0o600}, t.TempDir())
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if string(mustRead(t, readOnly).Bytes) != "[a]\n" {
		t.Error("the read-only file changed")
	}
}

func TestContentIsNeverPrinted(t *testing.T) {
	s := Snapshot{Path: "p", Bytes: Content("topsecret")}
	e := Edit{Before: s, After: Content("topsecret")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		for _, v := range []any{s, &s, e, &e} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "topsecret") || strings.Contains(got, fmt.Sprintf("%x", "topsecret")) {
				t.Errorf("%s leaks: %s", verb, got)
			}
		}
	}
}
