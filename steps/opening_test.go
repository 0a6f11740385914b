package steps

import (
	"context"
	"errors"
	"slices"
	"testing"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// opening asks a new operator everything, and counts how often the world is opened.
func opening(opened *int) *Opening {
	return &Opening{
		Answers: &blueprint.Answers{Blueprint: blueprint.New()}, All: true, Answered: func(string) bool { return false },
		Found: &blueprint.Discovery{Account: "111111111111"},
		World: func(context.Context, *blueprint.Answers, plan.Asks) (*engine.Env, error) {
			*opened++
			return &engine.Env{}, nil
		},
	}
}

// lead answers page after page, by default where nothing is said, up to the flow.
func lead(t *testing.T, o *Opening, given plan.Given, said map[string]string) *engine.Flow {
	t.Helper()
	for range 20 {
		opened, err := o.Open(t.Context(), given, plan.Asks{})
		if err != nil {
			t.Fatal(err)
		}
		if opened.Flow != nil {
			return opened.Flow
		}
		for _, q := range opened.Questions {
			value, there := said[q.Path]
			if !there {
				value = q.Default
			}
			if err := q.Check(value); err != nil {
				t.Fatalf("%s: %v", q.Path, err)
			}
			given[q.Path] = secret.New(value)
		}
	}
	t.Fatal("it never ends to ask")
	return nil
}

func TestAWholeSetOfQuestionsOpensTheWorldOnce(t *testing.T) {
	t.Parallel()
	opened := 0
	flow := lead(t, opening(&opened), plan.Given{}, map[string]string{"environment": "production=444444444444", "group.admins.users": "alice", "me": "alice"})
	if opened != 1 {
		t.Errorf("opened %d times", opened)
	}
	if a := flow.Answers; a.Me != "alice" || a.Projects[0].Name != "common-production" || len(a.Missing()) > 0 {
		t.Errorf("answers %+v of %q", a.Blueprint, a.Me)
	}
	out := flow.Outline()
	if len(out.Stages) != 9 || len(out.Stages[0].Questions) != 2 || out.Stages[0].Questions[1].Default != "production=444444444444" {
		t.Errorf("outline %+v", out.Stages)
	}
}

func TestAnAnswerGivenAnewLeavesNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	opened, given := 0, plan.Given{}
	o := opening(&opened)
	lead(t, o, given, map[string]string{"environment": "staging=222222222222, production=444444444444", "group.admins.users": "alice"})
	given["environment"], given["project"] = secret.New("production=444444444444"), secret.New("common-production=production")
	flow := lead(t, o, given, nil)
	if n := len(flow.Answers.Environments); n != 1 || len(flow.Answers.Projects) != 1 {
		t.Errorf("%d environments, %d projects", n, len(flow.Answers.Projects))
	}
	if len(o.Answers.Environments) > 0 {
		t.Error("what was given is in the answers that it began with")
	}
}

func TestAnAnswerThatCannotBeIsAProblemOfItsQuestion(t *testing.T) {
	t.Parallel()
	opened := 0
	given := plan.Given{}
	o := opening(&opened)
	lead(t, o, given, map[string]string{"environment": "production=444444444444", "group.admins.users": "alice"})
	given["project"] = secret.New("common-production=nowhere")
	_, err := o.Open(t.Context(), given, plan.Asks{})
	var problem *plan.Problem
	if !errors.As(err, &problem) || problem.Path != "project" {
		t.Errorf("%v", err)
	}
}

func TestWhatWasAdoptedStaysSoAfterAnotherAnswer(t *testing.T) {
	t.Parallel()
	opened, given := 0, plan.Given{}
	o := opening(&opened)
	flow := lead(t, o, given, map[string]string{"environment": "production=444444444444", "group.admins.users": "alice"})
	flow.Answers.Adopt = append(flow.Answers.Adopt, "arn:aws:iam::111111111111:user/alice")
	given["bucket.policy"] = secret.New("compatible")
	if flow = lead(t, o, given, nil); !slices.Equal(flow.Answers.Adopt, []string{"arn:aws:iam::111111111111:user/alice"}) || flow.Answers.Bucket.Policy != "compatible" {
		t.Errorf("adopted %v, policy %s", flow.Answers.Adopt, flow.Answers.Bucket.Policy)
	}
}
