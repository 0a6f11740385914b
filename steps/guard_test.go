package steps

import (
	"context"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
)

// faulty has a fault in it.
func faulty(context.Context, *engine.Env, *blueprint.Answers, *Observed) error {
	var none *blueprint.Blueprint
	_ = none.Version
	return nil
}

func TestFaultInAStepIsAnErrorAndNotTheEndOfTheProcess(t *testing.T) {
	t.Parallel()
	s := &Setup{Env: &engine.Env{}, Answers: &blueprint.Answers{Blueprint: blueprint.New()}}
	failed := Failures{}
	list := List(Step{Inspect: faulty})
	Look{Env: s.Env, Answers: s.Answers}.inspect(t.Context(), list, &Observed{}, failed)
	err := failed.first(list)
	if err == nil || !strings.Contains(err.Error(), "a fault in stateroom itself") || !strings.Contains(err.Error(), "guard_test.go") {
		t.Errorf("%v", err)
	}
}
