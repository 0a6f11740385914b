package steps

import (
	"context"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
)

// faulty is a step with a fault in its inspection.
type faulty struct{ accountStep }

func (faulty) Inspect(context.Context, *engine.Env, *blueprint.Answers, *Observed) error {
	var none *blueprint.Blueprint
	_ = none.Version
	return nil
}

func TestFaultInAStepIsAnErrorAndNotTheEndOfTheProcess(t *testing.T) {
	s := &Setup{Env: &engine.Env{}, Answers: &blueprint.Answers{Blueprint: blueprint.New()}}
	err := s.inspect(t.Context(), []Step{faulty{}}, &Observed{})
	if err == nil || !strings.Contains(err.Error(), "a fault in stateroom itself") || !strings.Contains(err.Error(), "guard_test.go") {
		t.Errorf("%v", err)
	}
}
