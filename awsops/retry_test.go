package awsops

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
)

const createKeyAnswer = `{"KeyMetadata":{"KeyId":"k","Arn":"arn:aws:kms:eu-west-1:111111111111:key/k"}}`

// dropFirst loses the answer of the first n requests, then answers with body.
func dropFirst(requests *atomic.Int32, n int32, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) <= n {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(body))
	}
}

func TestOnceOnlyCallsAreSentOnceWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]Call{
		"CreateKey":           CreateKey("", "", nil),
		"CreateAccessKey":     CreateAccessKey("alice"),
		"CreatePolicyVersion": CreatePolicyVersion("arn:aws:iam::111111111111:policy/state", "{}"),
		"CreateAccount":       CreateAccount("a@example.com", "a", "", nil),
	} {
		t.Run(name, func(t *testing.T) {
			if !call.OnceOnly() {
				t.Error("it may be sent twice")
			}
			var requests atomic.Int32
			_, err := fakeAWS(t, dropFirst(&requests, 1, createKeyAnswer)).Home("").Do(t.Context(), call)
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests were sent", n)
			}
			if !IsOutcomeUnknown(err) {
				t.Errorf("the outcome counts as known: %v", err)
			}
		})
	}
}

func TestOnceOnlyCallsAreRepeatedWhenAWSRefusedThem(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	out, err := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ThrottlingException","message":"Rate exceeded"}`))
			return
		}
		_, _ = w.Write([]byte(createKeyAnswer))
	}).Home("").Do(t.Context(), CreateKey("", "", nil))
	if err != nil || out.Values["id"] != "k" || requests.Load() != 2 {
		t.Errorf("after %d requests: %v, %v", requests.Load(), out.Values, err)
	}
}

func TestOtherCallsAreRepeatedWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	_, err := fakeAWS(t, dropFirst(&requests, 1, `{}`)).Home("").Do(t.Context(), EnableKey("k"))
	if err != nil || requests.Load() != 2 {
		t.Errorf("after %d requests: %v", requests.Load(), err)
	}
}

func TestARefusalAfterARetryTellsThatItWasRetried(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	_, err := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>EntityAlreadyExists</Code></Error></ErrorResponse>`))
	}).Home("").Do(t.Context(), CreateUser("alice", "", nil))
	var e *Error
	if !isExists(err) || !errors.As(err, &e) || e.Attempts != 2 {
		t.Errorf("the error is %#v", err)
	}
	if IsOutcomeUnknown(err) {
		t.Error("an answer from AWS counts as unknown")
	}
}

func TestWhatIsThereAfterAThrottledAttemptIsSomebodyElses(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]struct {
		code string
		lost bool
	}{"throttled": {"Throttling", false}, "no answer": {"", true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			_, err := fakeAWS(t, func(w http.ResponseWriter, _ *http.Request) {
				code := "EntityAlreadyExists"
				if requests.Add(1) == 1 {
					if code = first.code; code == "" {
						panic(http.ErrAbortHandler)
					}
				}
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>` + code + `</Code></Error></ErrorResponse>`))
			}).Home("").Do(t.Context(), CreateUser("alice", "", nil))
			if requests.Load() != 2 || MadeByLostAttempt(err) != first.lost {
				t.Errorf("after %d requests made by a lost attempt: %t (%v)", requests.Load(), MadeByLostAttempt(err), err)
			}
		})
	}
}

func TestATableThatIsBeingUpdatedIsBusyAndNotMadeBySomebodyElse(t *testing.T) {
	t.Parallel()
	for operation, busy := range map[string]bool{"UpdateTable": true, "TagResource": true, "UpdateContinuousBackups": true, "CreateTable": false} {
		err := &Error{Service: "dynamodb", Operation: operation, Code: "ResourceInUseException", Status: 400, Attempts: 2, Unanswered: 1}
		if IsBusy(err) != busy || IsTaken(err) == busy || MadeByLostAttempt(err) == busy {
			t.Errorf("%s: busy %t, taken %t, made by a lost attempt %t", operation, IsBusy(err), IsTaken(err), MadeByLostAttempt(err))
		}
	}
}

func TestAttemptsAreAsManyAsAWSToolsAreToldButNoMoreThanAreOfUse(t *testing.T) {
	for text, want := range map[string]int{"": maxAttempts, "1": 1, "3": 3, "0": maxAttempts, "-1": maxAttempts, "many": maxAttempts, "1000": maxAttempts} {
		t.Setenv("AWS_MAX_ATTEMPTS", text)
		if got := (Config{}).attemptsAtMost(); got != want {
			t.Errorf("AWS_MAX_ATTEMPTS=%q means %d attempts, want %d", text, got, want)
		}
	}
}
