package steps

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// TestABackendWhosePlaceIsGivenOnTheCommandLineIsNeitherWrittenNorInitialised is
// a fresh clone of a project that takes its place from a .tfbackend file: on the
// blueprint's place it would stand on an empty state.
func TestABackendWhosePlaceIsGivenOnTheCommandLineIsNeitherWrittenNorInitialised(t *testing.T) {
	for name, block := range map[string]string{
		"nothing in the block": `backend "s3" {}`,
		"no bucket":            `backend "s3" { key = "common/production" }`,
		"no key":               `backend "s3" { bucket = "acme-terraform-state" }`,
		"a key that is null": `backend "s3" {
    bucket = "acme-terraform-state"
    key    = null
  }`,
		"a local path": `backend "local" {}`,
		"another bucket": `backend "s3" {
    bucket = "acme-terraform-state"
    key    = "common/production"
  }`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.write("live/production/main.tf", "terraform {\n  "+block+"\n}\n")
			w.write("live/production/config/prod.tfbackend", "bucket = \"theirs\"\n")
			s := w.setup(team())
			dir := s.Env.ProjectDir(s.Answers.Projects[2])
			s.Answers.Adopt = []string{dir}
			before := w.below(dir)
			summary := w.run(s)
			if f := findingOf(summary.Findings, "files.partial-backend"); f == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
			}
			if diff := cmp.Diff(before, w.below(dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
			dry := w.setup(team())
			dry.DryRun, dry.Answers.Adopt = true, s.Answers.Adopt
			dry.Env.Engine, dry.Env.EngineErr = &terraform.Engine{Name: terraform.EngineTerraform, Version: "1.11.4"}, nil
			w.run(dry)
			if ids := w.plannedIDs(); slices.Contains(ids, plan.InitID("common-production")) || !slices.Contains(ids, plan.InitID("common-staging")) {
				t.Errorf("planned with Terraform here: %v", ids)
			}
		})
	}
}

// TestABlockThatAVariableOverridesIsNeitherWrittenNorInitialised: Terraform adds
// the variable's -backend-config to every init of the user, and not to ours.
func TestABlockThatAVariableOverridesIsNeitherWrittenNorInitialised(t *testing.T) {
	const block = "backend \"s3\" {\n    bucket = \"acme-terraform-state\"\n    key    = \"common/production\"\n  }"
	for value, variable := range map[string]string{
		"-backend-config=prod.hcl":            "TF_CLI_ARGS_init",
		`-upgrade "-backend-config" prod.hcl`: "TF_CLI_ARGS_init",
		"-backend-config='key=theirs'":        "TF_CLI_ARGS",
		"-backend-config=not-there.hcl":       "TF_CLI_ARGS",
	} {
		t.Run(value, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.write("live/production/main.tf", "terraform {\n  "+block+"\n}\n")
			w.write("live/production/prod.hcl", "bucket = \"theirs\"\n")
			t.Setenv(variable, value)
			s := w.setup(team())
			dir := s.Env.ProjectDir(s.Answers.Projects[2])
			s.Answers.Adopt = []string{dir}
			before := w.below(dir)
			summary := w.run(s)
			f := findingOf(summary.Findings, "files.partial-backend")
			if f == nil {
				t.Fatalf("findings %v", findingIDs(summary.Findings))
			}
			says(t, f.Evidence+" "+f.Remedy, "in the variable "+variable, "unset "+variable)
			if diff := cmp.Diff(before, w.below(dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
			if slices.Contains(w.plannedIDs(), plan.InitID("common-production")) {
				t.Error("the project was to be initialised")
			}
		})
	}
}

func TestAVariableThatSaysWhatTheBlockSaysChangesNothing(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.write("live/production/main.tf", "terraform {\n  backend \"s3\" {\n    bucket = \"acme-terraform-state\"\n    key    = \"common/production\"\n  }\n}\n")
	t.Setenv("TF_CLI_ARGS_init", "-backend-config=bucket=acme-terraform-state -backend-config=profile=admin_iam")
	if summary := w.run(w.setup(team())); findingOf(summary.Findings, "files.partial-backend") != nil {
		t.Errorf("findings %v", summary.Findings)
	}
}

// TestTwoProjectsWithOneOldPlaceAreNotMovedToTwoKeys: both would go on with the
// same resources.
func TestTwoProjectsWithOneOldPlaceAreNotMovedToTwoKeys(t *testing.T) {
	w := finished(t)
	const block = "terraform {\n  backend \"s3\" {\n    bucket = \"acme-old\"\n    key    = \"shared\"\n    region = \"eu-west-1\"\n  }\n}\n"
	for _, dir := range []string{"staging", "production"} {
		w.write("live/"+dir+"/backend.tf", block)
	}
	s := w.setup(team())
	for _, p := range s.Answers.Projects {
		s.Answers.Adopt = append(s.Answers.Adopt, s.Env.ProjectDir(p))
	}
	s.DryRun = true
	s.Env.Engine, s.Env.EngineErr = &terraform.Engine{Name: terraform.EngineTerraform, Version: "1.11.4"}, nil
	summary := w.run(s)
	f := findingOf(summary.Findings, "init.one-source")
	if f == nil {
		t.Fatalf("findings %v, planned %v", findingIDs(summary.Findings), w.plannedIDs())
	}
	says(t, f.Evidence, "common-staging", "common-production", "s3://acme-old/shared")
	for _, id := range w.plannedIDs() {
		if id == moveChange("common-staging") || id == moveChange("common-production") {
			t.Errorf("planned: %s", id)
		}
	}
}
