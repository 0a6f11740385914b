package steps

import (
	"fmt"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/policy"
)

// keyHeader is the condition key of the KMS key that a write names.
const keyHeader = "s3:x-amz-server-side-encryption-aws-kms-key-id"

// unfitPolicy says why the bucket's policy cannot be added to: it cannot be
// read, and adding would drop what it holds, or it demands another key, and
// with ours demanded as well nothing could be written at all.
func unfitPolicy(o *Observed, a *Answers) *Finding {
	text := o.Bucket.Bucket.Policy
	if text == "" {
		return nil
	}
	have, err := policy.Parse(text)
	if err != nil {
		return &Finding{
			ID: "bucket.policy-unreadable", Step: 5, Severity: Failure, Blocks: true,
			Evidence: fmt.Sprintf("The policy of bucket %s cannot be read, so that adding to it could lose something: %v.", a.Bucket.Name, err),
			Remedy:   "Correct the policy, then run stateroom setup again.",
		}
	}
	for _, s := range have.Statements {
		if s.Effect == policy.Deny && mentions(s, keyHeader) && refusesKey(o, a, s) {
			return &Finding{
				ID: "bucket.other-key-demanded", Step: 5, Severity: Failure, Blocks: true,
				Evidence: fmt.Sprintf("Statement %q in the policy of bucket %s refuses writes with %s, the blueprint's key.", s.Sid, a.Bucket.Name, Known(o.keyARN())),
				Remedy:   "Choose the alias of the key that it demands with --set kms_key.alias=NAME, or remove the statement.",
			}
		}
	}
	return nil
}

func mentions(s policy.Statement, key string) bool {
	for _, keys := range s.Conditions {
		if _, found := keys[key]; found {
			return true
		}
	}
	return false
}

// refusesKey tells whether a statement denies the write that Terraform makes
// with the blueprint's key.
func refusesKey(o *Observed, a *Answers, s policy.Statement) bool {
	decision := policy.Evaluate(policy.Request{
		Principal: iamARN(o, a, "user/admin"), Action: "s3:PutObject",
		Resource: bucketARN(o, a) + "/state", ResourceAccount: a.AdminAccount,
		Context: map[string][]string{
			keyHeader:                         {o.keyARN()},
			"s3:x-amz-server-side-encryption": {"aws:kms"},
			"aws:SecureTransport":             {"true"},
		},
	}, policy.Policies{Resource: &policy.Named{Document: oneStatement(s)}})
	return decision.Explicit
}

// policy adds the statements that the bucket's policy lacks and keeps every
// other.
func (b *bucketBuilder) policy() {
	want := policy.Bucket(policy.BucketRules{
		Partition: b.o.partition(), Bucket: b.a.Bucket.Name, KMSKeyARN: b.o.keyARN(), Strict: b.a.Bucket.Policy == BucketPolicyStrict,
	})
	have := parsed(b.b.Policy)
	merged := have
	if len(have.Statements) == 0 {
		merged = policy.Document{Version: want.Version, ID: want.ID}
	}
	merged.Statements = slices.Clone(merged.Statements)
	for _, s := range want.Statements {
		if !policy.Covers(have, s) {
			merged.Statements = append(merged.Statements, s)
		}
	}
	if extra := policy.Extra(have, want); len(extra) > 0 {
		b.keep("extra-statements", fmt.Sprintf("The policy of bucket %s holds %d statements beyond the blueprint's.", b.b.Name, len(extra)))
	}
	if len(merged.Statements) == len(have.Statements) {
		return
	}
	merged = withoutDoubleSids(merged)
	c := b.add("bucket.policy", "Refuse writes that are not encrypted with the key, and requests without TLS",
		awsops.PutBucketPolicy(b.a.Bucket.Name, b.a.AdminAccount, merged.JSON()),
		Field{Name: "policy", Before: b.b.Policy, After: Known(merged.JSON())})
	c.JudgePolicy(WidensBucket, have, merged, "bucket "+b.a.Bucket.Name, "The policy of bucket "+b.a.Bucket.Name+" allows more than before.")
	c.Needs = []string{changeKey}
	if b.b.Policy == "" {
		c.Undo = "aws s3api delete-bucket-policy --bucket " + b.a.Bucket.Name
	}
}

// withoutDoubleSids drops the Sid of a later statement that an earlier one has
// already: S3 refuses a policy with the same Sid twice.
func withoutDoubleSids(d policy.Document) policy.Document {
	seen := map[string]bool{}
	for i := range d.Statements {
		if sid := d.Statements[i].Sid; sid != "" && seen[sid] {
			d.Statements[i].Sid = ""
		}
		seen[d.Statements[i].Sid] = true
	}
	return d
}
