package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLinks is how many symlinks are followed, as many as Linux follows.
const maxLinks = 40

// Snapshot is a file as it was when it was read. The pure editors need only
// Path (for messages) and Bytes.
type Snapshot struct {
	Path   string      // as asked
	Real   string      // where the bytes live, through symlinks, a dangling one included
	Bytes  Content     // nil when the file does not exist
	Exists bool        // whether Real exists
	Mode   fs.FileMode // permission bits of Real; 0 when it does not exist
}

// LooseMode tells whether others than the owner can read or write the file. A
// credentials file should be 0600; an edit keeps the mode that it finds, so a
// check offers to tighten it. Always false on Windows, which has no such bits.
func (s Snapshot) LooseMode() bool {
	return s.Exists && modesMean && s.Mode&0o077 != 0
}

// Read takes a snapshot of path. A missing file, missing directories and a
// dangling symlink are not errors: Exists is false. A path that is a directory,
// a device or beyond 32 MiB is an [Error].
func Read(path string) (Snapshot, error) { return ReadUpTo(path, Limit{}) }

// ReadUpTo is [Read] with another bound than the usual one.
func ReadUpTo(path string, limit Limit) (Snapshot, error) {
	s := Snapshot{Path: path}
	target, err := resolve(path)
	if err != nil {
		return s, &Error{Action: "read", Path: path, Err: err}
	}
	s.Real = target

	got, err := load(nil, target, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, named(err, path)
	}
	s.Bytes, s.Exists, s.Mode = got.text, true, got.info.Mode().Perm()
	return s, nil
}

// named puts the path as it was asked for into an error.
func named(err error, path string) error {
	var e *Error
	if errors.As(err, &e) {
		e.Path = path
	}
	return err
}

// Bare drops the operation and the path from a path error, since ours says both.
func Bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// resolve follows path through symlinks to where its bytes live or, for a
// dangling symlink, would live. filepath.EvalSymlinks refuses the latter.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", Bare(err)
	}
	for range maxLinks {
		if !isSymlink(path) {
			return realDir(path), nil
		}
		next, err := os.Readlink(path)
		if err != nil {
			return "", Bare(err)
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(realDir(filepath.Dir(path)+string(filepath.Separator)), next)
		}
		path = filepath.Clean(next)
	}
	return "", errors.New("its symlinks lead in a circle")
}

// isSymlink is false for what cannot be looked at: the caller's stat says why.
func isSymlink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// realDir resolves the symlinks among the directories of path, as far as they
// exist: a relative symlink counts from the real directory, not from its alias.
func realDir(path string) string {
	dir, file := filepath.Split(path)
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		return filepath.Join(target, file)
	}
	return path
}
