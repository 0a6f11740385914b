package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

const bucketOfOthers = "arn:aws:s3:::acme-terraform-state"

// usedBucket is a bucket of the blueprint's name that somebody has made for something
// else, with a policy for others: no block of public access, and AES256 by default.
func usedBucket(t *testing.T, policy string) (*world, hands) {
	t.Helper()
	w := newWorld(t, sandbox.Options{})
	h, name := w.hands(""), aws.String(team().Bucket.Name)
	w.makeBucket(h, *name, "eu-west-1")
	_, err := h.s3.DeletePublicAccessBlock(context.Background(), &s3.DeletePublicAccessBlockInput{Bucket: name})
	w.must(err)
	_, err = h.s3.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: name, Policy: &policy})
	w.must(err)
	return w, h
}

// adopted sets up with these agreed to, and gives what was called.
func (w *world) adopted(arns ...string) (*plan.Summary, []string) {
	w.t.Helper()
	w.events = nil
	mark := len(w.server.Log())
	s := w.setup(team())
	s.Answers.Adopt = arns
	return w.run(s), w.mutations(mark)
}

// TestAPublicBucketIsNotShutBehindItsVisitors adopts a bucket that serves a site: its
// public access is not blocked, since the policy that keeps the site would be refused.
func TestAPublicBucketIsNotShutBehindItsVisitors(t *testing.T) {
	t.Parallel()
	w, _ := usedBucket(t, `{"Version":"2012-10-17","Statement":[{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"`+bucketOfOthers+`/*"}]}`)
	summary, calls := w.adopted(bucketOfOthers)
	f := findingOf(summary.Findings, "bucket.public")
	if f == nil || !f.Blocks || summary.ExitCode(false) != plan.ExitFindings || len(calls) > 0 {
		t.Fatalf("findings %v, calls %v", summary.Findings, calls)
	}
	says(t, f.Evidence+" "+f.Remedy, "acme-terraform-state", "everybody", "statement Site", "Nothing was changed", "--set bucket.name=NAME")
}

// TestWhoeverUsesABucketIsNamedBeforeTheyLoseIt adopts a bucket that another account
// and a service write to: what shuts them out takes a word of its own.
func TestWhoeverUsesABucketIsNamedBeforeTheyLoseIt(t *testing.T) {
	t.Parallel()
	w, h := usedBucket(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":["s3:GetObject","s3:PutObject"],"Resource":"`+bucketOfOthers+`/*"},
		{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject","Resource":"`+bucketOfOthers+`/logs/*"}]}`)
	summary, calls := w.adopted(bucketOfOthers)
	if slices.Contains(calls, "s3:PutBucketPolicy") || slices.Contains(calls, "s3:PutBucketEncryption") || summary.Failed > 0 {
		t.Fatalf("called %v, failures %v", calls, summary.Failures)
	}
	i := slices.IndexFunc(summary.Findings, func(f plan.Finding) bool {
		return f.ID == "bucket.not-ours" && strings.Contains(f.Evidence, bucketOfOthers+"/*")
	})
	if i < 0 || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, summary.Findings[i].String(), "is used by others", "arn:aws:iam::222222222222:root", "logging.s3.amazonaws.com", "--adopt '"+bucketOfOthers+"/*'")
	out, err := h.s3.GetBucketEncryption(context.Background(), &s3.GetBucketEncryptionInput{Bucket: aws.String(team().Bucket.Name)})
	w.must(err)
	if by := out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm; by != types.ServerSideEncryptionAes256 {
		t.Errorf("the default encryption is %s now", by)
	}
	summary, _ = w.adopted(bucketOfOthers, bucketOfOthers+"/*")
	w.healthy(summary)
	for _, id := range []string{changeDefault, changePolicy} {
		if c := w.plannedChange(id); c == nil || !strings.Contains(c.Risk, "logging.s3.amazonaws.com") {
			t.Errorf("%s does not say who loses something", id)
		}
	}
	w.settledNow(team())
}

// TestAnObjectLockIsToldAndTheProofsGoThrough adopts a bucket whose versions stay.
func TestAnObjectLockIsToldAndTheProofsGoThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, name := w.hands(""), aws.String(team().Bucket.Name)
	_, err := h.s3.CreateBucket(context.Background(), &s3.CreateBucketInput{
		Bucket: name, ObjectLockEnabledForBucket: aws.Bool(true), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	w.must(err)
	_, err = h.s3.PutObjectLockConfiguration(context.Background(), &s3.PutObjectLockConfigurationInput{Bucket: name, ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeCompliance, Years: aws.Int32(2)}},
	}})
	w.must(err)
	summary, _ := w.adopted(bucketOfOthers)
	w.healthy(summary)
	f := findingOf(summary.Findings, "bucket.object-lock")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "acme-terraform-state", "COMPLIANCE", "2 years")
	for _, e := range w.server.Log() {
		// The SDK's own checksum can be turned off in the shell and in a profile.
		if e.Operation == "PutObject" && !strings.Contains(strings.ToLower(fmt.Sprint(e.Input)), "content-md5") {
			t.Errorf("a write without a digest: %v", e.Input)
		}
	}
	w.settledNow(team())
}

// withACLs lets access control lists count in the bucket of the blueprint's name.
func withACLs(w *world, h hands, acl types.BucketCannedACL) {
	w.t.Helper()
	ctx, name := context.Background(), aws.String(team().Bucket.Name)
	_, err := h.s3.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: name})
	w.must(err)
	_, err = h.s3.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}},
	}})
	w.must(err)
	_, err = h.s3.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: name, ACL: acl})
	w.must(err)
}

// TestWhomAnAccessControlListLetsInIsNamedAndNothingIsTaken adopts buckets whose lists let
// others in: S3 refuses to turn the lists off, which a set-up was in the midst of then.
func TestWhomAnAccessControlListLetsInIsNamedAndNothingIsTaken(t *testing.T) {
	t.Parallel()
	for acl, named := range map[types.BucketCannedACL]string{
		types.BucketCannedACLPublicRead: "lets in everybody.", types.BucketCannedACLAuthenticatedRead: "everybody who has an AWS account",
		"log-delivery-write": "S3's log delivery",
	} {
		w := newWorld(t, sandbox.Options{})
		h := w.hands("")
		w.makeBucket(h, team().Bucket.Name, "eu-west-1")
		withACLs(w, h, acl)
		summary, calls := w.adopted(bucketOfOthers, bucketOfOthers+"/*")
		f := findingOf(summary.Findings, "bucket.acl-grants")
		if f == nil || !f.Blocks || len(calls) > 0 || summary.ExitCode(false) != plan.ExitFindings {
			t.Fatalf("%s: findings %v, calls %v", acl, summary.Findings, calls)
		}
		says(t, f.String(), "acme-terraform-state", named, "Nothing was changed", "put-bucket-acl --bucket acme-terraform-state --acl private")
		_, err := h.s3.PutBucketAcl(context.Background(), &s3.PutBucketAclInput{Bucket: aws.String(team().Bucket.Name), ACL: types.BucketCannedACLPrivate})
		w.must(err)
		summary, _ = w.adopted(bucketOfOthers)
		w.healthy(summary)
		w.settledNow(team())
	}
}

// TestASiteWhoseObjectsMayBeOpenIsNotShutBehindItsVisitors: the lists of single objects
// are not read, so that a site counts as one that has visitors.
func TestASiteWhoseObjectsMayBeOpenIsNotShutBehindItsVisitors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h := w.hands("")
	w.makeBucket(h, team().Bucket.Name, "eu-west-1")
	_, err := h.s3.PutBucketWebsite(context.Background(), &s3.PutBucketWebsiteInput{Bucket: aws.String(team().Bucket.Name), WebsiteConfiguration: &types.WebsiteConfiguration{
		IndexDocument: &types.IndexDocument{Suffix: aws.String("index.html")},
	}})
	w.must(err)
	withACLs(w, h, types.BucketCannedACLPrivate)
	summary, calls := w.adopted(bucketOfOthers, bucketOfOthers+"/*")
	f := findingOf(summary.Findings, "bucket.website")
	if f == nil || !f.Blocks || len(calls) > 0 {
		t.Fatalf("findings %v, calls %v", summary.Findings, calls)
	}
	says(t, f.String(), "visitors would be shut out", "--set bucket.name=NAME", "delete-bucket-website --bucket acme-terraform-state")
}

// TestAListThatWasOpenedOnTheStatesBucketIsToldAndTheRestIsMended: of the blueprint's own
// bucket everything but the lists is put right.
func TestAListThatWasOpenedOnTheStatesBucketIsToldAndTheRestIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	withACLs(w, w.hands(""), types.BucketCannedACLPublicRead)
	summary, _, calls := w.again(team())
	f := findingOf(summary.Findings, "bucket.acl-grants")
	if f == nil || f.Blocks || summary.Failed > 0 || !slices.Contains(calls, "s3:PutPublicAccessBlock") || slices.Contains(calls, "s3:PutBucketOwnershipControls") {
		t.Fatalf("findings %v, failures %v, calls %v", summary.Findings, summary.Failures, calls)
	}
}

// TestABucketWhoseTagsSetUpMayNotWriteIsSetUpAndToldHowToTag adopts a bucket with ABAC,
// of which S3 takes tags by another way alone.
func TestABucketWhoseTagsSetUpMayNotWriteIsSetUpAndToldHowToTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx, name := w.hands(""), context.Background(), aws.String(team().Bucket.Name)
	w.makeBucket(h, *name, "eu-west-1")
	abac := func(status types.BucketAbacStatus) {
		_, err := h.s3.PutBucketAbac(ctx, &s3.PutBucketAbacInput{Bucket: name, AbacStatus: &types.AbacStatus{Status: status}})
		w.must(err)
	}
	tag := func() error {
		_, err := h.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &types.Tagging{
			TagSet: []types.Tag{{Key: aws.String("stateroom"), Value: aws.String("111111111111/acme-terraform-state")}},
		}})
		return err
	}
	abac(types.BucketAbacStatusEnabled)
	if tag() == nil {
		t.Fatal("the sandbox takes tags as if there were no ABAC")
	}
	summary, calls := w.adopted(bucketOfOthers)
	f := findingOf(summary.Findings, "bucket.tags-by-hand")
	if f == nil || summary.Failed > 0 || slices.Contains(calls, "s3:PutBucketTagging") || !slices.Contains(calls, "s3:PutBucketPolicy") || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, failures %v, calls %v", summary.Findings, summary.Failures, calls)
	}
	says(t, f.String(), "aws s3control tag-resource --account-id 111111111111", "--resource-arn "+bucketOfOthers, "'Key=stateroom,Value=111111111111/acme-terraform-state'")
	abac(types.BucketAbacStatusDisabled)
	w.must(tag())
	abac(types.BucketAbacStatusEnabled)
	w.settledNow(team())
}

// TestABucketWithMFADeleteIsAdoptedAsItIs: S3 takes neither a change of its versioning nor a
// lifecycle rule from anybody but the root user, and Terraform works in it all the same.
// One that keeps no versions is not adopted, since nobody here can change that.
func TestABucketWithMFADeleteIsAdoptedAsItIs(t *testing.T) {
	t.Parallel()
	for _, status := range []types.BucketVersioningStatus{types.BucketVersioningStatusEnabled, types.BucketVersioningStatusSuspended} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			h, name := w.hands(""), aws.String(team().Bucket.Name)
			w.makeBucket(h, *name, "eu-west-1")
			_, err := h.s3.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{
				Bucket: name, MFA: aws.String("arn:aws:iam::111111111111:mfa/root 123456"),
				VersioningConfiguration: &types.VersioningConfiguration{Status: status, MFADelete: types.MFADeleteEnabled},
			})
			w.must(err)
			summary, calls := w.adopted(bucketOfOthers)
			if status == types.BucketVersioningStatusSuspended {
				f := findingOf(summary.Findings, "bucket.versions-for-root")
				if f == nil || !f.Blocks || summary.ExitCode(false) != plan.ExitFindings || len(calls) > 0 {
					t.Fatalf("findings %v, calls %v", summary.Findings, calls)
				}
				says(t, f.String(), "MFADelete=Enabled --mfa", "as the root user", "Nothing was changed")
				return
			}
			w.healthy(summary)
			if slices.Contains(calls, "s3:PutBucketVersioning") || slices.Contains(calls, "s3:PutBucketLifecycleConfiguration") {
				t.Errorf("called %v", calls)
			}
			f := findingOf(summary.Findings, "bucket.mfa-delete")
			if f == nil {
				t.Fatalf("findings %v", summary.Findings)
			}
			says(t, f.Evidence, "root user", "old versions of states and lock files stay", "Terraform works")
			w.settledNow(team())
		})
	}
}

// TestOurBucketThatGotMFADeleteIsNotAskedForWhatItRefuses: the rule for old versions had to
// go before MFA Delete could be switched on, and comes back no more; a versioning that the
// root user suspended is told, and the rest goes on.
func TestOurBucketThatGotMFADeleteIsNotAskedForWhatItRefuses(t *testing.T) {
	t.Parallel()
	w := finished(t)
	h, name := w.hands(""), aws.String(team().Bucket.Name)
	_, err := h.s3.DeleteBucketLifecycle(context.Background(), &s3.DeleteBucketLifecycleInput{Bucket: name})
	w.must(err)
	for _, status := range []types.BucketVersioningStatus{types.BucketVersioningStatusEnabled, types.BucketVersioningStatusSuspended} {
		_, err := h.s3.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{
			Bucket: name, MFA: aws.String("arn:aws:iam::111111111111:mfa/root 123456"),
			VersioningConfiguration: &types.VersioningConfiguration{Status: status, MFADelete: types.MFADeleteEnabled},
		})
		w.must(err)
		summary, ids, calls := w.again(team())
		if summary.Failed+len(ids)+len(calls) > 0 {
			t.Fatalf("%s: planned %v, called %v, failures %v", status, ids, calls, summary.Failures)
		}
		if status == types.BucketVersioningStatusEnabled {
			w.healthy(summary)
			continue
		}
		f := findingOf(summary.Findings, "bucket.versions-for-root")
		if f == nil || f.Blocks || summary.ExitCode(false) != plan.ExitFindings {
			t.Fatalf("findings %v", summary.Findings)
		}
	}
}

// TestRequesterPaysAndLegalHoldsAreInNobodysWay: the admins and the pipelines are of the
// bucket's own account, and a delete marker lies over a lock file that is held.
func TestRequesterPaysAndLegalHoldsAreInNobodysWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx, h, name := context.Background(), w.hands(""), aws.String(team().Bucket.Name)
	_, err := h.s3.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket: name, ObjectLockEnabledForBucket: aws.Bool(true), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	w.must(err)
	_, err = h.s3.PutBucketRequestPayment(ctx, &s3.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: types.PayerRequester}})
	w.must(err)
	summary, _ := w.adopted(bucketOfOthers)
	w.healthy(summary)
	f := findingOf(summary.Findings, "bucket.requester-pays")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.String(), "other accounts", "account 111111111111", "terraform_remote_state", "Payer=BucketOwner")
	put, err := h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: name, Key: aws.String("common/staging.tflock"), Body: strings.NewReader("{}"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("arn:aws:kms:eu-west-1:111111111111:key/" + w.keyID()),
	})
	w.must(err)
	_, err = h.s3.PutObjectLegalHold(ctx, &s3.PutObjectLegalHoldInput{Bucket: name, Key: aws.String("common/staging.tflock"), VersionId: put.VersionId, LegalHold: &types.ObjectLockLegalHold{Status: types.ObjectLockLegalHoldStatusOn}})
	w.must(err)
	_, err = h.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: aws.String("common/staging.tflock")})
	w.must(err) // as Terraform releases the lock
	summary, ids, calls := w.again(team())
	w.healthy(summary)
	if len(ids)+len(calls) > 0 || findingOf(summary.Findings, "init.probe-unfinished") != nil {
		t.Errorf("planned %v, called %v, found %v", ids, calls, summary.Findings)
	}
}

// TestWhereTheStatesAreCopiedIsTold adopts a bucket that is replicated: a copy that is
// encrypted there is told, in another organization as a warning, and so is one that leaves
// the states out. Whoever relies on copies of what is not encrypted with a KMS key is named
// before the default takes them.
func TestWhereTheStatesAreCopiedIsTold(t *testing.T) {
	t.Parallel()
	rule := func(kms types.SseKmsEncryptedObjectsStatus, account, prefix string) types.ReplicationRule {
		r := types.ReplicationRule{
			ID: aws.String("backup"), Priority: aws.Int32(1), Status: types.ReplicationRuleStatusEnabled, Filter: &types.ReplicationRuleFilter{Prefix: &prefix},
			DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: types.DeleteMarkerReplicationStatusDisabled},
			SourceSelectionCriteria: &types.SourceSelectionCriteria{SseKmsEncryptedObjects: &types.SseKmsEncryptedObjects{Status: kms}},
			Destination:             &types.Destination{Bucket: aws.String("arn:aws:s3:::acme-backup"), EncryptionConfiguration: &types.EncryptionConfiguration{ReplicaKmsKeyID: aws.String("arn:aws:kms:eu-west-1:111111111111:key/1")}},
		}
		if account != "" {
			r.Destination.Account, r.Destination.AccessControlTranslation = &account, &types.AccessControlTranslation{Owner: types.OwnerOverrideDestination}
		}
		return r
	}
	const on, off = types.SseKmsEncryptedObjectsStatusEnabled, types.SseKmsEncryptedObjectsStatusDisabled
	for name, c := range map[string]struct {
		rule     types.ReplicationRule
		severity plan.Severity
		says     []string
		takes    bool
	}{
		"to a bucket":            {rule(on, "", ""), plan.Info, []string{"copies the states to bucket acme-backup", "key/1"}, false},
		"to an own account":      {rule(on, "222222222222", ""), plan.Info, []string{"acme-backup of account 222222222222"}, false},
		"out of the house":       {rule(on, "999999999999", ""), plan.Warning, []string{"not in this organization", "Find out who set that up"}, false},
		"without what KMS hides": {rule(off, "", ""), plan.Info, []string{"the states are not copied"}, true},
		"of something else":      {rule(on, "999999999999", "logs/"), "", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			h, bucket := w.hands(""), aws.String(team().Bucket.Name)
			w.makeBucket(h, *bucket, "eu-west-1")
			_, err := h.s3.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
			w.must(err)
			_, err = h.s3.PutBucketReplication(context.Background(), &s3.PutBucketReplicationInput{Bucket: bucket, ReplicationConfiguration: &types.ReplicationConfiguration{Role: aws.String("arn:aws:iam::111111111111:role/copy"), Rules: []types.ReplicationRule{c.rule}}})
			w.must(err)
			summary, calls := w.adopted(bucketOfOthers)
			if c.takes {
				if slices.Contains(calls, "s3:PutBucketEncryption") {
					t.Errorf("the default was changed: %v", calls)
				}
				f := findingOf(summary.Findings, "bucket.not-ours")
				if f == nil {
					t.Fatalf("findings %v", summary.Findings)
				}
				says(t, f.String(), "replication rule backup to bucket acme-backup", "--adopt '"+bucketOfOthers+"/*'")
				summary, _ = w.adopted(bucketOfOthers, bucketOfOthers+"/*")
			}
			f := findingOf(summary.Findings, "bucket.copied")
			if c.severity == "" {
				if f != nil {
					t.Errorf("a copy of what is no state is told: %v", f)
				}
				return
			}
			if f == nil || f.Severity != c.severity || summary.Failed > 0 {
				t.Fatalf("failures %v, findings %v", summary.Failures, summary.Findings)
			}
			says(t, f.String(), c.says...)
			if c.severity == plan.Info {
				w.settledNow(team())
			}
		})
	}
}
