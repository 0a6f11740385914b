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
	content, err := s.content(ctx, bucket, key, version)
	if statusOf(err) == http.StatusNotFound && !HasCode(err, "NoSuchBucket") {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	return content, err
}

// GetObject reads an object whole; [IsNotFound] holds when there is none.
func (s *Session) GetObject(ctx context.Context, bucket, key string) ([]byte, error) {
	content, err := s.content(ctx, bucket, key, "")
	if err != nil {
		return nil, err
	}
	return content.Body, nil
}

func (s *Session) content(ctx context.Context, bucket, key, version string) (*Content, error) {
	answer, err := s.s3().GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), VersionId: optional(version), ExpectedBucketOwner: s.owner(),
	})
	if err != nil {
		return nil, s.failedVersion(err, bucket+"/"+key, version)
	}
	body, err := io.ReadAll(answer.Body)
	if closing := answer.Body.Close(); err == nil && closing != nil {
		err = fmt.Errorf("close the object: %w", closing)
	}
	if err != nil {
		return nil, s.fail(misread("S3", "GetObject", err), bucket+"/"+key)
	}
	return &Content{Body: body, ETag: aws.ToString(answer.ETag), Version: aws.ToString(answer.VersionId)}, nil
}

// failedVersion wraps the failed read of an object, or of one version of it, which
// is a right of its own.
func (s *Session) failedVersion(err error, resource, version string) error {
	e := s.failing(resource)
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

const (
	// versionsAtOnce is a page of [Session.ObjectVersions], and pagesAtMost bounds
	// how far back it looks: an object that was deleted again and again has a delete
	// marker for each time.
	versionsAtOnce = 100
	pagesAtMost    = 10
)

// ObjectVersions lists the newest versions and delete markers of one object, each
// kind from the newest to the oldest: a hundred versions at least, unless there are
// fewer, or more than a thousand of both.
func (s *Session) ObjectVersions(ctx context.Context, bucket, key string) ([]ObjectVersion, error) {
	pages := s3.NewListObjectVersionsPaginator(s.s3(), &s3.ListObjectVersionsInput{
		Bucket: aws.String(bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(versionsAtOnce), ExpectedBucketOwner: s.owner(),
	})
	var versions, markers []ObjectVersion
	for n := 0; n < pagesAtMost && len(versions) < versionsAtOnce && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, bucket+"/"+key)
		}
		for _, v := range page.Versions {
			if aws.ToString(v.Key) == key { // others begin with the same letters
				versions = append(versions, ObjectVersion{ID: aws.ToString(v.VersionId), Latest: aws.ToBool(v.IsLatest), Modified: aws.ToTime(v.LastModified)})
			}
		}
		for _, m := range page.DeleteMarkers {
			if aws.ToString(m.Key) == key {
				markers = append(markers, ObjectVersion{ID: aws.ToString(m.VersionId), Latest: aws.ToBool(m.IsLatest), Modified: aws.ToTime(m.LastModified), Marker: true})
			}
		}
		if aws.ToString(page.NextKeyMarker) != key { // the key itself comes before all that it begins
			break
		}
	}
	return append(versions, markers...), nil
}

// IsDeleted tells whether a delete marker covers an object: older versions of it may
// be there still. S3 says so in its answer to a HEAD (API reference, "HeadObject",
// x-amz-delete-marker), so that it takes no right to list versions.
func (s *Session) IsDeleted(ctx context.Context, bucket, key string) (bool, error) {
	_, err := s.s3().HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), ExpectedBucketOwner: s.owner(),
	})
	if err == nil {
		return false, nil
	}
	if answer := responseOf(err); answer != nil && answer.StatusCode == http.StatusNotFound {
		return answer.Header.Get("X-Amz-Delete-Marker") == "true", nil
	}
	return false, s.fail(err, bucket+"/"+key)
}

// List proves that the identity may list the keys below a prefix, as Terraform
// does before everything else.
func (s *Session) List(ctx context.Context, bucket, prefix string) error {
	_, err := s.s3().ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: optional(prefix), MaxKeys: aws.Int32(1), ExpectedBucketOwner: s.owner(),
	})
	return s.fail(err, bucket)
}

// DeleteObjectIf deletes an object if it is still the one with this ETag; in a
// versioned bucket a delete marker covers it.
func DeleteObjectIf(bucket, key, owner, etag string) Call {
	return call(&s3.DeleteObjectInput{
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
	return call(in)
}
