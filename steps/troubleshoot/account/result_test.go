package account

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

func TestFaultsOfOneCauseAreToldOnce(t *testing.T) {
	one := func(id, cause, subject string) health.Result {
		return health.Result{Finding: &plan.Finding{ID: id, Evidence: "It is so.", Subject: subject}, Cause: cause}
	}
	got := merge([]health.Result{one("a", "x", "p1"), one("b", "x", "p1"), one("a", "x", "p2"), one("a", "y", "p3"), one("a", "x", "p2")})
	var told []string
	for _, x := range got {
		told = append(told, x.ID+" "+x.Evidence)
	}
	want := []string{"a It is so. It affects p1, p2.", "b It is so.", "a It is so."}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
