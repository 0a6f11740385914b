//go:build integration

package onboard

import (
	"os"
	"path/filepath"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
)

// TestAnAdminComesWithTerraformOnAnAWSThatLagsAndFails: every project of the laptop is
// initialised by a real Terraform, as the user and with the key that was made just now.
func TestAnAdminComesWithTerraformOnAnAWSThatLagsAndFails(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.SomeHardSeeds(t, "1") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			o := harshOffice(t, seed)
			l := o.company.laptop("bob")
			found, err := terraform.Find(t.Context(), "", os.Environ())
			l.must(err)
			l.engine, l.variables = found, l.variables.With(mirror.With(t))
			o.server.Intercept(sandboxtest.SparingStates(sandbox.Rough(seed)))
			h := l.handed()
			l.onBoard(o.again(func() *plan.Summary { return l.come(h) }))
			l.sole()
			for _, p := range o.blueprint.Projects {
				if _, err := os.Stat(filepath.Join(l.root, p.Dir, ".terraform", "terraform.tfstate")); err != nil {
					t.Errorf("project %s is not initialized: %v", p.Name, err)
				}
			}
			l.idle("onboarding", func() *plan.Summary { return l.come(nil) })
			o.seenOff()
		})
	}
}
