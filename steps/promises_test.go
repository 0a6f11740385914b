package steps

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// mutations are the mutating requests since mark, probes' object and lock
// writes aside, as "service:operation".
func (w *world) mutations(mark int) []string {
	var calls []string
	for _, e := range w.server.Log()[mark:] {
		if e.Mutating && !isProbe(e) {
			calls = append(calls, e.Service+":"+e.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

func isProbe(e sandbox.Entry) bool {
	switch e.Service + ":" + e.Operation {
	case "s3:PutObject", "s3:DeleteObject", "dynamodb:PutItem", "dynamodb:DeleteItem":
		return true
	}
	return false
}

// planned are the calls of the changes that were told, in the same form.
func (w *world) planned() []string {
	var calls []string
	for _, e := range w.events {
		if e.Kind != plan.EventChange {
			continue
		}
		for _, c := range e.Change.Calls {
			calls = append(calls, c.Service+":"+c.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

// tree is every file below the world's directory with its content.
func (w *world) tree() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			all[path], err = os.Readlink(path)
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// below is the part of the world's tree under a directory.
func (w *world) below(dir string) map[string]string {
	found := map[string]string{}
	for path, text := range w.tree() {
		if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
			found[rel] = text
		}
	}
	return found
}

func TestDryRunMakesNoMutatingCallAndWritesNoFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	s.DryRun = true
	summary := w.run(s)
	if calls := w.mutations(0); len(calls) > 0 {
		t.Errorf("a dry run made %v", calls)
	}
	for _, e := range w.server.Log() {
		if isProbe(e) && e.Mutating {
			t.Errorf("a dry run made %s:%s", e.Service, e.Operation)
		}
	}
	if files := w.tree(); len(files) > 0 {
		t.Errorf("a dry run wrote %v", slices.Sorted(maps.Keys(files)))
	}
	if summary.Add == 0 || summary.ExitCode(true) != plan.ExitChanges || summary.ExitCode(false) != plan.ExitDone {
		t.Errorf("summary %+v", summary)
	}
}

func TestPreviewIsWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	dry := w.setup(team())
	dry.DryRun = true
	w.run(dry)
	preview := w.planned()
	w.events = nil
	mark := len(w.server.Log())
	w.healthy(w.run(w.setup(team())))
	if diff := cmp.Diff(preview, w.planned()); diff != "" {
		t.Errorf("the run planned other calls than the dry run (-dry +run):\n%s", diff)
	}
	if diff := cmp.Diff(preview, w.mutations(mark)); diff != "" {
		t.Errorf("the apply made other calls than the dry run listed (-listed +made):\n%s", diff)
	}
}

func TestTwiceIsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	before, mark := w.tree(), len(w.server.Log())
	w.events = nil
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("a second run made %v", calls)
	}
	if diff := cmp.Diff(before, w.tree()); diff != "" {
		t.Errorf("a second run changed files:\n%s", diff)
	}
	if calls := w.planned(); len(calls) > 0 || summary.Add+summary.Change+summary.Destroy > 0 {
		t.Errorf("a second run planned %v", calls)
	}
}

func TestLostAnswersDoubleNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	var mu sync.Mutex // requests meet the hook many at a time
	lost := map[string]bool{}
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		id := e.Service + ":" + e.Operation + resourceOf(e)
		if !strings.HasPrefix(e.Operation, "Create") || e.Operation == "CreateAccessKey" || lost[id] {
			return sandbox.Fault{}
		}
		lost[id] = true
		return sandbox.Fault{DropAnswer: true}
	})
	w.healthy(w.run(w.setup(team())))
	if len(lost) < 10 {
		t.Fatalf("only %d creations were met: %v", len(lost), slices.Sorted(maps.Keys(lost)))
	}
	w.undoubled()
	w.events = nil
	w.server.Intercept(nil)
	w.healthy(w.run(w.setup(team())))
	if calls := w.planned(); len(calls) > 0 {
		t.Errorf("a second run planned %v", calls)
	}
}

// What nobody has confirmed is not done in the same run, and a key is deleted only
// after it was shown.
func TestAnAccessKeyWhoseAnswerWasLostIsDeletedByTheNextRunAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{DropAnswer: e.Operation == "CreateAccessKey"}
	})
	summary, mark := w.run(w.setup(team())), len(w.server.Log())
	w.server.Intercept(nil)
	if f := findingOf(summary.Findings, "iam.not-confirmed"); f == nil || summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
		t.Fatalf("exit %d, findings %v, failures %v", summary.ExitCode(false), summary.Findings, summary.Failures)
	}
	if deleted := w.calls("DeleteAccessKey", "alice") + w.calls("DeleteAccessKey", "bob"); deleted > 0 {
		t.Errorf("%d keys were deleted without anybody's word", deleted)
	}
	if notHeld := findingOf(summary.Findings, "iam.key.alice-not-held"); notHeld != nil {
		t.Errorf("what was left is said not to hold: %s", notHeld)
	}
	w.healthy(w.run(w.setup(team())))
	if made := w.mutations(mark); len(made) == 0 {
		t.Error("the next run made nothing")
	}
	w.undoubled()
	w.settledNow(team())
}

// resourceOf tells two calls of one operation apart.
func resourceOf(e sandbox.Entry) string {
	data, err := json.Marshal(e.Input)
	if err != nil {
		return ""
	}
	return string(data)
}

// undoubled fails the test when a key or an access key exists twice, or when
// bob's or alice's secret was lost.
func (w *world) undoubled() {
	w.t.Helper()
	w.undoubledOf(team())
}

// undoubledOf is undoubled for a blueprint with the team's names.
func (w *world) undoubledOf(b *blueprint.Blueprint) {
	w.t.Helper()
	home := w.setup(b).Env.Sessions.Home(b.StateRegion)
	ctx := context.Background()
	keys, err := home.KeysTagged(ctx, "stateroom", "111111111111/acme-terraform-state")
	if err != nil || len(keys) != 1 {
		w.t.Errorf("KMS keys: %v, %v; want one", keys, err)
	}
	for _, user := range []string{"alice", "bob"} {
		keys, err := home.AccessKeys(ctx, user)
		if err != nil || len(keys) != 1 {
			w.t.Errorf("access keys of %s: %v, %v; want one", user, keys, err)
		}
		if user == "alice" && len(keys) == 1 && !strings.Contains(w.tree()[filepath.Join(w.dir, ".aws", "credentials")], keys[0].ID) {
			w.t.Errorf("alice's key %s is not in her profile", keys[0].ID)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "handover", "bob.age")); err != nil {
		w.t.Errorf("bob's handover: %v", err)
	}
}
