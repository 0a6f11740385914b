package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/smithy-go"
)

func TestLogTellsWhoDidWhat(t *testing.T) {
	s := serve(t, Options{})
	admin := iamAs(s, s.Operator())
	_, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("bob"), Tags: []iamtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	wantError(t, err, "", "")
	_, err = admin.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("eve")})
	wantError(t, err, "NoSuchEntity", "")
	log := s.Log()
	if len(log) != 2 {
		t.Fatalf("%d entries", len(log))
	}
	created, read := log[0], log[1]
	if created.Sequence != 1 || created.Service != "iam" || created.Operation != "CreateUser" || !created.Mutating ||
		created.Account != managementAccount || created.Caller != "arn:aws:iam::111111111111:user/operator" ||
		created.Resource != "arn:aws:iam::111111111111:user/bob" || created.Status != http.StatusOK {
		t.Errorf("created: %+v", created)
	}
	want := "map[Tags:[map[Key:a Value:b]] UserName:bob]"
	if got := fmt.Sprint(created.Input); got != want {
		t.Errorf("input %s, want %s", got, want)
	}
	if read.Mutating || read.Code != "NoSuchEntity" || read.Status != http.StatusNotFound {
		t.Errorf("read: %+v", read)
	}
}

func TestFaultsHappenBeforeOrAfterTheWork(t *testing.T) {
	s := serve(t, Options{})
	admin := iamAs(s, s.Operator())
	exists := func(name string) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.accounts[managementAccount].users[name] != nil
	}
	after := make(chan Entry, 1)
	for name, test := range map[string]struct {
		fault  Fault
		exists bool
		code   string
	}{
		"lost-answer":  {Fault{DropAnswer: true, After: func(e Entry) { after <- e }}, true, ""},
		"lost-request": {Fault{DropRequest: true}, false, ""},
		"throttled":    {Fault{Throttle: true}, false, "Throttling"},
		"denied":       {Fault{Deny: true}, false, "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Intercept(func(Entry) Fault { return test.fault })
			_, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
			s.Intercept(nil)
			var api smithy.APIError
			if err == nil || errors.As(err, &api) != (test.code != "") || test.code != "" && api.ErrorCode() != test.code {
				t.Errorf("error %v", err)
			}
			if exists(name) != test.exists {
				t.Errorf("user exists: %v", !test.exists)
			}
		})
	}
	if e := <-after; e.Status != http.StatusOK || e.Operation != "CreateUser" {
		t.Errorf("after the work: %+v", e)
	}
}

func TestRateIsHeldPerServiceAndAccountInTheServicesWords(t *testing.T) {
	c := newClock()
	s := serve(t, Options{Now: c.now, Rate: 2})
	admin := iamAs(s, s.Operator())
	list := func() error {
		_, err := admin.ListPolicies(t.Context(), nil)
		return err
	}
	wantError(t, list(), "", "")
	wantError(t, list(), "", "")
	wantError(t, list(), "Throttling", "Rate exceeded")
	org := organizations.NewFromConfig(as(s, s.Operator()))
	for _, code := range []string{"", "", "TooManyRequestsException"} {
		_, err := org.DescribeOrganization(t.Context(), nil)
		wantError(t, err, code, "")
	}
	c.add(time.Second)
	wantError(t, list(), "", "")
}

func TestWaitingCallsDoNotHoldEachOtherUp(t *testing.T) {
	s := serve(t, Options{})
	inside, release := make(chan struct{}), make(chan struct{})
	s.Intercept(func(Entry) Fault {
		inside <- struct{}{}
		<-release
		return Fault{}
	})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := iamAs(s, s.Operator()).ListPolicies(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
	for range 8 {
		<-inside // all eight are in their hooks at once
	}
	close(release)
	group.Wait()
}

func TestSecretsListsEverySecretIssued(t *testing.T) {
	s := serve(t, Options{})
	bob := addUser(t, s, "bob")
	session := inStaging(t, s)
	for _, secret := range []string{bob.SecretAccessKey, session.SecretAccessKey, session.SessionToken, s.Root().SecretAccessKey} {
		if !slices.Contains(s.Secrets(), secret) {
			t.Errorf("a secret is missing from Secrets")
		}
	}
}

func TestSeedRepeatsIdsAndSecrets(t *testing.T) {
	one, two := New(Options{Seed: "x"}), New(Options{Seed: "x"})
	if one.Operator() != two.Operator() {
		t.Error("the same seed gave other keys")
	}
	if other := New(Options{Seed: "y"}); one.Operator() == other.Operator() {
		t.Error("another seed gave the same keys")
	}
	if id := one.Operator().AccessKeyID; !strings.HasPrefix(id, "AKIA") || len(id) != 20 || len(one.Operator().SecretAccessKey) != 40 {
		t.Errorf("key id %s", id)
	}
}

// FuzzServe holds that no request, however malformed, ends in a panic or in an
// answer that claims success.
func FuzzServe(f *testing.F) {
	f.Add("POST", "/", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/iam/aws4_request, SignedHeaders=host, Signature=00", "20260101T000000Z", "X", "Action=ListPolicies")
	f.Add("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=-1", "", "", "", "")
	f.Add("PUT", "/bucket/key?versionId=%zz", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request", "2026", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "5;chunk-signature=0\r\nhello\r\n0\r\n\r\n")
	f.Add("POST", "/", "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/kms/aws4_request,SignedHeaders=,Signature=", "", "Kms.Encrypt", "{")
	s := New(Options{Seed: "fuzz"})
	f.Fuzz(func(t *testing.T, method, target, authorization, date, extra, body string) {
		h := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(body))
		h.Method = method
		if parsed, err := h.URL.Parse(target); err == nil {
			h.URL = parsed
		}
		h.Header.Set("Authorization", authorization)
		h.Header.Set("X-Amz-Date", date)
		h.Header.Set("X-Amz-Target", extra)
		h.Header.Set("X-Amz-Content-Sha256", extra)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, h)
		if w.Code < http.StatusBadRequest {
			t.Errorf("status %d for an unsigned request", w.Code)
		}
	})
}

// FuzzWork hands any input to the operations as if the operator had signed it:
// they must not panic either.
func FuzzWork(f *testing.F) {
	for _, operation := range []string{"iam CreateRole", "iam SimulatePrincipalPolicy", "sts AssumeRole", "organizations CreatePolicy", "tagging GetResources", "kms CreateKey", "dynamodb PutItem", "s3 PutObject"} {
		service, name, _ := strings.Cut(operation, " ")
		f.Add(service, name, "POST", "/", `{"Name":"x"}`)
		f.Add(service, name, "PUT", "/bucket", "<a/>")
		f.Add(service, name, "GET", "/a/b?policy", "RoleName=r&AssumeRolePolicyDocument={}&Tags.member.1.Key=k&Marker=-1&PolicySourceArn=arn:aws:iam::111111111111:user/")
	}
	s := New(Options{Seed: "fuzz"})
	operator := s.credentials[s.operator.AccessKeyID]
	f.Fuzz(func(t *testing.T, name, operation, method, target, body string) {
		target = "/" + strings.TrimPrefix(target, "/")
		service, ok := s.services[name]
		if !ok {
			return
		}
		h := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		if parsed, err := h.URL.Parse(target); err == nil {
			h.URL = parsed
		}
		h.Method = method
		h.Header.Set("X-Amz-Target", "X."+operation)
		r := &request{
			ctx: t.Context(), http: h, id: "id", now: time.Now(), secure: true, body: []byte("Action=" + operation + "&" + body),
			service: name, protocol: service.protocol, region: "eu-west-1", caller: operator.caller(), account: operator.account,
		}
		if service.protocol != queryProtocol {
			r.body = []byte(body)
		}
		r.operation = service.route(r)
		r.describe()
		_ = service.answer(r)
	})
}

func TestTheLogTellsTheStatusOfEveryService(t *testing.T) {
	st := newStateStage(t, false)
	_, err := st.s3().PutObject(st.ctx, put("k", "x"))
	st.must(err)
	_, err = orgAs(st.Server, st.Operator()).DescribeOrganization(st.ctx, nil)
	st.must(err)
	services := map[string]bool{}
	for _, e := range st.Log() {
		services[e.Service] = true
		if e.Status != http.StatusOK && e.Status != http.StatusNoContent {
			t.Errorf("%s:%s has the status %d", e.Service, e.Operation, e.Status)
		}
	}
	if len(services) != 4 { // kms, s3, dynamodb, organizations
		t.Errorf("services %v", services)
	}
}
