package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/files/tf"
	"stateroom/steps/terraform"
)

// TestABackendThatTheEngineDoesNotReadIsNotTakenForTheProjects has blocks in files
// that only one of the two engines reads: a state would be moved from, or a project
// initialised on, a place that the engine knows nothing of.
func TestABackendThatTheEngineDoesNotReadIsNotTakenForTheProjects(t *testing.T) {
	const s3 = "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n  }\n}\n"
	const aws = "provider \"aws\" {}\n"
	for name, c := range map[string]struct {
		files           map[string]string
		terraform, tofu string
	}{
		"a backend of OpenTofu's":  {map[string]string{"backend.tofu": s3}, "backend.tofu:2: only OpenTofu", ""},
		"in JSON":                  {map[string]string{"x.tofu.json": `{"terraform": {"backend": {"local": {}}}}`}, "x.tofu.json:1: only OpenTofu", ""},
		"a cloud block":            {map[string]string{"x.tofu": "terraform {\n  cloud {}\n}\n"}, "x.tofu:2: only OpenTofu", ""},
		"a provider":               {map[string]string{"x.tofu": aws}, "x.tofu:1: only OpenTofu", ""},
		"a shadowed backend":       {map[string]string{"x.tf": s3, "x.tofu": ""}, "", "x.tf:2: OpenTofu, the engine here, reads x.tofu"},
		"one that is to be made":   {map[string]string{"backend.tofu": "locals {}\n"}, "", "backend.tf:1: OpenTofu, the engine here, reads backend.tofu"},
		"versions for each engine": {map[string]string{"a.tf": s3 + aws, "v.tf": "terraform {}\n", "v.tofu": "terraform {}\n"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			at, problems := tf.Inspect(dir, func(string) string { return "" })
			if problems != nil {
				t.Fatal(problems)
			}
			if err := unread(nil, at); err != nil {
				t.Errorf("without an engine: %v", err)
			}
			for engine, want := range map[string]string{terraform.EngineTerraform: c.terraform, terraform.EngineOpenTofu: c.tofu} {
				err := unread(&terraform.Engine{Name: engine}, at)
				if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
					t.Errorf("%s: got %v, want %q", engine, err, want)
				}
			}
		})
	}
}
