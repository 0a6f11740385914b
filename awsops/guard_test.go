package awsops

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestGuardSendsNothingOutsideThePlan(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	session := fakeAWS(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }).Home("")
	alice, bob := CreateUser("alice", "", nil), CreateUser("bob", "", nil)
	tests := map[string]struct {
		ctx  context.Context
		send func(context.Context) error
	}{
		"a bare call": {t.Context(), func(ctx context.Context) error {
			_, err := session.iam().CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")})
			return err
		}},
		"a different input than the plan's": {permit(t.Context(), alice), func(ctx context.Context) error {
			_, err := session.send(ctx, bob)
			return err
		}},
		"a different operation than the plan's": {permit(t.Context(), alice), func(ctx context.Context) error {
			_, err := session.iam().DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("alice")})
			return err
		}},
		"more than object and lock writes in a probe": {WithProbe(t.Context()), func(ctx context.Context) error {
			_, err := session.s3().DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("b")})
			return err
		}},
		"an object outside a probe": {t.Context(), func(ctx context.Context) error {
			return session.PutObject(ctx, "b", "k", nil, PutOptions{})
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var refused *GuardError
			if err := test.send(test.ctx); !errors.As(err, &refused) {
				t.Errorf("the guard did not refuse: %v", err)
			}
		})
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// A move of states writes what its plan lists, under a condition, and nothing else.
func TestGuardLetsAMoveOfStatesWriteItsStatesAndLocksOnly(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	session := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	}).Home("")
	ctx := WithStateWrites(t.Context(), StateWrites{Bucket: "b", Keys: []string{"k", "env:/w/k"}, Table: "t"})
	for name, c := range map[string]struct {
		send   func() error
		passes bool
	}{
		"a new state":                     {func() error { return session.PutObject(ctx, "b", "env:/w/k", nil, PutOptions{IfAbsent: true}) }, true},
		"a state by its ETag":             {func() error { return session.PutObject(ctx, "b", "k", nil, PutOptions{IfMatch: `"x"`}) }, true},
		"a lock file":                     {func() error { return session.PutObject(ctx, "b", "k.tflock", nil, PutOptions{IfAbsent: true}) }, true},
		"a lock file's end":               {func() error { return session.DeleteObject(ctx, "b", "k.tflock") }, true},
		"a lock item":                     {func() error { return session.PutLock(ctx, "t", "b/k", "{}") }, true},
		"a lock item's end":               {func() error { return session.ReleaseLock(ctx, "t", "b/k", "{}") }, true},
		"a digest":                        {func() error { return session.WriteDigest(ctx, "t", "b/k-md5", "", "x") }, true},
		"a state whatever lies there":     {func() error { return session.PutObject(ctx, "b", "k", nil, PutOptions{}) }, false},
		"a lock file whatever lies there": {func() error { return session.PutObject(ctx, "b", "k.tflock", nil, PutOptions{IfMatch: `"x"`}) }, false},
		"another key":                     {func() error { return session.PutObject(ctx, "b", "other", nil, PutOptions{IfAbsent: true}) }, false},
		"another bucket":                  {func() error { return session.PutObject(ctx, "c", "k", nil, PutOptions{IfAbsent: true}) }, false},
		"a state's end":                   {func() error { return session.DeleteObject(ctx, "b", "k") }, false},
		"a lock item whoever holds it":    {func() error { return session.DeleteLock(ctx, "t", "b/k") }, false},
		"another item":                    {func() error { return session.PutLock(ctx, "t", "b/other", "{}") }, false},
		"another table":                   {func() error { return session.PutLock(ctx, "u", "b/k", "{}") }, false},
	} {
		before := requests.Load()
		err := c.send()
		var refused *GuardError
		if errors.As(err, &refused) == c.passes || (requests.Load() > before) != c.passes {
			t.Errorf("%s: %v, %d requests", name, err, requests.Load()-before)
		}
	}
}

func TestStateKeysAreThoseOfOneProjectAlone(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"env:/blue/k": "blue", "env:/blue/a/k": "", "env:/blue/k.tflock": "", "env:/a/blue/k": "", "other/blue/k": "", "env:/k": "",
	} {
		if got := workspaceOf(key, "env:", "k"); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestGuardLetsReadsAndProbesThrough(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	session := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	}).Home("")
	if _, err := session.AccessKeys(t.Context(), "alice"); err == nil {
		t.Error("the fake's refusal was lost")
	}
	var refused *GuardError
	if err := session.PutObject(WithProbe(t.Context()), "b", "k", nil, PutOptions{}); errors.As(err, &refused) {
		t.Errorf("the guard refused a probe: %v", err)
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestDoRefusesUnresolvedReferences(t *testing.T) {
	t.Parallel()
	session := fakeAWS(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") }).Home("")
	if _, err := session.Do(t.Context(), EnableKey(Ref("kms.key", "id"))); !errors.Is(err, errUnresolved) {
		t.Errorf("the error is %v", err)
	}
}
