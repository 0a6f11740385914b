package awsops

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func s3Tags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// unconstrained is the one region whose buckets have no LocationConstraint:
// S3 refuses its name there ("CreateBucket", S3 API reference).
const unconstrained = "us-east-1"

// CreateBucket creates a bucket without ACLs (BucketOwnerEnforced), tagged in
// the same call. The API has no expected owner: the bucket is the caller's.
func CreateBucket(name, region string, tags map[string]string) Call {
	in := &s3.CreateBucketInput{Bucket: aws.String(name), ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	configuration := types.CreateBucketConfiguration{Tags: s3Tags(tags)}
	if region != unconstrained {
		configuration.LocationConstraint = types.BucketLocationConstraint(region)
	}
	if region != unconstrained || len(tags) > 0 {
		in.CreateBucketConfiguration = &configuration
	}
	return call(in)
}

// PutPublicAccessBlock sets all four flags.
func PutPublicAccessBlock(bucket, owner string) Call {
	return call(&s3.PutPublicAccessBlockInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
			IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	})
}

// PutBucketVersioning turns versioning on.
func PutBucketVersioning(bucket, owner string) Call {
	return call(&s3.PutBucketVersioningInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
}

// PutBucketEncryption makes aws:kms with this key's ARN the default, with a
// bucket key.
func PutBucketEncryption(bucket, owner, keyARN string) Call {
	return call(&s3.PutBucketEncryptionInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner),
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String(keyARN),
				},
				BucketKeyEnabled: aws.Bool(true),
			}},
		},
	})
}

// PutBucketPolicy replaces the bucket's policy.
func PutBucketPolicy(bucket, owner, document string) Call {
	return call(&s3.PutBucketPolicyInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner), Policy: aws.String(document),
	})
}

// PutBucketOwnershipControls disables ACLs (BucketOwnerEnforced).
func PutBucketOwnershipControls(bucket, owner string) Call {
	return call(&s3.PutBucketOwnershipControlsInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner),
		OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}},
		},
	})
}

// PutBucketTagging replaces all tags of the bucket: pass those to keep too.
func PutBucketTagging(bucket, owner string, tags map[string]string) Call {
	return call(&s3.PutBucketTaggingInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner), Tagging: &types.Tagging{TagSet: s3Tags(tags)},
	})
}

// PutBucketLifecycle replaces all lifecycle rules of the bucket: pass those to
// keep too. A rule that was read from AWS is written back as it was.
func PutBucketLifecycle(bucket, owner string, rules []LifecycleRule) Call {
	list := make([]types.LifecycleRule, len(rules))
	for i, r := range rules {
		list[i] = r.sdk()
	}
	return call(&s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(bucket), ExpectedBucketOwner: aws.String(owner),
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: list},
	})
}
