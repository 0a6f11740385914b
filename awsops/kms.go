package awsops

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Key is a KMS key as DescribeKey shows it.
type Key struct {
	ID           string
	ARN          string
	State        string // Enabled, Disabled, PendingDeletion, PendingImport, …
	Description  string
	DeletionDate time.Time // zero unless pending deletion
	Manager      string    // CUSTOMER or AWS
	Spec         string    // SYMMETRIC_DEFAULT for a key that S3 can use
	Usage        string    // ENCRYPT_DECRYPT for a key that S3 can use
	Origin       string    // AWS_KMS, EXTERNAL, …: only AWS_KMS rotates by itself
	// Enabled says that it can be used to encrypt and decrypt. That goes on while its
	// primary Region is being changed, of which KMS says that it is not enabled: then it is
	// Updating, and only some of its settings cannot be changed (UpdatePrimaryRegion, KMS
	// API reference).
	Enabled bool
}

// Key describes a key by id, ARN or alias ("alias/terraform"); nil when there
// is no such key in the session's region.
func (s *Session) Key(ctx context.Context, idOrAlias string) (*Key, error) {
	return describe(ctx, s, s.kms().DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String(idOrAlias)}, idOrAlias,
		func(answer *kms.DescribeKeyOutput) *Key {
			k := answer.KeyMetadata
			return &Key{
				ID: aws.ToString(k.KeyId), ARN: aws.ToString(k.Arn), State: string(k.KeyState), Description: aws.ToString(k.Description),
				DeletionDate: aws.ToTime(k.DeletionDate), Manager: string(k.KeyManager), Spec: string(k.KeySpec), Usage: string(k.KeyUsage),
				Origin: string(k.Origin), Enabled: k.Enabled || k.KeyState == types.KeyStateUpdating,
			}
		})
}

// keyPolicyName is the only name that a key policy can have.
const keyPolicyName = "default"

// KeyPolicy is the text of a key's policy.
func (s *Session) KeyPolicy(ctx context.Context, key string) (string, error) {
	return read(ctx, s, s.kms().GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: aws.String(key), PolicyName: aws.String(keyPolicyName)}, key,
		func(answer *kms.GetKeyPolicyOutput) string { return aws.ToString(answer.Policy) })
}

// TryDataKey asks for a data key and throws it away, as a proof that the
// identity may write with the key: S3 asks for one with the caller's rights and
// with the ARN of what it encrypts in the encryption context. It changes
// nothing in AWS.
func (s *Session) TryDataKey(ctx context.Context, key string, encryptionContext map[string]string) error {
	_, err := s.kms().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: aws.String(key), KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext,
	})
	return s.fail(err, key)
}

// KeyRotation says whether a key rotates by itself.
func (s *Session) KeyRotation(ctx context.Context, key string) (bool, error) {
	return read(ctx, s, s.kms().GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: aws.String(key)}, key,
		func(answer *kms.GetKeyRotationStatusOutput) bool { return answer.KeyRotationEnabled })
}

// KeyTags reads a key's tags.
func (s *Session) KeyTags(ctx context.Context, key string) (map[string]string, error) {
	pages := kms.NewListResourceTagsPaginator(s.kms(), &kms.ListResourceTagsInput{KeyId: aws.String(key)})
	tags, err := list(ctx, s, pages, key, func(page *kms.ListResourceTagsOutput) []types.Tag { return page.Tags })
	if err != nil {
		return nil, err
	}
	return tagMap(tags, func(t types.Tag) (*string, *string) { return t.TagKey, t.TagValue }), nil
}

// Aliases lists the names ("alias/…") of a key's aliases.
func (s *Session) Aliases(ctx context.Context, key string) ([]string, error) {
	pages := kms.NewListAliasesPaginator(s.kms(), &kms.ListAliasesInput{KeyId: aws.String(key)})
	return list(ctx, s, pages, key, func(page *kms.ListAliasesOutput) []string {
		return each(page.Aliases, func(a types.AliasListEntry) string { return aws.ToString(a.AliasName) })
	})
}

// KeysTagged lists the ARNs of the region's keys that carry a tag's value, by
// which a key is found again whose CreateKey answer was lost. It asks the
// tagging API, which may lag behind a CreateKey by seconds, and reads the tags
// of every key where that API is denied or missing.
func (s *Session) KeysTagged(ctx context.Context, tag, value string) ([]string, error) {
	arns, err := s.taggedResources(ctx, "kms:key", tag, value)
	if err == nil && len(arns) > 0 {
		return arns, nil
	}
	if IsCredentials(err) || IsCancelled(err) {
		return nil, err
	}
	return s.scanKeys(ctx, tag, value)
}

// keyScans is how many keys' tags are read at once.
const keyScans = 16

func (s *Session) scanKeys(ctx context.Context, tag, value string) ([]string, error) {
	var mu sync.Mutex
	var found []string
	keys := func(page *kms.ListKeysOutput) ([]types.KeyListEntry, error) { return page.Keys, nil }
	err := eachAtOnce(ctx, s, kms.NewListKeysPaginator(s.kms(), &kms.ListKeysInput{}), "", keyScans, keys, func(ctx context.Context, k types.KeyListEntry) error {
		tags, err := s.KeyTags(ctx, aws.ToString(k.KeyArn))
		if IsAccessDenied(err) || IsNotFound(err) {
			return nil // AWS's own key, or one that denies us: not ours
		}
		if v, ok := tags[tag]; ok && v == value {
			mu.Lock()
			defer mu.Unlock()
			found = append(found, aws.ToString(k.KeyArn))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	return found, nil
}

func kmsTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{TagKey: k, TagValue: v} })
}

// CreateKey creates a symmetric encryption key. AWS has no idempotency token
// for it: journal the id before anything else. Outputs: "arn", "id".
func CreateKey(policy, description string, tags map[string]string) Call {
	return call(&kms.CreateKeyInput{
		Policy: optional(policy), Description: optional(description), Tags: kmsTags(tags),
		KeySpec: types.KeySpecSymmetricDefault, KeyUsage: types.KeyUsageTypeEncryptDecrypt,
	})
}

// CreateAlias points an alias ("alias/terraform") at a key's id or ARN.
func CreateAlias(alias, key string) Call {
	return call(&kms.CreateAliasInput{AliasName: aws.String(alias), TargetKeyId: aws.String(key)})
}

// EnableKeyRotation turns yearly rotation on.
func EnableKeyRotation(key string) Call {
	return call(&kms.EnableKeyRotationInput{KeyId: aws.String(key)})
}

// PutKeyPolicy replaces a key's policy. BypassPolicyLockoutSafetyCheck stays
// false, so that KMS refuses a policy that locks the caller out.
func PutKeyPolicy(key, policy string) Call {
	return call(&kms.PutKeyPolicyInput{
		KeyId: aws.String(key), PolicyName: aws.String(keyPolicyName), Policy: aws.String(policy),
	})
}

// EnableKey enables a disabled key.
func EnableKey(key string) Call {
	return call(&kms.EnableKeyInput{KeyId: aws.String(key)})
}

// DisableKey disables a key: nothing is encrypted or read with it until it is
// enabled again.
func DisableKey(key string) Call {
	return call(&kms.DisableKeyInput{KeyId: aws.String(key)})
}

// CancelKeyDeletion rescues a key pending deletion; it is Disabled afterwards.
func CancelKeyDeletion(key string) Call {
	return call(&kms.CancelKeyDeletionInput{KeyId: aws.String(key)})
}

// TagKey adds or overwrites tags of a key.
func TagKey(key string, tags map[string]string) Call {
	return call(&kms.TagResourceInput{KeyId: aws.String(key), Tags: kmsTags(tags)})
}

// UpdateKeyDescription replaces a key's description.
func UpdateKeyDescription(key, description string) Call {
	return call(&kms.UpdateKeyDescriptionInput{KeyId: aws.String(key), Description: aws.String(description)})
}
