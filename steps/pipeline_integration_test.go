//go:build integration

package steps

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
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
	r := &runner{world: w, dir: w.t.TempDir()}
	w.must(os.CopyFS(r.dir, os.DirFS(filepath.Join(w.dir, "live", project))))
	w.must(os.RemoveAll(filepath.Join(r.dir, ".terraform")))
	token, err := w.server.Token(claims)
	w.must(err)
	temp := w.t.TempDir()
	for name, text := range map[string]string{
		"token":  token,
		"config": "[profile admin_iam]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111111111111:role/stateroom/ci/" + role + "\nweb_identity_token_file = " + temp + "/token\nrole_session_name = run-1\n",
	} {
		w.must(os.WriteFile(filepath.Join(temp, name), []byte(text), 0o600))
	}
	for _, entry := range w.shell().Environ() {
		if !strings.HasPrefix(entry, "AWS_") {
			r.env = append(r.env, entry)
		}
	}
	r.env = append(r.env, "RUNNER_TEMP="+temp, "AWS_CONFIG_FILE="+temp+"/config", "AWS_SHARED_CREDENTIALS_FILE="+temp+"/credentials", "AWS_EC2_METADATA_DISABLED=true", "TF_IN_AUTOMATION=1")
	for name, value := range awsops.EndpointVariables(w.server.URL()) {
		r.env = append(r.env, name+"="+value)
	}
	return r
}

// script is what a step of the pipeline runs.
func script(t *testing.T, pipeline, step string) string {
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
	cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = r.dir, slices.Concat(r.env, more)
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
	out, code = applier.run("aws --profile admin_iam sts get-caller-identity --output text --query Arn")
	if code != 0 || !strings.Contains(out, "assumed-role/stateroom-github-apply-staging/run-1") {
		t.Errorf("the AWS CLI: %d\n%s", code, out)
	}
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
