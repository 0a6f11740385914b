package onboard

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// TestAPastedKeyIsAskedForAgainWhereItIsWrong protects against asking for the
// one part for ever while the other is what is wrong.
func TestAPastedKeyIsAskedForAgainWhereItIsWrong(t *testing.T) {
	t.Parallel()
	start := &Start{Repository: blueprint.New(), Now: time.Now}
	for name, c := range map[string]struct{ id, key, path string }{
		"a secret cut short": {sampleID, sampleSecret[:20], PathSecret},
		"no secret":          {sampleID, "", PathSecret},
		"an id cut short":    {sampleID[:8], sampleSecret, PathKeyID},
		"swapped":            {strings.Repeat("a", 20) + strings.Repeat("B", 20), sampleID, PathKeyID},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := start.Begin(plan.Given{
				PathWay: secret.New(WayPair), PathKeyID: secret.New(c.id), PathSecret: secret.New(c.key),
			})
			var problem *plan.Problem
			if !errors.As(err, &problem) || problem.Path != c.path {
				t.Errorf("asked again: %+v", problem)
			}
		})
	}
}
