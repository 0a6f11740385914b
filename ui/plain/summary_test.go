package plain

import (
	"bytes"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

// TestWhatWaitsForConsentIsAllowedByOneCommandForEachName: the command stands whole on a
// line of its own, once for all that it allows.
func TestWhatWaitsForConsentIsAllowedByOneCommandForEachName(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := NewLines(&out)
	l.Command = "stateroom offboard bob"
	l.waiting([]plan.Change{
		{Title: "Delete bob's access key", NotOurs: "bob"},
		{Title: "End everybody's sessions", NotOurs: "bob/sessions"},
		{Title: "Delete the user bob for good", NotOurs: "bob"},
		{Title: "Create carol's access key", NotOurs: "AKIA", Agreeing: "replace"},
		{Title: "Needs another change"},
	})
	for _, want := range []string{
		"Delete bob's access key; Delete the user bob\n  for good. To allow it, run:\n    stateroom offboard bob --adopt bob\n",
		"End everybody's sessions. To allow it, run:\n    stateroom offboard bob --adopt bob/sessions\n",
		"Create carol's access key. To replace it, run:\n    stateroom offboard bob --adopt AKIA\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "another change") {
		t.Errorf("what waits for another change is told by itself:\n%s", out.String())
	}
}
