package awsops

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Content is an object or one version of it, read whole.
type Content struct {
	Body    []byte
	ETag    string // in quotation marks, as conditional requests take it
	Version string // empty in a bucket that never had versioning
}

// ReadObject reads an object, or one version of it when version is not empty;
// nil when there is none.
func (s *Session) ReadObject(ctx context.Context, bucket, key, version string) (*Content, error) {
	answer, err := s.s3().GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), VersionId: optional(version), ExpectedBucketOwner: s.owner(),
	})
	if err != nil {
		wrapped := s.failedVersion(err, "GetObject", bucket+"/"+key, version)
		if statusOf(wrapped) == http.StatusNotFound && !HasCode(wrapped, "NoSuchBucket") {
			return nil, nil //nolint:nilnil // absent is an answer here
		}
		return nil, wrapped
	}
	body, err := io.ReadAll(answer.Body)
	if closing := answer.Body.Close(); err == nil && closing != nil {
		err = fmt.Errorf("close the object: %w", closing)
	}
	if err != nil {
		return nil, s.fail(err, "s3", "GetObject", bucket+"/"+key)
	}
	return &Content{Body: body, ETag: aws.ToString(answer.ETag), Version: aws.ToString(answer.VersionId)}, nil
}

// failedVersion wraps the failed read of an object, or of one version of it, which
// is a right of its own.
func (s *Session) failedVersion(err error, operation, resource, version string) error {
	e := s.failing("s3", operation, resource)
	if version != "" {
		e.Action = "s3:GetObjectVersion"
	}
	return failed(err, e)
}

// ObjectVersion is one version of an object.
type ObjectVersion struct {
	ID       string
	Latest   bool
	Marker   bool // a delete marker
	Modified time.Time
}

// versionsAtOnce bounds how far back [Session.ObjectVersions] looks.
const versionsAtOnce = 100

// ObjectVersions lists the newest hundred versions and delete markers of one
// object, each kind from the newest to the oldest.
func (s *Session) ObjectVersions(ctx context.Context, bucket, key string) ([]ObjectVersion, error) {
	page, err := s.s3().ListObjectVersions(ctx, &s3.ListObjectVersionsInput{
		Bucket: aws.String(bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(versionsAtOnce), ExpectedBucketOwner: s.owner(),
	})
	if err != nil {
		return nil, s.fail(err, "s3", "ListObjectVersions", bucket+"/"+key)
	}
	var found []ObjectVersion
	for _, v := range page.Versions {
		if aws.ToString(v.Key) == key { // others begin with the same letters
			found = append(found, ObjectVersion{ID: aws.ToString(v.VersionId), Latest: aws.ToBool(v.IsLatest), Modified: aws.ToTime(v.LastModified)})
		}
	}
	for _, m := range page.DeleteMarkers {
		if aws.ToString(m.Key) == key {
			found = append(found, ObjectVersion{ID: aws.ToString(m.VersionId), Latest: aws.ToBool(m.IsLatest), Modified: aws.ToTime(m.LastModified), Marker: true})
		}
	}
	return found, nil
}

// List proves that the identity may list the keys below a prefix, as Terraform
// does before everything else.
func (s *Session) List(ctx context.Context, bucket, prefix string) error {
	_, err := s.s3().ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: optional(prefix), MaxKeys: aws.Int32(1), ExpectedBucketOwner: s.owner(),
	})
	return s.fail(err, "s3", "ListObjectsV2", bucket)
}

// DeleteObjectIf deletes an object if it is still the one with this ETag; in a
// versioned bucket a delete marker covers it.
func DeleteObjectIf(bucket, key, owner, etag string) Call {
	return s3Call("DeleteObject", &s3.DeleteObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), ExpectedBucketOwner: aws.String(owner), IfMatch: optional(etag),
	})
}

// CopyVersion makes an older version of an object the current one again,
// encrypted with the key. It holds only while the current one still has the
// ETag, or while there is none where the ETag is empty.
func CopyVersion(bucket, key, version, owner, kmsKeyARN, etag string) Call {
	in := &s3.CopyObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), ExpectedBucketOwner: aws.String(owner), ExpectedSourceBucketOwner: aws.String(owner),
		CopySource:           aws.String((&url.URL{Path: bucket + "/" + key}).EscapedPath() + "?versionId=" + url.QueryEscape(version)),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(kmsKeyARN), IfMatch: optional(etag),
	}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	}
	return s3Call("CopyObject", in)
}
