package laptop_test

import (
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// TestAProviderThatAsksWhereTheKeyIsUnknownIsPointedElsewhere: Terraform blames the key.
func TestAProviderThatAsksWhereTheKeyIsUnknownIsPointedElsewhere(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Edit(healthtest.Provider, `"eu-west-1"`, `"eu-south-1"`)
	b.Edit("live/production/provider.tf", `"eu-west-1"`, `"eu-central-1"`)
	f := healthtest.Finding(b.Looked().Findings, "key-invalid")
	if f == nil || f.Severity != plan.Failure || f.Subject != "common-staging" {
		t.Fatalf("findings %v", b.Looked().Findings)
	}
	if text := f.Evidence + f.Remedy; !strings.Contains(text, "eu-south-1") || !strings.Contains(text, `sts_region = "eu-west-1"`) {
		t.Error(text)
	}
	if f := healthtest.Finding(b.Mended().Findings, "key-invalid"); f != nil {
		t.Errorf("it remains: %v", f)
	}
	if text := b.Read(healthtest.Provider); !strings.Contains(text, `sts_region = "eu-west-1"`) || !strings.Contains(text, `"eu-south-1"`) {
		t.Errorf("the provider says\n%s", text)
	}
	if text := b.Read("live/production/provider.tf"); strings.Contains(text, "sts_region") {
		t.Errorf("a region that knows the key is not asked:\n%s", text)
	}
}

// TestARegionThatTerraformDoesNotKnowYetIsTaken: AWS has it, and Terraform's own list is
// older.
func TestARegionThatTerraformDoesNotKnowYetIsTaken(t *testing.T) {
	t.Parallel()
	b := healthtest.LaptopIn(t, "eusc-de-east-1")
	if text := b.Read(healthtest.Backend); !strings.Contains(text, "skip_region_validation = true") {
		t.Fatalf("the backend says\n%s", text)
	}
	if found := b.Looked().Findings; len(found) > 0 {
		t.Errorf("findings %v", found)
	}
	whole := b.Read(healthtest.Backend)
	healthtest.InBackend(`(?m)^\s*skip_region_validation .*\n`, "")(b)
	if f := healthtest.Finding(b.Looked().Findings, "region-invalid"); f == nil || !strings.Contains(f.Remedy, "skip_region_validation = true") {
		t.Errorf("findings %v", b.Looked().Findings)
	}
	b.Mended()
	if text := b.Read(healthtest.Backend); !strings.Contains(text, "skip_region_validation") || len(text) != len(whole) {
		t.Errorf("the backend says\n%s", text)
	}
}
