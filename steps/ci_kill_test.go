//go:build !race && !integration

package steps

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/stepstest"
)

// TestARemovalOfAPipelineKilledAtEveryCallFinishes: each run is killed before its first
// change, and the next one after it, until none is left.
func TestARemovalOfAPipelineKilledAtEveryCallFinishes(t *testing.T) {
	t.Parallel()
	v, err := newVictim(t.Context(), stepstest.Program(t), mkdir(t, "clone"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.server.Close() }()
	w := &world{t: t, server: v.server}
	write := func(text []byte) { w.must(os.WriteFile(filepath.Join(v.dir, "stateroom.hcl"), text, 0o600)) }
	write(ciTeam().HCL())
	if out, err := v.run(t.Context()); err != nil {
		t.Fatal(err, out)
	}
	if got := w.rolesOf(); len(got) != 5 {
		t.Fatalf("there are %v", got)
	}
	write(team().HCL())
	inIAM := func(e sandbox.Entry) bool { return e.Mutating && e.Service == "iam" }
	kills := 0
	for met := true; met; kills++ {
		met, err = v.killAtA(t.Context(), inIAM, 1, kills%2 == 1, "--parallel", "1")
		w.must(err)
		if kills > 100 {
			t.Fatal("it does not end")
		}
	}
	// Two roles of environments with two policies, three of the admin account with one.
	if kills < 2*(2*3+3*2) {
		t.Errorf("killed %d times", kills)
	}
	if got := w.rolesOf(); len(got) > 0 {
		t.Errorf("left are %v", got)
	}
	mark := len(v.server.Log())
	if out, err := v.run(t.Context()); err != nil {
		t.Errorf("a further run: %v\n%s", err, out)
	}
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("a further run called %v", calls)
	}
}
