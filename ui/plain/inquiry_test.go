package plain

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

func TestACodeIsAskedForByItsDeviceWithWhatWasWrongBefore(t *testing.T) {
	var out bytes.Buffer
	p := NewPrompt(strings.NewReader("123456\n"), &out)
	var code string
	_, err := p.Inquiry(plan.Given{}).Flow(t.Context(), func(ctx context.Context, _ plan.Given, asks plan.Asks) (engine.Opened, error) {
		var err error
		code, err = asks.SignIn(ctx, plan.SignIn{Device: "arn:aws:iam::111111111111:mfa/bob", Note: "AWS did not take this code."})
		return engine.Opened{Flow: &engine.Flow{}}, err
	})
	if err != nil || code != "123456" {
		t.Fatalf("code %q, %v", code, err)
	}
	for _, part := range []string{"AWS did not take this code.", "Code of arn:aws:iam::111111111111:mfa/bob: "} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("it does not say %q:\n%s", part, out.String())
		}
	}
}

// TestEveryStageHasItsHeadingOnceThatBeforeTheFirstToo: the question about a draft comes
// before all stages, and has no number.
func TestEveryStageHasItsHeadingOnceThatBeforeTheFirstToo(t *testing.T) {
	var out bytes.Buffer
	p := NewPrompt(strings.NewReader("a\nb\nc\n"), &out)
	pages := []engine.Opened{
		{Stage: &plan.Stage{Title: "Answers from before", Why: "A run was left."}, Questions: []plan.Question{{Path: "draft", Prompt: "Go on", Kind: plan.Text}}},
		{Stage: &plan.Stage{Number: 1, Title: "Account", Why: "It holds all."}, Questions: []plan.Question{{Path: "a", Prompt: "Id", Kind: plan.Text}}},
		{Stage: &plan.Stage{Number: 1, Title: "Account", Why: "It holds all."}, Questions: []plan.Question{{Path: "b", Prompt: "Name", Kind: plan.Text}}},
	}
	_, err := p.Inquiry(plan.Given{}).Flow(t.Context(), func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
		if len(given) < len(pages) {
			return pages[len(given)], nil
		}
		return engine.Opened{Flow: &engine.Flow{}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for heading, times := range map[string]int{"\nAnswers from before\n  A run was left.\n": 1, "\n1 Account\n  It holds all.\n": 1} {
		if got := strings.Count(out.String(), heading); got != times {
			t.Errorf("%q is there %d times:\n%s", heading, got, out.String())
		}
	}
}
