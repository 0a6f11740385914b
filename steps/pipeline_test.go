package steps

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

const workflow = ".github/workflows/terraform.yml"

// pipelineTeam is a team that asks for the pipeline's file.
func pipelineTeam() *blueprint.Blueprint {
	b := ciTeam()
	b.CIs[0].Pipeline, b.CIs[0].Watch = workflow, true
	return b
}

// gitLabTeam is one with GitLab, whose blocks are one for each environment.
func gitLabTeam() *blueprint.Blueprint {
	b := team()
	b.CIs = []blueprint.CI{{
		Name: "staging", Provider: blueprint.ProviderGitLab, Repository: "acme/infra", RepositoryID: "42",
		Plan: []string{"merge_request", "branch:main"}, Apply: []string{"branch:main"}, Environments: []string{"staging"}, Pipeline: ".gitlab-ci.yml", Watch: true,
	}}
	return b
}

// TestThePipelinesAreTheOnesOnRecord, a job of each for every project.
func TestThePipelinesAreTheOnesOnRecord(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*blueprint.Blueprint{"pipeline_github.yml": pipelineTeam(), "pipeline_gitlab.yml": gitLabTeam()} {
		b.FillDefaults()
		o := &Observed{}
		o.Account.Identity.Partition = "aws"
		text := pipelineText(o, &blueprint.Answers{Blueprint: b}, b.CIs[0])
		golden(t, name, []byte(text))
		if !ownPipeline(text) || !ownPipeline(strings.ReplaceAll(text, "\n", "\r\n")) || ownPipeline(strings.Replace(text, "5m", "6m", 1)) || ownPipeline(text+"\n") || ownPipeline("") {
			t.Errorf("%s: what is edited is not told from what is not", name)
		}
	}
}

// TestNoAnswerIsCodeInAPipeline: neither to YAML, nor to the platform's expressions and
// variables, nor a pattern of branches.
func TestNoAnswerIsCodeInAPipeline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    *blueprint.Blueprint
		says []string
	}{
		{pipelineTeam(), []string{
			`dir: "live/${{ '${{' }} github.token }} \"$(id)"`, `branches: ["a\\+b"]`, `aws-profile: "@x"`, `audience: "@y"`,
		}},
		{gitLabTeam(), []string{`DIR: "live/$${{ github.token }} \"$$(id)"`, `$CI_COMMIT_BRANCH == "a+b"`, `[profile @x]`, `aud: "@y"`}},
	} {
		b := c.b
		b.FillDefaults()
		b.AdminProfile, b.CIs[0].Audience, b.Projects[0].Dir = "@x", "@y", `live/${{ github.token }} "$(id)`
		b.CIs[0].Plan[1], b.CIs[0].Apply, b.CIs[0].Environments = "branch:a+b", []string{"branch:a+b"}, []string{"staging"}
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		o := &Observed{}
		o.Account.Identity.Partition = "aws"
		says(t, pipelineText(o, &blueprint.Answers{Blueprint: b}, b.CIs[0]), c.says...)
	}
}

// TestAPipelineHasAJobOrIsRefused: a file without one is an error to the platforms.
func TestAPipelineHasAJobOrIsRefused(t *testing.T) {
	t.Parallel()
	terms := [][]string{nil, {"pull_request"}, {"merge_request"}, {"branch:main"}, {"branch:trunk"}, {"tag:v1"}, {"environment:staging"}, {"environment:other"}, {"branch:main", "tag:v1"}}
	for _, provider := range []string{blueprint.ProviderGitHub, blueprint.ProviderGitLab} {
		for i := range len(terms) * len(terms) * 4 {
			b := pipelineTeam()
			ci := &b.CIs[0]
			ci.Provider, ci.OwnerID, ci.RepositoryID, ci.Plan, ci.Apply, ci.Environments, ci.Watch = provider, "", "", terms[i/4%len(terms)], terms[i/4/len(terms)], []string{"staging"}, false
			b.FillDefaults()
			if len(ci.Plan)+len(ci.Apply) == 0 || b.Check() != nil && !strings.Contains(b.Check().Error(), "would have no job") {
				continue // refused for another reason
			}
			if i%2 == 1 {
				ci.Environments = []string{"staging", "production"}
			}
			if i%4 > 1 {
				b.Projects = slices.DeleteFunc(b.Projects, func(p blueprint.Project) bool { return p.Environment == "staging" })
			}
			err := b.Check()
			if err != nil && !strings.Contains(err.Error(), "would have no job") {
				continue
			}
			o := &Observed{}
			o.Account.Identity.Partition = "aws"
			var file map[string]any
			if err := yaml.Unmarshal([]byte(pipelineText(o, &blueprint.Answers{Blueprint: b}, *ci)), &file); err != nil {
				t.Fatal(err)
			}
			jobs, of := file, file["jobs"]
			if provider == blueprint.ProviderGitHub {
				jobs, _ = of.(map[string]any)
			}
			has := false
			for name, job := range jobs {
				_, is := job.(map[string]any)
				has = has || is && !strings.HasPrefix(name, ".")
			}
			if has == (err != nil) {
				t.Errorf("%s plans %v, applies %v to %v with %d projects: a job %t, refused %v", provider, ci.Plan, ci.Apply, ci.Environments, len(b.Projects), has, err)
			}
		}
	}
}

// TestAPipelineMintsWhatTheTrustLists: a job whose token no role lets in is not written.
func TestAPipelineMintsWhatTheTrustLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan, apply []string
		has, hasNot []string
	}{
		"all":                   {[]string{"pull_request", "branch:main"}, []string{"environment:staging"}, []string{"  plan:", "  apply:", "  drift:", "environment: ${{ matrix.gate }}"}, nil},
		"no drift":              {[]string{"pull_request"}, []string{"environment:staging"}, []string{"  plan:", "  apply:"}, []string{"  drift:"}},
		"drift alone":           {[]string{"branch:trunk"}, nil, []string{"  drift:", `branches: ["trunk"]`}, []string{"  plan:", "  apply:"}},
		"a branch that applies": {nil, []string{"branch:trunk"}, []string{"  apply:", `branches: ["trunk"]`}, []string{"  plan:", "  drift:", "environment:"}},
		"a tag that applies":    {nil, []string{"tag:v1"}, nil, []string{"  plan:", "  apply:", "  drift:"}},
	} {
		b := pipelineTeam()
		b.CIs[0].Plan, b.CIs[0].Apply, b.CIs[0].Environments = c.plan, c.apply, []string{"staging"}
		b.FillDefaults()
		o := &Observed{}
		o.Account.Identity.Partition = "aws"
		text := pipelineText(o, &blueprint.Answers{Blueprint: b}, b.CIs[0])
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %q:\n%s", name, want, text)
			}
		}
		for _, not := range c.hasNot {
			if strings.Contains(text, not) {
				t.Errorf("%s: has %q:\n%s", name, not, text)
			}
		}
	}
}

// TestAPipelineIsWrittenWhenAskedAndKeptOnceEdited, byte for byte, and written anew with the
// blueprint as long as nobody has.
func TestAPipelineIsWrittenWhenAskedAndKeptOnceEdited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	path := filepath.Join(w.dir, filepath.FromSlash(workflow))
	summary := w.run(w.setup(ciTeam()))
	w.healthy(summary)
	if _, err := os.Stat(path); err == nil || findingOf(summary.Findings, "files.pipeline-offered") == nil {
		t.Errorf("it was written unasked, or not offered: %v", findingIDs(summary.Findings))
	}
	w.healthy(w.run(w.setup(pipelineTeam())))
	first := w.read(workflow)
	w.settledNow(pipelineTeam())
	locks := pipelineTeam()
	locks.CIs[0].PlanLock = true
	w.healthy(w.run(w.setup(locks)))
	if second := w.read(workflow); first == second || !strings.Contains(second, "-lock-timeout=5m\n") {
		t.Error("the blueprint changed and the pipeline did not")
	}
	edited := w.read(workflow) + "# ours\r\n"
	w.write(workflow, edited)
	summary = w.run(w.setup(pipelineTeam()))
	w.healthy(summary)
	if f := findingOf(summary.Findings, "files.pipeline-edited"); f == nil || !strings.Contains(f.Details, "jobs:") || w.read(workflow) != edited {
		t.Errorf("an edited pipeline: %v", f)
	}
}

// TestWhereNoPipelineIsWrittenTheProfileIsTold, with the platform's own token.
func TestWhereNoPipelineIsWrittenTheProfileIsTold(t *testing.T) {
	t.Parallel()
	b := team()
	b.CIs = []blueprint.CI{hostile()["CircleCI"].ci}
	b.CIs[0].Name, b.CIs[0].Environments = "circle", []string{"staging"}
	o := &Observed{}
	o.Account.Identity.Partition = "aws"
	f := offeredPipeline(o, &blueprint.Answers{Blueprint: b}, b.CIs[0])
	for _, want := range []string{"[profile admin_iam]", "$CIRCLE_OIDC_TOKEN_V2", "circle-${CIRCLE_BUILD_NUM-}-${CIRCLE_USERNAME-}", "role_session_name = $session", "role/stateroom/ci/stateroom-circle-apply-staging"} {
		if !strings.Contains(f.Details, want) {
			t.Errorf("lacks %q:\n%s", want, f.Details)
		}
	}
}
