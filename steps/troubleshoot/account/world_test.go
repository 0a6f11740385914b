package account_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
	"stateroom/steps/troubleshoot/healthtest"
)

const (
	adminAccount = "111111111111"
	bucketName   = "acme-terraform-state"
	lockTable    = blueprint.DefaultLockTable
	stateRegion  = "eu-west-1"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// world is a bench at which something in AWS is broken, and the whole health check
// made; whoever is asked agrees to everything. There is no Terraform.
type world struct {
	*healthtest.Bench
	// asked is the review that somebody agreed to last.
	asked plan.Review
}

func newWorld(t testing.TB, options sandbox.Options) *world {
	t.Helper()
	return newWorldOf(t, options, team())
}

// newWorldOf sets up another blueprint than the team's.
func newWorldOf(t testing.TB, options sandbox.Options, b *blueprint.Blueprint) *world {
	t.Helper()
	w := &world{Bench: healthtest.New(t, options, b)}
	w.Look = func(ctx context.Context, env *engine.Env, a *blueprint.Answers) (plan.Review, error) {
		return (&troubleshoot.HealthCheck{Answers: a}).Look(ctx, env)
	}
	w.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		w.asked = r
		d := plan.Decision{Yes: true}
		for _, c := range r.NotOurs {
			d.Adopt = append(d.Adopt, c.NotOurs)
		}
		return d, nil
	}
	return w
}

// actAsAlice lets the admin herself run stateroom, who has no rights to mend.
func (w *world) actAsAlice() { w.Shell.Key, w.Shell.Profile = nil, "admin_iam" }

// team has two environments and two users.
func team() *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob"}, "staging", "production")
	b.Users = []blueprint.User{{Name: "bob", Recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}}
	return b
}

// mutations are the mutating requests since mark.
func (w *world) mutations(mark int) []string {
	var calls []string
	for _, e := range w.Server.Log()[mark:] {
		if e.Mutating {
			calls = append(calls, e.Service+":"+e.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

// hands are SDK clients with which a test breaks something behind the engine's
// back, as somebody in the console would.
type hands struct {
	iam      *iam.Client
	kms      *kms.Client
	s3       *s3.Client
	dynamodb *dynamodb.Client
}

// hands are an administrator's in an account; empty means the admin account.
func (w *world) hands(account string) hands {
	w.T.Helper()
	who := w.Server.Operator()
	if account != "" {
		out, err := sts.NewFromConfig(w.config(who)).AssumeRole(context.Background(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + blueprint.DefaultReach), RoleSessionName: aws.String("test"),
		})
		w.Must(err)
		who = sandbox.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
	}
	cfg := w.config(who)
	return hands{
		iam: iam.NewFromConfig(cfg), kms: kms.NewFromConfig(cfg), dynamodb: dynamodb.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
	}
}

func (w *world) config(who sandbox.Credentials) aws.Config {
	return aws.Config{
		Region: stateRegion, BaseEndpoint: aws.String(w.Server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, who.SessionToken),
	}
}

// keyID is the id of the state encryption key.
func (w *world) keyID() *string {
	w.T.Helper()
	out, err := w.hands("").kms.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: aws.String(w.Answers.Key.Alias)})
	w.Must(err)
	return out.KeyMetadata.KeyId
}

// home is the operator's own session.
func (w *world) home() *awsops.Session { return w.Env().Sessions.Home(stateRegion) }

// emptyBucket deletes every version, as somebody has to before the bucket goes.
func (w *world) emptyBucket() {
	w.T.Helper()
	h, ctx := w.hands(""), context.Background()
	all, err := h.s3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(bucketName)})
	w.Must(err)
	remove := func(key, version *string) {
		_, err := h.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: key, VersionId: version})
		w.Must(err)
	}
	for _, v := range all.Versions {
		remove(v.Key, v.VersionId)
	}
	for _, m := range all.DeleteMarkers {
		remove(m.Key, m.VersionId)
	}
}

func (w *world) deleteBucket() error {
	_, err := w.hands("").s3.DeleteBucket(context.Background(), &s3.DeleteBucketInput{Bucket: aws.String(bucketName)})
	return err
}

func (w *world) dropTable() {
	w.T.Helper()
	h, ctx := w.hands(""), context.Background()
	_, err := h.dynamodb.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: aws.String(lockTable), DeletionProtectionEnabled: aws.Bool(false)})
	w.Must(err)
	_, err = h.dynamodb.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(lockTable)})
	w.Must(err)
}

// makeTable makes a table with another key than Terraform's.
func (w *world) makeTable(key string) error {
	_, err := w.hands("").dynamodb.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: aws.String(lockTable), BillingMode: ddbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String(key), AttributeType: ddbtypes.ScalarAttributeTypeS}},
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String(key), KeyType: ddbtypes.KeyTypeHash}},
	})
	return err
}
