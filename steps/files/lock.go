package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// lockWait bounds how long a Write waits for another one on the same file. A
// write takes milliseconds, so whoever holds the lock longer is stuck.
const lockWait = 10 * time.Second

// lock takes the lock of target for this process and gives the function that
// releases it. The lock file stands beside target, since the directory may be
// shared between machines while a lock directory of ours would not be; it is
// removed on release so that no repository collects it.
func lock(ctx context.Context, target string) (func(), error) {
	path := filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+ours+".lock")
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait,
		fmt.Errorf("another stateroom has held %s for %s", path, lockWait))
	defer cancel()
	for {
		l := flock.New(path)
		ok, err := l.TryLockContext(ctx, 10*time.Millisecond)
		switch held := ok && holds(l, path); {
		case held && ctx.Err() == nil:
			return func() { release(l, path) }, nil
		case held:
			release(l, path) // cancelled as it was taken; nobody else would let it go
		case ok:
			_ = l.Unlock() // the holder before us removed the file that we locked
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting for the lock: %w", context.Cause(ctx))
		}
		if err != nil || !ok {
			return nil, err //nolint:wrapcheck // Write says which file
		}
	}
}

// holds tells whether the file that is locked is still the one at path.
func holds(l *flock.Flock, path string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

// release removes the lock file while it is still locked; who waits for it
// notices (holds) and starts over. Windows cannot remove an open file: there it
// goes after the unlock, which fails harmlessly when somebody else has it open.
func release(l *flock.Flock, path string) {
	if runtime.GOOS != "windows" {
		_ = os.Remove(path)
		_ = l.Unlock()
		return
	}
	_ = l.Unlock()
	_ = os.Remove(path)
}
