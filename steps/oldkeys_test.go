package steps

import (
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// TestAKeyThatIsDueForRenewalIsTold, by when IAM made it, and neither a younger one nor one
// that opens nothing.
func TestAKeyThatIsDueForRenewalIsTold(t *testing.T) {
	t.Parallel()
	a, now := &blueprint.Answers{Blueprint: team()}, time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	key := func(id string, age time.Duration, active bool) awsops.AccessKey {
		return awsops.AccessKey{ID: id, Active: active, Created: now.Add(-age)}
	}
	o := &Observed{}
	o.IAM.Asked = now
	o.IAM.Users = map[string]UserFacts{
		"alice": {Keys: engine.UserKeys{All: []awsops.AccessKey{key("AKIAYOUNG", engine.KeyAge, true), key("AKIAOLD", engine.KeyAge+30*24*time.Hour, true)}}},
		"bob":   {Keys: engine.UserKeys{All: []awsops.AccessKey{key("AKIADEAD", 5*engine.KeyAge, false)}}},
	}
	found := OldKeys(o, a)
	if len(found) != 1 || found[0].ID != "iam.key-old" || found[0].Severity != plan.Warning {
		t.Fatalf("found %v", found)
	}
	if want := "Access keys are due for renewal after 90 days: AKIAOLD of alice, 120 days old."; found[0].Evidence != want {
		t.Errorf("%q, want %q", found[0].Evidence, want)
	}
	o.IAM.Users["alice"] = UserFacts{Keys: engine.UserKeys{All: []awsops.AccessKey{key("AKIAYOUNG", engine.KeyAge, true)}}}
	if found := OldKeys(o, a); found != nil {
		t.Errorf("found %v", found)
	}
}

// TestASetupTellsOfOldKeysAndGoesOn: nothing rests on it.
func TestASetupTellsOfOldKeysAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	s, _ := w.nine(team())
	look := Look{Env: s.Env, Answers: s.Answers, Steps: AWSOnly()}
	o, failed := look.Take(t.Context())
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	if o.IAM.Asked.IsZero() || OldKeys(o, s.Answers) != nil {
		t.Fatal("the time of the look is not known, or new keys are old")
	}
	o.IAM.Asked = o.IAM.Asked.Add(engine.KeyAge + 25*time.Hour)
	p := planUsers(o, s.Answers)
	if f := findingOf(p.Findings, "iam.key-old"); f == nil || len(f.Stops) > 0 || f.Blocks || len(p.Changes) > 0 {
		t.Errorf("found %v, planned %v", p.Findings, p.Changes)
	}
}
