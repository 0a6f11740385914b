package practice

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// NewAdmin is the second admin of the rehearsal on a first day: what lies on
// that laptop.
type NewAdmin struct {
	User string
	// Dir is a clone of the team's folder, without what git ignores.
	Dir string
	// Handover is the sealed file, and Identity the private key that opens it.
	Handover, Identity string
}

// newAdminDir is the second laptop, below the lab's root.
const newAdminDir = "laptop-of-" + other

// NewAdmin moves the rehearsal to the laptop of its second admin,
// with an empty home and a clone of the team's folder. The set-up has to be
// finished: it made the sealed file.
func (l *Lab) NewAdmin() (*NewAdmin, error) {
	n := &NewAdmin{
		User: other, Dir: filepath.Join(l.Root, newAdminDir, "clone"),
		Handover: filepath.Join(l.Root, "handover", other+".age"),
		Identity: filepath.Join(l.Root, identityFile),
	}
	if _, err := os.Stat(n.Handover); err != nil {
		return nil, fmt.Errorf("the setup made no handover for %s: %w", other, err)
	}
	if err := clone(l.Root, n.Dir); err != nil {
		return nil, fmt.Errorf("the team's folder cannot be cloned: %w", err)
	}
	laptop := filepath.Join(l.Root, newAdminDir)
	if err := os.MkdirAll(filepath.Join(laptop, filepath.Dir(credentialsFile)), 0o700); err != nil {
		return nil, fmt.Errorf("the new admin's home cannot be made: %w", err)
	}
	l.WorkDir, l.Environ = n.Dir, environment(l.Environ, laptop, l.Endpoint(), l.region)
	return n, nil
}

// clone copies what a team commits: the blueprint, the projects' files and the
// list of what is ignored.
func clone(from, to string) error {
	source, err := os.OpenRoot(from)
	if err != nil {
		return err //nolint:wrapcheck // NewAdmin says what was done
	}
	defer func() { _ = source.Close() }() // it was only read
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err //nolint:wrapcheck // NewAdmin says what was done
	}
	target, err := os.OpenRoot(to)
	if err != nil {
		return err //nolint:wrapcheck // NewAdmin says what was done
	}
	for _, name := range []string{"stateroom.hcl", ".gitignore", "live"} {
		err = errors.Join(err, fs.WalkDir(source.FS(), name, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == ".terraform":
				return fs.SkipDir
			case entry.IsDir():
				return target.MkdirAll(path, 0o700)
			}
			data, err := source.ReadFile(path)
			if err != nil {
				return err //nolint:wrapcheck // NewAdmin says what was done
			}
			return target.WriteFile(path, data, 0o600)
		}))
	}
	return errors.Join(err, target.Close())
}
