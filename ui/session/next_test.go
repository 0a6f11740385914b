package session

import (
	"testing"

	"stateroom/steps/plan"
)

// TestTheNextCommandMakesWhatNobodyCouldBeAskedAbout: what touches something of another's
// is agreed to where nothing else can be made, and only there.
func TestTheNextCommandMakesWhatNobodyCouldBeAskedAbout(t *testing.T) {
	s := &session{sys: System{Args: []string{"troubleshoot", "--dir", "my project"}}}
	lock := []plan.Change{{NotOurs: "33a1c3a7"}, {NotOurs: "33a1c3a7"}, {Needs: []string{"lock"}}}
	for want, sum := range map[string]plan.Summary{
		"stateroom troubleshoot --dir 'my project' --yes":                  {Change: 1, NotOurs: lock},
		"stateroom troubleshoot --dir 'my project' --yes --adopt 33a1c3a7": {NotOurs: lock},
	} {
		if got := s.nextCommand(&sum); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if only := (plan.Summary{Run: 1}); only.Planned() != 1 {
		t.Error("a command that is due is not counted")
	}
}
