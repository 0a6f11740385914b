package account

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// unblockBucket takes out of the bucket's policy what refuses the identity and is
// none of the blueprint's statements, and puts in what those lack.
func unblockBucket(f *facts, b *bucketAccess) (plan.Change, bool) {
	attached := bucketPolicy(f, b.bucket)
	if attached == nil || !mayMend(f, plan.StepBucket) {
		return plan.Change{}, false
	}
	own := policy.Bucket(policy.BucketRules{
		Partition: b.by.partition(), Bucket: b.bucket, KMSKeyARN: f.keyARN(), Strict: f.answers.Bucket.Policy == blueprint.BucketPolicyStrict,
	})
	have, after := policyAfter(f, "s3", "PutBucketPolicy", attached.Document)
	living := policy.WithoutDeleted(have)
	doc, removed := unblocked(f, living, own, b.questions(f))
	if len(removed) == 0 || len(policy.SparesDeleted(have)) > 0 { // AWS would not store it
		return plan.Change{}, false
	}
	for i, s := range own.Statements { // what is taken out may stand in the place of one
		if !policy.Covers(doc, s) {
			doc.Statements = slices.Insert(doc.Statements, min(i, len(doc.Statements)), s)
		}
	}
	c := policyChange(b.arn(), "bucket "+b.bucket, have, doc, removed)
	c.ID, c.Of, c.Account, c.Region, c.Needs = "bucket.policy.unblock", plan.StepBucket, f.answers.AdminAccount, b.region, after
	c.Calls = []awsops.Call{awsops.PutBucketPolicy(b.bucket, f.answers.AdminAccount, doc.JSON())}
	c.Undo = "aws s3api put-bucket-policy with the policy shown as before"
	c.Drop("bucket.deleted-principal", "policy of bucket "+b.bucket, have)
	c.JudgePolicy(plan.WidensBucket, living, doc, "bucket "+b.bucket, unrefused("bucket "+b.bucket, removed))
	return c, true
}

// unblockKey takes out of the key policy what refuses the identity and is none of
// the blueprint's statements.
func unblockKey(f *facts, q question) (plan.Change, bool) {
	attached := keyPolicy(f, q.resource)
	if attached == nil || !mayMend(f, plan.StepKey) {
		return plan.Change{}, false
	}
	have, after := policyAfter(f, "kms", "PutKeyPolicy", attached.Document)
	decrypt := q
	decrypt.action = "kms:Decrypt"
	living := policy.WithoutDeleted(have)
	doc, removed := unblocked(f, living, policy.Document{}, []question{q, decrypt})
	if len(removed) == 0 || len(policy.SparesDeleted(have)) > 0 || !policy.KeepsRootAdministration(doc, q.by.partition(), f.answers.AdminAccount) {
		return plan.Change{}, false
	}
	c := policyChange(q.resource, "key "+keyName(q.resource), have, doc, removed)
	c.ID, c.Of, c.Account, c.Region, c.Needs = "key.policy.unblock", plan.StepKey, f.answers.AdminAccount, f.answers.StateRegion, after
	c.Calls = []awsops.Call{awsops.PutKeyPolicy(q.resource, doc.JSON())}
	c.Undo = "aws kms put-key-policy with the policy shown as before"
	c.Drop("key.deleted-principal", "policy of key "+keyName(q.resource), have)
	c.JudgePolicy(plan.WidensKeyPolicy, living, doc, "key "+q.resource, unrefused("key "+q.resource, removed))
	return c, true
}

// keyName is a key's id, by which people tell it; the target has its ARN.
func keyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// policyChange takes statements out of the policy of a resource, with consent to the
// first of them.
func policyChange(target, resource string, have, doc policy.Document, removed []string) plan.Change {
	return plan.Change{
		Action: plan.Update, Title: fmt.Sprintf("Remove %s from the policy of %s", strings.Join(removed, ", "), resource), Target: target,
		Fields:  []plan.Field{{Name: "policy", Before: have.JSON(), After: doc.JSON()}},
		NotOurs: target + "#" + removed[0], Asks: "somebody put the statement there", Agreeing: "remove",
		Risk: "Somebody put the statement there; whatever else it refused is left to the other policies from then on.",
	}
}

// unrefused says who gets more access by it.
func unrefused(resource string, removed []string) string {
	return fmt.Sprintf("The policy of %s no longer refuses what %s did.", resource, strings.Join(removed, ", "))
}

// questions are everything that the bucket's states need of its policy.
func (b *bucketAccess) questions(f *facts) []question {
	var all []question
	ask := func(resource string, context map[string][]string, actions ...string) {
		for _, action := range actions {
			all = append(all, question{by: b.by, action: action, resource: resource, context: context})
		}
	}
	ask(b.arn(), nil, "s3:ListBucket")
	for _, s := range b.states {
		headers := s.written(f).Headers()
		ask(s.arn(), nil, "s3:GetObject")
		ask(s.arn(), headers, "s3:PutObject")
		if s.Lockfile {
			ask(s.lockFileARN(), nil, "s3:GetObject", "s3:DeleteObject")
			ask(s.lockFileARN(), headers, "s3:PutObject")
		}
	}
	return all
}

// unblocked is a document without the Deny statements that refuse any of the
// questions, but for the blueprint's own; removed are their names.
func unblocked(f *facts, doc, own policy.Document, questions []question) (out policy.Document, removed []string) {
	out = doc
	out.Statements = slices.Clone(doc.Statements)
	for _, q := range questions {
		for {
			q.attached = &policy.Named{Name: "policy", Type: policy.ResourceBased, Document: out}
			d, _ := evaluate(f, q)
			if !d.Explicit || policy.Covers(own, out.Statements[d.Statement]) {
				break
			}
			name := out.Statements[d.Statement].Label()
			if name == "" {
				name = fmt.Sprintf("statement-%d", d.Statement+1)
			}
			removed = append(removed, name)
			out.Statements = slices.Delete(out.Statements, d.Statement, d.Statement+1)
		}
	}
	return out, removed
}
