// Package enginetest gives a test of flows what a process has as it begins: the
// blueprint of a small team, the shell that it is started in with the Env of a folder
// there, and somebody who agrees. Only tests import it; the sandbox and the homes are
// in awsops/sandbox/sandboxtest.
package enginetest

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// accounts are those of the environments that a team may have.
var accounts = map[string]string{"staging": "222222222222", "preprod": "333333333333", "production": "444444444444"}

// Team is the blueprint of admins who reach every environment, each of which has one
// project. Who changes it fills in the defaults once more.
func Team(users []string, environments ...string) *blueprint.Blueprint {
	b := blueprint.New()
	b.AdminAccount, b.Bucket.Name = "111111111111", "acme-terraform-state"
	b.Groups = []blueprint.Group{{Name: "admins", Users: users, Environments: []string{blueprint.Everything}}}
	for _, name := range environments {
		environment := blueprint.NewEnvironment(name)
		environment.Account = accounts[name]
		b.Environments = append(b.Environments, environment)
		b.Projects = append(b.Projects, blueprint.Project{Name: "common-" + name, Environment: name})
	}
	b.FillDefaults()
	return b
}

// Shell is where somebody starts stateroom: in a home, with an AWS at an address, and
// with somebody's key. Nothing of the test's process counts in it but the PATH, so
// that tests can run side by side.
type Shell struct {
	Home sandboxtest.Home
	URL  string
	// Key is who acts: nil for the profile, and empty for nobody but named profiles. A
	// session with a token has to stand in a profile of the home's.
	Key *awsops.KeyPair
	// Profile is that of the command line, empty for the default one.
	Profile string
	// Region is the configured one, empty for that of the blueprint.
	Region string
	// Variables are set besides the home's, or in place of them; an empty one takes one
	// of them out.
	Variables engine.Environment
}

// Operator is the shell of who sets up, with the keys in its variables.
func Operator(home string, server *sandbox.Server) Shell {
	return Shell{Home: sandboxtest.Home(home), URL: server.URL()}.As(server.Operator())
}

// As is the shell with the keys of somebody else in its variables.
func (s Shell) As(c sandbox.Credentials) Shell {
	s.Key, s.Profile = Pair(c), ""
	s.Variables = slices.Concat(s.Variables.With(map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}), sandboxtest.Keys(c))
	return s
}

// Pair is somebody's key in the sandbox.
func Pair(c sandbox.Credentials) *awsops.KeyPair {
	return &awsops.KeyPair{ID: c.AccessKeyID, Secret: secret.New(c.SecretAccessKey)}
}

// Environ are the variables of the shell.
func (s Shell) Environ() engine.Environment {
	own := map[string]string{}
	for _, entry := range s.Variables {
		name, value, _ := strings.Cut(entry, "=")
		own[name] = value
	}
	return append(engine.Environment{"PATH=" + engine.ProcessEnvironment().Get("PATH")}, s.Home.Environ(s.URL)...).With(own)
}

// Files are where the shell's home has its profiles.
func (s Shell) Files() *awsops.Files {
	return &awsops.Files{Credentials: s.Home.Credentials(), Config: s.Home.Config(), Tokens: s.Home.Tokens()}
}

// Sessions are those of a process that starts in the shell.
func (s Shell) Sessions(t testing.TB, region string) *awsops.Sessions {
	t.Helper()
	sessions, err := awsops.Open(t.Context(), awsops.Config{
		Files: s.Files(), Endpoint: s.URL,
		Key: s.Key, Profile: s.Profile, Region: region, Parallel: engine.DefaultParallel,
	})
	must(t, err)
	return sessions
}

// Env is what a process that starts in the shell makes of a folder, without Terraform.
func (s Shell) Env(t testing.TB, dir string, b *blueprint.Blueprint) *engine.Env {
	t.Helper()
	env := newEnv(t, s.Sessions(t, cmp.Or(s.Region, b.StateRegion)), s.Environ(), s.URL, dir, b)
	env.Profile = s.Profile
	return env
}

// Env is what a new process makes of its environment in a folder, with an AWS at url
// and without Terraform, with the sessions of the environment.
func Env(t testing.TB, url, dir string, b *blueprint.Blueprint) *engine.Env {
	t.Helper()
	sessions, err := awsops.Open(context.Background(), awsops.Config{Endpoint: url, Region: b.StateRegion, Parallel: engine.DefaultParallel})
	must(t, err)
	return newEnv(t, sessions, engine.ProcessEnvironment(), url, dir, b)
}

func newEnv(t testing.TB, sessions *awsops.Sessions, environ engine.Environment, url, dir string, b *blueprint.Blueprint) *engine.Env {
	t.Helper()
	env, err := engine.NewEnv(sessions, environ, dir, filepath.Join(dir, "stateroom.hcl"))
	must(t, err)
	env.Endpoint, env.EngineErr = url, terraform.ErrNotFound
	_, scope := b.Tag()
	env.Journal, err = engine.OpenJournal(env.StateDir, scope)
	must(t, err)
	return env
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Agree says yes to whatever is shown, and adopts nothing.
func Agree(context.Context, plan.Review) (plan.Decision, error) {
	return plan.Decision{Yes: true}, nil
}
