package awsops

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// closedBody is a request's body as the SDK leaves it once there is an answer.
type closedBody struct{ io.Reader }

func (closedBody) Close() error                     { return nil }
func (closedBody) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

type sentTo func(*http.Request) (*http.Response, error)

func (f sentTo) Do(r *http.Request) (*http.Response, error) { return f(r) }

// TestABodyThatIsClosedIsNoErrorOfItsWriter protects the answer to a request whose
// writer is slower than the server.
func TestABodyThatIsClosedIsNoErrorOfItsWriter(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1", closedBody{strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := readOnly{sentTo(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return &http.Response{Body: http.NoBody}, err
	})}.Do(r)
	if err != nil {
		t.Fatalf("to read what is closed ends with %v", err)
	}
	_ = answer.Body.Close() // there is none
}
