package sandboxtest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
)

// half is a body whose sender goes away in the middle.
type half struct{ io.Reader }

func (half) Close() error { return nil }

func (h half) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// TestARequestThatWasNeverSentWholeIsNoPartOfAScene: a client that is cancelled, or that
// loses its connection, stops in the middle of a body; to AWS it asked for nothing.
func TestARequestThatWasNeverSentWholeIsNoPartOfAScene(t *testing.T) {
	var s scene
	var then clock
	at := httptest.NewRecorder()
	defer func() {
		if gone := recover(); gone != http.ErrAbortHandler { //nolint:errorlint // this very value ends a handler
			t.Errorf("the connection ends with %v, not by being dropped", gone)
		}
		if len(s.asked) != 0 {
			t.Errorf("%d requests are kept", len(s.asked))
		}
		if at.Body.Len() != 0 {
			t.Errorf("it is answered %q", at.Body)
		}
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", half{strings.NewReader("Action=GetUser&Us")})
	s.record(sandbox.New(sandbox.Options{}), &then, at, r)
}
