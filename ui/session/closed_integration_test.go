//go:build integration

package session_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"stateroom/steps"
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
// what `stateroom sandbox --listen` prints. Role profiles are in use in each.
func TestNoCallOfARehearsalLeavesThisMachine(t *testing.T) {
	c := founded(t)
	w := newWall(t)
	l := c.operator()
	endpoint := "AWS_ENDPOINT_URL=" + l.server.URL()
	bare := slices.DeleteFunc(l.environment(w.variables()...), func(entry string) bool { return strings.HasPrefix(entry, "AWS_ENDPOINT_URL") })
	role := append(slices.Clone(bare), "AWS_PROFILE=admin_iam-production", "AWS_REGION=eu-west-1")
	served := append(l.environment(w.variables()...), "AWS_PROFILE=admin_iam-production", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1")
	shell := filepath.Join(l.folder, "live", "production")
	for _, run := range []struct {
		name string
		dir  string
		env  []string
		args []string
		code []int
	}{
		{"set-up, by the flag", l.folder, bare, []string{l.program(), "setup", "--yes", "--endpoint-url", l.server.URL()}, []int{steps.ExitDone}},
		{"set-up, by the variable", l.folder, append(slices.Clone(bare), endpoint), []string{l.program(), "setup", "--dry-run"}, []int{steps.ExitDone}},
		{"a checkup, by the flag", l.folder, bare, []string{l.program(), "troubleshoot", "--plain", "--endpoint-url", l.server.URL()}, []int{steps.ExitDone, steps.ExitFindings}},
		{"a checkup as a role profile, by both", l.folder, append(slices.Clone(role), endpoint), []string{l.program(), "troubleshoot", "--plain", "--endpoint-url", l.server.URL()}, []int{steps.ExitDone, steps.ExitFindings}},
		{"set-up in the sandbox", t.TempDir(), bare, []string{l.program(), "setup", "--sandbox", "--yes"}, []int{steps.ExitDone}},
		{"onboarding in the sandbox", t.TempDir(), bare, []string{l.program(), "onboard", "--sandbox", "--yes"}, []int{steps.ExitDone}},
		{"troubleshooting in the sandbox", t.TempDir(), bare, []string{l.program(), "troubleshoot", "--sandbox", "--yes", "--break", "kms-disabled"}, []int{steps.ExitDone}},
		{"Terraform by a role profile", shell, served, []string{filepath.Join(l.path, "terraform"), "plan", "-no-color"}, []int{0}},
		{"the AWS CLI by a role profile", shell, served, []string{"aws", "sts", "get-caller-identity"}, []int{0}},
	} {
		t.Run(run.name, func(t *testing.T) {
			got := l.as(run.dir, "", run.env, run.args[0], run.args[1:]...)
			if left := w.escaped(); len(left) > 0 || !slices.Contains(run.code, got.code) {
				t.Errorf("code %d, and these left this machine: %q\n%s%s", got.code, left, got.out, got.err)
			}
		})
	}
	// The wall sees what does leave: Terraform's own chain with the one variable.
	l.as(shell, "", append(slices.Clone(role), endpoint), filepath.Join(l.path, "terraform"), "plan", "-no-color")
	if left := w.escaped(); !slices.ContainsFunc(left, func(to string) bool { return strings.Contains(to, "sts.") }) {
		t.Errorf("the wall does not see a call to STS: %q", left)
	}
}
