package files

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAClaimIsOneProcessesAndAPlanFromBeforeAnothersIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "clone.lock")
	peek := func() ClaimMark {
		t.Helper()
		mark, err := PeekClaim(path)
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	nobody := peek()
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Fatal("a look made the state directory")
	}
	refused := func(seen ClaimMark, over bool) {
		t.Helper()
		c, _, err := TakeClaim(t.Context(), path, "/other", seen)
		var held *HeldError
		if !errors.As(err, &held) || c != nil || held.Over != over || held.Holder.PID != os.Getpid() || held.Holder.On != "/clone" {
			t.Fatalf("%v, want a refusal that names process %d", err, os.Getpid())
		}
	}
	first, own, err := TakeClaim(t.Context(), path, "/clone", nobody)
	if err != nil {
		t.Fatal(err)
	}
	during := peek()
	refused(nobody, false)
	refused(during, false)
	first.Release()
	refused(nobody, true) // looked before
	refused(during, true) // looked while it was at work
	again, _, err := TakeClaim(t.Context(), path, "/clone", own)
	if err != nil {
		t.Fatalf("its own mark: %v", err)
	}
	again.Release()
	after, _, err := TakeClaim(t.Context(), path, "/clone", peek())
	if err != nil {
		t.Fatalf("a look after everything: %v", err)
	}
	after.Release()
	if info, err := os.Stat(holderPath(path)); err != nil || (modesMean && info.Mode().Perm() != 0o600) {
		t.Errorf("%s: %v %v", holderPath(path), info, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("%s stays though nobody holds the claim", path)
	}
}
