package steps

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// TestABackendWrittenInJSONStopsItsProjectAlone: all else is made, the lines to put there
// are told, and where they stand nothing is left to do.
func TestABackendWrittenInJSONStopsItsProjectAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	dir := filepath.Join(w.dir, "live", "staging")
	path := filepath.Join(dir, "backend.tf.json")
	const first = "{\n\"terraform\": {\n\"backend\": {\"s3\": {\"bucket\": \"acme-terraform-state\", \"key\": \"common/staging\", \"region\": \"eu-west-1\"}}},\n\"provider\": {\"aws\": {}}}\n"
	w.must(os.MkdirAll(dir, 0o700))
	w.must(os.WriteFile(path, []byte(first), 0o600))
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, "files.in-json")
	if f == nil || f.Blocks || f.Subject != "common-staging" || !slices.Equal(f.Stops, []string{plan.ProjectID("common-staging")}) {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy+f.Details, "backend.tf.json:3", "not edited here", "Put the lines there", `"bucket": "acme-terraform-state"`, `"encrypt": true`, `"key": "common/staging"`)
	if summary.Failed > 0 || !w.applied("iam.role.staging") {
		t.Errorf("applied %d, failed %d", summary.Applied, summary.Failed)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != first {
		t.Errorf("the file holds %s, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "backend.tf")); err == nil {
		t.Error("a second backend was written")
	}
	for _, name := range []string{"the backend", "the provider"} { // one after the other, as they are told
		summary = w.run(w.setup(team()))
		if f = findingOf(summary.Findings, "files.in-json"); f == nil || !strings.Contains(f.Evidence, name) {
			t.Fatalf("%s: findings %v", name, summary.Findings)
		}
		_, lines, _ := strings.Cut(f.Details, "\n")
		at := path
		if name == "the provider" {
			at = filepath.Join(dir, "provider.tf.json")
		} else {
			w.must(os.WriteFile(filepath.Join(dir, "provider.tf.json"), []byte(`{"provider": {"aws": {}}}`), 0o600))
		}
		w.must(os.WriteFile(at, []byte(lines), 0o600))
	}
	w.healthy(w.run(w.setup(team())))
	w.settledNow(team())
}
