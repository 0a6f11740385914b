//go:build integration

package tf

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stateroom/steps/files/filestest"
)

// terraform runs the real terraform in dir, with an empty home and nothing of
// the developer's configuration.
func terraform(t *testing.T, dir string, args ...string) string {
	t.Helper()
	home := t.TempDir()
	filestest.Put(t, filepath.Join(home, "credentials"), "[admin_iam]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n", 0o600)
	cmd := exec.CommandContext(t.Context(), "terraform", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TF_CLI_CONFIG_FILE=" + os.DevNull, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "credentials"), "AWS_EC2_METADATA_DISABLED=true",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("terraform %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// fakeAWS answers what terraform init asks: who am I, and an empty bucket.
func fakeAWS(t *testing.T) (url string, seen func() []string) {
	var mu sync.Mutex
	var log []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		log = append(log, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Amz-Target"))
		mu.Unlock()
		w.Header().Set("Content-Type", "text/xml")
		switch {
		case strings.Contains(string(body), "GetCallerIdentity"):
			fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/a</Arn><UserId>A</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case r.Header.Get("X-Amz-Target") != "":
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			fmt.Fprint(w, `{}`)
		case r.URL.Query().Has("list-type"):
			fmt.Fprint(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string { mu.Lock(); defer mu.Unlock(); return log }
}

// TestTerraformTakesTheBackend configures real Terraform with what EditBackend
// writes, new and in place of the article's block, for each lock: with nothing
// but endpoints and use_path_style it talks to the custom endpoint only.
func TestTerraformTakesTheBackend(t *testing.T) {
	for lockName, set := range map[string]func(*Backend){
		"both":     func(*Backend) {},
		"lockfile": func(b *Backend) { b.DynamoDBTable = "" },
		"table":    func(b *Backend) { b.UseLockfile = false },
	} {
		for start, text := range map[string]string{
			"new":     "",
			"article": "terraform {\n backend \"s3\" {\n   bucket         = \"YourBucket\" # <1>\n   key            = \"k\"\n   region         = \"eu-west-1\"\n   dynamodb_table = \"terraform_locks\"\n   kms_key_id = \"x\"\n   role_arn = \"arn:aws:iam::1:role/x\"\n   force_path_style = true\n }\n}\n",
			"local":   "terraform {\n  backend \"local\" { path = \"x\" }\n}\n",
		} {
			t.Run(lockName+"/"+start, func(t *testing.T) {
				url, seen := fakeAWS(t)
				want := wanted
				want.Endpoint, want.PathStyle = url, true
				set(&want)
				files := map[string]string{"main.tf": text}
				p := project(t, files)
				carryOut(t, p, backendEdits(want))
				out := terraform(t, p.Dir, "init", "-input=false", "-no-color")
				if !strings.Contains(out, `Successfully configured the backend "s3"!`) {
					t.Fatalf("%s", out)
				}
				if len(seen()) == 0 {
					t.Fatal("the custom endpoint was never asked")
				}
				state := inspect(t, p.Dir).State.Configured
				if state == nil || state.Type != "s3" || state.Attributes.Get("bucket") != want.Bucket || state.Attributes.Get("kms_key_id") != want.KMSKeyID {
					t.Fatalf("terraform remembers %+v", state)
				}
			})
		}
	}
}

// TestTerraformFormatsNothingInWhatItWouldNotBefore: new files are what terraform fmt
// gives, and those that were so stay so.
func TestTerraformFormatsNothingInWhatItWouldNotBefore(t *testing.T) {
	for name, before := range map[string]map[string]string{
		"new files": nil,
		"edited files": {
			"backend.tf":  "terraform {\n  required_version = \">= 1.5\"\n  backend \"s3\" {\n    bucket = \"b\"\n    key    = \"k\"\n\n    dynamodb_table = \"old\" # ours\n    # the end\n  }\n}\n",
			"provider.tf": "provider \"aws\" {\n  access_key = \"a\"\n  region     = \"r\"\n}\n",
		},
		"another store": {"backend.tf": inStore},
	} {
		t.Run(name, func(t *testing.T) {
			p := project(t, before)
			if before != nil {
				terraform(t, p.Dir, "fmt", "-check", "-diff")
			}
			want := wanted
			want.Endpoint, want.PathStyle, want.NewRegion = "http://localhost:4570", true, true
			carryOut(t, p, backendEdits(want))
			carryOut(t, inspect(t, p.Dir), providerEdits(Provider{Region: "ap-east-2", STSRegion: "eu-west-1", NewRegion: true, Profile: "admin_iam", RoleARN: "arn:aws:iam::222222222222:role/x"}))
			terraform(t, p.Dir, "fmt", "-check", "-diff") // it fails the test with what it would change
		})
	}
}
