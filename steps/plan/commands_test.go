package plan

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// TestACommandThatAllowsSomethingIsTheRunsOwn: it has the flags of the run, and a consent
// that a shell takes as one word.
func TestACommandThatAllowsSomethingIsTheRunsOwn(t *testing.T) {
	t.Parallel()
	f := Finding{ID: "a.b", Evidence: "It is so.", Remedy: "Send it, or make it again.", Commands: append(Allow("Make it again", "a b", "c"), Copy("Look", "aws iam get-user --user-name %s", "bob")...)}
	told := f.In("stateroom handover bob --sandbox")
	if got, want := told.Commands[0].Line, "stateroom handover bob --sandbox --adopt 'a b' --adopt c"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := told.Commands[1].Line, "aws iam get-user --user-name bob"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if f.Commands[0].Line != "" {
		t.Error("the finding itself was changed")
	}
	text, err := json.Marshal(told)
	if err != nil || !strings.Contains(string(text), `"commands":[{"does":"Make it again","line":"stateroom handover`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestACommandThatIsCopiedStaysOneLine: a name with a line end or a command to the terminal
// in it is written out as bash and zsh read it, and whatever shows itself is plainly quoted.
func TestACommandThatIsCopiedStaysOneLine(t *testing.T) {
	for word, want := range map[string]string{
		"a\nb": `$'a\x0ab'`, "x\x1b[2J": `$'x\x1b[2J'`, "it's\n\\": `$'it\'s\x0a\\'`, "\ufeffops": `$'\xef\xbb\xbfops'`,
		"it's": `'it'\''s'`, "über": `'über'`, "plain": "plain", "": "''",
	} {
		got := Shell(word)
		if got != want {
			t.Errorf("%q is written %s, want %s", word, got, want)
		}
		if bash, err := exec.LookPath("bash"); err == nil {
			if out, err := exec.CommandContext(t.Context(), bash, "-c", "printf %s "+got).Output(); err != nil || string(out) != word {
				t.Errorf("bash takes %s for %q, %v", got, out, err)
			}
		}
	}
}
