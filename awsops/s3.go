package awsops

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// BucketOwnership says whose a bucket name is.
type BucketOwnership string

// Whose a bucket name is.
const (
	BucketFree  BucketOwnership = "free"  // nobody's
	BucketOurs  BucketOwnership = "ours"  // the session's account's
	BucketTaken BucketOwnership = "taken" // another account's
	// BucketDenied is what neither listing nor HEAD could tell: another
	// account's, or ours and denied.
	BucketDenied BucketOwnership = "denied"
)

// PublicAccessBlock are the four flags of a bucket.
type PublicAccessBlock struct {
	BlockPublicACLs, IgnorePublicACLs, BlockPublicPolicy, RestrictPublicBuckets bool
}

// All says whether all four flags are set.
func (b *PublicAccessBlock) All() bool {
	return b != nil && b.BlockPublicACLs && b.IgnorePublicACLs && b.BlockPublicPolicy && b.RestrictPublicBuckets
}

// BucketEncryption is a bucket's default encryption.
type BucketEncryption struct {
	Algorithm string // AES256, aws:kms or aws:kms:dsse
	KeyID     string // as it was written: an id, an ARN or an alias; may be empty
	BucketKey bool
}

// LifecycleRule is one lifecycle rule, as far as stateroom writes it. The rest
// of a rule that was read is kept and written back unchanged.
type LifecycleRule struct {
	ID                      string
	Enabled                 bool
	Prefix                  string // empty means every object
	NoncurrentDays          int32  // 0 means none
	NewerNoncurrentVersions int32  // noncurrent versions that are kept whatever their age
	AbortMultipartDays      int32  // 0 means none
	ExpireDeleteMarkers     bool   // a delete marker goes once no version is left below it
	// Takes is what the rule does to the newest version of an object that has not been
	// written for a time: it deletes it, or moves it to where it cannot be read before it
	// is restored ("Restoring an archived object", S3 user guide); empty for neither.
	Takes string
	// Tagged says that the rule is about objects with certain tags alone.
	Tagged bool
	// Other says that the rule does something besides, or has another filter.
	Other bool

	read *types.LifecycleRule
}

// Bucket is all that stateroom looks at in a bucket. Only Ownership and Region
// are set unless it is ours.
type Bucket struct {
	Name              string
	Ownership         BucketOwnership
	Region            string
	Versioning        string // Enabled, Suspended, or empty when never enabled
	Encryption        *BucketEncryption
	PublicAccessBlock *PublicAccessBlock // nil when the bucket has none
	ObjectOwnership   string             // BucketOwnerEnforced, …; empty when never set
	// Grantees are whom the bucket's access control list gives something besides its
	// owner, by canonical id or by the URI of a group, and Website says that the bucket
	// serves one; both are read where access control lists count ([BucketOwnerEnforced]).
	Grantees  []string
	Website   bool
	Policy    string // the document's text, empty when there is none
	Tags      map[string]string
	Lifecycle []LifecycleRule
	// Lock is the Object Lock, nil without one and where it may not be read.
	Lock *ObjectLock
	// MFADelete says that nobody but the account's root user, with a code, may change the
	// versioning or remove a version, and that the bucket takes no lifecycle rules
	// ("Configuring MFA delete", S3 user guide).
	MFADelete bool
	// RequesterPays says that other accounts have to say that they pay for a request.
	RequesterPays bool
	// Copied are the replication rules that are in force.
	Copied []Replication
}

// Replication is a rule that copies a bucket's new objects to another bucket.
type Replication struct {
	ID     string
	Prefix string // empty means every object
	Tagged bool   // it is about objects with certain tags alone
	Bucket string
	// Account owns the copies; empty where whoever owns the object does.
	Account string
	// KMS says that objects that are encrypted with a KMS key are copied too, which are
	// not unless a rule says so ("Replicating encrypted objects", S3 user guide), and Key
	// is what encrypts the copies of those.
	KMS bool
	Key string
}

// BucketOwnerEnforced is the object ownership with which no access control list counts,
// that of the bucket or of an object.
const BucketOwnerEnforced = "BucketOwnerEnforced"

// ObjectLock is a bucket's Object Lock: for how long no version may be removed,
// where it has a default retention at all.
type ObjectLock struct {
	Mode        string // GOVERNANCE, COMPLIANCE, or empty without a default retention
	Days, Years int32  // one of the two
}

// OwnBuckets lists the account's buckets whose names begin with prefix, name →
// region. The region is empty where S3 leaves it out.
func (s *Session) OwnBuckets(ctx context.Context, prefix string) (map[string]string, error) {
	pages := s3.NewListBucketsPaginator(s.s3(), &s3.ListBucketsInput{Prefix: optional(prefix), MaxBuckets: aws.Int32(1000)})
	// No bucket is asked for: it is the account's list.
	all, err := list(ctx, s, pages, "", func(page *s3.ListBucketsOutput) []types.Bucket { return page.Buckets })
	return tagMap(all, func(b types.Bucket) (*string, *string) { return b.Name, b.BucketRegion }), err
}

// Bucket reads all of a bucket, the settings at once and in the bucket's own
// region. A setting that may not be read is an error, never an absent setting; but for
// the Object Lock, who pays and what is copied, by which nothing is decided.
func (s *Session) Bucket(ctx context.Context, name, owner string) (*Bucket, error) {
	b := &Bucket{Name: name}
	if err := s.locate(ctx, b, owner); err != nil || b.Ownership != BucketOurs {
		return b, err
	}
	there := s.In(b.Region)
	reads, ctx := errgroup.WithContext(ctx)
	for _, read := range []func(context.Context, *Bucket, string) error{
		there.readVersioning, there.readEncryption, there.readPublicAccessBlock, there.readObjectOwnership,
		there.readBucketPolicy, there.readBucketTags, there.readLifecycle, there.readObjectLock, there.readPayer, there.readReplication,
	} {
		reads.Go(func() error { return read(ctx, b, owner) })
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	return b, nil
}

// locate finds out whose the bucket is and where. A bucket in the account's
// list is ours; of any other HEAD says 404 for a free name. CreateBucket is
// never a probe: in us-east-1 it answers 200 for one's own bucket and resets
// its ACLs.
func (s *Session) locate(ctx context.Context, b *Bucket, owner string) error {
	own, err := s.OwnBuckets(ctx, b.Name)
	if err != nil && !IsAccessDenied(err) {
		return err
	}
	listed := err == nil
	region, ours := own[b.Name]
	if ours && region != "" {
		b.Ownership, b.Region = BucketOurs, region
		return nil
	}
	status, region, err := s.headBucket(ctx, b.Name, owner)
	if region != "" && region != s.Region() {
		status, region, err = s.In(region).headBucket(ctx, b.Name, owner)
	}
	b.Region = region
	switch status {
	case http.StatusNotFound:
		b.Ownership = BucketFree
	case http.StatusOK, http.StatusForbidden, http.StatusMovedPermanently, http.StatusBadRequest:
		b.Ownership = ownership(ours, listed, owner != "" && status == http.StatusOK)
	default:
		return err
	}
	if b.Region == "" && ours {
		b.Region = s.Region()
	}
	return nil
}

// ownership judges a bucket that exists. HEAD was asked with the expected
// owner, so that it opens for nobody else's bucket, be it one that somebody has
// made since the account's buckets were listed.
func ownership(ours, listed, entered bool) BucketOwnership {
	switch {
	case ours || entered:
		return BucketOurs
	case listed:
		return BucketTaken
	default:
		return BucketDenied
	}
}

// headBucket gives the HTTP status, which is all that HEAD answers, and the
// bucket's region, which S3 tells even who may not enter.
func (s *Session) headBucket(ctx context.Context, name, owner string) (status int, region string, err error) {
	answer, err := s.s3().HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name), ExpectedBucketOwner: optional(owner)})
	if err == nil {
		return http.StatusOK, aws.ToString(answer.BucketRegion), nil
	}
	if answer := responseOf(err); answer != nil {
		status, region = answer.StatusCode, answer.Header.Get("X-Amz-Bucket-Region")
	}
	return status, region, s.fail(err, name)
}

// BucketRegion is where a bucket lives, whoever owns it, and the HTTP status
// that HeadBucket got; a status of 0 is an error.
func (s *Session) BucketRegion(ctx context.Context, name string) (region string, status int, err error) {
	status, region, err = s.headBucket(ctx, name, "")
	if status != 0 {
		return region, status, nil
	}
	return "", 0, err
}

// Owned is the HTTP status of a HeadBucket that opens only where the bucket is
// the owner's: 403 beside a [Session.BucketRegion] of 200 says that it is
// somebody else's. A status of 0 is an error.
func (s *Session) Owned(ctx context.Context, name, owner string) (status int, err error) {
	status, _, err = s.headBucket(ctx, name, owner)
	if status != 0 {
		return status, nil
	}
	return 0, err
}
