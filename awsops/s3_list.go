package awsops

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ObjectKeys lists the keys of a bucket's objects that begin with prefix;
// [IsNotFound] holds when there is no such bucket.
func (s *Session) ObjectKeys(ctx context.Context, bucket, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(s.s3(), &s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: optional(prefix), ExpectedBucketOwner: s.owner(),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "s3", "ListObjectsV2", bucket)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys, nil
}
