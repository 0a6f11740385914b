package plan

import (
	"testing"

	"stateroom/awsops"
)

// TestWhatNobodyCanUndoIsKnownByItsCalls: a deleted key's secret is gone, an account can
// only be closed, and what asks for its name to be typed says so itself.
func TestWhatNobodyCanUndoIsKnownByItsCalls(t *testing.T) {
	for name, c := range map[string]struct {
		change Change
		final  bool
	}{
		"key":      {Change{Calls: []awsops.Call{awsops.DeleteAccessKey("bob", "AKIA1")}}, true},
		"account":  {Change{Calls: []awsops.Call{awsops.CreateAccount("a@example.com", "staging", "Reach", nil)}}, true},
		"by name":  {Change{ConfirmByName: true}, true},
		"inactive": {Change{Calls: []awsops.Call{awsops.UpdateAccessKey("bob", "AKIA1", "Inactive")}}, false},
		"file":     {Change{Action: WriteFile}, false},
	} {
		if got := c.change.Final(); got != c.final {
			t.Errorf("%s: %v", name, got)
		}
	}
}
