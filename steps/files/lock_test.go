package files

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// TestALockThatIsCancelledAsItIsTakenIsNotKept protects the next write: this
// process would hold the lock against itself.
func TestALockThatIsCancelledAsItIsTakenIsNotKept(t *testing.T) {
	target := filepath.Join(t.TempDir(), "stateroom.hcl")
	path := filepath.Join(filepath.Dir(target), ".stateroom.hcl"+ours+".lock")
	for i := range 400 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*time.Microsecond, cancel)
		if unlock, err := lock(ctx, target); err == nil {
			unlock()
		}
		cancel()
		next := flock.New(path)
		if ok, err := next.TryLock(); !ok || err != nil {
			t.Fatalf("cancelled after %dµs, the lock is still held: %v", i, err)
		}
		release(next, path)
	}
}

// TestALockThatNobodyHasIsTakenThoughTheTimeIsUp: a machine that stood still for a second
// told of another stateroom that there was not.
func TestALockThatNobodyHasIsTakenThoughTheTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := acquire(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(ctx, path); err == nil {
		t.Error("what somebody has was taken")
	}
	unlock()
}
