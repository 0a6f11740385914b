//go:build integration

package steps

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/policy"
)

// What somebody writes into a job by hand, after the lines that setup shows.
const (
	plannedByHand = "terraform init -input=false -lockfile=readonly\nterraform plan -input=false -no-color -lock=false\n"
	appliedByHand = "terraform init -input=false -lockfile=readonly\nterraform plan -input=false -no-color -out=\"$run/tfplan\"\nterraform apply -input=false -no-color \"$run/tfplan\"\n"
)

// runnersJob is what setup shows for the jobs of a runner with a role: how each begins, what
// one that applies and one that plans does first, and what one that watches does.
type runnersJob struct{ begin, apply, plan, watch string }

func shownToRunners(t testing.TB, text string) (job runnersJob) {
	t.Helper()
	var applies, plans bool
	job.begin, job.apply, applies = strings.Cut(text, "# In a job that applies")
	if job.apply, job.plan, plans = strings.Cut(job.apply, "# In a job that plans"); !applies || !plans {
		t.Fatalf("no job that plans, or none that applies:\n%s", text)
	}
	job.apply, job.plan = "#"+job.apply, "#"+job.plan
	if before, after, watches := strings.Cut(job.plan, "# In a job that watches"); watches {
		job.plan, job.watch = before, "#"+after
	}
	return job
}

// begun is the beginning of a job for a role.
func (j runnersJob) begun(role string) string {
	return "ROLE=" + role + "\nPULL_NUM=7 USER_NAME=kim/müller\n" + j.begin
}

// places are those from which a runner has its session, with what the runner's environment
// says of them.
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
	temp := w.t.TempDir()
	token, err := w.server.Token(map[string]any{"iss": "https://" + clusterHost, "aud": "sts.amazonaws.com", "sub": podSubject})
	w.must(err)
	for name, text := range map[string]string{"task": "task", "irsa": token} {
		w.must(os.WriteFile(filepath.Join(temp, name), []byte(text), 0o600))
	}
	return map[string][]string{
		"IRSA":                {"AWS_ROLE_ARN=" + role, "AWS_WEB_IDENTITY_TOKEN_FILE=" + temp + "/irsa", "AWS_EC2_METADATA_DISABLED=true"},
		"Pod Identity":        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + server.URL + "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + temp + "/task", "AWS_EC2_METADATA_DISABLED=true"},
		"EcsContainer":        {"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + server.URL + "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN=task", "AWS_EC2_METADATA_DISABLED=true"},
		"Ec2InstanceMetadata": {"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + server.URL},
	}
}

// clusterHost is the issuer of a cluster's pods, and podSubject that of the runner's.
const (
	clusterHost = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"
	podSubject  = "system:serviceaccount:ci:runner"
)

// withPods gives the runners' roles to pods, as with IRSA.
func (w *world) withPods() *world {
	w.t.Helper()
	for account, role := range map[string]string{"": "atlantis-reads", "333333333333": "atlantis-apply"} {
		home := w.hands(account).iam
		made, err := home.CreateOpenIDConnectProvider(w.t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + clusterHost), ClientIDList: []string{"sts.amazonaws.com"}})
		w.must(err)
		trust := policy.WebIdentityTrust(policy.WebIdentity{Provider: *made.OpenIDConnectProviderArn, Audience: "sts.amazonaws.com", Subjects: []string{podSubject}})
		_, err = home.UpdateAssumeRolePolicy(w.t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role), PolicyDocument: aws.String(trust.JSON())})
		w.must(err)
	}
	return w
}

// TestARunnersRolesPlanAndApplyByTheProfileThatSetupShows, with real Terraform: the runner's
// own session comes from its instance, container or pod, and opens the role of the job alone.
func TestARunnersRolesPlanAndApplyByTheProfileThatSetupShows(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t).withRunners().withPods()
	w.withProvider()
	summary := w.run(w.setup(runnerTeam()))
	w.healthy(summary)
	shown := shownToRunners(t, findingOf(summary.Findings, "files.pipeline-by-hand").Details)
	w.write("live/staging/main.tf", whoami+"resource \"terraform_data\" \"app\" { input = timestamp() }\n")
	w.alice().in("staging").ok("init")
	const reads = "READS=arn:aws:iam::222222222222:role/TerraformAdmin-plan"
	plans, applies := ciRole("stateroom-atlantis-plan"), ciRole("stateroom-atlantis-apply-staging")
	byPlaces := w.places(runnerApplies)
	for source, place := range w.places(runnerPlans) {
		kept := w.checkout("staging")
		out, code := kept.run(shown.begun(plans)+shown.plan+plannedByHand, append(place, reads)...)
		if code != 0 || !strings.Contains(out, "terraform_data.app") || !strings.Contains(out, "assumed-role/TerraformAdmin-plan/") {
			t.Errorf("%s: plan: %d\n%s", source, code, out)
		}
		mark := len(w.server.Log())
		out, code = w.checkout("staging").run(shown.begun(applies)+appliedByHand, place...)
		if code == 0 || !strings.Contains(out, "not authorized to perform: sts:AssumeRole") {
			t.Errorf("%s: the runner that plans applies: %d\n%s", source, code, out)
		}
		out, code = w.checkout("production").run(shown.begun(applies)+appliedByHand, byPlaces[source]...)
		if code == 0 || !strings.Contains(out, "StatusCode: 403") {
			t.Errorf("%s: staging's runner applies to production: %d\n%s", source, code, out)
		}
		for _, e := range w.server.Log()[mark:] {
			if e.Mutating && e.Code == "" && e.Operation != "AssumeRole" {
				t.Errorf("%s: who may not apply changed something: %s %s", source, e.Operation, e.Resource)
			}
		}
		out, code = kept.run(shown.begun(applies)+shown.apply+appliedByHand, byPlaces[source]...)
		if code != 0 || !strings.Contains(out, "Apply complete!") || !strings.Contains(out, "assumed-role/TerraformAdmin/") {
			t.Errorf("%s: apply: %d\n%s", source, code, out)
		}
		named := false
		for _, e := range w.server.Log()[mark:] {
			named = named || strings.HasSuffix(e.Caller, "assumed-role/stateroom-atlantis-apply-staging/atlantis-7-kim-m--ller")
		}
		if !named {
			t.Errorf("%s: no session is named by run and person", source)
		}
	}
}
