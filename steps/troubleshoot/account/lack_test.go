package account

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// lacking is a right that nothing gives to somebody.
func lacking(d *diagnosis.Diagnosis, who, action string, changes ...string) health.Result {
	x := faultOf(d, who+" "+action, action+" is denied.")
	x.Who, x.Lacks, x.Needs, x.Err = who, action, []string{"statement for " + action}, errors.New("denied")
	for _, id := range changes {
		x.Changes = append(x.Changes, plan.Change{ID: id})
	}
	return x
}

// Four services refuse at once since one policy is detached: that is one finding, with
// one report, and it stands for the ids of all.
func TestRightsThatWentTogetherAreOneFinding(t *testing.T) {
	t.Parallel()
	const alice, bob = "arn:aws:iam::1:user/alice", "arn:aws:iam::1:user/bob"
	kms, table := lacking(diagnosis.KMSDenied, alice, "kms:Decrypt"), lacking(diagnosis.TableDenied, alice, "dynamodb:GetItem")
	head, put := lacking(diagnosis.S3HeadDenied, alice, "s3:GetObject"), lacking(diagnosis.S3PutDenied, alice, "s3:PutObject")
	trust := faultOf(diagnosis.AssumeRoleDenied, "production", "The trust policy refuses.")
	for name, c := range map[string]struct {
		faults []health.Result
		ids    []string
	}{
		"all of them":           {[]health.Result{kms, table, head, put}, []string{"s3-head-denied"}},
		"two at one service":    {[]health.Result{head, put}, []string{"s3-head-denied", "s3-put-denied"}},
		"somebody else's":       {[]health.Result{kms, lacking(diagnosis.S3PutDenied, bob, "s3:PutObject")}, []string{"kms-denied", "s3-put-denied"}},
		"fixed by another":      {[]health.Result{kms, lacking(diagnosis.S3PutDenied, alice, "s3:PutObject", "iam.group")}, []string{"kms-denied", "s3-put-denied"}},
		"something else beside": {[]health.Result{trust, kms, head}, []string{"assume-role-denied", "s3-head-denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ids []string
			for _, x := range unite(c.faults) {
				ids = append(ids, x.ID)
			}
			if !slices.Equal(ids, c.ids) {
				t.Errorf("told as %v, not %v", ids, c.ids)
			}
		})
	}
	one := unite([]health.Result{kms, table, head, put})[0]
	if !slices.Equal(one.Also, []string{"kms-denied", "table-denied", "s3-put-denied"}) || len(one.Needs) != 4 || !strings.HasPrefix(one.Lead, "alice lacks its permissions in 3 services") {
		t.Errorf("also %v, needs %v, lead %q", one.Also, one.Needs, one.Lead)
	}
	if report := escalation(one, "1"); !strings.Contains(report, "statement for dynamodb:GetItem") || strings.Count(report, "To whoever") != 1 {
		t.Errorf("the report:\n%s", report)
	}
	if kms.Also != nil || !strings.HasSuffix(head.Evidence, "denied.") {
		t.Error("what was given was changed")
	}
	for _, x := range []health.Result{kms, put, head} {
		if got := toldBy([]health.Result{one}, x); got != "s3-head-denied" {
			t.Errorf("%s is told by %s", x.ID, got)
		}
	}
}
