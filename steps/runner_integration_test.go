//go:build integration

package steps

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// runnersJob is what setup shows for the jobs of a runner with a role: how each begins, what
// one that plans does first, and what one that watches does.
type runnersJob struct{ begin, plan, watch string }

func shownToRunners(t testing.TB, text string) (job runnersJob) {
	t.Helper()
	var plans bool
	if job.begin, job.plan, plans = strings.Cut(text, "# In a job that plans"); !plans {
		t.Fatalf("no job that plans:\n%s", text)
	}
	_, job.plan, _ = strings.Cut(job.plan, "\n")
	if before, after, watches := strings.Cut(job.plan, "# In a job that watches"); watches {
		job.plan, job.watch = before, "#"+after
	}
	return job
}

// begun is the beginning of a job for a role, with the runner's session from a source.
func (j runnersJob) begun(source, role string) string {
	return "ROLE=" + role + "\n" + strings.ReplaceAll(j.begin, "credential_source = Ec2InstanceMetadata", "credential_source = "+source)
}

// places are those from which a runner has its session, by their name in credential_source,
// with what the runner's environment says of them.
func (w *world) places(role string) map[string][]string {
	w.t.Helper()
	c := w.asRunner(role)
	session := func(rw http.ResponseWriter) {
		_ = json.NewEncoder(rw).Encode(map[string]string{
			"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339),
			"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken,
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
	}
	const path, name = "/latest/meta-data/iam/security-credentials/", "runner"
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		instance := r.Header.Get("X-Aws-Ec2-Metadata-Token") == "imds"
		switch {
		case r.URL.Path == "/task" && r.Header.Get("Authorization") == "task":
			session(rw)
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
			rw.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
			_, _ = rw.Write([]byte("imds"))
		case instance && r.URL.Path == path:
			_, _ = rw.Write([]byte(name))
		case instance && r.URL.Path == path+name:
			session(rw)
		default:
			rw.WriteHeader(http.StatusUnauthorized)
		}
	}))
	w.t.Cleanup(server.Close)
	return map[string][]string{
		"EcsContainer":        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + server.URL + "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN=task", "AWS_EC2_METADATA_DISABLED=true"},
		"Ec2InstanceMetadata": {"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + server.URL},
	}
}

// TestARunnersRolesPlanAndApplyByTheProfileThatSetupShows, with real Terraform: the runner's
// own session comes from its instance or container, and opens the role of the job alone.
func TestARunnersRolesPlanAndApplyByTheProfileThatSetupShows(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t).withRunners()
	w.withProvider()
	summary := w.run(w.setup(runnerTeam()))
	w.healthy(summary)
	shown := shownToRunners(t, findingOf(summary.Findings, "files.pipeline-by-hand").Details)
	w.write("live/staging/main.tf", whoami+"resource \"terraform_data\" \"app\" { input = timestamp() }\n")
	w.alice().in("staging").ok("init")
	const (
		planned = "terraform init -input=false -lockfile=readonly\nterraform plan -input=false -no-color -lock=false\n"
		applied = "terraform init -input=false -lockfile=readonly\nterraform plan -input=false -no-color -out=\"$run/tfplan\"\nterraform apply -input=false -no-color \"$run/tfplan\"\n"
		reads   = "READS=arn:aws:iam::222222222222:role/TerraformAdmin-plan"
	)
	plans, applies := ciRole("stateroom-atlantis-plan"), ciRole("stateroom-atlantis-apply-staging")
	byPlaces := w.places(runnerApplies)
	for source, place := range w.places(runnerPlans) {
		out, code := w.checkout("staging").run(shown.begun(source, plans)+shown.plan+planned, append(place, reads)...)
		if code != 0 || !strings.Contains(out, "terraform_data.app") || !strings.Contains(out, "assumed-role/TerraformAdmin-plan/") {
			t.Errorf("%s: plan: %d\n%s", source, code, out)
		}
		mark := len(w.server.Log())
		out, code = w.checkout("staging").run(shown.begun(source, applies)+applied, place...)
		if code == 0 || !strings.Contains(out, "not authorized to perform: sts:AssumeRole") {
			t.Errorf("%s: the runner that plans applies: %d\n%s", source, code, out)
		}
		out, code = w.checkout("production").run(shown.begun(source, applies)+applied, byPlaces[source]...)
		if code == 0 || !strings.Contains(out, "StatusCode: 403") {
			t.Errorf("%s: staging's runner applies to production: %d\n%s", source, code, out)
		}
		for _, e := range w.server.Log()[mark:] {
			if e.Mutating && e.Code == "" && e.Operation != "AssumeRole" {
				t.Errorf("%s: who may not apply changed something: %s %s", source, e.Operation, e.Resource)
			}
		}
		out, code = w.checkout("staging").run(shown.begun(source, applies)+applied, byPlaces[source]...)
		if code != 0 || !strings.Contains(out, "Apply complete!") || !strings.Contains(out, "assumed-role/TerraformAdmin/") {
			t.Errorf("%s: apply: %d\n%s", source, code, out)
		}
		named := false
		for _, e := range w.server.Log()[mark:] {
			named = named || strings.HasSuffix(e.Caller, "assumed-role/stateroom-atlantis-apply-staging/atlantis")
		}
		if !named {
			t.Errorf("%s: no session is named by the pipeline", source)
		}
	}
}
