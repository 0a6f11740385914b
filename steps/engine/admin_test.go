package engine

import (
	"testing"

	"stateroom/steps/blueprint"
)

func TestATerraformAsksTheEndpointThatStateroomAsks(t *testing.T) {
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"} {
		if got := AdminEnv(&Env{Endpoint: "http://127.0.0.1:1"}, a).Get(name); got != "http://127.0.0.1:1" {
			t.Errorf("%s is %q", name, got)
		}
	}
	// Without one the caller's own variable stays; the caller's keys do not.
	got := AdminEnv(&Env{Environ: Environment{"AWS_ENDPOINT_URL=http://127.0.0.1:2", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "PATH=/bin"}}, a)
	if got.Get("AWS_ENDPOINT_URL") != "http://127.0.0.1:2" || got.Get("AWS_ACCESS_KEY_ID") != "" || got.Get("PATH") != "/bin" {
		t.Errorf("the environment is %q", got)
	}
}
