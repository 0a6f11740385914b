//go:build !race && !integration

package steps

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/stepstest"
)

// TestAMoveOfAPipelineKilledAtEveryCallFinishes: before and after the call that takes the
// key out of use, and the one that deletes it, the pipeline's roles open; and until the first
// is done the key works.
func TestAMoveOfAPipelineKilledAtEveryCallFinishes(t *testing.T) {
	t.Parallel()
	v, err := newVictim(t.Context(), stepstest.Program(t), mkdir(t, "clone"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.server.Close() }()
	w := &world{t: t, server: v.server, url: v.server.URL(), dir: t.TempDir(), who: v.server.Operator()}
	b := ciTeam()
	write := func() { w.must(os.WriteFile(filepath.Join(v.dir, "stateroom.hcl"), b.HCL(), 0o600)) }
	write()
	if out, err := v.run(t.Context()); err != nil {
		t.Fatal(err, out)
	}
	home, key := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion), ""
	tags := map[string]string{"stateroom": "111111111111/acme-terraform-state"}
	for _, call := range []awsops.Call{awsops.CreateUser(keyed, "/", tags), awsops.CreateAccessKey(keyed)} {
		out, err := home.Do(t.Context(), call)
		w.must(err)
		key = out.Values["id"]
	}
	b.CIs[0].Replaces = []string{keyed}
	write()
	roles := []string{"stateroom-github-plan", "stateroom-github-apply-staging", "stateroom-github-apply-production"}
	w.runs(roles...)
	status := func() string {
		keys, err := home.AccessKeys(t.Context(), keyed)
		w.must(err)
		switch {
		case len(keys) == 0:
			return "deleted"
		case keys[0].Active:
			return "active"
		}
		return "inactive"
	}
	for _, c := range []struct {
		operation string
		after     bool
		want      string
	}{
		{"UpdateAccessKey", false, "active"},
		{"UpdateAccessKey", true, "inactive"},
		{"DeleteAccessKey", false, "inactive"},
		{"DeleteAccessKey", true, "deleted"},
	} {
		if c.operation == "DeleteAccessKey" && !c.after { // a run has to have seen it out of use
			if out, err := v.run(t.Context()); err != nil {
				t.Fatal(err, out)
			}
			journals, err := filepath.Glob(filepath.Join(v.state, "stateroom", "*", "journal.jsonl"))
			w.must(err)
			if len(journals) != 1 {
				t.Fatal(journals)
			}
			w.must(seenEarlierIn(journals[0], key, (RestingDays+1)*24*time.Hour))
		}
		met, err := v.killAtA(t.Context(), func(e sandbox.Entry) bool { return e.Operation == c.operation }, 1, c.after)
		w.must(err)
		if got := status(); !met || got != c.want {
			t.Errorf("%s, killed after it %t: met %t, the key is %s, want %s", c.operation, c.after, met, got, c.want)
		}
		w.runs(roles...)
	}
	mark := len(v.server.Log())
	if out, err := v.run(t.Context()); err != nil {
		t.Errorf("a further run: %v\n%s", err, out)
	}
	if calls := slices.DeleteFunc(w.mutations(mark), func(call string) bool { return call == "sts:AssumeRole" }); len(calls) > 0 {
		t.Errorf("a further run called %v", calls)
	}
}
