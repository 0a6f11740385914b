package onboard

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// byHand does one operation of IAM in the admin account, as somebody in the console would.
func (o *office) byHand(operation, user string) {
	o.t.Helper()
	_, err := o.server.Act("111111111111", "iam", operation, sandbox.ActInput{"UserName": user})
	o.must(err)
}

// policies are those of the key and the bucket and the trusts of the roles, by what they
// are of.
func (o *office) policies() map[string]policy.Document {
	o.t.Helper()
	access, err := inspectAccess(o.t.Context(), o.env(), o.answers())
	o.must(err)
	all := map[string]policy.Document{"key": access.Key.Policy, "bucket": access.Bucket.Policy}
	for _, r := range access.Roles {
		all[r.Environment.Name] = policy.ParseOrEmpty(r.Role.Trust)
	}
	return all
}

// inBucketPolicy adds a statement about a user to the bucket's policy.
func (o *office) inBucketPolicy(effect, user string) {
	o.t.Helper()
	text, _, err := o.iam().BucketAccess(o.t.Context(), "acme-terraform-state", "111111111111")
	o.must(err)
	statement := fmt.Sprintf(`{"Sid":%q,"Effect":%q,"Principal":{"AWS":"arn:aws:iam::111111111111:user/%s"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-terraform-state/*"},`, user+effect, effect, user)
	_, err = o.iam().Do(o.t.Context(), awsops.PutBucketPolicy("acme-terraform-state", "111111111111", strings.Replace(text, `"Statement":[`, `"Statement":[`+statement, 1)))
	o.must(err)
}

// TestWhoLeavesIsTakenOutOfPoliciesThatNameWhoWasDeleted: AWS would refuse them all for the
// sake of somebody who left long ago.
func TestWhoLeavesIsTakenOutOfPoliciesThatNameWhoWasDeleted(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	o.byHand("CreateUser", "guest")
	o.inBucketPolicy("Allow", "guest")
	o.inBucketPolicy("Allow", "bob")
	withGuest := func(d policy.Document) string {
		return strings.ReplaceAll(d.JSON(), `"arn:aws:iam::111111111111:user/bob"`, `"arn:aws:iam::111111111111:user/bob","arn:aws:iam::111111111111:user/guest"`)
	}
	key, err := o.iam().Key(t.Context(), "alias/terraform")
	o.must(err)
	_, err = o.iam().Do(t.Context(), awsops.PutKeyPolicy(key.ID, withGuest(o.policies()["key"])))
	o.must(err)
	_, err = o.server.Act("222222222222", "iam", "UpdateAssumeRolePolicy", sandbox.ActInput{"RoleName": "TerraformAdmin", "PolicyDocument": withGuest(o.policies()["staging"])})
	o.must(err)
	o.byHand("DeleteUser", "guest")
	for _, what := range []string{"key", "bucket", "staging"} {
		if d := o.policies()[what]; len(policy.Deleted(d)) == 0 {
			t.Fatalf("the %s policy names nobody deleted: %s", what, d.JSON())
		}
	}
	o.run(o.offboard("bob"))
	for what, d := range o.policies() {
		if gone := policy.Deleted(d); len(gone) > 0 || strings.Contains(d.JSON(), "user/bob") {
			t.Errorf("the %s policy names %v, and is %s", what, gone, d.JSON())
		}
		if what != "bucket" && !strings.Contains(d.JSON(), "user/alice") {
			t.Errorf("alice was taken out of the %s policy: %s", what, d.JSON())
		}
	}
	for _, id := range []string{"offboard.key-policy", "offboard.bucket-policy", "offboard.trust.staging"} {
		found := false
		for _, e := range o.events {
			if e.Kind == plan.EventChange && e.Change.ID == id {
				found = true
				says(t, fmt.Sprint(e.Change.Title, e.Change.Fields, e.Change.Risk), "Remove bob from", "drop deleted principals", "names AIDA", "Nobody loses access")
			}
		}
		if !found {
			t.Errorf("%s was not planned", id)
		}
	}
	mark := len(o.server.Log())
	if again := o.setup(); again.Applied > 0 {
		t.Errorf("the next setup made %v", o.changed(mark))
	}
}

// TestADeletedUserLeavesNoIDInAPolicy: what denies the user stays until the user is gone,
// and would keep the policy from being changed from then on.
func TestADeletedUserLeavesNoIDInAPolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.inBucketPolicy("Deny", "bob")
	s := o.run(o.offboard("bob", "bob"))
	if u, err := o.iam().User(t.Context(), "bob"); err != nil || u != nil {
		t.Fatalf("bob is %v, %v", u, err)
	}
	f := finding(s, "bucket.deleted-principal")
	if f == nil || s.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	says(t, f.String(), "bobDeny names AIDA", "a user that was deleted", "acme-terraform-state", "Drop deleted principals")
	mark := len(o.server.Log())
	if s := o.run(o.offboard("bob")); s.ExitCode(false) != plan.ExitDone || len(policy.Deleted(o.policies()["bucket"])) > 0 {
		t.Errorf("exit %d, findings %v, called %v", s.ExitCode(false), s.Findings, o.changed(mark))
	}
	mark = len(o.server.Log())
	if s := o.run(o.offboard("bob")); s.ExitCode(false) != plan.ExitDone || len(o.changed(mark)) > 0 {
		t.Errorf("once more: exit %d, findings %v, called %v", s.ExitCode(false), s.Findings, o.changed(mark))
	}
}
