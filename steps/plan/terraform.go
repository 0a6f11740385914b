package plan

import (
	"path/filepath"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/files/tf"
)

// Run is a command that changes something on this laptop, moves state, or has to
// succeed before what needs it is done.
type Run struct {
	Command Command
	Project string
	Dir     string
	// SkipWait says that no key and no policy was made for this run, so that
	// there is nothing for AWS to learn first.
	SkipWait bool
	// Lines are the commands for people, in order.
	Lines []string
}

// Command is what a [Run] does, as data.
type Command interface {
	// locked says that set-up looks first and takes a lock, which a script cannot.
	locked() bool
}

// The commands.
type (
	// Init is terraform init with these flags, and those that give it the project's
	// own files.
	Init struct{ Flags []string }
	// MoveAside moves what an earlier init left to a directory, before an init.
	MoveAside struct{ To string }
	// BackUp copies the states of all workspaces into a directory.
	BackUp struct{ To string }
	// Move puts a backup's states into the state bucket. Earlier are the backups of
	// moves before this one, and Lock is the id of the lock that it takes.
	Move struct {
		Backup  string
		Earlier []string
		Lock    string
	}
	// Arrive initialises a project on its moved states and compares them with the
	// backup.
	Arrive struct{ Backup string }
	// Push saves what an apply could not save.
	Push struct{}
	// ProveKey waits until every service knows the key of the change's profile.
	ProveKey struct{}
	// SignInTo signs somebody in at a portal of Identity Center, or renews what is there of
	// a sign-in, and keeps the token where AWS's tools look for that of the session. Set is
	// the permission set in the admin account for which it is.
	SignInTo struct {
		Session string
		Portal  awsops.Portal
		Set     string
	}
	// ProveSignIn proves that who is signed in has the permission set in the admin account,
	// may assume these roles and reach the state: by the profile of the change, or where it
	// names none by the token of the session alone.
	ProveSignIn struct {
		SignInTo

		Roles []string
	}
)

func (Init) locked() bool      { return false }
func (MoveAside) locked() bool { return false }
func (BackUp) locked() bool    { return true }
func (Move) locked() bool      { return true }
func (Arrive) locked() bool    { return true }
func (Push) locked() bool      { return false }
func (ProveKey) locked() bool  { return false }
func (SignInTo) locked() bool  { return false }

// InProject is the change that runs a command in a project's directory.
func InProject(a *blueprint.Answers, id, title string, project blueprint.Project, dir string, command Command, lines ...string) Change {
	return Change{
		ID: id, Of: StepInit, Action: RunCommand, Target: dir, Title: title, Account: a.AdminAccount,
		Run: &Run{Command: command, Project: project.Name, Dir: dir, Lines: lines},
	}
}

// InitID is the id of the change that initialises a project.
func InitID(project string) string { return "init." + project }

// InitChange is the change that initialises a project's directory. Moving a state, and
// what is moved aside, is decided where that is known.
func InitChange(a *blueprint.Answers, project blueprint.Project, dir string, kind tf.InitKind) Change {
	var flags []string
	risk := ""
	switch kind {
	case tf.InitReconfigure:
		flags = []string{"-reconfigure"}
	case tf.InitUpgrade:
		flags, risk = []string{"-upgrade"}, "Providers change to the newest versions that the configuration allows."
	default:
	}
	c := InProject(a, InitID(project.Name), "Initialize project "+project.Name, project, dir, Init{flags},
		tf.InitCommand(project.BackendConfig, flags...))
	c.Risk, c.Needs = risk, []string{ProjectID(project.Name)}
	return c
}

// ErroredState is the file in a project's directory in which Terraform leaves a
// state that it could not save.
const ErroredState = "errored.tfstate"

// PushChange is the change that saves what an apply could not save. Whoever can
// write to the repository could have left such a file, so it takes consent by name.
func PushChange(a *blueprint.Answers, project blueprint.Project, dir string) Change {
	c := InProject(a, "state.push."+project.Name, "Save the state of project "+project.Name+" that an apply could not save", project, dir,
		Push{}, "terraform state push "+ErroredState)
	c.Topic, c.Run.SkipWait = "state", true
	c.NotOurs, c.Asks, c.Agreeing = filepath.Join(dir, ErroredState), "it replaces the state in the bucket", "save"
	c.Undo = "the bucket keeps the state before as an older version"
	return c
}
