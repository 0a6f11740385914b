package steps

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// lostKey makes a key as a set-up leaves it that lost the alias to another, and
// lets the bucket name it, as such a set-up once did.
func (w *world) lostKey() (lost string) {
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	tag, value := team().Tag()
	made, err := h.kms.CreateKey(ctx, &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: &tag, TagValue: &value}}})
	w.must(err)
	lost = *made.KeyMetadata.Arn
	named, err := h.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(keyAlias)})
	w.must(err)
	w.editBucketPolicy(func(text string) string { return strings.ReplaceAll(text, *named.KeyMetadata.Arn, lost) })
	_, err = h.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: aws.String(bucketName), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &lost},
			BucketKeyEnabled:                   aws.Bool(true),
		}}},
	})
	w.must(err)
	return lost
}

func (w *world) keyState(arn string) kmstypes.KeyState {
	w.t.Helper()
	key, err := w.hands("").kms.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: &arn})
	w.must(err)
	return key.KeyMetadata.KeyState
}

func TestOurOwnStatementsAndDefaultAreLedBackToTheAliassKeyAndTheLostOneIsDisabled(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lost := w.lostKey()
	summary, ids, _ := w.again(team())
	w.healthy(summary)
	if want := []string{"bucket.encryption", "bucket.policy", spareChange(lost)}; !slices.Equal(ids, want) {
		t.Errorf("changes %v, want %v", ids, want)
	}
	if state := w.keyState(lost); state != kmstypes.KeyStateDisabled {
		t.Errorf("the lost key is %s", state)
	}
	w.settledNow(team())
}

func TestAKeyThatAStoredVersionNeedsStaysEnabledAndReadable(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lost := w.lostKey()
	h, ctx := w.hands(""), context.Background()
	_, err := h.s3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: aws.String("common/staging"), Body: strings.NewReader(`{"version":4}`),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &lost,
	})
	w.must(err)
	summary, ids, _ := w.again(team())
	w.healthy(summary)
	if slices.Contains(ids, spareChange(lost)) || w.keyState(lost) != kmstypes.KeyStateEnabled {
		t.Errorf("the key is %s after %v", w.keyState(lost), ids)
	}
	allowed, err := h.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/alice"), ActionNames: []string{"kms:Decrypt", "kms:GenerateDataKey"}, ResourceArns: []string{lost},
	})
	w.must(err)
	for _, r := range allowed.EvaluationResults {
		if (r.EvalDecision == "allowed") != (*r.EvalActionName == "kms:Decrypt") {
			t.Errorf("%s with the old key: %s", *r.EvalActionName, r.EvalDecision)
		}
	}
	w.settledNow(team())
}

func TestAStatementOfSomebodyElsesIsNotOurs(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lost := w.lostKey()
	w.editBucketPolicy(func(text string) string { return strings.ReplaceAll(text, "DenyOtherEncryptionKey", "TheirKeyAlone") })
	summary, ids, _ := w.again(team())
	f := findingOf(summary.Findings, "bucket.other-key-demanded")
	if f == nil || len(ids) > 0 {
		t.Fatalf("findings %v, changes %v", summary.Findings, ids)
	}
	if state := w.keyState(lost); state != kmstypes.KeyStateEnabled {
		t.Errorf("the key that a statement demands is %s", state)
	}
}

func TestAKeyWithAnAliasOfItsOwnIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lost := w.lostKey()
	_, err := w.hands("").kms.CreateAlias(context.Background(), &kms.CreateAliasInput{AliasName: aws.String("alias/other"), TargetKeyId: &lost})
	w.must(err)
	summary, ids, _ := w.again(team())
	w.healthy(summary)
	if slices.Contains(ids, spareChange(lost)) || w.keyState(lost) != kmstypes.KeyStateEnabled {
		t.Errorf("the key is %s after %v", w.keyState(lost), ids)
	}
}
