package sandbox

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"stateroom/awsops/policy"
)

func newBucketStage(t *testing.T, strict bool) *stage {
	t.Helper()
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(strict)
	return st
}

// put is a PutObject of the state bucket.
func put(key, body string) *s3.PutObjectInput {
	return &s3.PutObjectInput{Bucket: aws.String(stageBucket), Key: &key, Body: strings.NewReader(body)}
}

func (st *stage) get(c *s3.Client, key, version string) (string, error) {
	in := &s3.GetObjectInput{Bucket: aws.String(stageBucket), Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := c.GetObject(st.ctx, in)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(out.Body)
	st.must(err)
	return string(body), nil
}

func TestObjectRemembersHowItIsEncrypted(t *testing.T) {
	st := newBucketStage(t, false)
	_, err := st.s3().DeleteBucketPolicy(st.ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String(stageBucket)})
	st.must(err)
	id := st.keyARN[strings.LastIndexByte(st.keyARN, '/')+1:]
	for name, c := range map[string]struct {
		sse  types.ServerSideEncryption
		key  *string
		want string
	}{
		"by default": {"", nil, "aws:kms " + st.keyARN},
		"AES256":     {"AES256", nil, "AES256 "},
		"key ARN":    {"aws:kms", &st.keyARN, "aws:kms " + st.keyARN},
		"key id":     {"aws:kms", &id, "aws:kms " + st.keyARN},
		"key alias":  {"aws:kms", aws.String("alias/terraform"), "aws:kms " + st.keyARN},
	} {
		t.Run(name, func(t *testing.T) {
			in := put("k", "body")
			in.ServerSideEncryption, in.SSEKMSKeyId = c.sse, c.key
			_, err := st.s3().PutObject(st.ctx, in)
			st.must(err)
			head, err := st.s3().HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: aws.String(stageBucket), Key: aws.String("k")})
			st.must(err)
			if got := string(head.ServerSideEncryption) + " " + aws.ToString(head.SSEKMSKeyId); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s", got)
			}
			md5 := `"841a2d689ad86bd1611447453c22c6fc"` // of "body"
			if (*head.ETag == md5) != (head.ServerSideEncryption == "AES256") {
				t.Errorf("ETag %s under %s", *head.ETag, head.ServerSideEncryption)
			}
		})
	}
}

// TestAKeyOfS3sOwnIsRefused: the sandbox has no alias/aws/s3, and takes no other key
// for it.
func TestAKeyOfS3sOwnIsRefused(t *testing.T) {
	st := newBucketStage(t, false)
	_, err := st.s3().DeleteBucketPolicy(st.ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String(stageBucket)})
	st.must(err)
	in := put("k", "body")
	in.ServerSideEncryption = types.ServerSideEncryptionAwsKms
	_, err = st.s3().PutObject(st.ctx, in)
	wantCode(t, err, "NotImplemented", "")
}

func TestStrictPolicyRefusesWhatIsNotEncryptedWithTheKey(t *testing.T) {
	st := newBucketStage(t, true)
	other, err := st.kms().CreateKey(st.ctx, &kms.CreateKeyInput{})
	st.must(err)
	for name, in := range map[string]s3.PutObjectInput{
		"nothing":   {},
		"AES256":    {ServerSideEncryption: "AES256"},
		"no key":    {ServerSideEncryption: "aws:kms"},
		"other key": {ServerSideEncryption: "aws:kms", SSEKMSKeyId: other.KeyMetadata.Arn},
	} {
		t.Run(name, func(t *testing.T) {
			in.Bucket, in.Key, in.Body = aws.String(stageBucket), aws.String("k"), strings.NewReader("x")
			_, err := st.s3().PutObject(st.ctx, &in)
			wantCode(t, err, "AccessDenied", "with an explicit deny in a resource-based policy")
		})
	}
	in := put("k", "x")
	in.ServerSideEncryption, in.SSEKMSKeyId = "aws:kms", &st.keyARN
	_, err = st.s3().PutObject(st.ctx, in)
	st.must(err)
}

func TestKMSDecidesOverObjects(t *testing.T) {
	st := newBucketStage(t, false)
	erin := st.s3As(st.user("erin", allowing("s3:*")))
	_, err := erin.PutObject(st.ctx, put("k", "x"))
	wantCode(t, err, "AccessDenied", "User: arn:aws:iam::111111111111:user/erin is not authorized to perform: kms:GenerateDataKey on resource: "+st.keyARN+" because no identity-based policy allows the kms:GenerateDataKey action")
	_, err = st.s3().PutObject(st.ctx, put("k", "x"))
	st.must(err)
	_, err = st.get(erin, "k", "")
	wantCode(t, err, "AccessDenied", "perform: kms:Decrypt on resource: "+st.keyARN)
	_, err = st.iam().PutUserPolicy(st.ctx, &iam.PutUserPolicyInput{UserName: aws.String("erin"), PolicyName: aws.String("via"), PolicyDocument: aws.String(policy.Document{
		Statements: []policy.Statement{{
			Effect: policy.Allow, Actions: []string{"kms:Decrypt"}, Resources: []string{st.keyARN},
			Conditions: policy.Conditions{"StringEquals": {"kms:ViaService": {"s3.eu-west-1.amazonaws.com"}, "kms:EncryptionContext:aws:s3:arn": {"arn:aws:s3:::" + stageBucket}}},
		}},
	}.JSON())})
	st.must(err)
	if body, err := st.get(erin, "k", ""); err != nil || body != "x" {
		t.Errorf("%q %v", body, err)
	}
	_, err = st.kms().DisableKey(st.ctx, &kms.DisableKeyInput{KeyId: &st.keyARN})
	st.must(err)
	_, err = st.s3().PutObject(st.ctx, put("k", "x"))
	wantCode(t, err, "KMS.DisabledException", st.keyARN+" is disabled.")
	_, err = st.get(st.s3(), "k", "")
	wantCode(t, err, "KMS.DisabledException", "")
	wantStatus(t, err, 400)
	_, err = st.kms().ScheduleKeyDeletion(st.ctx, &kms.ScheduleKeyDeletionInput{KeyId: &st.keyARN})
	st.must(err)
	_, err = st.get(st.s3(), "k", "")
	wantCode(t, err, "KMS.KMSInvalidStateException", "is pending deletion")
}

func TestKeyMustBeWhereTheBucketIs(t *testing.T) {
	st := newStage(t, Options{})
	_, err := st.s3().CreateBucket(st.ctx, &s3.CreateBucketInput{Bucket: aws.String(stageBucket), CreateBucketConfiguration: in("eu-west-1")})
	st.must(err)
	for key, text := range map[string]string{
		"arn:aws:kms:us-west-2:111111111111:key/11111111-1111-4111-8111-111111111111": "Invalid arn us-west-2",
		"11111111-1111-4111-8111-111111111111":                                        "does not exist",
		"alias/none":                                                                  "is not found.",
	} {
		in := put("k", "x")
		in.ServerSideEncryption, in.SSEKMSKeyId = "aws:kms", &key
		_, err := st.s3().PutObject(st.ctx, in)
		wantCode(t, err, "KMS.NotFoundException", text)
	}
}

func TestConditionalWritesKeepWhatIsThere(t *testing.T) {
	st := newBucketStage(t, false)
	first := put("k", "one")
	first.IfNoneMatch = aws.String("*")
	out, err := st.s3().PutObject(st.ctx, first)
	st.must(err)
	second := put("k", "two")
	second.IfNoneMatch = aws.String("*")
	_, err = st.s3().PutObject(st.ctx, second)
	wantCode(t, err, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	wantStatus(t, err, 412)
	third := put("k", "three")
	third.IfMatch = aws.String(`"0"`)
	_, err = st.s3().PutObject(st.ctx, third)
	wantCode(t, err, "PreconditionFailed", "")
	third = put("k", "three")
	third.IfMatch = out.ETag
	_, err = st.s3().PutObject(st.ctx, third)
	st.must(err)
	if object, _ := st.Object(stageBucket, "k"); string(object.Body) != "three" || object.Versions != 2 {
		t.Errorf("%+v", object)
	}
}

func TestMissingKeyIsToldToThoseWhoMayList(t *testing.T) {
	st := newBucketStage(t, false)
	blind := st.s3As(st.user("blind", allowing("s3:GetObject", "kms:*")))
	_, err := st.get(st.s3(), "none", "")
	wantCode(t, err, "NoSuchKey", "")
	_, err = st.get(blind, "none", "")
	wantCode(t, err, "AccessDenied", "perform: s3:ListBucket")
	_, err = blind.HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: aws.String(stageBucket), Key: aws.String("none")})
	wantStatus(t, err, 403)
	_, err = st.s3().HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: aws.String(stageBucket), Key: aws.String("none")})
	wantStatus(t, err, 404)
	_, err = st.get(st.s3(), "k", strings.Repeat("a", 32))
	wantCode(t, err, "NoSuchVersion", "")
}

func TestVersionsSurviveOverwritingAndDeleting(t *testing.T) {
	st := newBucketStage(t, false)
	c := st.s3()
	one, err := c.PutObject(st.ctx, put("k", "one"))
	st.must(err)
	_, err = c.PutObject(st.ctx, put("k", "two"))
	st.must(err)
	marker, err := c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: aws.String(stageBucket), Key: aws.String("k")})
	if err != nil || !*marker.DeleteMarker {
		t.Fatalf("%v %+v", err, marker)
	}
	_, err = st.get(c, "k", "")
	wantCode(t, err, "NoSuchKey", "")
	_, err = st.get(c, "k", *marker.VersionId)
	wantCode(t, err, "MethodNotAllowed", "")
	if body, err := st.get(c, "k", *one.VersionId); err != nil || body != "one" {
		t.Errorf("%q %v", body, err)
	}
	_, err = c.CopyObject(st.ctx, &s3.CopyObjectInput{
		Bucket: aws.String(stageBucket), Key: aws.String("k"), CopySource: aws.String(stageBucket + "/k?versionId=" + *one.VersionId),
		ServerSideEncryption: "aws:kms", SSEKMSKeyId: &st.keyARN,
	})
	st.must(err)
	if body, err := st.get(c, "k", ""); err != nil || body != "one" {
		t.Errorf("restored %q %v", body, err)
	}
	if object, _ := st.Object(stageBucket, "k"); object.Versions != 4 || object.KMSKeyARN != st.keyARN {
		t.Errorf("%+v", object)
	}
}

func TestSuspendedVersioningReplacesTheNullVersion(t *testing.T) {
	st := newBucketStage(t, false)
	c := st.s3()
	_, err := c.PutObject(st.ctx, put("k", "versioned"))
	st.must(err)
	_, err = c.PutBucketVersioning(st.ctx, &s3.PutBucketVersioningInput{Bucket: aws.String(stageBucket), VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"}})
	st.must(err)
	for _, body := range []string{"null one", "null two"} {
		_, err = c.PutObject(st.ctx, put("k", body))
		st.must(err)
	}
	if object, _ := st.Object(stageBucket, "k"); object.Versions != 2 || object.VersionID != "null" || string(object.Body) != "null two" {
		t.Errorf("%+v", object)
	}
}

func TestExpectedOwnerKeepsWritesFromStrangers(t *testing.T) {
	st := newBucketStage(t, false)
	in := put("k", "x")
	in.ExpectedBucketOwner = aws.String("222222222222")
	_, err := st.s3().PutObject(st.ctx, in)
	wantCode(t, err, "AccessDenied", "Access Denied")
}

// corrupt changes a header after it was computed and before it is signed.
func corrupt(name, value string) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("corrupt", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				in.Request.(*smithyhttp.Request).Header.Set(name, value)
				return next.HandleFinalize(ctx, in)
			}), "Signing", middleware.Before)
		})
	}
}

func TestChecksumsAreVerifiedAndGivenBack(t *testing.T) {
	st := newBucketStage(t, false)
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		t.Run(string(algorithm), func(t *testing.T) {
			in := put("k", "body")
			in.ChecksumAlgorithm = algorithm
			_, err := st.s3().PutObject(st.ctx, in)
			st.must(err)
			head, err := st.s3().HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: aws.String(stageBucket), Key: aws.String("k"), ChecksumMode: "ENABLED"})
			st.must(err)
			sums := map[types.ChecksumAlgorithm]*string{"CRC32": head.ChecksumCRC32, "CRC32C": head.ChecksumCRC32C, "CRC64NVME": head.ChecksumCRC64NVME, "SHA1": head.ChecksumSHA1, "SHA256": head.ChecksumSHA256}
			if sums[algorithm] == nil || *sums[algorithm] != checksum(strings.ToLower(string(algorithm)), []byte("body")) || head.ChecksumType != "FULL_OBJECT" {
				t.Errorf("%+v", head)
			}
			wrong := checksum(strings.ToLower(string(algorithm)), []byte("other"))
			in.Body = strings.NewReader("body")
			_, err = st.s3().PutObject(st.ctx, in, corrupt("X-Amz-Checksum-"+string(algorithm), wrong))
			wantCode(t, err, "BadDigest", "did not match the calculated checksum")
		})
	}
}

func TestRangesAndHeadersComeBack(t *testing.T) {
	st := newBucketStage(t, false)
	in := put("k", "0123456789")
	in.ContentType, in.Metadata, in.CacheControl = aws.String("application/json"), map[string]string{"who": "me"}, aws.String("no-cache")
	_, err := st.s3().PutObject(st.ctx, in)
	st.must(err)
	for given, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "0123456789", "bytes=0-99": "0123456789", "lines=1": "0123456789"} {
		out, err := st.s3().GetObject(st.ctx, &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: &given})
		st.must(err)
		body, err := io.ReadAll(out.Body)
		if err != nil || string(body) != want || *out.ContentType != "application/json" || out.Metadata["who"] != "me" || *out.CacheControl != "no-cache" {
			t.Errorf("%s: %q %v %+v", given, body, err, out)
		}
	}
	_, err = st.s3().GetObject(st.ctx, &s3.GetObjectInput{Bucket: in.Bucket, Key: in.Key, Range: aws.String("bytes=10-")})
	wantCode(t, err, "InvalidRange", "")
}

func TestDeleteObjectsDecidesKeyByKey(t *testing.T) {
	st := newBucketStage(t, false)
	for _, key := range []string{"mine/1", "theirs/1"} {
		_, err := st.s3().PutObject(st.ctx, put(key, "x"))
		st.must(err)
	}
	mine := st.s3As(st.user("mine", policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::" + stageBucket + "/mine/*"}}}}))
	out, err := mine.DeleteObjects(st.ctx, &s3.DeleteObjectsInput{Bucket: aws.String(stageBucket), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("mine/1")}, {Key: aws.String("theirs/1")}}}})
	if err != nil || len(out.Deleted) != 1 || len(out.Errors) != 1 || *out.Errors[0].Code != "AccessDenied" || !*out.Deleted[0].DeleteMarker {
		t.Errorf("%v %+v", err, out)
	}
}

func TestListingRollsUpAndPages(t *testing.T) {
	st := newBucketStage(t, false)
	keys := []string{"a b", "dir/1", "dir/2", "dir/sub/3", "env:/w/k", "z"}
	for _, key := range keys {
		_, err := st.s3().PutObject(st.ctx, put(key, "x"))
		st.must(err)
	}
	for _, limit := range []int32{1, 2, 3, 1000} {
		var got []string
		pages := s3.NewListObjectsV2Paginator(st.s3(), &s3.ListObjectsV2Input{Bucket: aws.String(stageBucket), Delimiter: aws.String("/"), MaxKeys: &limit})
		for pages.HasMorePages() {
			page, err := pages.NextPage(st.ctx)
			st.must(err)
			for _, o := range page.Contents {
				got = append(got, *o.Key)
			}
			for _, p := range page.CommonPrefixes {
				got = append(got, *p.Prefix)
			}
		}
		if len(got) != 4 {
			t.Errorf("%d at a time: %q", limit, got)
		}
		versions := 0
		all := s3.NewListObjectVersionsPaginator(st.s3(), &s3.ListObjectVersionsInput{Bucket: aws.String(stageBucket), MaxKeys: &limit})
		for all.HasMorePages() {
			page, err := all.NextPage(st.ctx)
			st.must(err)
			versions += len(page.Versions)
		}
		if versions != len(keys) {
			t.Errorf("%d at a time: %d versions", limit, versions)
		}
	}
	encoded, err := st.s3().ListObjectsV2(st.ctx, &s3.ListObjectsV2Input{Bucket: aws.String(stageBucket), Prefix: aws.String("env:/"), EncodingType: "url"})
	if err != nil || *encoded.Contents[0].Key != "env%3A/w/k" {
		t.Errorf("%v %+v", err, encoded.Contents)
	}
}

func TestListBucketIsLimitedByPrefix(t *testing.T) {
	st := newBucketStage(t, false)
	limited := st.s3As(st.user("limited", policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::" + stageBucket},
		Conditions: policy.Conditions{"StringLike": {"s3:prefix": {"env:/*"}}},
	}}}))
	_, err := limited.ListObjectsV2(st.ctx, &s3.ListObjectsV2Input{Bucket: aws.String(stageBucket), Prefix: aws.String("env:/")})
	st.must(err)
	_, err = limited.ListObjectsV2(st.ctx, &s3.ListObjectsV2Input{Bucket: aws.String(stageBucket)})
	wantCode(t, err, "AccessDenied", "perform: s3:ListBucket")
}

func TestMultipartPartsInheritTheEncryption(t *testing.T) {
	st := newBucketStage(t, true)
	c := st.s3As(st.admin("alice", "big"))
	bucket, key := aws.String(stageBucket), aws.String("big")
	_, err := c.CreateMultipartUpload(st.ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	wantCode(t, err, "AccessDenied", "explicit deny")
	up, err := c.CreateMultipartUpload(st.ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ServerSideEncryption: "aws:kms", SSEKMSKeyId: &st.keyARN, ChecksumAlgorithm: "SHA256"})
	st.must(err)
	bodies := [][]byte{bytes.Repeat([]byte("a"), minPart), []byte("tail")}
	var parts []types.CompletedPart
	for i, body := range bodies {
		n := int32(i + 1)
		out, err := c.UploadPart(st.ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: up.UploadId, PartNumber: &n, Body: bytes.NewReader(body), ChecksumAlgorithm: "SHA256"})
		st.must(err)
		parts = append(parts, types.CompletedPart{PartNumber: &n, ETag: out.ETag, ChecksumSHA256: out.ChecksumSHA256})
	}
	complete := func(parts ...types.CompletedPart) error {
		_, err := c.CompleteMultipartUpload(st.ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
		return err
	}
	wantCode(t, complete(parts[1], parts[0]), "InvalidPartOrder", "")
	wantCode(t, complete(types.CompletedPart{PartNumber: aws.Int32(9), ETag: aws.String("x")}), "InvalidPart", "")
	st.must(complete(parts...))
	object, _ := st.Object(stageBucket, "big")
	if object.KMSKeyARN != st.keyARN || len(object.Body) != minPart+4 {
		t.Errorf("%d bytes under %s", len(object.Body), object.KMSKeyARN)
	}
	head, err := st.s3().HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key, ChecksumMode: "ENABLED"})
	if err != nil || !strings.HasSuffix(*head.ETag, `-2"`) || !strings.HasSuffix(*head.ChecksumSHA256, "-2") || head.ChecksumType != "COMPOSITE" {
		t.Errorf("%v %+v", err, head)
	}
	wantCode(t, complete(parts...), "NoSuchUpload", "")
}

func TestAbortedUploadLeavesNothing(t *testing.T) {
	st := newBucketStage(t, false)
	bucket, key := aws.String(stageBucket), aws.String("k")
	up, err := st.s3().CreateMultipartUpload(st.ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	st.must(err)
	_, err = st.s3().AbortMultipartUpload(st.ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId})
	st.must(err)
	_, err = st.s3().UploadPart(st.ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
	wantCode(t, err, "NoSuchUpload", "")
}
