//go:build integration

package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
)

// child is a directory with a clean environment in which the real terraform
// and aws run as one identity.
type child struct {
	st   *stage
	dir  string
	env  []string
	fold *regexp.Regexp
}

// newChild writes the credentials into a temporary home, so that neither the
// developer's files nor their environment are read.
func newChild(st *stage, c Credentials) *child {
	st.t.Helper()
	home := st.t.TempDir()
	credentials := filepath.Join(home, "credentials")
	config := filepath.Join(home, "config")
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", c.AccessKeyID, c.SecretAccessKey)
	st.must(os.WriteFile(credentials, []byte(text), 0o600))
	st.must(os.WriteFile(config, []byte("[default]\nregion = "+stageRegion+"\n"), 0o600))
	env := []string{
		"HOME=" + home, "XDG_STATE_HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_CONFIG_FILE=" + config, "AWS_SHARED_CREDENTIALS_FILE=" + credentials,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "PYENV_ROOT=" + os.Getenv("PYENV_ROOT"),
		"CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=" + os.DevNull, "TF_IN_AUTOMATION=1",
	}
	for name, value := range awsops.EndpointVariables(st.URL()) {
		env = append(env, name+"="+value)
	}
	return &child{st: st, dir: st.t.TempDir(), env: env, fold: regexp.MustCompile(`[\s│╷╵]+`)}
}

// run gives the output with white space folded and whether the program
// succeeded. A program that is missing fails the test.
func (c *child) run(name string, args ...string) (string, bool) {
	c.st.t.Helper()
	if name == "aws" { // versions before 2.13, such as Debian 12's, do not know AWS_ENDPOINT_URL
		args = append([]string{"--endpoint-url", c.st.URL()}, args...)
	}
	command := exec.CommandContext(c.st.ctx, name, args...)
	command.Dir, command.Env, command.WaitDelay = c.dir, c.env, 10*time.Second
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		c.st.t.Fatalf("%s: %v", name, err)
	}
	return c.fold.ReplaceAllString(string(out), " "), err == nil
}

func (c *child) ok(name string, args ...string) string {
	c.st.t.Helper()
	out, ok := c.run(name, args...)
	if !ok {
		c.st.t.Fatalf("%s %s failed:\n%s", name, strings.Join(args, " "), out)
	}
	return out
}

// refused runs a command that must fail with a text that matches.
func (c *child) refused(pattern, name string, args ...string) string {
	c.st.t.Helper()
	out, ok := c.run(name, args...)
	if ok || !regexp.MustCompile(pattern).MatchString(out) {
		c.st.t.Fatalf("%s %s: want a failure that says %q, got success %v:\n%s", name, strings.Join(args, " "), pattern, ok, out)
	}
	return out
}

func (c *child) write(name, text string) {
	c.st.t.Helper()
	c.st.must(os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600))
}

// lock is one way to lock the state.
type lock struct {
	name, lines string
	file, table bool
}

var locks = []lock{
	{"lockfile", "use_lockfile = true", true, false},
	{"dynamodb", `dynamodb_table = "` + stageTable + `"`, false, true},
	{"both", "use_lockfile = true\n    dynamodb_table = \"" + stageTable + `"`, true, true},
}

// backend writes a root module with an S3 backend at the sandbox and one
// built-in resource, which needs no provider download.
func (c *child) backend(key, lines string) {
	c.st.t.Helper()
	u := c.st.URL()
	c.write("main.tf", `
terraform {
  backend "s3" {
    bucket         = "`+stageBucket+`"
    key            = "`+key+`"
    region         = "`+stageRegion+`"
    use_path_style = true
    endpoints      = { s3 = "`+u+`", dynamodb = "`+u+`", sts = "`+u+`", iam = "`+u+`" }
    `+lines+`
  }
}
variable "value" { default = "one" }
resource "terraform_data" "it" { input = var.value }
output "it" { value = terraform_data.it.output }
`)
}

func (c *child) encrypted() string {
	return "encrypt = true\n    kms_key_id = \"" + c.st.keyARN + "\"\n    "
}

func TestTerraformLifeUnderEachLock(t *testing.T) {
	for _, mode := range locks {
		t.Run(mode.name, func(t *testing.T) {
			st := newStateStage(t, true)
			tf := newChild(st, st.admin("alice", "common/production"))
			tf.backend("common/production", tf.encrypted()+mode.lines)
			tf.ok("terraform", "init", "-input=false", "-no-color")
			if out := tf.ok("terraform", "plan", "-input=false", "-no-color"); !strings.Contains(out, "1 to add") {
				t.Fatal(out)
			}
			tf.ok("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
			object, found := st.Object(stageBucket, "common/production")
			if !found || object.SSE != "aws:kms" || object.KMSKeyARN != st.keyARN || !strings.Contains(string(object.Body), "terraform_data") {
				t.Fatalf("state object: %v %+v", found, object)
			}
			tf.refuseSecondApply(mode)
			tf.workspaces()
			tf.restore()
		})
	}
}

// refuseSecondApply holds the lock by an apply whose provisioner waits for a
// file, and runs another one beside it.
func (c *child) refuseSecondApply(mode lock) {
	t := c.st.t
	t.Helper()
	gate := filepath.Join(t.TempDir(), "gate")
	c.write("slow.tf", `resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "until [ -e `+gate+` ]; do sleep 0.1; done" }
}
`)
	first := exec.CommandContext(c.st.ctx, "terraform", "apply", "-auto-approve", "-input=false", "-no-color")
	first.Dir, first.Env, first.WaitDelay = c.dir, c.env, 10*time.Second
	c.st.must(first.Start())
	c.waitForLock(mode)
	out := c.refused(`Error acquiring the state lock.*(ConditionalCheckFailedException|PreconditionFailed).*Lock Info: ID: \S+`,
		"terraform", "apply", "-auto-approve", "-input=false", "-no-color")
	c.st.must(os.WriteFile(gate, nil, 0o600))
	if err := first.Wait(); err != nil {
		t.Fatalf("the apply that held the lock: %v\n%s", err, out)
	}
	c.st.must(os.Remove(filepath.Join(c.dir, "slow.tf")))
	if _, held := c.st.Object(stageBucket, "common/production.tflock"); held {
		t.Error("the lock file is left behind")
	}
	if _, held := c.st.DynamoItem(managementAccount, stageRegion, stageTable, stageBucket+"/common/production"); held {
		t.Error("the lock item is left behind")
	}
	c.ok("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
}

// waitForLock waits until the lock exists, bounded by half a minute.
func (c *child) waitForLock(mode lock) {
	c.st.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		_, file := c.st.Object(stageBucket, "common/production.tflock")
		_, item := c.st.DynamoItem(managementAccount, stageRegion, stageTable, stageBucket+"/common/production")
		if file == mode.file && item == mode.table {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.st.t.Fatal("no lock within 30 s")
}

func (c *child) workspaces() {
	c.st.t.Helper()
	c.ok("terraform", "workspace", "new", "-no-color", "probe")
	c.ok("terraform", "apply", "-auto-approve", "-input=false", "-no-color")
	if object, ok := c.st.Object(stageBucket, "env:/probe/common/production"); !ok || object.KMSKeyARN != c.st.keyARN {
		c.st.t.Fatal("no encrypted state for the workspace")
	}
	c.ok("terraform", "destroy", "-auto-approve", "-input=false", "-no-color")
	c.ok("terraform", "workspace", "select", "-no-color", "default")
	if out := c.ok("terraform", "workspace", "list"); !strings.Contains(out, "probe") {
		c.st.t.Fatal(out)
	}
	c.ok("terraform", "workspace", "delete", "-no-color", "probe")
	if _, ok := c.st.Object(stageBucket, "env:/probe/common/production"); ok {
		c.st.t.Fatal("the workspace's state is still there")
	}
}

// restore brings an older version of the state back with the AWS CLI, as the
// operator would, and lets Terraform read it.
func (c *child) restore() {
	t := c.st.t
	t.Helper()
	before, _ := c.st.Object(stageBucket, "common/production")
	c.ok("terraform", "apply", "-auto-approve", "-input=false", "-no-color", "-var", "value=two")
	operator := newChild(c.st, c.st.Operator())
	operator.ok("aws", "s3api", "copy-object", "--bucket", stageBucket, "--key", "common/production",
		"--copy-source", stageBucket+"/common/production?versionId="+before.VersionID,
		"--server-side-encryption", "aws:kms", "--ssekms-key-id", c.st.keyARN)
	now, _ := c.st.Object(stageBucket, "common/production")
	if string(now.Body) != string(before.Body) {
		t.Fatal("the older version is not current")
	}
	out, ok := c.run("terraform", "output", "-no-color", "it")
	if ok && !strings.Contains(out, "one") || !ok && !strings.Contains(out, "does not have the expected content") {
		t.Fatalf("after restoring: %v %s", ok, out)
	}
}
