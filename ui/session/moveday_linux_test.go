//go:build linux && !race && !integration

package session_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/plan"
	"stateroom/ui/ptytest"
)

// rehearses runs the program at 80 by 24, for which there is no AWS but the one in it.
func (l *laptop) rehearses(args ...string) *terminal {
	l.t.Helper()
	p := &terminal{ptytest.New(l.t, 80, 24), l.t}
	command := exec.CommandContext(l.t.Context(), l.program(), append(args, "--sandbox")...)
	command.Dir, command.Env = l.base, l.environment()
	p.Start(command)
	return p
}

// TestTheMoveFromAKeyToIdentityCenterCanBeRehearsed: whoever practices has a key first, which
// leaves the laptop in one plan; and can go back and practice the first day in its place.
func TestTheMoveFromAKeyToIdentityCenterCanBeRehearsed(t *testing.T) {
	t.Parallel()
	l := (&company{t: t}).laptop("alice")
	stage := filepath.Join(l.base, "stage")
	p := l.rehearses("onboard", "--dir", stage)
	for _, s := range []step{
		{"Which day do you want to practice?", down + "\r"}, {" to do", "\r"}, {"yes, apply", "y"},
	} {
		p.Until(s.until)
		p.Type(s.keys)
	}
	p.leaves("alice@example.com's access works in")
	says(t, p.Text(), "Terraform uses alice's access key on this laptop", "is deactivated and gone")
	credentials, err := os.ReadFile(filepath.Join(stage, "home", ".aws", "credentials"))
	l.must(err)
	if strings.Contains(string(credentials), "[admin_iam") || strings.Count(string(credentials), "aws_secret_access_key") != 1 {
		t.Errorf("the credentials hold %q", credentials)
	}

	lines := l.rehearses("onboard", "--plain")
	for _, s := range []step{{"Which day do you want to practice?", "2\r"}, {"Only 'yes' is accepted", "no\r"}} {
		lines.Until(s.until)
		lines.Type(s.keys)
	}
	lines.Ended(plan.ExitFailed)

	back := l.rehearses("onboard")
	for _, s := range []step{
		{"Which day do you want to practice?", down + "\r"}, {" to do", "e"}, {"Which day do you want to practice?", "\x1b[A\r"}, {"Bob cannot run Terraform on this laptop yet", "\r"}, {"yes, apply", "y"},
	} {
		back.Until(s.until)
		back.Type(s.keys)
	}
	back.leaves("Bob's access works in")
}
