package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"stateroom/awsops/policy"
)

const (
	stageRegion = "eu-west-1"
	stageBucket = "acme-terraform-state"
	stageTable  = "terraform_locks"
)

// stage is a started sandbox with a state bucket, its key and its lock table,
// all made by the operator over the wire.
type stage struct {
	*Server
	t      *testing.T
	ctx    context.Context
	keyARN string
}

// newStage starts an empty sandbox.
func newStage(t *testing.T, options Options) *stage {
	t.Helper()
	s := New(options)
	if err := s.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &stage{Server: s, t: t, ctx: t.Context()}
}

// newStateStage is newStage with what the article's steps 4 to 6 make; strict
// chooses the bucket policy.
func newStateStage(t *testing.T, strict bool) *stage {
	t.Helper()
	st := newStage(t, Options{})
	st.makeKey()
	st.makeBucket(strict)
	st.makeTable()
	return st
}

func (st *stage) config(c Credentials, region string) aws.Config {
	return aws.Config{
		Region:           region,
		BaseEndpoint:     aws.String(st.URL()),
		Credentials:      credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		RetryMaxAttempts: 1,
	}
}

func (st *stage) s3As(c Credentials) *s3.Client {
	return s3.NewFromConfig(st.config(c, stageRegion), func(o *s3.Options) { o.UsePathStyle = true })
}

func (st *stage) s3() *s3.Client { return st.s3As(st.Operator()) }
func (st *stage) kmsAs(c Credentials) *kms.Client {
	return kms.NewFromConfig(st.config(c, stageRegion))
}
func (st *stage) kms() *kms.Client { return st.kmsAs(st.Operator()) }
func (st *stage) ddbAs(c Credentials) *dynamodb.Client {
	return dynamodb.NewFromConfig(st.config(c, stageRegion))
}
func (st *stage) ddb() *dynamodb.Client { return st.ddbAs(st.Operator()) }
func (st *stage) iam() *iam.Client      { return iam.NewFromConfig(st.config(st.Operator(), stageRegion)) }

// must ends the test on an error of preparation.
func (st *stage) must(err error) {
	st.t.Helper()
	if err != nil {
		st.t.Fatal(err)
	}
}

// user makes an IAM user with one inline policy and gives its keys.
func (st *stage) user(name string, document policy.Document) Credentials {
	st.t.Helper()
	_, err := st.iam().CreateUser(st.ctx, &iam.CreateUserInput{UserName: &name})
	st.must(err)
	if len(document.Statements) > 0 {
		_, err = st.iam().PutUserPolicy(st.ctx, &iam.PutUserPolicyInput{
			UserName: &name, PolicyName: aws.String("inline"), PolicyDocument: aws.String(document.JSON()),
		})
		st.must(err)
	}
	key, err := st.iam().CreateAccessKey(st.ctx, &iam.CreateAccessKeyInput{UserName: &name})
	st.must(err)
	return Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
}

// allowing is a policy that allows actions on every resource.
func allowing(actions ...string) policy.Document {
	return policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: actions, Resources: []string{"*"}}}}
}

func (st *stage) makeKey() {
	st.t.Helper()
	out, err := st.kms().CreateKey(st.ctx, &kms.CreateKeyInput{
		Description: aws.String("Used by terraform to store remote state"),
		Policy:      aws.String(policy.KeyPolicy("aws", managementAccount, nil, nil).JSON()),
	})
	st.must(err)
	st.keyARN = *out.KeyMetadata.Arn
	_, err = st.kms().CreateAlias(st.ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/terraform"), TargetKeyId: &st.keyARN})
	st.must(err)
}

func (st *stage) makeBucket(strict bool) {
	st.t.Helper()
	bucket, c := aws.String(stageBucket), st.s3()
	_, err := c.CreateBucket(st.ctx, &s3.CreateBucketInput{
		Bucket:                    bucket,
		ObjectOwnership:           s3types.ObjectOwnershipBucketOwnerEnforced,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: stageRegion},
	})
	st.must(err)
	_, err = c.PutBucketVersioning(st.ctx, &s3.PutBucketVersioningInput{
		Bucket: bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	st.must(err)
	_, err = c.PutBucketEncryption(st.ctx, &s3.PutBucketEncryptionInput{
		Bucket: bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			BucketKeyEnabled: aws.Bool(true),
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{
				SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &st.keyARN,
			},
		}}},
	})
	st.must(err)
	rules := policy.BucketRules{Partition: "aws", Bucket: stageBucket, KMSKeyARN: st.keyARN, Strict: strict}
	_, err = c.PutBucketPolicy(st.ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(policy.Bucket(rules).JSON())})
	st.must(err)
}

func (st *stage) makeTable() {
	st.t.Helper()
	_, err := st.ddb().CreateTable(st.ctx, &dynamodb.CreateTableInput{
		TableName:            aws.String(stageTable),
		BillingMode:          ddbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: ddbtypes.ScalarAttributeTypeS}},
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("LockID"), KeyType: ddbtypes.KeyTypeHash}},
	})
	st.must(err)
	waiter := dynamodb.NewTableExistsWaiter(st.ddb(), func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 100*time.Millisecond
	})
	st.must(waiter.Wait(st.ctx, &dynamodb.DescribeTableInput{TableName: aws.String(stageTable)}, 10*time.Second))
}

// admin makes a user with the state policy that stateroom gives.
func (st *stage) admin(name string, keys ...string) Credentials {
	st.t.Helper()
	return st.user(name, policy.State(policy.StateAccess{
		Partition: "aws", Region: stageRegion, Account: managementAccount, Bucket: stageBucket, Keys: keys,
		KMSKeyARN: st.keyARN, Table: stageTable, Lockfile: true,
	}))
}

// wantCode checks AWS's code and, if text is not empty, that the message
// contains it.
func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(err.Error(), text) {
		t.Errorf("want %s with %q, got %v", code, text, err)
	}
}
