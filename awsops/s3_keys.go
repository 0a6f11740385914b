package awsops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// headsAtOnce is how many versions are looked at together, and headsAtMost
	// how many there may be: beyond that the answer is that nobody knows.
	headsAtOnce = 16
	headsAtMost = 2000
)

// VersionKeys are the ARNs of the KMS keys that the versions stored in a bucket
// are encrypted with, sorted. unseen says why not every version could be looked at,
// and is nil where every one was; a bucket that is not there holds none.
func (s *Session) VersionKeys(ctx context.Context, bucket, owner string) (keys []string, unseen, err error) {
	var mu sync.Mutex
	seen, tooMany := 0, fmt.Errorf("bucket %s holds more than %d versions", bucket, headsAtMost)
	pages := s3.NewListObjectVersionsPaginator(s.s3(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner)})
	err = eachAtOnce(ctx, s, pages, bucket, headsAtOnce, func(page *s3.ListObjectVersionsOutput) ([]types.ObjectVersion, error) {
		if seen += len(page.Versions); seen > headsAtMost {
			return nil, tooMany
		}
		return page.Versions, nil
	}, func(ctx context.Context, v types.ObjectVersion) error {
		key, err := s.versionKey(ctx, bucket, owner, aws.ToString(v.Key), aws.ToString(v.VersionId))
		mu.Lock()
		defer mu.Unlock()
		if err != nil && unanswered(err) == nil {
			if statusOf(err) != http.StatusNotFound { // deleted meanwhile
				unseen = err
			}
			return nil
		}
		if key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		return err
	})
	switch {
	case HasCode(err, "NoSuchBucket"):
		return nil, nil, nil
	case errors.Is(err, tooMany):
		unseen = err
	case err != nil:
		return nil, err, unanswered(err)
	}
	slices.Sort(keys)
	return keys, unseen, nil
}

// versionKey is the ARN of the key that one version is encrypted with, empty for
// one that needs none.
func (s *Session) versionKey(ctx context.Context, bucket, owner, key, version string) (string, error) {
	answer, err := s.s3().HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), VersionId: optional(version), ExpectedBucketOwner: aws.String(owner),
	})
	if err != nil {
		resource := bucket + "/" + key
		if statusOf(err) == http.StatusForbidden { // which one is asked first is chance, and the right is for all
			resource = bucket + "/*"
		}
		return "", s.failedVersion(err, resource, version)
	}
	return aws.ToString(answer.SSEKMSKeyId), nil
}
