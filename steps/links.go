package steps

import (
	"fmt"
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
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

// LinkProblem is a function that says of one project after the other, as they were
// read, what is wrong with its links, or nil.
func LinkProblem(env *Env) (func(project blueprint.Project, at *files.Project) error, error) {
	repository, err := files.Repository(env.Dir)
	if err != nil {
		return nil, wrap(err)
	}
	return links{repository, map[string]string{}}.problem, nil
}

func (l links) problem(project blueprint.Project, at *files.Project) error {
	for _, path := range append([]string{at.Dir}, at.Edited()...) {
		if err := files.Inside(l.repository, path); err != nil {
			return wrap(err)
		}
	}
	places := []string{at.Dir, filepath.Join(at.Dir, "backend.tf")}
	for _, b := range at.Backends {
		places = append(places, b.Path)
	}
	for _, path := range places {
		target, err := files.Real(path)
		if err != nil {
			return wrap(err)
		}
		if other := l.owners[target]; other != "" && other != project.Name {
			return fmt.Errorf("%s of project %s and of project %s is one place, %s, so both would have one state; give each a directory and a backend of its own", filepath.Base(path), project.Name, other, target)
		}
		l.owners[target] = project.Name
	}
	return nil
}

// oneFile is the finding of two edits that lead to one file through links, or nil:
// each would undo the other.
func oneFile(changes []Change) *Finding {
	first := map[string]string{}
	for _, c := range changes {
		if c.Write == nil || c.Write.Edit.Before.Real == "" {
			continue
		}
		edit := c.Write.Edit.Before
		if other, taken := first[edit.Real]; taken && other != edit.Path {
			return &Finding{
				ID: "files.cannot-edit", Step: 7, Severity: Failure, Blocks: true,
				Evidence: fmt.Sprintf("%s and %s are one file, %s, and are to say different things.", other, edit.Path, edit.Real),
				Remedy:   "Replace the links by files of their own, then run it again.",
			}
		}
		first[edit.Real] = edit.Path
	}
	return nil
}
