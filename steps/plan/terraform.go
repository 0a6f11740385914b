package plan

import (
	"path/filepath"

	"stateroom/steps/blueprint"
	"stateroom/steps/files/tf"
)

// InitID is the id of the change that initialises a project.
func InitID(project string) string { return "init." + project }

// InitChange is the change that initialises a project's directory. A move needs
// more than that (planMove), and what is moved aside where it goes.
func InitChange(a *blueprint.Answers, project blueprint.Project, dir string, kind tf.InitKind) Change {
	c := Change{
		ID: InitID(project.Name), Of: StepInit, Action: RunCommand, Target: dir,
		Title: "Initialise project " + project.Name, Account: a.AdminAccount,
		Run: &Run{Command: runInit, Project: project.Name, Dir: dir, Lines: []string{"terraform init"}},
	}
	switch kind {
	case tf.InitReconfigure:
		c.Run.flag("-reconfigure")
	case tf.InitUpgrade:
		c.Run.flag("-upgrade")
		c.Risk = "Providers change to the newest versions that the configuration allows."
	case tf.InitMoveAside:
		c.Run.Command = RunMoveAside
	default:
	}
	return c
}

// flag is what an init is run with besides.
func (r *Run) flag(flag string) {
	r.Flags, r.Lines = []string{flag}, []string{"terraform init " + flag}
}

// ErroredState is the file in a project's directory in which Terraform leaves a
// state that it could not save.
const ErroredState = "errored.tfstate"

// PushChange is the change that saves what an apply could not save. Whoever can
// write to the repository could have left such a file, so it takes consent by name.
func PushChange(a *blueprint.Answers, project blueprint.Project, dir string) Change {
	return Change{
		ID: "state.push." + project.Name, Topic: "state", Of: StepInit, Action: RunCommand, Target: dir,
		Title: "Save the state of project " + project.Name + " that an apply could not save", Account: a.AdminAccount,
		Run: &Run{
			Command: RunPush, Project: project.Name, Dir: dir, SkipWait: true,
			Lines: []string{"terraform state push " + ErroredState},
		},
		NotOurs: filepath.Join(dir, ErroredState),
		Undo:    "the bucket keeps the state before as an older version",
	}
}
