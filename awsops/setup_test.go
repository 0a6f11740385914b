package awsops

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"stateroom/awsops/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// isolate keeps a test away from the real home, the real files and AWS, whose place
// the test itself tells.
func isolate(t *testing.T) {
	t.Helper()
	home := sandboxtest.Home(t.TempDir())
	home.Isolate(t, "")
	if err := os.Mkdir(filepath.Dir(home.Config()), 0o700); err != nil {
		t.Fatal(err)
	}
}

// fakeAWS is an endpoint whose every answer the test writes.
func fakeAWS(t *testing.T, handler http.HandlerFunc) *Sessions {
	t.Helper()
	return fakeAWSWithin(t, Bounds{}, handler)
}

func fakeAWSWithin(t *testing.T, bounds Bounds, handler http.HandlerFunc) *Sessions {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = not-a-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, Config{Region: "eu-west-1", Endpoint: server.URL, Files: &Files{Credentials: file}, Bounds: bounds})
}

func open(t *testing.T, c Config) *Sessions {
	t.Helper()
	sessions, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}
