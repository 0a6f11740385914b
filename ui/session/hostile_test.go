package session

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// TestARehearsalAsksNobodyWhateverTheEnvironmentSays rehearses as the menu does, in a
// process whose environment is somebody's own AWS: another profile, keys, files, and
// every service at another address.
func TestARehearsalAsksNobodyWhateverTheEnvironmentSays(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Method+" "+r.URL.Path)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(elsewhere.Close)
	home := t.TempDir()
	theirs := filepath.Join(home, "theirs")
	text := []byte("[default]\naws_access_key_id = AKIATHEIRS\naws_secret_access_key = s\nregion = us-gov-west-1\nendpoint_url = " + elsewhere.URL + "\n")
	if err := os.WriteFile(theirs, text, 0o600); err != nil {
		t.Fatal(err)
	}
	set := awsops.EndpointVariables(elsewhere.URL)
	for _, service := range []string{"IAM", "S3", "KMS", "DYNAMODB", "ORGANIZATIONS", "ACCOUNT"} {
		set["AWS_ENDPOINT_URL_"+service] = elsewhere.URL
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_STATE_HOME": filepath.Join(home, "state"), "PATH": home, // no Terraform: what it gets is lab.Environ
		"AWS_PROFILE": "not-there", "AWS_ACCESS_KEY_ID": "AKIATHEIRS", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "s",
		"AWS_CONFIG_FILE": theirs, "AWS_SHARED_CREDENTIALS_FILE": theirs, "AWS_REGION": "us-gov-west-1", "AWS_DEFAULT_REGION": "us-gov-west-1",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": elsewhere.URL, "AWS_EC2_METADATA_SERVICE_ENDPOINT": elsewhere.URL, "AWS_EC2_METADATA_DISABLED": "false",
		"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required", "AWS_DEFAULTS_MODE": "auto",
	} {
		set[name] = value
	}
	for name, value := range set {
		t.Setenv(name, value)
	}
	before := os.Environ()
	for _, run := range []struct {
		mode  *Mode
		fault string
	}{{SetUp, ""}, {Onboard, ""}, {Troubleshoot, "kms-disabled"}, {Troubleshoot, "credentials-missing"}} {
		t.Run(run.mode.Name+" "+run.fault, func(t *testing.T) {
			var out bytes.Buffer
			o := Options{Sandbox: true, Yes: true, Break: run.fault, Dir: t.TempDir(), Accounts: 1, Parallel: 8}
			code, err := Lines(t.Context(), o, System{Out: &out, Err: &out, Applying: func(bool) {}}, run.mode)
			if err != nil || code != plan.ExitDone && code != plan.ExitFindings {
				t.Errorf("code %d, %v\n%s", code, err, out.Bytes())
			}
			if run.fault != "" && !bytes.Contains(out.Bytes(), []byte(run.fault)) {
				t.Errorf("%s was not found:\n%s", run.fault, out.Bytes())
			}
		})
	}
	if len(asked) > 0 {
		t.Errorf("somebody else was asked: %q", asked)
	}
	if after := os.Environ(); len(after) != len(before) {
		t.Errorf("the environment was %q and is %q", before, after)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 1 {
		t.Errorf("the home holds %v, %v", left, err)
	}
}
