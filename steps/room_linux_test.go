package steps

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// TestNoKeyIsMadeThatHasNowhereToGo puts something in the way of a key's file while
// the operator reads the prompt. There must be no key, and none is missing once
// the way is free.
func TestNoKeyIsMadeThatHasNowhereToGo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user string
		bar  func(*testing.T, *world)
	}{
		"an edit of the credentials file": {"alice", func(t *testing.T, w *world) {
			write(t, filepath.Join(w.dir, ".aws", "credentials"), "[mine]\nregion = eu-west-1\n")
		}},
		"an immutable credentials file": {"alice", func(t *testing.T, w *world) {
			stepstest.Immutable(t, filepath.Join(w.dir, ".aws", "credentials"))
		}},
		"a handover folder without room": {"bob", func(t *testing.T, w *world) { stepstest.Full(t, filepath.Join(w.dir, "handover")) }},
		"a state directory without room for what could not be written": {"alice", func(t *testing.T, w *world) {
			stepstest.Full(t, filepath.Join(w.dir, stateHome, "stateroom", "files"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			write(t, filepath.Join(w.dir, ".aws", "credentials"), "[default]\nregion = eu-west-1\n")
			s := w.setup(team())
			s.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
				c.bar(t, w)
				return plan.Decision{Yes: true}, nil
			}
			summary := w.run(s)
			if summary.Failed == 0 {
				t.Error("nothing has failed")
			}
			if n := w.calls("CreateAccessKey", c.user); n > 0 {
				t.Errorf("%d keys were made for %s", n, c.user)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestASecretThatCannotReachItsFileIsKept edits the credentials file while AWS
// makes the key: the secret is where the failure says, and the next run leads to a
// key that is in the profile, and to no other.
func TestASecretThatCannotReachItsFileIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	path := filepath.Join(w.dir, ".aws", "credentials")
	write(t, path, "[default]\nregion = eu-west-1\n")
	var once sync.Once
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "CreateAccessKey" {
			once.Do(func() { write(t, path, "[mine]\nregion = eu-west-1\n") })
		}
		return sandbox.Fault{}
	})
	s := w.setup(team())
	s.Env.Parallel = 1
	s.Answers.Groups[0].Users, s.Answers.Users = []string{"alice"}, nil
	summary := w.run(s)
	w.server.Intercept(nil)
	kept := files.Unwritten(s.Env.StateDir, path)
	if summary.Failed != 1 || len(kept) != 1 || !strings.Contains(summary.Failures[0].Err.Error(), kept[0]) ||
		!strings.Contains(summary.Failures[0].Err.Error(), "it deletes this key and makes a new one") {
		t.Fatalf("%+v, kept %v", summary.Failures, kept)
	}
	text, err := os.ReadFile(kept[0])
	info, statErr := os.Stat(kept[0])
	if err != nil || statErr != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v, %v", err, statErr, info)
	}
	found := false
	for _, secret := range w.server.Secrets() {
		found = found || strings.Contains(string(text), secret)
		if strings.Contains(summary.Failures[0].Err.Error(), secret) {
			t.Error("the failure shows the secret")
		}
	}
	if !found {
		t.Error("the secret is not in what was kept")
	}
	again := w.setup(team())
	again.Answers.Groups[0].Users, again.Answers.Users = []string{"alice"}, nil
	summary = w.run(again)
	w.healthy(summary)
	if n := w.calls("CreateAccessKey", "alice") - w.calls("DeleteAccessKey", "alice"); n != 1 {
		t.Errorf("alice has %d keys", n)
	}
	told := false
	for _, f := range summary.Findings {
		told = told || f.ID == "files.unwritten" && strings.Contains(f.Evidence, kept[0])
	}
	if !told {
		t.Error("the next run does not tell of what was kept")
	}
}
