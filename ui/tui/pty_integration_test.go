//go:build integration && linux

package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/plan"
	"stateroom/ui/practice"
)

// TestSetUpWithTerraformInARealTerminal goes from the menu to Done with the
// Terraform on PATH, and leaves.
func TestSetUpWithTerraformInARealTerminal(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "terraform.rc")
	if err := os.WriteFile(config, []byte("provider_installation {\n  network_mirror {\n    url = \"https://127.0.0.1:1/\"\n  }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lab, _ := rehearsal(t, practice.Options{})
	p := openTerminal(t, lab, lab.Endpoint(), terraformEnv+"=1", "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
	p.setUp()
	p.Until("Proven as alice")
	p.Until("Proven as alice")
	p.Type("t")
	p.Until("Successfully configured the backend")
	p.Type("\x1b")
	p.Until("Proven as alice")
	p.Type("\r")
	p.ended(plan.ExitDone)
	for name, hidden := range secrets(t, lab) {
		if strings.Contains(p.Text(), hidden) {
			t.Errorf("the secret of %s was shown", name)
		}
	}
	if !strings.Contains(p.Text(), "changes made, 0 failed") {
		t.Error("no summary stays on the normal screen")
	}
}
