package blueprint

import (
	"slices"
	"strings"
	"testing"
)

const (
	testOrg     = "2a3b4c5d-1111-2222-3333-444455556666"
	testProject = "76543210-ba98-fedc-3210-edcba0987654"
	testRepo    = "{1de489be-ce6a-42a0-a8c8-eadbf1174ac7}"
	testDeploy  = "{bd715740-c970-486b-b68a-b421ec2a1f8b}"
)

// TestJobsAreTheSubjectsOfThePlatformsTokens holds what the trust lists against what each
// platform's documentation says that it mints.
func TestJobsAreTheSubjectsOfThePlatformsTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ci   CI
		job  string
		want []string
	}{
		{CI{Provider: ProviderGitHub, Repository: "acme/infra"}, "pull_request", []string{"repo:acme/infra:pull_request"}},
		{CI{Provider: ProviderGitHub, Repository: "acme/infra"}, "branch:main", []string{"repo:acme/infra:ref:refs/heads/main"}},
		{CI{Provider: ProviderGitHub, Repository: "acme/infra"}, "tag:v1", []string{"repo:acme/infra:ref:refs/tags/v1"}},
		{
			CI{Provider: ProviderGitHub, Repository: "acme/infra", OwnerID: "7", RepositoryID: "42"},
			"environment:staging",
			[]string{"repo:acme/infra:environment:staging", "repo:acme@7/infra@42:environment:staging"},
		},
		{CI{Provider: ProviderGitLab, Repository: "acme/eu/infra"}, "branch:main", []string{"project_path:acme/eu/infra:ref_type:branch:ref:main"}},
		{CI{Provider: ProviderGitLab, Repository: "acme/infra"}, "tag:v1", []string{"project_path:acme/infra:ref_type:tag:ref:v1"}},
		{CI{Provider: ProviderGitLab, Repository: "acme/infra"}, "merge_request", []string{"project_path:acme/infra:ref_type:branch:ref:* (shape)"}},
		{
			CI{Provider: ProviderCircleCI, Issuer: "https://oidc.circleci.com/org/" + testOrg, Repository: "github.com/acme/infra", RepositoryID: testProject},
			"branch:main",
			[]string{"org/" + testOrg + "/project/" + testProject + "/user/" + strings.Repeat("?", 36) + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/main (shape)"},
		},
		{CI{Provider: ProviderBitbucket, RepositoryID: testRepo}, "environment:" + testDeploy, []string{testRepo + ":" + testDeploy + ":* (shape)"}},
		{CI{Provider: ProviderBitbucket, RepositoryID: testRepo}, "repository", []string{testRepo + ":* (shape)"}},
		{CI{Provider: ProviderOIDC}, "job:infra:main", []string{"job:infra:main"}},
	} {
		var got []string
		for _, s := range c.ci.subject(c.job) {
			if s.Shape {
				s.Text += " (shape)"
			}
			got = append(got, s.Text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.ci.Provider, c.job, got, c.want)
		}
	}
}

// TestEveryEnvironmentHasAGateOfItsOwn: of several environments each is opened by the gate
// of its name alone.
func TestEveryEnvironmentHasAGateOfItsOwn(t *testing.T) {
	t.Parallel()
	ci := CI{
		Provider: ProviderGitHub, Repository: "acme/infra",
		Apply: []string{"environment:staging", "environment:production"}, Environments: []string{"staging", "production", "preprod"},
	}
	for environment, want := range map[string]string{"staging": "repo:acme/infra:environment:staging", "production": "repo:acme/infra:environment:production", "preprod": ""} {
		got := ""
		for _, s := range ci.ApplySubjects(environment) {
			got += s.Text
		}
		if got != want {
			t.Errorf("%s is opened by %q, want %q", environment, got, want)
		}
	}
}

// TestBlueprintWithCIReadsAndWritesTheSame: what a ci block says survives being written.
func TestBlueprintWithCIReadsAndWritesTheSame(t *testing.T) {
	t.Parallel()
	text := `version = 1
admin_account = "111111111111"
environment "staging" {
  account = "222222222222"
}
ci "github" {
  provider      = "github"
  repository    = "acme/infra"
  owner_id      = "7"
  repository_id = "42"
  plan          = ["pull_request", "branch:main"]
  apply         = ["environment:staging"]
  environments  = ["staging"]
  plan_lock     = true
  pipeline      = ".github/workflows/terraform.yml"
}
`
	b, err := Parse("stateroom.hcl", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("stateroom.hcl", b.HCL())
	if err != nil {
		t.Fatal(err)
	}
	want := CI{
		Name: "github", Provider: ProviderGitHub, Repository: "acme/infra", OwnerID: "7", RepositoryID: "42", PlanLock: true,
		Plan: []string{"pull_request", "branch:main"}, Apply: []string{"environment:staging"}, Environments: []string{"staging"},
		Pipeline: ".github/workflows/terraform.yml",
	}
	for _, b := range []*Blueprint{b, again} {
		if len(b.CIs) != 1 || !slices.Equal(b.CIs[0].Plan, want.Plan) || b.CIs[0].PlanRole() != "stateroom-github-plan" ||
			b.CIs[0].ApplyRole("staging") != "stateroom-github-apply-staging" || b.CIs[0].Pipeline != want.Pipeline || !b.CIs[0].PlanLock || !b.CIs[0].ByID() {
			t.Errorf("%+v, want %+v", b.CIs, want)
		}
	}
}

// runnerTeam has a runner with a role for plans and one for applies.
func runnerTeam() *Blueprint {
	b := New()
	b.AdminAccount = "111111111111"
	for name, account := range map[string]string{"staging": "222222222222", "production": "444444444444"} {
		e := NewEnvironment(name)
		e.Account = account
		b.Environments = append(b.Environments, e)
	}
	b.CIs = []CI{{
		Name: "atlantis", Provider: ProviderRole, Environments: []string{"staging"},
		Plan: []string{"arn:aws:iam::111111111111:role/runners/atlantis-plan"}, Apply: []string{"arn:aws:iam::333333333333:role/atlantis-apply"},
	}}
	return b
}

// TestWhatIsNoRunnersRoleIsRefusedWithTheReason, and what lets a plan apply.
func TestWhatIsNoRunnersRoleIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for arn, says := range map[string]string{
		"*":                                "wildcard",
		"arn:aws:iam::111111111111:role/*": "wildcard",
		"arn:aws:iam::111111111111:role/${aws:username}": "wildcard",
		"111111111111":                                      "whole account",
		"arn:aws:iam::111111111111:root":                    "whole account",
		"arn:aws:iam::111111111111:user/ci":                 "not the ARN of a role",
		"arn:aws:sts::111111111111:assumed-role/atlantis/x": "not the ARN of a role",
		"atlantis": "not the ARN of a role",
		"arn:aws:iam::111111111111:instance-profile/atlantis":                                                 "not the ARN of a role",
		"arn:aws-cn:iam::111111111111:role/atlantis":                                                          "a different partition",
		"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef": "AWS made",
		"arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS":              "AWS made",
		"arn:aws:iam::111111111111:role/stateroom/ci/stateroom-github-plan":                                   "setup makes",
		"arn:aws:iam::222222222222:role/terraformadmin":                                                       "environment staging",
		"arn:aws:iam::222222222222:role/TerraformAdmin-plan":                                                  "environment staging",
	} {
		for _, as := range []func(*CI){func(c *CI) { c.Plan = []string{arn} }, func(c *CI) { c.Apply = []string{arn} }} {
			b := runnerTeam()
			as(&b.CIs[0])
			if err := b.Check(); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %q", arn, err, says)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*Blueprint)
		says   string
	}{
		"one role for both": {func(b *Blueprint) { b.CIs[0].Apply = b.CIs[0].Plan }, "whoever may push one could apply"},
		"one role for both in two blocks, by another path": {func(b *Blueprint) {
			other := b.CIs[0]
			other.Name, other.Plan, other.Apply, other.Environments = "b", nil, []string{"arn:aws:iam::111111111111:role/Atlantis-plan"}, []string{"production"}
			b.CIs = append(b.CIs, other)
		}, `plans as well (ci "atlantis")`},
		"two environments": {func(b *Blueprint) { b.CIs[0].Environments = []string{"staging", "production"} }, "a ci block for each"},
		"an issuer":        {func(b *Blueprint) { b.CIs[0].Issuer = "https://ci.example.com" }, "leave it out"},
		"an audience":      {func(b *Blueprint) { b.CIs[0].Audience = "x" }, "leave it out"},
		"a repository":     {func(b *Blueprint) { b.CIs[0].Repository = "acme/infra" }, "leave it out"},
		"a pipeline":       {func(b *Blueprint) { b.CIs[0].Pipeline = "x.yml" }, "leave it out"},
	} {
		b := runnerTeam()
		c.change(b)
		if err := b.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	b := runnerTeam()
	b.Groups = []Group{{Name: "admins", Users: []string{"alice", "Terraform-CI"}}}
	b.CIs[0].Replaces = []string{"terraform-ci"}
	if err := b.Check(); err == nil || !strings.Contains(err.Error(), `still a user of group "admins"`) {
		t.Errorf("a user who is to have a key: %v", err)
	}
	b.Groups[0].Users = b.Groups[0].Users[:1]
	if err := b.Check(); err != nil || slices.ContainsFunc(b.Missing(), func(path string) bool { return strings.HasPrefix(path, "ci.") }) {
		t.Errorf("%v, missing is %v", err, b.Missing())
	}
}

// TestWhatAnAudienceIsNotIsRefused: a variable of IAM's policies would let in every audience,
// and the change's undoing is a command that is copied.
func TestWhatAnAudienceIsNotIsRefused(t *testing.T) {
	t.Parallel()
	for audience, takes := range map[string]bool{
		"https://github.com/acme": true, "ari:cloud:bitbucket::workspace/922e118c-1e1a-4b0a": true, "api://AzureADTokenExchange": true, "@y": true,
		"${token.actions.githubusercontent.com:aud}": false, "*": false, "a?": false, "$(id)": false, "`id`": false, "a;id": false, "a'b": false, "a b": false, "a\nb": false,
	} {
		b := runnerTeam()
		b.CIs[0] = CI{Name: "github", Provider: ProviderGitHub, Repository: "acme/infra", Audience: audience, Plan: []string{"pull_request"}, Environments: []string{"staging"}}
		err := b.Check()
		if is := err == nil || !strings.Contains(err.Error(), "is not an audience"); is != takes {
			t.Errorf("%q: %v", audience, err)
		}
	}
}

// TestTwoPipelinesHaveTwoFiles: each run would write one of them over the other.
func TestTwoPipelinesHaveTwoFiles(t *testing.T) {
	t.Parallel()
	b := runnerTeam()
	b.CIs = nil
	for environment, path := range map[string]string{"staging": ".github/workflows/t.yml", "production": ".github/workflows/./T.yml"} {
		b.CIs = append(b.CIs, CI{Name: environment, Provider: ProviderGitHub, Repository: "acme/infra", Apply: []string{"branch:main"}, Environments: []string{environment}, Pipeline: path})
	}
	if err := b.Check(); err == nil || !strings.Contains(err.Error(), "pipeline: is the same as that of ci") {
		t.Error(err)
	}
}
