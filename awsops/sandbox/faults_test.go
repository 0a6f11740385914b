package sandbox

import (
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestActDoesWhatASignedCallWouldWithoutATrace(t *testing.T) {
	st := newStateStage(t, false)
	before := st.State()
	logged := len(st.Log())
	for _, call := range []struct {
		account, service, operation string
		in                          ActInput
	}{
		{managementAccount, "iam", "CreateUser", ActInput{"UserName": "carol"}},
		{"222222222222", "iam", "CreateRole", ActInput{"RoleName": "made", "AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`}},
		{managementAccount, "dynamodb", "PutItem", ActInput{"TableName": stageTable, "Item": map[string]any{"LockID": map[string]string{"S": "x"}}}},
		{managementAccount, "s3", "PutObject", ActInput{"Bucket": stageBucket, "Key": "a/b c", "Body": "text", sseHeader: "aws:kms", sseKeyHeader: st.keyARN}},
		{managementAccount, "s3", "PutBucketVersioning", ActInput{"Bucket": stageBucket, "Body": `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`}},
	} {
		if _, err := st.Act(call.account, call.service, call.operation, call.in); err != nil {
			t.Errorf("%s: %v", call.operation, err)
			continue
		}
		after := st.State()
		if slices.Equal(before, after) {
			t.Errorf("%s changed nothing", call.operation)
		}
		before = after
	}
	if object, ok := st.Object(stageBucket, "a/b c"); !ok || string(object.Body) != "text" {
		t.Errorf("the object is %+v", object)
	}
	if now := len(st.Log()); now != logged {
		t.Errorf("%d calls were logged", now-logged)
	}
}

func TestActTellsWhatAWSRefuses(t *testing.T) {
	s := New(Options{})
	for _, c := range []struct{ account, service, operation, says string }{
		{managementAccount, "iam", "DeleteUser", "NoSuchEntity"},
		{managementAccount, "s3", "DeleteNothing", "no operation DeleteNothing"},
		{"999999999999", "iam", "DeleteUser", "no account 999999999999"},
		{managementAccount, "ec2", "RunInstances", "no service ec2"},
	} {
		_, err := s.Act(c.account, c.service, c.operation, ActInput{"UserName": "nobody"})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.operation, err)
		}
	}
}

func TestAClockThatDiffersRefusesSignatures(t *testing.T) {
	s := serve(t, Options{})
	s.SetClock(20 * time.Minute)
	_, err := stsAs(s, s.Operator()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, "SignatureDoesNotMatch", "Signature expired")
	s.SetClock(0)
	_, err = stsAs(s, s.Operator()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantError(t, err, "", "")
}

func TestAThrottledServiceRefusesEveryRequestAndTheOthersNone(t *testing.T) {
	s := serve(t, Options{})
	s.Throttle("dynamodb", true)
	tables := dynamodb.NewFromConfig(as(s, s.Operator()))
	for range 3 {
		_, err := tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("none")})
		wantError(t, err, "ThrottlingException", "Rate exceeded")
	}
	_, err := iamAs(s, s.Operator()).ListPolicies(t.Context(), &iam.ListPoliciesInput{})
	wantError(t, err, "", "")
	s.Throttle("dynamodb", false)
	_, err = tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException", "")
}

func TestASessionOfLongAgoIsExpired(t *testing.T) {
	s := serve(t, Options{})
	addUser(t, s, "bob")
	for age, code := range map[time.Duration]string{0: "", 2 * time.Hour: "ExpiredToken"} {
		c, err := s.Session(managementAccount, "bob", time.Now().Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		_, err = stsAs(s, c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		wantError(t, err, code, "")
	}
	if _, err := s.Session(managementAccount, "nobody", time.Now()); err == nil {
		t.Error("a session of nobody")
	}
}

func TestTheSecondAddressIsTrustedByNobody(t *testing.T) {
	s := serve(t, Options{})
	address, err := s.StartTLS(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err == nil {
		t.Fatal("the certificate was trusted", answer.Status, answer.Body.Close())
	}
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Error(err)
	}
	if _, err := s.StartTLS(t.Context(), "127.0.0.1:0"); err == nil {
		t.Error("served twice")
	}
}

func TestHeadTakesTheKeyForAChecksumOnly(t *testing.T) {
	st := newStateStage(t, false)
	const key = "common/state"
	_, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{
		Bucket: aws.String(stageBucket), Key: aws.String(key), Body: strings.NewReader("{}"),
		ServerSideEncryption: "aws:kms", SSEKMSKeyId: aws.String(st.keyARN),
	})
	st.must(err)
	if _, err := st.Act(managementAccount, "kms", "DisableKey", ActInput{"KeyId": st.keyARN}); err != nil {
		t.Fatal(err)
	}
	head := &s3.HeadObjectInput{Bucket: aws.String(stageBucket), Key: aws.String(key)}
	_, err = st.s3().HeadObject(st.ctx, head)
	wantError(t, err, "", "")
	head.ChecksumMode = "ENABLED"
	if _, err = st.s3().HeadObject(st.ctx, head); err == nil {
		t.Error("the checksum was shown without the key")
	}
}
