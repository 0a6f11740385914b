package engine

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

func TestJournalSurvivesACutOffLineAndOtherBlueprints(t *testing.T) {
	dir := t.TempDir()
	j, err := OpenJournal(dir, "ours")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := OpenJournal(dir, "theirs")
	for _, err := range []error{
		j.Append("key.create", PhaseIntent, map[string]string{}), j.Append("key.create", PhaseGot, map[string]string{"id": "one"}),
		other.Append("bucket.create", PhaseIntent, nil),
		j.Append("iam.key.bob", PhaseIntent, map[string]string{"keys": "AKIA1"}), j.Append("iam.key.eve", PhaseIntent, nil), j.Append("iam.key.eve", PhaseDone, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(ScopeDir(dir, "ours"), "journal.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, `{"scope":"ours","change":"lock.create","phase":"int`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := OpenJournal(dir, "ours")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Append("after", PhaseIntent, nil); err != nil {
		t.Fatal(err)
	}
	again, _ = OpenJournal(dir, "ours")
	before, unfinished := again.Unfinished("iam.key.bob")
	_, finished := again.Unfinished("iam.key.eve")
	if again.Value("key.create", "id") != "one" || again.Intended("bucket.create") || again.Intended("lock.create") || !again.Intended("after") ||
		!unfinished || before["keys"] != "AKIA1" || finished {
		t.Errorf("records %+v", again.records)
	}
	for at, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(at); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != want) {
			t.Errorf("%s: %v, %v; want mode %04o", at, info.Mode(), err, want)
		}
	}
}

// TestAWSIsGivenTimeFromTheLastThatWasHeardOfAnIntent: a call that was asked for minutes,
// and of which the last answer was lost, may have made something just now.
func TestAWSIsGivenTimeFromTheLastThatWasHeardOfAnIntent(t *testing.T) {
	t.Parallel()
	const given = time.Minute
	refused := &awsops.Error{Attempts: 1, Status: http.StatusNotFound, Code: "NoSuchEntity"}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"never answered": {err: &awsops.Error{Attempts: 1, Err: io.ErrUnexpectedEOF}, want: true},
		"refused":        {err: refused},
		"never sent":     {err: errors.New("no such profile")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, err := OpenJournal(t.TempDir(), "ours")
			if err != nil {
				t.Fatal(err)
			}
			change := plan.Change{ID: "key.create", Intent: map[string]string{}, Calls: []awsops.Call{awsops.CreateKey("", "", nil)}}
			j.records = []Record{{Time: time.Now().Add(-2 * given), Scope: "ours", Change: change.ID, Phase: PhaseIntent}}
			if err := (&Executor{env: &Env{Journal: j}}).unmade(change, c.err); err != nil {
				t.Fatal(err)
			}
			if got := j.undecided(change.ID, given); got != c.want {
				t.Errorf("undecided is %t, records %+v", got, j.records)
			}
		})
	}
}
