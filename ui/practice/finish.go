package practice

import (
	"context"
	"errors"
	"fmt"
	"os"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Finish brings the lab to a finished set-up, without a question, and gives
// its first project a resource whose state lies in the bucket: what somebody
// finds who joins the team. Progress hears the events of the set-up.
func (l *Lab) Finish(ctx context.Context, env *engine.Env, answers *blueprint.Answers, progress plan.Emit) error {
	if err := setUp(ctx, env, answers, progress); err != nil {
		return err
	}
	at := &byHand{Lab: l, ctx: ctx, blueprint: answers.Blueprint}
	at.work()
	return at.err
}

// LeaveKeys lets the team of a finished lab sign in with Identity Center, as an operator does
// who changes the blueprint and runs setup again: the admins still have their keys. The lab
// has to be one whose team signs in by browser by now, and env the operator's.
func (l *Lab) LeaveKeys(ctx context.Context, env *engine.Env, answers *blueprint.Answers) error {
	if err := os.WriteFile(env.BlueprintPath, answers.HCL(), 0o600); err != nil {
		return fmt.Errorf("the rehearsal's blueprint cannot be written: %w", err)
	}
	return setUp(ctx, env, answers, func(plan.Event) {})
}

// setUp makes what is missing, and fails where anything is not well then.
func setUp(ctx context.Context, env *engine.Env, answers *blueprint.Answers, progress plan.Emit) error {
	run := (&steps.Setup{Env: env, Answers: answers}).Flow()
	run.Emit = progress
	run.Confirm = func(context.Context, plan.Review) (plan.Decision, error) { return plan.Decision{Yes: true}, nil }
	summary, err := run.Run(ctx)
	if err != nil {
		return fmt.Errorf("the rehearsal's setup cannot be made: %w", err)
	}
	if plan.NeedsAttention(summary.Findings) || summary.Failed > 0 {
		problems := []error{errors.New("the rehearsal's setup is not healthy")}
		for _, f := range summary.Failures {
			problems = append(problems, f.Err)
		}
		for _, f := range summary.Findings {
			problems = append(problems, errors.New(f.String()))
		}
		return errors.Join(problems...)
	}
	return nil
}

// work leaves behind what two applies in the first project would.
func (at *byHand) work() {
	at.write("main.tf", exampleConfig)
	at.putState(exampleState(1, firstInput))
	at.putState(exampleState(2, exampleInput))
}
