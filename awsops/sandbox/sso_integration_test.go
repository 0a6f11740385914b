//go:build integration

package sandbox

import (
	"bufio"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sso"

	"stateroom/awsops/policy"
)

// ssoChild is a home whose profile admin_iam signs in by IAM Identity Center, as alice,
// who has the rights of an admin by the session "stateroom".
type ssoChild struct {
	*child
	people *signInStage
	home   string
}

const ssoConfig = `[default]
region = ` + stageRegion + `
[sso-session stateroom]
sso_start_url = START
sso_region = ` + centerRegion + `
sso_registration_scopes = sso:account:access
[profile admin_iam]
sso_session = stateroom
sso_account_id = 111111111111
sso_role_name = Terraform-admins
region = ` + stageRegion + `
[profile mistyped]
sso_session = stateroom
sso_account_id = 111111111111
sso_role_name = TerraformAdmins
region = ` + stageRegion + `
[profile staging]
source_profile = admin_iam
role_arn = ` + bootstrapARN + `
region = ` + stageRegion + `
`

func newSSOChild(t *testing.T) *ssoChild {
	t.Helper()
	st := newStage(t, Options{IdentityCenter: CenterOptions{Region: centerRegion, Pending: 1}})
	st.makeKey()
	st.makeBucket(true)
	st.makeTable()
	c := &ssoChild{child: newChild(st, Credentials{}), people: &signInStage{centerStage: &centerStage{st.Server, t}}}
	c.home = strings.TrimPrefix(c.env[0], "HOME=")
	st.must(os.WriteFile(filepath.Join(c.home, "config"), []byte(strings.ReplaceAll(ssoConfig, "START", st.StartURL())), 0o600))
	st.must(os.Remove(filepath.Join(c.home, "credentials")))

	// Endpoints of single services are known from 2.13 and 1.29 on; an older one would ask AWS.
	if version := c.ok("aws", "--version"); regexp.MustCompile(`^aws-cli/(1\.([0-9]|1[0-9]|2[0-8])|2\.([0-9]|1[0-2]))\.`).MatchString(version) {
		t.Fatalf("%s ignores AWS_ENDPOINT_URL_SSO: put another first on PATH", version)
	} else {
		t.Log("signed in by ", version)
	}
	st.must(st.Directory(map[string][]string{"Admins": {"alice@acme.com"}}))
	st.must(st.SignIn("alice@acme.com"))
	rights := policy.State(policy.StateAccess{
		Partition: "aws", Region: stageRegion, Account: managementAccount, Bucket: stageBucket, Keys: []string{"common/production"},
		KMSKeyARN: st.keyARN, Table: stageTable, Lockfile: true,
	})
	rights.Statements = append(rights.Statements, policy.Statement{Effect: policy.Allow, Actions: []string{"sts:AssumeRole"}, Resources: []string{bootstrapARN}})
	_, err := st.iam().CreatePolicy(st.ctx, &iam.CreatePolicyInput{PolicyName: aws.String("admins"), PolicyDocument: aws.String(rights.JSON())})
	st.must(err)
	set := c.people.centerStage.set("Terraform-admins")
	reference := policyReference{"admins", "/"}
	st.center.sets[*set].references = append(st.center.sets[*set].references, reference)
	if end := c.people.assign(st.Operator(), set, managementAccount, "Admins"); end.Status != "SUCCEEDED" {
		t.Fatalf("the assignment is %+v", end)
	}
	return c
}

// cache is the file of the session's token.
func (c *ssoChild) cache() string {
	return filepath.Join(c.home, ".aws", "sso", "cache", fmt.Sprintf("%x.json", sha1.Sum([]byte("stateroom"))))
}

// login signs in with the AWS CLI where the one on PATH can, and as it would where it
// cannot: version 1 has no "sso login".
func (c *ssoChild) login(flags ...string) {
	c.st.t.Helper()
	version := c.ok("aws", "--version")
	if !strings.HasPrefix(version, "aws-cli/2.") {
		token, client := c.people.signIn("alice@acme.com")
		c.keep(map[string]any{
			"startUrl": c.st.StartURL(), "region": centerRegion, "accessToken": *token.AccessToken, "refreshToken": *token.RefreshToken,
			"expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "clientId": *client.ClientId, "clientSecret": *client.ClientSecret,
			"registrationExpiresAt": time.Unix(client.ClientSecretExpiresAt, 0).UTC().Format(time.RFC3339),
		})
		return
	}
	command := exec.CommandContext(c.st.ctx, "aws", append([]string{"sso", "login", "--no-browser", "--sso-session", "stateroom"}, flags...)...)
	command.Dir, command.Env, command.Stderr, command.WaitDelay = c.dir, c.env, os.Stderr, 10*time.Second
	out, err := command.StdoutPipe()
	c.st.must(err)
	c.st.must(command.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address := strings.TrimSpace(lines.Text()); strings.Contains(address, "/authorize?") {
			page, err := http.Get(address) // the browser, which ends at the CLI's own page
			c.st.must(err)
			c.st.must(page.Body.Close())
		}
	}
	c.st.must(command.Wait())
}

// keep writes the session's token.
func (c *ssoChild) keep(token map[string]any) {
	c.st.t.Helper()
	text, err := json.Marshal(token)
	c.st.must(err)
	c.st.must(os.MkdirAll(filepath.Dir(c.cache()), 0o700))
	c.st.must(os.WriteFile(c.cache(), text, 0o600))
}

// token is the session's, as it is in the cache.
func (c *ssoChild) token() (token map[string]any) {
	c.st.t.Helper()
	text, err := os.ReadFile(c.cache())
	c.st.must(err)
	c.st.must(json.Unmarshal(text, &token))
	return token
}

// edit alters the token in the cache.
func (c *ssoChild) edit(alter func(map[string]any)) {
	c.st.t.Helper()
	token := c.token()
	alter(token)
	c.keep(token)
}

func TestProfileOfAnSSOSessionIsAnAdmin(t *testing.T) {
	c := newSSOChild(t)
	st := c.st
	c.refused(`Error loading SSO Token|Token for stateroom does not exist`, "aws", "sts", "get-caller-identity", "--profile", "admin_iam")
	c.backend("common/production", c.encrypted()+"profile = \"admin_iam\"\n    "+locks[2].lines)
	c.refuse(`failed to read cached SSO token file`, "init")

	for _, flags := range [][]string{nil, {"--use-device-code"}} {
		_ = os.Remove(c.cache()) // there is none the first time
		c.login(flags...)
		if out := c.ok("aws", "sts", "get-caller-identity", "--query", "Arn", "--profile", "admin_iam"); !strings.Contains(out, "assumed-role/"+st.role(managementAccount, "Terraform-admins")+"/alice@acme.com") {
			t.Fatalf("signed in with %v as %s", flags, out)
		}
	}
	if out := c.ok("aws", "sts", "get-caller-identity", "--query", "Arn", "--profile", "staging"); !strings.Contains(out, ":222222222222:assumed-role/"+bootstrapRole+"/") {
		t.Fatalf("the role profile is %s", out)
	}

	// Terraform renews a token that has expired, and works by the role.
	c.edit(func(token map[string]any) { token["expiresAt"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) })
	before := len(st.Log())
	c.terraform("init")
	c.terraform("apply", "-auto-approve")
	var asked []string
	for _, e := range st.Log()[before:] {
		if e.Service == "sso-oauth" || e.Service == "awsssoportal" || e.Operation == "PutObject" && strings.HasSuffix(e.Resource, "common/production") {
			asked = append(asked, e.Operation)
			if e.Operation == "PutObject" && !strings.HasSuffix(e.Caller, "/alice@acme.com") {
				t.Errorf("%s wrote the state", e.Caller)
			}
		}
	}
	if len(asked) < 3 || asked[0] != "CreateToken" || !slices.Contains(asked, "GetRoleCredentials") || asked[len(asked)-1] != "PutObject" {
		t.Errorf("Terraform asked %v", asked)
	}

	c.backend("common/production", c.encrypted()+"profile = \"mistyped\"\n    "+locks[2].lines)
	c.refuse(`403.*ForbiddenException: No access`, "init", "-reconfigure")
	c.refused(`\(ForbiddenException\).*No access`, "aws", "sts", "get-caller-identity", "--profile", "mistyped")

	c.backend("common/production", c.encrypted()+"profile = \"admin_iam\"\n    "+locks[2].lines)
	_, err := c.people.portal().Logout(t.Context(), &sso.LogoutInput{AccessToken: aws.String(c.token()["accessToken"].(string))})
	st.must(err)
	c.refuse(`401.*UnauthorizedException: Session token not found or invalid`, "init", "-reconfigure")
	c.edit(func(token map[string]any) { token["expiresAt"] = time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) })
	c.refuse(`InvalidGrantException`, "init", "-reconfigure")
}
