package account_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

const (
	stagingKey = "common/staging"
	staging    = "222222222222"
)

// edit changes one of the group's customer-managed policies.
func (w *world) policy(name string, change func(*policy.Document)) {
	w.T.Helper()
	h, ctx := w.hands(""), context.Background()
	arn := aws.String("arn:aws:iam::" + adminAccount + ":policy/stateroom/" + name)
	have, err := w.home().Policy(ctx, *arn)
	w.Must(err)
	doc, err := policy.Parse(have.Document)
	w.Must(err)
	change(&doc)
	if oldest := have.Versions[len(have.Versions)-1]; len(have.Versions) > 4 {
		_, err = h.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String(oldest)})
		w.Must(err)
	}
	_, err = h.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(doc.JSON()), SetAsDefault: true})
	w.Must(err)
}

// without takes actions out of the group's state policy.
func (w *world) without(actions ...string) {
	w.policy("stateroom-admins-state-1", func(d *policy.Document) {
		var kept []policy.Statement
		for _, s := range d.Statements {
			var left []string
			for _, a := range s.Actions {
				if !contains(actions, a) {
					left = append(left, a)
				}
			}
			if s.Actions = left; len(left) > 0 {
				kept = append(kept, s)
			}
		}
		d.Statements = kept
	})
}

func contains(list []string, text string) bool {
	for _, have := range list {
		if have == text {
			return true
		}
	}
	return false
}

// put writes a state as Terraform does, and gives its MD5.
func (w *world) put(body string) string {
	w.T.Helper()
	_, err := w.hands("").s3.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: aws.String(stagingKey), Body: strings.NewReader(body),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(w.keyARN()),
	})
	w.Must(err)
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// deleteState lays delete markers over the state.
func (w *world) deleteState(times int) {
	w.T.Helper()
	for range times {
		_, err := w.hands("").s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: aws.String(stagingKey)})
		w.Must(err)
	}
}

func (w *world) keyARN() string {
	return "arn:aws:kms:" + stateRegion + ":" + adminAccount + ":key/" + *w.keyID()
}

// item writes an item of the lock table.
func (w *world) item(id, attribute, value string) {
	w.T.Helper()
	_, err := w.hands("").dynamodb.PutItem(context.Background(), &dynamodb.PutItemInput{
		TableName: aws.String(lockTable), Item: map[string]ddbtypes.AttributeValue{
			"LockID": &ddbtypes.AttributeValueMemberS{Value: id}, attribute: &ddbtypes.AttributeValueMemberS{Value: value},
		},
	})
	w.Must(err)
}

func (w *world) lockFile(body string) {
	w.T.Helper()
	_, err := w.hands("").s3.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: aws.String(stagingKey + ".tflock"), Body: bytes.NewReader([]byte(body)),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(w.keyARN()),
	})
	w.Must(err)
}

func lock(age time.Duration) string {
	return fmt.Sprintf(`{"ID":"5d6f0000-1111-2222-3333-444455556666","Operation":"OperationTypeApply","Info":"","Who":"carol@laptop","Version":"1.11.4","Created":%q,"Path":"acme-terraform-state/common/staging"}`,
		time.Now().Add(-age).UTC().Format(time.RFC3339Nano))
}

func state(serial int) string {
	return fmt.Sprintf(`{"version":4,"terraform_version":"1.11.4","serial":%d,"lineage":"one","outputs":{},"resources":[]}`, serial)
}

// deny adds a Deny statement to the bucket's policy.
func (w *world) deny(sid, actions string) {
	w.T.Helper()
	h, ctx := w.hands(""), context.Background()
	have, err := h.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucketName)})
	w.Must(err)
	statement := fmt.Sprintf(`{"Sid":%q,"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:user/alice"},"Action":%s,"Resource":["arn:aws:s3:::acme-terraform-state","arn:aws:s3:::acme-terraform-state/*"]},`, sid, actions)
	_, err = h.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: aws.String(bucketName), Policy: aws.String(strings.Replace(*have.Policy, `"Statement":[`, `"Statement":[`+statement, 1)),
	})
	w.Must(err)
}

// loseAlias leaves behind what a set-up that made a key of its own, and lost the
// alias to another, once wrote: the bucket names that key.
func (w *world) loseAlias() {
	h, ctx := w.hands(""), context.Background()
	tag, value := w.Answers.Tag()
	made, err := h.kms.CreateKey(ctx, &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: &tag, TagValue: &value}}})
	w.Must(err)
	lost := made.KeyMetadata.Arn
	have, err := h.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(bucketName)})
	w.Must(err)
	_, err = h.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: aws.String(bucketName), Policy: aws.String(strings.ReplaceAll(*have.Policy, w.keyARN(), *lost)),
	})
	w.Must(err)
	_, err = h.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: aws.String(bucketName), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: lost},
			BucketKeyEnabled:                   aws.Bool(true),
		}}},
	})
	w.Must(err)
}

func (w *world) keyPolicy(text string) {
	w.T.Helper()
	_, err := w.hands("").kms.PutKeyPolicy(context.Background(), &kms.PutKeyPolicyInput{KeyId: w.keyID(), Policy: aws.String(text), BypassPolicyLockoutSafetyCheck: true})
	w.Must(err)
}

// control attaches a service control policy to an account.
func (w *world) control(account, statement string) {
	w.T.Helper()
	w.Must(w.Server.AddSCP(account, "fence", `{"Version":"2012-10-17","Statement":[`+statement+`]}`))
}

func (w *world) aliceKey() string {
	w.T.Helper()
	keys, err := w.home().AccessKeys(context.Background(), "alice")
	w.Must(err)
	return keys[0].ID
}

// keyState brings the state encryption key into a state of AWS's own.
func (w *world) keyState(state string) {
	w.T.Helper()
	if !w.Server.SetKeyState("arn:aws:kms:"+stateRegion+":"+adminAccount+":key/"+*w.keyID(), state) {
		w.T.Fatal("there is no key")
	}
}

func (w *world) trust(account, text string) {
	w.T.Helper()
	_, err := w.hands(account).iam.UpdateAssumeRolePolicy(context.Background(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyDocument: aws.String(text)})
	w.Must(err)
}

// fault is something broken, what it is called and how it ends.
type fault struct {
	name     string
	breaking func(*world)
	// want are the findings of failures, in order.
	want []string
	// mends says that the changes mend it; else the details say what to hand on.
	mends bool
	// changes are the ids of the changes, where there are some.
	changes []string
	says    string // in the first finding's evidence
}

var faults = []fault{
	{
		name: "access key inactive", want: []string{"key-invalid"}, mends: true, changes: []string{"iam.key.alice.activate"}, says: "inactive",
		breaking: func(w *world) {
			_, err := w.hands("").iam.UpdateAccessKey(context.Background(), &iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: aws.String(w.aliceKey()), Status: iamtypes.StatusTypeInactive})
			w.Must(err)
		},
	},
	{
		name: "access key inactive, and a sign-in besides", want: []string{"key-invalid", "iam.two-identities"}, says: "Terraform uses the key and the AWS CLI the sign-in",
		breaking: func(w *world) {
			_, err := w.hands("").iam.UpdateAccessKey(context.Background(), &iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: aws.String(w.aliceKey()), Status: iamtypes.StatusTypeInactive})
			w.Must(err)
			path := w.Env().ConfigPath
			text, err := os.ReadFile(path)
			w.Must(err)
			w.Must(os.WriteFile(path, []byte(strings.Replace(string(text), "[profile admin_iam]\n", "[profile admin_iam]\nsso_session = acme\nsso_account_id = 111111111111\nsso_role_name = Terraform-admins\n", 1)+"[sso-session acme]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"), 0o600))
		},
	},
	{
		name: "access key deleted", want: []string{"key-invalid"}, says: "No user of the blueprint",
		breaking: func(w *world) {
			_, err := w.hands("").iam.DeleteAccessKey(context.Background(), &iam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: aws.String(w.aliceKey())})
			w.Must(err)
		},
	},
	{
		name: "list denied", want: []string{"s3-list-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: "because no identity-based policy allows",
		breaking: func(w *world) { w.without("s3:ListBucket") },
	},
	{
		name: "get denied", want: []string{"s3-head-denied", "s3-get-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"},
		breaking: func(w *world) { w.without("s3:GetObject") },
	},
	{
		name: "put denied", want: []string{"s3-put-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: "SimulatePrincipalPolicy",
		breaking: func(w *world) { w.without("s3:PutObject") },
	},
	{
		name: "delete of the lock file denied", want: []string{"lock-release-failed"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"},
		breaking: func(w *world) { w.without("s3:DeleteObject") },
	},
	{
		name: "table denied", want: []string{"table-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"},
		breaking: func(w *world) { w.without("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem") },
	},
	{
		name: "delete of the item denied", want: []string{"lock-release-failed"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: "dynamodb:DeleteItem",
		breaking: func(w *world) { w.without("dynamodb:DeleteItem") },
	},
	{
		name: "key denied by the group", want: []string{"kms-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: "identity-based policy",
		breaking: func(w *world) { w.without("kms:GenerateDataKey", "kms:Decrypt", "kms:Encrypt", "kms:DescribeKey") },
	},
	{
		name: "decrypt denied by the group", want: []string{"kms-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: "kms:Decrypt",
		breaking: func(w *world) { w.put(state(1)); w.without("kms:Decrypt") },
	},
	{
		name: "key denied by its policy", want: []string{"kms-denied"}, mends: true, changes: []string{"key.policy"}, says: "resource-based policy",
		breaking: func(w *world) {
			w.keyPolicy(`{"Version":"2012-10-17","Statement":[{"Sid":"own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/operator"},"Action":"kms:*","Resource":"*"}]}`)
		},
	},
	{
		name: "key forbidden by its policy", want: []string{"kms-denied"}, mends: true, changes: []string{"key.policy.unblock"}, says: "NotAlice",
		breaking: func(w *world) {
			w.keyPolicy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"kms:*","Resource":"*"},{"Sid":"NotAlice","Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:user/alice"},"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"*"}]}`)
		},
	},
	{
		name: "key disabled", want: []string{"kms-disabled"}, mends: true, changes: []string{"key.enable"},
		breaking: func(w *world) {
			_, err := w.hands("").kms.DisableKey(context.Background(), &kms.DisableKeyInput{KeyId: w.keyID()})
			w.Must(err)
		},
	},
	{
		name: "the bucket demands the key of a setup that lost the alias", want: []string{"explicit-deny"}, mends: true,
		says:     "DenyOtherEncryptionKey",
		breaking: func(w *world) { w.loseAlias() },
	},
	{
		name: "key pending deletion", want: []string{"kms-pending-deletion"}, mends: true, changes: []string{"key.rescue"},
		breaking: func(w *world) {
			_, err := w.hands("").kms.ScheduleKeyDeletion(context.Background(), &kms.ScheduleKeyDeletionInput{KeyId: w.keyID(), PendingWindowInDays: aws.Int32(7)})
			w.Must(err)
		},
	},
	{
		name: "key without its material", want: []string{"kms-pending-import"}, says: "is PendingImport",
		breaking: func(w *world) { w.keyState("PendingImport") },
	},
	{
		name: "key store away", want: []string{"kms-unavailable"}, says: "is Unavailable",
		breaking: func(w *world) { w.keyState("Unavailable") },
	},
	{
		name: "key under way", want: []string{"kms-updating"}, says: "is Creating",
		breaking: func(w *world) { w.keyState("Creating") },
	},
	{
		name: "bucket policy forbids", want: []string{"explicit-deny"}, mends: true, changes: []string{"bucket.policy.unblock"}, says: "Fence",
		breaking: func(w *world) { w.deny("Fence", `["s3:PutObject","s3:ListBucket"]`) },
	},
	{
		name: "table missing", want: []string{"table-missing"}, mends: true, changes: []string{"lock.create", "lock.point-in-time-recovery"},
		breaking: func(w *world) { w.dropTable() },
	},
	{
		name: "table with another key", want: []string{"table-schema"},
		breaking: func(w *world) { w.dropTable(); w.Must(w.makeTable("ID")) },
	},
	{
		name: "lock corrupt in the table", want: []string{"lock-corrupt"}, mends: true, changes: []string{"lock.release.common-staging.item"},
		breaking: func(w *world) { w.item(bucketName+"/"+stagingKey, "Info", "not a lock") },
	},
	{
		name: "lock file corrupt", want: []string{"lock-corrupt"}, mends: true, changes: []string{"lock.release.common-staging.file"},
		breaking: func(w *world) { w.lockFile("{}") },
	},
	{
		name: "digest of no version", want: []string{"digest-mismatch"}, mends: true, changes: []string{"lock.digest.common-staging"}, says: "of none of them",
		breaking: func(w *world) {
			w.put(state(1))
			w.put(state(2))
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", "00000000000000000000000000000000")
		},
	},
	{
		name: "digest of an older version", want: []string{"digest-mismatch"}, mends: true, changes: []string{"lock.digest.common-staging"}, says: "serial 2",
		breaking: func(w *world) {
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", w.put(state(1)))
			w.put(state(2))
		},
	},
	{
		name: "an older state put back", want: []string{"digest-mismatch"}, mends: true, changes: []string{"state.restore.common-staging"}, says: "higher serial",
		breaking: func(w *world) {
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", w.put(state(2)))
			w.put(state(1))
		},
	},
	{
		name: "digest without a state", want: []string{"digest-mismatch"}, mends: true, changes: []string{"lock.digest.common-staging"},
		breaking: func(w *world) {
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", "00000000000000000000000000000000")
		},
	},
	{
		name: "lock file cannot be read", want: []string{"s3-get-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-state-1"}, says: ".tflock",
		breaking: func(w *world) {
			w.policy("stateroom-admins-state-1", func(d *policy.Document) {
				for i := range d.Statements {
					if d.Statements[i].Sid == "LockWithFile" {
						d.Statements[i].Actions = []string{"s3:PutObject", "s3:DeleteObject"}
					}
				}
			})
		},
	},
	{
		name: "bucket policy demands another key", want: []string{"explicit-deny"}, mends: true, changes: []string{"bucket.policy"}, says: "DenyOtherEncryptionKey",
		breaking: func(w *world) {
			_, err := w.hands("").s3.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucketName), Policy: aws.String(policy.Bucket(policy.BucketRules{
				Partition: "aws", Bucket: bucketName, Strict: true, KMSKeyARN: "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-4000-8000-000000000000",
			}).JSON())})
			w.Must(err)
		},
	},
	{
		name: "state of a later format", want: []string{"state-format"}, says: "format 5",
		breaking: func(w *world) {
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", w.put(`{"version":5,"terraform_version":"9.0.0","serial":1}`))
		},
	},
	{
		name: "state that is none", want: []string{"state-format"}, mends: true, changes: []string{"state.restore.common-staging"},
		breaking: func(w *world) { w.put(state(9)); w.put("password=not-a-state") },
	},
	{
		name: "state deleted, and its digest", want: []string{"state.deleted"}, mends: true, changes: []string{"state.restore.common-staging"}, says: "serial 9",
		breaking: func(w *world) {
			w.put(state(9))
			w.deleteState(101)
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", "")
		},
	},
	{
		name: "state deleted for good but for the delete marker", want: []string{"state.deleted"}, says: "a delete marker",
		breaking: func(w *world) {
			w.emptyBucket()
			w.deleteState(1)
		},
	},
	{
		name: "group may not assume", want: []string{"assume-role-denied"}, mends: true, changes: []string{"iam.policy.stateroom-admins-assume-1"}, says: "identity-based policy",
		breaking: func(w *world) {
			w.policy("stateroom-admins-assume-1", denyAll)
		},
	},
	{
		name: "trust of another account", want: []string{"assume-role-denied"}, mends: true, changes: []string{"iam.role.staging.trust"}, says: "trust policy",
		breaking: func(w *world) {
			w.trust(staging, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444444444444:root"},"Action":"sts:AssumeRole"}]}`)
		},
	},
	{
		name: "trust of another organization", want: []string{"assume-role-denied"}, mends: true, changes: []string{"iam.role.staging.trust"}, says: "aws:PrincipalOrgID is",
		breaking: func(w *world) {
			w.trust(staging, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-other"}}}]}`)
		},
	},
	{
		name: "role missing", want: []string{"assume-role-denied"}, mends: true, changes: []string{"iam.role.staging", "iam.role.staging.permissions"}, says: "There is no role",
		breaking: func(w *world) {
			h, ctx, role := w.hands(staging), context.Background(), aws.String(blueprint.DefaultRole)
			_, err := h.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("terraform")})
			w.Must(err)
			_, err = h.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
			w.Must(err)
		},
	},
	{
		name: "role without its permissions", want: []string{"environment-denied"}, mends: true, changes: []string{"iam.role.staging.permissions"},
		breaking: func(w *world) {
			_, err := w.hands(staging).iam.DeleteRolePolicy(context.Background(), &iam.DeleteRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String("terraform")})
			w.Must(err)
		},
	},
	{
		name: "organization forbids inside", want: []string{"environment-denied"}, says: "service control policy",
		breaking: func(w *world) {
			w.control(staging, `{"Effect":"Deny","Action":"ec2:*","Resource":"*"}`)
		},
	},
	{
		name: "boundary forbids inside", want: []string{"environment-denied"}, says: "permissions boundary",
		breaking: func(w *world) {
			h, ctx := w.hands(staging), context.Background()
			made, err := h.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("limit"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)})
			w.Must(err)
			_, err = h.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String(blueprint.DefaultRole), PermissionsBoundary: made.Policy.Arn})
			w.Must(err)
		},
	},
	{
		name: "policy detached from the group", want: []string{"s3-head-denied"}, mends: true,
		changes: []string{"iam.policy.stateroom-admins-state-1.attach"},
		breaking: func(w *world) {
			_, err := w.hands("").iam.DetachGroupPolicy(context.Background(), &iam.DetachGroupPolicyInput{GroupName: aws.String("admins"), PolicyArn: aws.String("arn:aws:iam::111111111111:policy/stateroom/stateroom-admins-state-1")})
			w.Must(err)
		},
	},
	{
		name: "membership lost", want: []string{"s3-head-denied"}, mends: true, changes: []string{"iam.member.admins.alice"},
		breaking: func(w *world) {
			_, err := w.hands("").iam.RemoveUserFromGroup(context.Background(), &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("alice")})
			w.Must(err)
		},
	},
	{
		name: "bucket missing", want: []string{"bucket-missing"}, mends: true,
		breaking: func(w *world) {
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", "00000000000000000000000000000000")
			w.emptyBucket()
			w.Must(w.deleteBucket())
		},
	},
}

func TestEveryFaultIsFoundAndMended(t *testing.T) {
	t.Parallel()
	var w *world // a mended world is as good as a new one
	for _, f := range faults {
		if w == nil {
			w = newWorld(t, sandbox.Options{})
		}
		whole := t.Run(f.name, func(t *testing.T) {
			w.T = t
			f.breaking(w)
			mark := len(w.Server.Log())
			review := w.Review()
			if calls := w.mutations(mark); len(calls) > 0 {
				t.Errorf("looking made %v", calls)
			}
			if diff := cmp.Diff(f.want, failures(review)); diff != "" {
				t.Fatalf("findings (-want +got):\n%s\n%v", diff, review.Findings)
			}
			if !strings.Contains(review.Findings[0].Evidence, f.says) {
				t.Errorf("the evidence does not say %q: %s", f.says, review.Findings[0].Evidence)
			}
			w.ends(f, review)
		})
		if w.T = t; !f.mends || !whole {
			w = nil
		}
	}
}

// ends applies what mends a fault and looks again, or reads what is to hand on.
func (w *world) ends(f fault, review plan.Review) {
	w.T.Helper()
	var changes []string
	for _, c := range append(review.Changes, review.NotOurs...) {
		if strings.HasPrefix(c.ID, "lock.digest.") && c.Action == plan.Delete && !c.ConfirmByName {
			w.T.Errorf("%s forgets a state without a typed word", c.ID)
		}
		changes = append(changes, c.ID)
		if c.NotOurs != "" && (c.Undo == "" || c.Risk == "") {
			w.T.Errorf("%s asks for consent and tells undo %q and risk %q", c.ID, c.Undo, c.Risk)
		}
	}
	if f.changes != nil && !cmp.Equal(f.changes, changes) {
		w.T.Errorf("changes %v, want %v", changes, f.changes)
	}
	if !f.mends {
		if len(changes) > 0 {
			w.T.Errorf("changes %v, want none", changes)
		}
		if d := review.Findings[0].Details; d != "" && strings.Contains(d, "password") {
			w.T.Errorf("the report quotes the state: %s", d)
		}
		w.tellsNothingAgain(review, w.Review())
		return
	}
	summary := w.Mended()
	w.tellsNothingAgain(review, w.asked)
	if len(summary.Findings) > 0 || summary.ExitCode(false) != plan.ExitDone {
		w.T.Errorf("after fixing: exit %d, %v", summary.ExitCode(false), summary.Findings)
	}
}

// tellsNothingAgain holds that a second look has only findings of the first, although
// its requests are others.
func (w *world) tellsNothingAgain(first, second plan.Review) {
	w.T.Helper()
	if len(second.Findings) == 0 {
		w.T.Error("the second look finds nothing")
	}
	for _, again := range second.Findings {
		if !slices.ContainsFunc(first.Findings, again.Same) {
			w.T.Errorf("a second look tells it again: %s", again)
		}
	}
}

func denyAll(d *policy.Document) {
	d.Statements[0].Resources = []string{"arn:aws:iam::999999999999:role/none"}
}

func allowAll(d *policy.Document) {
	d.Statements = append(d.Statements, policy.Statement{Effect: policy.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"}})
}

// TestAFixBeyondAQuotaIsRefusedWithTheWayOut gives the bucket a policy of others' that
// fills it and has none of the blueprint's statements: AWS would refuse the mended one.
func TestAFixBeyondAQuotaIsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	_, err := w.hands("").s3.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucketName), Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Sid":"` + strings.Repeat("x", 20_000) + `","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucketName + `/*"}]}`)})
	w.Must(err)
	_, err = w.hands("").s3.PutBucketVersioning(context.Background(), &s3.PutBucketVersioningInput{
		Bucket: aws.String(bucketName), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusSuspended},
	})
	w.Must(err)
	mark := len(w.Server.Log())
	summary := w.Mended()
	f := healthtest.Finding(summary.Findings, "bucket.policy-too-long")
	if f == nil || !strings.Contains(f.Evidence, "S3 allows 20480") || !strings.Contains(f.Remedy, "Take statements") {
		t.Fatalf("findings %v", summary.Findings)
	}
	if calls := w.mutations(mark); slices.Contains(calls, "s3:PutBucketPolicy") || !slices.Contains(calls, "s3:PutBucketVersioning") {
		t.Errorf("called %v: what is refused was sent, or what is beside it was not fixed", calls)
	}
}

// TestAKeyWhosePrimaryRegionIsBeingChangedIsNoFault: it is used as ever meanwhile, by
// whoever asks, an admin or an operator.
func TestAKeyWhosePrimaryRegionIsBeingChangedIsNoFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.keyState("Updating")
	for _, who := range []string{"operator", "alice"} {
		review := w.Review()
		if found := failures(review); len(found) > 0 || len(review.Changes) > 0 {
			t.Errorf("%s finds %v, changes %v", who, review.Findings, review.Changes)
		}
		w.actAsAlice()
	}
}
