package troubleshoot

import (
	"context"
	"slices"
	"strings"
	"sync"
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
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

const (
	adminAccount = "111111111111"
	bucketName   = "acme-terraform-state"
	lockTable    = blueprint.DefaultLockTable
	stateRegion  = "eu-west-1"
)

// world is a finished set-up in a sandbox, with alice's profile on this laptop,
// for one test to break. Terraform is not in it: the checks stand alone.
type world struct {
	t      testing.TB
	server *sandbox.Server
	dir    string
	// blueprint is what was set up; breaking it breaks only what is expected.
	blueprint *blueprint.Blueprint

	mu     sync.Mutex
	checks []plan.Check
}

func newWorld(t testing.TB, options sandbox.Options) *world {
	t.Helper()
	return newWorldOf(t, options, team())
}

// newWorldOf sets up another blueprint than the team's.
func newWorldOf(t testing.TB, options sandbox.Options, b *blueprint.Blueprint) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), blueprint: b, server: sandboxtest.Start(t, options)}
	sandboxtest.Home(w.dir).Isolate(t, w.server.URL())
	w.actAs(w.server.Operator())
	s := (&steps.Setup{Env: w.env(), Answers: &blueprint.Answers{Blueprint: w.blueprint, Me: "alice"}}).Flow()
	s.Emit = func(plan.Event) {}
	s.Confirm = enginetest.Agree
	summary, err := s.Run(context.Background())
	w.must(err)
	if code := summary.ExitCode(false); code != plan.ExitDone {
		t.Fatalf("set-up ended with %d: %v %v", code, summary.Failures, summary.Findings)
	}
	return w
}

// actAs chooses who runs stateroom.
func (w *world) actAs(c sandbox.Credentials) {
	sandboxtest.Setenv(w.t, sandboxtest.Keys(c))
}

// actAsAlice lets the admin herself run stateroom, who has no rights to mend.
func (w *world) actAsAlice() {
	w.t.Setenv("AWS_ACCESS_KEY_ID", "")
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	w.t.Setenv("AWS_PROFILE", "admin_iam")
}

// team has two environments and two users.
func team() *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob"}, "staging", "production")
	b.Users = []blueprint.User{{Name: "bob", Recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}}
	return b
}

func (w *world) env() *engine.Env {
	w.t.Helper()
	return enginetest.Env(w.t, nil, w.server.URL(), w.dir, w.blueprint)
}

// flow is a health check that agrees to everything it is asked.
func (w *world) flow() *engine.Flow {
	answers := &blueprint.Answers{Blueprint: w.blueprint}
	return &engine.Flow{
		Env: w.env(), Answers: answers, Steps: steps.Order(), Look: (&HealthCheck{Answers: answers}).Look, Emit: w.keep,
		Confirm: func(_ context.Context, r plan.Review) (plan.Decision, error) {
			d := plan.Decision{Yes: true}
			for _, c := range r.NotOurs {
				d.Adopt = append(d.Adopt, c.NotOurs)
			}
			return d, nil
		},
	}
}

func (w *world) keep(e plan.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
		w.t.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
	}
	if e.Kind == plan.EventCheck {
		w.checks = append(w.checks, *e.Check)
	}
}

// look is one health check that changes nothing.
func (w *world) look() plan.Review {
	w.t.Helper()
	w.checks = nil
	review, err := w.flow().Review(context.Background())
	w.must(err)
	return review
}

// mend checks, applies what it proposes and checks again.
func (w *world) mend() *plan.Summary {
	w.t.Helper()
	summary, err := w.flow().Run(context.Background())
	w.must(err)
	for _, f := range summary.Failures {
		w.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	return summary
}

// mutations are the mutating requests since mark.
func (w *world) mutations(mark int) []string {
	var calls []string
	for _, e := range w.server.Log()[mark:] {
		if e.Mutating {
			calls = append(calls, e.Service+":"+e.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// findingOf is the first finding of an id, nil without one.
func findingOf(findings []plan.Finding, id string) *plan.Finding {
	i := slices.IndexFunc(findings, func(f plan.Finding) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &findings[i]
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
	w.t.Helper()
	who := w.server.Operator()
	if account != "" {
		out, err := sts.NewFromConfig(w.config(who)).AssumeRole(context.Background(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + blueprint.DefaultReach), RoleSessionName: aws.String("test"),
		})
		w.must(err)
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
		Region: stateRegion, BaseEndpoint: aws.String(w.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, who.SessionToken),
	}
}

// keyID is the id of the state encryption key.
func (w *world) keyID() *string {
	w.t.Helper()
	out, err := w.hands("").kms.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: aws.String(w.blueprint.Key.Alias)})
	w.must(err)
	return out.KeyMetadata.KeyId
}

// home is the operator's own session.
func (w *world) home() *awsops.Session { return w.env().Sessions.Home(stateRegion) }

// emptyBucket deletes every version, as somebody has to before the bucket goes.
func (w *world) emptyBucket() {
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	all, err := h.s3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(bucketName)})
	w.must(err)
	remove := func(key, version *string) {
		_, err := h.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: key, VersionId: version})
		w.must(err)
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
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	_, err := h.dynamodb.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: aws.String(lockTable), DeletionProtectionEnabled: aws.Bool(false)})
	w.must(err)
	_, err = h.dynamodb.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(lockTable)})
	w.must(err)
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
