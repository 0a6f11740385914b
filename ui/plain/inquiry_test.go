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
