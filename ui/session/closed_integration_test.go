//go:build integration

package session_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"stateroom/steps/plan"
)

// wall is a proxy that lets nothing out and notes who asked to leave. Loopback
// addresses are not sent through it.
type wall struct {
	*httptest.Server
	mu   sync.Mutex
	left []string
}

func newWall(t *testing.T) *wall {
	t.Helper()
	w := &wall{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.left = append(w.left, r.Method+" "+r.Host)
		answer.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wall) variables() []string {
	var set []string
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		set = append(set, name+"="+w.URL)
	}
	return append(set, "NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1", "AWS_MAX_ATTEMPTS=1")
}

// escaped is who asked to leave since the last time.
func (w *wall) escaped() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.left
	w.left = nil
	return left
}

// TestNoCallOfARehearsalLeavesThisMachine runs the program, Terraform and the
// AWS CLI behind a wall: on the sandbox inside the program, on a served one by
// --endpoint-url alone and by AWS_ENDPOINT_URL alone, and as a shell that has
// what `stateroom sandbox --listen` prints. Role profiles are in use in each. Beside
// a rehearsal somebody's own AWS is set up in the environment.
func TestNoCallOfARehearsalLeavesThisMachine(t *testing.T) {
	c := founded(t)
	w := newWall(t)
	l, operator := c.laptop("bob").clone(), c.operator()
	// bare is a laptop's environment without a word of an endpoint.
	bare := func(l *laptop, more ...string) []string {
		env := slices.DeleteFunc(l.environment(w.variables()...), func(entry string) bool { return strings.HasPrefix(entry, "AWS_ENDPOINT_URL") })
		return append(env, more...)
	}
	// theirs is the same with somebody's own AWS all over it, some of which the SDK
	// cannot read.
	theirs := bare(l, "AWS_PROFILE=not-there", "AWS_ACCESS_KEY_ID=AKIATHEIRS", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=s",
		"AWS_REGION=us-gov-west-1", "AWS_ENDPOINT_URL=http://aws.example", "AWS_ENDPOINT_URL_S3=http://s3.example", "AWS_ENDPOINT_URL_STS=http://sts.example",
		"AWS_ENDPOINT_URL_IAM=http://iam.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "AWS_USE_FIPS_ENDPOINT=true", "AWS_EC2_METADATA_DISABLED=false",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1", "AWS_CA_BUNDLE=/not/there", "AWS_MAX_ATTEMPTS=many", "AWS_DEFAULTS_MODE=auto", "TF_DATA_DIR=/not/there")
	endpoint := "AWS_ENDPOINT_URL=" + c.server.URL()
	role := []string{"AWS_PROFILE=admin_iam-production", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}
	served := append(l.environment(w.variables()...), role...)
	flag := []string{"--endpoint-url", c.server.URL()}
	// The environment's role may not see the bucket: init ends with its answer.
	project := t.TempDir()
	c.must(os.WriteFile(filepath.Join(project, "backend.tf"), []byte(`terraform {
  backend "s3" {
    bucket         = "acme-terraform-state"
    key            = "k"
    region         = "eu-west-1"
    profile        = "admin_iam-production"
    use_path_style = true
  }
}
`), 0o600))
	terraform := []string{filepath.Join(l.path, "terraform"), "init", "-no-color", "-input=false"}
	for _, run := range []struct {
		name, dir, input string
		env, args        []string
	}{
		{"setup, by the flag", operator.folder, "", bare(operator), append([]string{l.program(), "setup", "--yes"}, flag...)},
		{"setup, by the variable", operator.folder, "", bare(operator, endpoint), []string{l.program(), "setup", "--dry-run"}},
		{"onboarding, by the flag", l.folder, l.typed(), bare(l), append([]string{l.program(), "onboard", "--plain"}, flag...)},
		{"a checkup, by the flag", l.folder, "", bare(l), append([]string{l.program(), "troubleshoot", "--plain"}, flag...)},
		{"a checkup as a role profile, by both", l.folder, "", bare(l, append(role, endpoint)...), append([]string{l.program(), "troubleshoot", "--plain"}, flag...)},
		{"setup in the sandbox", t.TempDir(), "", theirs, []string{l.program(), "setup", "--sandbox", "--yes"}},
		{"onboarding in the sandbox", t.TempDir(), "", theirs, []string{l.program(), "onboard", "--sandbox", "--yes"}},
		{"troubleshooting in the sandbox", t.TempDir(), "", theirs, []string{l.program(), "troubleshoot", "--sandbox", "--yes", "--break", "kms-disabled"}},
		{"Terraform by a role profile", project, "", served, terraform},
		{"the AWS CLI by a role profile", project, "", served, []string{"aws", "sts", "get-caller-identity"}},
	} {
		t.Run(run.name, func(t *testing.T) {
			got := l.as(run.dir, run.input, run.env, run.args[0], run.args[1:]...)
			done := got.code == 0 || run.args[1] == "init" && strings.Contains(got.out+got.err, "StatusCode: 403") || run.args[1] == "troubleshoot" && got.code == plan.ExitFindings
			if left := w.escaped(); len(left) > 0 || !done {
				t.Errorf("code %d, and these left this machine: %q\n%s%s", got.code, left, got.out, got.err)
			}
		})
	}
	// The wall sees what does leave: Terraform's own chain with the one variable.
	got := l.as(project, "", bare(l, append(role, endpoint)...), terraform[0], terraform[1:]...)
	if left := w.escaped(); !slices.ContainsFunc(left, func(to string) bool { return strings.Contains(to, "sts.") }) {
		t.Errorf("the wall does not see a call to STS: %q\n%s%s", left, got.out, got.err)
	}
}
