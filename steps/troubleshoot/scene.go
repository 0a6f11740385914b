package troubleshoot

import (
	"errors"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// scene is the set-up under examination: the projects with their files as they
// stand, which every part looks at.
type scene struct {
	env      *engine.Env
	answers  *blueprint.Answers
	projects []project
}

// project is one Terraform root directory of the scene.
type project struct {
	blueprint.Project
	dir string
	// files are what can be read of the directory; problems are why the rest
	// cannot, and err is the first of them.
	files    *tf.Project
	problems []error
	err      error
	// linked is why links, or an engine that does not read them, keep the files from
	// being edited, nil mostly.
	linked error
	// backend is the project's backend block, of whatever type; nil without
	// one, and where there are several.
	backend *tf.BackendBlock
	// elsewhere are the settings that lead Terraform away from where this run goes,
	// and strangers the places that nobody agreed to: it is not run while there are any.
	elsewhere []tf.Elsewhere
	strangers []string
}

// newScene reads the projects' files. No call to AWS is made.
func newScene(env *engine.Env, a *blueprint.Answers) *scene {
	s := &scene{env: env, answers: a}
	problem := engine.LinkProblem(env)
	for _, p := range a.Projects {
		at := newProject(p, env)
		at.linked = errors.Join(problem(p, at.files), engine.Unread(env.Engine, at.files))
		found, problem := env.Elsewhere(at.files)
		if problem != nil {
			at.problems = append(at.problems, problem)
			at.err = at.problems[0]
		}
		at.elsewhere, at.strangers = found, engine.NotAgreed(a, found)
		if at.linked != nil {
			at.problems = append(at.problems, at.linked)
			at.err = at.problems[0]
		}
		s.projects = append(s.projects, at)
	}
	return s
}

func newProject(p blueprint.Project, env *engine.Env) project {
	at := project{Project: p, dir: env.ProjectDir(p)}
	at.files, at.problems = tf.Survey(at.dir, env.Environ.Get)
	backend, err := at.files.Backend()
	if at.backend = backend; err != nil {
		at.problems = append(at.problems, err)
	}
	if len(at.problems) > 0 {
		at.err = at.problems[0]
	}
	return at
}

// s3 is the project's backend block where it is one of type s3, else nil.
func (p project) s3() *tf.BackendBlock {
	if p.backend == nil || p.backend.Type != "s3" {
		return nil
	}
	return p.backend
}

// at is the place of an argument of the backend, or of the block without it.
func (p project) at(argument string) string {
	if a := p.backend.Attributes.Find(argument); a != nil {
		return files.Place{Path: p.backend.Path, Line: a.Line}.String()
	}
	return p.backend.String()
}

// provider is the project's default aws provider, nil without one.
func (p project) provider() *tf.ProviderBlock {
	for i := range p.files.Providers {
		if p.files.Providers[i].Alias == "" {
			return &p.files.Providers[i]
		}
	}
	return nil
}

// partial tells a backend whose place is not in the files: the rest is given
// with -backend-config, and what is missing may be, too.
func (p project) partial() bool { return p.backend.Partial() }
