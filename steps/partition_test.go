package steps

import (
	"context"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// TestASetUpIsTheSameInEveryPartition: ARNs, addresses and regions are the partition's
// own, and nothing asks another one.
func TestASetUpIsTheSameInEveryPartition(t *testing.T) {
	t.Parallel()
	for partition, region := range map[string]string{"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1"} {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, sandbox.Options{Region: region}), team()
			b.StateRegion = region
			w.healthy(w.run(w.setup(b)))
			w.settledNow(b)
			for _, e := range w.server.Log() {
				if e.Code == "InvalidClientTokenId" || strings.Contains(e.Resource, "arn:aws:") {
					t.Errorf("%s %s in %s on %s: %s", e.Service, e.Operation, e.Region, e.Resource, e.Code)
				}
			}
			for path, text := range w.tree() {
				if strings.Contains(text, "arn:aws:") {
					t.Errorf("%s names another partition:\n%s", path, text)
				}
			}
		})
	}
}

// TestAKeyThatIsKnownWhereTheStateIsIsAskedThere: the shell of somebody who works in two
// partitions names the other one's region.
func TestAKeyThatIsKnownWhereTheStateIsIsAskedThere(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, sandbox.Options{Region: "us-gov-west-1"}), team()
	b.StateRegion, w.region = "us-gov-west-1", "eu-west-1"
	w.healthy(w.run(w.setup(b)))
}

// TestAnEndpointThatEnforcesNoPolicyIsNamed: what such a one lets through no set-up can
// forbid, so that running it again is no advice.
func TestAnEndpointThatEnforcesNoPolicyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Unenforced: true})
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, "bucket.unencrypted-accepted")
	if f == nil || strings.Contains(f.Remedy, "restores") || !strings.Contains(f.Evidence, "does not enforce") {
		t.Errorf("finding %v", f)
	}
}

// TestAnEnvironmentsRegionThatTheAdminAccountHasNotEnabledIsNamed: the STS of such a
// region knows none of the account's keys, and its answer blames them.
func TestAnEnvironmentsRegionThatTheAdminAccountHasNotEnabledIsNamed(t *testing.T) {
	t.Parallel()
	b := team()
	b.Environments[0].Region, b.Environments[1].Region = "eu-south-1", "mars-1"
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.Environments[0].Account: {"eu-south-1"}}})
	summary := w.run(w.setup(b))
	f := findingOf(summary.Findings, "region.environment-not-enabled")
	if f == nil || !strings.Contains(f.Evidence, "eu-south-1") || !strings.Contains(f.Remedy, `sts_region = "eu-west-1"`) {
		t.Errorf("finding %v", f)
	}
	if f := findingOf(summary.Findings, "region.environment-unknown"); f == nil || !strings.Contains(f.Evidence, "mars-1") {
		t.Errorf("finding %v", f)
	}
	w = newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.AdminAccount: {"eu-south-1"}, b.Environments[0].Account: {"eu-south-1"}}})
	b.Environments[1].Region = ""
	w.healthy(w.run(w.setup(b)))
}

// TestTheFirstCallGoesWhereTheOperatorsOwnConfigurationPoints: a key of GovCloud is
// unknown in the region that a blueprint begins with.
func TestTheFirstCallGoesWhereTheOperatorsOwnConfigurationPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Region: "us-gov-west-1"})
	o := &Opening{
		Answers: &blueprint.Answers{Blueprint: blueprint.New()}, Answered: func(string) bool { return false },
		World: func(ctx context.Context, a *blueprint.Answers, _ plan.Asks) (*engine.Env, error) {
			shell := w.shell()
			sessions, err := awsops.Open(ctx, awsops.Config{Files: shell.Files(), Endpoint: w.url, Key: shell.Key, Region: "us-gov-west-1", Parallel: 4})
			w.must(err)
			return &engine.Env{Sessions: sessions}, nil
		},
	}
	flow := lead(t, o, plan.Given{}, map[string]string{"environment": "production=444444444444", "group.admins.users": "alice"})
	if flow.Answers.StateRegion != "us-gov-west-1" || flow.Answers.AdminAccount != "111111111111" {
		t.Errorf("state in %s, admin account %s", flow.Answers.StateRegion, flow.Answers.AdminAccount)
	}
}
