//go:build integration

package terraform

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stateroom/steps/files/tf"
)

// realEngine is the first of terraform and tofu on PATH, in a home of its own.
func realEngine(t *testing.T) *Engine {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("TF_CLI_CONFIG_FILE", filepath.Join(t.TempDir(), "missing")) // its warning must not disturb
	e, err := Find(t.Context(), "", os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Supports(false); err != nil {
		t.Fatal(err)
	}
	return e
}

func localBackend(path string) string {
	return "terraform {\n  backend \"local\" {\n    path = \"" + path + "\"\n  }\n}\n"
}

func TestRealProbeLeavesTheProjectsStateAlone(t *testing.T) {
	e := realEngine(t)
	dir := t.TempDir()
	state := filepath.Join(dir, "real.tfstate")
	if err := os.WriteFile(state, []byte(`{"version":4,"terraform_version":"1.6.0","serial":7,"lineage":"l","outputs":{},"resources":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	workspace := NewProbeWorkspace()
	backend := "terraform {\n  backend \"local\" {\n    path = \"" + state + "\"\n    workspace_dir = \"" + filepath.Join(dir, "ws") + "\"\n  }\n}\n"
	inspected := false
	err := Probe(t.Context(), e, ProbeInput{
		Project: here(""), Backend: []byte(backend), Workspace: workspace,
		Inspect: func(context.Context) error {
			s, err := readState(t.Context(), filepath.Join(dir, "ws", workspace, "terraform.tfstate"))
			inspected = err == nil && s.Resources == 1
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !inspected {
		t.Error("the state in the workspace was not inspected")
	}
	if after, err := readState(t.Context(), state); err != nil || after.Serial != 7 {
		t.Errorf("the project's state: %+v, %v", after, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ws", workspace)); !os.IsNotExist(err) {
		t.Errorf("the workspace is still there: %v", err)
	}
}

func TestRealProbeReportsABackendThatIsWrong(t *testing.T) {
	e := realEngine(t)
	err := Probe(t.Context(), e, ProbeInput{
		Project: here(""), Backend: []byte("terraform {\n  backend \"local\" {\n    bogus = 1\n  }\n}\n"), Workspace: NewProbeWorkspace(),
	})
	if err == nil || !strings.HasPrefix(err.Error(), "run "+e.binary()+" init: ") || !strings.Contains(err.Error(), `An argument named "bogus" is not expected here`) {
		t.Errorf("got %v", err)
	}
}

func TestRealInitOnAMovedStateKeepsEveryWorkspacesState(t *testing.T) {
	e := realEngine(t)
	const resource = "resource \"terraform_data\" \"x\" {\n  count = 2\n  input = terraform.workspace\n}\n"
	dir := scratch(t, map[string]string{"main.tf": resource})
	p := here(dir)
	for _, args := range []string{"init", "apply -auto-approve", "workspace new dev", "apply -auto-approve"} {
		if _, err := e.Run(t.Context(), p.command(strings.Fields(args)...)); err != nil {
			t.Fatal(err)
		}
	}
	before, err := BackUp(t.Context(), e, p, filepath.Join(dir, "backup"))
	if err != nil || len(before) != 2 || before[0].Resources != 1 {
		t.Fatalf("backup %+v, %v", before, err)
	}
	place := filepath.Join(t.TempDir(), "new.tfstate")
	if err := os.WriteFile(filepath.Join(dir, "backend.tf"), []byte(strings.Replace(localBackend(place), "path", "workspace_dir = \"terraform.tfstate.d.new\"\n    path", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := InitProject(t.Context(), e, p); err == nil {
		t.Error("a plain init moved the state")
	}
	if err := Unchanged(t.Context(), e, p, before, t.TempDir()); err != nil {
		t.Error(err)
	}
	for i, to := range []string{place, filepath.Join(dir, "terraform.tfstate.d.new", "dev", "terraform.tfstate")} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), copyFile(before[i].Path, to)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := InitMoved(t.Context(), e, p, before); err != nil {
		t.Fatal(err)
	}
	for _, was := range before {
		if now, err := pulled(t.Context(), e, p, was.Workspace); err != nil || !now.Same(was) {
			t.Errorf("workspace %s holds %+v, %v, and held %+v", was.Workspace, now, err, was)
		}
	}
	if _, err := InitProject(t.Context(), e, p); err != nil {
		t.Error(err)
	}
	if selected, err := tf.SelectedWorkspace(p.dataDir()); err != nil || selected != "dev" {
		t.Errorf("workspace %s is selected, %v", selected, err)
	}
}

// TestRealStateThatARunningApplyIsAboutToWriteIsNotBackedUp moves nothing away from
// under an apply: what it makes afterwards would be in no copy.
func TestRealStateThatARunningApplyIsAboutToWriteIsNotBackedUp(t *testing.T) {
	e := realEngine(t)
	dir := scratch(t, map[string]string{"main.tf": "resource \"terraform_data\" \"first\" {}\n"})
	p := here(dir)
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if _, err := e.Run(t.Context(), p.command(args...)); err != nil {
			t.Fatal(err)
		}
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	waits := "resource \"terraform_data\" \"second\" {\n  provisioner \"local-exec\" {\n    command = \"cat fifo\"\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "more.tf"), []byte(waits), 0o600); err != nil {
		t.Fatal(err)
	}
	applied := make(chan error, 1)
	go func() {
		_, err := e.Run(t.Context(), p.command("apply", "-auto-approve"))
		applied <- err
	}()
	gate, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns when the apply reads
	if err != nil {
		t.Fatal(err)
	}
	_, err = BackUp(t.Context(), e, p, filepath.Join(dir, "early"))
	if err == nil || !strings.Contains(err.Error(), "operation OperationTypeApply") {
		t.Errorf("while the apply was running: %v", err)
	}
	if err := errors.Join(gate.Close(), <-applied); err != nil {
		t.Fatal(err)
	}
	states, err := BackUp(t.Context(), e, p, filepath.Join(dir, "late"))
	if err != nil || len(states) != 1 || states[0].Resources != 2 {
		t.Errorf("after it: %+v, %v", states, err)
	}
}

func TestRealStateInAProjectThatWasNeverInitialisedIsBackedUp(t *testing.T) {
	e := realEngine(t)
	place := filepath.Join(t.TempDir(), "old.tfstate")
	dir := scratch(t, map[string]string{"main.tf": localBackend(place) + "resource \"terraform_data\" \"x\" {}\n"})
	p := here(dir)
	for _, args := range []string{"init", "apply -auto-approve"} {
		if _, err := e.Run(t.Context(), p.command(strings.Fields(args)...)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, ".terraform")); err != nil {
		t.Fatal(err)
	}
	states, err := BackUp(t.Context(), e, p, filepath.Join(dir, "backup"))
	if err != nil || len(states) != 1 || states[0].Resources != 1 {
		t.Errorf("got %+v, %v", states, err)
	}
}
