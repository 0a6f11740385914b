package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestBucketSettingsComeBackAsPut(t *testing.T) {
	st := newBucketStage(t, false)
	c, name := st.s3(), aws.String(stageBucket)
	_, err := c.PutPublicAccessBlock(st.ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true)}})
	st.must(err)
	access, err := c.GetPublicAccessBlock(st.ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if a := access.PublicAccessBlockConfiguration; err != nil || !*a.BlockPublicAcls || !*a.BlockPublicPolicy || *a.IgnorePublicAcls || *a.RestrictPublicBuckets {
		t.Errorf("%v %+v", err, access)
	}
	_, err = c.PutBucketOwnershipControls(st.ctx, &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: "ObjectWriter"}}}})
	st.must(err)
	ownership, err := c.GetBucketOwnershipControls(st.ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if err != nil || ownership.OwnershipControls.Rules[0].ObjectOwnership != "ObjectWriter" {
		t.Errorf("%v %+v", err, ownership)
	}
	_, err = c.GetBucketTagging(st.ctx, &s3.GetBucketTaggingInput{Bucket: name})
	wantCode(t, err, "NoSuchTagSet", "")
	_, err = c.PutBucketTagging(st.ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("<&>")}}}})
	st.must(err)
	tags, err := c.GetBucketTagging(st.ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if err != nil || *tags.TagSet[0].Value != "<&>" {
		t.Errorf("%v %+v", err, tags)
	}
	encryption, err := c.GetBucketEncryption(st.ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if rule := encryption.ServerSideEncryptionConfiguration.Rules[0]; err != nil || *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID != st.keyARN || !*rule.BucketKeyEnabled {
		t.Errorf("%v %+v", err, encryption)
	}
	_, err = c.DeleteBucketEncryption(st.ctx, &s3.DeleteBucketEncryptionInput{Bucket: name})
	st.must(err)
	if encryption, err = c.GetBucketEncryption(st.ctx, &s3.GetBucketEncryptionInput{Bucket: name}); err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("%v %+v", err, encryption)
	}
}

func TestS3RefusesWhatItCannotRead(t *testing.T) {
	st := newBucketStage(t, false)
	c, name := st.s3(), aws.String(stageBucket)
	_, err := c.PutBucketOwnershipControls(st.ctx, &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: "Nobody"}}}})
	wantCode(t, err, "MalformedXML", "")
	_, err = c.ListObjectsV2(st.ctx, &s3.ListObjectsV2Input{Bucket: name, ContinuationToken: aws.String("!")})
	wantCode(t, err, "InvalidArgument", "continuation token")
	_, err = c.GetBucketCors(st.ctx, &s3.GetBucketCorsInput{Bucket: name})
	wantCode(t, err, "NotImplemented", "")
	_, err = c.DeleteBucketCors(st.ctx, &s3.DeleteBucketCorsInput{Bucket: name})
	wantCode(t, err, "NotImplemented", "")
	_, err = c.ListObjects(st.ctx, &s3.ListObjectsInput{Bucket: name})
	wantCode(t, err, "NotImplemented", "")
	missing := put("k", "x")
	missing.IfMatch = aws.String(`"0"`)
	_, err = c.PutObject(st.ctx, missing)
	wantCode(t, err, "NoSuchKey", "")
	encoded := put("k", "x")
	encoded.ContentEncoding = aws.String("gzip")
	_, err = c.PutObject(st.ctx, encoded)
	st.must(err)
	head, err := c.HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: name, Key: aws.String("k")})
	if err != nil || *head.ContentEncoding != "gzip" {
		t.Errorf("%v %+v", err, head)
	}
}

// TestAnAccessControlListStandsInTheWayOfTurningThemOff: S3 refuses BucketOwnerEnforced
// while the list of the bucket gives anybody but its owner something.
func TestAnAccessControlListStandsInTheWayOfTurningThemOff(t *testing.T) {
	st := newBucketStage(t, false)
	c, name := st.s3(), aws.String(stageBucket)
	own := func(as types.ObjectOwnership) error {
		_, err := c.PutBucketOwnershipControls(st.ctx, &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: as}}}})
		return err
	}
	canned := func(acl types.BucketCannedACL) error {
		_, err := c.PutBucketAcl(st.ctx, &s3.PutBucketAclInput{Bucket: name, ACL: acl})
		return err
	}
	wantCode(t, canned(types.BucketCannedACLPublicRead), "AccessControlListNotSupported", "")
	st.must(own(types.ObjectOwnershipObjectWriter))
	wantCode(t, canned(types.BucketCannedACLPublicRead), "AccessDenied", "")
	_, err := c.DeletePublicAccessBlock(st.ctx, &s3.DeletePublicAccessBlockInput{Bucket: name})
	st.must(err)
	st.must(canned(types.BucketCannedACLPublicRead))
	out, err := c.GetBucketAcl(st.ctx, &s3.GetBucketAclInput{Bucket: name})
	st.must(err)
	if len(out.Grants) != 2 || out.Grants[1].Grantee.Type != types.TypeGroup || *out.Grants[1].Grantee.URI != everyone || *out.Grants[0].Grantee.ID != *out.Owner.ID {
		t.Errorf("the list is %+v", out.Grants)
	}
	out.Grants[1].Grantee = &types.Grantee{Type: types.TypeCanonicalUser, ID: aws.String("another")}
	_, err = c.PutBucketAcl(st.ctx, &s3.PutBucketAclInput{Bucket: name, AccessControlPolicy: &types.AccessControlPolicy{Owner: out.Owner, Grants: out.Grants}})
	st.must(err)
	out, err = c.GetBucketAcl(st.ctx, &s3.GetBucketAclInput{Bucket: name})
	st.must(err)
	if len(out.Grants) != 2 || *out.Grants[1].Grantee.ID != "another" || out.Grants[1].Permission != types.PermissionRead {
		t.Errorf("the list is %+v", out.Grants)
	}
	wantCode(t, own(types.ObjectOwnershipBucketOwnerEnforced), "InvalidBucketAclWithObjectOwnership", "")
	st.must(canned(types.BucketCannedACLPrivate))
	st.must(own(types.ObjectOwnershipBucketOwnerEnforced))
}
