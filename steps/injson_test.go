package steps

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/printable"
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

// TestAFilesNameSaysNothingButItsName: whoever may write to a repository chooses the names
// of its files, and what they hold. Neither a line end nor a command to the terminal in one
// adds a line to a plan or a finding, options and shells do not take it for theirs, and the
// file is found as Terraform finds it.
func TestAFilesNameSaysNothingButItsName(t *testing.T) {
	t.Parallel()
	oneLine := func(t *testing.T, text string) {
		t.Helper()
		if !printable.Is(text) {
			t.Errorf("%q", text)
		}
	}
	for _, name := range []string{
		"-backend", "--help", "my \"own\" backend", "it's", "a\nERROR: forged", "x\x1b[2Jy", "a\u202eb", "$(id)", "`id`", "back\\slash", " ", "#x#", "~", "über", strings.Repeat("n", 240),
	} {
		t.Run(printable.Line(name), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			dir := filepath.Join(w.dir, "live", "staging")
			w.must(os.MkdirAll(dir, 0o700))
			const first = `{"terraform": {"backend": {"s3": {"bucket": "acme-terraform-state", "key": "common/staging", "region": "eu-west-1"}}}}`
			w.must(os.WriteFile(filepath.Join(dir, name+".tf.json"), []byte(first), 0o600))
			w.must(os.WriteFile(filepath.Join(dir, name+".tf"), []byte("provider \"aws\" {\n  region = \"eu-west-1\"\n}\n"), 0o600))
			summary := w.run(w.setup(team()))
			f := findingOf(summary.Findings, "files.in-json")
			if f == nil || f.Subject != "common-staging" || summary.Failed > 0 {
				t.Fatalf("failures %v, findings %v", summary.Failures, summary.Findings)
			}
			says(t, f.Evidence, printable.Line(name)+".tf.json:1")
			for _, f := range summary.Findings {
				oneLine(t, f.Evidence)
				oneLine(t, f.Remedy)
				oneLine(t, f.Lead)
				heading, _, _ := strings.Cut(f.Details, ":\n")
				oneLine(t, heading)
			}
			w.must(os.Remove(filepath.Join(dir, name+".tf.json")))
			w.events = nil
			w.healthy(w.run(w.setup(team())))
			written := false
			for _, e := range w.events {
				if e.Kind == plan.EventChange {
					oneLine(t, e.Change.Title)
					written = written || strings.Contains(e.Change.Title, "Write "+printable.Line(name)+".tf of project")
				}
			}
			if text, err := os.ReadFile(filepath.Join(dir, name+".tf")); err != nil || !written || !strings.Contains(string(text), "TerraformAdmin") {
				t.Errorf("the provider is %s, %v", text, err)
			}
			w.settledNow(team())
		})
	}
}

// TestWhatAConfigurationSaysOfItselfIsOneLine: an address, a bucket or a profile with a line
// end in it, in a backend or a provider of the project.
func TestWhatAConfigurationSaysOfItselfIsOneLine(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"bucket", "key", "region", "profile", "dynamodb_table", "kms_key_id", "endpoint", "custom_ca_bundle"} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			values := map[string]string{"bucket": "acme-terraform-state", "key": "common/staging", "region": "eu-west-1"}
			values[argument] = `https://x\nERROR: forged`
			text := "terraform {\n  backend \"s3\" {\n"
			for name, value := range values {
				text += "    " + name + " = \"" + value + "\"\n"
			}
			dir := filepath.Join(w.dir, "live", "staging")
			w.must(os.MkdirAll(dir, 0o700))
			w.must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text+"  }\n}\n"), 0o600))
			for _, f := range w.run(w.setup(team())).Findings {
				if !printable.Is(f.Lead + f.Evidence + f.Remedy) {
					t.Errorf("%q", f)
				}
			}
		})
	}
}
