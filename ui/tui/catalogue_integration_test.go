//go:build integration && linux

package tui

import (
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
	"stateroom/ui/practice"
)

// TestEveryFaultOfAnInitializedProjectIsAnsweredInTheFirstFrame holds the faults that need
// a real terraform init to what the others are held to.
func TestEveryFaultOfAnInitializedProjectIsAnsweredInTheFirstFrame(t *testing.T) {
	t.Parallel()
	providers := mirror.With(t)
	found, err := terraform.Find(t.Context(), "", engine.ProcessEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range practice.Faults() {
		if !fault.Lesson().Engine {
			continue
		}
		t.Run(fault.Name(), func(t *testing.T) {
			t.Parallel()
			answersInTheFirstFrame(t, broken(t, fault.Name(), found, providers))
		})
	}
}
