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
		{"at first", answered(), true, PathBegin, 3},
		{"without Terraform", answered(), false, PathBegin, 2},
		{"everything", answered(PathBegin, beginChecks), true, "", 0},
		{"a text", answered(PathBegin, beginText), true, pathText, 0},
		{"the text is there", answered(PathBegin, beginText, pathText, "Error: x"), true, "", 0},
		{"Terraform", answered(PathBegin, beginRun), true, "", 0},
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
	given := plan.Given{PathBegin: secret.New(beginText), pathText: secret.New("\x1b[31m╷\n│ Error: x\n╵\x1b[0m\n")}
	var e HealthCheck
	if err := e.Begin(given); err != nil || !strings.Contains(e.Text, "Error: x") || strings.Contains(e.Text, "\x1b") {
		t.Errorf("%v: %q", err, e.Text)
	}
	given[pathText] = secret.New("  \n")
	var problem *plan.Problem
	if err := e.Begin(given); !errors.As(err, &problem) || problem.Path != pathText {
		t.Errorf("an empty text gave %v", err)
	}
	if check := Questions(plan.Given{PathBegin: secret.New(beginText)}, true)[0].Check; check(" ") == nil || check("Error: x") != nil {
		t.Error("the field does not say that a text is empty")
	}
	if err := e.Begin(plan.Given{PathBegin: secret.New(beginRun)}); err != nil || !e.Terraform {
		t.Errorf("%v, Terraform %t", err, e.Terraform)
	}
}
