package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// keyHeader is the condition key of the KMS key that a write names.
const keyHeader = "s3:x-amz-server-side-encryption-aws-kms-key-id"

// unusablePolicy says why the bucket's policy cannot be added to: it cannot be
// read, and adding would drop what it holds, or it demands another key, and
// with ours demanded as well nothing could be written at all.
func unusablePolicy(o *Observed, a *blueprint.Answers) *plan.Finding {
	text := o.Bucket.Bucket.Policy
	if text == "" {
		return nil
	}
	have, err := policy.Parse(text)
	if err != nil {
		return &plan.Finding{
			ID: "bucket.policy-unreadable", Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("The policy of bucket %s cannot be read, so adding to it could lose something: %v.", a.Bucket.Name, err), RequestIDs: awsops.RequestIDs(err),
			Remedy: "Correct the policy, then run stateroom setup again.",
		}
	}
	if public := openToAll(o, a); public != nil && !ourBucket(o, a) {
		return public
	}
	for _, s := range have.Statements {
		if s.Effect == policy.Deny && mentions(s, keyHeader) && refusesKey(o, a, s) && !(ourBucket(o, a) && ownStatement(o, a, s) != nil) {
			return &plan.Finding{
				ID: "bucket.other-key-demanded", Severity: plan.Failure, Blocks: true, Probed: true,
				Evidence: fmt.Sprintf("Statement %q in the policy of bucket %s refuses writes with %s, the blueprint's key.", s.Sid, a.Bucket.Name, plan.Known(o.keyARN())),
				Remedy:   "Choose the alias of the key that it demands with --set kms_key.alias=NAME, or remove the statement.",
			}
		}
	}
	return nil
}

// ourBucket tells a bucket whose policy is the blueprint's to correct.
func ourBucket(o *Observed, a *blueprint.Answers) bool {
	b := o.Bucket.Bucket
	return b != nil && b.Ownership == awsops.BucketOurs && (plan.Ours(a, b.Tags) || o.Bucket.Made)
}

// ownStatement is the blueprint's statement that stands behind one which differs
// from it in nothing but the key; nil where there is none. Both forms of the
// policy are the blueprint's, whichever is asked for now.
func ownStatement(o *Observed, a *blueprint.Answers, s policy.Statement) *policy.Statement {
	if !mentions(s, keyHeader) {
		return nil
	}
	for _, strict := range []bool{true, false} {
		rules := bucketRules(o, a)
		rules.Strict = strict
		doc := policy.Bucket(rules)
		for _, own := range doc.Statements {
			named := s
			named.Conditions = withKey(s.Conditions, o.keyARN())
			if own.Sid == s.Sid && mentions(own, keyHeader) && policy.Equivalent(oneStatement(own), oneStatement(named)) {
				return &own
			}
		}
	}
	return nil
}

// withKey names another key in the conditions of a statement that compare it.
func withKey(conditions policy.Conditions, arn string) policy.Conditions {
	out := policy.Conditions{}
	for operator, keys := range conditions {
		out[operator] = maps.Clone(keys)
		for key := range keys {
			if strings.EqualFold(key, keyHeader) && operator != "Null" {
				out[operator][key] = []string{arn}
			}
		}
	}
	return out
}

// demandedKeys are the keys that a statement lets writes name.
func demandedKeys(s policy.Statement) (keys []string) {
	for operator := range s.Conditions {
		if operator != "Null" {
			keys = append(keys, slices.Concat(s.Conditions.Spellings(operator, keyHeader)...)...)
		}
	}
	return keys
}

// KeyDisagreements say, of a bucket of the blueprint's whose settings name
// another key than the alias does, which says what.
func KeyDisagreements(o *Observed, a *blueprint.Answers) []string {
	if !o.Key.Aliased || !ourBucket(o, a) {
		return nil
	}
	var said []string
	b := bucketBuilder{o: o, a: a, b: o.Bucket.Bucket}
	for _, s := range policy.ParseOrEmpty(b.b.Policy).Statements {
		for _, key := range demandedKeys(s) {
			if !b.isOurKey(key) && ownStatement(o, a, s) != nil {
				said = append(said, fmt.Sprintf("statement %s of its policy demands %s", s.Sid, key))
			}
		}
	}
	if have := b.b.Encryption; have != nil && b.isSpare(have.KeyID) {
		said = append(said, "its default encryption is "+have.KeyID)
	}
	return said
}

func mentions(s policy.Statement, key string) bool {
	for operator := range s.Conditions {
		if len(s.Conditions.Spellings(operator, key)) > 0 {
			return true
		}
	}
	return false
}

// refusesPlain tells whether the bucket's policy, as it was read, denies the write that
// names no encryption.
func refusesPlain(o *Observed, a *blueprint.Answers) bool {
	return policy.Evaluate(policy.Request{
		Principal: iamARN(o, a, "user/admin"), Action: "s3:PutObject",
		Resource: bucketARN(o, a) + "/state", ResourceAccount: a.AdminAccount,
		Context: map[string][]string{"aws:SecureTransport": {"true"}},
	}, policy.Policies{Resource: &policy.Named{Document: policy.ParseOrEmpty(o.Bucket.Bucket.Policy)}}).Explicit
}

// refusesKey tells whether a statement denies the write that Terraform makes
// with the blueprint's key.
func refusesKey(o *Observed, a *blueprint.Answers, s policy.Statement) bool {
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

// bucketRules are what the blueprint asks of the bucket's policy.
func bucketRules(o *Observed, a *blueprint.Answers) policy.BucketRules {
	return policy.BucketRules{
		Partition: o.partition(), Bucket: a.Bucket.Name, KMSKeyARN: o.keyARN(), Strict: a.Bucket.Policy == blueprint.BucketPolicyStrict,
	}
}

// policy adds the statements that the bucket's policy lacks and keeps every other, but for
// whom they name that was deleted.
func (b *bucketBuilder) policy() {
	rules := bucketRules(b.o, b.a)
	want := policy.Bucket(rules)
	stored := policy.ParseOrEmpty(b.b.Policy)
	if f := plan.SparesDeleted("bucket.deleted-spared", "policy of bucket "+b.a.Bucket.Name, stored, changePolicy); f != nil {
		b.Find(*f)
		return
	}
	held := policy.WithoutDeleted(stored)
	have, merged := held, held
	if len(have.Statements) == 0 {
		merged = policy.Document{Version: want.Version, ID: want.ID}
	}
	merged.Statements = slices.Clone(merged.Statements)
	corrected := false
	for i, s := range merged.Statements {
		if own := ownStatement(b.o, b.a, s); own != nil && ourBucket(b.o, b.a) && !policy.Equivalent(oneStatement(*own), oneStatement(s)) {
			merged.Statements[i], corrected = *own, true
		}
	}
	have.Statements = slices.Clone(merged.Statements) // as far as it is ours, it is right
	rules.Strict = true
	if strict := policy.Bucket(rules); b.a.Bucket.Policy != blueprint.BucketPolicyStrict && narrower(strict, have) {
		b.Keep("bucket.policy-stronger", fmt.Sprintf("The policy of bucket %s stays strict, though the blueprint asks for %s: it refuses every write that does not name the encryption.", b.b.Name, b.a.Bucket.Policy))
		want = strict // which refuses all that the other form does
	}
	for _, s := range want.Statements {
		if !policy.Covers(have, s) {
			merged.Statements = append(merged.Statements, s)
		}
	}
	if extra := policy.Extra(have, want); len(extra) > 0 {
		b.Keep("bucket.extra-statements", fmt.Sprintf("The policy of bucket %s holds %s beyond the blueprint's.", b.b.Name, plan.Counted(len(extra), "statement")))
	}
	if public := openToAll(b.o, b.a); public != nil {
		b.Find(*public)
	}
	title := "Refuse writes that are not encrypted with the key, and requests without TLS"
	if len(merged.Statements) == len(have.Statements) && !corrected {
		if len(policy.Deleted(stored)) == 0 {
			return
		}
		title = ""
	}
	merged = withoutDoubleSids(merged)
	c := b.add(changePolicy, title,
		awsops.PutBucketPolicy(b.a.Bucket.Name, b.a.AdminAccount, merged.JSON()),
		plan.Field{Name: "policy", Before: b.b.Policy, After: plan.Known(merged.JSON())})
	b.Find(c.Drop("bucket.deleted-principal", "policy of bucket "+b.a.Bucket.Name, stored)...)
	c.JudgePolicy(plan.WidensBucket, held, merged, "bucket "+b.a.Bucket.Name, "The policy of bucket "+b.a.Bucket.Name+" allows more than before.")
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
