package engine

import (
	"context"
	"path/filepath"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// Env is the world that the steps inspect and change: the sessions with AWS,
// the files on this laptop and the Terraform on its PATH. Nothing in the steps
// reads a process-wide variable past it, so that the sandbox can hand them a
// scratch home.
type Env struct {
	Sessions *awsops.Sessions
	// Dir is the folder that the projects' dirs are relative to.
	Dir string
	// BlueprintPath is where stateroom.hcl is or will be; handovers lie beside it.
	BlueprintPath string
	// StateDir is the user's own directory for journals, backups and locks. It is
	// outside of the repository and made with the first thing that is kept there.
	StateDir string
	// Environ are the variables that this run and the Terraform of it go by.
	Environ Environment
	// CredentialsPath and ConfigPath are the AWS files in use.
	CredentialsPath, ConfigPath string
	// TokenDir is where AWS's tools keep the tokens of sign-ins with Identity Center;
	// empty where no home is known.
	TokenDir string
	// Profile is the operator's profile of the command line, empty for the
	// environment's.
	Profile string
	// Endpoint is the custom AWS endpoint, empty for AWS itself.
	Endpoint string
	// Engine is terraform or tofu; nil when neither was found, and EngineErr
	// then says why.
	Engine    *terraform.Engine
	EngineErr error
	Journal   *Journal
	// Parallel bounds the changes and the accounts worked on at once.
	Parallel int
	// Patience bounds the wait until AWS shows what was just made: new keys,
	// roles and policies. AWS publishes no bound (facts/aws.md).
	Patience time.Duration
	// Scratch says that all files of this run are deleted as it ends, so that what is told
	// at the end names none of them.
	Scratch bool
	// NoWidening refuses every change that gives anybody access.
	NoWidening bool
	// Asks are what people can be asked while changes are made, which is when the
	// codes of a second factor are needed; a member that is nil cannot be asked.
	Asks plan.Asks
	// Token is a token that a platform's issuer gives to a job of that subject, with the
	// claim project_id where it is not empty. It is nil where nobody can be asked for one:
	// with AWS itself the platform gives them to its own jobs alone.
	Token func(issuer, audience, subject, project string) (secret.Secret, error)
	// Runner is a session of a role that a runner has, by its ARN. It is nil where none can
	// be had, as with AWS itself.
	Runner func(role string) (*awsops.Session, error)
	// Emit receives progress of inspections and output of Terraform.
	Emit plan.Emit

	claims claims
}

// DefaultParallel is --parallel's default.
const DefaultParallel = 16

// DefaultPatience is twice the longest delay that was observed.
const DefaultPatience = 2 * time.Minute

// NewEnv fills the paths of an Env from the environment.
func NewEnv(sessions *awsops.Sessions, environ Environment, dir, blueprintPath string) (*Env, error) {
	env := &Env{
		Sessions: sessions, Dir: dir, BlueprintPath: blueprintPath, Environ: environ,
		Parallel: DefaultParallel, Patience: DefaultPatience, Emit: func(plan.Event) {},
	}
	var err error
	if env.StateDir, err = files.StateDir(environ.Get); err != nil {
		return nil, err
	}
	if env.CredentialsPath, err = profiles.CredentialsPath(environ.Get); err != nil {
		return nil, err
	}
	env.TokenDir, _ = profiles.TokenDir(environ.Get) // whoever signs in is told
	env.ConfigPath, err = profiles.ConfigPath(environ.Get)
	return env, err
}

// ToolOf is what proves that a back end works here: the engine with its version, or
// this program's own calls.
func ToolOf(env *Env) (with plan.Tool, version string) {
	switch {
	case env.Engine == nil:
		return plan.WithSDK, ""
	case env.Engine.Name == terraform.EngineOpenTofu:
		return plan.WithOpenTofu, env.Engine.Version
	}
	return plan.WithTerraform, env.Engine.Version
}

// Root is the folder of the blueprint.
func (e *Env) Root() string { return filepath.Dir(e.BlueprintPath) }

// HandoverDir is where the sealed key files lie.
func (e *Env) HandoverDir() string { return filepath.Join(e.Root(), "handover") }

// ProjectDir is a project's Terraform root directory.
func (e *Env) ProjectDir(p blueprint.Project) string {
	return filepath.Join(e.Dir, filepath.FromSlash(p.Dir))
}

// Session is where a change's calls go.
func (e *Env) Session(account, role, region string) *awsops.Session {
	if role == "" {
		return e.Sessions.Home(region)
	}
	return e.Sessions.Reach(account, role, region)
}

// Enter is a session in an account by the first role of a ladder that may be assumed,
// and that role. Where none may, the error is that of the first; an error that says
// nothing of who may assume what ends the climb. The empty role is the operator's own
// credentials.
func (e *Env) Enter(ctx context.Context, account string, ladder []string, region string) (s *awsops.Session, role string, err error) {
	for _, role := range ladder {
		s := e.Session(account, role, region)
		if role == "" {
			return s, role, nil
		}
		refused := s.Enter(ctx)
		if refused == nil || !awsops.IsAccessDenied(refused) {
			return s, role, refused
		}
		if err == nil {
			err = refused
		}
	}
	return nil, "", err
}

// sessionOf is where a change's calls go, with its account filled in.
func (e *Env) sessionOf(ctx context.Context, c plan.Change, account string) (*awsops.Session, error) {
	if c.Profile == "" {
		return e.Session(account, c.Role, c.Region), nil
	}
	s, err := e.Sessions.Profile(ctx, c.Profile, c.Region)
	return s, err
}

// Report sends progress, the output of Terraform and what AWS is waited for to
// emit from now on.
func (e *Env) Report(emit plan.Emit) {
	e.Emit = emit
	if e.Sessions != nil {
		e.Sessions.OnWaiting(func(w awsops.Waiting) { emit(plan.Event{Kind: plan.EventProgress, Text: w.String()}) })
	}
}
