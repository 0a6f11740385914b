package troubleshoot

import (
	"os"

	"stateroom/steps"
	"stateroom/steps/files"
)

// scene is the set-up under examination: the projects with their files as they
// stand, which every part looks at.
type scene struct {
	env      *steps.Env
	answers  *steps.Answers
	projects []project
}

// project is one Terraform root directory of the scene.
type project struct {
	steps.Project
	dir string
	// files are nil where the directory cannot be read; err says why.
	files *files.Project
	err   error
	// backend is the project's backend "s3" block, nil without one.
	backend *files.BackendBlock
}

// newScene reads the projects' files. No call to AWS is made.
func newScene(env *steps.Env, a *steps.Answers) *scene {
	s := &scene{env: env, answers: a}
	for _, p := range a.Projects {
		at := project{Project: p, dir: env.ProjectDir(p)}
		if at.files, at.err = files.InspectProject(at.dir, os.Getenv); at.err == nil {
			at.backend, at.err = at.files.Backend()
		}
		s.projects = append(s.projects, at)
	}
	return s
}
