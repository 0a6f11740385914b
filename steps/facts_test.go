package steps

import (
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/terraform"
)

// TestEveryStepSaysWhatWasFoundOfIt has a set-up of which everything is there.
func TestEveryStepSaysWhatWasFoundOfIt(t *testing.T) {
	t.Parallel()
	a := &blueprint.Answers{Blueprint: team(), Me: "alice"}
	o := &Observed{}
	o.Account.Identity = awsops.Identity{ARN: "arn:aws:iam::111111111111:user/operator", Account: "111111111111", Partition: "aws"}
	o.Account.Organization = &awsops.Organization{ID: "o-abcdefghij", ManagementAccount: "111111111111"}
	o.Account.Listed, o.Account.Accounts = true, make([]awsops.Account, 4)
	o.Region.Regions = make([]awsops.Region, 17)
	o.IAM.Users = map[string]UserFacts{"alice": {User: &awsops.User{}}}
	o.Key.Key = &awsops.Key{ARN: "arn:aws:kms:eu-west-1:111111111111:key/1"}
	o.Bucket.Bucket = &awsops.Bucket{Ownership: awsops.BucketOurs}
	o.Lock.Table = &awsops.Table{ARN: "arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"}
	o.Done.Handovers = []string{"bob"}
	env := &engine.Env{Engine: &terraform.Engine{Name: "terraform", Version: "1.11.4", Path: "/usr/bin/terraform"}}
	want := map[int][]string{
		1: {"user/operator", "o-abcdefghij", "Accounts 4", a.Environments[0].Name}, 2: {"Admins there alice", "You alice"}, 3: {"Regions known 17"},
		4: {":key/1"}, 5: {"s3://" + a.Bucket.Name}, 6: {"table/terraform_locks"}, 7: {a.Projects[0].Dir}, 8: {"terraform 1.11.4"},
	}
	for _, step := range All() {
		text := ""
		if step.Facts == nil {
			continue
		}
		for _, f := range step.Facts(o, a, env) {
			text += f.Name + " " + f.Value + "\n"
		}
		for _, part := range want[step.Number] {
			if !strings.Contains(text, part) {
				t.Errorf("step %d does not say %q:\n%s", step.Number, part, text)
			}
		}
	}
	for _, step := range All() {
		if step.Facts != nil {
			_ = step.Facts(&Observed{}, a, &engine.Env{}) // nothing is there yet
		}
	}
}
