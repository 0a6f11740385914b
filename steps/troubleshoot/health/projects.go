package health

import (
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// Project is one Terraform root directory as its files stand.
type Project struct {
	blueprint.Project
	Dir string
	engine.ProjectFiles
	// Backend is the project's backend block, of whatever type; nil without
	// one, and where there are several.
	Backend *tf.BackendBlock
	// Strangers are the places to which Terraform is led and nobody agreed: it is not
	// run while there are any.
	Strangers []string
}

// Projects reads the projects' files. No call to AWS is made.
func Projects(env *engine.Env, a *blueprint.Answers) []Project {
	var all []Project
	read := engine.ReadProjects(env, a)
	for _, p := range a.Projects {
		at := Project{Project: p, Dir: env.ProjectDir(p), ProjectFiles: read[p.Name]}
		at.Strangers = engine.NotAgreed(a, at.Elsewhere)
		backend, err := at.Files.Backend()
		if at.Backend = backend; err != nil {
			at.Problems = append(at.Problems, err)
		}
		all = append(all, at)
	}
	return all
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
		block = a.Place(block)
	}
	return block.String()
}

// Partial tells a backend whose place is not in the files: the rest is given
// with -backend-config, and what is missing may be, too.
func (p Project) Partial() bool { return p.Backend.Partial() }

// noted is what init has noted of the project's S3 backend, nil where it has noted none.
func (p Project) noted() *tf.BackendConfig {
	if p.Files == nil || p.Files.State.Configured == nil || p.Files.State.Configured.Type != "s3" {
		return nil
	}
	return &p.Files.State.Configured.BackendConfig
}
