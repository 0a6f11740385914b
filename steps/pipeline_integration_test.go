//go:build integration

package steps

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/terraform"
)

// runner is a machine of the platform's, on which one job runs.
type runner struct {
	*world
	dir string // of the project's checkout
	env []string
}

// runner checks a project out and gives the job its profile as the pipeline's action does: by
// a token of the platform's.
func (w *world) runner(project, role string, claims map[string]any) *runner {
	w.t.Helper()
	r := w.checkout(project)
	token, err := w.server.Token(claims)
	w.must(err)
	temp := w.t.TempDir()
	for name, text := range map[string]string{
		"token":  token,
		"config": "[profile admin_iam]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111111111111:role/stateroom/ci/" + role + "\nweb_identity_token_file = " + temp + "/token\nrole_session_name = run-1\n",
	} {
		w.must(os.WriteFile(filepath.Join(temp, name), []byte(text), 0o600))
	}
	r.env = append(r.env, "RUNNER_TEMP="+temp, "AWS_CONFIG_FILE="+temp+"/config", "AWS_SHARED_CREDENTIALS_FILE="+temp+"/credentials", "AWS_EC2_METADATA_DISABLED=true")
	return r
}

// checkout is a runner with what git has of a directory, and nothing of AWS but where the
// sandbox is.
func (w *world) checkout(dir string) *runner {
	w.t.Helper()
	r := &runner{world: w, dir: w.t.TempDir()}
	if dir != "" {
		dir = filepath.Join("live", dir)
	}
	w.must(os.CopyFS(r.dir, os.DirFS(filepath.Join(w.dir, dir))))
	w.must(filepath.WalkDir(r.dir, func(path string, e os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !slices.Contains([]string{".terraform", ".aws", ".local"}, e.Name()):
			return nil
		}
		w.must(os.RemoveAll(path))
		return filepath.SkipDir
	}))
	for _, entry := range w.shell().Environ() {
		if !strings.HasPrefix(entry, "AWS_") {
			r.env = append(r.env, entry)
		}
	}
	r.env = append(r.env, "TF_IN_AUTOMATION=1")
	for name, value := range awsops.EndpointVariables(w.server.URL()) {
		r.env = append(r.env, name+"="+value)
	}
	return r
}

// script is what a step of the pipeline runs.
func script(t testing.TB, pipeline, step string) string {
	t.Helper()
	_, after, found := strings.Cut(pipeline, "- name: "+step+"\n")
	_, lines, runs := strings.Cut(after, "        run: |\n")
	if !found || !runs {
		t.Fatalf("the pipeline has no step %s", step)
	}
	var b strings.Builder
	for line := range strings.Lines(lines) {
		text, inside := strings.CutPrefix(line, "          ")
		if !inside {
			break
		}
		b.WriteString(text)
	}
	return b.String()
}

// run runs a script as GitHub does.
func (r *runner) run(script string, more ...string) (string, int) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", byEngine(r.t, script))
	return r.ends(cmd, slices.Concat(r.env, more))
}

// byEngine is a script with the engine on PATH in Terraform's place: who has OpenTofu replaces
// the one word, and the image.
func byEngine(t testing.TB, script string) string {
	t.Helper()
	found, err := terraform.Find(t.Context(), "", os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(script, "terraform ", filepath.Base(found.Path)+" ")
}

// ends runs a command of a job to its end.
func (r *runner) ends(cmd *exec.Cmd, env []string) (string, int) {
	r.t.Helper()
	cmd.Dir, cmd.Env = r.dir, env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// TestTheWrittenPipelinePlansAppliesAndFindsDrift runs the scripts of the file that setup
// writes, with real Terraform, the AWS CLI and tokens of the platform: backend.tf and
// provider.tf are those of the laptop.
func TestTheWrittenPipelinePlansAppliesAndFindsDrift(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.withProvider()
	w.healthy(w.run(w.setup(pipelineTeam())))
	pipeline := w.read(workflow)
	w.write("live/staging/main.tf", whoami+"resource \"aws_s3_bucket\" \"app\" { bucket = \"acme-app\" }\n")
	w.alice().in("staging").ok("init")
	reads := "READS=arn:aws:iam::222222222222:role/TerraformAdmin-plan"

	out, code := w.runner("staging", "stateroom-github-plan", job("pull_request")).run(script(t, pipeline, "Plan"), reads)
	if code != 0 || !strings.Contains(out, "1 to add") || !strings.Contains(out, "assumed-role/TerraformAdmin-plan/") {
		t.Fatalf("plan of a pull request: %d\n%s", code, out)
	}
	w.write("live/staging/main.tf", "resource \"aws_s3_bucket\" \"app\" { bucket = \"acme-app\" }\n")
	mark := len(w.server.Log())
	out, code = w.runner("staging", "stateroom-github-plan", job("pull_request")).run(script(t, pipeline, "Apply"))
	if code == 0 || !strings.Contains(out, "AccessDenied") {
		t.Errorf("a pull request applies: %d\n%s", code, out)
	}
	for _, e := range w.server.Log()[mark:] {
		if e.Mutating && e.Code == "" {
			t.Errorf("a pull request changed something: %s %s", e.Operation, e.Resource)
		}
	}
	drifts := func(want int) {
		t.Helper()
		out, code := w.runner("staging", "stateroom-github-plan", job("ref:refs/heads/main")).run(script(t, pipeline, "Look for drift"), reads)
		if code != want {
			t.Errorf("drift: %d, want %d\n%s", code, want, out)
		}
	}
	drifts(2)
	applier := w.runner("staging", "stateroom-github-apply-staging", job("environment:staging"))
	out, code = applier.run(script(t, pipeline, "Apply"))
	if code != 0 || !strings.Contains(out, "1 added") {
		t.Fatalf("apply: %d\n%s", code, out)
	}
	drifts(0)
	out, code = w.runner("production", "stateroom-github-apply-staging", job("environment:staging")).run(script(t, pipeline, "Apply"))
	if code == 0 || !strings.Contains(out, "StatusCode: 403") {
		t.Errorf("staging's gate opens production: %d\n%s", code, out)
	}
	out, code = w.runner("staging", "stateroom-github-apply-staging", map[string]any{"iss": ciIssuer, "aud": "sts.amazonaws.com", "sub": "repo:mallory/infra:environment:staging"}).run(script(t, pipeline, "Apply"))
	if code == 0 || !strings.Contains(out, "Not authorized to perform sts:AssumeRoleWithWebIdentity") {
		t.Errorf("a stranger: %d\n%s", code, out)
	}
	// what the pipeline ran with is what the laptop has
	for _, name := range []string{"backend.tf", "provider.tf"} {
		there, err := os.ReadFile(filepath.Join(applier.dir, name))
		w.must(err)
		if here := w.read("live/staging/" + name); here != string(there) || here == "" {
			t.Errorf("%s is another one", name)
		}
	}
}

// gitLabJob is a job of a .gitlab-ci.yml that setup has written: its variables, and the lines
// that the runner gives to one shell.
func gitLabJob(t testing.TB, pipeline, name string) (variables []string, script string) {
	t.Helper()
	blocks := map[string]string{}
	for _, block := range strings.Split(pipeline, "\n\n") {
		block = strings.TrimRight(block, "\n") + "\n"
		for strings.HasPrefix(block, "#") {
			_, block, _ = strings.Cut(block, "\n")
		}
		head, rest, _ := strings.Cut(block, ":\n")
		blocks[strings.Trim(head, `"`)] = rest
	}
	section := func(of, name string) (lines []string) {
		_, after, found := strings.Cut("\n"+blocks[of], "\n  "+name+":\n")
		for line := range strings.Lines(after) {
			text, inside := strings.CutPrefix(line, "    ")
			if !found || !inside {
				break
			}
			lines = append(lines, strings.TrimRight(text, "\n"))
		}
		return lines
	}
	commands := func(lines []string) string {
		var b strings.Builder
		for _, line := range lines {
			if text, begins := strings.CutPrefix(line, "- "); begins {
				line = strings.TrimPrefix(text, "|")
			} else {
				line = strings.TrimPrefix(line, "  ")
			}
			b.WriteString(line + "\n")
		}
		return b.String()
	}
	job := blocks[name]
	if job == "" {
		t.Fatalf("the pipeline has no job %s", name)
	}
	own := section(name, "script")
	if strings.Contains(job, "extends: .reads\n") {
		own = section(".reads", "script")
	}
	for _, line := range append(section(".terraform", "variables"), section(name, "variables")...) {
		key, value, _ := strings.Cut(line, ": ")
		variables = append(variables, key+"="+strings.Trim(value, `"`))
	}
	before := section(".terraform", "before_script")
	if len(own) == 0 || len(before) == 0 || len(variables) < 3 {
		t.Fatalf("job %s was not read: %v, %v", name, variables, own)
	}
	return variables, commands(before) + commands(own)
}

// runGitLab runs a job of the pipeline as GitLab's runner does: all of its lines in one sh, in
// the checkout, with the token in a variable.
func (w *world) runGitLab(pipeline, job string, claims map[string]any, more ...string) (string, int) {
	w.t.Helper()
	token, err := w.server.Token(claims)
	w.must(err)
	r := w.checkout("")
	variables, text := gitLabJob(w.t, pipeline, job)
	env := slices.Concat(r.env, variables, more, []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_TOKEN=" + token, "CI_PIPELINE_ID=77", "CI_JOB_ID=88", "GITLAB_USER_LOGIN=kim/müller", "TMPDIR=" + w.t.TempDir()})
	out, code := r.ends(exec.CommandContext(w.t.Context(), "sh", "-e", "-c", byEngine(w.t, text)), env)
	if strings.Contains(out, token) {
		w.t.Errorf("job %s shows its token:\n%s", job, out)
	}
	return out, code
}

// TestTheWrittenGitLabPipelinePlansAppliesAndFindsDrift runs the jobs of the file that setup
// writes, with a real engine and tokens of the platform's.
func TestTheWrittenGitLabPipelinePlansAppliesAndFindsDrift(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.withProvider()
	w.healthy(w.run(w.setup(gitLabTeam())))
	pipeline := w.read(".gitlab-ci.yml")
	const bucket = "resource \"aws_s3_bucket\" \"app\" { bucket = \"acme-app\" }\n"
	w.write("live/staging/main.tf", whoami+bucket)
	w.alice().in("staging").ok("init")
	claims := func(ref string) map[string]any {
		return map[string]any{"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:acme/infra:ref_type:branch:ref:" + ref, "project_id": "42"}
	}
	out, code := w.runGitLab(pipeline, "plan common-staging", claims("feature"))
	if code != 0 || !strings.Contains(out, "1 to add") || !strings.Contains(out, "assumed-role/TerraformAdmin-plan/") {
		t.Fatalf("plan of a merge request: %d\n%s", code, out)
	}
	w.write("live/staging/main.tf", bucket)
	mark := len(w.server.Log())
	for what, other := range map[string]map[string]any{
		"a branch that is not main": claims("feature"), "a fork": {"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:mallory/infra:ref_type:branch:ref:main", "project_id": "43"},
		"a project of that name, made anew": {"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:acme/infra:ref_type:branch:ref:main", "project_id": "43"},
	} {
		if out, code = w.runGitLab(pipeline, "apply common-staging", other); code == 0 || !strings.Contains(out, "Not authorized to perform sts:AssumeRoleWithWebIdentity") {
			t.Errorf("%s applies: %d\n%s", what, code, out)
		}
	}
	for _, e := range w.server.Log()[mark:] {
		if e.Mutating && e.Code == "" {
			t.Errorf("who may not apply changed something: %s %s", e.Operation, e.Resource)
		}
	}
	drifts := func(want int) {
		t.Helper()
		if out, code := w.runGitLab(pipeline, "drift common-staging", claims("main")); code != want {
			t.Errorf("drift: %d, want %d\n%s", code, want, out)
		}
	}
	drifts(2)
	mark = len(w.server.Log())
	if out, code = w.runGitLab(pipeline, "apply common-staging", claims("main")); code != 0 || !strings.Contains(out, "1 added") {
		t.Fatalf("apply: %d\n%s", code, out)
	}
	named := false
	for _, e := range w.server.Log()[mark:] {
		named = named || strings.HasSuffix(e.Caller, "assumed-role/stateroom-staging-apply-staging/77-88-kim-m--ller")
	}
	if !named {
		t.Error("no session is named by pipeline, job and person")
	}
	drifts(0)
}

// TestTheLinesByHandPlanAndApplyOnEachPlatform of those whose pipelines setup does not write,
// as they stand, with real Terraform: by the token of the job alone, and who plans applies
// nothing.
func TestTheLinesByHandPlanAndApplyOnEachPlatform(t *testing.T) {
	t.Parallel()
	const gate, other = "{bd715740-c970-486b-b68a-b421ec2a1f8b}", "{1de489be-ce6a-42a0-a8c8-eadbf1174ac8}"
	for platform, c := range map[string]struct {
		token, plan, applier, planner string // the variable of the token, and what differs in subjects
	}{
		"CircleCI":   {"CIRCLE_OIDC_TOKEN_V2", "branch:next", "heads/main", "heads/next"},
		"Bitbucket":  {"BITBUCKET_STEP_OIDC_TOKEN", "environment:" + other, gate, other},
		"any issuer": {"TOKEN", "job:infra:next", "infra:main", "infra:next"},
	} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			w, b, table := newRealWorld(t), team(), hostile()[platform]
			w.withProvider()
			table.ci.Name, table.ci.Environments, table.ci.Plan = "ci", []string{"staging"}, []string{c.plan}
			b.CIs = []blueprint.CI{table.ci}
			summary := w.run(w.setup(b))
			w.healthy(summary)
			shown := shownToRunners(t, findingOf(summary.Findings, "files.pipeline-by-hand").Details)
			w.write("live/staging/main.tf", whoami+"resource \"terraform_data\" \"app\" { input = timestamp() }\n")
			w.alice().in("staging").ok("init")
			job := func(subject string) []string {
				claims := maps.Clone(table.right)
				claims["sub"] = subject
				token, err := w.server.Token(claims)
				w.must(err)
				return []string{
					c.token + "=" + token, "READS=arn:aws:iam::222222222222:role/TerraformAdmin-plan", "CIRCLE_BUILD_NUM=7", "CIRCLE_USERNAME=kim",
					"BITBUCKET_BUILD_NUMBER=7", "BITBUCKET_STEP_TRIGGERER_UUID=kim", "RUN=7", "ACTOR=kim",
				}
			}
			applier := table.right["sub"].(string)
			planner := strings.Replace(applier, c.applier, c.planner, 1)
			plans, applies := "ROLE="+ciRole("stateroom-ci-plan")+"\n", "ROLE="+ciRole("stateroom-ci-apply-staging")+"\n"
			kept := w.checkout("staging")
			out, code := kept.run(plans+shown.begin+shown.plan+plannedByHand, job(planner)...)
			if code != 0 || !strings.Contains(out, "terraform_data.app") || !strings.Contains(out, "assumed-role/TerraformAdmin-plan/") {
				t.Errorf("plan: %d\n%s", code, out)
			}
			if out, code = kept.run(applies+shown.begin+shown.apply+appliedByHand, job(planner)...); code == 0 || !strings.Contains(out, "AssumeRoleWithWebIdentity") {
				t.Errorf("who plans applies: %d\n%s", code, out)
			}
			mark := len(w.server.Log())
			if out, code = kept.run(applies+shown.begin+shown.apply+appliedByHand, job(applier)...); code != 0 || !strings.Contains(out, "Apply complete!") {
				t.Errorf("apply: %d\n%s", code, out)
			}
			if !slices.ContainsFunc(w.server.Log()[mark:], func(e sandbox.Entry) bool {
				return strings.HasSuffix(e.Caller, "assumed-role/stateroom-ci-apply-staging/ci-7-kim")
			}) {
				t.Error("no session is named by run and person")
			}
		})
	}
}
