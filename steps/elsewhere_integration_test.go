//go:build integration

package steps

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/stepstest"
)

// TestNotesOfInitThatSomebodyForgedAreNotGoneBy forges what init noted and keeps
// its hash. Set-up, which may move the state, does not read it; that Terraform would
// go by it is seen by running it afterwards.
func TestNotesOfInitThatSomebodyForgedAreNotGoneBy(t *testing.T) {
	t.Parallel()
	const noted = ".terraform/terraform.tfstate"
	for name, forge := range map[string]func(w *world, project *shell) (place string, reached func() bool){
		"an endpoint": func(w *world, project *shell) (string, func() bool) {
			address, met := stepstest.Stranger(t)
			project.replace(noted, w.server.URL(), address)
			return address, func() bool { return met.Load() > 0 }
		},
		"a profile with a command": func(w *world, project *shell) (string, func() bool) {
			marker := filepath.Join(t.TempDir(), "marker")
			w.write("live/production/aws", "[profile x]\ncredential_process = sh -c ': > "+marker+"'\n")
			project.replace(noted, `"shared_config_files": null`, `"shared_config_files": ["aws"]`)
			project.replace(noted, `"profile": null`, `"profile": "x"`)
			return "aws", func() bool { _, err := os.Stat(marker); return err == nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			project := w.withBucketState()
			place, reached := forge(w, project)
			before := w.below(project.dir)
			summary := w.run(w.adopting())
			f := findingOf(summary.Findings, "files.points-elsewhere")
			if f == nil || f.Subject != "common-production" {
				t.Fatalf("findings %v", findingIDs(summary.Findings))
			}
			says(t, f.Evidence, filepath.Join(project.dir, noted)+":", place)
			if reached() {
				t.Error("it was gone by")
			}
			if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
			if _, there := w.server.Object("acme-terraform-state", "common/production"); there {
				t.Error("a state was moved")
			}
			w.variables = append(w.variables, "AWS_MAX_ATTEMPTS=1")
			if out, _ := project.command("plan").CombinedOutput(); !reached() {
				t.Errorf("the forgery is none, Terraform does not go by it:\n%s", out)
			}
		})
	}
}
