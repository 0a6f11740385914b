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

// TestNoWayIsOfferedThatIsRefusedLater: a key alone does not tell the team's setup.
func TestNoWayIsOfferedThatIsRefusedLater(t *testing.T) {
	t.Parallel()
	asked := func(s *Start, given plan.Given) string {
		t.Helper()
		questions, err := s.Questions(given)
		if err != nil || len(questions) != 1 {
			t.Fatalf("%+v, %v", questions, err)
		}
		return questions[0].Path
	}
	if got := asked(&Start{Repository: blueprint.New()}, plan.Given{}); got != PathWay {
		t.Errorf("with a blueprint it asks for %s", got)
	}
	for _, given := range []plan.Given{{}, {PathWay: secret.New(WayPair)}} {
		if got := asked(&Start{}, given); got != PathHandover {
			t.Errorf("without one it asks for %s", got)
		}
	}
	back := &Start{Returning: true, Now: time.Now}
	if questions, err := back.Questions(plan.Given{}); err != nil || len(questions) > 0 {
		t.Errorf("who has a key already is asked %+v, %v", questions, err)
	}
	_, _, err := back.Begin(plan.Given{})
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) || refusal.Anyway == nil {
		t.Fatalf("refused with %v", err)
	}
	if got := asked(back, plan.Given{refusal.Anyway.Path: secret.New(refusal.Anyway.Value)}); got != PathHandover {
		t.Errorf("whoever goes on is asked for %s", got)
	}
}
