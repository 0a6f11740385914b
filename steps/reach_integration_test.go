//go:build integration

package steps

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
)

// TestTheStackSetsCommandIsOneThatTheCLITakes: the line that is printed beside the template
// is run as it stands by the AWS CLI, which validates what it sends by AWS's own models.
// What it sends to CloudFormation is recorded here.
func TestTheStackSetsCommandIsOneThatTheCLITakes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]url.Values{}
	recorder := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Header.Get("X-Amz-Target") == "AWSOrganizationsV20161128.ListRoots" {
			fmt.Fprint(out, `{"Roots":[{"Id":"r-ab12"}]}`)
			return
		}
		action := r.Form.Get("Action")
		asked[action] = r.Form
		result := map[string]string{"CreateStackSet": "<StackSetId>stateroom-role:1</StackSetId>", "CreateStackInstances": "<OperationId>1</OperationId>"}[action]
		fmt.Fprintf(out, "<%sResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><%sResult>%s</%sResult></%sResponse>", action, action, result, action, action)
	}))
	t.Cleanup(recorder.Close)
	w := newWorld(t, sandbox.Options{})
	for _, account := range []string{"222222222222", "333333333333"} {
		w.server.Invite(account)
	}
	f := findingOf(w.run(w.setup(team())).Findings, "iam.role-template")
	if f == nil {
		t.Fatal("there is no template")
	}
	_, line, found := strings.Cut(f.Remedy, "activate-organizations-access): ")
	if !found {
		t.Fatalf("no line: %s", f.Remedy)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", line)
	cmd.Dir = w.dir
	cmd.Env = append(w.shell().Environ(), sandboxtest.Keys(w.server.Operator())...)
	cmd.Env = append(cmd.Env, "AWS_DEFAULT_REGION=eu-west-1", "AWS_ENDPOINT_URL_CLOUDFORMATION="+recorder.URL, "AWS_ENDPOINT_URL_ORGANIZATIONS="+recorder.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, line, out)
	}
	set, instances := asked["CreateStackSet"], asked["CreateStackInstances"]
	for name, want := range map[string]string{
		"StackSetName": "stateroom-role", "PermissionModel": "SERVICE_MANAGED", "AutoDeployment.Enabled": "false",
		"Capabilities.member.1": "CAPABILITY_NAMED_IAM", "TemplateBody": strings.TrimSpace(w.read("stateroom-role-staging.json")),
	} {
		if got := strings.TrimSpace(set.Get(name)); got != want {
			t.Errorf("CreateStackSet is sent %s=%q", name, got)
		}
	}
	for name, want := range map[string]string{
		"StackSetName": "stateroom-role", "Regions.member.1": "eu-west-1", "DeploymentTargets.AccountFilterType": "INTERSECTION",
		"DeploymentTargets.OrganizationalUnitIds.member.1": "r-ab12", "DeploymentTargets.Accounts.member.1": "222222222222", "DeploymentTargets.Accounts.member.2": "333333333333",
	} {
		if got := instances.Get(name); got != want {
			t.Errorf("CreateStackInstances is sent %s=%q", name, got)
		}
	}
}
