//go:build integration

package steps

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/steps/blueprint"
	"stateroom/steps/terraform"
)

// sixMebibytes is a configuration whose state takes more than Terraform sends
// in one piece.
const sixMebibytes = `resource "terraform_data" "big" {
  count = 6
  input = join("", [for i in range(1024) : format("%01024d", i)])
}
`

func TestAStateInPartsAndWorkspacesWorkUnderBothBucketPolicies(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{blueprint.BucketPolicyStrict, blueprint.BucketPolicyCompatible} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := team()
			b.Bucket.Policy = policy
			w := newSetUpWorld(t, b)
			bob := w.person("bob").at("production", sixMebibytes)
			mark := len(w.server.Log())
			bob.ok("init")
			bob.ok("apply", "-auto-approve")
			w.storedUnder("common/production")
			// OpenTofu sends any state in one piece.
			if parts := w.parts(mark); parts < 2 && w.engine.Name == terraform.EngineTerraform {
				t.Errorf("the state went in %d parts", parts)
			}
			bob.ok("workspace", "new", "blue")
			bob.ok("apply", "-auto-approve")
			w.storedUnder("env:/blue/common/production")
			bob.ok("workspace", "select", "default")
			bob.ok("plan", "-detailed-exitcode")
			bob.ok("workspace", "select", "blue")
			bob.ok("destroy", "-auto-approve")
			bob.ok("workspace", "select", "default")
			bob.ok("workspace", "delete", "blue")
			if _, there := w.server.Object("acme-terraform-state", "env:/blue/common/production"); there {
				t.Error("the deleted workspace's state is still there")
			}
		})
	}
}

// parts counts the parts of uploads since mark.
func (w *world) parts(mark int) (parts int) {
	for _, e := range w.server.Log()[mark:] {
		if e.Operation == "UploadPart" && e.Status == 200 {
			parts++
		}
	}
	return parts
}

// cli runs the real AWS CLI as the operator.
func (w *world) cli(args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "aws", append([]string{"--endpoint-url", w.server.URL(), "--region", "eu-west-1", "--output", "text"}, args...)...)
	cmd.Env = w.shell().Environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("aws %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestAnOlderVersionIsRestoredUnderEachLock brings a state back as people do:
// the operator fetches the version, an admin pushes it.
func TestAnOlderVersionIsRestoredUnderEachLock(t *testing.T) {
	t.Parallel()
	for name, b := range lockModes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSetUpWorld(t, b)
			alice := w.alice().at("production", one)
			alice.ok("init")
			alice.ok("apply", "-auto-approve")
			good := w.cli("s3api", "list-object-versions", "--bucket", "acme-terraform-state", "--prefix", "common/production",
				"--query", "Versions[?Key=='common/production' && IsLatest].VersionId")
			alice.write("main.tf", `resource "terraform_data" "mistake" {}`)
			alice.ok("apply", "-auto-approve")
			older := filepath.Join(alice.dir, "older.tfstate")
			w.cli("s3api", "get-object", "--bucket", "acme-terraform-state", "--key", "common/production", "--version-id", good, older)
			alice.ok("state", "push", "-force", older)
			w.storedUnder("common/production")
			alice.write("main.tf", one)
			alice.ok("plan", "-detailed-exitcode")
		})
	}
}

// TestACopyOfAnOlderVersionNeedsTheKeyAndANewDigest holds what the shorter way
// meets: the bucket policy, and where the table keeps a digest, Terraform.
func TestACopyOfAnOlderVersionNeedsTheKeyAndANewDigest(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	alice := w.alice().at("production", one)
	alice.ok("init")
	alice.ok("apply", "-auto-approve")
	good, _ := w.server.Object("acme-terraform-state", "common/production")
	alice.write("main.tf", `resource "terraform_data" "mistake" {}`)
	alice.ok("apply", "-auto-approve")
	copyIt := &s3.CopyObjectInput{
		Bucket: aws.String("acme-terraform-state"), Key: aws.String("common/production"),
		CopySource: aws.String("acme-terraform-state/common/production?versionId=" + good.VersionID),
	}
	_, err := w.hands("").s3.CopyObject(t.Context(), copyIt)
	if err == nil || !strings.Contains(err.Error(), "explicit deny") {
		t.Errorf("a copy without encryption: %v", err)
	}
	copyIt.ServerSideEncryption, copyIt.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, aws.String(w.stateKey())
	_, err = w.hands("").s3.CopyObject(t.Context(), copyIt)
	w.must(err)
	w.storedUnder("common/production")
	alice.refused("does not have the expected content", "plan")
}
