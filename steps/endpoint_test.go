package steps

import (
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
)

// The shell has what `stateroom sandbox --listen` prints, and no flag says where the
// calls go. Terraform would ask for the bucket at acme-terraform-state.127.0.0.1.
func TestABackendIsAddressedByPathWhereOnlyAVariableNamesTheSandbox(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	sandboxtest.Home(w.dir).Isolate(t, w.server.URL())
	sandboxtest.Setenv(t, sandboxtest.Keys(w.who))
	flow := w.setup(team())
	sessions, err := awsops.Open(t.Context(), awsops.Config{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	flow.Env.Sessions, flow.Env.Endpoint = sessions, ""
	r, err := flow.Review(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	backends := 0
	for _, c := range r.Changes {
		if c.Write == nil || filepath.Base(c.Write.Edit.Before.Path) != "backend.tf" {
			continue
		}
		backends++
		text := c.Write.Diff
		if !strings.Contains(text, "use_path_style = true") || strings.Contains(text, "endpoints") {
			t.Errorf("%s:\n%s", c.Title, text)
		}
	}
	if backends != len(team().Projects) {
		t.Errorf("%d backends are written: %v", backends, r.Changes)
	}
}
