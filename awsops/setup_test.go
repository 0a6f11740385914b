package awsops

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// isolate keeps a test away from the real home, the real files and AWS.
func isolate(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", home)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// fakeAWS is an endpoint whose every answer the test writes.
func fakeAWS(t *testing.T, handler http.HandlerFunc) *Sessions {
	t.Helper()
	return fakeAWSWithin(t, Bounds{}, handler)
}

func fakeAWSWithin(t *testing.T, bounds Bounds, handler http.HandlerFunc) *Sessions {
	t.Helper()
	isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return open(t, Config{Region: "eu-west-1", Endpoint: server.URL, Bounds: bounds})
}

func open(t *testing.T, c Config) *Sessions {
	t.Helper()
	sessions, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}
