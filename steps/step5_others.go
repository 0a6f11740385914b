package steps

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// openToAll is the finding of a bucket whose policy lets everybody in, or nil. With
// public access blocked, S3 shuts them out and refuses every new policy that still
// does: of a bucket that is not the blueprint's nothing is touched, of its own the
// policy is not.
func openToAll(o *Observed, a *blueprint.Answers) *plan.Finding {
	public := policy.Public(policy.ParseOrEmpty(o.Bucket.Bucket.Policy))
	if len(public) == 0 {
		return nil
	}
	f := &plan.Finding{
		ID: "bucket.public", Of: plan.StepBucket, Severity: plan.Failure, Resource: a.Bucket.Name, Stops: []string{changePolicy},
		Evidence: fmt.Sprintf("The policy of bucket %s lets everybody in (%s). A state holds passwords, so public access is blocked on its bucket: whoever uses this one as a public one would be shut out, and S3 refuses a policy that keeps the statement.",
			a.Bucket.Name, statements(public)),
		Remedy: "Choose another name with --set bucket.name=NAME. If nobody needs what it opens, take the statement out of the policy, then run stateroom setup again.",
	}
	if !ourBucket(o, a) {
		f.Blocks, f.Stops = true, nil
		f.Evidence += " Nothing was changed."
	}
	return f
}

// openByACL is the finding of a bucket whose access control list lets others in, or nil.
// S3 does not turn access control lists off while it does
// (InvalidBucketAclWithObjectOwnership, "Troubleshooting" of Object Ownership, S3 user
// guide), and what it gives is nobody's to take but the owner's: of a bucket that is not
// the blueprint's nothing is touched, of its own the lists stay on.
func openByACL(o *Observed, a *blueprint.Answers) *plan.Finding {
	b := o.Bucket.Bucket
	if len(b.Grantees) == 0 {
		return nil
	}
	var names []string
	for _, grantee := range b.Grantees {
		if name := granteeName(grantee); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	f := &plan.Finding{
		ID: "bucket.acl-grants", Severity: plan.Failure, Resource: a.Bucket.Name, Stops: []string{changeOwnership},
		Evidence: fmt.Sprintf("The access control list of bucket %s lets in %s. A state holds passwords, so access control lists are turned off on its bucket, and S3 refuses that while the list gives anybody but the owner something.",
			a.Bucket.Name, plan.Enumerated(names)),
		Remedy:   "Choose another name with --set bucket.name=NAME. If nobody needs what the list opens, empty it, then run stateroom setup again.",
		Commands: plan.Copy("Empty the list", "aws s3api put-bucket-acl --bucket %s --acl private", a.Bucket.Name),
	}
	if !ourBucket(o, a) {
		f.Blocks = true
		f.Evidence += " Nothing was changed."
	}
	return f
}

// granteeName names whom an access control list lets in: a group of S3's, or an account
// by its canonical id.
func granteeName(grantee string) string {
	switch _, group, _ := strings.Cut(grantee, "/groups/"); group {
	case "global/AllUsers":
		return policy.Everybody
	case "global/AuthenticatedUsers":
		return "everybody who has an AWS account"
	case "s3/LogDelivery":
		return "S3's log delivery"
	}
	return "the account with the canonical id " + grantee
}

// servesSite is the finding of a bucket that is not the blueprint's and serves a site whose
// objects their access control lists may open, or nil: nobody can read all of these lists,
// and with the block of public access none counts.
func servesSite(o *Observed, a *blueprint.Answers) *plan.Finding {
	b := o.Bucket.Bucket
	if !b.Website || ourBucket(o, a) || b.PublicAccessBlock != nil && b.PublicAccessBlock.IgnorePublicACLs {
		return nil
	}
	return &plan.Finding{
		ID: "bucket.website", Severity: plan.Failure, Resource: a.Bucket.Name, Blocks: true,
		Evidence: fmt.Sprintf("Bucket %s serves a website, and access control lists count in it. A state holds passwords, so public access is blocked on its bucket: visitors would be shut out of every object that its list opens to everybody. Nothing was changed.", a.Bucket.Name),
		Remedy:   "Choose another name with --set bucket.name=NAME. If nobody visits it any more, take the website away, then run stateroom setup again.",
		Commands: plan.Copy("Take the website away", "aws s3api delete-bucket-website --bucket %s", a.Bucket.Name),
	}
}

// statements names statements of a policy by their Sid, and else by what they allow.
func statements(list []policy.Statement) string {
	var names []string
	for _, s := range list {
		if s.Sid != "" {
			names = append(names, "statement "+s.Label())
		} else {
			names = append(names, "a statement for "+plan.Listed(slices.Concat(s.Actions, s.NotActions)))
		}
	}
	return strings.Join(names, ", ")
}

// others says of each change of the bucket what it takes from whom the bucket's policy
// names. Until the blueprint's own statements stand beside theirs, nobody has agreed to
// it, and it takes consent of its own: that a bucket may be used does not say that those
// who use it may be shut out.
func (b *bucketBuilder) others() {
	held := policy.ParseOrEmpty(b.b.Policy)
	names := policy.Others(held, b.a.AdminAccount)
	if b.fresh() || len(names) == 0 {
		return
	}
	own := policy.Bucket(bucketRules(b.o, b.a))
	agreed := slices.ContainsFunc(own.Statements, func(s policy.Statement) bool { return policy.Covers(held, s) })
	for i := range b.Changes {
		c := &b.Changes[i]
		switch c.ID {
		case changeDefault:
			c.Risk = fmt.Sprintf("What is written without a key of its own is encrypted with this one, and can then be read only with kms:Decrypt on it. The policy of the bucket lets in: %s.", plan.Enumerated(names))
		case changePolicy:
			c.Risk = fmt.Sprintf("Anyone who writes without naming the key, or connects without TLS, is refused from now on. The policy of the bucket lets in: %s.", plan.Enumerated(names))
		default:
			continue
		}
		if !agreed {
			c.Takes, c.NotOurs = names, bucketARN(b.o, b.a)+"/*"
		}
	}
}

// lock tells of an Object Lock, which keeps what is to go.
func (b *bucketBuilder) lock() {
	lock := b.b.Lock
	if lock == nil || lock.Mode == "" {
		return
	}
	b.Find(plan.Finding{
		ID: "bucket.object-lock", Severity: plan.Info,
		Evidence: fmt.Sprintf("Bucket %s has an Object Lock (%s): no version of an object can be removed for %s, neither those of states nor what the proofs leave behind. Terraform works: it lays a delete marker over its lock file.",
			b.b.Name, lock.Mode, lockedFor(lock)),
		Remedy: "No action needed: it was kept.",
	})
}

func lockedFor(l *awsops.ObjectLock) string {
	if l.Years > 0 {
		return plan.Counted(int(l.Years), "year")
	}
	return plan.Counted(int(l.Days), "day")
}
