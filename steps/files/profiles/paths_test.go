package profiles

import (
	"strings"
	"testing"
)

func TestPathsFollowTheEnvironment(t *testing.T) {
	env := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	home := map[string]string{"HOME": "/h o", "USERPROFILE": "/h o"}
	if got, err := CredentialsPath(env(home)); err != nil || !strings.Contains(got, "h o") || !strings.HasSuffix(got, "credentials") {
		t.Errorf("got %q, %v", got, err)
	}
	home["AWS_CONFIG_FILE"] = "/else where/config"
	if got, err := ConfigPath(env(home)); err != nil || got != "/else where/config" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, m := range []map[string]string{{}, {"HOME": "/h", "AWS_SHARED_CREDENTIALS_FILE": "~/x"}} {
		if got, err := CredentialsPath(env(m)); err == nil {
			t.Errorf("%v gave %q", m, got)
		}
	}
}
