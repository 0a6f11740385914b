//go:build integration

package steps

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// partialTeam is the team whose production project takes its place from a file.
func partialTeam() *blueprint.Blueprint {
	b := team()
	b.Projects[2].BackendConfig = []string{"env/prod.s3.tfbackend"}
	return b
}

// withPartialState gives the production project states in two places of another
// bucket: it worked with the first last.
func (w *world) withPartialState(initialised ...string) *shell {
	w.t.Helper()
	w.makeBucket(w.hands(""), "acme-old-state", "eu-west-1")
	w.write("live/production/main.tf", one)
	w.write("live/production/backend.tf", "terraform {\n  backend \"s3\" {\n    region = \"eu-west-1\"\n  }\n}\n")
	u := `"` + w.server.URL() + `"`
	for _, env := range []string{"dev", "prod"} {
		w.write("live/production/env/"+env+".s3.tfbackend", "# of "+env+"\nbucket         = \"acme-old-state\" # the team's\nkey            = \""+env+".tfstate\"\nuse_path_style = true\n\nendpoints = { s3 = "+u+", sts = "+u+", dynamodb = "+u+" }\n")
	}
	s := w.production()
	s.operator = true
	for _, env := range initialised {
		s.ok("init", "-reconfigure", "-backend-config=env/"+env+".s3.tfbackend")
		s.ok("apply", "-auto-approve")
	}
	return s
}

// adoptingPartial is a set-up that may move the production project's state.
func (w *world) adoptingPartial() *engine.Flow {
	s := w.setup(partialTeam())
	s.Answers.Adopt = []string{w.production().dir}
	return s
}

// TestAProjectWithAPartialBackendIsMovedAndItsFileEdited moves the state from where the
// named file has it, whether init was run here or not; the block and the file of the
// other environment keep every byte.
func TestAProjectWithAPartialBackendIsMovedAndItsFileEdited(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]bool{"initialized here": false, "never initialized here": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			project := w.withPartialState("dev", "prod")
			before := w.below(project.dir)
			old, _ := w.server.Object("acme-old-state", "prod.tfstate")
			if forget {
				w.must(os.RemoveAll(filepath.Join(project.dir, ".terraform")))
			}
			w.healthy(w.run(w.adoptingPartial()))
			w.arrived("common/production", identityOf(t, old.Body))
			after := w.below(project.dir)
			if diff := cmp.Diff(before["env/dev.s3.tfbackend"], after["env/dev.s3.tfbackend"]); diff != "" {
				t.Errorf("the other environment's file was changed:\n%s", diff)
			}
			says(t, after["backend.tf"], "backend \"s3\" {\n    region = \"eu-west-1\"\n  }")
			says(t, after["env/prod.s3.tfbackend"], "# of prod\n", `"acme-terraform-state" # the team's`, `"common/production"`, "kms_key_id", "use_lockfile", `"admin_iam"`)
			var noted struct {
				Backend struct{ Config map[string]any }
			}
			w.must(json.Unmarshal([]byte(w.content("live/production/.terraform/terraform.tfstate")), &noted))
			if c := noted.Backend.Config; c["bucket"] != "acme-terraform-state" || c["key"] != "common/production" || c["encrypt"] != true || c["use_lockfile"] != true {
				t.Errorf("init noted %v", c)
			}
			w.settledNow(partialTeam())
			project.operator = false
			project.replace("provider.tf", `(?s).*`, "")
			project.ok("init", "-backend-config=env/prod.s3.tfbackend")
			project.ok("plan", "-detailed-exitcode")
		})
	}
}

// TestADirectoryThatLastWorkedWithAnotherEnvironmentsFileIsLeftAlone: what lies where
// init noted is dev's state, which would have come under production's key.
func TestADirectoryThatLastWorkedWithAnotherEnvironmentsFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withPartialState("prod", "dev")
	before := w.below(project.dir)
	summary := w.run(w.adoptingPartial())
	f := findingOf(summary.Findings, "init.other-config")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	const command = "terraform init -reconfigure -backend-config=env/prod.s3.tfbackend"
	says(t, f.Evidence, "s3://acme-old-state/dev.tfstate", "env/prod.s3.tfbackend")
	says(t, f.Remedy, command+" in "+project.dir)
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
	if _, there := w.server.Object("acme-terraform-state", "common/production"); there {
		t.Error("a state was moved")
	}
	project.ok(strings.Fields(command)[1:]...) // as it is told to
	old, _ := w.server.Object("acme-old-state", "prod.tfstate")
	w.healthy(w.run(w.adoptingPartial()))
	w.arrived("common/production", identityOf(t, old.Body))
}

// TestAMoveOfAPartialBackendThatWasKilledIsFinished after every change of it.
func TestAMoveOfAPartialBackendThatWasKilledIsFinished(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("live", "production", "env", "prod.s3.tfbackend")
	for name, id := range map[string]func(w *world) string{
		"after its backup": func(*world) string { return backupChange("common-production") },
		"after its move":   func(*world) string { return moveChange("common-production") },
		"after its edit":   func(w *world) string { return plan.FileID(filepath.Join(w.dir, dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			w.withPartialState("prod")
			old, _ := w.server.Object("acme-old-state", "prod.tfstate")
			s := w.adoptingPartial()
			stopAfter(s, id(w))
			w.run(s)
			w.healthy(w.run(w.adoptingPartial()))
			w.arrived("common/production", identityOf(t, old.Body))
			w.settledNow(partialTeam())
		})
	}
}

// TestAProjectThatIsGivenArgumentsIsWrittenAndInitialisedWithThem: what stands on the
// command line alone counts as said, and every init is given it.
func TestAProjectThatIsGivenArgumentsIsWrittenAndInitialisedWithThem(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.write("live/production/main.tf", one)
	w.write("live/production/backend.tf", partialBlock)
	pairs := []string{"bucket=acme-terraform-state", "key=common/production"}
	flags := []string{"-backend-config=" + pairs[0], "-backend-config=" + pairs[1]}
	before := w.variables
	w.variables = append(slices.Clone(before), "TF_CLI_ARGS_init="+strings.Join(flags, " "))
	told := ""
	for _, f := range w.run(w.setup(team())).Findings {
		if f.ID == "files.partial-backend" && f.Subject == "common-production" {
			told = f.Remedy
		}
	}
	says(t, told, `backend_config = ["bucket=acme-terraform-state", "key=common/production"]`)
	w.variables = before
	w.healthy(w.run(w.setup(namedTeam(pairs...))))
	w.settledNow(namedTeam(pairs...))
	text := w.read("live/production/backend.tf")
	says(t, text, "kms_key_id", "use_lockfile")
	if strings.Contains(text, "common/production") {
		t.Errorf("what init is given is written as well:\n%s", text)
	}
	project := w.production()
	project.replace("provider.tf", `(?s).*`, "")
	project.ok(append([]string{"init"}, flags...)...)
	project.ok("apply", "-auto-approve")
	if _, there := w.server.Object("acme-terraform-state", "common/production"); !there {
		t.Error("the state lies elsewhere")
	}
}

// TestAProjectWithAPartialLocalBackendIsMoved: its named file says where the state is, and
// afterwards what the new backend needs.
func TestAProjectWithAPartialLocalBackendIsMoved(t *testing.T) {
	t.Parallel()
	for name, initialised := range map[string]bool{"initialized here": true, "never initialized here": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			w.write("live/production/main.tf", one)
			w.write("live/production/backend.tf", "terraform {\n  backend \"local\" {}\n}\n")
			w.write("live/production/env/prod.s3.tfbackend", "# of prod\npath = \"states/prod.tfstate\"\n")
			project := w.production()
			project.ok("init", "-backend-config=env/prod.s3.tfbackend")
			project.ok("apply", "-auto-approve")
			old := w.read("live/production/states/prod.tfstate")
			if !initialised {
				w.must(os.RemoveAll(filepath.Join(project.dir, ".terraform")))
			}
			w.healthy(w.run(w.adoptingPartial()))
			w.arrived("common/production", identityOf(t, []byte(old)))
			w.settledNow(partialTeam())
			says(t, w.read("live/production/backend.tf"), `backend "s3" {}`)
			says(t, w.read("live/production/env/prod.s3.tfbackend"), "# of prod\n", `"common/production"`)
			project.replace("provider.tf", `(?s).*`, "")
			project.ok("init", "-backend-config=env/prod.s3.tfbackend")
			project.ok("plan", "-detailed-exitcode")
		})
	}
}

// TestAnArgumentThatLeadsToAnotherPlaceKeepsTheProjectAsItIs: no file could override it.
func TestAnArgumentThatLeadsToAnotherPlaceKeepsTheProjectAsItIs(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withPartialState("prod")
	w.must(os.RemoveAll(filepath.Join(project.dir, ".terraform")))
	before := w.below(project.dir)
	b := partialTeam()
	b.Projects[2].BackendConfig = append(b.Projects[2].BackendConfig, "key=dev.tfstate")
	s := w.setup(b)
	s.Answers.Adopt = []string{project.dir}
	f := findingOf(w.run(s).Findings, "files.cannot-edit")
	if f == nil {
		t.Fatal("it was not told")
	}
	says(t, f.Evidence, "key=dev.tfstate")
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
	if _, there := w.server.Object("acme-terraform-state", "common/production"); there {
		t.Error("a state was moved")
	}
}
