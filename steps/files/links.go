package files

import (
	"os"
	"path/filepath"
)

// Real gives where a path leads through symlinks, as far as it exists.
func Real(path string) (string, error) {
	target, err := resolve(path)
	if err != nil {
		return "", &Error{Action: "find", Path: path, Err: err}
	}
	if whole, err := filepath.EvalSymlinks(target); err == nil {
		return whole, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(target))
	for rest := filepath.Base(target); ; rest = filepath.Join(filepath.Base(target), rest) {
		if err == nil {
			return filepath.Join(dir, rest), nil
		}
		target = filepath.Dir(target)
		if target == filepath.Dir(target) {
			return filepath.Join(target, rest), nil
		}
		dir, err = filepath.EvalSymlinks(filepath.Dir(target))
	}
}

// Repository is the real path of the repository that a directory is in: the
// nearest one upwards that holds .git, or the directory itself.
func Repository(dir string) (string, error) {
	start, err := Real(dir)
	if err != nil {
		return "", err
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return start, nil
		}
	}
}

// Inside refuses a path that leads out of a repository through symlinks: whoever
// can write there would have us edit a file that the repository does not hold.
func Inside(repository, path string) error {
	target, err := Real(path)
	if err != nil {
		return err
	}
	if target == repository || Within(repository, target) {
		return nil
	}
	return &Error{
		Action: "edit", Path: path, Problem: "it leads through a link to " + target + ", outside the repository " + repository,
		Remedy: "replace the link by a file or directory of its own",
	}
}

// Within tells whether a path is a directory or lies below it, through whatever
// links either of them was reached.
func Within(dir, path string) bool {
	rel, err := filepath.Rel(RealPath(dir), RealPath(path))
	return err == nil && filepath.IsLocal(rel)
}
