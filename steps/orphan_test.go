package steps

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

func TestAKeyThatLostItsAliasIsDisabledAndNamedAndNeverDeleted(t *testing.T) {
	t.Parallel()
	w := finished(t)
	tag, value := team().Tag()
	made, err := w.hands("").kms.CreateKey(context.Background(), &kms.CreateKeyInput{
		Tags: []types.Tag{{TagKey: aws.String(tag), TagValue: aws.String(value)}},
	})
	w.must(err)
	_, ids, _ := w.again(team())
	if len(ids) != 1 || ids[0] != spareChange(*made.KeyMetadata.Arn) {
		t.Fatalf("changes %v", ids)
	}
	key, err := w.hands("").kms.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: made.KeyMetadata.Arn})
	w.must(err)
	if key.KeyMetadata.KeyState != types.KeyStateDisabled {
		t.Errorf("the key is %s", key.KeyMetadata.KeyState)
	}
	summary, ids, _ := w.again(team())
	f := findingOf(summary.Findings, "key.orphan")
	if f == nil || len(ids) > 0 || summary.ExitCode(true) != plan.ExitDone {
		t.Fatalf("findings %v, changes %v", summary.Findings, ids)
	}
	says(t, f.Evidence, *made.KeyMetadata.Arn, keyAlias)
}

func TestALostKeyGoesEvenWhenItsUserHasAnother(t *testing.T) {
	t.Parallel()
	w := finished(t)
	ctx, h := context.Background(), w.hands("")
	keys, err := h.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("bob")})
	w.must(err)
	lost := *keys.AccessKeyMetadata[0].AccessKeyId
	s := w.setup(team())
	w.must(s.Env.Journal.Append("iam.key.bob", engine.PhaseIntent, map[string]string{"keys": ""}))
	w.must(s.Env.Journal.Append("iam.key.bob", engine.PhaseGot, map[string]string{"id": lost}))
	own, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("bob")})
	w.must(err)
	_, ids, _ := w.again(team())
	if len(ids) != 1 || ids[0] != "iam.lost-key."+lost {
		t.Errorf("changes %v", ids)
	}
	keys, err = h.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String("bob")})
	w.must(err)
	if len(keys.AccessKeyMetadata) != 1 || *keys.AccessKeyMetadata[0].AccessKeyId != *own.AccessKey.AccessKeyId {
		t.Errorf("bob's keys: %v, want his own %s", keys.AccessKeyMetadata, *own.AccessKey.AccessKeyId)
	}
}
