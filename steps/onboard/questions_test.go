package onboard

import (
	"errors"
	"slices"
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

// TestEveryWayWithoutABlueprintLeadsOn: a handover contains one; whoever has a key or a
// sign-in alone is asked for the folder that says the rest, and for nothing before that.
func TestEveryWayWithoutABlueprintLeadsOn(t *testing.T) {
	t.Parallel()
	asked := func(s *Start, given plan.Given) (paths []string) {
		t.Helper()
		questions, err := s.Questions(given)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions {
			paths = append(paths, q.Path)
		}
		return paths
	}
	way := func(way string) plan.Given { return plan.Given{PathWay: secret.New(way)} }
	empty, told, team := &Start{}, &Start{Projects: blueprint.New()}, &Start{Repository: blueprint.New()}
	returns := &Start{Projects: blueprint.New(), Returning: true}
	member := &Start{Projects: blueprint.New(), Member: "admins", Portal: blueprint.IdentityCenter{StartURL: "https://acme.awsapps.com/start", Region: "eu-west-1"}}
	for name, c := range map[string]struct {
		start *Start
		given plan.Given
		want  []string
	}{
		"nothing known":                 {empty, plan.Given{}, []string{PathWay}},
		"a handover":                    {empty, way(WayHandover), []string{PathHandover}},
		"a key, in no folder":           {empty, way(WayPair), []string{PathFolder}},
		"a sign-in, in no folder":       {empty, way(WaySignIn), []string{PathFolder}},
		"projects":                      {told, plan.Given{}, []string{PathWay}},
		"projects and a handover":       {told, way(WayHandover), []string{PathHandover}},
		"projects and a key":            {told, way(WayPair), []string{PathKeyID, PathSecret}},
		"projects and a sign-in":        {told, way(WaySignIn), []string{PathStartURL, PathRegion, PathSet}},
		"a key on the laptop":           {returns, plan.Given{}, nil},
		"a sign-in on the laptop":       {member, plan.Given{}, nil},
		"a blueprint":                   {team, plan.Given{}, []string{PathWay}},
		"a blueprint and a key":         {team, way(WayPair), []string{PathKeyID, PathSecret}},
		"a blueprint without a sign-in": {team, plan.Given{}, []string{PathWay}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := asked(c.start, c.given); !slices.Equal(got, c.want) {
				t.Errorf("it asks %v, want %v", got, c.want)
			}
		})
	}
	if ways := team.way().Options; slices.Contains(ways, WaySignIn) {
		t.Errorf("a team whose members all have keys is offered %v", ways)
	}
	_, err := team.Questions(way(WaySignIn)) // in the folder that was named
	var problem *plan.Problem
	if !errors.As(err, &problem) || problem.Path != PathWay {
		t.Errorf("a sign-in that the team has not: %v", err)
	}
	back := &Start{Returning: true, Untold: "no project says enough", Now: time.Now}
	if got := asked(back, plan.Given{}); got != nil {
		t.Errorf("who has a key already is asked %v", got)
	}
	_, _, err = back.Begin(plan.Given{})
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) || refusal.Anyway == nil || refusal.Tried[0].Value != back.Untold {
		t.Fatalf("refused with %v", err)
	}
	if got := asked(back, plan.Given{refusal.Anyway.Path: secret.New(refusal.Anyway.Value)}); !slices.Equal(got, []string{PathHandover}) {
		t.Errorf("whoever goes on is asked for %v", got)
	}
}
