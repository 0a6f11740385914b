//go:build integration

package troubleshoot

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
)

// providerSite is a finished set-up of one environment, with alice's laptop and
// a real Terraform that has a stub of hashicorp/aws.
type providerSite struct {
	t      *testing.T
	server *sandbox.Server
	engine *terraform.Engine
	home   string
}

const siteRole = "arn:aws:iam::444444444444:role/" + blueprint.DefaultRole

var siteRoleName = blueprint.DefaultRole

func newProviderSite(t *testing.T) *providerSite {
	t.Helper()
	s := &providerSite{t: t, server: sandboxtest.Start(t, sandbox.Options{}), home: t.TempDir()}
	sandboxtest.Home(s.home).Isolate(t, s.server.URL()) // provider.tf names no endpoint
	for name, value := range mirror.With(t) {
		t.Setenv(name, value)
	}
	var err error
	s.engine, err = terraform.Find(t.Context(), "", os.Environ())
	s.must(err)
	s.setUp()
	return s
}

func (s *providerSite) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *providerSite) credentials() string { return sandboxtest.Home(s.home).Credentials() }

// setUp runs the whole set-up as the operator, whose keys it takes away again.
func (s *providerSite) setUp() {
	s.t.Helper()
	sandboxtest.Setenv(s.t, sandboxtest.Keys(s.server.Operator()))
	defer func() { _, _ = os.Unsetenv("AWS_ACCESS_KEY_ID"), os.Unsetenv("AWS_SECRET_ACCESS_KEY") }()
	b := enginetest.Team([]string{"alice"}, "production")
	env := enginetest.Env(s.t, s.server.URL(), s.home, b)
	env.Engine, env.EngineErr = s.engine, nil
	run := (&steps.Setup{Env: env, Answers: &blueprint.Answers{Blueprint: b, Me: "alice"}}).Flow()
	run.Emit = func(plan.Event) {}
	run.Confirm = enginetest.Agree
	summary, err := run.Run(s.t.Context())
	s.must(err)
	if code := summary.ExitCode(false); code != plan.ExitDone {
		s.t.Fatalf("the setup ended with %d: %v %v", code, summary.Failures, summary.Findings)
	}
}

// client is an administrator's of the environment.
func (s *providerSite) client() *iam.Client {
	s.t.Helper()
	operator := s.server.Operator()
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(s.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(operator.AccessKeyID, operator.SecretAccessKey, ""),
	}
	out, err := sts.NewFromConfig(cfg).AssumeRole(s.t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::444444444444:role/" + blueprint.DefaultReach), RoleSessionName: aws.String("test"),
	})
	s.must(err)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return iam.NewFromConfig(cfg)
}

// noPermissions takes everything away that the role may do, until undone.
func noPermissions(s *providerSite) func() {
	client, ctx := s.client(), s.t.Context()
	names, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &siteRoleName})
	s.must(err)
	if len(names.PolicyNames) != 1 {
		s.t.Fatalf("the role has the policies %v", names.PolicyNames)
	}
	name := &names.PolicyNames[0]
	have, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &siteRoleName, PolicyName: name})
	s.must(err)
	_, err = client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &siteRoleName, PolicyName: name})
	s.must(err)
	document, err := url.QueryUnescape(*have.PolicyDocument)
	s.must(err)
	return func() {
		_, err := client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &siteRoleName, PolicyName: name, PolicyDocument: &document})
		s.must(err)
	}
}

// noTrust makes the role trust its own account only, until undone.
func noTrust(s *providerSite) func() {
	client, ctx := s.client(), s.t.Context()
	have, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &siteRoleName})
	s.must(err)
	before, err := url.QueryUnescape(*have.Role.AssumeRolePolicyDocument)
	s.must(err)
	trust := func(document string) {
		_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &siteRoleName, PolicyDocument: &document})
		s.must(err)
	}
	trust(strings.ReplaceAll(before, "111111111111", "444444444444"))
	return func() { trust(before) }
}

// project is a copy of the project's provider.tf beside a configuration. There
// is no back end, so that all that Terraform says is the provider's.
func (s *providerSite) project(main string, edits ...string) string {
	s.t.Helper()
	dir := s.t.TempDir()
	text, err := os.ReadFile(filepath.Join(s.home, "live", "production", "provider.tf"))
	s.must(err)
	provider := string(text)
	for i := 0; i < len(edits); i += 2 {
		changed := strings.Replace(provider, edits[i], edits[i+1], 1)
		if changed == provider {
			s.t.Fatalf("provider.tf does not say %q:\n%s", edits[i], provider)
		}
		provider = changed
	}
	s.must(os.WriteFile(filepath.Join(dir, "provider.tf"), []byte(provider), 0o600))
	s.must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte(main), 0o600))
	return dir
}

// terraform runs a command as people do and gives what they see.
func (s *providerSite) terraform(dir string, variables map[string]string, args ...string) (string, error) {
	cmd := exec.CommandContext(s.t.Context(), s.engine.Path, args...)
	cmd.Dir, cmd.Env = dir, os.Environ()
	for name, value := range variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// keys is a credentials file of admin_iam with one thing changed.
func (s *providerSite) keys(pattern, with string) map[string]string {
	s.t.Helper()
	text, err := os.ReadFile(s.credentials())
	s.must(err)
	changed := regexp.MustCompile(pattern).ReplaceAllString(string(text), with)
	if changed == string(text) {
		s.t.Fatalf("the credentials file has nothing like %s", pattern)
	}
	path := filepath.Join(s.t.TempDir(), "credentials")
	s.must(os.WriteFile(path, []byte(changed), 0o600))
	return map[string]string{"AWS_SHARED_CREDENTIALS_FILE": path}
}

const (
	bucketMain   = "resource \"aws_s3_bucket\" \"app\" {\n  bucket = \"acme-app\"\n}\n"
	identityMain = "data \"aws_caller_identity\" \"me\" {}\n"
)

// TestTheProvidersOwnTextsAreNamed breaks one thing at a time and wants what a
// real Terraform says then, for people and as -json, to lead to one diagnosis.
func TestTheProvidersOwnTextsAreNamed(t *testing.T) {
	s := newProviderSite(t)
	for _, c := range []struct {
		id, main  string
		edits     []string
		breaks    func(*providerSite) (undo func())
		variables map[string]string
		// after is what happens to the directory between init and apply.
		after   func(dir string) error
		subject map[string]string
	}{
		{id: "environment-denied", main: bucketMain, breaks: noPermissions, subject: map[string]string{
			"action": "s3:CreateBucket", "resource": "arn:aws:s3:::acme-app", "address": "aws_s3_bucket.app", "policy": "identity-based",
		}},
		{id: "assume-role-denied", main: identityMain, breaks: noTrust, subject: map[string]string{
			"role": siteRole, "identity": "arn:aws:iam::111111111111:user/alice", "action": "sts:AssumeRole",
		}},
		{id: "wrong-account", main: identityMain, edits: []string{"region", "allowed_account_ids = [\"222222222222\"]\n  region"}, subject: map[string]string{"account": "444444444444"}},
		{id: "profile-missing", main: identityMain, edits: []string{`"admin_iam"`, `"nobody"`}, subject: map[string]string{"profile": "nobody"}},
		{id: "credentials-missing", main: identityMain, edits: []string{"profile", "# profile"}},
		{id: "key-invalid", main: identityMain, variables: s.keys(`(?m)^(aws_access_key_id *= *).*`, "${1}AKIA5STATEROOM5GONE5")},
		{id: "signature-mismatch", main: identityMain, variables: s.keys(`(?m)^(aws_secret_access_key *= *).*`, "${1}wrong")},
		{id: "network-unreachable", main: identityMain, variables: awsops.EndpointVariables("http://127.0.0.1:1")},
		{id: "provider-lock-file", main: identityMain, after: func(dir string) error { return os.Remove(filepath.Join(dir, ".terraform.lock.hcl")) }},
		{id: "config-invalid", main: identityMain, after: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "provider.tf"), []byte("provider \"aws\" {\n  assume_role = { role_arn = \""+siteRole+"\" }\n}\n"), 0o600)
		}, subject: map[string]string{"argument": "assume_role"}},
	} {
		t.Run(c.id, func(t *testing.T) {
			dir := s.project(c.main, c.edits...)
			if out, err := s.terraform(dir, nil, "init"); err != nil {
				t.Fatalf("init: %v\n%s", err, out)
			}
			if c.after != nil {
				s.must(c.after(dir))
			}
			if c.breaks != nil {
				defer c.breaks(s)()
			}
			out, err := s.terraform(dir, c.variables, "apply", "-input=false", "-auto-approve")
			s.named(t, c.id, c.subject, out, err)
			result, err := s.engine.Run(t.Context(), terraform.Command{
				Project: terraform.Project{Dir: dir, Environ: engine.ProcessEnvironment().With(c.variables)}, Args: []string{"apply", "-auto-approve"},
			})
			s.named(t, c.id, c.subject, result.Output, err)
		})
	}
}

// named wants a command that failed, and its text to lead to one diagnosis.
func (s *providerSite) named(t *testing.T, id string, want map[string]string, out string, err error) {
	t.Helper()
	if err == nil {
		t.Fatalf("it succeeded:\n%s", out)
	}
	list := diagnosis.FromText(out)
	if len(list) != 1 || list[0].ID != id {
		t.Fatalf("named %v, want %s, from\n%s", list, id, out)
	}
	for name, value := range want {
		if !strings.Contains(list[0].Evidence[0], value) {
			t.Errorf("evidence %q is without %s %q", list[0].Evidence[0], name, value)
		}
	}
}

func TestAnEmptyMirrorIsNamed(t *testing.T) {
	s := newProviderSite(t)
	empty := mirror.Empty(t)
	dir := s.project(identityMain)
	out, err := s.terraform(dir, empty, "init", "-input=false")
	s.named(t, "provider-unavailable", nil, out, err)
	result, err := s.engine.Run(t.Context(), terraform.Command{Project: terraform.Project{Dir: dir, Environ: engine.ProcessEnvironment().With(empty)}, Args: []string{"init"}})
	s.named(t, "provider-unavailable", nil, result.Output, err)
}
