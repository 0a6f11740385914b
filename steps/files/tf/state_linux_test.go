package tf

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/steps/files/filestest"
)

// A state that init noted through a link is the one that lies here, and no other
// one beside it.
func TestAStateIsFoundOnceThroughLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(".", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		".terraform/terraform.tfstate":               `{"version":3,"backend":{"type":"local","config":{"path":"link/terraform.tfstate","workspace_dir":"link/terraform.tfstate.d"}}}`,
		"terraform.tfstate":                          `{"version":4,"serial":1,"lineage":"one","resources":[{}]}`,
		"terraform.tfstate.d/blue/terraform.tfstate": `{"version":4,"serial":1,"lineage":"b","resources":[{}]}`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		filestest.Put(t, filepath.Join(dir, name), text, 0o600)
	}
	states := inspect(t, dir).State.States
	if len(states) != 2 || states[0].Stray || states[1].Stray || states[0].Lineage != "one" || states[1].Lineage != "b" {
		t.Errorf("found %+v, want one and b, each once", states)
	}
}
