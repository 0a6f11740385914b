package troubleshoot

import (
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
)

func TestAHealthySetUpHasNoFindingAndOnlyReads(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	mark := len(w.server.Log())
	summary := w.mend()
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("a health check made %v", calls)
	}
	if len(summary.Findings) > 0 || summary.ExitCode(false) != steps.ExitDone {
		t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	for _, c := range summary.Checks {
		t.Logf("%-34s %-18s %-9s %s → %s", c.Name, c.Subject, c.Verdict, c.Asked, c.Answer)
		if c.Verdict != steps.Passed {
			t.Errorf("check %q of %q is %s: %s", c.Name, c.Subject, c.Verdict, c.Answer)
		}
	}
}
