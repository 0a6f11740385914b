package practice

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/terraform"
)

// world is a stage with a finished set-up, as the session of a command has it.
type world struct {
	*Stage
	t       *testing.T
	engine  *terraform.Engine
	answers *steps.Answers
}

// newWorld starts a stage and finishes its set-up; engine may be nil.
func newWorld(t *testing.T, engine *terraform.Engine) *world {
	t.Helper()
	w := &world{Stage: start(t, Options{}), t: t, engine: engine}
	t.Cleanup(func() { closeStage(t, w.Stage) })
	w.answers = &steps.Answers{Blueprint: w.Blueprint(), Me: w.Me}
	w.must(w.Finish(t.Context(), w.env(), w.answers, func(steps.Event) {}))
	return w
}

// env is the world as a new process finds it.
func (w *world) env() *steps.Env {
	w.t.Helper()
	sessions, err := awsops.Open(context.Background(), awsops.Config{Endpoint: w.Endpoint(), Parallel: steps.DefaultParallel})
	w.must(err)
	env, err := steps.NewEnv(sessions, w.Root, filepath.Join(w.Root, "stateroom.hcl"))
	w.must(err)
	env.Endpoint, env.Engine = w.Endpoint(), w.engine
	if w.engine == nil {
		env.EngineErr = terraform.ErrNotFound
	}
	_, tag := w.answers.Tag()
	env.Journal, err = steps.OpenJournal(env.Root(), tag)
	w.must(err)
	return env
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// snapshot is all that there is: what the sandbox holds, and the files below
// the stage's root by their paths, without the providers that init fetched.
type snapshot struct {
	state []string
	files map[string]string
}

func (w *world) snapshot() snapshot {
	w.t.Helper()
	found := snapshot{w.Sandbox().State(), map[string]string{}}
	w.must(filepath.WalkDir(w.Root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "providers" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found.files[path] = string(text)
		return err
	}))
	return found
}

// restore puts the files back as they were.
func (w *world) restore(files map[string]string) {
	w.t.Helper()
	for path := range w.snapshot().files {
		if _, there := files[path]; !there {
			w.must(os.Remove(path))
		}
	}
	for path, text := range files {
		w.must(os.MkdirAll(filepath.Dir(path), 0o700))
		w.must(os.WriteFile(path, []byte(text), 0o600))
	}
}

// ids is the fixed interface of the diagnoses that a set-up can lead to: all
// but lock-id-wrong and unknown.
const ids = `credentials-missing profile-missing sso-expired mfa-profile token-expired key-invalid signature-mismatch clock-skew wrong-account assume-role-denied region-wrong region-invalid bucket-missing s3-list-denied s3-head-denied s3-get-denied s3-put-denied explicit-deny kms-denied kms-disabled kms-pending-deletion kms-not-found kms-id-invalid table-missing table-denied table-schema lock-held lock-release-failed lock-corrupt digest-mismatch state-not-saved state-format backend-changed backend-not-initialized migration-needs-answer provider-unavailable provider-lock-file config-invalid network-unreachable tls-untrusted throttled environment-denied`

func TestEveryIDHasAFaultOfItsNameAndEveryFaultAnID(t *testing.T) {
	var names, main []string
	for _, f := range Faults() {
		names = append(names, f.Name)
		switch {
		case !slices.Contains(strings.Fields(ids), f.ID):
			t.Errorf("%s has the id %s, which is none", f.Name, f.ID)
		case f.Name == f.ID:
			main = append(main, f.ID)
		case !strings.HasPrefix(f.Name, f.ID+"-"):
			t.Errorf("%s is not named after its id %s", f.Name, f.ID)
		}
		if !strings.HasSuffix(f.About, ".") {
			t.Errorf("%s has no sentence about it: %q", f.Name, f.About)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the faults are not in order, or not unique: %v", names)
	}
	if want := slices.Sorted(slices.Values(strings.Fields(ids))); !slices.Equal(main, want) {
		t.Errorf("there are faults for %v, not for %v", main, want)
	}
}

// TestEveryFaultChangesAFinishedSetUp lets one stage meet as many faults as can
// stand beside each other, and puts the files back after each.
func TestEveryFaultChangesAFinishedSetUp(t *testing.T) {
	w := newWorld(t, nil)
	for _, f := range Faults() {
		fresh := w.initialised()
		err := w.Break(t.Context(), f.Name)
		if err != nil {
			w = newWorld(t, nil)
			fresh = w.initialised()
			err = w.Break(t.Context(), f.Name)
		}
		if err != nil {
			t.Errorf("%v", err)
		}
		if after := w.snapshot(); slices.Equal(after.state, fresh.state) && maps.Equal(after.files, fresh.files) {
			t.Errorf("%s changed nothing", f.Name)
		}
		w.restore(fresh.files)
	}
}

// initialised is the world as init would leave the first project.
func (w *world) initialised() snapshot {
	cache := `{"version": 3, "backend": {"type": "s3", "config": {"use_lockfile": true}, "hash": 2566888494}}`
	path := filepath.Join(w.Root, "live", "staging", ".terraform", "terraform.tfstate")
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	w.must(os.WriteFile(path, []byte(cache), 0o600))
	return w.snapshot()
}

func TestAnUnknownFaultIsAnErrorThatListsThem(t *testing.T) {
	w := newWorld(t, nil)
	err := w.Break(t.Context(), "gremlins")
	if err == nil {
		t.Fatal("there is no such fault")
	}
	for _, f := range Faults() {
		if !strings.Contains(err.Error(), f.Name) {
			t.Errorf("%s is not listed: %v", f.Name, err)
		}
	}
}

func TestAFaultNeedsAFinishedSetUp(t *testing.T) {
	s := start(t, Options{})
	defer closeStage(t, s)
	if err := s.Break(t.Context(), "kms-disabled"); err == nil || !strings.Contains(err.Error(), "needs a finished set-up") {
		t.Errorf("err = %v", err)
	}
}
