package engine

import (
	"fmt"
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// links tells by project why its files must not be touched: its directory, or a
// file that would be edited, leads out of the repository, or to another project's.
// Two projects in one place would get one state.
type links struct {
	repository string
	// owners are the projects by the real paths of their directories and of the
	// files with their backends.
	owners map[string]string
}

// problem says of one project after the other, as they were read, what is wrong with
// its links, or nil.
func (l links) problem(project blueprint.Project, at *tf.Project) error {
	for _, path := range append([]string{at.Dir}, at.Edited()...) {
		if err := files.Inside(l.repository, path); err != nil {
			return err
		}
	}
	places := []string{at.Dir, filepath.Join(at.Dir, "backend.tf")}
	places = append(places, at.Places()...)
	for _, path := range places {
		target, err := files.Real(path)
		if err != nil {
			return err
		}
		if other := l.owners[target]; other != "" && other != project.Name {
			return fmt.Errorf("%s of project %s and of project %s is one place, %s, so both would have one state; give each a directory and a backend of its own", filepath.Base(path), project.Name, other, target)
		}
		l.owners[target] = project.Name
	}
	return nil
}
