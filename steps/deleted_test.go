package steps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// leaving is a set-up, as a dry run with an engine, of a project that has a local
// state of its own and asks to move it.
func (w *world) leaving(workspace string) *engine.Flow {
	w.t.Helper()
	w.must(os.RemoveAll(filepath.Join(w.dir, "live/production")))
	path := "live/production/terraform.tfstate"
	if workspace != "default" {
		path = "live/production/terraform.tfstate.d/" + workspace + "/terraform.tfstate"
	}
	w.write("live/production/main.tf", "")
	w.write(path, stateText("l-1", 3))
	return w.withEngine()
}

// TestAStateWithWhichNoInitGoesOnIsRefusedAtTheLook tells the way out before anybody
// is asked: moved, it would fail every init in its new place.
func TestAStateWithWhichNoInitGoesOnIsRefusedAtTheLook(t *testing.T) {
	t.Parallel()
	w := finished(t)
	for name, c := range map[string]struct{ text, says string }{
		"a provider without a source": {`{"version":3,"terraform_version":"0.11.0","serial":1,"lineage":"l","modules":[{"path":["root"],"outputs":{},"resources":{"null_resource.a":{"type":"null_resource","primary":{"id":"1"}}}}]}`, "terraform state replace-provider -state="},
		"a newer format":              {`{"version":5,"serial":1,"lineage":"l"}`, "format 5"},
		"encrypted":                   {`{"serial":1,"lineage":"l","encrypted_data":"YWJj","encryption_version":"v0"}`, "encrypted by OpenTofu"},
	} {
		for _, workspace := range []string{"default", "dev"} {
			s := w.leaving(workspace)
			path := "live/production/terraform.tfstate"
			if workspace != "default" {
				path = "live/production/terraform.tfstate.d/" + workspace + "/terraform.tfstate"
			}
			w.write(path, c.text)
			summary := w.run(s)
			f := findingOf(summary.Findings, "init.state-unusable")
			if f == nil || f.Severity != plan.Failure || w.touches() {
				t.Errorf("%s in %s: findings %v, planned %v", name, workspace, findingIDs(summary.Findings), w.plannedIDs())
				continue
			}
			says(t, f.Evidence+f.Remedy, filepath.Join(w.dir, path), "nothing of the project was changed", c.says, "stateroom setup again")
		}
	}
}

func (w *world) withEngine() *engine.Flow {
	w.t.Helper()
	s := w.setup(team())
	for _, p := range s.Answers.Projects {
		s.Answers.Adopt = append(s.Answers.Adopt, s.Env.ProjectDir(p))
	}
	s.DryRun = true
	s.Env.Engine, s.Env.EngineErr = &terraform.Engine{Name: terraform.EngineTerraform, Version: "1.11.4"}, nil
	w.events = nil
	return s
}

// touches tells whether a change of the plan is about the production project.
func (w *world) touches() bool {
	for _, e := range w.events {
		if e.Kind == plan.EventChange && (strings.Contains(e.Change.Target, "live/production") || e.Change.Run != nil && e.Change.Run.Project == "common-production") {
			return true
		}
	}
	return false
}

// TestAStateIsNotMovedOverOneThatWasDeletedAndMayBePutBack looks at the key and at
// that of each workspace before anybody is asked. That of the default workspace counts
// though none of its states moves: the project would stand there on an empty state.
func TestAStateIsNotMovedOverOneThatWasDeletedAndMayBePutBack(t *testing.T) {
	t.Parallel()
	w := finished(t)
	for _, c := range []struct{ workspace, key string }{{"default", movedKey}, {"dev", "env:/dev/" + movedKey}, {"dev", movedKey}} {
		workspace, key := c.workspace, c.key
		t.Run(workspace+" at "+key, func(t *testing.T) {
			moved := func() bool {
				w.run(w.leaving(workspace))
				return w.plannedChange(moveChange("common-production")) != nil
			}
			w.put(key, stateText("theirs", 9))
			w.cover(key)
			summary := w.run(w.leaving(workspace))
			f := findingOf(summary.Findings, "init.destination-deleted")
			if f == nil || f.Severity != plan.Failure || w.touches() {
				t.Fatalf("findings %v, planned %v", findingIDs(summary.Findings), w.plannedIDs())
			}
			says(t, f.Evidence+f.Remedy, "s3://acme-terraform-state/"+key, "(on 20", "Neither the state nor the files", "stateroom troubleshoot", "state_key=KEY")

			w.put(key, stateText("theirs", 10))
			if summary := w.run(w.leaving(workspace)); findingOf(summary.Findings, "init.destination-occupied") == nil {
				t.Errorf("a state that was put back: %v", findingIDs(summary.Findings))
			}
			w.erase(key)
			if !moved() {
				t.Errorf("the key is empty, and the move is not planned: %v", w.plannedIDs())
			}
		})
	}
}

// TestAMoveLooksForADeletedStateOnceMoreUnderItsLock: a colleague puts a state there
// and deletes it while somebody reads the prompt.
func TestAMoveLooksForADeletedStateOnceMoreUnderItsLock(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lock := theLocks()["both"]
	for _, key := range []string{movedKey, "env:/dev/" + movedKey} {
		w.put(key, stateText("theirs", 9))
		w.cover(key)
		backup := w.backup("backup", map[string]string{"default": stateText("l-1", 3), "dev": stateText("l-2", 3)})
		err := w.mover(lock, "ours", backup).Run(t.Context())
		if err == nil {
			t.Fatalf("%s was written over", key)
		}
		says(t, err.Error(), key, "was deleted", "nothing was written", "put it back")
		for _, k := range []string{movedKey, "env:/dev/" + movedKey} {
			if _, there := w.server.Object("acme-terraform-state", k); there {
				t.Errorf("%s was written", k)
			}
		}
		w.erase(key)
	}
	backup := w.backup("backup", map[string]string{"default": stateText("l-1", 3), "dev": stateText("l-2", 3)})
	w.must(w.mover(lock, "ours", backup).Run(t.Context()))
	w.holds(lock, movedKey, stateText("l-1", 3))
}

// TestAProjectIsNotInitialisedWhereItsStateWasDeleted: it would stand on an empty
// state, and the next plan would make everything again.
func TestAProjectIsNotInitialisedWhereItsStateWasDeleted(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.put(movedKey, stateText("theirs", 9))
	w.cover(movedKey)
	w.must(os.RemoveAll(filepath.Join(w.dir, "live/production")))
	w.write("live/production/main.tf", "")
	summary := w.run(w.withEngine())
	f := findingOf(summary.Findings, "state.deleted")
	if f == nil || f.Severity != plan.Failure || w.touches() {
		t.Fatalf("findings %v, planned %v", findingIDs(summary.Findings), w.plannedIDs())
	}
	says(t, f.Evidence+f.Remedy, "common-production", "s3://acme-terraform-state/"+movedKey, "Do not apply", "init was not run")
	if w.plannedChange(plan.InitID("common-staging")) == nil {
		t.Errorf("another project is held up: %v", w.plannedIDs())
	}
	w.erase(movedKey)
	if summary := w.run(w.withEngine()); findingOf(summary.Findings, "state.deleted") != nil || !w.touches() {
		t.Errorf("with nothing to put back: %v, planned %v", findingIDs(summary.Findings), w.plannedIDs())
	}
}

// TestWhatMayNotBeSeenOfADeletedStateHoldsNoSetupUp: without the right to list
// versions the deletion is told all the same, without the right to read it is unknown.
func TestWhatMayNotBeSeenOfADeletedStateHoldsNoSetupUp(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.put(movedKey, stateText("theirs", 9))
	w.cover(movedKey)
	refuse := func(operation string) {
		w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
			if e.Operation == operation {
				return sandbox.Fault{Deny: true}
			}
			return sandbox.Fault{}
		})
	}
	refuse("ListObjectVersions")
	summary := w.run(w.withEngine())
	if f := findingOf(summary.Findings, "state.deleted"); f == nil || !strings.Contains(f.Evidence, "since when is not known") {
		t.Errorf("without the versions: %v", summary.Findings)
	}
	refuse("HeadObject")
	summary = w.run(w.withEngine())
	f := findingOf(summary.Findings, "state.deleted-unknown")
	if f == nil || f.Severity != plan.Info || w.plannedChange(plan.InitID("common-production")) == nil {
		t.Errorf("without the states: %v, planned %v", findingIDs(summary.Findings), w.plannedIDs())
	}
	w.server.Intercept(nil)
}
