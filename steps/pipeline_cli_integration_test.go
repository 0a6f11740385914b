//go:build integration

package steps

import (
	"strings"
	"testing"
)

// TestTheAWSCLIWorksByTheProfileOfAPipeline, which the same token opens.
func TestTheAWSCLIWorksByTheProfileOfAPipeline(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.healthy(w.run(w.setup(pipelineTeam())))
	out, code := w.runner("staging", "stateroom-github-apply-staging", job("environment:staging")).run("aws --profile admin_iam sts get-caller-identity --output text --query Arn")
	if code != 0 || !strings.Contains(out, "assumed-role/stateroom-github-apply-staging/run-1") {
		t.Errorf("the AWS CLI: %d\n%s", code, out)
	}
}
