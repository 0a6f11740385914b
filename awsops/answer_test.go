package awsops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// short are bounds under which a hanging endpoint costs a test little: three
// attempts fit into a call.
var short = Bounds{Attempt: 50 * time.Millisecond, Call: 5 * time.Second, Tell: 10 * time.Millisecond}

// raw answers with bytes of the test's own and then calls more, which is to
// return when the connection is gone.
func raw(text string, more func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		hijacker, ok := w.(http.Hijacker)
		if !ok {
			panic("no hijacker")
		}
		conn, _, err := hijacker.Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, text)
		if more != nil {
			more(conn)
		}
	}
}

// untilGone waits for the other side to hang up.
func untilGone(conn net.Conn) { _, _ = bufio.NewReader(conn).ReadByte() }

// trickle sends a byte of padding every few milliseconds, for ever.
func trickle(conn net.Conn) {
	for {
		if _, err := conn.Write([]byte(" ")); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond) // it is the pace of the stream that is tested
	}
}

const (
	head     = "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
	unending = head + "Content-Length: 100000\r\n\r\n"
)

// stalls are the ways in which an endpoint keeps its caller waiting.
func stalls() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"before the headers":   raw("", untilGone),
		"within the headers":   raw(head, untilGone),
		"within the body":      raw(unending+`{"KeyMetadata":`, untilGone),
		"by one byte a moment": raw(unending, trickle),
	}
}

// Each of these hung for ever, or for minutes, when only the wait for the headers
// had a bound.
func TestEveryWaitForAnAnswerEnds(t *testing.T) {
	t.Parallel()
	for name, stall := range stalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// On a machine that stalls the time of an attempt may be over before the endpoint
			// has met its request, which is another wait than this: it is given more then.
			for bound := short.Attempt; ; bound *= 4 {
				w := &waits{t: t, stall: stall}
				w.home = fakeAWSWithin(t, Bounds{Attempt: bound, Call: time.Minute + 10*bound, Tell: short.Tell}, w.answer).Home("")
				wrong := w.everyOneEnds()
				if !w.missed || bound > 10*time.Second {
					for _, text := range wrong {
						t.Errorf("with %s for an attempt: %s", bound, text)
					}
					return
				}
			}
		})
	}
}

// waits are calls to an endpoint that keeps them waiting.
type waits struct {
	t     *testing.T
	stall http.HandlerFunc
	home  *Session
	// met counts the requests that the endpoint has met; missed says that it has met fewer
	// than were sent.
	met    atomic.Int32
	missed bool
}

func (w *waits) answer(to http.ResponseWriter, r *http.Request) {
	w.met.Add(1)
	w.stall(to, r)
}

// count makes one call and gives how many requests of it the endpoint has met: what was
// sent just before the call ended may take a moment. sent says how many there are.
func (w *waits) count(sent func() int, call func() error) (int, error) {
	w.met.Store(0)
	err := call()
	for end := time.Now().Add(time.Second); int(w.met.Load()) < sent() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	met := int(w.met.Load())
	w.missed = w.missed || met < sent()
	return met, err
}

// everyOneEnds says what is wrong with how each kind of call ends.
func (w *waits) everyOneEnds() (wrong []string) {
	tell := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	ctx, attempts := withAttempts(w.t.Context())
	n, err := w.count(func() int { return attempts.sent }, func() error { _, err := w.home.Key(ctx, "alias/terraform"); return err })
	if err == nil || IsCancelled(err) || !strings.Contains(err.Error(), "no whole answer") {
		tell("a read: %v", err)
	}
	if n < 2 || n > slowAttempts {
		tell("a read was sent %d times", n)
	}
	n, err = w.count(func() int { return 0 }, func() error {
		_, err := w.home.all.Reach("222222222222", "Reach", "").Identity(w.t.Context())
		return err
	})
	if err == nil || IsCancelled(err) || n > slowAttempts {
		tell("for the credentials of a call %d requests were sent: %v", n, err)
	}
	one := func() int { return 1 }
	for _, call := range []Call{CreateKey("", "", nil), CreateAccessKey("alice")} {
		n, err := w.count(one, func() error { _, err := w.home.Do(w.t.Context(), call); return err })
		if !IsOutcomeUnknown(err) || IsCancelled(err) || n != 1 {
			tell("%s, whose outcome is unknown, was sent %d times and gave %v", call.Operation, n, err)
		}
	}
	if _, err = w.count(one, func() error { _, err := w.home.GetObject(w.t.Context(), "bucket", "key"); return err }); err == nil || IsCancelled(err) {
		tell("an object: %v", err)
	}
	return wrong
}

// The bound of a call is over long before the attempts are.
func TestAllAttemptsOfACallEndTogether(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	bounds := Bounds{Attempt: time.Second, Call: time.Second}
	_, err := fakeAWSWithin(t, bounds, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}).Home("").User(t.Context(), "alice")
	if err == nil || requests.Load() != 1 {
		t.Errorf("after %d requests: %v", requests.Load(), err)
	}
}

func TestALongWaitIsTold(t *testing.T) {
	t.Parallel()
	sessions := fakeAWSWithin(t, Bounds{Attempt: time.Minute, Tell: time.Millisecond}, raw("", untilGone))
	ctx, cancel := context.WithCancel(t.Context())
	var first atomic.Pointer[Waiting]
	sessions.OnWaiting(func(w Waiting) {
		first.CompareAndSwap(nil, &w)
		cancel() // what is told while it lasts lets the caller end it
	})
	_, err := sessions.Home("").Do(ctx, EnableKey("k"))
	if !IsCancelled(err) {
		t.Fatal(err)
	}
	w := first.Load()
	if w == nil || w.Service != "KMS" || w.Region != "eu-west-1" || w.For < time.Millisecond {
		t.Fatalf("it was told of %+v", w)
	}
	w.For = 20 * time.Second
	if got := w.String(); got != "waiting for KMS in eu-west-1, 20s, Ctrl-C is safe" {
		t.Error(got)
	}
}

func TestAReadWhoseAnswerBrokeOffIsMadeAgain(t *testing.T) {
	t.Parallel()
	const whole = `{"Policy":"{}"}`
	for name, broken := range map[string]http.HandlerFunc{
		"within the body": raw(unending+`{"KeyMeta`, nil),
		"an empty answer": raw(head+"Content-Length: 0\r\n\r\n", nil),
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			_, err := fakeAWS(t, func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == 1 {
					broken(w, r)
					return
				}
				raw(fmt.Sprintf("%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", head, len(whole), whole), nil)(w, r)
			}).Home("").KeyPolicy(t.Context(), "k")
			if err != nil || requests.Load() != 2 {
				t.Errorf("after %d requests: %v", requests.Load(), err)
			}
		})
	}
}

func TestAnObjectThatBrokeOffIsReadAgain(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	body, err := fakeAWS(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 1 {
			raw(unending+"half", nil)(w, r)
			return
		}
		_, _ = w.Write([]byte("whole"))
	}).Home("").GetObject(t.Context(), "bucket", "key")
	if err != nil || string(body) != "whole" {
		t.Errorf("%q, %v", body, err)
	}
}

// An empty list that nobody gave would make everything be made again.
func TestAReadThatIsAnsweredWithNothingFails(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	_, err := fakeAWS(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }).Home("").AccessKeys(t.Context(), "alice")
	if err == nil || !strings.Contains(err.Error(), "the answer is empty") || requests.Load() != dialAttempts {
		t.Errorf("after %d requests: %v", requests.Load(), err)
	}
}

func TestACreationWhoseAnswerLacksWhatItMadeIsUnknown(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", `{"KeyMetadata":{}}`} {
		out, err := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(body))
		}).Home("").Do(t.Context(), CreateKey("", "", nil))
		if !IsOutcomeUnknown(err) || len(out.Values) > 0 {
			t.Errorf("%q gave %v, %v", body, out.Values, err)
		}
	}
	for _, call := range []Call{
		CreateUser("alice", "", nil), CreateGroup("g", ""), CreateAccessKey("alice"), CreateRole(RoleInput{}),
		CreatePolicy("p", "", "", "", nil), CreatePolicyVersion("p", ""), CreateVirtualMFADevice("alice"),
		CreateTable("locks", PayPerRequest, 0, 0, nil), CreateAccount("a@example.com", "a", "", nil),
	} {
		var requests atomic.Int32
		_, err := fakeAWS(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }).Home("").Do(t.Context(), call)
		if !IsOutcomeUnknown(err) || requests.Load() != 1 {
			t.Errorf("%s after %d requests: %v", call.Operation, requests.Load(), err)
		}
	}
}

// Every required member must be one of the operation's answer: a typing error
// would make every creation unknown.
func TestRequiredMembersExistInTheSDK(t *testing.T) {
	t.Parallel()
	for name, o := range operations {
		for _, path := range o.answers {
			if !hasPath(o.answer(), path) {
				t.Errorf("%s has no %s", name, path)
			}
		}
		for _, path := range []string{o.secret, o.token} {
			if path != "" && !slices.Contains(o.answers, path) {
				t.Errorf("%s gives %s only once and may answer without it", name, path)
			}
		}
	}
}

func TestAnAnswerInTimeIsNobodysFault(t *testing.T) {
	t.Parallel()
	err := error(&unfinished{text: "late", late: true})
	if IsCancelled(err) || !isLate(err) || isDial(err) || errors.Is(err, context.DeadlineExceeded) {
		t.Error("an attempt's own deadline passes for the caller's")
	}
}
