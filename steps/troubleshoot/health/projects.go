package health

import (
	"errors"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// Project is one Terraform root directory as its files stand.
type Project struct {
	blueprint.Project
	Dir string
	// Files are what can be read of the directory, and Problems why the rest cannot.
	Files    *tf.Project
	Problems []error
	// Linked is why links, or an engine that does not read them, keep the files from
	// being edited, nil mostly.
	Linked error
	// Backend is the project's backend block, of whatever type; nil without
	// one, and where there are several.
	Backend *tf.BackendBlock
	// Elsewhere are the settings that lead Terraform away from where this run goes,
	// and Strangers the places that nobody agreed to: it is not run while there are any.
	Elsewhere []tf.Elsewhere
	Strangers []string
}

// Projects reads the projects' files. No call to AWS is made.
func Projects(env *engine.Env, a *blueprint.Answers) []Project {
	var all []Project
	problem := engine.LinkProblem(env)
	for _, p := range a.Projects {
		at := NewProject(p, env.ProjectDir(p), env.Environ.Get)
		at.Linked = errors.Join(problem(p, at.Files), engine.Unread(env.Engine, at.Files))
		found, problem := env.Elsewhere(at.Files)
		at.Elsewhere, at.Strangers = found, engine.NotAgreed(a, found)
		for _, err := range []error{problem, at.Linked} {
			if err != nil {
				at.Problems = append(at.Problems, err)
			}
		}
		all = append(all, at)
	}
	return all
}

// NewProject is a project with what its folder alone tells.
func NewProject(p blueprint.Project, dir string, getenv func(string) string) Project {
	at := Project{Project: p, Dir: dir}
	at.Files, at.Problems = tf.Survey(dir, getenv)
	backend, err := at.Files.Backend()
	if at.Backend = backend; err != nil {
		at.Problems = append(at.Problems, err)
	}
	return at
}

// S3 is the project's backend block where it is one of type s3, else nil.
func (p Project) S3() *tf.BackendBlock {
	if p.Backend == nil || p.Backend.Type != "s3" {
		return nil
	}
	return p.Backend
}

// At is the place of an argument of the backend, or of the block without it.
func (p Project) At(argument string) string {
	return ArgumentAt(p.Backend.Place, p.Backend.Attributes, argument)
}

// ArgumentAt is an argument's place, or its block's.
func ArgumentAt(block files.Place, attributes tf.Attributes, name string) string {
	if a := attributes.Find(name); a != nil {
		block.Line = a.Line
	}
	return block.String()
}

// Provider is the project's default aws provider, nil without one.
func (p Project) Provider() *tf.ProviderBlock {
	for i := range p.Files.Providers {
		if p.Files.Providers[i].Alias == "" {
			return &p.Files.Providers[i]
		}
	}
	return nil
}

// Partial tells a backend whose place is not in the files: the rest is given
// with -backend-config, and what is missing may be, too.
func (p Project) Partial() bool { return p.Backend.Partial() }
