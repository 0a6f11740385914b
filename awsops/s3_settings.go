package awsops

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// setting reads one of a bucket's settings. One that is not there is no error, a
// bucket that is not there is one.
func setting[I, O, X any](
	ctx context.Context, s *Session, b *Bucket, send func(context.Context, *I, ...func(*X)) (*O, error), input *I, of func(*O),
) error {
	answer, err := send(ctx, input)
	if IsNotFound(err) && !HasCode(err, "NoSuchBucket") {
		return nil
	}
	if err != nil {
		return s.fail(err, b.Name)
	}
	of(answer)
	return nil
}

func (s *Session) readVersioning(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketVersioningInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetBucketVersioning, in, func(answer *s3.GetBucketVersioningOutput) {
		b.Versioning, b.MFADelete = string(answer.Status), answer.MFADelete == types.MFADeleteStatusEnabled
	})
}

func (s *Session) readEncryption(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketEncryptionInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetBucketEncryption, in, func(answer *s3.GetBucketEncryptionOutput) {
		if answer.ServerSideEncryptionConfiguration == nil {
			return
		}
		for _, rule := range answer.ServerSideEncryptionConfiguration.Rules {
			if d := rule.ApplyServerSideEncryptionByDefault; d != nil {
				b.Encryption = &BucketEncryption{
					Algorithm: string(d.SSEAlgorithm), KeyID: aws.ToString(d.KMSMasterKeyID), BucketKey: aws.ToBool(rule.BucketKeyEnabled),
				}
			}
		}
	})
}

func (s *Session) readPublicAccessBlock(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetPublicAccessBlockInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetPublicAccessBlock, in, func(answer *s3.GetPublicAccessBlockOutput) {
		if c := answer.PublicAccessBlockConfiguration; c != nil {
			b.PublicAccessBlock = &PublicAccessBlock{
				BlockPublicACLs: aws.ToBool(c.BlockPublicAcls), IgnorePublicACLs: aws.ToBool(c.IgnorePublicAcls),
				BlockPublicPolicy: aws.ToBool(c.BlockPublicPolicy), RestrictPublicBuckets: aws.ToBool(c.RestrictPublicBuckets),
			}
		}
	})
}

func (s *Session) readObjectOwnership(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketOwnershipControlsInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	err := setting(ctx, s, b, s.s3().GetBucketOwnershipControls, in, func(answer *s3.GetBucketOwnershipControlsOutput) {
		if answer.OwnershipControls == nil {
			return
		}
		for _, rule := range answer.OwnershipControls.Rules {
			b.ObjectOwnership = string(rule.ObjectOwnership)
		}
	})
	if err != nil || b.ObjectOwnership == BucketOwnerEnforced {
		return err
	}
	return s.readACL(ctx, b, owner)
}

// readACL reads whom the access control list lets in, and whether the bucket serves a
// site: the lists of its objects, which nobody can read all of, may be for everybody then.
func (s *Session) readACL(ctx context.Context, b *Bucket, owner string) error {
	acl, err := s.s3().GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)})
	if HasCode(err, "NotImplemented") { // many stores that speak S3 know no lists
		return nil
	}
	if err != nil {
		return s.fail(err, b.Name)
	}
	own := ""
	if acl.Owner != nil {
		own = aws.ToString(acl.Owner.ID)
	}
	for _, grant := range acl.Grants {
		if to := grant.Grantee; to != nil && (to.Type != types.TypeCanonicalUser || aws.ToString(to.ID) != own) {
			b.Grantees = append(b.Grantees, aws.ToString(to.URI)+aws.ToString(to.ID))
		}
	}
	_, err = s.s3().GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)})
	b.Website = err == nil
	if HasCode(err, "NoSuchWebsiteConfiguration") || IsAccessDenied(err) || HasCode(err, "NotImplemented") { // it is a hint
		return nil
	}
	return s.fail(err, b.Name)
}

func (s *Session) readBucketPolicy(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketPolicyInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetBucketPolicy, in, func(answer *s3.GetBucketPolicyOutput) {
		b.Policy = aws.ToString(answer.Policy)
	})
}

func (s *Session) readBucketTags(ctx context.Context, b *Bucket, owner string) error {
	b.Tags = map[string]string{}
	in := &s3.GetBucketTaggingInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetBucketTagging, in, func(answer *s3.GetBucketTaggingOutput) {
		b.Tags = tagMap(answer.TagSet, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
	})
}

// TaggedByTagResource says whether a bucket's policies go by its tags (ABAC): then it takes
// tags from S3 Control's TagResource alone ("Enabling ABAC in general purpose buckets", S3
// user guide). Who may not ask, and a store that knows nothing of it, is told no.
func (s *Session) TaggedByTagResource(ctx context.Context, bucket, owner string) bool {
	answer, err := s.s3().GetBucketAbac(ctx, &s3.GetBucketAbacInput{Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner)})
	return err == nil && answer.AbacStatus != nil && answer.AbacStatus.Status == types.BucketAbacStatusEnabled
}

func (s *Session) readLifecycle(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return setting(ctx, s, b, s.s3().GetBucketLifecycleConfiguration, in, func(answer *s3.GetBucketLifecycleConfigurationOutput) {
		for _, rule := range answer.Rules {
			b.Lifecycle = append(b.Lifecycle, lifecycleRule(rule))
		}
	})
}

// lifecycleRule reads a rule and keeps the original.
func lifecycleRule(in types.LifecycleRule) LifecycleRule {
	rule := LifecycleRule{
		ID: aws.ToString(in.ID), Enabled: in.Status == types.ExpirationStatusEnabled, read: &in,
		Other: len(in.Transitions) > 0 || len(in.NoncurrentVersionTransitions) > 0,
	}
	for _, t := range in.Transitions {
		if t.StorageClass == types.TransitionStorageClassGlacier || t.StorageClass == types.TransitionStorageClassDeepArchive {
			rule.Takes = fmt.Sprintf("moves objects to %s %s", t.StorageClass, ageOf(t.Days, t.Date))
		}
	}
	if e := in.Expiration; e != nil {
		rule.ExpireDeleteMarkers = aws.ToBool(e.ExpiredObjectDeleteMarker)
		if e.Days != nil || e.Date != nil {
			rule.Other, rule.Takes = true, "deletes objects "+ageOf(e.Days, e.Date)
		}
	}
	rule.Prefix = aws.ToString(in.Prefix) //nolint:staticcheck // deprecated, but old rules still carry it
	if f := in.Filter; f != nil {
		rule.Prefix = aws.ToString(f.Prefix)
		rule.Other = rule.Other || f.And != nil || f.Tag != nil || f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil
		rule.Tagged = f.Tag != nil
		if f.And != nil {
			rule.Prefix, rule.Tagged = aws.ToString(f.And.Prefix), len(f.And.Tags) > 0
		}
	}
	if e := in.NoncurrentVersionExpiration; e != nil {
		rule.NoncurrentDays = aws.ToInt32(e.NoncurrentDays)
		rule.NewerNoncurrentVersions = aws.ToInt32(e.NewerNoncurrentVersions)
	}
	if a := in.AbortIncompleteMultipartUpload; a != nil {
		rule.AbortMultipartDays = aws.ToInt32(a.DaysAfterInitiation)
	}
	return rule
}

// ageOf is when a rule acts: so many days after an object was written, or on a date.
func ageOf(days *int32, date *time.Time) string {
	if days == nil && date != nil {
		return "on " + date.UTC().Format(time.DateOnly)
	}
	if n := aws.ToInt32(days); n != 1 {
		return fmt.Sprintf("after %d days", n)
	}
	return "after 1 day"
}

// Equal compares by meaning: a rule that was read equals the one that wrote it.
func (r LifecycleRule) Equal(other LifecycleRule) bool {
	if r.Other || other.Other {
		return reflect.DeepEqual(r.sdk(), other.sdk())
	}
	r.read, other.read = nil, nil
	return r == other
}

// sdk is the rule as the API takes it: the original where it was read, built
// from the fields where it is ours.
func (r LifecycleRule) sdk() types.LifecycleRule {
	if r.read != nil {
		return *r.read
	}
	out := types.LifecycleRule{
		ID: optional(r.ID), Status: types.ExpirationStatusDisabled,
		Filter: &types.LifecycleRuleFilter{Prefix: aws.String(r.Prefix)},
	}
	if r.Enabled {
		out.Status = types.ExpirationStatusEnabled
	}
	if r.NoncurrentDays > 0 {
		out.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(r.NoncurrentDays)}
		if r.NewerNoncurrentVersions > 0 {
			out.NoncurrentVersionExpiration.NewerNoncurrentVersions = aws.Int32(r.NewerNoncurrentVersions)
		}
	}
	if r.AbortMultipartDays > 0 {
		out.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(r.AbortMultipartDays)}
	}
	if r.ExpireDeleteMarkers {
		out.Expiration = &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)}
	}
	return out
}

func (s *Session) readObjectLock(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetObjectLockConfigurationInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	err := setting(ctx, s, b, s.s3().GetObjectLockConfiguration, in, func(answer *s3.GetObjectLockConfigurationOutput) {
		c := answer.ObjectLockConfiguration
		if c == nil {
			return
		}
		b.Lock = &ObjectLock{}
		if c.Rule != nil && c.Rule.DefaultRetention != nil {
			r := c.Rule.DefaultRetention
			b.Lock.Mode, b.Lock.Days, b.Lock.Years = string(r.Mode), aws.ToInt32(r.Days), aws.ToInt32(r.Years)
		}
	})
	return hinted(err)
}

// hinted is the error of reading what is only told: not that nobody may read it, nor that a
// store knows nothing of it, as many do that speak S3.
func hinted(err error) error {
	if IsAccessDenied(err) || HasCode(err, "NotImplemented") {
		return nil
	}
	return err
}

func (s *Session) readPayer(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketRequestPaymentInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return hinted(setting(ctx, s, b, s.s3().GetBucketRequestPayment, in, func(answer *s3.GetBucketRequestPaymentOutput) {
		b.RequesterPays = answer.Payer == types.PayerRequester
	}))
}

func (s *Session) readReplication(ctx context.Context, b *Bucket, owner string) error {
	in := &s3.GetBucketReplicationInput{Bucket: aws.String(b.Name), ExpectedBucketOwner: aws.String(owner)}
	return hinted(setting(ctx, s, b, s.s3().GetBucketReplication, in, func(answer *s3.GetBucketReplicationOutput) {
		if answer.ReplicationConfiguration == nil {
			return
		}
		for _, rule := range answer.ReplicationConfiguration.Rules {
			if rule.Status == types.ReplicationRuleStatusEnabled && rule.Destination != nil {
				b.Copied = append(b.Copied, replicationOf(rule))
			}
		}
	}))
}

func replicationOf(rule types.ReplicationRule) Replication {
	to := rule.Destination
	_, bucket, _ := strings.Cut(aws.ToString(to.Bucket), ":::")
	out := Replication{ID: aws.ToString(rule.ID), Prefix: aws.ToString(rule.Prefix), Bucket: bucket, Account: aws.ToString(to.Account)} //nolint:staticcheck // deprecated, but old rules still carry it
	if f := rule.Filter; f != nil {
		out.Prefix, out.Tagged = aws.ToString(f.Prefix), f.Tag != nil
		if f.And != nil {
			out.Prefix, out.Tagged = aws.ToString(f.And.Prefix), len(f.And.Tags) > 0
		}
	}
	if c := rule.SourceSelectionCriteria; c != nil && c.SseKmsEncryptedObjects != nil {
		out.KMS = c.SseKmsEncryptedObjects.Status == types.SseKmsEncryptedObjectsStatusEnabled
	}
	if e := to.EncryptionConfiguration; e != nil {
		out.Key = aws.ToString(e.ReplicaKmsKeyID)
	}
	return out
}

// BucketAccess reads what of a bucket of owner's can name somebody: the text of its
// policy, empty without one, and its tags. [IsNotFound] holds where there is no such
// bucket.
func (s *Session) BucketAccess(ctx context.Context, name, owner string) (document string, tags map[string]string, err error) {
	b := &Bucket{Name: name}
	if err := s.readBucketPolicy(ctx, b, owner); err != nil || b.Policy == "" {
		return "", nil, err
	}
	err = s.readBucketTags(ctx, b, owner)
	return b.Policy, b.Tags, err
}
