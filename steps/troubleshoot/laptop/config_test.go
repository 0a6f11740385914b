package laptop_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// TestABackendThatNamedFilesCompleteIsCheckedAndMendedInThem: what they say is what
// Terraform was, or was not, initialised with.
func TestABackendThatNamedFilesCompleteIsCheckedAndMendedInThem(t *testing.T) {
	t.Parallel()
	const config = "live/staging/env/prod.tfbackend"
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Answers.Projects[0].BackendConfig = []string{"env/prod.tfbackend"}
	_, arguments, _ := strings.Cut(b.Read(healthtest.Backend), "backend \"s3\" {\n")
	b.Write(config, strings.TrimSuffix(strings.TrimRight(arguments, "\n"), "  }\n}")) // as they stand there
	b.Write(healthtest.Backend, "terraform {\n  required_version = \">= 1.10.2\"\n  backend \"s3\" {}\n}\n")
	b.Terraform()
	whole := b.Snapshot()
	if review := b.Looked(); len(review.Findings)+len(review.Changes) > 0 {
		t.Fatalf("findings %v, changes %v", review.Findings, review.Changes)
	}

	b.Edit(config, `(?m)^\s*kms_key_id .*\n`, "")
	if f := b.Looked().Findings; len(f) == 0 || !strings.Contains(f[0].Evidence, config) {
		t.Errorf("findings %v", f)
	}
	if summary := b.Mended(); plan.NeedsAttention(summary.Findings) {
		t.Errorf("afterwards %v", summary.Findings)
	}
	if !strings.Contains(b.Read(config), "kms_key_id") || b.Read(healthtest.Backend) != whole[healthtest.Backend] {
		t.Errorf("the file is\n%s\nand the block\n%s", b.Read(config), b.Read(healthtest.Backend))
	}

	b.Restore(whole)
	b.Edit(healthtest.InitsNote, `common/staging`, "common/dev") // as with the file of another environment
	f := healthtest.Finding(b.Looked().Findings, "backend-changed")
	if f == nil || !strings.Contains(f.Evidence, config+":") || !strings.Contains(f.Evidence, "differs in key") || !strings.Contains(f.Remedy, "-backend-config=env/prod.tfbackend") {
		t.Fatalf("findings %v", f)
	}
	if summary := b.Mended(); plan.NeedsAttention(summary.Findings) {
		t.Errorf("afterwards %v", summary.Findings)
	}
	want := []string{"init -no-color -input=false -json -reconfigure -backend-config=env/prod.tfbackend"}
	if diff := cmp.Diff(want, b.Commands()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}
