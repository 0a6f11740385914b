package laptop_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// stateOf is a state with one resource.
func stateOf(lineage string, serial int, resource string) string {
	return fmt.Sprintf(`{"version":4,"serial":%d,"lineage":%q,"outputs":{},"resources":[{"type":%q,"name":"x"}]}`, serial, lineage, resource)
}

func TestAStateThatCouldNotBeSavedIsFoundUntilTheBucketHoldsIt(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	for _, c := range []struct {
		name, left, bucket string
		// finds says that there is a finding, which tells says, and pushes that a
		// change mends it.
		finds, pushes bool
		tells         string
	}{
		{name: "no state", left: stateOf("one", 1, "a"), finds: true, pushes: true, tells: "Its serial is 1, and that of the state in s3://acme-terraform-state/common/staging is 0."},
		{name: "an older one", left: stateOf("one", 3, "b"), bucket: stateOf("one", 2, "a"), finds: true, pushes: true, tells: "Its serial is 3"},
		{name: "itself", left: stateOf("one", 3, "b"), bucket: stateOf("one", 3, "b"), tells: "holds it by now"},
		{name: "itself, written by another tool", left: stateOf("one", 3, "b"), bucket: `{"resources":[{"name":"x","type":"b"}],"outputs":{ },"lineage":"one","serial":3,"version":4}`, tells: "holds it by now"},
		{name: "a later one", left: stateOf("one", 3, "b"), bucket: stateOf("one", 4, "c"), tells: "has gone on since, to serial 4"},
		{name: "somebody else's", left: stateOf("one", 3, "b"), bucket: stateOf("one", 3, "c"), finds: true, tells: "somebody applied since"},
		{name: "another state", left: stateOf("two", 3, "b"), bucket: stateOf("one", 2, "a"), finds: true, tells: "a different state, by its lineage"},
		{name: "no state was left", left: "half a st", finds: true, tells: "It cannot be compared"},
		{name: "no state is there", left: stateOf("one", 3, "b"), bucket: "half a st", finds: true, tells: "holds it by now: s3://acme-terraform-state/common/staging is not a state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.T = t
			object := sandbox.ActInput{"Key": "common/staging"}
			if c.bucket == "" {
				b.Act("DeleteObject", object)
			} else {
				object["Body"] = c.bucket
				b.Act("PutObject", object)
			}
			b.Write("live/staging/errored.tfstate", c.left)
			review := b.Looked()
			i := slices.IndexFunc(review.Checks, func(c plan.Check) bool { return c.Name == "state saved" })
			if i < 0 || !strings.Contains(review.Checks[i].Answer, c.tells) {
				t.Fatalf("the checks do not say %q: %+v", c.tells, review.Checks)
			}
			if got := len(review.Findings) == 1 && review.Findings[0].ID == "state-not-saved"; got != c.finds || len(review.Findings) > 1 {
				t.Errorf("findings %v", review.Findings)
			}
			if got := len(review.Changes) == 1 && review.Changes[0].ID == "state.push.common-staging"; got != c.pushes || len(review.Changes) > 1 {
				t.Errorf("changes %v", review.Changes)
			}
		})
	}
	b.T = t
	b.Act("DeleteObject", sandbox.ActInput{"Key": "common/staging"})
	b.Write("live/staging/errored.tfstate", stateOf("one", 1, "a"))
	b.Mended()
	if got := b.Commands(); len(got) > 0 {
		t.Errorf("without a word about it Terraform was called with %q", got)
	}
	b.Answers.Adopt = []string{b.Path("live/staging/errored.tfstate")}
	b.Mended()
	if got := b.Commands(); !slices.Equal(got, []string{"state push -no-color errored.tfstate"}) {
		t.Errorf("Terraform was called with %q", got)
	}
}
