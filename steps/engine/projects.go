package engine

import (
	"errors"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// ProjectFiles are the files of one project's Terraform root directory as they stand
// on this laptop.
type ProjectFiles struct {
	// Files are what can be read of the directory.
	Files *tf.Project
	// Whole says that all of it could be read, whether or not it may be edited.
	Whole bool
	// Problems are why the rest cannot be read, or must not be edited.
	Problems []error
	// Linked is the problem of links, or of an engine that does not read what stands
	// there: Terraform is not run either. Nil mostly.
	Linked error
	// Elsewhere are the settings that lead Terraform away from where this run goes.
	Elsewhere []tf.Elsewhere
}

// Err is the first problem, nil for files that can be used.
func (p ProjectFiles) Err() error {
	if len(p.Problems) == 0 {
		return nil
	}
	return p.Problems[0]
}

// ReadProjects reads the files of the blueprint's projects, each by its name. No call
// to AWS is made.
func ReadProjects(env *Env, a *blueprint.Answers) map[string]ProjectFiles {
	all := map[string]ProjectFiles{}
	links := links{files.WorkTree(env.Dir), map[string]string{}}
	own := env.ownWay()
	for _, p := range a.Projects {
		var at ProjectFiles
		at.Files, at.Problems = tf.Inspect(env.ProjectDir(p), env.Environ.Get, p.BackendConfig...)
		at.Whole = len(at.Problems) == 0
		at.Linked = errors.Join(links.problem(p, at.Files), unread(env.Engine, at.Files))
		at.Files.NoteStores(own)
		var unseen error
		at.Elsewhere, unseen = at.Files.Elsewhere(own)
		for _, err := range []error{at.Linked, unseen} {
			if err != nil {
				at.Problems = append(at.Problems, err)
			}
		}
		all[p.Name] = at
	}
	return all
}
