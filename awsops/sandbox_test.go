package awsops_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/awsops/secret"
)

const (
	region     = "eu-west-1"
	management = "111111111111"
	production = "444444444444"
	bootstrap  = "OrganizationAccountAccessRole"
)

var tags = map[string]string{"stateroom": "111111111111/state", "team": "core"}

// rehearse starts a sandbox and opens sessions as its operator.
func rehearse(t *testing.T, options sandbox.Options) (*sandbox.Server, *awsops.Sessions) {
	t.Helper()
	options.Region = region
	server := sandboxtest.Start(t, options)
	return server, open(t, server)
}

func open(t *testing.T, server *sandbox.Server) *awsops.Sessions {
	t.Helper()
	home, who := sandboxtest.Home(t.TempDir()), server.Operator()
	sessions, err := awsops.Open(t.Context(), awsops.Config{
		Region: region, Endpoint: server.URL(), Files: &awsops.Files{Credentials: home.Credentials(), Config: home.Config()},
		Key: &awsops.KeyPair{ID: who.AccessKeyID, Secret: secret.New(who.SecretAccessKey)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

// do sends a call and gives its outputs.
func do(t *testing.T, s *awsops.Session, c awsops.Call) awsops.Outputs {
	t.Helper()
	out, err := s.Do(t.Context(), c)
	if err != nil {
		t.Fatalf("%s: %v", c.Operation, err)
	}
	for name, value := range out.Values {
		if value == "" && name != "account" { // a new account's id comes later
			t.Errorf("%s answers no %s", c.Operation, name)
		}
	}
	return out
}

// act does in an account's IAM what no plan does.
func act(t *testing.T, server *sandbox.Server, account, operation string, in sandbox.ActInput) {
	t.Helper()
	if _, err := server.Act(account, "iam", operation, in); err != nil {
		t.Fatal(err)
	}
}

// holds fails the test unless a line of what the sandbox holds has all these parts.
func holds(t *testing.T, server *sandbox.Server, parts ...string) {
	t.Helper()
	for _, line := range server.State() {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			return
		}
	}
	t.Errorf("no line has %q in\n%s", parts, strings.Join(server.State(), "\n"))
}

func putGroupPolicy(t *testing.T, server *sandbox.Server, group, name, document string) {
	t.Helper()
	act(t, server, management, "PutGroupPolicy", sandbox.ActInput{"GroupName": group, "PolicyName": name, "PolicyDocument": document})
}

// must fails the test on a read's error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestIdentityAndOrganizationAreRead(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{Accounts: 45})
	home := sessions.Home("")
	if home.Account() != "" || home.Partition() != "" {
		t.Error("the account is known before anybody asked")
	}
	id := must[awsops.Identity](t)(home.Identity(t.Context()))
	if id.Kind != awsops.KindUser || id.Name != "operator" || id.Account != management || id.Partition != "aws" {
		t.Errorf("the operator is %+v", id)
	}
	if home.Account() != management || sessions.Reach(production, bootstrap, "").Partition() != "aws" {
		t.Error("the answer was not remembered")
	}
	organization := must[*awsops.Organization](t)(home.Organization(t.Context()))
	if organization.ManagementAccount != management || !strings.HasPrefix(organization.ID, "o-") {
		t.Errorf("the organization is %+v", organization)
	}
	accounts := must[[]awsops.Account](t)(home.Accounts(t.Context()))
	if len(accounts) != 46 || accounts[0].State != "ACTIVE" {
		t.Errorf("%d accounts, the first %+v", len(accounts), accounts[0])
	}
	if present, _, err := home.ControlTower(t.Context()); present || err != nil {
		t.Errorf("a Control Tower landing zone: %v, %v", present, err)
	}
	regions, answered, err := home.Regions(t.Context())
	if err != nil || !answered || !slices.Contains(regions, awsops.Region{Name: region, OptStatus: "ENABLED_BY_DEFAULT"}) {
		t.Errorf("regions %v, answered %v, %v", regions, answered, err)
	}
}

func TestAStandaloneAccountHasNoOrganization(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{Standalone: true})
	if o := must[*awsops.Organization](t)(sessions.Home("").Organization(t.Context())); o != nil {
		t.Errorf("the organization is %+v", o)
	}
}

func TestAnAccountIsCreatedAndReached(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home := sessions.Home("")
	out := do(t, home, awsops.CreateAccount("new@example.com", "new", bootstrap, tags))
	status := must[awsops.AccountCreation](t)(home.WaitAccount(t.Context(), out.Values["request"]))
	if status.State != "SUCCEEDED" || status.Account == "" {
		t.Fatalf("the account is %+v", status)
	}
	id := must[awsops.Identity](t)(sessions.Reach(status.Account, bootstrap, "").Identity(t.Context()))
	if id.Kind != awsops.KindRole || id.Name != bootstrap || id.Account != status.Account {
		t.Errorf("in the account we are %+v", id)
	}
	again := do(t, home, awsops.CreateAccount("new@example.com", "new", bootstrap, nil))
	status = must[awsops.AccountCreation](t)(home.WaitAccount(t.Context(), again.Values["request"]))
	if status.State != "FAILED" || status.FailureReason != "EMAIL_ALREADY_EXISTS" {
		t.Errorf("a second account with the same e-mail is %+v", status)
	}
}

func TestKeysAreMadeReadAndFoundByTag(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	document := policy.KeyPolicy("aws", management, nil, nil).JSON()
	out := do(t, home, awsops.CreateKey(document, "first", tags))
	arn := out.Values["arn"]
	do(t, home, awsops.CreateAlias("alias/terraform", out.Values["id"]))
	do(t, home, awsops.EnableKeyRotation(arn))
	do(t, home, awsops.TagKey(arn, map[string]string{"more": "x"}))
	do(t, home, awsops.PutKeyPolicy(arn, document))
	do(t, home, awsops.EnableKey(arn))
	key := must[*awsops.Key](t)(home.Key(ctx, "alias/terraform"))
	if key == nil || key.ARN != arn || key.Description != "first" || key.State != "Enabled" || !key.Enabled ||
		key.Manager != "CUSTOMER" || key.Spec != "SYMMETRIC_DEFAULT" || key.Usage != "ENCRYPT_DECRYPT" {
		t.Errorf("the key is %+v", key)
	}
	if got := must[string](t)(home.KeyPolicy(ctx, arn)); got != document {
		t.Errorf("the policy is %s", got)
	}
	if !must[bool](t)(home.KeyRotation(ctx, arn)) {
		t.Error("rotation is off")
	}
	same(t, "the key's tags", map[string]string{"stateroom": "111111111111/state", "team": "core", "more": "x"},
		must[map[string]string](t)(home.KeyTags(ctx, arn)))
	same(t, "the aliases", []string{"alias/terraform"}, must[[]string](t)(home.Aliases(ctx, arn)))
	same(t, "the keys with the tag", []string{arn}, must[[]string](t)(home.KeysTagged(ctx, "stateroom", "111111111111/state")))
	if others := must[[]string](t)(home.KeysTagged(ctx, "stateroom", "other")); len(others) != 0 {
		t.Errorf("other keys are %v", others)
	}
	if k := must[*awsops.Key](t)(home.Key(ctx, "alias/none")); k != nil {
		t.Errorf("an absent alias is %+v", k)
	}
	if resources := must[[]string](t)(home.OtherResources(ctx, "stateroom")); slices.Contains(resources, arn) {
		t.Errorf("our own key is among the others: %v", resources)
	}
	if resources := must[[]string](t)(home.OtherResources(ctx, "elsewhere")); !slices.Contains(resources, arn) {
		t.Errorf("the tagged resources are %v", resources)
	}
}

func TestABucketIsMadeAndReadWhole(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	const name = "state-111111111111"
	if b := must[*awsops.Bucket](t)(home.Bucket(ctx, name, management)); b.Ownership != awsops.BucketFree {
		t.Fatalf("before it is made it is %+v", b)
	}
	key := do(t, home, awsops.CreateKey(policy.KeyPolicy("aws", management, nil, nil).JSON(), "", nil)).Values["arn"]
	document := policy.Bucket(policy.BucketRules{Partition: "aws", Bucket: name, KMSKeyARN: key, Strict: true}).JSON()
	do(t, home, awsops.CreateBucket(name, region, tags))
	bare := must[*awsops.Bucket](t)(home.Bucket(ctx, name, management))
	if bare.Ownership != awsops.BucketOurs || bare.Region != region || bare.Versioning != "" || bare.Policy != "" ||
		bare.Lifecycle != nil || bare.ObjectOwnership != "BucketOwnerEnforced" {
		t.Errorf("bare it is %+v", bare)
	}
	rules := []awsops.LifecycleRule{
		{ID: "old", Enabled: true, NoncurrentDays: 90, NewerNoncurrentVersions: 100},
		{ID: "parts", Enabled: true, AbortMultipartDays: 7, Prefix: "p/"},
	}
	for _, c := range []awsops.Call{
		awsops.PutPublicAccessBlock(name, management), awsops.PutBucketVersioning(name, management),
		awsops.PutBucketEncryption(name, management, key), awsops.PutBucketOwnershipControls(name, management),
		awsops.PutBucketPolicy(name, management, document), awsops.PutBucketTagging(name, management, tags),
		awsops.PutBucketLifecycle(name, management, rules),
	} {
		do(t, home, c)
	}
	got := must[*awsops.Bucket](t)(home.Bucket(ctx, name, management))
	if !got.PublicAccessBlock.All() {
		t.Errorf("the public access block is %+v", got.PublicAccessBlock)
	}
	if again := must[awsops.Outputs](t)(home.Do(ctx, awsops.PutBucketLifecycle(name, management, got.Lifecycle))); len(again.Values) != 0 {
		t.Error("a lifecycle has outputs")
	}
	got = must[*awsops.Bucket](t)(home.Bucket(ctx, name, management))
	same(t, "the bucket", &awsops.Bucket{
		Name: name, Ownership: awsops.BucketOurs, Region: region, Versioning: "Enabled",
		Encryption:        &awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: key, BucketKey: true},
		PublicAccessBlock: &awsops.PublicAccessBlock{BlockPublicACLs: true, IgnorePublicACLs: true, BlockPublicPolicy: true, RestrictPublicBuckets: true},
		ObjectOwnership:   "BucketOwnerEnforced", Policy: document, Tags: tags, Lifecycle: rules,
	}, got)
}

func TestSomeoneElsesBucketIsTaken(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	do(t, sessions.Reach(production, bootstrap, "eu-central-1"), awsops.CreateBucket("theirs", "eu-central-1", nil))
	do(t, sessions.Home("eu-central-1"), awsops.CreateBucket("elsewhere", "eu-central-1", nil))
	b := must[*awsops.Bucket](t)(sessions.Home("").Bucket(t.Context(), "theirs", management))
	if b.Ownership != awsops.BucketTaken {
		t.Errorf("someone else's bucket is %+v", b)
	}
	b = must[*awsops.Bucket](t)(sessions.Home("").Bucket(t.Context(), "elsewhere", management))
	if b.Ownership != awsops.BucketOurs || b.Region != "eu-central-1" {
		t.Errorf("our bucket in another region is %+v", b)
	}
}

// Somebody makes the bucket in this account between the list of its buckets and the
// question whose it is.
func TestABucketThatIsMadeBetweenListAndHeadIsNotSomeoneElses(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	var once sync.Once
	server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation != "ListBuckets" {
			return sandbox.Fault{}
		}
		return sandbox.Fault{After: func(sandbox.Entry) {
			once.Do(func() { do(t, sessions.Home(""), awsops.CreateBucket("state", region, nil)) })
		}}
	})
	b := must[*awsops.Bucket](t)(sessions.Home("").Bucket(t.Context(), "state", management))
	if b.Ownership != awsops.BucketOurs {
		t.Errorf("the bucket that a colleague has just made is %+v", b)
	}
}

func TestALockTableIsMadeReadAndProbed(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	if table := must[*awsops.Table](t)(home.Table(ctx, "locks")); table != nil {
		t.Errorf("before it is made it is %+v", table)
	}
	arn := do(t, home, awsops.CreateTable("locks", awsops.Provisioned, 1, 1, tags)).Values["arn"]
	if err := home.WaitTableActive(ctx, "locks"); err != nil {
		t.Fatal(err)
	}
	do(t, home, awsops.UpdateContinuousBackups("locks", true))
	do(t, home, awsops.UpdateTableBilling("locks", awsops.PayPerRequest, 0, 0))
	if err := home.WaitTableActive(ctx, "locks"); err != nil {
		t.Fatal(err)
	}
	do(t, home, awsops.UpdateTableDeletionProtection("locks", true))
	do(t, home, awsops.TagTable(arn, map[string]string{"more": "x"}))
	table := must[*awsops.Table](t)(home.Table(ctx, "locks"))
	if !table.IsLockTable() || table.ARN != arn || table.Billing != awsops.PayPerRequest ||
		!table.DeletionProtection || !table.PointInTime || table.Tags["more"] != "x" || table.Status != "ACTIVE" {
		t.Errorf("the table is %+v", table)
	}
	holds(t, server, arn+" = ", "encrypted true")
	probe := awsops.WithProbe(ctx)
	if err := home.PutLock(probe, "locks", "b/k", `{"ID":"1"}`); err != nil {
		t.Fatal(err)
	}
	if err := home.PutLock(probe, "locks", "b/k", ""); !awsops.HasCode(err, "ConditionalCheckFailed") {
		t.Errorf("a second lock: %v", err)
	}
	same(t, "the lock", &awsops.LockItem{Info: `{"ID":"1"}`}, must[*awsops.LockItem](t)(home.LockItem(ctx, "locks", "b/k")))
	if err := home.DeleteLock(probe, "locks", "b/k"); err != nil {
		t.Fatal(err)
	}
	if item := must[*awsops.LockItem](t)(home.LockItem(ctx, "locks", "b/k")); item != nil {
		t.Errorf("after the delete: %+v", item)
	}
}

func TestObjectsAreProbedAsTerraformWrites(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	key := do(t, home, awsops.CreateKey(policy.KeyPolicy("aws", management, nil, nil).JSON(), "", nil)).Values["arn"]
	do(t, home, awsops.CreateBucket("objects", region, nil))
	if o := must[*awsops.Object](t)(home.HeadObject(ctx, "objects", "k")); o != nil {
		t.Errorf("before it is written it is %+v", o)
	}
	probe, put := awsops.WithProbe(ctx), awsops.PutOptions{KMSKeyARN: key, IfAbsent: true}
	if err := home.PutObject(probe, "objects", "k", []byte("state"), put); err != nil {
		t.Fatal(err)
	}
	if err := home.PutObject(probe, "objects", "k", []byte("state"), put); !awsops.HasCode(err, "PreconditionFailed") {
		t.Errorf("a second write: %v", err)
	}
	o := must[*awsops.Object](t)(home.HeadObject(ctx, "objects", "k"))
	if o == nil || o.Algorithm != "aws:kms" || o.KeyARN != key {
		t.Errorf("the object is %+v", o)
	}
	if body := must[[]byte](t)(home.GetObject(ctx, "objects", "k")); string(body) != "state" {
		t.Errorf("the body is %s", body)
	}
	if err := home.DeleteObject(probe, "objects", "k"); err != nil {
		t.Fatal(err)
	}
	if _, err := home.GetObject(ctx, "objects", "k"); !awsops.IsNotFound(err) {
		t.Errorf("after the delete: %v", err)
	}
}

// The sandbox's log and the calls agree on what is mutating.
func TestTheRequestLogHoldsExactlyTheCalls(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home := sessions.Home("")
	calls := []awsops.Call{awsops.CreateGroup("g", ""), awsops.CreateUser("u", "", tags), awsops.AddUserToGroup("g", "u")}
	for _, c := range calls {
		if !c.Mutating() {
			t.Errorf("%s counts as a read", c.Operation)
		}
		do(t, home, c)
	}
	must[*awsops.Group](t)(home.Group(t.Context(), "g"))
	var logged []string
	for _, e := range server.Log() {
		if e.Mutating {
			logged = append(logged, e.Service+" "+e.Operation)
		}
	}
	same(t, "the mutating requests", []string{"iam CreateGroup", "iam CreateUser", "iam AddUserToGroup"}, logged)
}

func TestThrottlingIsRetried(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	left := 2
	server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation != "CreateKey" || left == 0 {
			return sandbox.Fault{}
		}
		left--
		return sandbox.Fault{Throttle: true}
	})
	do(t, sessions.Home(""), awsops.CreateKey("", "", nil))
	if left != 0 {
		t.Error("nothing was throttled")
	}
}

func TestAnAnswerLostByCreateKeyDoublesNothing(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	server.Intercept(func(e sandbox.Entry) sandbox.Fault { return sandbox.Fault{DropAnswer: e.Operation == "CreateKey"} })
	home := sessions.Home("")
	if _, err := home.Do(t.Context(), awsops.CreateKey("", "", tags)); !awsops.IsOutcomeUnknown(err) {
		t.Errorf("the error is %v", err)
	}
	found := must[[]string](t)(home.KeysTagged(t.Context(), "stateroom", "111111111111/state"))
	if len(found) != 1 {
		t.Errorf("the keys are %v", found)
	}
}

// A second interrupt cancels everything; the secret of a key that AWS has made
// by then would be lost with its answer.
func TestAnAnswerThatComesOnlyOnceArrivesThoughTheRunIsCancelled(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home := sessions.Home("")
	do(t, home, awsops.CreateUser("bob", "", nil))
	ctx, cancel := context.WithCancel(t.Context())
	server.Intercept(func(sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{After: func(sandbox.Entry) { cancel() }}
	})
	out, err := home.Do(ctx, awsops.CreateAccessKey("bob"))
	if err != nil || out.Secret.IsZero() {
		t.Errorf("the answer is lost: %v", err)
	}
	if _, err := home.Do(ctx, awsops.CreateAccessKey("bob")); !awsops.IsCancelled(err) {
		t.Errorf("a call was begun after the end: %v", err)
	}
}

func TestCancellingEndsACallWhoseAnswerNeverComes(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	never := make(chan struct{})
	server.Intercept(func(sandbox.Entry) sandbox.Fault {
		cancel()
		<-never
		return sandbox.Fault{}
	})
	_, err := sessions.Home("").Do(ctx, awsops.CreateAccessKey("bob"))
	close(never)
	if !awsops.IsCancelled(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestCancellingStopsAWait(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sessions.Home("").WaitAssumable(ctx, "arn:aws:iam::444444444444:role/None", time.Minute); !awsops.IsCancelled(err) {
		t.Errorf("the error is %v", err)
	}
	var e *awsops.Error
	if _, err := sessions.Home("").User(ctx, "alice"); !errors.As(err, &e) || !awsops.IsCancelled(err) {
		t.Errorf("a read's error is %v", err)
	}
}

// An identity that may not list buckets still learns whose a name is, as far
// as HEAD tells.
func TestABucketIsLocatedWithoutListing(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	do(t, sessions.Reach(production, bootstrap, ""), awsops.CreateBucket("theirs", region, nil))
	do(t, sessions.Home("eu-central-1"), awsops.CreateBucket("ours-elsewhere", "eu-central-1", nil))
	do(t, home, awsops.CreateUser("narrow", "", nil))
	do(t, home, awsops.CreateGroup("narrow", ""))
	do(t, home, awsops.AddUserToGroup("narrow", "narrow"))
	putGroupPolicy(t, server, "narrow", "s3", policy.Document{Statements: []policy.Statement{
		{Effect: policy.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"}},
		{Effect: policy.Deny, Actions: []string{"s3:ListAllMyBuckets"}, Resources: []string{"*"}},
	}}.JSON())
	out := do(t, home, awsops.CreateAccessKey("narrow"))
	narrow := sessions.With(out.Values["id"], out.Secret, secret.Secret{}, "")
	for name, want := range map[string]awsops.BucketOwnership{
		"theirs": awsops.BucketDenied, "ours-elsewhere": awsops.BucketOurs, "nobodys": awsops.BucketFree,
	} {
		if b := must[*awsops.Bucket](t)(narrow.Bucket(ctx, name, management)); b.Ownership != want {
			t.Errorf("%s is %+v", name, b)
		}
	}
	where, status, err := narrow.BucketRegion(ctx, "theirs")
	if where != region || status != 403 || err != nil {
		t.Errorf("someone else's bucket: %s, %d, %v", where, status, err)
	}
}

// A new role that parts of AWS do not know yet is waited for, not failed.
func TestANewRoleIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{Propagation: 300 * time.Millisecond})
	there := sessions.Reach(production, bootstrap, "")
	trust := policy.EnvironmentTrust("aws", management, "", nil, false).JSON()
	arn := do(t, there, awsops.CreateRole(awsops.RoleInput{Name: "TerraformAdmin", Trust: trust})).Values["arn"]
	if _, err := sessions.Home("").Assume(t.Context(), arn); !awsops.IsAccessDenied(err) {
		t.Errorf("at once: %v", err)
	}
	must[*awsops.Session](t)(sessions.Home("").WaitAssumable(t.Context(), arn, time.Minute))
}

// TestATestsHomeLeadsEveryCallToItsSandbox keeps what the tests isolate themselves
// with, which knows nothing of this package, complete.
func TestATestsHomeLeadsEveryCallToItsSandbox(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:4566"
	environ := sandboxtest.Home(t.TempDir()).Environ(url)
	for name, value := range awsops.EndpointVariables(url) {
		if !slices.Contains(environ, name+"="+value) {
			t.Errorf("%s is not among %v", name, environ)
		}
	}
}
