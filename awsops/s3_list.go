package awsops

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// ObjectKeys lists the keys of a bucket's objects that begin with prefix;
// [IsNotFound] holds when there is no such bucket.
func (s *Session) ObjectKeys(ctx context.Context, bucket, prefix string) ([]string, error) {
	pages := s3.NewListObjectsV2Paginator(s.s3(), &s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: optional(prefix), ExpectedBucketOwner: s.owner(),
	})
	return list(ctx, s, pages, bucket, func(page *s3.ListObjectsV2Output) []string {
		return each(page.Contents, func(o types.Object) string { return aws.ToString(o.Key) })
	})
}
