//go:build integration

package onboard

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
)

// terraform runs the engine on PATH in a project, as the member would in a terminal.
func (l *laptop) terraform(dir string, args ...string) (string, int) {
	l.t.Helper()
	command := exec.CommandContext(l.t.Context(), l.engine.Path, args...) // #nosec G204 -- a test's own
	command.Dir, command.Env = filepath.Join(l.root, filepath.FromSlash(dir)), l.shell(awsops.KeyPair{}).Environ()
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// signedInWithEngine is a member's laptop after a first sign-in, with the engine on PATH.
func signedInWithEngine(t *testing.T) (*company, *laptop) {
	t.Helper()
	c := signingIn(t)
	l := c.laptop("")
	found, err := terraform.Find(t.Context(), "", os.Environ())
	l.must(err)
	l.engine, l.variables = found, l.variables.With(mirror.With(t))
	_, f := l.comesAsMember(&person{opens: browser})
	if s := l.run(f); s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
	}
	return c, l
}

// TestTerraformWorksByTheSignIn from the backend to the provider, with the token that
// stateroom keeps and nothing else: Terraform renews one that has expired, and what fails of
// a sign-in is named with the remedy that is its own.
func TestTerraformWorksByTheSignIn(t *testing.T) {
	t.Parallel()
	c, l := signedInWithEngine(t)
	const staging = "live/staging"
	l.must(os.WriteFile(filepath.Join(l.root, staging, "main.tf"), []byte("data \"aws_caller_identity\" \"me\" {}\noutput \"who\" { value = data.aws_caller_identity.me.arn }\nresource \"terraform_data\" \"a\" {}\n"), 0o600))
	works := func(what string, args ...string) {
		t.Helper()
		if out, code := l.terraform(staging, args...); code != 0 {
			t.Fatalf("%s: %d\n%s", what, code, out)
		}
	}
	fails := func(what, id string) {
		t.Helper()
		mark := len(c.server.Log())
		out, code := l.terraform(staging, "plan", "-no-color", "-input=false")
		if code == 0 {
			t.Fatalf("%s: it went through\n%s", what, out)
		}
		if got := diagnosis.FromText(out); got[0].ID != id {
			t.Errorf("%s: %s, not %s, of\n%s", what, got[0].ID, id, out)
		}
		l.secretFree(what, []byte(out))
		for _, e := range c.server.Log()[mark:] {
			if e.Operation == "PutObject" && e.Code == "" {
				t.Errorf("%s: %s wrote %s", what, e.Caller, e.Resource)
			}
		}
	}
	mark := len(c.server.Log())
	works("init", "init", "-no-color", "-input=false")
	works("apply", "apply", "-no-color", "-input=false", "-auto-approve")
	if out, _ := l.terraform(staging, "output", "-no-color", "who"); !strings.Contains(out, ":222222222222:assumed-role/TerraformAdmin/") {
		t.Errorf("the provider is %s", out)
	}
	written := 0
	for _, e := range c.server.Log()[mark:] {
		if e.Operation == "PutObject" && strings.HasSuffix(e.Resource, "common/staging") {
			written++
			if !strings.Contains(e.Caller, "/AWSReservedSSO_Terraform-admins_") || !strings.HasSuffix(e.Caller, "/alice@acme.com") {
				t.Errorf("%s wrote the state", e.Caller)
			}
		}
	}
	if written == 0 {
		t.Error("nobody wrote the state")
	}

	was := l.ages(-time.Minute)
	works("a token that has expired", "plan", "-no-color", "-input=false")
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	if token, _ := awsops.ReadPortalToken(text); token.Access.Reveal() == was || !token.Renewable(time.Now()) {
		t.Errorf("Terraform did not renew the token, or stateroom cannot after it: %t", token.Renewable(time.Now()))
	}

	l.must(os.Remove(l.tokenFile()))
	fails("nobody is signed in", diagnosis.SSOExpired.ID)
	l.must(os.WriteFile(l.tokenFile(), text[:len(text)/2], 0o600))
	fails("half a file", diagnosis.SSOExpired.ID)
	l.must(os.WriteFile(l.tokenFile(), text, 0o600))
	mistyped := strings.ReplaceAll(l.read(".aws/config"), "sso_role_name = Terraform-admins", "sso_role_name = TerraformAdmins")
	right := l.read(".aws/config")
	l.write(".aws/config", mistyped)
	fails("another permission set", diagnosis.SSONotAssigned.ID)
	l.write(".aws/config", strings.ReplaceAll(right, "sso_region = eu-central-1\n", ""))
	fails("no region in the session", diagnosis.SSOSettingsIncomplete.ID)
	l.write(".aws/config", strings.ReplaceAll(right, "[sso-session stateroom", "[sso-session other"))
	fails("no session of that name", diagnosis.ProfileMissing.ID)
	l.write(".aws/config", right)
	l.ended()
	fails("a sign-in that was ended", diagnosis.SSOExpired.ID)

	p := &person{opens: browser}
	s, err := l.logsIn(p)
	l.must(err)
	if s.ExitCode(false) != plan.ExitDone || len(p.visits) != 1 {
		t.Errorf("login ended with %d after %d visits: %v", s.ExitCode(false), len(p.visits), s.Findings)
	}
	works("a sign-in anew", "plan", "-no-color", "-input=false")
}

// TestOneSignInServesEveryProgramAtOnce: several Terraforms that find the token expired at the same
// time, and stateroom login beside them, all go through, and what is kept afterwards counts.
func TestOneSignInServesEveryProgramAtOnce(t *testing.T) {
	t.Parallel()
	c, l := signedInWithEngine(t)
	l.ages(-time.Minute)
	type ended struct {
		what, out string
		code      int
	}
	var all []chan ended
	start := func(what string, run func() (string, int)) {
		done := make(chan ended, 1)
		all = append(all, done)
		go func() { out, code := run(); done <- ended{what, out, code} }()
	}
	for _, dir := range []string{"live/staging", "live/production"} {
		start("terraform in "+dir, func() (string, int) { return l.terraform(dir, "init", "-no-color", "-input=false", "-reconfigure") })
	}
	start("stateroom login", func() (string, int) {
		s, err := l.logsIn(&person{opens: browser})
		if err != nil {
			return err.Error(), 1
		}
		return "", s.ExitCode(false)
	})
	for _, done := range all {
		if e := <-done; e.code != 0 {
			t.Errorf("%s: %d\n%s", e.what, e.code, e.out)
		}
	}
	text, err := os.ReadFile(l.tokenFile())
	l.must(err)
	if token, at := awsops.ReadPortalToken(text); !token.Valid(time.Now(), time.Minute) || at.StartURL != c.server.StartURL() {
		t.Errorf("what is kept: valid %t, of %s", token.Valid(time.Now(), time.Minute), at.StartURL)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(l.tokenFile()), "*"))
	l.must(err)
	if left = slices.DeleteFunc(left, func(path string) bool { return path == l.tokenFile() }); len(left) > 0 {
		t.Errorf("left beside it: %v", left)
	}
}
