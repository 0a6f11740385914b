package engine

import (
	"testing"

	"stateroom/steps/blueprint"
)

func TestATerraformAsksTheEndpointThatStateroomAsks(t *testing.T) {
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"} {
		if got := AdminEnv(&Env{Endpoint: "http://127.0.0.1:1"}, a)[name]; got != "http://127.0.0.1:1" {
			t.Errorf("%s is %q", name, got)
		}
	}
	// Without one the caller's own variable stays, which an empty value takes out.
	if _, there := AdminEnv(&Env{}, a)["AWS_ENDPOINT_URL"]; there {
		t.Error("the caller's variable is taken out")
	}
}
