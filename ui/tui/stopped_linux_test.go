package tui

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// TestRunStoppedInTheMiddle stops while a script that stands for Terraform
// runs: that is finished, and the change after it is never begun.
func TestRunStoppedInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "terraform")
	if err := os.WriteFile(script, []byte(ticking), 0o700); err != nil {
		t.Fatal(err)
	}
	review := mendable()
	review.NotOurs = nil
	review.Changes = []plan.Change{
		{
			ID: "init", Step: 8, Action: plan.RunCommand, Title: "Initialize project common-production",
			Run: &plan.Run{Command: plan.Init{}, Project: "common-production", Dir: dir, SkipWait: true},
		},
		{ID: "after", Step: 8, Action: plan.Update, Title: "What comes after it", Needs: []string{"init"}},
	}
	f := fakeFlow(t, review)
	f.Env.Engine = &terraform.Engine{Path: script, Name: terraform.EngineTerraform, Version: "1.11.4"}
	tm, m, shown := runInMode(t, Troubleshoot, asksThen(f))
	shown.until(t, "2 things are wrong")
	shown.send(tm, "enter", "down", "enter")
	there(t, filepath.Join(dir, "begun"))
	shown.send(tm, "ctrl+c")
	shown.until(t, "Stopping: the changes under way are finished first")
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shown.until(t, "Interrupted: what is done stays")
	shown.send(tm, "q")
	s := end(t, tm, m)
	if s == nil || !s.Stopped || s.Applied != 1 || s.Skipped != 1 || s.ExitCode(false) != plan.ExitInterrupted {
		t.Fatalf("summary %+v", s)
	}
}
