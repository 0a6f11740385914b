package sandbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// in is a bucket's location.
func in(region types.BucketLocationConstraint) *types.CreateBucketConfiguration {
	return &types.CreateBucketConfiguration{LocationConstraint: region}
}

// s3In is the operator's client in a region.
func (st *stage) s3In(region string) *s3.Client {
	return s3.NewFromConfig(st.config(st.Operator(), region), func(o *s3.Options) { o.UsePathStyle = true })
}

// member is a session of the bootstrap role in a member account.
func (st *stage) member(account string) Credentials {
	st.t.Helper()
	out, err := sts.NewFromConfig(st.config(st.Operator(), stageRegion)).AssumeRole(st.ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: aws.String("test"),
	})
	st.must(err)
	return Credentials{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}
}

func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	var e *awshttp.ResponseError
	if !errors.As(err, &e) || e.HTTPStatusCode() != status {
		t.Errorf("want HTTP %d, got %v", status, err)
	}
}

func TestBucketNamesAreGlobal(t *testing.T) {
	st := newStage(t, Options{})
	create := func(c *s3.Client, name string, where *types.CreateBucketConfiguration) error {
		_, err := c.CreateBucket(st.ctx, &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: where})
		return err
	}
	st.must(create(st.s3(), "one", in("eu-west-1")))
	wantCode(t, create(st.s3(), "one", in("eu-west-1")), "BucketAlreadyOwnedByYou", "")
	wantCode(t, create(st.s3As(st.member("222222222222")), "one", in("eu-west-1")), "BucketAlreadyExists", "")
	wantCode(t, create(st.s3(), "two", nil), "IllegalLocationConstraintException", "")
	wantCode(t, create(st.s3(), "two", in("us-west-2")), "IllegalLocationConstraintException", "us-west-2")
	wantCode(t, create(st.s3(), "Bad_Name", in("eu-west-1")), "InvalidBucketName", "")
	wantCode(t, create(st.s3(), "192.168.0.1", in("eu-west-1")), "InvalidBucketName", "")
	st.must(create(st.s3In("us-east-1"), "east", nil))
	st.must(create(st.s3In("us-east-1"), "east", nil))
	wantCode(t, create(st.s3In("us-east-1"), "east", in("us-east-1")), "InvalidLocationConstraint", "")
}

func TestHeadBucketTellsRegionOwnerAndAbsence(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	head := func(c *s3.Client, in s3.HeadBucketInput) (*s3.HeadBucketOutput, error) {
		return c.HeadBucket(st.ctx, &in)
	}
	name := aws.String(stageBucket)
	out, err := head(st.s3(), s3.HeadBucketInput{Bucket: name, ExpectedBucketOwner: aws.String(managementAccount)})
	if err != nil || *out.BucketRegion != stageRegion {
		t.Errorf("%v %+v", err, out)
	}
	_, err = head(st.s3(), s3.HeadBucketInput{Bucket: aws.String("nobody-has-this")})
	wantStatus(t, err, 404)
	_, err = head(st.s3(), s3.HeadBucketInput{Bucket: name, ExpectedBucketOwner: aws.String("222222222222")})
	wantStatus(t, err, 403)
	_, err = head(st.s3As(st.member("222222222222")), s3.HeadBucketInput{Bucket: name})
	wantStatus(t, err, 403)
	_, err = head(st.s3In("us-west-2"), s3.HeadBucketInput{Bucket: name})
	wantStatus(t, err, 301)
	var e *awshttp.ResponseError
	if !errors.As(err, &e) || e.Response.Header.Get("x-amz-bucket-region") != stageRegion {
		t.Errorf("no region in %v", err)
	}
	_, err = head(st.s3In("us-east-1"), s3.HeadBucketInput{Bucket: name})
	wantStatus(t, err, 400)
}

func TestWrongRegionNamesTheRightOne(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	list := func(region string) error {
		_, err := st.s3In(region).ListObjectsV2(st.ctx, &s3.ListObjectsV2Input{Bucket: aws.String(stageBucket)})
		return err
	}
	wantCode(t, list("us-east-1"), "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'eu-west-1'")
	wantCode(t, list("us-west-2"), "PermanentRedirect", "must be addressed using the specified endpoint")
}

func TestListBucketsInPages(t *testing.T) {
	st := newStage(t, Options{})
	for _, name := range []string{"acme-a", "acme-b", "acme-c", "other"} {
		_, err := st.s3().CreateBucket(st.ctx, &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: in("eu-west-1")})
		st.must(err)
	}
	pages := s3.NewListBucketsPaginator(st.s3(), &s3.ListBucketsInput{Prefix: aws.String("acme-"), MaxBuckets: aws.Int32(2)})
	var names []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(st.ctx)
		st.must(err)
		for _, b := range page.Buckets {
			names = append(names, *b.Name)
			if *b.BucketRegion != stageRegion {
				t.Error(*b.BucketRegion)
			}
		}
	}
	if len(names) != 3 {
		t.Error(names)
	}
}

// TestNewBucketIsAsAWSMakesIt: since 2023 encrypted, private and without ACLs.
func TestNewBucketIsAsAWSMakesIt(t *testing.T) {
	st := newStage(t, Options{})
	c, name := st.s3(), aws.String("fresh")
	_, err := c.CreateBucket(st.ctx, &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &types.CreateBucketConfiguration{
		LocationConstraint: "eu-west-1", Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}},
	}})
	st.must(err)
	tags, err := c.GetBucketTagging(st.ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "1" {
		t.Errorf("%v %+v", err, tags)
	}
	encryption, err := c.GetBucketEncryption(st.ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("%v %+v", err, encryption)
	}
	access, err := c.GetPublicAccessBlock(st.ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if err != nil || !*access.PublicAccessBlockConfiguration.RestrictPublicBuckets {
		t.Errorf("%v %+v", err, access)
	}
	ownership, err := c.GetBucketOwnershipControls(st.ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if err != nil || ownership.OwnershipControls.Rules[0].ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("%v %+v", err, ownership)
	}
	versioning, err := c.GetBucketVersioning(st.ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if err != nil || versioning.Status != "" {
		t.Errorf("%v %+v", err, versioning)
	}
	_, err = c.GetBucketPolicy(st.ctx, &s3.GetBucketPolicyInput{Bucket: name})
	wantCode(t, err, "NoSuchBucketPolicy", "")
	_, err = c.GetBucketLifecycleConfiguration(st.ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	wantCode(t, err, "NoSuchLifecycleConfiguration", "")
	_, err = c.DeletePublicAccessBlock(st.ctx, &s3.DeletePublicAccessBlockInput{Bucket: name})
	st.must(err)
	_, err = c.GetPublicAccessBlock(st.ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	wantCode(t, err, "NoSuchPublicAccessBlockConfiguration", "")
}

func TestLifecycleComesBackWhole(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	rule := types.LifecycleRule{
		ID: aws.String("old"), Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(90), NewerNoncurrentVersions: aws.Int32(100)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
	}
	_, err := st.s3().PutBucketLifecycleConfiguration(st.ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(stageBucket), LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{rule}},
	})
	st.must(err)
	out, err := st.s3().GetBucketLifecycleConfiguration(st.ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String(stageBucket)})
	st.must(err)
	got := out.Rules[0]
	if *got.ID != "old" || *got.NoncurrentVersionExpiration.NewerNoncurrentVersions != 100 || *got.NoncurrentVersionExpiration.NoncurrentDays != 90 || *got.AbortIncompleteMultipartUpload.DaysAfterInitiation != 7 {
		t.Errorf("%+v", got)
	}
}

func TestBucketPolicyIsCheckedWhenPut(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	put := func(principal, action, resource string) error {
		text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + resource + `"}]}`
		_, err := st.s3().PutBucketPolicy(st.ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(stageBucket), Policy: &text})
		return err
	}
	operator, objects := `{"AWS":"arn:aws:iam::111111111111:user/operator"}`, "arn:aws:s3:::"+stageBucket+"/*"
	st.must(put(operator, "s3:GetObject", objects))
	wantCode(t, put(`{"AWS":"arn:aws:iam::111111111111:user/nobody"}`, "s3:GetObject", objects), "MalformedPolicy", "Invalid principal in policy")
	wantCode(t, put(operator, "kms:Decrypt", objects), "MalformedPolicy", "Policy has invalid action")
	wantCode(t, put(operator, "s3:GetObject", "arn:aws:s3:::elsewhere/*"), "MalformedPolicy", "Policy has invalid resource")
	wantCode(t, put(operator, "s3:ListBucket", objects), "MalformedPolicy", "Action does not apply to any resource(s) in statement")
	wantCode(t, put(`"*"`, "s3:GetObject", objects), "AccessDenied", "public policies are blocked by the BlockPublicPolicy")
	_, err := st.s3().DeletePublicAccessBlock(st.ctx, &s3.DeletePublicAccessBlockInput{Bucket: aws.String(stageBucket)})
	st.must(err)
	st.must(put(`"*"`, "s3:GetObject", objects))
}

func TestBucketSettingsNeedTheirOwnActions(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	dana := st.s3As(st.user("dana", allowing("s3:GetEncryptionConfiguration", "s3:PutBucketVersioning")))
	name := aws.String(stageBucket)
	_, err := dana.GetBucketEncryption(st.ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	st.must(err)
	_, err = dana.PutBucketVersioning(st.ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
	st.must(err)
	for action, call := range map[string]func() error{
		"s3:GetBucketPublicAccessBlock": func() error {
			_, err := dana.GetPublicAccessBlock(st.ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
			return err
		},
		"s3:PutLifecycleConfiguration": func() error {
			_, err := dana.PutBucketLifecycleConfiguration(st.ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{Status: "Enabled", Filter: &types.LifecycleRuleFilter{}}}}})
			return err
		},
		"s3:GetBucketOwnershipControls": func() error {
			_, err := dana.GetBucketOwnershipControls(st.ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
			return err
		},
		"s3:DeleteBucket": func() error {
			_, err := dana.DeleteBucket(st.ctx, &s3.DeleteBucketInput{Bucket: name})
			return err
		},
	} {
		wantCode(t, call(), "AccessDenied", "is not authorized to perform: "+action)
	}
}

func TestBucketWithAVersionStays(t *testing.T) {
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(false)
	c, name := st.s3(), aws.String(stageBucket)
	put, err := c.PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: aws.String("k")})
	st.must(err)
	deleted, err := c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: aws.String("k")})
	st.must(err)
	_, err = c.DeleteBucket(st.ctx, &s3.DeleteBucketInput{Bucket: name})
	wantCode(t, err, "BucketNotEmpty", "")
	for _, version := range []*string{put.VersionId, deleted.VersionId} {
		_, err = c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: aws.String("k"), VersionId: version})
		st.must(err)
	}
	_, err = c.DeleteBucket(st.ctx, &s3.DeleteBucketInput{Bucket: name})
	st.must(err)
}

// lockedBucket is a bucket with Object Lock and a default retention of a day.
func (st *stage) lockedBucket(name string) {
	st.t.Helper()
	_, err := st.s3().CreateBucket(st.ctx, &s3.CreateBucketInput{
		Bucket: &name, ObjectLockEnabledForBucket: aws.Bool(true),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	st.must(err)
	_, err = st.s3().PutObjectLockConfiguration(st.ctx, &s3.PutObjectLockConfigurationInput{Bucket: &name, ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1)}},
	}})
	st.must(err)
}

// TestObjectLockWantsADigestAndKeepsVersions is what S3 does in a bucket with a default
// retention: a write without a digest is refused, a version stays, and a delete marker
// may be laid over it.
func TestObjectLockWantsADigestAndKeepsVersions(t *testing.T) {
	st := newStage(t, Options{})
	st.lockedBucket("locked")
	name, key := aws.String("locked"), aws.String("k")
	bare := func(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }
	_, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("body")}, bare)
	wantCode(t, err, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required")
	put, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("body"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	st.must(err)
	_, err = st.s3().DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key, VersionId: put.VersionId})
	wantCode(t, err, "AccessDenied", "object lock")
	_, err = st.s3().DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key})
	st.must(err)
	_, err = st.s3().PutBucketVersioning(st.ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended}})
	wantCode(t, err, "InvalidBucketState", "")
}
