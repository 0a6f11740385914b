package laptop_test

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// oldKey makes init remember another key than the backend's.
func oldKey(b *bench) { b.Edit(healthtest.InitsNote, "common/staging", "common/old") }

// Which of -reconfigure and -migrate-state is right is seen, not asked: by what
// lies in the old place and in the new one.
func TestAStateMovesOnlyWhereOneLiesAndWithConsent(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	tests := []struct {
		name  string
		do    func(b *bench)
		finds []string
		// run is the command of init.common-staging; empty for no such change.
		run      string
		consent  bool
		evidence string
	}{
		{"nothing in the old place", oldKey, []string{"backend-changed error"}, "init -reconfigure", false, "There is no state in s3://acme-terraform-state/common/old"},
		{"a state in the old place", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-1", 3)
		}, []string{"backend-changed error"}, "migrate", true, "has to move"},
		{"a state of another workspace in the old place", func(b *bench) {
			oldKey(b)
			hold(b, "env:/feature/common/old", "l-1", 3)
		}, []string{"backend-changed error"}, "migrate", true, "has to move"},
		{"it was moved by a colleague", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-7", 3)
			hold(b, "common/staging", "l-7", 3)
			hold(b, "common/staging", "l-7", 4)
		}, []string{"backend-changed error"}, "init -reconfigure", false, "it was moved there"},
		{"both were written since they parted", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-1", 3)
			hold(b, "common/staging", "l-1", 5)
		}, []string{"backend-changed error", "init.moved-elsewhere warning"}, "", false, "has to move"},
		{"the new place holds an older one", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-1", 3)
			hold(b, "common/staging", "l-1", 2)
		}, []string{"backend-changed error", "init.moved-elsewhere warning"}, "", false, "has to move"},
		{"the new place holds another", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-1", 3)
			hold(b, "common/staging", "l-2", 9)
		}, []string{"backend-changed error", "init.moved-elsewhere warning"}, "", false, "has to move"},
		{"the old place cannot be looked at", func(b *bench) {
			oldKey(b)
			b.Edit(healthtest.InitsNote, `"region":"eu-west-1"`, `"region":"us-east-1"`)
		}, []string{"backend-changed error"}, "", false, "cannot tell whether there is a state in"},
		{"neither place is the blueprint's", func(b *bench) {
			oldKey(b)
			b.Edit(healthtest.Backend, "common/staging", "common/new")
			hold(b, "common/new", "l-1", 3)
		}, []string{"backend-changed error", "files.key-differs warning"}, "", false, "Neither of the two"},
		{"a place of its own that works", func(b *bench) {
			oldKey(b)
			b.Edit(healthtest.Backend, "common/staging", "common/old")
		}, []string{"files.key-differs warning"}, "", false, "This directory works with the former"},
		{"a local state beside the backend", func(b *bench) {
			b.Clone()
			b.Write("live/staging/terraform.tfstate", `{"version":4,"lineage":"l-1","serial":1,"resources":[{}]}`)
		}, []string{"migration-needs-answer error"}, "migrate", true, "init asks whether to move it"},
		{"an empty local state beside the backend", func(b *bench) {
			b.Clone()
			b.Write("live/staging/terraform.tfstate", `{"version":4,"lineage":"l-1","serial":1,"resources":[]}`)
		}, []string{fresh}, "init", false, "fresh clone"},
		{"a state was deleted in the new place", func(b *bench) {
			oldKey(b)
			hold(b, "common/old", "l-1", 3)
			hold(b, "common/staging", "l-9", 9)
			b.Act("DeleteObject", sandbox.ActInput{"Key": "common/staging"})
		}, []string{"backend-changed error", "init.destination-deleted error"}, "", false, "s3://acme-terraform-state/common/staging was deleted"},
		{"two projects with one old place", func(b *bench) {
			oldKey(b)
			b.Edit("live/production/.terraform/terraform.tfstate", "common/production", "common/old")
			hold(b, "common/old", "l-1", 3)
		}, []string{"backend-changed error", "backend-changed error", "init.one-source error", "init.one-source error"}, "", false, "Projects common-staging and common-production keep their states in one place"},
		{"another kind of backend before", func(b *bench) {
			b.Write(healthtest.InitsNote, `{"version":3,"backend":{"type":"gcs","config":{"bucket":"x"},"hash":1}}`)
		}, []string{"backend-changed error", "files.points-elsewhere error"}, "", false, "another kind of backend: backend gcs (gcs://x)"},
		{"another kind of backend before, whose place was agreed to", func(b *bench) {
			b.Write(healthtest.InitsNote, `{"version":3,"backend":{"type":"gcs","config":{"bucket":"x"},"hash":1}}`)
			b.Answers.Adopt = []string{"gcs://x"}
			b.T.Cleanup(func() { b.Answers.Adopt = nil })
		}, []string{"backend-changed error"}, "migrate", true, "another kind of backend"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			tt.do(b)
			review := b.Looked()
			if got := healthtest.Listed(review.Findings); strings.Join(got, ", ") != strings.Join(tt.finds, ", ") {
				t.Fatalf("findings %v\n%v", got, review.Findings)
			}
			evidence := ""
			for _, f := range review.Findings {
				evidence += f.Evidence + "\n"
			}
			if !strings.Contains(evidence, tt.evidence) {
				t.Errorf("evidence %q", evidence)
			}
			run, backup := "", false
			for _, c := range review.Changes {
				if c.ID == "init.common-staging" {
					switch do := c.Run.Command.(type) {
					case plan.Init:
						run = strings.Join(append([]string{"init"}, do.Flags...), " ")
					case plan.Arrive:
						run = "migrate"
					default:
						run = fmt.Sprintf("%T", do)
					}
					if (c.NotOurs != "") != tt.consent {
						t.Errorf("%s asks for consent to %q", c.ID, c.NotOurs)
					}
				}
				backup = backup || c.ID == "init.common-staging.backup"
			}
			if run != tt.run || backup != (tt.run == "migrate") {
				t.Errorf("runs %q, backup %v, want %q", run, backup, tt.run)
			}
		})
	}
}

// hold puts a state into the bucket for one test.
func hold(b *bench, key, lineage string, serial int) {
	b.T.Helper()
	b.PutState(key, lineage, serial)
	b.T.Cleanup(func() { b.DeleteState(key) })
}

func TestWithoutAnEngineNothingIsRun(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Engine = nil
	oldKey(b)
	b.Write("live/production/.terraform/terraform.tfstate", "junk")
	for _, c := range b.Looked().Changes {
		if c.Run != nil {
			t.Errorf("%s would run %v", c.ID, c.Run.Lines)
		}
	}
	b.Remove("live/staging/.terraform")
	b.Remove("live/production/.terraform")
	b.Initialise("live/production")
	if review := b.Looked(); len(review.Findings) > 0 {
		t.Errorf("a laptop without Terraform is told %v", review.Findings)
	}
	if c := healthtest.Check(b.Looked(), "configured backend and .terraform", "common-staging"); c.Verdict != plan.Passed || !strings.Contains(c.Answer, "no Terraform here") {
		t.Errorf("check %+v", c)
	}
}

// What init left is moved aside, never deleted, and the workspace stays.
func TestWhatIsMovedAsideIsKeptWithItsWorkspace(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	cut("common/staging")(b)
	broken := b.Read(healthtest.InitsNote)
	b.Write("live/staging/.terraform/environment", "feature")
	b.Write("live/staging/.terraform/modules/modules.json", "{}")
	b.Write("live/staging/.terraform.aside/terraform.tfstate", "of an earlier time")
	summary := b.Mended()
	if len(summary.Findings) > 0 {
		t.Errorf("findings %v", summary.Findings)
	}
	for name, want := range map[string]string{
		"live/staging/.terraform/environment":                  "feature",
		"live/staging/.terraform.aside.2/environment":          "feature",
		"live/staging/.terraform.aside.2/terraform.tfstate":    broken,
		"live/staging/.terraform.aside.2/modules/modules.json": "{}",
		"live/staging/.terraform.aside.2/.gitignore":           "*\n",
		"live/staging/.terraform.aside/terraform.tfstate":      "of an earlier time",
	} {
		if got := b.Read(name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
}
