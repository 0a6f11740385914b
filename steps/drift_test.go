package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"stateroom/steps/blueprint"
)

const (
	bucketName  = "acme-terraform-state"
	keyAlias    = "alias/terraform"
	lockTable   = "terraform_locks"
	allowBroad  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	policyARNOf = "arn:aws:iam::111111111111:policy/stateroom/"
)

// tagged is the team's blueprint with a tag of its own.
func tagged() *blueprint.Blueprint {
	b := team()
	b.Tags = map[string]string{"owner": "platform"}
	return b
}

func (w *world) keyID() string {
	w.t.Helper()
	out, err := w.hands("").kms.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: aws.String(keyAlias)})
	w.must(err)
	return *out.KeyMetadata.KeyId
}

// statements replaces the bucket's policy by what edit makes of it.
func (w *world) editBucketPolicy(edit func(string) string) {
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	have, err := h.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucketName)})
	w.must(err)
	_, err = h.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(bucketName), Policy: aws.String(edit(*have.Policy))})
	w.must(err)
}

func TestDriftOfOursIsRepairedByExactlyTheCallsThatItNeeds(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.run(w.setup(tagged()))
	ctx := context.Background()
	bucket := aws.String(bucketName)
	cases := []struct {
		name       string
		drift      func(h hands) error
		ids, calls []string
	}{{
		"versioning suspended", func(h hands) error {
			_, err := h.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusSuspended}})
			return err
		}, []string{"bucket.versioning"}, []string{"s3:PutBucketVersioning"},
	}, {
		"a bucket policy statement removed", func(hands) error {
			w.editBucketPolicy(func(text string) string {
				return strings.Replace(text, `"aws:SecureTransport":"false"`, `"aws:SecureTransport":"nonsense"`, 1)
			})
			return nil
		}, []string{"bucket.policy"}, []string{"s3:PutBucketPolicy"},
	}, {
		"the bucket policy removed", func(h hands) error {
			_, err := h.s3.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: bucket})
			return err
		}, []string{"bucket.policy"}, []string{"s3:PutBucketPolicy"},
	}, {
		"the public access block removed", func(h hands) error {
			_, err := h.s3.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: bucket})
			return err
		}, []string{"bucket.public-access"}, []string{"s3:PutPublicAccessBlock"},
	}, {
		"default encryption back to AES256", func(h hands) error {
			_, err := h.s3.DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{Bucket: bucket})
			return err
		}, []string{"bucket.encryption"}, []string{"s3:PutBucketEncryption"},
	}, {
		"default encryption with AWS's own key", func(h hands) error {
			_, err := h.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
				Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: aws.String("alias/aws/s3")}}},
			}})
			return err
		}, []string{"bucket.encryption"}, []string{"s3:PutBucketEncryption"},
	}, {
		"the lifecycle shortened", func(h hands) error {
			_, err := h.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{ID: aws.String(lifecycleRule), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, NoncurrentVersionExpiration: &s3types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}}},
			}})
			return err
		}, []string{"bucket.lifecycle"}, []string{"s3:PutBucketLifecycleConfiguration"},
	}, {
		"a bucket tag lost", func(h hands) error {
			_, err := h.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("stateroom"), Value: aws.String("111111111111/" + bucketName)}, {Key: aws.String("extra"), Value: aws.String("kept")}}}})
			return err
		}, []string{"bucket.tags"}, []string{"s3:PutBucketTagging"},
	}, {
		"rotation off", func(h hands) error {
			_, err := h.kms.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: aws.String(w.keyID())})
			return err
		}, []string{"key.rotation"}, []string{"kms:EnableKeyRotation"},
	}, {
		"another description", func(h hands) error {
			_, err := h.kms.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: aws.String(w.keyID()), Description: aws.String("mine")})
			return err
		}, []string{"key.description"}, []string{"kms:UpdateKeyDescription"},
	}, {
		"the alias removed", func(h hands) error {
			_, err := h.kms.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String(keyAlias)})
			return err
		}, []string{"key.alias"}, []string{"kms:CreateAlias"},
	}, {
		"a tag of the key lost", func(h hands) error {
			_, err := h.kms.UntagResource(ctx, &kms.UntagResourceInput{KeyId: aws.String(w.keyID()), TagKeys: []string{"owner"}})
			return err
		}, []string{"key.tags"}, []string{"kms:TagResource"},
	}, {
		"point-in-time recovery off", func(h hands) error {
			_, err := h.dynamodb.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: aws.String(lockTable), PointInTimeRecoverySpecification: &ddbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(false)}})
			return err
		}, []string{"lock.point-in-time-recovery"}, []string{"dynamodb:UpdateContinuousBackups"},
	}, {
		"deletion protection off", func(h hands) error {
			_, err := h.dynamodb.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: aws.String(lockTable), DeletionProtectionEnabled: aws.Bool(false)})
			return err
		}, []string{"lock.deletion-protection"}, []string{"dynamodb:UpdateTable"},
	}, {
		"a table tag lost", func(h hands) error {
			_, err := h.dynamodb.UntagResource(ctx, &dynamodb.UntagResourceInput{ResourceArn: aws.String("arn:aws:dynamodb:eu-west-1:111111111111:table/" + lockTable), TagKeys: []string{"owner"}})
			return err
		}, []string{"lock.tags"}, []string{"dynamodb:TagResource"},
	}, {
		"a member removed", func(h hands) error {
			_, err := h.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("bob")})
			return err
		}, []string{"iam.member.admins.bob"}, []string{"iam:AddUserToGroup"},
	}, {
		"a policy detached", func(h hands) error {
			_, err := h.iam.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: aws.String("admins"), PolicyArn: aws.String(policyARNOf + "stateroom-admins-state-1")})
			return err
		}, []string{"iam.policy.stateroom-admins-state-1.attach"}, []string{"iam:AttachGroupPolicy"},
	}, {
		"a policy changed", func(h hands) error {
			_, err := h.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(policyARNOf + "stateroom-admins-state-1"), PolicyDocument: aws.String(allowBroad), SetAsDefault: true})
			return err
		}, []string{"iam.policy.stateroom-admins-state-1"}, []string{"iam:CreatePolicyVersion"},
	}, {
		"tags of user, policy and role lost", func(h hands) error {
			if _, err := h.iam.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String("bob"), TagKeys: []string{"owner"}}); err != nil {
				return err
			}
			if _, err := h.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: aws.String(policyARNOf + "stateroom-admins-assume-1"), TagKeys: []string{"owner"}}); err != nil {
				return err
			}
			_, err := w.hands("222222222222").iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: aws.String(blueprint.DefaultRole), TagKeys: []string{"owner"}})
			return err
		},
		[]string{"iam.policy.stateroom-admins-assume-1.tags", "iam.role.staging.tags", "iam.user.bob.tags"},
		[]string{"iam:TagPolicy", "iam:TagRole", "iam:TagUser"},
	}, {
		"a role's trust widened", func(hands) error {
			_, err := w.hands("222222222222").iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
			return err
		}, []string{"iam.role.staging.trust"}, []string{"iam:UpdateAssumeRolePolicy"},
	}, {
		"a role's permissions changed", func(hands) error {
			_, err := w.hands("333333333333").iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String(inlinePolicy), PolicyDocument: aws.String(allowBroad)})
			return err
		}, []string{"iam.role.preprod.permissions"}, []string{"iam:PutRolePolicy"},
	}, {
		"a role's permissions removed", func(hands) error {
			_, err := w.hands("333333333333").iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String(inlinePolicy)})
			return err
		}, []string{"iam.role.preprod.permissions"}, []string{"iam:PutRolePolicy"},
	}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.must(c.drift(w.hands("")))
			summary, ids, calls := w.again(tagged())
			w.healthy(summary)
			if diff := cmp.Diff(c.ids, ids); diff != "" {
				t.Errorf("changes (-want +planned):\n%s", diff)
			}
			if diff := cmp.Diff(c.calls, calls); diff != "" {
				t.Errorf("calls (-want +made):\n%s", diff)
			}
			for _, id := range ids {
				if len(w.plannedChange(id).Fields) == 0 {
					t.Errorf("%s does not show what differs", id)
				}
			}
		})
	}
	w.t = t
	w.settledNow(tagged())
	tags, err := w.hands("").s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
	w.must(err)
	if !slices.ContainsFunc(tags.TagSet, func(t s3types.Tag) bool { return *t.Key == "extra" }) {
		t.Error("repairing a bucket tag dropped a tag of somebody else's")
	}
}

func TestAFullPolicyMakesRoomByItsOldestVersion(t *testing.T) {
	t.Parallel()
	w := finished(t)
	h, ctx := w.hands(""), context.Background()
	arn := aws.String(policyARNOf + "stateroom-admins-state-1")
	for i := range maxVersions - 1 {
		text := strings.Replace(allowBroad, "s3:*", fmt.Sprintf("s3:Get%d", i), 1)
		_, err := h.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &text, SetAsDefault: true})
		w.must(err)
	}
	summary, _, calls := w.again(team())
	w.healthy(summary)
	if diff := cmp.Diff([]string{"iam:CreatePolicyVersion", "iam:DeletePolicyVersion"}, calls); diff != "" {
		t.Errorf("calls (-want +made):\n%s", diff)
	}
	versions, err := h.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	w.must(err)
	if slices.ContainsFunc(versions.Versions, func(v iamtypes.PolicyVersion) bool { return *v.VersionId == "v1" }) || len(versions.Versions) != maxVersions {
		t.Errorf("v1, the oldest, is still there: %d versions", len(versions.Versions))
	}
	w.settledNow(team())
}

func TestAKeyPolicyThatLostItsRootStatementGetsItBack(t *testing.T) {
	t.Parallel()
	w := finished(t)
	h, ctx, id := w.hands(""), context.Background(), aws.String(w.keyID())
	_, err := h.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{
		KeyId: id, BypassPolicyLockoutSafetyCheck: true,
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/operator"},"Action":"kms:*","Resource":"*"}]}`),
	})
	w.must(err)
	summary, ids, _ := w.again(team())
	w.healthy(summary)
	if diff := cmp.Diff([]string{"key.policy"}, ids); diff != "" {
		t.Errorf("changes (-want +planned):\n%s", diff)
	}
	have, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id})
	w.must(err)
	says(t, *have.Policy, "arn:aws:iam::111111111111:root", `"own"`)
	w.settledNow(team())
}
