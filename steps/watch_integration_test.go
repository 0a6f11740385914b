//go:build integration

package steps

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// release is the built program as a release has it, and its checksum.
func release(t *testing.T) (archive []byte, sum string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stateroom")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "stateroom").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	packed, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that there is
	files := tar.NewWriter(packed)
	for _, err := range []error{files.WriteHeader(&tar.Header{Name: "stateroom", Mode: 0o755, Size: int64(len(program))}), second(files.Write(program)), files.Close(), packed.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	hash := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(hash[:])
}

func second[T any](_ T, err error) error { return err }

// TestTheNightlyWatchRunsAsItIsWritten: the job's own script downloads the program, and fails
// where AWS is not as the blueprint says, and where findings remain, of set-up's or of
// troubleshooting's alone.
func TestTheNightlyWatchRunsAsItIsWritten(t *testing.T) {
	t.Parallel()
	archive, sum := release(t)
	served := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(archive) })
	safe, open := httptest.NewTLSServer(served), httptest.NewServer(served)
	t.Cleanup(safe.Close)
	t.Cleanup(open.Close)
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: safe.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	const noTerraform = "PATH=/usr/bin:/bin"
	watched := runnerTeam()
	watched.CIs[0].Watch = true
	ofRunner := func(place string) func(w *world, sum string) (string, int) {
		return func(w *world, sum string) (string, int) {
			f := w.setup(watched)
			f.DryRun = true
			shown := shownToRunners(w.t, findingOf(w.run(f).Findings, "files.pipeline-by-hand").Details)
			return w.checkout("").run("set +e\n"+shown.begun(ciRole("stateroom-atlantis-watch"))+shown.watch,
				append(w.places(runnerApplies)[place], noTerraform, "HOME="+w.t.TempDir(), "STATEROOM_ARCHIVE="+safe.URL, "STATEROOM_SHA256="+sum, "CURL_CA_BUNDLE="+trusted)...)
		}
	}
	for name, c := range map[string]struct {
		team  *blueprint.Blueprint
		watch func(w *world, sum string) (string, int)
	}{
		"github": {pipelineTeam(), func(w *world, sum string) (string, int) {
			session, err := w.byToken("stateroom-github-watch", job("ref:refs/heads/main"))
			w.must(err)
			return w.checkout("").run(script(w.t, w.read(workflow), "Look at the setup"), noTerraform, "HOME="+w.t.TempDir(), "RUNNER_TEMP="+w.t.TempDir(), "STATEROOM_ARCHIVE="+safe.URL, "STATEROOM_SHA256="+sum, "CURL_CA_BUNDLE="+trusted,
				"AWS_ACCESS_KEY_ID="+session.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+session.SecretAccessKey, "AWS_SESSION_TOKEN="+session.SessionToken, "AWS_EC2_METADATA_DISABLED=true")
		}},
		"gitlab": {gitLabTeam(), func(w *world, sum string) (string, int) {
			return w.runGitLab(w.read(".gitlab-ci.yml"), "watch", map[string]any{"iss": "https://gitlab.com", "aud": "sts.amazonaws.com", "sub": "project_path:acme/infra:ref_type:branch:ref:main", "project_id": "42"},
				noTerraform, "HOME="+w.t.TempDir(), "STATEROOM_ARCHIVE="+open.URL, "STATEROOM_SHA256="+sum)
		}},
		"a runner in a container": {watched, ofRunner("EcsContainer")},
		"a runner with IRSA":      {watched, ofRunner("IRSA")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{}).withRunners().withPods()
			w.must(c.team.Check())
			w.healthy(w.run(w.setup(c.team)))
			w.write("stateroom.hcl", string(c.team.HCL()))
			mark := len(w.server.Log())
			look := func(when, sum string, want int, says string) {
				t.Helper()
				out, code := c.watch(w, sum)
				if looks := strings.Count(out, `"event":"summary"`); code != want || !strings.Contains(out, says) || looks != 2 && code != plan.ExitFailed {
					t.Errorf("%s: %d after %d looks, want %d and %q\n%s", when, code, looks, want, says, out)
				}
				if strings.Contains(out, w.server.SecretOf(w.keyOf("alice").ID)) {
					t.Errorf("%s: it shows a secret:\n%s", when, out)
				}
			}
			look("another archive", strings.Repeat("0", 64), plan.ExitFailed, "FAILED")
			look("all is as the blueprint says", sum, plan.ExitDone, `"outcome":"Nothing wrong was found`)
			w.write("live/staging/errored.tfstate", `{"version":4,"terraform_version":"1.11.4","serial":9,"lineage":"a","outputs":{},"resources":[]}`)
			look("a project's file is not as Terraform needs it", sum, plan.ExitFindings, `"id":"state-not-saved"`)
			w.must(os.Remove(filepath.Join(w.dir, "live", "staging", "errored.tfstate")))
			if calls := w.mutations(mark); len(calls) > 0 {
				t.Errorf("it called %v", calls)
			}
			_, err := w.hands("444444444444").iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String("TerraformAdmin"), PolicyName: aws.String(inlinePolicy), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
			})
			w.must(err)
			look("production was changed by hand", sum, plan.ExitChanges, `"id":"iam.role.production.permissions"`)
			w.healthy(w.run(w.setup(c.team)))
			w.server.AgeKey(w.keyOf("alice").ID, 100*24*time.Hour)
			look("a key is old", sum, plan.ExitFindings, `"id":"iam.key-old"`)
		})
	}
}
