package steps

import (
	"stateroom/steps/plan"
)

// lastProvable is the last step that can be proven when some changes were left out:
// the one before the first of them.
func lastProvable(left []plan.Change) int {
	last := len(All())
	for _, c := range left {
		last = min(last, c.Step-1)
	}
	return last
}
