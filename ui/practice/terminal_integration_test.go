//go:build integration && !windows

package practice

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/diagnosis"
)

// TestWhatIsCopiedIntoAnotherWindowRunsTerraformOnTheLab: a shell with credentials of its
// own meets the fault there, and passes once it is fixed.
func TestWhatIsCopiedIntoAnotherWindowRunsTerraformOnTheLab(t *testing.T) {
	w := newRealWorld(t)
	w.must(w.WriteTerminal())
	plan := func() (string, error) {
		shell := exec.CommandContext(t.Context(), "sh", "-c", strings.Join(w.Terminal(), "\n"))
		shell.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=real", "AWS_SECRET_ACCESS_KEY=real", "AWS_PROFILE=real", "AWS_ENDPOINT_URL_S3=http://127.0.0.1:1", "TF_WORKSPACE=real")
		out, err := shell.CombinedOutput()
		return string(out), err
	}
	if out, err := plan(); err != nil {
		t.Fatalf("before the fault: %v: %s", err, out)
	}
	w.must(w.Break(t.Context(), "kms-disabled"))
	out, err := plan()
	if err == nil || !slices.ContainsFunc(diagnosis.FromText(out), func(m diagnosis.Match) bool { return m.ID == "kms-disabled" }) {
		t.Errorf("%v: %s", err, out)
	}
	w.byHand(func(at *byHand) { withStateKey("EnableKey", nil)(at) })
	if out, err := plan(); err != nil {
		t.Errorf("after it was fixed: %v: %s", err, out)
	}
}
