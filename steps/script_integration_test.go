//go:build integration

package steps

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// TestScriptMakesWhatThePlanMakes runs the script with the real AWS CLI against
// an empty sandbox: nothing is left to do but what only this program can know,
// its journal.
func TestScriptMakesWhatThePlanMakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	nine, setup := w.nine(team())
	review, err := setup.Review(context.Background())
	w.must(err)
	text := plan.Script(review.Changes, nine.Observed().partition(), setup.Answers)
	path := filepath.Join(t.TempDir(), "plan.sh")
	w.must(os.WriteFile(path, []byte(text), 0o600))
	bin := ageShim(t)
	run := exec.CommandContext(t.Context(), "sh", path)
	run.Env = w.shell().Environ().With(map[string]string{"PATH": bin + ":" + os.Getenv("PATH")})
	run.Dir = w.dir
	mark := len(w.server.Log())
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.events = nil
	for i := range review.Changes {
		w.keep(plan.Event{Kind: plan.EventChange, Change: &review.Changes[i]})
	}
	if got, want := strings.Join(w.mutations(mark), "\n"), strings.Join(w.planned(), "\n"); got != want {
		t.Errorf("the script called\n%s\nthe plan lists\n%s", got, want)
	}
	again := w.setup(team())
	again.Answers.Adopt = adoptable(review)
	left, err := again.Review(context.Background())
	w.must(err)
	for _, c := range append(left.Changes, left.NotOurs...) {
		t.Errorf("still to do: %s %s", c.ID, c.Title)
	}
	if strings.Contains(text, w.server.Operator().SecretAccessKey) {
		t.Error("the script holds the operator's secret")
	}
}

// adoptable are the targets of a review: without a journal, what carries no tag
// is nobody's.
func adoptable(r plan.Review) []string {
	var targets []string
	for _, c := range r.Changes {
		targets = append(targets, c.Target)
	}
	return targets
}

// ageShim is a folder with an age command, which is this test's own binary: the
// script's command line is judged, and the sealing is the real one.
func ageShim(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	shim := "#!/bin/sh\nSTATEROOM_AGE=\"$*\" exec '" + os.Args[0] + "' -test.run '^TestAgeCommand$'\n"
	if err := os.WriteFile(filepath.Join(bin, "age"), []byte(shim), 0o700); err != nil {
		t.Fatal(err)
	}
	return bin
}

// TestAgeCommand is age -a -r RECIPIENT -o FILE when the shim calls it.
func TestAgeCommand(t *testing.T) {
	t.Parallel()
	args := strings.Fields(os.Getenv("STATEROOM_AGE"))
	if len(args) == 0 {
		return
	}
	if len(args) != 5 || args[0] != "-a" || args[1] != "-r" || args[3] != "-o" {
		t.Fatalf("age %v", args)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _, err := handover.Seal(string(text), args[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(args[4], sealed, 0o600); err != nil {
		t.Fatal(err)
	}
}
