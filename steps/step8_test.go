package steps

import (
	"errors"
	"testing"

	"stateroom/steps/terraform"
)

func TestNoEngineSaysInOneSentenceWhy(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"Neither terraform nor tofu is on PATH, so the setup is proven with the AWS SDK alone.":        terraform.ErrNotFound,
		"No Terraform can be used (terraform crashed), so the setup is proven with the AWS SDK alone.": errors.New("terraform crashed"),
	} {
		if got := (InitFacts{EngineErr: err}).NoEngine(); got == nil || got.Evidence != want || got.Blocks {
			t.Errorf("%v: %+v, want %q", err, got, want)
		}
	}
}
