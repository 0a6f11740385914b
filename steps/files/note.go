package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Note is what a process writes down of its work before it begins, so that
// somebody can tidy up after it when it is killed: a file and a scratch directory
// of one name in the state directory, locked as long as whoever writes or tidies
// up lives.
type Note struct {
	// Name is the note's.
	Name string
	// Text is what it says. Where a kill came while it was written it ends early,
	// and nothing was begun.
	Text []byte

	dir    string
	unlock func()
}

const (
	noteSuffix    = ".json"
	scratchSuffix = ".scratch"
)

// TakeNote writes a note of a new name into a directory, which is made (0700).
// It is on the disk when this returns, and nothing of it is where it could not be
// written whole.
func TakeNote(dir, name string, text []byte) (*Note, error) {
	n := &Note{Name: name, Text: text, dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, noteError(n.Path(), err)
	}
	if free, err := n.hold(); err != nil || !free {
		return nil, noteError(n.Path(), errors.Join(err, os.ErrExist))
	}
	f, err := os.OpenFile(n.Path(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		n.Leave()
		return nil, noteError(n.Path(), err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Mkdir(n.Scratch(), 0o700)
	}
	if err != nil {
		_ = n.Done() // what cannot be taken away says nothing
		return nil, noteError(n.Path(), err)
	}
	syncDir(dir)
	return n, nil
}

// Notes are those of a directory that nobody is at work on: each is held until
// [Note.Done] or [Note.Leave]. Busy are the names of the others.
func Notes(ctx context.Context, dir string) (free []*Note, busy []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, noteError(dir, err)
	}
	for _, e := range entries {
		name, is := strings.CutSuffix(e.Name(), noteSuffix)
		if !is {
			continue
		}
		n := &Note{Name: name, dir: dir}
		held, err := n.hold()
		if err != nil {
			return free, busy, noteError(n.Path(), err)
		}
		if !held {
			busy = append(busy, name)
			continue
		}
		n.Text, err = Load(ctx, n.Path(), Limit{Bytes: 1 << 16})
		switch {
		case errors.Is(err, fs.ErrNotExist): // its writer has just ended
			n.Leave()
		case err != nil:
			n.Leave()
			return free, busy, err
		default:
			free = append(free, n)
		}
	}
	return free, busy, nil
}

// Scratch is the note's own directory for what its work needs on this laptop.
func (n *Note) Scratch() string { return filepath.Join(n.dir, n.Name+scratchSuffix) }

// Done takes the note away, and its scratch directory: nothing is left to be
// tidied up.
func (n *Note) Done() error {
	err := errors.Join(os.RemoveAll(n.Scratch()), os.Remove(n.Path()))
	n.Leave()
	if err != nil {
		return noteError(n.Path(), err)
	}
	return nil
}

// Leave keeps the note for whoever tidies up next.
func (n *Note) Leave() { n.unlock() }

// hold takes the lock, which lies beside: a locked file cannot be read on
// Windows.
func (n *Note) hold() (held bool, err error) {
	n.unlock, err = tryLock(filepath.Join(n.dir, n.Name+".lock"))
	return n.unlock != nil, err
}

// Path is where it lies.
func (n *Note) Path() string { return filepath.Join(n.dir, n.Name+noteSuffix) }

func noteError(path string, err error) error {
	return &Error{Action: "keep a note in", Path: path, Err: Bare(err), Remedy: "make it writable"}
}
