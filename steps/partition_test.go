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

// TestARegionThatTheAdminAccountHasNotEnabledIsAskedForNoRole: the STS of such a region
// knows none of the account's keys, and its answer blames them. What asks for the role is
// pointed at another one, once, and what somebody has chosen stays.
func TestARegionThatTheAdminAccountHasNotEnabledIsAskedForNoRole(t *testing.T) {
	t.Parallel()
	b := team()
	b.Environments[0].Region, b.Environments[1].Region = "eu-south-1", "mars-1"
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.Environments[0].Account: {"eu-south-1"}}})
	summary := w.run(w.setup(b))
	f := findingOf(summary.Findings, "region.environment-not-enabled")
	if f == nil || f.Severity != plan.Info {
		t.Fatalf("finding %v", f)
	}
	says(t, f.String(), "eu-south-1", "sts_region", "eu-west-1", "profile admin_iam-staging", "aws account enable-region")
	if f := findingOf(summary.Findings, "region.environment-unknown"); f == nil || !strings.Contains(f.Evidence, "mars-1") {
		t.Errorf("finding %v", f)
	}
	says(t, w.read("live/staging/provider.tf"), `region     = "eu-south-1"`, `sts_region = "eu-west-1"`)
	if text := w.read("live/production/provider.tf"); strings.Contains(text, "sts_region") {
		t.Errorf("a region that is enabled is not asked:\n%s", text)
	}
	if profile := w.roleProfile("admin_iam-staging"); !strings.Contains(profile, "region = eu-west-1") {
		t.Errorf("the AWS CLI would ask for the role where the key is unknown:\n%s", profile)
	}
	b.Environments[1].Region = ""
	w.healthy(w.run(w.setup(b)))
	w.settledNow(b)

	w.replace("live/staging/provider.tf", `sts_region = "eu-west-1"`, `sts_region = "us-east-1"`)
	w.settledNow(b)
	w.replace("live/staging/provider.tf", `sts_region = "us-east-1"`, `sts_region = var.sts`)
	if f := findingOf(w.run(w.setup(b)).Findings, "region.environment-not-enabled"); f == nil || f.Severity != plan.Warning || !strings.Contains(f.Remedy, "common-staging") {
		t.Errorf("finding %v", f)
	}
	w.replace("live/staging/provider.tf", "sts_region = var.sts", `sts_region = "ap-east-1"`)
	w.healthy(w.run(w.setup(b)))
	says(t, w.read("live/staging/provider.tf"), `sts_region = "eu-west-1"`)
}

// replace changes what a file says.
func (w *world) replace(path, old, with string) {
	w.t.Helper()
	text := w.read(path)
	if !strings.Contains(text, old) {
		w.t.Fatalf("%s does not say %s:\n%s", path, old, text)
	}
	w.write(path, strings.Replace(text, old, with, 1))
}

// roleProfile is a section of the AWS config file.
func (w *world) roleProfile(name string) string {
	_, section, _ := strings.Cut(w.read(".aws/config"), "[profile "+name+"]")
	section, _, _ = strings.Cut(section, "[")
	return section
}

// TestARegionThatIsEnabledIsAskedItself: nothing is written that is not needed.
func TestARegionThatIsEnabledIsAskedItself(t *testing.T) {
	t.Parallel()
	b := team()
	b.Environments[0].Region = "eu-south-1"
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.AdminAccount: {"eu-south-1"}, b.Environments[0].Account: {"eu-south-1"}}})
	summary := w.run(w.setup(b))
	w.healthy(summary)
	if strings.Contains(w.read("live/staging/provider.tf"), "sts_region") || !strings.Contains(w.roleProfile("admin_iam-staging"), "region = eu-south-1") {
		t.Errorf("%s\n%s", w.read("live/staging/provider.tf"), w.read(".aws/config"))
	}
	for _, f := range summary.Findings {
		if strings.HasPrefix(f.ID, "region.") {
			t.Errorf("finding %s", f)
		}
	}
}

// TestARegionThatCannotBeListedIsAskedWhetherItKnowsTheKey: who one is may always be asked.
func TestARegionThatCannotBeListedIsAskedWhetherItKnowsTheKey(t *testing.T) {
	t.Parallel()
	b := team()
	b.Environments[0].Region, b.Environments[1].Region = "eu-south-1", "eu-central-1"
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.Environments[0].Account: {"eu-south-1"}}})
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{Deny: e.Operation == "ListRegions"}
	})
	w.healthy(w.run(w.setup(b)))
	says(t, w.read("live/staging/provider.tf"), `sts_region = "eu-west-1"`)
	if text := w.read("live/preprod/provider.tf"); strings.Contains(text, "sts_region") {
		t.Error(text)
	}
	w.settledNow(b)
}

// TestAnAccountThatHasNotEnabledItsOwnRegionIsNamed: every account enables its own.
func TestAnAccountThatHasNotEnabledItsOwnRegionIsNamed(t *testing.T) {
	t.Parallel()
	b := team()
	b.Environments[0].Region, b.Environments[1].Region = "eu-south-1", "eu-south-1"
	w := newWorld(t, sandbox.Options{OptedIn: map[string][]string{b.AdminAccount: {"eu-south-1"}, b.Environments[0].Account: {"eu-south-1"}}})
	summary := w.run(w.setup(b))
	var found []string
	for _, f := range summary.Findings {
		if f.ID == "region.environment-closed" {
			found = append(found, f.String())
		}
	}
	if len(found) != 1 {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, found[0], "preprod", "333333333333", "eu-south-1", "--account-id 333333333333")
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
