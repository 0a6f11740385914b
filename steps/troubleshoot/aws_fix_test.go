package troubleshoot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps"
)

func TestWhatNothingDependsOnIsLeftOutWithoutItsFollowers(t *testing.T) {
	change := func(id string, action steps.Action, needs ...string) steps.Change {
		return steps.Change{ID: id, Action: action, Needs: needs}
	}
	for _, c := range []struct {
		name       string
		have, want []steps.Change
	}{
		{
			"of what is there",
			[]steps.Change{
				change("bucket.versioning", steps.Update), change("bucket.tags", steps.Update, "bucket.versioning"),
				change("bucket.lifecycle", steps.Update, "bucket.tags"), change("bucket.policy", steps.Update, "key.alias", "bucket.lifecycle"),
			},
			[]steps.Change{change("bucket.versioning", steps.Update), change("bucket.policy", steps.Update, "key.alias", "bucket.versioning")},
		},
		{
			"but not of what is made anew",
			[]steps.Change{
				change("bucket.create", steps.Create), change("bucket.lifecycle", steps.Update, "bucket.create"),
				change("bucket.policy", steps.Update, "bucket.lifecycle"), change("key.description", steps.Update),
			},
			[]steps.Change{
				change("bucket.create", steps.Create), change("bucket.lifecycle", steps.Update, "bucket.create"),
				change("bucket.policy", steps.Update, "bucket.lifecycle"),
			},
		},
	} {
		if diff := cmp.Diff(c.want, uncosmetic(c.have), cmp.AllowUnexported(steps.Change{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
