package steps

import (
	"testing"

	"stateroom/awsops/sandbox"
)

func TestSetupTakesAnEmptyOrganizationToAProvenBackEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	for _, n := range summary.Notes {
		t.Log(n)
	}
	for _, n := range summary.Findings {
		t.Log(n)
	}
}
