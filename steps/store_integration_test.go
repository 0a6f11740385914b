//go:build integration

package steps

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
)

// TestAStateInAnotherStoreIsMovedAndTheStoresSettingsGo moves a state out of an
// S3-compatible store, whose bucket has the very name and key that AWS's is to have,
// and lets Terraform go on with it there.
func TestAStateInAnotherStoreIsMovedAndTheStoresSettingsGo(t *testing.T) {
	t.Parallel()
	w, store := newRealWorld(t), newWorld(t, sandbox.Options{})
	store.makeBucket(store.hands(""), "acme-terraform-state", "eu-west-1")
	w.write("live/production/main.tf", one)
	const settings = `use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
`
	w.write("live/production/backend.tf", `terraform {
  backend "s3" {
    bucket     = "acme-terraform-state"
    key        = "common/production"
    region     = "eu-west-1"
    endpoints  = { s3 = "`+store.url+`" }
    access_key = "`+store.who.AccessKeyID+`"
    secret_key = "`+store.who.SecretAccessKey+`"
    `+settings+`  }
}
`)
	project := w.production()
	project.ok("init")
	project.ok("apply", "-auto-approve")
	old, _ := store.server.Object("acme-terraform-state", "common/production")
	before := w.below(project.dir)

	summary := w.run(w.adopting())
	f := findingOf(summary.Findings, "files.points-elsewhere")
	if f == nil {
		t.Fatalf("findings %v", findingIDs(summary.Findings))
	}
	says(t, f.String(), "--adopt "+store.url, "--adopt "+project.dir)
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
	w.healthy(w.run(w.adopting(store.url)))
	w.arrived("common/production", identityOf(t, old.Body))
	for _, gone := range []string{store.url, "skip_", "access_key", "secret_key"} {
		if strings.Contains(w.content("live/production/backend.tf"), gone) {
			t.Errorf("%s is still there:\n%s", gone, w.content("live/production/backend.tf"))
		}
	}
	w.settledNow(team())
	project.replace("provider.tf", `(?s).*`, "")
	project.ok("init")
	project.ok("plan", "-detailed-exitcode")
}
