package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"stateroom/awsops/policy"
)

func newKeyStage(t *testing.T) (*stage, *kms.Client) {
	t.Helper()
	st := newStage(t, Options{})
	st.makeKey()
	return st, st.kms()
}

func TestKMSKeyIsFoundByEveryName(t *testing.T) {
	st, c := newKeyStage(t)
	id := st.keyARN[strings.LastIndexByte(st.keyARN, '/')+1:]
	aliasARN := "arn:aws:kms:eu-west-1:111111111111:alias/terraform"
	for _, name := range []string{id, st.keyARN, "alias/terraform", aliasARN} {
		out, err := c.DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &name})
		if err != nil || *out.KeyMetadata.Arn != st.keyARN || !out.KeyMetadata.Enabled {
			t.Errorf("%s: %v %+v", name, err, out)
		}
	}
	for name, want := range map[string][2]string{
		"alias/none":                           {"NotFoundException", "Alias arn:aws:kms:eu-west-1:111111111111:alias/none is not found."},
		"11111111-1111-4111-8111-111111111111": {"NotFoundException", "Key 'arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-4111-8111-111111111111' does not exist"},
		"arn:aws:kms:us-west-2:111111111111:key/11111111-1111-4111-8111-111111111111": {"NotFoundException", "Invalid arn us-west-2"},
		"arn:aws:s3:::x": {"InvalidArnException", ""},
		"nonsense":       {"NotFoundException", "Invalid keyId"},
	} {
		_, err := c.DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &name})
		wantCode(t, err, want[0], want[1])
	}
}

func TestKMSAliasMovesAndStaysUnique(t *testing.T) {
	st, c := newKeyStage(t)
	other, err := c.CreateKey(st.ctx, &kms.CreateKeyInput{})
	st.must(err)
	alias := aws.String("alias/terraform")
	_, err = c.CreateAlias(st.ctx, &kms.CreateAliasInput{AliasName: alias, TargetKeyId: other.KeyMetadata.KeyId})
	wantCode(t, err, "AlreadyExistsException", "already exists")
	_, err = c.DeleteAlias(st.ctx, &kms.DeleteAliasInput{AliasName: alias})
	st.must(err)
	_, err = c.CreateAlias(st.ctx, &kms.CreateAliasInput{AliasName: alias, TargetKeyId: other.KeyMetadata.KeyId})
	st.must(err)
	list, err := c.ListAliases(st.ctx, &kms.ListAliasesInput{KeyId: other.KeyMetadata.KeyId})
	if err != nil || len(list.Aliases) != 1 || *list.Aliases[0].TargetKeyId != *other.KeyMetadata.KeyId {
		t.Errorf("%v %+v", err, list)
	}
	if list, err = c.ListAliases(st.ctx, &kms.ListAliasesInput{KeyId: &st.keyARN}); err != nil || len(list.Aliases) != 0 {
		t.Errorf("%v %+v", err, list)
	}
	_, err = c.DeleteAlias(st.ctx, &kms.DeleteAliasInput{AliasName: alias})
	st.must(err)
	_, err = c.DeleteAlias(st.ctx, &kms.DeleteAliasInput{AliasName: alias})
	wantCode(t, err, "NotFoundException", "is not found.")
	_, err = c.CreateAlias(st.ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/bad name"), TargetKeyId: &st.keyARN})
	wantCode(t, err, "InvalidAliasNameException", "")
}

func TestKMSListsKeysInPages(t *testing.T) {
	st, c := newKeyStage(t)
	for range 4 {
		_, err := c.CreateKey(st.ctx, &kms.CreateKeyInput{})
		st.must(err)
	}
	pages := kms.NewListKeysPaginator(c, &kms.ListKeysInput{Limit: aws.Int32(2)})
	seen, rounds := map[string]bool{}, 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(st.ctx)
		st.must(err)
		rounds++
		for _, k := range page.Keys {
			seen[*k.KeyArn] = true
		}
	}
	if len(seen) != 5 || rounds != 3 {
		t.Errorf("%d keys in %d pages", len(seen), rounds)
	}
}

func TestKMSTagsAndRotation(t *testing.T) {
	st, c := newKeyStage(t)
	_, err := c.TagResource(st.ctx, &kms.TagResourceInput{KeyId: &st.keyARN, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("1")}, {TagKey: aws.String("b"), TagValue: aws.String("2")}}})
	st.must(err)
	_, err = c.UntagResource(st.ctx, &kms.UntagResourceInput{KeyId: &st.keyARN, TagKeys: []string{"a"}})
	st.must(err)
	tags, err := c.ListResourceTags(st.ctx, &kms.ListResourceTagsInput{KeyId: &st.keyARN})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].TagKey != "b" {
		t.Errorf("%v %+v", err, tags)
	}
	_, err = c.EnableKeyRotation(st.ctx, &kms.EnableKeyRotationInput{KeyId: &st.keyARN})
	st.must(err)
	status, err := c.GetKeyRotationStatus(st.ctx, &kms.GetKeyRotationStatusInput{KeyId: &st.keyARN})
	if err != nil || !status.KeyRotationEnabled || *status.RotationPeriodInDays != 365 {
		t.Errorf("%v %+v", err, status)
	}
	_, err = c.DisableKeyRotation(st.ctx, &kms.DisableKeyRotationInput{KeyId: &st.keyARN})
	st.must(err)
	if status, err = c.GetKeyRotationStatus(st.ctx, &kms.GetKeyRotationStatusInput{KeyId: &st.keyARN}); err != nil || status.KeyRotationEnabled {
		t.Errorf("%v %+v", err, status)
	}
}

func TestKMSStatesForbidUse(t *testing.T) {
	st, c := newKeyStage(t)
	use := func() error {
		_, err := c.GenerateDataKey(st.ctx, &kms.GenerateDataKeyInput{KeyId: &st.keyARN, KeySpec: types.DataKeySpecAes256})
		return err
	}
	_, err := c.DisableKey(st.ctx, &kms.DisableKeyInput{KeyId: &st.keyARN})
	st.must(err)
	wantCode(t, use(), "DisabledException", st.keyARN+" is disabled.")
	_, err = c.ScheduleKeyDeletion(st.ctx, &kms.ScheduleKeyDeletionInput{KeyId: &st.keyARN, PendingWindowInDays: aws.Int32(7)})
	st.must(err)
	wantCode(t, use(), "KMSInvalidStateException", st.keyARN+" is pending deletion.")
	_, err = c.EnableKey(st.ctx, &kms.EnableKeyInput{KeyId: &st.keyARN})
	wantCode(t, err, "KMSInvalidStateException", "")
	_, err = c.CancelKeyDeletion(st.ctx, &kms.CancelKeyDeletionInput{KeyId: &st.keyARN})
	st.must(err)
	_, err = c.EnableKey(st.ctx, &kms.EnableKeyInput{KeyId: &st.keyARN})
	st.must(err)
	st.must(use())
}

// TestAKeyInAStateOfItsOwnRefusesWhatAWSRefuses: Updating alone leaves a key usable,
// and none of them lets it be disabled but the outage of its store.
func TestAKeyInAStateOfItsOwnRefusesWhatAWSRefuses(t *testing.T) {
	st, c := newKeyStage(t)
	for state, says := range map[string]string{"PendingImport": "pending import", "Unavailable": "unavailable", "Creating": "creating", "Updating": ""} {
		if !st.SetKeyState(st.keyARN, state) {
			t.Fatal("there is no key")
		}
		_, err := c.GenerateDataKey(st.ctx, &kms.GenerateDataKeyInput{KeyId: &st.keyARN, KeySpec: types.DataKeySpecAes256})
		if says == "" {
			st.must(err)
		} else {
			wantCode(t, err, "KMSInvalidStateException", st.keyARN+" is "+says+".")
		}
		out, err := c.DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &st.keyARN})
		st.must(err)
		if string(out.KeyMetadata.KeyState) != state || out.KeyMetadata.Enabled {
			t.Errorf("%s: %+v", state, out.KeyMetadata)
		}
		_, err = c.DisableKey(st.ctx, &kms.DisableKeyInput{KeyId: &st.keyARN})
		if state == "Unavailable" {
			st.must(err)
		} else {
			wantCode(t, err, "KMSInvalidStateException", "")
		}
	}
}

func TestKMSRefusesAPolicyThatLocksOut(t *testing.T) {
	st, c := newKeyStage(t)
	alice := st.user("alice", allowing("kms:*"))
	statement := func(principal, action string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"` + action + `","Resource":"*"}]}`
	}
	root, operator, aliceARN := "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:user/operator", "arn:aws:iam::111111111111:user/alice"
	for name, bad := range map[string]string{
		"nobody":            "{}",
		"no JSON":           "nope",
		"someone else":      statement(aliceARN, "kms:*"),
		"read only":         statement(operator, "kms:Describe*"),
		"unknown principal": statement("arn:aws:iam::111111111111:user/nobody", "kms:*"),
		"other service":     statement(root, "s3:*"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.PutKeyPolicy(st.ctx, &kms.PutKeyPolicyInput{KeyId: &st.keyARN, Policy: &bad})
			wantCode(t, err, "MalformedPolicyDocumentException", "")
			_, err = c.CreateKey(st.ctx, &kms.CreateKeyInput{Policy: &bad})
			wantCode(t, err, "MalformedPolicyDocumentException", "")
		})
	}
	good := statement(operator, "kms:*")
	_, err := c.PutKeyPolicy(st.ctx, &kms.PutKeyPolicyInput{KeyId: &st.keyARN, Policy: &good})
	st.must(err)
	got, err := c.GetKeyPolicy(st.ctx, &kms.GetKeyPolicyInput{KeyId: &st.keyARN})
	if err != nil || *got.Policy != good {
		t.Errorf("%v %+v", err, got)
	}
	_, err = st.kmsAs(alice).DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &st.keyARN})
	wantCode(t, err, "AccessDeniedException", "no resource-based policy allows the kms:DescribeKey action")
}

func TestKMSNeedsIdentityPolicyWhenTheKeyDelegates(t *testing.T) {
	st, _ := newKeyStage(t)
	bob := st.user("bob", policy.Document{})
	_, err := st.kmsAs(bob).DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &st.keyARN})
	wantCode(t, err, "AccessDeniedException",
		"User: arn:aws:iam::111111111111:user/bob is not authorized to perform: kms:DescribeKey on resource: "+st.keyARN+" because no identity-based policy allows the kms:DescribeKey action")
	_, err = st.iam().PutUserPolicy(st.ctx, &iam.PutUserPolicyInput{UserName: aws.String("bob"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowing("kms:DescribeKey").JSON())})
	st.must(err)
	_, err = st.kmsAs(bob).DescribeKey(st.ctx, &kms.DescribeKeyInput{KeyId: &st.keyARN})
	st.must(err)
}
