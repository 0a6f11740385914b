package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestMFADeleteKeepsVersionsAndVersioning is what S3 does in a bucket with MFA Delete: no
// version goes and no versioning changes without a code, a delete marker may be laid, and a
// lifecycle configuration excludes it.
func TestMFADeleteKeepsVersionsAndVersioning(t *testing.T) {
	st := newBucketStage(t, false)
	c, name, key := st.s3(), aws.String(stageBucket), aws.String("k")
	put, err := c.PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: key})
	st.must(err)
	with := func(status types.BucketVersioningStatus, mfa types.MFADelete, code string) error {
		in := &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: status, MFADelete: mfa}}
		if code != "" {
			in.MFA = &code
		}
		_, err := c.PutBucketVersioning(st.ctx, in)
		return err
	}
	const on, code = types.BucketVersioningStatusEnabled, "arn:aws:iam::111111111111:mfa/root 123456"
	rules := &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}}}}
	wantCode(t, with(on, types.MFADeleteEnabled, ""), "AccessDenied", "Mfa Authentication must be used for this request")
	_, err = c.PutBucketLifecycleConfiguration(st.ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: rules})
	st.must(err)
	wantCode(t, with(on, types.MFADeleteEnabled, code), "InvalidBucketState", "Delete lifecycle configuration before enabling Mfa Authentication")
	_, err = c.DeleteBucketLifecycle(st.ctx, &s3.DeleteBucketLifecycleInput{Bucket: name})
	st.must(err)
	st.must(with(on, types.MFADeleteEnabled, code))
	_, err = c.PutBucketLifecycleConfiguration(st.ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: rules})
	wantCode(t, err, "InvalidBucketState", "")
	wantCode(t, with(types.BucketVersioningStatusSuspended, "", ""), "AccessDenied", "Mfa Authentication")
	_, err = c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key, VersionId: put.VersionId})
	wantCode(t, err, "AccessDenied", "Mfa Authentication")
	_, err = c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key})
	st.must(err)
	have, err := c.GetBucketVersioning(st.ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if err != nil || have.MFADelete != types.MFADeleteStatusEnabled {
		t.Errorf("%v %+v", err, have)
	}
	_, err = c.DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key, VersionId: put.VersionId, MFA: aws.String(code)})
	st.must(err)
}

// TestAnotherAccountSaysThatItPays is Requester Pays: the bucket's own account owes no word.
func TestAnotherAccountSaysThatItPays(t *testing.T) {
	st := newBucketStage(t, false)
	name, key := aws.String(stageBucket), aws.String("k")
	_, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: key})
	st.must(err)
	_, err = st.s3().PutBucketPolicy(st.ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + stageBucket + `/*"}]}`)})
	st.must(err)
	theirs := st.s3As(st.member("222222222222"))
	get := func(payer types.RequestPayer) error {
		_, err := theirs.HeadObject(st.ctx, &s3.HeadObjectInput{Bucket: name, Key: key, RequestPayer: payer})
		return err
	}
	st.must(get(""))
	_, err = st.s3().PutBucketRequestPayment(st.ctx, &s3.PutBucketRequestPaymentInput{Bucket: name, RequestPaymentConfiguration: &types.RequestPaymentConfiguration{Payer: types.PayerRequester}})
	st.must(err)
	if err := get(""); err == nil {
		t.Error("another account paid without a word")
	}
	st.must(get(types.RequestPayerRequester))
	_, err = st.s3().GetObject(st.ctx, &s3.GetObjectInput{Bucket: name, Key: key})
	st.must(err)
}

// TestALegalHoldKeepsAVersionUntilItIsLetGo, in a bucket with Object Lock alone.
func TestALegalHoldKeepsAVersionUntilItIsLetGo(t *testing.T) {
	st := newStage(t, Options{})
	name, key := aws.String("held"), aws.String("k")
	_, err := st.s3().CreateBucket(st.ctx, &s3.CreateBucketInput{
		Bucket: name, ObjectLockEnabledForBucket: aws.Bool(true),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	st.must(err)
	put, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{Bucket: name, Key: key})
	st.must(err)
	hold := func(status types.ObjectLockLegalHoldStatus) {
		_, err := st.s3().PutObjectLegalHold(st.ctx, &s3.PutObjectLegalHoldInput{Bucket: name, Key: key, VersionId: put.VersionId, LegalHold: &types.ObjectLockLegalHold{Status: status}})
		st.must(err)
	}
	remove := func() error {
		_, err := st.s3().DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key, VersionId: put.VersionId})
		return err
	}
	hold(types.ObjectLockLegalHoldStatusOn)
	wantCode(t, remove(), "AccessDenied", "object lock")
	_, err = st.s3().DeleteObject(st.ctx, &s3.DeleteObjectInput{Bucket: name, Key: key})
	st.must(err)
	hold(types.ObjectLockLegalHoldStatusOff)
	st.must(remove())
}

// TestReplicationIsKeptAndKeepsTheVersioning, which it cannot do without.
func TestReplicationIsKeptAndKeepsTheVersioning(t *testing.T) {
	st := newBucketStage(t, false)
	c, name := st.s3(), aws.String(stageBucket)
	_, err := c.GetBucketReplication(st.ctx, &s3.GetBucketReplicationInput{Bucket: name})
	wantCode(t, err, "ReplicationConfigurationNotFoundError", "")
	in := &s3.PutBucketReplicationInput{Bucket: name, ReplicationConfiguration: &types.ReplicationConfiguration{Role: aws.String("arn:aws:iam::111111111111:role/copy"), Rules: []types.ReplicationRule{{
		ID: aws.String("copy"), Priority: aws.Int32(1), Status: types.ReplicationRuleStatusEnabled, Filter: &types.ReplicationRuleFilter{Prefix: aws.String("a/")},
		DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: types.DeleteMarkerReplicationStatusDisabled}, Destination: &types.Destination{Bucket: aws.String("arn:aws:s3:::there")},
	}}}}
	_, err = c.PutBucketReplication(st.ctx, in)
	st.must(err)
	have, err := c.GetBucketReplication(st.ctx, &s3.GetBucketReplicationInput{Bucket: name})
	if err != nil || *have.ReplicationConfiguration.Rules[0].Filter.Prefix != "a/" || *have.ReplicationConfiguration.Rules[0].Destination.Bucket != "arn:aws:s3:::there" {
		t.Errorf("%v %+v", err, have)
	}
	_, err = c.PutBucketVersioning(st.ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended}})
	wantCode(t, err, "InvalidBucketState", "")
}
