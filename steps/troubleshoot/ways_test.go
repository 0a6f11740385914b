package troubleshoot

import (
	"errors"
	"strings"
	"testing"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
)

func TestQuestionsFollowFromTheWayThatWasChosen(t *testing.T) {
	answered := func(pairs ...string) plan.Given {
		given := plan.Given{}
		for i := 0; i < len(pairs); i += 2 {
			given[pairs[i]] = secret.New(pairs[i+1])
		}
		return given
	}
	for _, c := range []struct {
		name   string
		given  plan.Given
		engine bool
		path   string
		ways   int
	}{
		{"at first", answered(), true, pathWay, 3},
		{"without Terraform", answered(), false, pathWay, 2},
		{"everything", answered(pathWay, wayAll), true, "", 0},
		{"a text", answered(pathWay, wayText), true, pathText, 0},
		{"the text is there", answered(pathWay, wayText, pathText, "Error: x"), true, "", 0},
		{"Terraform", answered(pathWay, wayRun), true, "", 0},
	} {
		questions := Questions(c.given, c.engine)
		if c.path == "" {
			if len(questions) > 0 {
				t.Errorf("%s: asks %v", c.name, questions)
			}
			continue
		}
		if len(questions) != 1 || questions[0].Path != c.path || len(questions[0].Options) != c.ways {
			t.Errorf("%s: asks %v", c.name, questions)
		}
	}
}

func TestTakeReadsTheTextAsThePipeIsRead(t *testing.T) {
	given := plan.Given{pathWay: secret.New(wayText), pathText: secret.New("\x1b[31m╷\n│ Error: x\n╵\x1b[0m\n")}
	var e Examination
	if err := e.Take(given); err != nil || !strings.Contains(e.Text, "Error: x") || strings.Contains(e.Text, "\x1b") {
		t.Errorf("%v: %q", err, e.Text)
	}
	given[pathText] = secret.New("  \n")
	var problem *plan.Problem
	if err := e.Take(given); !errors.As(err, &problem) || problem.Path != pathText {
		t.Errorf("an empty text gave %v", err)
	}
	if check := Questions(plan.Given{pathWay: secret.New(wayText)}, true)[0].Check; check(" ") == nil || check("Error: x") != nil {
		t.Error("the field does not say that a text is empty")
	}
	if err := e.Take(plan.Given{pathWay: secret.New(wayRun)}); err != nil || !e.Terraform {
		t.Errorf("%v, Terraform %t", err, e.Terraform)
	}
}
