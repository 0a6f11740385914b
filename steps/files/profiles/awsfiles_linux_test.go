package profiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/files/filestest"
)

func TestNoFileThatTheSDKReadsMayBeAPipeOrADevice(t *testing.T) {
	for name, path := range filestest.Hostile(t) {
		if name == "circle" {
			continue // the SDK says that itself
		}
		dir := t.TempDir()
		config := filepath.Join(dir, "config")
		if err := os.WriteFile(config, []byte("[profile a]\nca_bundle = "+path+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, env := range []map[string]string{
			{"AWS_SHARED_CREDENTIALS_FILE": path, "HOME": dir},
			{"AWS_CONFIG_FILE": path, "HOME": dir},
			{"AWS_CA_BUNDLE": path, "HOME": dir},
			{"AWS_WEB_IDENTITY_TOKEN_FILE": path, "HOME": dir},
			{"AWS_CONFIG_FILE": config, "HOME": dir},
		} {
			if err := CheckAWS(t.Context(), func(name string) string { return env[name] }); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s as %v: %v", name, env, err)
			}
		}
	}
	calm := map[string]string{"AWS_CONFIG_FILE": os.DevNull, "HOME": t.TempDir()}
	if err := CheckAWS(t.Context(), func(name string) string { return calm[name] }); err != nil {
		t.Error(err)
	}
}
