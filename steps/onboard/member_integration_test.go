//go:build integration

package onboard

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
)

// TestAWSsToolsWorkByTheSignIn: the AWS CLI reads the token that stateroom keeps, renews it
// once it has expired, and stateroom reads what the CLI has written.
func TestAWSsToolsWorkByTheSignIn(t *testing.T) {
	l := aboard(t)
	cli := func(args ...string) string {
		command := exec.CommandContext(t.Context(), "aws", args...) // #nosec G204 -- a test's own
		command.Env = l.shell(awsops.KeyPair{}).Environ()
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	// Endpoints of single services are known from 2.13 and 1.29 on; an older one would ask AWS.
	version := cli("--version")
	if regexp.MustCompile(`^aws-cli/(1\.([0-9]|1[0-9]|2[0-8])|2\.([0-9]|1[0-2]))\.`).MatchString(version) {
		t.Fatalf("%s ignores AWS_ENDPOINT_URL_SSO: put another first on PATH", version)
	}
	t.Log("read by ", version)
	whoami := func(profile string) string {
		return cli("sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--profile", profile)
	}
	if out := whoami("admin_iam"); !strings.Contains(out, "AWSReservedSSO_Terraform-admins_") || !strings.Contains(out, "/alice@acme.com") {
		t.Errorf("the CLI is %s", out)
	}
	if out := whoami("admin_iam-staging"); !strings.Contains(out, ":222222222222:assumed-role/TerraformAdmin/") {
		t.Errorf("the role profile is %s", out)
	}
	was := l.ages(-time.Minute)
	l.must(os.RemoveAll(l.path(".aws/cli/cache"))) // which holds the role's credentials
	whoami("admin_iam")
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	if token, _ := awsops.ReadPortalToken(text); token.Access.Reveal() == was || !token.Renewable(time.Now()) {
		t.Errorf("the CLI did not renew: %t", token.Renewable(time.Now()))
	}
	s, err := l.logsIn(&person{})
	l.must(err)
	if s.Applied != 0 || s.ExitCode(false) != 0 {
		t.Errorf("login applied %d of what the CLI had renewed: %v", s.Applied, s.Findings)
	}
}
