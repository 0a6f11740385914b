package troubleshoot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/plan"
)

func TestWhatNothingDependsOnIsLeftOutWithoutItsFollowers(t *testing.T) {
	change := func(id string, action plan.Action, needs ...string) plan.Change {
		return plan.Change{ID: id, Action: action, Needs: needs}
	}
	for _, c := range []struct {
		name       string
		have, want []plan.Change
	}{
		{
			"of what is there",
			[]plan.Change{
				change("bucket.versioning", plan.Update), change("bucket.tags", plan.Update, "bucket.versioning"),
				change("bucket.lifecycle", plan.Update, "bucket.tags"), change("bucket.policy", plan.Update, "key.alias", "bucket.lifecycle"),
			},
			[]plan.Change{change("bucket.versioning", plan.Update), change("bucket.policy", plan.Update, "key.alias", "bucket.versioning")},
		},
		{
			"but not of what is made anew",
			[]plan.Change{
				change("bucket.create", plan.Create), change("bucket.lifecycle", plan.Update, "bucket.create"),
				change("bucket.policy", plan.Update, "bucket.lifecycle"), change("key.description", plan.Update),
			},
			[]plan.Change{
				change("bucket.create", plan.Create), change("bucket.lifecycle", plan.Update, "bucket.create"),
				change("bucket.policy", plan.Update, "bucket.lifecycle"),
			},
		},
	} {
		if diff := cmp.Diff(c.want, uncosmetic(c.have), cmp.AllowUnexported(plan.Change{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
