package awsops

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// closedPort is an address of this machine at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func keys(t *testing.T) {
	t.Helper()
	isolate(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
}

// What is set up wrong is told after one attempt, with what to do: it took up to
// half a minute of silent retries.
func TestAnEndpointThatCannotBeUsedIsToldAtOnce(t *testing.T) {
	keys(t)
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	plain, tls := httptest.NewServer(nothing), httptest.NewTLSServer(nothing)
	t.Cleanup(plain.Close)
	t.Cleanup(tls.Close)
	for name, c := range map[string]struct{ endpoint, advice string }{
		"an untrusted certificate": {tls.URL, "AWS_CA_BUNDLE"},
		"https where http is":      {strings.Replace(plain.URL, "http:", "https:", 1), "write http://"},
		"http where https is":      {strings.Replace(tls.URL, "https:", "http:", 1), "Write https://"},
		"nobody there":             {"http://" + closedPort(t), "--endpoint-url"},
		"no such host":             {"http://nowhere.invalid", "--endpoint-url"},
		"no scheme":                {closedPort(t), "with http:// or https://"},
		"an unknown scheme":        {"htp://" + closedPort(t), "with http:// or https://"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, Config{Region: "eu-west-1", Endpoint: c.endpoint}).Home("").Do(t.Context(), EnableKey("k"))
			var e *Error
			attempts := 1
			if name == "http where https is" { // whose server resets the connection, at times before its answer is read
				attempts = 2
			}
			if !errors.As(err, &e) || !IsUnreachable(err) || e.Attempts > attempts || !strings.Contains(e.Remedy, c.advice) {
				t.Errorf("%+v", e)
			}
			if IsOutcomeUnknown(err) && name != "http where https is" {
				t.Error("what was never sent counts as unknown")
			}
		})
	}
}

// throughProxy opens sessions whose endpoint is reached through a proxy. (Go
// reads the proxy variables once in a process.)
func throughProxy(t *testing.T, proxy string) *Session {
	t.Helper()
	keys(t)
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	sessions := open(t, Config{Region: "eu-west-1", Endpoint: "https://aws.example"})
	client := newHTTPClient(1, sessions.bounds).WithTransportOptions(func(tr *http.Transport) { tr.Proxy = http.ProxyURL(address) })
	sessions.base.HTTPClient = client.Freeze()
	return sessions.Home("")
}

func TestAProxyThatIsDeadOrRefusesIsToldAtOnce(t *testing.T) {
	var asked atomic.Int32
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(refuses.Close)
	for name, proxy := range map[string]string{"dead": "http://" + closedPort(t), "refuses": refuses.URL} {
		t.Run(name, func(t *testing.T) {
			_, err := throughProxy(t, proxy).Do(t.Context(), CreateKey("", "", nil))
			var e *Error
			if !errors.As(err, &e) || e.Attempts != 1 || !strings.Contains(e.Meaning, "proxy") || IsOutcomeUnknown(err) {
				t.Errorf("%v", err)
			}
		})
	}
	if asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
}

// An endpoint that has answered before is worth another attempt.
func TestAnEndpointThatHasAnsweredIsDialledAgain(t *testing.T) {
	keys(t)
	sessions := open(t, Config{Region: "eu-west-1", Endpoint: "http://" + closedPort(t)})
	sessions.reached.Store(true)
	_, err := sessions.Home("").Do(t.Context(), EnableKey("k"))
	var e *Error
	if !IsUnreachable(err) || !errors.As(err, &e) || e.Attempts != dialAttempts {
		t.Errorf("the error is %v", err)
	}
}

// saying is an endpoint that says this to everybody and hangs up.
func saying(t *testing.T, what string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if request, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				_, _ = io.WriteString(c, what)
			}
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// What answers and is not AWS is named as that, and not asked eight times over half
// a minute.
func TestWhatIsNotAWSIsNamed(t *testing.T) {
	keys(t)
	for name, c := range map[string]struct {
		says, advice string
		attempts     int
	}{
		"another protocol":       {"SSH-2.0-OpenSSH\r\n", "--endpoint-url", 1},
		"headers without an end": {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("a", 1<<16)+"\r\n", 200), "--endpoint-url", 1},
		"nothing":                {"", "begins with http:// or https://", dialAttempts},
		"an answer without end":  {"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat(" ", 20<<20), "--endpoint-url", 1},
		"a sign-in page":         {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n<html>Hello!</html>\n", "sign in", 1},
		"a way to a sign-in":     {"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "sign in", 1},
		"a proxy's question":     {"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "NAME:PASSWORD", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, Config{Region: "eu-west-1", Endpoint: saying(t, c.says)}).Home("").Do(t.Context(), EnableKey("k"))
			var e *Error
			if !errors.As(err, &e) || e.Attempts != c.attempts || !strings.Contains(e.Remedy, c.advice) {
				t.Errorf("%+v", e)
			}
		})
	}
}
