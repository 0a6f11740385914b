package laptop

import (
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/troubleshoot/health"
)

// project is a project with what several checks ask of it.
type project struct {
	health.Project
	// names are the profiles that its blocks name, and profile is the name on which they
	// should agree: the blueprint's, or where that leaves the files alone, the backend's.
	names   []namedProfile
	profile string
	// here is where the backend keeps its states, nowhere without a backend "s3"; noted is
	// what init noted of one, nil where it noted none; wanted is the blueprint's place.
	here, wanted health.StateLocation
	noted        *health.StateLocation
}

func newProject(a *blueprint.Answers, p health.Project) project {
	out := project{
		Project: p, names: namesOf(p), profile: a.AdminProfile,
		wanted: health.StateLocation{Bucket: a.Bucket.Name, StateKey: p.StateKey, Region: a.StateRegion}.Filled(),
	}
	if b := p.S3(); b != nil {
		out.here = stateIn(b.Attributes)
	}
	if have := p.Files.State.Configured; have != nil && have.Type == "s3" {
		at := stateIn(have.Attributes)
		out.noted = &at
	}
	if !a.ProfileInFiles {
		for _, n := range out.names {
			if !n.unknown && n.profile != "" {
				out.profile = n.profile
				break
			}
		}
	}
	return out
}

// stateIn is where a backend's arguments keep a project's states.
func stateIn(attributes tf.Attributes) health.StateLocation {
	get := attributes.Get
	return health.StateLocation{Bucket: get("bucket"), StateKey: get("key"), WorkspacePrefix: get("workspace_key_prefix"), Region: get("region")}.Filled()
}

// namedProfile is a profile as one block of a project names it.
type namedProfile struct {
	block, at string
	// profile is empty without the argument; unknown says that it is an
	// expression.
	profile string
	unknown bool
}

// namesOf are the blocks of a project that take credentials.
func namesOf(p health.Project) []namedProfile {
	var out []namedProfile
	read := func(block string, attributes tf.Attributes, at files.Place) {
		n := namedProfile{block: block, at: health.ArgumentAt(at, attributes, "profile")}
		if a := attributes.Find("profile"); a != nil {
			n.profile, n.unknown = a.Value, !a.Literal
		}
		out = append(out, n)
	}
	if b := p.S3(); b != nil {
		read("backend", b.Attributes, b.Place)
		if n := &out[0]; n.profile == "" && p.Partial() {
			n.profile, n.unknown = "(perhaps by -backend-config)", true
		}
	}
	if at := p.Files.Provider(); at != nil {
		read("provider", at.Attributes, at.Place)
	}
	return out
}
