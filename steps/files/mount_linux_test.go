package files

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"stateroom/steps/files/filestest"
)

// TestNoRoomIsMadeForAFileThatIsMountedByItself: a rename onto it fails, when AWS has
// made the key that was to go into it.
func TestNoRoomIsMadeForAFileThatIsMountedByItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	filestest.Put(t, path, "[a]\n", 0o600)
	if isMount(path) || !isMount("/proc") {
		t.Error("a mount is not told from a file")
	}
	if unix.Mount(path, path, "", unix.MS_BIND, "") != nil {
		return // as who may not mount; what decides was asked above
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	r, err := Reserve(t.Context(), extended(mustRead(t, path), "x"), t.TempDir())
	if err == nil {
		r.Close()
		t.Error("there is room for what cannot be written")
	}
}
