package terraform

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func probeOf(t *testing.T, f fake, inspect func(context.Context) error) (left int, err error) {
	t.Helper()
	dir := t.TempDir()
	err = Probe(t.Context(), f.Engine, ProbeInput{
		Backend: []byte("terraform {\n  backend \"s3\" {}\n}\n"), Project: here(dir), Workspace: "w", Inspect: inspect,
	})
	entries, listErr := os.ReadDir(dir)
	if listErr != nil {
		t.Fatal(listErr)
	}
	return len(entries), err
}

func TestProbeRunsTheWholeSequenceAndLeavesNoDirectory(t *testing.T) {
	f := newFake(t, nil)
	var seen []string
	left, err := probeOf(t, f, func(context.Context) error {
		seen = f.ran(t)
		return nil
	})
	if err != nil || left != 0 {
		t.Fatalf("got %v, %d directories left", err, left)
	}
	want := []string{"init", "workspace new w", "apply @w", "destroy @w", "workspace select default", "workspace delete w"}
	if diff := cmp.Diff(want, f.ran(t)); diff != "" {
		t.Error(diff)
	}
	if len(seen) != 3 {
		t.Errorf("inspected after %v", seen)
	}
}

// A destroy in the default workspace would destroy the project's resources.
func TestProbeNeverDestroysOutsideItsWorkspace(t *testing.T) {
	for name, c := range map[string]struct {
		answers map[string]string
		want    []string
	}{
		"init fails": {map[string]string{"init": "1\nError: x\n"}, []string{"init"}},
		"new fails": {
			map[string]string{"workspace new": "1\nError: failed to unlock\n"},
			[]string{"init", "workspace new w", "workspace select default", "workspace delete -force w"},
		},
		"the workspace is someone else's": {
			map[string]string{"workspace new": "1\nWorkspace \"w\" already exists\n"},
			[]string{"init", "workspace new w"},
		},
		"apply fails": {
			map[string]string{"apply": "1\nError: Failed to save state\n"},
			[]string{"init", "workspace new w", "apply @w", "destroy @w", "workspace select default", "workspace delete -force w"},
		},
	} {
		f := newFake(t, c.answers)
		left, err := probeOf(t, f, nil)
		if err == nil || left != 0 {
			t.Errorf("%s: got %v, %d directories left", name, err, left)
		}
		if diff := cmp.Diff(c.want, f.ran(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProbeCleansUpAfterAFailedInspection(t *testing.T) {
	f := newFake(t, nil)
	broken := errors.New("not encrypted")
	_, err := probeOf(t, f, func(context.Context) error { return broken })
	tidied := []string{"destroy @w", "workspace select default", "workspace delete -force w"}
	if ran := f.ran(t); !errors.Is(err, broken) || len(ran) != 6 || !slices.Equal(ran[3:], tidied) {
		t.Errorf("got %v, ran %v", err, f.ran(t))
	}
}

func TestProbeReleasesALockThatItsOwnKilledCommandLeft(t *testing.T) {
	f := newFake(t, map[string]string{
		"apply":   "1\nError: killed\n",
		"destroy": "1\nError: Error acquiring the state lock\n\nError message: PreconditionFailed\nLock Info:\n  ID:        1234-5678\n  Path: x\n",
	})
	_, err := probeOf(t, f, nil)
	if err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got %v", err)
	}
	if !slices.Contains(f.ran(t), "force-unlock -force 1234-5678 @w") {
		t.Errorf("ran %v", f.ran(t))
	}
}

func TestProbeCleansUpWhenCancelled(t *testing.T) {
	f := newFake(t, map[string]string{"apply": "wait"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := Probe(ctx, f.Engine, ProbeInput{Workspace: "w", Project: Project{Dir: t.TempDir(), Environ: os.Environ(), Lines: func(line string) {
		if line == "waiting" {
			cancel()
		}
	}}})
	if !errors.Is(err, context.Canceled) || !slices.Contains(f.ran(t), "workspace delete -force w") {
		t.Errorf("got %v, ran %v", err, f.ran(t))
	}
}

func TestNewProbeWorkspaceIsItsOwn(t *testing.T) {
	a, b := NewProbeWorkspace(), NewProbeWorkspace()
	if a == b || !strings.HasPrefix(a, "stateroom-probe-") {
		t.Errorf("got %s and %s", a, b)
	}
}
