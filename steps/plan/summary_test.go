package plan

import "testing"

// TestAnUnprovenResultHasTheCodeOfTheFindingThatSaysWhy: DESIGN calls a provider registry
// out of reach informational, and what is informational leaves a run at done; everything
// else that keeps a proof away is a finding that remains, and an interrupt is one.
func TestAnUnprovenResultHasTheCodeOfTheFindingThatSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		s    Summary
		want int
	}{
		"no providers":          {Summary{Applied: 9, Proof: Unproved(ProofNoProviders), Findings: []Finding{{Severity: Info}}}, ExitDone},
		"no answer":             {Summary{Applied: 9, Proof: Unproved(NotTried), Findings: []Finding{{Severity: Warning}}}, ExitFindings},
		"it failed":             {Summary{Applied: 9, Proof: Unproved(ProofFailed), Findings: []Finding{{Severity: Failure}}}, ExitFindings},
		"interrupted":           {Summary{Applied: 9, Proof: Unproved(ProofInterrupted), Stopped: true}, ExitInterrupted},
		"not looked at again":   {Summary{Applied: 9, Stale: true, Ended: true}, ExitFailed},
		"only a command is due": {Summary{DryRun: true, Run: 1}, ExitChanges},
	} {
		if got := c.s.ExitCode(true); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}
