package steps

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/stepstest"
)

// The next run knows the key's ARN, and must split as the run did that did not:
// also where partition and region have longer names than aws and eu-west-1.
func TestPoliciesAreSplitAlikeBeforeAndAfterTheKeyIsThere(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	a, o := &blueprint.Answers{Blueprint: team()}, &Observed{}
	a.StateRegion, o.Account.Identity.Partition = "us-gov-west-1", "aws-us-gov"
	split := func(access policy.StateAccess, key string) string {
		access.KMSKeyARN = key
		docs, err := splitPolicies(o, a, policy.State(access))
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, d := range docs {
			text = append(text, strings.ReplaceAll(d.JSON(), awsops.Ref(changeKey, "arn"), arn))
		}
		return strings.Join(text, "\n")
	}
	access := policy.StateAccess{Partition: "aws-us-gov", Bucket: a.Bucket.Name, Lockfile: true}
	for n := range 12 {
		access.Keys = append(access.Keys, fmt.Sprintf("common/environment-%02d", n))
	}
	longer := strings.Repeat("x", stepstest.Stride(t))
	for len(access.Bucket) < 700 { // past the places where a policy becomes full
		access.Bucket += longer
		if split(access, awsops.Ref(changeKey, "arn")) != split(access, arn) {
			t.Fatalf("with a bucket's name of %d letters the policies are split otherwise once the key is there", len(access.Bucket))
		}
	}
}
