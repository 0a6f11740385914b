package plan

import (
	"encoding/json"
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
