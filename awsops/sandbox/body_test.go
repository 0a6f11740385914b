package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// flood is a body that counts what was taken of it.
type flood struct{ taken atomic.Int64 }

func (f *flood) Read(b []byte) (int, error) {
	f.taken.Add(int64(len(b)))
	return len(b), nil
}

// signedFor signs a request in the header, over a body of the given hash.
func signedFor(t *testing.T, h *http.Request, who Credentials, service, payload string, at time.Time) {
	t.Helper()
	h.Header.Set("X-Amz-Content-Sha256", payload)
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: who.AccessKeyID, SecretAccessKey: who.SecretAccessKey}, h, payload, service, "eu-west-1", at)
	if err != nil {
		t.Fatal(err)
	}
}

// TestAFloodIsRefusedBeforeItIsTakenIn posts bodies that hardly end: what is
// taken of them is what the two ends of the connection hold, and what net/http
// reads to keep a connection.
func TestAFloodIsRefusedBeforeItIsTakenIn(t *testing.T) {
	s := serve(t, Options{})
	stranger := Credentials{AccessKeyID: "AKIAAAAAAAAAAAAAAAAA", SecretAccessKey: "x"}
	forger := Credentials{AccessKeyID: s.Operator().AccessKeyID, SecretAccessKey: "x"}
	for name, test := range map[string]struct {
		method, path, service, payload string
		who                            *Credentials
		length                         int64
		bound                          int64
	}{
		"without a signature":                {method: "POST", path: "/", bound: 8 << 20},
		"an object without a signature":      {method: "PUT", path: "/bucket/key", bound: 8 << 20},
		"an object of an unknown key":        {"PUT", "/bucket/key", "s3", unsignedBody, &stranger, 200 << 20, 8 << 20},
		"an object with a wrong signature":   {"PUT", "/bucket/key", "s3", unsignedBody, &forger, -1, 8 << 20},
		"a bucket's policy of the operator":  {"PUT", "/bucket?policy", "s3", unsignedBody, ptr(s.Operator()), -1, 9 << 20},
		"a form of an unknown key":           {"POST", "/", "iam", emptyBodyHash, &stranger, -1, 9 << 20},
		"a document whose length is too big": {"POST", "/", "kms", emptyBodyHash, ptr(s.Operator()), 200 << 20, 8 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			body := &flood{}
			h, err := http.NewRequestWithContext(t.Context(), test.method, s.URL()+test.path, io.NopCloser(io.LimitReader(body, 200<<20)))
			if err != nil {
				t.Fatal(err)
			}
			h.ContentLength = test.length
			if test.length == 0 {
				h.ContentLength = -1
			}
			if test.who != nil {
				signedFor(t, h, *test.who, test.service, test.payload, time.Now())
			}
			status := exchange(t, s, h)
			if status < http.StatusBadRequest || body.taken.Load() > test.bound {
				t.Errorf("status %d after %d bytes", status, body.taken.Load())
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

// exchange sends a request over a connection of its own and reads the answer
// while the body is still being sent, which net/http's client would not do
// reliably when the connection is closed meanwhile.
func exchange(t *testing.T, s *Server, h *http.Request) int {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() { sent <- h.Write(conn) }()
	answer, err := http.ReadResponse(bufio.NewReader(conn), h)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if err := <-sent; err == nil {
		t.Error("the whole body was taken")
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestAnObjectIsTakenUpToItsOwnBound(t *testing.T) {
	st := newStateStage(t, false)
	body := bytes.Repeat([]byte("x"), 5<<20)
	_, err := st.s3().PutObject(st.ctx, &s3.PutObjectInput{
		Bucket: aws.String(stageBucket), Key: aws.String("large"), Body: bytes.NewReader(body),
	})
	wantError(t, err, "", "")
}

// TestBodiesWaitForRoomAmongEachOther holds that what is being read at once is
// bounded: a body is not begun before there is room for it.
func TestBodiesWaitForRoomAmongEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		put := func(ctx context.Context) (*flood, chan int) {
			body := &flood{}
			h := httptest.NewRequestWithContext(ctx, http.MethodPut, "http://localhost/bucket/key", io.LimitReader(body, 1<<20))
			h.ContentLength = 1 << 20
			signedFor(t, h, s.Operator(), "s3", unsignedBody, time.Now())
			h.Header.Set("Content-Length", "1048576") // as it is on the wire, and signed
			status := make(chan int, 1)
			go func() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, h)
				status <- w.Code
			}()
			return body, status
		}
		if err := s.bodies.Acquire(t.Context(), maxBodies); err != nil {
			t.Fatal(err)
		}
		leaving, leave := context.WithCancel(t.Context())
		gone, left := put(leaving)
		body, status := put(t.Context())
		synctest.Wait()
		leave()
		if code := <-left; code != http.StatusBadRequest || gone.taken.Load() > 0 {
			t.Errorf("who went away while waiting got %d, and %d bytes were read", code, gone.taken.Load())
		}
		if body.taken.Load() > 0 {
			t.Error("a body was read without room for it")
		}
		s.bodies.Release(maxBodies)
		if code := <-status; code != http.StatusNotFound || body.taken.Load() == 0 {
			t.Errorf("status %d, %d bytes read", code, body.taken.Load())
		}
		if !s.bodies.TryAcquire(maxBodies) {
			t.Error("room was not given back")
		}
	})
}

func TestEveryWaitForAClientIsBounded(t *testing.T) {
	s := New(Options{})
	if _, err := s.StartTLS(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), "localhost:0"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, server := range []*http.Server{s.http, s.https} {
		if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.IdleTimeout == 0 || server.MaxHeaderBytes == 0 {
			t.Errorf("%+v", server)
		}
	}
}

// stalled is a body that ends as one whose time is over.
type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, fmt.Errorf("read: %w", context.DeadlineExceeded) }

func TestABodyThatDoesNotComeIsToldSo(t *testing.T) {
	s := New(Options{})
	h := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", stalled{})
	signedFor(t, h, s.Operator(), "kms", emptyBodyHash, time.Now()) // the hash does not matter
	w := httptest.NewRecorder()
	s.ServeHTTP(w, h)
	if w.Code != http.StatusBadRequest {
		t.Errorf("status %d", w.Code)
	}
}

func TestOnlyNamesOfThisMachineAreAnsweredTo(t *testing.T) {
	s := serve(t, Options{})
	for host, want := range map[string]int{
		"": http.StatusForbidden, "localhost:4570": http.StatusForbidden, "LOCALHOST": http.StatusForbidden, "127.0.0.2": http.StatusForbidden,
		"[::1]:80": http.StatusForbidden, "bucket.localhost": http.StatusForbidden,
		"rebound.example.com": http.StatusMisdirectedRequest, "127.0.0.1.example.com": http.StatusMisdirectedRequest,
		"localhost.example.com": http.StatusMisdirectedRequest, "10.0.0.1": http.StatusMisdirectedRequest, "0.0.0.0:80": http.StatusMisdirectedRequest,
	} {
		h, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), strings.NewReader("Action=GetCallerIdentity"))
		if err != nil {
			t.Fatal(err)
		}
		h.Host = host
		answer, err := http.DefaultClient.Do(h)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("for the name %q the answer is %d, want %d", host, answer.StatusCode, want)
		}
	}
}

func TestNothingButALoopbackAddressIsListenedOn(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "example.com:0", "192.0.2.1:0"} {
		s := New(Options{})
		if err := s.Start(t.Context(), addr); err == nil {
			t.Errorf("it listens on %s", s.URL())
			err = s.Close()
			if errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		if _, err := s.StartTLS(t.Context(), addr); err == nil {
			t.Errorf("with TLS it listens on %s", addr)
		}
	}
}
