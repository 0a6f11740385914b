package files

import (
	"context"
	"errors"
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
	path := filepath.Join(filepath.Dir(target), "."+nameOf(target)+ours+".lock")
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait,
		fmt.Errorf("another stateroom has held %s for %s", path, lockWait))
	defer cancel()
	return acquire(ctx, path)
}

// acquire waits for the lock file at path as long as the context lasts, and gives
// the function that releases it.
func acquire(ctx context.Context, path string) (func(), error) {
	for {
		unlock, err := tryLock(path)
		switch {
		case err != nil:
			return nil, err
		case unlock != nil && !errors.Is(ctx.Err(), context.Canceled):
			return unlock, nil // though the time was up: nobody else had it
		case unlock != nil:
			unlock() // cancelled as it was taken; nobody else would let it go
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock: %w", context.Cause(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// tryLock takes the lock file at path, which the system lets go when the process
// ends, however it ends. The function that releases it is nil where somebody else
// has it, or has just let it go and taken the file away.
func tryLock(path string) (unlock func(), err error) {
	l := flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	taken, err := l.TryLock()
	switch {
	case err != nil:
		return nil, err //nolint:wrapcheck // whoever locks says what
	case taken && holds(l, path):
		return func() { release(l, path) }, nil
	case taken:
		err = l.Unlock()
	}
	return nil, err //nolint:wrapcheck // as above
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
