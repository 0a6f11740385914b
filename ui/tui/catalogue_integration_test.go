//go:build integration && linux

package tui

import (
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
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
	for _, fault := range ofInit {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			answersInTheFirstFrame(t, broken(t, fault, found, providers))
		})
	}
}
