package account

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/plan"
)

func TestWhatNothingDependsOnIsLeftOutWithoutItsFollowers(t *testing.T) {
	change := func(id string, purpose plan.Purpose, needs ...string) plan.Change {
		return plan.Change{ID: id, Purpose: purpose, Needs: needs}
	}
	for _, c := range []struct {
		name       string
		have, want []plan.Change
	}{
		{
			"of what is there",
			[]plan.Change{
				change("bucket.versioning", plan.Repair), change("bucket.tags", plan.Cosmetic, "bucket.versioning"),
				change("bucket.lifecycle", plan.Cosmetic, "bucket.tags"), change("bucket.policy", plan.Repair, "key.alias", "bucket.lifecycle"),
			},
			[]plan.Change{change("bucket.versioning", plan.Repair), change("bucket.policy", plan.Repair, "key.alias", "bucket.versioning")},
		},
		{
			"but not of what is made again",
			[]plan.Change{
				change("bucket.create", plan.Repair), change("bucket.lifecycle", plan.Repair, "bucket.create"),
				change("bucket.policy", plan.Repair, "bucket.lifecycle"), change("key.description", plan.Cosmetic),
			},
			[]plan.Change{
				change("bucket.create", plan.Repair), change("bucket.lifecycle", plan.Repair, "bucket.create"),
				change("bucket.policy", plan.Repair, "bucket.lifecycle"),
			},
		},
	} {
		if diff := cmp.Diff(c.want, uncosmetic(c.have), cmp.AllowUnexported(plan.Change{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAMissingRightIsNotMendedByAnotherGroupsChange(t *testing.T) {
	mends := (&identity{user: "ann", groups: []string{"ops"}}).ofItsGroups
	for id, c := range map[string]struct {
		change plan.Change
		want   bool
	}{
		"iam.policy.stateroom-ops-state-1":       {plan.Change{Group: "ops"}, true},
		"iam.member.ops.ann":                     {plan.Change{Group: "ops", User: "ann"}, true},
		"iam.member.ops.cat":                     {plan.Change{Group: "ops", User: "cat"}, false},
		"iam.policy.stateroom-ops-night-state-1": {plan.Change{Group: "ops-night"}, false},
		"bucket.policy":                          {plan.Change{}, false},
	} {
		c.change.ID = id
		if mends(c.change) != c.want {
			t.Errorf("%s fixes: %v, want %v", id, !c.want, c.want)
		}
	}
}
