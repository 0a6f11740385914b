package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// claimWait bounds the wait for a claim that somebody only peeks at, which takes
// microseconds. Who holds it in earnest is told at once.
const claimWait = time.Second

// Holder is who holds a claim, or held it last.
type Holder struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	On    string    `json:"on"` // the folder that it works on
}

// Claim is the right of one process to change what a name stands for, a clone or
// an account's bucket: a lock on a file in the state directory. The system lets
// it go when the process ends, however it ends. Beside it stays who had it last.
type Claim struct{ unlock func() }

// HeldError says that another process holds a claim, or held it since this one
// looked.
type HeldError struct {
	Holder Holder
	// Over says that the other has let it go meanwhile.
	Over bool
}

// Error says who it is and what to do.
func (e *HeldError) Error() string {
	who := "another stateroom"
	if e.Holder.PID != 0 {
		who += fmt.Sprintf(" (process %d, since %s, in %s)", e.Holder.PID, e.Holder.Since.Local().Format("15:04:05"), e.Holder.On)
	}
	if e.Over {
		return who + " made changes after this one looked, so the plan may no longer hold; run the command again to look again. This one changed nothing"
	}
	return who + " is making changes; wait until it has ended, then run the command again. This one changed nothing"
}

// ClaimMark is a claim as it was when somebody looked: who held it last, and
// whether it was held.
type ClaimMark struct {
	last string
	held bool
}

// PeekClaim marks a claim before a look, without taking it and without writing
// anything.
func PeekClaim(path string) (ClaimMark, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return ClaimMark{last: lastHolder(path)}, nil
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	if errors.Is(err, fs.ErrNotExist) { // just let go
		return ClaimMark{last: lastHolder(path)}, nil
	}
	if err != nil {
		return ClaimMark{}, claimError(path, err)
	}
	mark := ClaimMark{last: lastHolder(path), held: !free}
	if free {
		err = l.Unlock()
	}
	if err != nil {
		return mark, claimError(path, err)
	}
	return mark, nil
}

// TakeClaim takes a claim for the work in a folder, unless somebody else holds it
// or has held it since the mark: what was planned then may not be so any more
// ([HeldError]). It gives the mark that is its own.
func TakeClaim(ctx context.Context, path, folder string, seen ClaimMark) (*Claim, ClaimMark, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, seen, claimError(path, err)
	}
	waiting, cancel := context.WithTimeout(ctx, claimWait)
	defer cancel()
	unlock, err := acquire(waiting, path)
	last := lastHolder(path)
	switch {
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, seen, &HeldError{Holder: readHolder(last)}
	case err != nil:
		return nil, seen, claimError(path, err)
	case seen.held || last != seen.last:
		unlock()
		return nil, seen, &HeldError{Holder: readHolder(last), Over: true}
	}
	own, err := json.Marshal(Holder{PID: os.Getpid(), Since: time.Now().UTC(), On: folder})
	if err == nil {
		err = os.WriteFile(holderPath(path), own, 0o600)
	}
	if err != nil {
		unlock()
		return nil, seen, claimError(path, err)
	}
	return &Claim{unlock}, ClaimMark{last: string(own)}, nil
}

// Release lets others have it.
func (c *Claim) Release() { c.unlock() } // the end of the process does it at the latest

// holderPath is beside the lock, for a locked file cannot be read on Windows.
func holderPath(path string) string { return path + ".holder" }

// lastHolder is who wrote that file last; empty if nobody did, or is just doing so.
func lastHolder(path string) string {
	held, err := load(nil, holderPath(path), Limit{Bytes: 1 << 16})
	if err != nil {
		return ""
	}
	return string(held.text)
}

func readHolder(text string) Holder {
	var h Holder
	_ = json.Unmarshal([]byte(text), &h) // who it is cannot be said then
	return h
}

func claimError(path string, err error) error {
	return &Error{Action: "lock", Path: path, Err: Bare(err), Remedy: "make it writable"}
}
