package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// clock is a clock that only a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now().Truncate(time.Second)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// serve starts a sandbox for one test.
// served are the servers of this package's tests, for who looks at what all of them
// have answered.
var served servers

type servers struct {
	mu   sync.Mutex
	list []*Server
}

func (s *servers) add(one *Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, one)
}

func (s *servers) all() []*Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list
}

func serve(t *testing.T, options Options) *Server {
	t.Helper()
	s := New(options)
	if err := s.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served.add(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// as configures an SDK client for the sandbox, with one attempt a call.
func as(s *Server, who Credentials) aws.Config {
	return aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(s.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, who.SessionToken),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:   patient{},
	}
}

// patient sends requests whose body survives being closed. The SDK closes it as
// soon as an answer begins, and net/http, when it is still busy with its end
// (under the race detector, against a server this near), then drops the
// connection in the middle of the answer.
type patient struct{}

func (patient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultClient.Do(r)
}

func iamAs(s *Server, who Credentials) *iam.Client { return iam.NewFromConfig(as(s, who)) }

func stsAs(s *Server, who Credentials) *sts.Client { return sts.NewFromConfig(as(s, who)) }

// addUser makes a user with a key in the management account.
func addUser(t *testing.T, s *Server, name string) Credentials {
	t.Helper()
	admin := iamAs(s, s.Operator())
	if _, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	out, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}

// allow gives a user an inline policy.
func allow(t *testing.T, s *Server, user, text string) {
	t.Helper()
	_, err := iamAs(s, s.Operator()).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: &user, PolicyName: aws.String("test"), PolicyDocument: &text,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// assume assumes a role and gives the session's credentials.
func assume(ctx context.Context, s *Server, who Credentials, role string) (Credentials, error) {
	out, err := stsAs(s, who).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")})
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken}, nil
}

// wantError holds an error against a code and a part of its message; an empty
// code wants none.
func wantError(t *testing.T, err error, code, part string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Fatalf("want success, got %v", err)
		}
		return
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("want %s, got %v", code, err)
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), part) {
		t.Fatalf("want %s with %q,\n got %s with %q", code, part, api.ErrorCode(), api.ErrorMessage())
	}
}

const bootstrapARN = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
