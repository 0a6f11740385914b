package engine

import (
	"testing"

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
