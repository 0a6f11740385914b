package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// Record is one line of the journal. It never holds a secret.
type Record struct {
	Time time.Time `json:"time"`
	// Scope is the blueprint's tag value, the admin account and the bucket: what
	// was intended for one is no word about another.
	Scope string `json:"scope"`
	// Change is the id of the change, "iam.user.alice.key"; that of one in a
	// project's directory with the directory, see InDir.
	Change string `json:"change"`
	// Phase is "intent" before the first call of a change, "got" for a value
	// that AWS gives only once, "refused" where AWS has refused and so made
	// nothing, "unanswered" where it may have made it, and "done" once the
	// change is complete.
	Phase string `json:"phase"`
	// Values are what later runs need: the ids a call returned, or the access
	// keys a user had before the intent.
	Values map[string]string `json:"values,omitempty"`
}

// The phases of a record.
const (
	PhaseIntent     = "intent"
	PhaseGot        = "got"
	phaseRefused    = "refused"
	phaseUnanswered = "unanswered"
	PhaseDone       = "done"
)

// Journal is the append-only record of what this user set out to do from this
// laptop, for one account and bucket. It lies in the user's own state directory,
// never in the repository, where whoever can write to that could write it. Every
// record is on the disk before the call that follows it is made.
type Journal struct {
	mu      sync.Mutex
	path    string
	scope   string
	records []Record
}

// OpenJournal reads the journal of a scope in the state directory. A journal
// that is not there is empty; its folder is made with the first record (0700). A
// last line cut off by a kill is ignored: its record was never acted upon.
func OpenJournal(stateDir, scope string) (*Journal, error) {
	j := &Journal{path: filepath.Join(ScopeDir(stateDir, scope), "journal.jsonl"), scope: scope}
	return j, j.reload()
}

// reload reads what is in the journal now: other runs may have written to it.
func (j *Journal) reload() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	journal, err := files.Read(j.path)
	if err != nil {
		return fmt.Errorf("the journal cannot be read: %w", err)
	}
	j.records = nil
	for line := range bytes.Lines(journal.Bytes) {
		var r Record
		if json.Unmarshal(line, &r) == nil && r.Scope == j.scope {
			j.records = append(j.records, r)
		}
	}
	return nil
}

// ScopeDir holds what is kept of one account and bucket: account-bucket. Account
// ids are digits and bucket names are checked, but no name may lead elsewhere.
func ScopeDir(stateDir, scope string) string {
	return filepath.Join(stateDir, url.PathEscape(strings.Replace(scope, "/", "-", 1)))
}

// InDir is the name of a change in a project's directory. One that was begun in
// another clone is no word about this one.
func InDir(change, dir string) string { return change + " in " + files.RealPath(dir) }

// recordName is the name under which the journal keeps a change.
func recordName(c plan.Change) string {
	if c.Run == nil || c.Run.Dir == "" {
		return c.ID
	}
	return InDir(c.ID, c.Run.Dir)
}

// Append writes one record and makes sure that it has reached the disk.
func (j *Journal) Append(change, phase string, values map[string]string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := Record{Time: time.Now().UTC(), Scope: j.scope, Change: change, Phase: phase, Values: values}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal record of %s: %w", change, err)
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("the journal's folder cannot be made: %w", err)
	}
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the journal cannot be written: %w", err)
	}
	// The newline leads as well as ends, so that a record never continues a
	// line that a kill cut off.
	_, err = f.Write(append(append([]byte{'\n'}, line...), '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("the journal cannot be written: %w", err)
	}
	j.records = append(j.records, r)
	return nil
}

// Intended tells whether this laptop ever set out to make the change.
func (j *Journal) Intended(change string) bool {
	return j.last(change, PhaseIntent) != nil
}

// Value returns what AWS gave for the change, the newest first, or "".
func (j *Journal) Value(change, name string) string {
	if r := j.last(change, PhaseGot); r != nil {
		return r.Values[name]
	}
	return ""
}

// Unfinished returns the values of the newest intent that no "done" follows,
// with what AWS gave for it since and, as "at", the time of the intent.
func (j *Journal) Unfinished(change string) (map[string]string, bool) {
	values, done := j.newest(change)
	return values, values != nil && !done
}

// Finished returns the values of the newest intent, as Unfinished does, if a
// "done" follows it.
func (j *Journal) Finished(change string) (map[string]string, bool) {
	values, done := j.newest(change)
	return values, values != nil && done
}

// newest gathers the newest intent with what followed it; nil without one.
func (j *Journal) newest(change string) (values map[string]string, done bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	values = map[string]string{}
	for _, r := range slices.Backward(j.records) {
		if r.Change != change {
			continue
		}
		done = done || r.Phase == PhaseDone
		for name, value := range r.Values {
			if _, newer := values[name]; !newer {
				values[name] = value
			}
		}
		if r.Phase == PhaseIntent {
			values["at"] = r.Time.Format(time.RFC3339)
			return values, done
		}
	}
	return nil, false
}

// Intent returns the values of the newest intent to make the change, finished or
// not, with the time of it as "at"; nil where there never was one.
func (j *Journal) Intent(change string) map[string]string {
	r := j.last(change, PhaseIntent)
	if r == nil {
		return nil
	}
	values := map[string]string{"at": r.Time.Format(time.RFC3339)}
	maps.Copy(values, r.Values)
	return values
}

// refused tells whether AWS made nothing of the newest intent, by its own word: what
// has come to be since then is somebody else's.
func (j *Journal) refused(change string) bool {
	r := j.last(change, "")
	return r != nil && r.Phase == phaseRefused
}

// last is the newest record of a change, of any phase where none is named.
func (j *Journal) last(change, phase string) *Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range slices.Backward(j.records) {
		if r.Change == change && (phase == "" || r.Phase == phase) {
			return &r
		}
	}
	return nil
}

// lostWithin bounds the time between the intent to make a key and a key that
// the killed run made: retries, and two clocks that do not agree.
const lostWithin = 15 * time.Minute
