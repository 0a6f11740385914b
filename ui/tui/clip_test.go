package tui

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
)

// onTerminal is a root that writes to a terminal of this environment.
func onTerminal(m *root, env map[string]string) *bytes.Buffer {
	out := &bytes.Buffer{}
	m.o.Out, m.o.Getenv = out, func(name string) string { return env[name] }
	return out
}

func osc52(text string) string {
	return "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
}

func TestCopyTakesWhatIsUnderTheCursorAndSaysWhat(t *testing.T) {
	for _, c := range []struct {
		keys           []string
		copied, notice string
	}{
		{[]string{"2"}, "arn:aws:iam::111111111111:user/alice", "Copied the target: arn:aws:iam::111111111111:user/alice"},
		{[]string{"4"}, "Create the state encryption key", "Copied the title: Create the state encryption key"},
		{[]string{"8"}, "terraform init", "Copied the command: terraform init"},
		{[]string{"1"}, "The admin account holds 3 other resources.\nNothing has to be done.", "Copied the finding: The admin account holds 3 other resources. (and 1 more line)"},
		{[]string{"7", "d"}, "@@ -0,0 +1,3 @@\n+terraform {\n+  backend \"s3\" {}\n+}", "Copied the text: @@ -0,0 +1,3 @@ (and 3 more lines)"},
	} {
		m := reviewingRoot(t, plainLook, Options{})
		out := onTerminal(m, nil)
		press(m, append(c.keys, "y")...)
		if out.String() != osc52(c.copied) {
			t.Errorf("%v wrote %q, not %q", c.keys, out, osc52(c.copied))
		}
		if view := m.View(); !strings.Contains(view, c.notice) {
			t.Errorf("%v: no %q on\n%s", c.keys, c.notice, view)
		}
	}
}

// A name that AWS gave must not bring a command into the shell that it is pasted into.
func TestWhatIsCopiedHoldsNoControlCharacter(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	out := onTerminal(m, nil)
	m.run.review.Changes[0].Target = "arn:aws:iam::111111111111:user/a\x1b[201~\rrm"
	press(m, "2", "y")
	if want := osc52(`arn:aws:iam::111111111111:user/a\x1b[201~\x0drm`); out.String() != want {
		t.Errorf("%q, not %q", out, want)
	}
}

func TestATextThatNoTerminalTakesIsNotCopied(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	out := onTerminal(m, nil)
	m.run.review.Changes[0].Target = strings.Repeat("x", mostCopied+1)
	press(m, "2", "y")
	if out.Len() > 0 || !strings.Contains(m.View(), "Not copied: the target is longer than a terminal takes.") {
		t.Errorf("%d bytes\n%s", out.Len(), m.View())
	}
}

// TestNoSecretCanBeCopied presses the key on every screen that shows or takes a secret.
func TestNoSecretCanBeCopied(t *testing.T) {
	for _, name := range []string{"passphrase", "enrolment", "mfa", "run-refused", "run-pasted", "help"} {
		m := screens[name](t, plainLook)
		out := onTerminal(m, nil)
		press(m, "y")
		if out.Len() > 0 {
			t.Errorf("%s: %q", name, out)
		}
	}
	m := applyingRoot(t, plainLook)
	out := onTerminal(m, nil)
	_, cmd := m.Update(plan.Event{Kind: plan.EventPassphrase, Text: "bob", Passphrase: secret.New("aaaa-bbbb")})
	deliver(m, cmd)
	for _, k := range []string{"y", "down", "y"} {
		press(m, k)
	}
	if out.Len() > 0 {
		t.Errorf("the passphrase: %q", out)
	}
}
