package steps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// TestWhatANoteOfAnotherProofAdvisesCanBeDone puts the note of a proof of another
// account among those of this one, where no set-up would ever remove it: it is
// left, named by its file, and gone for good when that is deleted.
func TestWhatANoteOfAnotherProofAdvisesCanBeDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	note, err := files.TakeNote(filepath.Join(w.stateDir(), "proofs"), "stateroom-probe-0a",
		[]byte(`{"begun":"2026-01-01T00:00:00Z","account":"999999999999","bucket":"other","key":"k"}`))
	w.must(err)
	path := note.Path()
	note.Leave()
	mark := len(w.server.Log())
	tidy := func() *plan.Finding {
		return findingOf(engine.TidyProofs(t.Context(), s.Env, s.Answers, s.Env.Sessions.Home("eu-west-1")), "init.probe-unfinished")
	}
	f := tidy()
	if f == nil || !strings.Contains(f.Evidence, path) || f.Remedy != "Delete that file." {
		t.Errorf("got %v", f)
	}
	w.must(os.RemoveAll(filepath.Dir(path)))
	if f := tidy(); f != nil {
		t.Errorf("after that: %v", f)
	}
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("calls were made: %v", calls)
	}
}
