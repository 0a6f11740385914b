//go:build integration

package steps

import (
	"slices"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// newProvidedWorld is a world in which alice has run the whole set-up, with a
// provider to be had.
func newProvidedWorld(t *testing.T) (*world, *plan.Summary) {
	t.Helper()
	w := newRealWorld(t)
	w.withProvider()
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	return w, summary
}

// whoami is a configuration that tells whom the provider works as.
const whoami = `data "aws_caller_identity" "me" {}
output "account" { value = data.aws_caller_identity.me.account_id }
output "who" { value = data.aws_caller_identity.me.arn }
`

func TestEveryProjectPlansInItsOwnEnvironment(t *testing.T) {
	t.Parallel()
	w, summary := newProvidedWorld(t)
	if f := findingOf(summary.Findings, "provider-unavailable"); f != nil {
		t.Errorf("setup did not find the provider: %s", f)
	}
	for _, e := range team().Environments {
		project := w.alice().in(e.Name)
		project.ok("init")
		before := len(w.server.Log())
		says(t, project.ok("plan"), "No changes.")
		for _, call := range w.server.Log()[before:] {
			if call.Account == e.Account { // stateroom's own checks of the role would be superfluous
				t.Errorf("%s: a plan without a resource reached the environment: %s", e.Name, call.Operation)
			}
		}
		project.write("main.tf", whoami)
		project.ok("init")
		says(t, project.ok("plan"), `account = "`+e.Account+`"`, "arn:aws:sts::"+e.Account+":assumed-role/"+blueprint.DefaultRole+"/")
	}
}

// TestTheEnvironmentRoleWorksWithRealTerraform takes a resource through its
// life and wants every call of it made in the environment.
func TestTheEnvironmentRoleWorksWithRealTerraform(t *testing.T) {
	t.Parallel()
	w, _ := newProvidedWorld(t)
	staging := w.alice().in("staging")
	staging.write("main.tf", `resource "aws_s3_bucket" "app" { bucket = "acme-app" }`)
	staging.ok("init")
	says(t, staging.ok("apply", "-auto-approve"), "Apply complete! Resources: 1 added")
	says(t, staging.ok("plan"), "No changes.")
	staging.replace("main.tf", "acme-app", "acme-new")
	says(t, staging.ok("apply", "-auto-approve"), "forces replacement", "Apply complete! Resources: 1 added, 0 changed, 1 destroyed")
	says(t, staging.ok("destroy", "-auto-approve"), "Destroy complete! Resources: 1 destroyed")
	var changes []string
	for _, e := range w.server.Log() {
		if !strings.HasPrefix(e.Resource, "arn:aws:s3:::acme-app") && !strings.HasPrefix(e.Resource, "arn:aws:s3:::acme-new") {
			continue
		}
		if e.Account != "222222222222" || !strings.Contains(e.Caller, ":assumed-role/"+blueprint.DefaultRole+"/") {
			t.Errorf("%s of %s as %s", e.Operation, e.Resource, e.Caller)
		}
		if e.Mutating {
			changes = append(changes, e.Operation+" "+e.Resource[len("arn:aws:s3:::"):])
		}
	}
	want := []string{"CreateBucket acme-app", "DeleteBucket acme-app", "CreateBucket acme-new", "DeleteBucket acme-new"}
	if !slices.Equal(changes, want) {
		t.Errorf("Terraform changed %v, want %v", changes, want)
	}
}
