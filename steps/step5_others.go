package steps

import (
	"cmp"
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
	if b.fresh() {
		return
	}
	own := policy.Bucket(bucketRules(b.o, b.a))
	agreed := slices.ContainsFunc(own.Statements, func(s policy.Statement) bool { return policy.Covers(held, s) })
	for i := range b.Changes {
		c, names := &b.Changes[i], names
		if lose := b.copiesLost(); c.ID == changeDefault && len(lose) > 0 {
			c.Risk = fmt.Sprintf("What is written without a key of its own is encrypted with this one, and is then no longer copied by %s, which leaves out what is encrypted with a KMS key. ", plan.Enumerated(lose))
			if !agreed {
				c.Takes, c.NotOurs = lose, bucketARN(b.o, b.a)+"/*"
			}
		}
		if len(names) == 0 {
			continue
		}
		switch c.ID {
		case changeDefault:
			c.Risk += fmt.Sprintf("What is written without a key of its own is encrypted with this one, and can then be read only with kms:Decrypt on it. The policy of the bucket lets in: %s.", plan.Enumerated(names))
			names = append(slices.Clone(names), c.Takes...)
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

// versionsForRoot is the finding of a bucket that keeps no versions and lets nobody but the
// account's root user change that.
func versionsForRoot(o *Observed, a *blueprint.Answers) plan.Finding {
	f := plan.Finding{
		ID: "bucket.versions-for-root", Severity: plan.Failure, Resource: a.Bucket.Name, Stops: []string{changeVersions},
		Evidence: fmt.Sprintf("Bucket %s keeps no old versions of a state, and has MFA Delete: only the root user of account %s, with a code of its MFA device, may turn versioning on.", a.Bucket.Name, a.AdminAccount),
		Remedy: fmt.Sprintf("Run aws s3api put-bucket-versioning --bucket %s --versioning-configuration Status=Enabled,MFADelete=Enabled --mfa 'SERIAL CODE' as the root user, then stateroom setup again; or choose another name with --set bucket.name=NAME.",
			a.Bucket.Name),
	}
	if !ourBucket(o, a) {
		f.Blocks, f.Stops = true, nil
		f.Evidence += " Nothing was changed."
	}
	return f
}

// mfaDelete tells of a bucket out of which nothing goes.
func (b *bucketBuilder) mfaDelete() {
	if !b.b.MFADelete || b.b.Versioning != "Enabled" {
		return
	}
	b.Find(plan.Finding{
		ID: "bucket.mfa-delete", Severity: plan.Info,
		Evidence: fmt.Sprintf("Bucket %s has MFA Delete: only the account's root user, with a code of its MFA device, may remove a version, and S3 takes no lifecycle rule for it, so old versions of states and lock files stay. Terraform works: it lays a delete marker over its lock file.", b.b.Name),
		Remedy:   "No action needed: it was kept.",
	})
}

// payer tells of a bucket whose requesters pay. Everybody whom the blueprint knows works on
// the states in the bucket's own account, which owes S3 no word.
func (b *bucketBuilder) payer() {
	if !b.b.RequesterPays {
		return
	}
	b.Find(plan.Finding{
		ID: "bucket.requester-pays", Severity: plan.Info,
		Evidence: fmt.Sprintf("Bucket %s has Requester Pays: S3 refuses requests of other accounts that do not say that they pay, as Terraform cannot. The admins and the pipelines work in account %s, which the bucket belongs to, so nothing changes for them.", b.b.Name, b.a.AdminAccount),
		Remedy:   fmt.Sprintf("No action needed. If Terraform in another account is to read the states (terraform_remote_state), run aws s3api put-bucket-request-payment --bucket %s --request-payment-configuration Payer=BucketOwner.", b.b.Name),
	})
}

// copies tell where the states are copied: whoever may read there reads the passwords in
// them. One that goes to an account that the organization does not have needs a look.
func (b *bucketBuilder) copies() {
	for _, r := range b.b.Copied {
		if r.Tagged || !b.holdsStates(r.Prefix) {
			continue
		}
		to := "bucket " + r.Bucket
		if r.Account != "" {
			to += " of account " + r.Account
		}
		f := plan.Finding{ID: "bucket.copied", Severity: plan.Info, Resource: b.b.Name, Remedy: "No action needed: it was kept."}
		switch {
		case !r.KMS:
			f.Evidence = fmt.Sprintf("Replication rule %q of bucket %s copies to %s, but not what is encrypted with a KMS key: the states are not copied, so nobody has them there.", r.ID, b.b.Name, to)
		default:
			f.Evidence = fmt.Sprintf("Replication rule %q of bucket %s copies the states to %s, encrypted there with %s: anyone who may read that bucket and use that key reads the secrets in them.", r.ID, b.b.Name, to, cmp.Or(r.Key, "that bucket's own key"))
			if b.foreignAccount(r.Account) {
				f.Severity = plan.Warning
				f.Evidence += fmt.Sprintf(" Account %s is not in this organization.", r.Account)
				f.Remedy = "Find out who set that up. If the states are not to leave the organization, remove the rule or give it a prefix below which there is no state."
			}
		}
		b.Find(f)
	}
}

// foreignAccount tells an account that the organization, which was listed, does not have.
func (b *bucketBuilder) foreignAccount(id string) bool {
	all := b.o.Account.Accounts
	return id != "" && id != b.a.AdminAccount && len(all) > 0 && !slices.ContainsFunc(all, func(a awsops.Account) bool { return a.ID == id })
}

// copiesLost names the replication rules that copy nothing that is encrypted with a KMS key.
func (b *bucketBuilder) copiesLost() (rules []string) {
	for _, r := range b.b.Copied {
		if !r.KMS {
			rules = append(rules, fmt.Sprintf("replication rule %s to bucket %s", r.ID, r.Bucket))
		}
	}
	return rules
}
