package onboard

import (
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/plan"
)

// named takes the user out of the key policy, the bucket policy and the roles'
// trusts that name its ARN, be it the blueprint's doing or somebody else's. They are cut as they
// are, so that nobody else gains or loses by it.
func (o *Offboard) named(f offboardFacts, r *plan.Review) {
	o.keyPolicy(f, r)
	o.bucketPolicy(f, r)
	for _, role := range f.access.Roles {
		o.trust(f, role, r)
	}
}

// stillNamed tells of the statements of a policy that are for the user in another
// way than by allowing its ARN. They are left: one of the same name, made later,
// would have what they give.
func stillNamed(f offboardFacts, d policy.Document, what, subject string, step plan.StepName, r *plan.Review) {
	left := policy.StillNames(d, f.user.ARN)
	if len(left) == 0 {
		return
	}
	r.Findings = append(r.Findings, plan.Finding{
		ID: "offboard.still-named", Subject: subject, Of: step, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s names %s in conditions or among whom a deny spares (%s), which are left as they are.", what, f.name, strings.Join(left, ", ")),
		Remedy:   fmt.Sprintf("Take %s out of these statements by hand: a user of the same name that is made later would have what they give.", f.name),
	})
}

func (o *Offboard) keyPolicy(f offboardFacts, r *plan.Review) {
	key := f.access.Key
	if key != nil {
		stillNamed(f, key.Policy, "The policy of key "+key.ARN, "key", plan.StepKey, r)
	}
	switch {
	case f.access.KeyUnseen != nil:
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.key-not-seen", Of: plan.StepKey, Severity: plan.Warning, Evidence: f.access.KeyUnseen.Error(), RequestIDs: awsops.RequestIDs(f.access.KeyUnseen),
			Remedy: fmt.Sprintf("Have somebody with that right run stateroom offboard %s, in case the key's policy names the user.", f.name),
		})
	case key != nil && policy.Names(key.Policy, f.user.ARN):
		after := policy.WithoutPrincipal(key.Policy, f.user.ARN)
		c := o.taking(f, plan.Change{
			ID: "offboard.key-policy", Title: fmt.Sprintf("Take %s out of the state encryption key's policy", f.name),
			Target: key.ARN, Fields: []plan.Field{{Name: "policy", Before: key.Policy.JSON(), After: after.JSON()}},
			Calls: []awsops.Call{awsops.PutKeyPolicy(key.ID, after.JSON())},
			Undo:  fmt.Sprintf("aws kms put-key-policy --key-id %s --policy-name default, with the policy of before", key.ID),
		})
		c.JudgePolicy(plan.WidensKeyPolicy, key.Policy, after, "key "+key.ARN, "The policy of key "+key.ARN+" allows more than before.")
		if !o.ours(key.Tags) {
			c.Foreign = key.ARN
		}
		r.Changes = append(r.Changes, c)
	}
}

func (o *Offboard) bucketPolicy(f offboardFacts, r *plan.Review) {
	if f.access.BucketUnseen != nil {
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.bucket-not-seen", Of: plan.StepBucket, Severity: plan.Warning, Evidence: f.access.BucketUnseen.Error(), RequestIDs: awsops.RequestIDs(f.access.BucketUnseen),
			Remedy: fmt.Sprintf("Have somebody with that right run stateroom offboard %s, in case the bucket's policy names the user.", f.name),
		})
		return
	}
	bucket := f.access.Bucket
	if bucket == nil {
		return
	}
	stillNamed(f, bucket.Policy, "The policy of bucket "+o.Answers.Bucket.Name, "bucket", plan.StepBucket, r)
	if !policy.Names(bucket.Policy, f.user.ARN) {
		return
	}
	after := policy.WithoutPrincipal(bucket.Policy, f.user.ARN)
	if len(after.Statements) == 0 { // S3 stores no policy without a statement
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.bucket-policy", Of: plan.StepBucket, Severity: plan.Warning,
			Evidence: fmt.Sprintf("The policy of bucket %s names nobody but %s.", o.Answers.Bucket.Name, f.name),
			Remedy:   "Run stateroom setup, which writes the bucket's own policy, then run it again; or: aws s3api delete-bucket-policy --bucket " + o.Answers.Bucket.Name,
		})
		return
	}
	c := o.taking(f, plan.Change{
		ID: "offboard.bucket-policy", Title: fmt.Sprintf("Take %s out of the state bucket's policy", f.name),
		Target: bucket.ARN, Fields: []plan.Field{{Name: "policy", Before: bucket.Policy.JSON(), After: after.JSON()}},
		Calls: []awsops.Call{awsops.PutBucketPolicy(o.Answers.Bucket.Name, o.Answers.AdminAccount, after.JSON())},
		Undo:  fmt.Sprintf("aws s3api put-bucket-policy --bucket %s, with the policy of before", o.Answers.Bucket.Name),
	})
	c.JudgePolicy(plan.WidensBucket, bucket.Policy, after, bucket.ARN, "The policy of bucket "+o.Answers.Bucket.Name+" allows more than before.")
	if !o.ours(bucket.Tags) {
		c.Foreign = bucket.ARN
	}
	r.Changes = append(r.Changes, c)
}

func (o *Offboard) trust(f offboardFacts, role roleAccess, r *plan.Review) {
	if role.Unreachable != nil {
		r.Findings = append(r.Findings, plan.Finding{
			ID: "offboard.role-not-seen", Subject: role.Environment.Name, Of: plan.StepIAM, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Role %s cannot be looked at: %v", role.ARN, role.Unreachable),
			Remedy:   fmt.Sprintf("Have the account's owner look whether its trust policy names %s, and end its sessions.", f.name),
		})
		return
	}
	if role.Role == nil {
		return
	}
	before, err := policy.Parse(role.Role.Trust)
	if err != nil {
		return
	}
	stillNamed(f, before, "The trust of "+role.ARN, role.Environment.Name, plan.StepIAM, r)
	if !policy.Names(before, f.user.ARN) {
		return
	}
	after := policy.TrustWithout(before, f.user.ARN)
	c := role.change(plan.Change{
		ID: "offboard.trust." + role.Environment.Name, Topic: topicOffboard, After: []string{denyChange(f.name)},
		Title:  fmt.Sprintf("Take %s out of the trust of %s in %s", f.name, role.Role.Name, role.Environment.Name),
		Fields: []plan.Field{{Name: "trust", Before: role.Role.Trust, After: after.JSON()}},
		Calls:  []awsops.Call{awsops.UpdateAssumeRolePolicy(role.Role.Name, after.JSON())},
		Undo:   fmt.Sprintf("aws iam update-assume-role-policy --role-name %s, with the trust of before", role.Role.Name),
	})
	c.JudgePolicy(plan.WidensTrust, before, after, role.ARN, "The trust of "+role.ARN+" allows more than before.")
	if !o.ours(role.Role.Tags) {
		c.Foreign = role.ARN
	}
	r.Changes = append(r.Changes, c)
}
