package files

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// PutOwn writes a whole file of the user's own (0600), such as those of the state
// directory, and makes the directories above it (0700). It does so in one step: whoever
// reads it meanwhile, and whoever comes after a kill, finds the whole old file or the
// whole new one. What lies in its place is replaced, and never written through.
func PutOwn(ctx context.Context, path string, data []byte) error {
	if err := putOwn(ctx, path, data); err != nil {
		return &Error{Action: "write", Path: path, Err: Bare(err), Remedy: "make it writable"}
	}
	return nil
}

func putOwn(ctx context.Context, path string, data []byte) error {
	const mode = 0o600
	dir := filepath.Dir(path)
	if err := makeDir(dir, mode); err != nil {
		return err
	}
	unlock, err := lock(ctx, path)
	if err != nil {
		return err
	}
	defer unlock()
	sweep(dir, path)
	staged, err := stage(dir, path, len(data))
	if err != nil {
		return err
	}
	if err = refill(staged, data, mode); err == nil {
		err = ownLike(staged, dir)
	}
	if err == nil {
		err = os.Rename(staged, path)
	}
	if err != nil {
		_ = os.Remove(staged) // what stays is swept next time
		return fmt.Errorf("putting it in its place: %w", err)
	}
	syncDir(dir)
	return nil
}

// LoadOwn reads a file that [PutOwn] has written, within the limit. Whatever somebody else
// may have put in its place is refused: a link, a file of somebody else's, and one that
// others can write to.
func LoadOwn(ctx context.Context, path string, limit Limit) ([]byte, error) {
	refused := func(problem string) error {
		return &Error{Action: "read", Path: path, Problem: problem, Remedy: "remove it"}
	}
	there, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, &Error{Action: "read", Path: path, Err: Bare(err)}
	case there.Mode()&fs.ModeSymlink != 0:
		return nil, refused("it is a link")
	case strangers(there):
		return nil, refused("it belongs to somebody else")
	case modesMean && there.Mode().Perm()&0o022 != 0:
		return nil, refused("others can write to it")
	}
	got, err := load(ctx.Done(), path, limit)
	switch {
	case err != nil:
		return nil, err
	case !os.SameFile(there, got.info):
		return nil, refused("it was replaced while it was read")
	}
	return got.text, nil
}
