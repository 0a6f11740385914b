package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Reservation is a file that is sure to be written: its text, in which a secret
// comes that AWS gives only once, is not known yet, but there is room for it
// beside its target and a second time in the state directory, the target can be
// replaced, nobody has changed it, and no other stateroom will while this one
// holds its lock. Close it in any case.
type Reservation struct {
	target, stateDir string
	staged, spare    string
	backup           string
	done             bool
	unlock           func()
}

// room is how much longer than its template a text may become: an access key or
// a session token of a few kilobytes, and the seal around a handover, which adds a
// half.
func room(e Edit) int { return len(e.After)*3/2 + 16<<10 }

// Reserve prepares to write an edit. [Write] tells what has to hold; what does not
// is an error, and then nothing has changed.
func Reserve(ctx context.Context, e Edit, stateDir string) (*Reservation, error) {
	target, err := resolve(e.Before.Path)
	if err != nil {
		return nil, writeError(e, err)
	}
	if err := makeDir(filepath.Dir(target), e.mode()); err != nil {
		return nil, writeError(e, err)
	}
	unlock, err := lock(ctx, target)
	if err != nil {
		return nil, writeError(e, err)
	}
	r := &Reservation{target: target, stateDir: stateDir, unlock: unlock}
	if err := unchanged(e, target, "write"); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.prepare(e); err != nil {
		r.Close()
		return nil, writeError(e, err)
	}
	return r, nil
}

// prepare makes the room and the backup.
func (r *Reservation) prepare(e Edit) (err error) {
	if err := replaceable(r.target); err != nil {
		return err
	}
	dir, kept := filepath.Dir(r.target), backupDir(r.stateDir, filepath.Dir(r.target))
	sweep(dir, r.target)
	if r.staged, err = stage(dir, r.target, room(e)); err != nil {
		return err
	}
	like := dir // a new file belongs to whoever owns the directory
	if e.Before.Exists {
		like = r.target
	}
	if err := ownLike(r.staged, like); err != nil {
		return fmt.Errorf("giving it its owner: %w", err)
	}
	if err := makeDir(kept, 0o600); err != nil {
		return err
	}
	sweep(kept, r.target)
	if r.spare, err = stage(kept, r.target, room(e)); err != nil {
		return err
	}
	r.backup, err = backUp(r.stateDir, r.target, e.Before.Bytes)
	return err
}

// mounted says of a file why none can take its place, see [isMount].
const mounted = "is mounted by itself, as in a container, where no file can take its place"

// replaceable refuses a file that must not even be opened for writing, such as one
// that is immutable: renaming another onto it would fail as well, as it does where
// the file alone was mounted into a container.
func replaceable(target string) error {
	if isMount(target) {
		return errors.New("it " + mounted)
	}
	f, err := os.OpenFile(target, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening it for writing: %w", Bare(err))
	}
	return f.Close() //nolint:wrapcheck // nothing was written
}

// Write puts the edit, whose text is known now, in its place.
func (r *Reservation) Write(ctx context.Context, e Edit) (Written, error) {
	written := Written{Backup: r.backup}
	if err := refill(r.staged, e.After, e.mode()); err != nil {
		return written, writeError(e, err)
	}
	for _, reader := range e.Readers {
		if err := reader.Verify(ctx, r.staged); err != nil {
			return written, err
		}
	}
	before := r.openBefore(e)
	if before != nil {
		defer func() { _ = before.Close() }()
	}
	if err := unchanged(e, r.target, "write"); err != nil {
		return written, err
	}
	if err := os.Rename(r.staged, r.target); err != nil {
		return written, writeError(e, err)
	}
	r.done = true
	syncDir(filepath.Dir(r.target))
	written.Overtaken = r.overtaken(e, before)
	return written, nil
}

// openBefore keeps what is to be replaced open, so that it can be read once more
// when it is no longer there. Windows would not let it be replaced then.
func (r *Reservation) openBefore(e Edit) *os.File {
	if !modesMean || !e.Before.Exists {
		return nil
	}
	f, err := os.Open(r.target)
	if err != nil {
		return nil // it was read a moment ago; without it, nothing more can be told
	}
	return f
}

// overtaken saves what somebody wrote into the file between the last look at it
// and its being replaced.
func (r *Reservation) overtaken(e Edit, before *os.File) string {
	if before == nil {
		return ""
	}
	now, err := io.ReadAll(io.LimitReader(before, maxBytes))
	if err != nil || bytes.Equal(now, e.Before.Bytes) {
		return ""
	}
	path, err := backUp(r.stateDir, r.target, now)
	if err != nil {
		return ""
	}
	return path
}

// Keep saves a text that could not be put in its place: the room for it is there
// already. It gives the path of the file (mode 0600), which is nobody's but the
// user's to remove. Where the state directory fails as well it is what was staged
// beside the target.
func (r *Reservation) Keep(text []byte) (string, error) {
	if err := refill(r.spare, text, 0o600); err != nil {
		if r.done || refill(r.staged, text, 0o600) != nil {
			return "", err
		}
		path := r.staged
		if kept := strings.TrimSuffix(path, tmpSuffix) + unwritten; os.Rename(path, kept) == nil {
			path = kept // under its first name the next run would sweep it away
		}
		r.staged = ""
		return path, nil
	}
	path, f, err := beside(r.stateDir, r.target, unwritten)
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(r.spare, path)
	}
	if err != nil { // what it holds counts, not how it is called
		path = strings.TrimSuffix(r.spare, tmpSuffix) + unwritten
		if os.Rename(r.spare, path) != nil {
			path = r.spare
		}
	}
	r.spare = ""
	return path, nil
}

// Close lets go of the file and takes away what was not used.
func (r *Reservation) Close() {
	for _, path := range []string{r.staged, r.spare} {
		if path != "" {
			_ = os.Remove(path) // the one in its place is gone from here
		}
	}
	if !r.done && r.backup != "" {
		_ = os.Remove(r.backup)
	}
	r.unlock()
}

// Unwritten are the paths of what could not be put in the place of a file and
// still lies in the state directory.
func Unwritten(stateDir, path string) []string {
	target, err := resolve(path)
	if err != nil {
		return nil
	}
	kept, err := os.ReadDir(backupDir(stateDir, filepath.Dir(target)))
	if err != nil {
		return nil // there is none
	}
	var paths []string
	for _, entry := range kept {
		name := entry.Name()
		if strings.HasPrefix(strings.TrimPrefix(name, "."), nameOf(target)+ours+"-") && strings.HasSuffix(name, unwritten) {
			paths = append(paths, filepath.Join(backupDir(stateDir, filepath.Dir(target)), name))
		}
	}
	return paths
}
