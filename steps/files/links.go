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
	return RealPath(target), nil
}

// WorkTree is the git work tree that a folder belongs to, the folder itself
// outside of one, with links followed. Git is not run: what a repository says in
// its configuration is not to be carried out.
func WorkTree(folder string) string {
	folder = RealPath(folder)
	for _, at := range Ancestors(folder) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
	}
	return folder
}

// Inside refuses a path that leads out of a repository through symlinks: whoever
// can write there would have us edit a file that the repository does not hold.
func Inside(repository, path string) error {
	target, err := Real(path)
	if err != nil {
		return err
	}
	if Within(repository, target) {
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

// Ancestors are an absolute path and the directories above it, the nearest first.
func Ancestors(path string) []string {
	all := []string{path}
	for parent := filepath.Dir(path); parent != path; parent = filepath.Dir(path) {
		path = parent
		all = append(all, path)
	}
	return all
}

// RealPath follows the links of a path as far as it exists; what does not exist
// yet stays as it is spelt.
func RealPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	for _, at := range Ancestors(path) {
		if target, err := filepath.EvalSymlinks(at); err == nil {
			rest, err := filepath.Rel(at, path)
			if err != nil {
				return path
			}
			return filepath.Join(target, rest)
		}
	}
	return path
}
