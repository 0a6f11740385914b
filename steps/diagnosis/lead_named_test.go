package diagnosis

import (
	"strings"
	"testing"
)

// TestALeadWithANameHasPlaceForExactlyOne: the name of what is wrong stands in it, and
// without one the sentence is whole all the same.
func TestALeadWithANameHasPlaceForExactlyOne(t *testing.T) {
	named := 0
	for _, d := range catalogue {
		if d.Named == "" {
			if got := LeadOf(d.ID, "NAME"); got != d.Meaning {
				t.Errorf("%s: %q", d.ID, got)
			}
			continue
		}
		named++
		if got := LeadOf(d.ID, "NAME"); strings.Count(got, "NAME") != 1 || strings.Contains(got, "%!") {
			t.Errorf("%s: %q", d.ID, got)
		}
		if got := LeadOf(d.ID, ""); got != d.Meaning {
			t.Errorf("%s without a name: %q", d.ID, got)
		}
	}
	if named < 15 {
		t.Errorf("only %d causes are told with a name", named)
	}
}
