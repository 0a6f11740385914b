//go:build unix

package steps

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/awsops/sandbox"
)

func TestASealedKeyIsPrivateWhereAnOlderFileWasNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.write("handover/bob.age", "an older handover")
	path := filepath.Join(w.dir, "handover", "bob.age")
	w.must(os.Chmod(path, 0o644))
	w.healthy(w.run(w.setup(team())))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the sealed file has mode %v, want 0600", info.Mode().Perm())
	}
}
