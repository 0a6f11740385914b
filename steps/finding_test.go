package steps

import (
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// A look after the changes asks AWS once more, which answers under another
// request id: that is no news.
func TestAFindingIsNotToldAgainForAnotherRequest(t *testing.T) {
	var told []string
	f := &Flow{Emit: func(e plan.Event) { told = append(told, e.Finding.Evidence) }}
	at := func(request, name string) []plan.Finding {
		return []plan.Finding{{ID: "assume-role-denied", Evidence: "AccessDenied: " + name + " (HTTP 403, request id " + request + ")."}}
	}
	f.tell(at("1", "staging"))
	f.tell(at("2", "staging"))
	f.tell(at("3", "production"))
	if len(told) != 2 {
		t.Errorf("told %q", told)
	}
}

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
