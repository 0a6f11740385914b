//go:build integration

package sandbox

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops/policy"
)

var quiet = []string{"-input=false", "-no-color"}

// terraform runs a command that must succeed, without questions and colour.
func (c *child) terraform(args ...string) string {
	c.st.t.Helper()
	return c.ok("terraform", append(args, quiet...)...)
}

// refuse runs a command that must fail with a text that matches.
func (c *child) refuse(pattern string, args ...string) string {
	c.st.t.Helper()
	return c.refused(pattern, "terraform", append(args, quiet...)...)
}

func TestTerraformUnencryptedWriteIsRefusedByTheStrictPolicy(t *testing.T) {
	for _, headers := range []string{"", "encrypt = true\n    ", "kms_key_id = \"KEY\"\n    "} {
		st := newStateStage(t, true)
		tf := newChild(st, st.Operator())
		tf.backend("common/production", strings.ReplaceAll(headers, "KEY", st.keyARN)+locks[1].lines)
		tf.terraform("init")
		tf.terraform("plan")
		tf.refuse(`Failed to save state.*AccessDenied.*perform: s3:PutObject on resource: "?arn:aws:s3:::acme-terraform-state/common/production"? with an explicit deny in a resource-based policy`,
			"apply", "-auto-approve")
		if _, saved := st.Object(stageBucket, "common/production"); saved {
			t.Fatalf("%q: an unencrypted state was stored", headers)
		}
	}
}

func TestTerraformForceUnlockFreesEachLock(t *testing.T) {
	for _, mode := range locks {
		t.Run(mode.name, func(t *testing.T) {
			st := newStateStage(t, true)
			tf := newChild(st, st.admin("alice", "common/production"))
			tf.backend("common/production", tf.encrypted()+mode.lines)
			tf.terraform("init")
			id := tf.dieHoldingTheLock()
			tf.refuse(`Error acquiring the state lock.*Lock Info: ID: `+id, "plan")
			tf.refused(`(?i)lock ID .* does not match|Failed to unlock state`, "terraform", "force-unlock", "-force", "-no-color", "00000000-0000-0000-0000-000000000000")
			tf.ok("terraform", "force-unlock", "-force", "-no-color", id)
			tf.terraform("plan")
		})
	}
}

// dieHoldingTheLock leaves a lock behind, as a killed Terraform does, and gives
// its id.
func (c *child) dieHoldingTheLock() string {
	c.st.t.Helper()
	c.write("kill.tf", `resource "terraform_data" "kill" {
  provisioner "local-exec" { command = "kill -9 $PPID" }
}
`)
	c.run("terraform", append([]string{"apply", "-auto-approve"}, quiet...)...)
	c.st.must(os.Remove(filepath.Join(c.dir, "kill.tf")))
	out, _ := c.run("terraform", append([]string{"plan"}, quiet...)...)
	found := regexp.MustCompile(`Lock Info: ID: (\S+)`).FindStringSubmatch(out)
	if found == nil {
		c.st.t.Fatalf("no lock was left behind: %s", out)
	}
	return found[1]
}

func TestTerraformMigratesALocalStateAndAKey(t *testing.T) {
	st := newStateStage(t, true)
	tf := newChild(st, st.admin("alice", "old", "new"))
	tf.write("main.tf", "resource \"terraform_data\" \"it\" { input = \"kept\" }\n")
	tf.terraform("init")
	tf.terraform("apply", "-auto-approve")
	id := resourceID(t, []byte(tf.ok("terraform", "state", "pull")))
	tf.backend("old", tf.encrypted()+locks[2].lines)
	tf.terraform("init", "-migrate-state", "-force-copy")
	tf.backend("new", tf.encrypted()+locks[2].lines)
	tf.terraform("init", "-migrate-state", "-force-copy")
	for _, key := range []string{"old", "new"} {
		object, ok := st.Object(stageBucket, key)
		if !ok || object.KMSKeyARN != st.keyARN || resourceID(t, object.Body) != id {
			t.Fatalf("%s: stored %v under %s, want id %s\n%s", key, ok, object.KMSKeyARN, id, object.Body)
		}
		if _, held := st.Object(stageBucket, key+".tflock"); held {
			t.Fatalf("%s: the lock is left behind", key)
		}
	}
}

// resourceID tells one state's resource from another's. The lineage does not:
// Terraform 1.11 refreshes an empty destination before it writes, which forgets
// the lineage it was to migrate, and makes a new one.
func resourceID(t *testing.T, state []byte) string {
	t.Helper()
	var s struct {
		Resources []struct {
			Instances []struct {
				Attributes struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal(state, &s); err != nil || len(s.Resources) != 1 || len(s.Resources[0].Instances) != 1 {
		t.Fatalf("no state with one resource: %v\n%s", err, state)
	}
	return s.Resources[0].Instances[0].Attributes.ID
}

func TestTerraformStateOfSixMebibytesGoesInParts(t *testing.T) {
	st := newStateStage(t, true)
	tf := newChild(st, st.admin("alice", "big"))
	tf.backend("big", tf.encrypted()+locks[2].lines)
	tf.write("big.tf", `resource "terraform_data" "big" {
  count = 6
  input = join("", [for i in range(1024) : format("%01024d", i)])
}
`)
	tf.terraform("init")
	tf.terraform("apply", "-auto-approve")
	object, ok := st.Object(stageBucket, "big")
	if !ok || len(object.Body) < 6<<20 || object.KMSKeyARN != st.keyARN {
		t.Fatalf("stored %v, %d bytes, %s", ok, len(object.Body), object.KMSKeyARN)
	}
	parts := 0
	for _, e := range st.Log() {
		if e.Operation == "UploadPart" && e.Status == 200 {
			parts++
		}
	}
	if parts < 2 {
		t.Errorf("%d parts", parts)
	}
	if out := tf.terraform("plan"); !strings.Contains(out, "No changes") {
		t.Error(out)
	}
}

// TestTerraformSaysWhatIsWrong holds the texts by which troubleshooting tells
// what is wrong: they come from real Terraform over the sandbox's answers.
func TestTerraformSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func(*stage, *child)
		args    []string
		pattern string
	}{
		"key disabled": {
			func(st *stage, _ *child) {
				_, err := st.kms().DisableKey(st.ctx, &kms.DisableKeyInput{KeyId: &st.keyARN})
				st.must(err)
			},
			[]string{"apply", "-auto-approve"},
			`KMS\.DisabledException: \S+ is disabled`,
		},
		"key pending deletion": {
			func(st *stage, _ *child) {
				_, err := st.kms().ScheduleKeyDeletion(st.ctx, &kms.ScheduleKeyDeletionInput{KeyId: &st.keyARN})
				st.must(err)
			},
			[]string{"apply", "-auto-approve"},
			`KMS\.KMSInvalidStateException: \S+ is pending deletion`,
		},
		"key in another region": {
			func(st *stage, tf *child) {
				_, err := st.s3().DeleteBucketPolicy(st.ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String(stageBucket)})
				st.must(err)
				other := "encrypt = true\n    kms_key_id = \"arn:aws:kms:us-west-2:111111111111:key/11111111-1111-4111-8111-111111111111\"\n    "
				tf.backend("common/production", other+locks[0].lines)
				tf.terraform("init", "-reconfigure")
			},
			[]string{"plan"},
			`KMS\.NotFoundException: Invalid arn`,
		},
		"bucket gone": {
			func(_ *stage, tf *child) {
				tf.replace(stageBucket, "acme-no-such-bucket")
			},
			[]string{"init", "-reconfigure"},
			`S3 bucket ("[^"]+" )?does not exist\.`,
		},
		"bucket in another region": {
			func(_ *stage, tf *child) {
				tf.replace(`region         = "eu-west-1"`, `region = "us-west-2"`)
			},
			[]string{"init", "-reconfigure"},
			`requested bucket from "us-west-2", actual location "eu-west-1"|PermanentRedirect`,
		},
		"table gone": {
			func(st *stage, _ *child) {
				_, err := st.ddb().DeleteTable(st.ctx, &dynamodb.DeleteTableInput{TableName: aws.String(stageTable)})
				st.must(err)
			},
			[]string{"plan"},
			`ResourceNotFoundException`,
		},
		"no rights on the bucket": {
			func(_ *stage, tf *child) { tf.backend("elsewhere", tf.encrypted()+locks[0].lines) },
			[]string{"init", "-reconfigure"},
			`HeadObject,.*403|GetObject, .*403`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStateStage(t, false)
			tf := newChild(st, st.admin("alice", "common/production"))
			tf.backend("common/production", tf.encrypted()+locks[1].lines)
			tf.terraform("init")
			c.spoil(st, tf)
			tf.refuse(c.pattern, c.args...)
		})
	}
}

// replace edits the root module.
func (c *child) replace(old, with string) {
	c.st.t.Helper()
	path := filepath.Join(c.dir, "main.tf")
	text, err := os.ReadFile(path)
	c.st.must(err)
	c.write("main.tf", strings.ReplaceAll(string(text), old, with))
}

func TestTerraformNeedsListBucketForAFirstState(t *testing.T) {
	st := newStateStage(t, false)
	blind := policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Actions: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:*"}, Resources: []string{"*"},
	}}}
	tf := newChild(st, st.user("blind", blind))
	tf.backend("common/production", tf.encrypted()+locks[0].lines)
	tf.refuse(`HeadObject, .*StatusCode: 403`, "init")
}

// TestCommandLineDoesTheArticle walks through the article with the AWS CLI.
func TestCommandLineDoesTheArticle(t *testing.T) {
	st := newStage(t, Options{})
	cli := newChild(st, st.Operator())
	id := strings.TrimSpace(cli.ok("aws", "kms", "create-key", "--description", "Used by terraform to store remote state", "--query", "KeyMetadata.Arn", "--output", "text"))
	cli.ok("aws", "kms", "create-alias", "--alias-name", "alias/terraform", "--target-key-id", id)
	cli.ok("aws", "kms", "enable-key-rotation", "--key-id", id)
	cli.ok("aws", "s3api", "create-bucket", "--bucket", stageBucket, "--create-bucket-configuration", "LocationConstraint="+stageRegion)
	cli.ok("aws", "s3api", "put-bucket-versioning", "--bucket", stageBucket, "--versioning-configuration", "Status=Enabled")
	cli.ok("aws", "s3api", "put-bucket-encryption", "--bucket", stageBucket, "--server-side-encryption-configuration",
		`{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"`+id+`"},"BucketKeyEnabled":true}]}`)
	cli.ok("aws", "s3api", "put-public-access-block", "--bucket", stageBucket, "--public-access-block-configuration",
		"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")
	cli.ok("aws", "s3api", "put-bucket-policy", "--bucket", stageBucket, "--policy",
		policy.Bucket(policy.BucketRules{Partition: "aws", Bucket: stageBucket, KMSKeyARN: id, Strict: true}).JSON())
	cli.ok("aws", "s3api", "put-bucket-lifecycle-configuration", "--bucket", stageBucket, "--lifecycle-configuration",
		`{"Rules":[{"ID":"old","Status":"Enabled","Filter":{},"NoncurrentVersionExpiration":{"NoncurrentDays":90,"NewerNoncurrentVersions":100}}]}`)
	if out := cli.ok("aws", "s3api", "get-bucket-lifecycle-configuration", "--bucket", stageBucket); !strings.Contains(out, `"NewerNoncurrentVersions": 100`) {
		t.Error(out)
	}
	cli.ok("aws", "dynamodb", "create-table", "--table-name", stageTable, "--attribute-definitions", "AttributeName=LockID,AttributeType=S",
		"--key-schema", "AttributeName=LockID,KeyType=HASH", "--provisioned-throughput", "ReadCapacityUnits=1,WriteCapacityUnits=1")
	cli.ok("aws", "dynamodb", "describe-table", "--table-name", stageTable)
	cli.write("file", "hello")
	cli.refused("AccessDenied.*explicit deny", "aws", "s3", "cp", "file", "s3://"+stageBucket+"/dir/file")
	cli.ok("aws", "s3", "cp", "file", "s3://"+stageBucket+"/dir/file", "--sse", "aws:kms", "--sse-kms-key-id", id)
	if out := cli.ok("aws", "s3", "cp", "s3://"+stageBucket+"/dir/file", "-"); out != "hello" {
		t.Error(out)
	}
	if out := cli.ok("aws", "s3", "ls", "s3://"+stageBucket); !strings.Contains(out, "PRE dir/") {
		t.Error(out)
	}
	cli.ok("aws", "s3", "rm", "--recursive", "s3://"+stageBucket)
	if versions, err := st.s3().ListObjectVersions(st.ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(stageBucket)}); err != nil || len(versions.DeleteMarkers) != 1 {
		t.Errorf("%v %+v", err, versions)
	}
}
