//go:build !race && !integration

package steps

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// TestASecondRunIsToldWhoIsAtWorkAndDoublesNothing starts the compiled program,
// holds it at its first change, and starts it once more: on the same clone, and
// on another clone of the same blueprint, which shares the journal.
func TestASecondRunIsToldWhoIsAtWorkAndDoublesNothing(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	for _, place := range []string{"the same clone", "another clone"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			first, err := newVictim(t.Context(), binary, mkdir(t, "clone"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = first.server.Close() }()
			second := &victim{binary: binary, dir: first.dir, state: first.state, server: first.server}
			if place == "another clone" {
				second.dir = mkdir(t, "another")
				copyBlueprint(t, first.dir, second.dir)
			}
			var once sync.Once
			working, open := make(chan struct{}), make(chan struct{})
			first.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Mutating {
					once.Do(func() { close(working); <-open })
				}
				return sandbox.Fault{}
			})
			ended := make(chan error, 1)
			var out string
			go func() {
				var err error
				out, err = first.run(context.WithoutCancel(t.Context()))
				ended <- err
			}()
			select {
			case <-working:
			case err := <-ended:
				t.Fatalf("the first ended before its first change: %v\n%s", err, out)
			}
			refused, err := second.run(t.Context())
			if err == nil || !strings.Contains(refused, "process "+strconv.Itoa(first.process.Pid)) || !strings.Contains(refused, "This one changed nothing") {
				t.Errorf("the second: %v\n%s", err, refused)
			}
			if dry, err := second.run(t.Context(), "--dry-run"); err != nil {
				t.Errorf("a dry run meanwhile: %v\n%s", err, dry)
			}
			close(open)
			if err := <-ended; err != nil {
				t.Errorf("the first: %v\n%s", err, out)
			}
			mark := len(first.server.Log())
			if again, err := second.run(t.Context()); err != nil {
				t.Errorf("the second again: %v\n%s", err, again)
			}
			w := &world{t: t, server: first.server}
			if calls := w.mutations(mark); len(calls) > 0 {
				t.Errorf("it made changes: %v", calls)
			}
			if err := first.whole(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAPlanFromBeforeAnotherRunsChangesIsNotCarriedOut is somebody who reads the
// plan while a colleague at the same machine says yes to theirs.
func TestAPlanFromBeforeAnotherRunsChangesIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	slow := w.setup(team())
	slow.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		w.healthy(w.run(w.setup(team())))
		return plan.Decision{Yes: true}, nil
	}
	_, err := slow.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "made changes after this one looked") {
		t.Fatalf("it went on: %v", err)
	}
	mark := len(w.server.Log())
	w.healthy(w.run(w.setup(team())))
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("left to do or doubled: %v", calls)
	}
	w.undoubled()
}

func mkdir(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyBlueprint(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(from, "stateroom.hcl"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "stateroom.hcl"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAMoveBegunInOneCloneIsNoWordAboutAnother is one journal that two clones of a
// laptop share.
func TestAMoveBegunInOneCloneIsNoWordAboutAnother(t *testing.T) {
	t.Parallel()
	journal, err := engine.OpenJournal(t.TempDir(), "111111111111/acme-terraform-state")
	if err != nil {
		t.Fatal(err)
	}
	clone, other := mkdir(t, "clone"), mkdir(t, "other")
	linked := filepath.Join(t.TempDir(), "linked")
	if err := os.Symlink(clone, linked); err != nil {
		t.Fatal(err)
	}
	move := moveChange("common-production")
	begun := plan.Change{ID: move, Run: &plan.Run{Command: plan.Move{}, Dir: clone}}
	if err := journal.Append(engine.InDir(begun.ID, begun.Run.Dir), engine.PhaseIntent, map[string]string{"lock": "ours"}); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{clone: true, linked: true, other: false} {
		if _, unfinished := journal.Unfinished(engine.InDir(move, dir)); unfinished != want {
			t.Errorf("begun in %s: %t, want %t", dir, unfinished, want)
		}
	}
}
