package steps

import (
	"context"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
)

func TestMembersThatTheBlueprintDoesNotNameAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	summary := w.run(s)
	w.healthy(summary)
	if f := findingOf(summary.Findings, "iam.other-members"); f != nil {
		t.Errorf("nobody else is there: %s", f)
	}
	home := s.Env.Sessions.Home("eu-west-1")
	for _, call := range []awsops.Call{awsops.CreateUser("mallory", "/", nil), awsops.AddUserToGroup("admins", "mallory")} {
		if _, err := home.Do(context.Background(), call); err != nil {
			t.Fatal(err)
		}
	}
	mark := len(w.server.Log())
	summary = w.run(w.setup(team()))
	w.healthy(summary)
	if f := findingOf(summary.Findings, "iam.other-members"); f == nil || !strings.Contains(f.Evidence, "mallory") || strings.Contains(f.Evidence, "alice") {
		t.Errorf("findings %v", summary.Findings)
	}
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("calls were made: %v", calls)
	}
}
