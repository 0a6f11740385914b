package awsops

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // Content-MD5 is MD5 by definition
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Object is what HEAD tells of an object.
type Object struct {
	Algorithm string // server-side encryption: AES256, aws:kms, …
	KeyARN    string // the KMS key that encrypted it
}

// owner is whom a probe expects to own the bucket: the session's own account,
// as soon as that is known. A bucket of the same name in another account is
// then never read or written.
func (s *Session) owner() *string { return optional(s.Account()) }

// HeadObject is nil when there is no such object (404). A 403 instead means
// that s3:ListBucket is missing.
func (s *Session) HeadObject(ctx context.Context, bucket, key string) (*Object, error) {
	in := &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), ExpectedBucketOwner: s.owner()}
	return describe(ctx, s, s.s3().HeadObject, in, bucket+"/"+key, func(answer *s3.HeadObjectOutput) *Object {
		return &Object{Algorithm: string(answer.ServerSideEncryption), KeyARN: aws.ToString(answer.SSEKMSKeyId)}
	})
}

// PutOptions are the headers of a [Session.PutObject].
type PutOptions struct {
	KMSKeyARN string // sends aws:kms with this key; empty sends no encryption header
	IfAbsent  bool   // sends If-None-Match: *, so that an object there makes it a 412
	IfMatch   string // sends this ETag, so that another object there makes it a 412
}

// PutObject writes an object with the headers that Terraform sends, and with the MD5 of
// the body: a bucket with Object Lock refuses a write without a digest, and a setting
// (request_checksum_calculation) may keep the SDK from sending one. It needs
// [WithProbe] or [WithStateWrites]; [HasCode] "PreconditionFailed" says that
// IfAbsent or IfMatch failed.
func (s *Session) PutObject(ctx context.Context, bucket, key string, body []byte, o PutOptions) error {
	digest := md5.Sum(body) //nolint:gosec // what the header Content-MD5 is
	in := &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body), ExpectedBucketOwner: s.owner(),
		ContentMD5: aws.String(base64.StdEncoding.EncodeToString(digest[:])),
	}
	if o.KMSKeyARN != "" {
		in.ServerSideEncryption = types.ServerSideEncryptionAwsKms
		in.SSEKMSKeyId = aws.String(o.KMSKeyARN)
	}
	if o.IfAbsent {
		in.IfNoneMatch = aws.String("*")
	}
	in.IfMatch = optional(o.IfMatch)
	_, err := s.s3().PutObject(ctx, in)
	return s.fail(err, bucket+"/"+key)
}

// DeleteObject deletes a probe's object or a lock file; in a versioned bucket a
// delete marker remains. It needs [WithProbe] or [WithStateWrites].
func (s *Session) DeleteObject(ctx context.Context, bucket, key string) error {
	_, err := s.s3().DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), ExpectedBucketOwner: s.owner(),
	})
	return s.fail(err, bucket+"/"+key)
}
