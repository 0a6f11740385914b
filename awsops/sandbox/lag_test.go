package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// lagged is a sandbox on a clock of the test's in which everything lags by a minute at
// most.
func lagged(t *testing.T) (*Server, *clock) {
	t.Helper()
	c := newClock()
	return serve(t, Options{Lag: time.Minute, Seed: "lag4", Now: c.now}), c
}

// code is the code of AWS's answer, "" for success.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// outcomes are the codes of the answers to the same request over and over, "" for
// success.
func outcomes(times int, ask func() error) []string {
	var all []string
	for range times {
		all = append(all, code(ask()))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestWhatWasMadeIsSeenByOneCopyOfAWSAndNotYetByAnother(t *testing.T) {
	s, clock := lagged(t)
	client := iam.NewFromConfig(as(s, s.Operator()))
	reads := map[string]func() error{
		"ListAccessKeys": func() error {
			_, err := client.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("carol")})
			return err
		},
		"ListGroupsForUser": func() error {
			_, err := client.ListGroupsForUser(t.Context(), &iam.ListGroupsForUserInput{UserName: aws.String("carol")})
			return err
		},
		"TagUser": func() error {
			_, err := client.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("carol"), Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
			return err
		},
	}
	if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("carol")}); err != nil {
		t.Fatal(err)
	}
	both := 0
	for _, read := range reads {
		if len(outcomes(2*nodes, read)) == 2 {
			both++
		}
	}
	if both == 0 {
		t.Error("no operation saw the user at one time and not at another")
	}
	clock.add(time.Minute)
	for name, read := range reads {
		if got := outcomes(2*nodes, read); !slices.Equal(got, []string{""}) {
			t.Errorf("%s after the lag: %q", name, got)
		}
	}
}

func TestAReadThatLagsAnswersAsBeforeTheChange(t *testing.T) {
	s, clock := lagged(t)
	client := s3.NewFromConfig(as(s, s.Operator()), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("acme-lag"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Minute)
	status := func() string {
		out, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String("acme-lag")})
		if err != nil {
			t.Fatal(err)
		}
		return string(out.Status)
	}
	set := func(to s3types.BucketVersioningStatus) error {
		_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String("acme-lag"), VersioningConfiguration: &s3types.VersioningConfiguration{Status: to}})
		return err
	}
	if got := status(); got != "" {
		t.Fatalf("versioning is %q before it was set", got)
	}
	clock.add(time.Second)
	if err := set("Enabled"); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for range 2 * nodes {
		seen = append(seen, status())
	}
	if !slices.Contains(seen, "") || !slices.Contains(seen, "Enabled") {
		t.Errorf("versioning was seen as %q", seen)
	}
	if got := code(set("Suspended")); got != "OperationAborted" {
		t.Errorf("a change during another one: %q", got)
	}
	clock.add(time.Minute)
	for range 2 * nodes {
		if got := status(); got != "Enabled" {
			t.Errorf("versioning is %q after the lag", got)
		}
	}
}

func TestATableThatLagsIsUpdatingAfterAChange(t *testing.T) {
	s, clock := lagged(t)
	client := dynamodb.NewFromConfig(as(s, s.Operator()))
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("locks"), BillingMode: dynamodbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: aws.String("LockID"), AttributeType: "S"}},
		KeySchema:            []dynamodbtypes.KeySchemaElement{{AttributeName: aws.String("LockID"), KeyType: "HASH"}},
	}); err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Minute)
	protect := func() error {
		_, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("locks"), DeletionProtectionEnabled: aws.Bool(true)})
		return err
	}
	if err := protect(); err != nil {
		t.Fatal(err)
	}
	if got := code(protect()); got != "ResourceInUseException" {
		t.Errorf("a change during another one: %q", got)
	}
	clock.add(time.Minute)
	if err := protect(); err != nil {
		t.Error(err)
	}
}

func TestAPolicyMayNotNameAPrincipalThatLags(t *testing.T) {
	s, clock := lagged(t)
	users, keys := iam.NewFromConfig(as(s, s.Operator())), kms.NewFromConfig(as(s, s.Operator()))
	made, err := users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("carol")})
	if err != nil {
		t.Fatal(err)
	}
	create := func() error {
		_, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: aws.String(fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root",%q]},"Action":"kms:*","Resource":"*"}]}`,
			aws.ToString(made.User.Arn)))})
		return err
	}
	if got := outcomes(2*nodes, create); !slices.Contains(got, "MalformedPolicyDocumentException") {
		t.Errorf("at once: %q", got)
	}
	clock.add(time.Minute)
	if got := outcomes(2*nodes, create); !slices.Equal(got, []string{""}) {
		t.Errorf("after the lag: %q", got)
	}
}

func TestAScriptGivesAnOperationsAnswersInOrder(t *testing.T) {
	s := serve(t, Options{})
	s.Intercept(Script(map[string][]Fault{"iam:DeleteUser": {
		{Throttle: true}, {}, {Code: "ServiceFailure", Status: 500}, {Code: "LimitExceeded", Status: 409, Message: "Too much."},
	}}))
	client := iam.NewFromConfig(as(s, s.Operator()))
	var got []string
	for range 5 {
		_, err := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("nobody")})
		got = append(got, code(err))
	}
	if want := []string{"Throttling", "NoSuchEntity", "ServiceFailure", "LimitExceeded", "NoSuchEntity"}; !slices.Equal(got, want) {
		t.Errorf("answers %q, want %q", got, want)
	}
}

func TestABadDayIsTheSameForTheSameSeed(t *testing.T) {
	draw := func(seed string) (faults []Fault) {
		hook := Rough(seed)
		for range 200 {
			faults = append(faults, hook(Entry{Service: "iam", Operation: "GetUser"}))
		}
		return faults
	}
	same := func(a, b Fault) bool {
		return a.Throttle == b.Throttle && a.Code == b.Code && a.DropAnswer == b.DropAnswer && a.DropRequest == b.DropRequest
	}
	one, again, other := draw("1"), draw("1"), draw("2")
	if !slices.EqualFunc(one, again, same) || slices.EqualFunc(one, other, same) {
		t.Error("the seed does not decide")
	}
	for name, of := range map[string]func(Fault) bool{
		"throttled": func(f Fault) bool { return f.Throttle }, "failed": func(f Fault) bool { return f.Code != "" },
		"without an answer": func(f Fault) bool { return f.DropAnswer }, "lost": func(f Fault) bool { return f.DropRequest },
	} {
		if !slices.ContainsFunc(one, of) {
			t.Errorf("no request of 200 was %s", name)
		}
	}
}

// TestWhatIsMadeTwiceExistsThoughItIsNotSeen has a creation whose answer was lost sent
// again while no copy of AWS shows what it made.
func TestWhatIsMadeTwiceExistsThoughItIsNotSeen(t *testing.T) {
	s, _ := lagged(t)
	client := iam.NewFromConfig(as(s, s.Operator()))
	for n := range 20 {
		in := &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprint("policy-", n)), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`)}
		if _, err := client.CreatePolicy(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if _, err := client.CreatePolicy(t.Context(), in); code(err) != "EntityAlreadyExists" {
			t.Errorf("made twice: %v", err)
		}
	}
}
