// Package enginetest gives a test of flows what a process has as it begins: the
// blueprint of a small team, the Env of the folder in which it lies, and somebody who
// agrees. Only tests import it; the sandbox and the homes are in
// awsops/sandbox/sandboxtest.
package enginetest

import (
	"context"
	"path/filepath"
	"testing"

	"stateroom/awsops"
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

// Env is what a new process makes of its environment in a folder, with an AWS at url
// and without Terraform. Without sessions it opens those of the environment.
func Env(t testing.TB, sessions *awsops.Sessions, url, dir string, b *blueprint.Blueprint) *engine.Env {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if sessions == nil {
		sessions, err = awsops.Open(context.Background(), awsops.Config{Endpoint: url, Region: b.StateRegion, Parallel: engine.DefaultParallel})
		must(err)
	}
	env, err := engine.NewEnv(sessions, engine.ProcessEnvironment(), dir, filepath.Join(dir, "stateroom.hcl"))
	must(err)
	env.Endpoint, env.EngineErr = url, terraform.ErrNotFound
	_, scope := b.Tag()
	env.Journal, err = engine.OpenJournal(env.StateDir, scope)
	must(err)
	return env
}

// Agree says yes to whatever is shown, and adopts nothing.
func Agree(context.Context, plan.Review) (plan.Decision, error) {
	return plan.Decision{Yes: true}, nil
}
