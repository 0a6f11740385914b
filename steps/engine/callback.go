package engine

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
)

// callback waits at a port of this machine for the code that the browser brings. It takes
// one answer, and only one with the state that was sent: whatever else asks is refused, and
// ends nothing.
type callback struct {
	listener net.Listener
	server   *http.Server
	answer   chan signInAnswer
}

// signInAnswer is the code, or why there is none in OAuth's words.
type signInAnswer struct {
	code    secret.Secret
	problem string
}

// refusedInBrowser is OAuth's word for a person who said no.
const refusedInBrowser = "access_denied"

// listenForCode opens a free port, which can be reached from this machine alone.
func listenForCode(ctx context.Context) (*callback, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a port of this machine for the browser: %w", err)
	}
	return &callback{listener: l, answer: make(chan signInAnswer, 1)}, nil
}

func (c *callback) port() string {
	_, port, _ := net.SplitHostPort(c.listener.Addr().String()) // as it was listened to
	return port
}

// begin answers the browser from now on, until it is closed.
func (c *callback) begin(state secret.Secret) {
	const bound = 10 * time.Second
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+awsops.CallbackPath, func(w http.ResponseWriter, r *http.Request) { c.take(w, r, state) })
	c.server = &http.Server{Handler: mux, ReadTimeout: bound, WriteTimeout: bound, MaxHeaderBytes: 64 << 10}
	go func() { _ = c.server.Serve(c.listener) }() // it ends when it is closed
}

// take takes the answer that the browser brings.
func (c *callback) take(w http.ResponseWriter, r *http.Request, state secret.Secret) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	query := r.URL.Query()
	answer := signInAnswer{code: secret.New(query.Get("code")), problem: query.Get("error")}
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state.Reveal())) != 1 || answer.code.IsZero() && answer.problem == "" {
		http.Error(w, "This is no answer to a sign-in that stateroom has begun.", http.StatusBadRequest)
		return
	}
	select {
	case c.answer <- answer:
		_, _ = io.WriteString(w, "stateroom has the answer. You can close this window and go back to the terminal.\n")
	default:
		http.Error(w, "The answer has come already.", http.StatusBadRequest)
	}
}

// await waits for the code.
func (c *callback) await(ctx context.Context) (secret.Secret, error) {
	select {
	case answer := <-c.answer:
		switch answer.problem {
		case "":
			return answer.code, nil
		case refusedInBrowser:
			return secret.Secret{}, errRefusedInBrowser
		}
		return secret.Secret{}, fmt.Errorf("the portal did not sign anybody in (%q). Run the command again", answer.problem)
	case <-ctx.Done():
		return secret.Secret{}, ctx.Err() //nolint:wrapcheck // the caller's own context
	}
}

// close lets the page that was just answered reach the browser, and ends.
func (c *callback) close(ctx context.Context) {
	const bound = time.Second
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer done()
	if c.server == nil || c.server.Shutdown(ctx) != nil {
		_ = c.listener.Close()
	}
}
