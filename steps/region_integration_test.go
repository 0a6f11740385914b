//go:build integration

package steps

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/terraform"
)

// TestTerraformAndTheCLIAskForARoleWhereTheKeyIsKnown: what set-up writes for a region
// that the admin account has not enabled is what the real clients need there, and without
// it they blame the key. The S3 backend stands in for the provider, which is built on the
// same library (aws-sdk-go-base): its role is assumed as the provider's is.
func TestTerraformAndTheCLIAskForARoleWhereTheKeyIsKnown(t *testing.T) {
	t.Parallel()
	const region = "eu-south-1"
	b := team()
	b.Environments[0].Region = region
	account := b.Environments[0].Account
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{account: {region}}})
	w.withTerraform()
	w.healthy(w.run(w.setup(b)))
	inside, err := w.alice().session().Assume(t.Context(), roleOf(account))
	w.must(err)
	_, err = inside.In(region).Do(t.Context(), awsops.CreateBucket("states-of-staging", region, nil))
	w.must(err)

	work := w.alice().at("staging", one)
	setting := ""
	for _, line := range strings.Split(w.read("live/staging/provider.tf"), "\n") {
		if strings.Contains(line, "region ") {
			setting += line + "\n"
		}
	}
	says(t, setting, `"eu-south-1"`, `sts_region = "eu-west-1"`)
	backend := func(regions string) string {
		return fmt.Sprintf("terraform {\nbackend \"s3\" {\n%s\nbucket = \"states-of-staging\"\nkey = \"k\"\nprofile = \"admin_iam\"\nuse_path_style = true\nassume_role = { role_arn = %q }\n}\n}\n", regions, roleOf(account))
	}
	work.endpoint = true
	work.write("backend.tf", backend(`region = "eu-south-1"`))
	work.refused("InvalidClientTokenId", "init", "-reconfigure")
	work.write("backend.tf", backend(setting))
	work.ok("init", "-reconfigure")
	work.ok("apply", "-auto-approve")

	cli := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "aws", append([]string{"sts", "get-caller-identity", "--profile", "admin_iam-staging"}, args...)...)
		cmd.Env = slices.Concat(work.command("version").Env, []string{"HOME=" + t.TempDir()}) // where sessions are kept
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := cli(); err != nil || !strings.Contains(out, account) {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := cli("--region", region); err == nil || !strings.Contains(out, "InvalidClientTokenId") {
		t.Errorf("the AWS CLI asks for the role in a different region than it works in: %v\n%s", err, out)
	}
	w.write(filepath.Join(".aws", "config"), strings.Replace(w.read(".aws/config"), "region = eu-west-1", "region = "+region, 2))
	if out, err := cli(); err == nil || !strings.Contains(out, "InvalidClientTokenId") {
		t.Errorf("the region of the profile decides nothing: %v\n%s", err, out)
	}
}

// TestTerraformTakesTheRegionOfEveryPartition: it refuses one that is newer than it is,
// unless it is told to ask AWS instead.
func TestTerraformTakesTheRegionOfEveryPartition(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"us-gov-west-1", "cn-north-1", "eusc-de-east-1"} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, sandbox.Options{Region: region}), team()
			w.withTerraform()
			b.StateRegion = region
			w.healthy(w.run(w.setup(b)))
			w.settledNow(b)
			w.alice().at("staging", one).ok("init")
		})
	}
}

// TestTheListOfRegionsIsTerraformsOwn: what it lists works without more, and what it does
// not list needs it.
func TestTheListOfRegionsIsTerraformsOwn(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	work := &shell{laptop: w.alice(), dir: t.TempDir()}
	for region, known := range map[string]bool{"us-gov-west-1": true, "mx-central-1": true, "eusc-de-east-1": false, "ap-east-2": false} {
		if terraform.KnowsRegion(region) != known {
			t.Errorf("%s: known %v", region, !known)
		}
		work.write("backend.tf", "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \""+region+"\"\n    access_key = \"a\"\n    secret_key = \"s\"\n  }\n}\n")
		work.endpoint = true
		said := work.refused("Error", "init")
		if strings.Contains(said, "Invalid AWS Region") == known {
			t.Errorf("%s: %s", region, said)
		}
	}
}
